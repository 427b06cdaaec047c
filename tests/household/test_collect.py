"""The spool becomes history: every line once, whatever is killed, full, locked, damaged or hostile."""

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from filterdns.household import asked, changes, collect, history
from filterdns.household.asked import Search
from filterdns.household.batch import Outcome
from filterdns.household.collect import Collector
from filterdns.household.history import History, HistoryError
from filterdns.household.store import StoreError
from filterdns.policy.rules import GUESTS
from tests.house import PATIENCE, wait_until
from tests.household.family import NOW, TODAY, line, settle, spool

KILLER = Path(__file__).with_name("kill_collectors.py")


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("settled")
    settle(state)
    return state


@pytest.fixture
def state(tmp_path: Path, settled: Path) -> Path:
    for name in ("rules.db", "published"):
        (tmp_path / name).symlink_to(settled / name)
    return tmp_path


def names(state: Path) -> list[str]:
    with history.reading(state) as db:
        return [entry.name for entry in asked.entries(db, Search(), most=100_000).entries]


def total(state: Path) -> int:
    with history.reading(state) as db:
        return sum(tally.total for tally in asked.by_day(db, range(TODAY, TODAY + 1)))


def left(state: Path) -> list[str]:
    return sorted(path.name for path in (state / "run" / "spool").iterdir())


def test_everybody_has_the_detail_of_the_age(state: Path) -> None:
    who = ("Lea", "Kim", "Sam", "Max", "Eva", "Nan", "Guests", "Console")
    spool(state, "0-0.tsv", *(line(one, f"www.{one.lower()}.example") for one in who),
          *(line(one, f"www.{one.lower()}.adult.example", "category", "category:adult") for one in who))  # fmt: skip
    collect.collect(state, NOW)
    assert sorted(names(state)) == [
        "adult.example", "kim.example", "www.console.adult.example", "www.console.example",
        "www.guests.adult.example", "www.guests.example", "www.lea.adult.example", "www.lea.example",
    ]  # fmt: skip
    with history.reading(state) as db:
        counted = asked.by_person(db, TODAY)
        hours = {person for (person,) in db.execute("SELECT DISTINCT person FROM hours")}
    ids = {person.name: person.id for person in changes.read(state).people}
    assert {one for one, number in ids.items() if number in counted} == {"Lea", "Kim", "Sam", "Max", GUESTS}
    assert {one for one, number in ids.items() if number in hours} == {"Lea", "Kim", "Sam", GUESTS}
    assert counted[ids["Max"]] == {"adult": (0, 1, 0)}
    assert counted[ids["Sam"]] == {"": (1, 0, 0), "adult": (0, 1, 0)}
    assert counted[ids["Lea"]] == {"": (2, 0, 0), "adult": (0, 2, 0)}


def test_helplines_and_illegal_names_are_nowhere_in_the_file(state: Path) -> None:
    spool(
        state,
        "0-0.tsv",
        line("Lea", "chat.help.example", "helpline"),
        line("Lea", "www.help.example"),
        line("Lea", "www.illegal.example"),
        line("Guests", "illegal.example", "illegal"),
        line("Lea", "ok.example"),
    )
    collect.collect(state, NOW)
    assert names(state) == ["ok.example"]
    content = (state / history.NAME).read_bytes()
    assert b"help" not in content.replace(b"helplines", b"")
    assert b"illegal" not in content
    assert total(state) == 3


def test_a_family_may_want_less_or_nothing(tmp_path: Path) -> None:
    settle(tmp_path)
    for days, kept in ((7, ["old.example", "new.example"]), (2, ["new.example"]), (0, [])):
        changes.edit(tmp_path, "x", "x", lambda home, days=days: replace(home, history_days=days))  # type: ignore[misc]
        spool(tmp_path, "0-0.tsv", line("Lea", "old.example", at=NOW - 4 * 86400), line("Lea", "new.example"))
        collect.collect(tmp_path, NOW + 1)
        assert set(names(tmp_path)) == set(kept)
        assert bool(total(tmp_path)) is bool(kept)
    with history.reading(tmp_path) as db:
        assert db.execute("SELECT count(*) FROM devices WHERE asked > 0").fetchone() == (1,)


def test_only_closed_files_are_taken(state: Path) -> None:
    spool(state, "0-0.tsv", line("Lea", "closed.example"))
    spool(state, "0.open", line("Lea", "open.example"))
    orphan = spool(state, "3.open", line("Lea", "orphan.example"))
    os.utime(orphan, (NOW - 90_000, NOW - 90_000))
    os.utime(state / "run" / "spool" / "0.open", (NOW, NOW))
    collect.collect(state, NOW)
    assert sorted(names(state)) == ["closed.example", "orphan.example"]
    assert left(state) == ["0.open"]


def test_a_file_that_was_counted_and_not_removed_is_not_counted_again(state: Path) -> None:
    path = spool(state, "0-0.tsv", line("Lea", "a.example", times=5))
    content, stat = path.read_bytes(), path.stat()
    keeper = path.with_name("keeper")
    os.link(path, keeper)
    collect.collect(state, NOW)
    assert not path.exists()
    keeper.rename(path)  # as if the program had died between commit and removal
    assert path.stat().st_ino == stat.st_ino
    collect.collect(state, NOW)
    assert total(state) == 5
    assert not path.exists()
    path.write_bytes(content)  # the worker began to count anew: the same name, and the same lines
    collect.collect(state, NOW + 60)
    assert total(state) == 10


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file that its owner cannot remove")
def test_a_file_that_cannot_be_removed_is_counted_once(state: Path) -> None:
    path = spool(state, "0-0.tsv", line("Lea", "a.example"))
    if subprocess.run(["chattr", "+i", str(path)], check=False, capture_output=True).returncode:
        pytest.skip("this file system knows no immutable files")
    try:
        for again in range(3):
            spool(state, f"1-{again}.tsv", line("Lea", "b.example"))
            collect.collect(state, NOW)
        assert left(state) == ["0-0.tsv"]
        assert total(state) == 4
    finally:
        subprocess.run(["chattr", "-i", str(path)], check=True)
    collect.collect(state, NOW)
    assert left(state) == []
    assert total(state) == 4


def test_lines_that_are_none_cost_nobody_else_theirs(state: Path) -> None:
    good = line("Lea", "good.example")
    spool(state, "0-0.tsv", good[:30], "\n", good, "\0\0\0\n", "x" * 300_000, "\n", good, "\t" * 9, "\n", good[:-9])
    (state / "run" / "spool" / "1-0.tsv").write_bytes(bytes(range(256)) * 100 + b"\n" + good.encode())
    (state / "run" / "spool" / "2-0.tsv").mkdir()
    (state / "run" / "spool" / "nonsense.tsv").touch()
    (state / "run" / "spool" / "dangling.tsv").symlink_to("nowhere")
    collect.collect(state, NOW)
    assert names(state) == ["good.example"]
    assert total(state) == 3
    collect.collect(state, NOW)
    assert total(state) == 3


def test_a_large_spool_is_taken_in_parts(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(collect, "AT_ONCE", 3000)
    for number in range(20):
        spool(state, f"0-{number}.tsv", *(line("Lea", f"n{number}.example") for _ in range(20)))
    collect.collect(state, NOW)
    assert total(state) == 400
    assert left(state) == []


def test_killed_at_any_moment_every_line_counts_once(state: Path) -> None:
    chance = random.Random(7)
    written = 0
    for kill in range(12):
        for number in range(8):
            spool(state, f"{number}-{kill}.tsv", *(line("Lea", f"n{n}.k{kill}.example") for n in range(150)))
            written += 150
        command = [sys.executable, str(KILLER), str(state), str(NOW)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            threading.Event().wait(chance.uniform(0, 0.25))
            process.kill()
    collect.collect(state, NOW)
    assert total(state) == written
    assert left(state) == []
    with History(state / history.NAME) as book:
        book.check()


def test_while_the_file_is_locked_the_spool_waits(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_PATIENCE", 0.05)
    spool(state, "0-0.tsv", line("Lea", "a.example"))
    History(state / history.NAME).__exit__()
    db = sqlite3.connect(state / history.NAME)
    db.execute("BEGIN EXCLUSIVE")
    with pytest.raises(HistoryError, match="locked"):
        collect.collect(state, NOW)
    assert left(state) == ["0-0.tsv"]
    db.close()
    collect.collect(state, NOW)
    assert names(state) == ["a.example"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_on_a_full_disk_the_spool_waits(tmp_path: Path, settled: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("nothing may be mounted here")
    try:
        for name in ("rules.db", "published"):
            (small / name).symlink_to(settled / name)
        (small / "run").symlink_to(tmp_path / "run")
        spool(tmp_path, "0-0.tsv", line("Lea", "first.example"))
        collect.collect(small, NOW)
        spool(tmp_path, "0-1.tsv", *(line("Lea", f"a-name-of-some-length-{n}.example") for n in range(3000)))
        (small / "filler").write_bytes(bytes(120_000))
        for _ in range(3):
            with pytest.raises(HistoryError, match="full"):
                collect.collect(small, NOW)
        assert names(small) == ["first.example"]
        assert left(tmp_path) == ["0-1.tsv"]
        (small / "filler").unlink()
        for number in range(2, 300):
            (tmp_path / "run" / "spool" / f"0-{number}.tsv").unlink(missing_ok=True)
        spool(tmp_path, "0-1.tsv", line("Lea", "second.example"))
        collect.collect(small, NOW)
        assert names(small) == ["second.example", "first.example"]
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_damaged_file_is_set_aside_and_a_new_one_begun(state: Path) -> None:
    (state / history.NAME).write_bytes(b"no database " * 1000)
    spool(state, "0-0.tsv", line("Lea", "a.example"))
    with pytest.raises(HistoryError):
        collect.collect(state, NOW)
    collect.collect(state, NOW)
    assert names(state) == ["a.example"]
    assert (state / "history.db.damaged").exists()


def test_damage_deep_inside_is_found_when_the_program_starts(state: Path) -> None:
    spool(state, "0-0.tsv", *(line("Lea", f"n{n}.example") for n in range(2000)))
    collect.collect(state, NOW)
    path = state / history.NAME
    content = bytearray(path.read_bytes())
    content[20 * 4096 : 22 * 4096] = bytes(2 * 4096)
    path.write_bytes(content)
    with pytest.raises(HistoryError):
        collect.check(state, NOW)
    collect.check(state, NOW)
    assert not path.exists()


def test_without_rules_or_names_nothing_is_written_down(tmp_path: Path, settled: Path) -> None:
    path = spool(tmp_path, "0-0.tsv", line("Lea", "a.example"))
    with pytest.raises(StoreError):
        collect.collect(tmp_path, NOW)
    (tmp_path / "rules.db").symlink_to(settled / "rules.db")
    with pytest.raises(OSError, match="domains"):
        collect.collect(tmp_path, NOW)
    assert path.exists()


def test_who_asked_from_where_is_seen(state: Path) -> None:
    spool(state, "0-0.tsv", line("Eva", "a.example"), line("Guests", "a.example", at=NOW - 90))
    collect.collect(state, NOW)
    with history.reading(state) as db:
        found = {mac: (first, last) for mac, first, last in db.execute("SELECT mac, first, asked FROM devices")}
    assert found["00:00:00:00:00:05"] == (NOW, NOW)
    assert found["00:00:00:00:00:00"] == (NOW - 90, NOW - 90)


def test_the_thread_says_a_fault_once_and_goes_on(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    collector = Collector(state)
    outcomes = iter([HistoryError("disk is full"), HistoryError("disk is full"), KeyError("x"), None])

    def work(_state: Path, _now: int) -> None:
        outcome = next(outcomes)
        if outcome is not None:
            raise outcome

    faults = []
    for _ in range(4):
        collector._attempt(work)
        faults.append(collector.fault)
    assert faults == ["disk is full", "disk is full", "a fault of the program: KeyError: 'x'", ""]
    assert capsys.readouterr().err.count("\n") == 2


def test_the_thread_collects_and_ends(state: Path) -> None:
    spool(state, "0-0.tsv", line("Lea", "a.example", at=int(time.time())))
    collector = Collector(state)
    collector.start()
    wait_until(lambda: not left(state))
    collector.stop()
    collector.join(PATIENCE)
    assert not collector.is_alive()
    assert names(state) == ["a.example"]


def test_outcomes_are_numbers_that_stay() -> None:
    assert [(outcome.name, int(outcome)) for outcome in Outcome] == [("OPEN", 0), ("BLOCKED", 1), ("OFF", 2)]
