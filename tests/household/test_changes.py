"""A change compiles before it is kept, is published after it is kept, and survives whatever ends the program."""

import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from filterdns.household import changes, edits
from filterdns.household.changes import ChangedMeanwhileError, PublishError
from filterdns.household.store import NAME, UNDOABLE, Store, StoreError
from filterdns.policy import policyfile, presets
from filterdns.policy.rules import GUESTS, Device, Household, NameRule, Person, RuleAction, RuleError
from filterdns.policy.view import Policy

ROOT = Path(__file__).parents[2]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    changes.publish_current(tmp_path)
    return tmp_path


def published(state: Path) -> Policy:
    return policyfile.from_bytes((state / "published" / "policy").read_bytes())


def adding(name: str) -> Callable[[Store], None]:
    def edit(store: Store) -> None:
        found = store.household()
        store.replace(replace(found, rules=(*found.rules, NameRule(name, RuleAction.BLOCK))))

    return edit


def test_the_first_household_is_guests_only(tmp_path: Path) -> None:
    found = changes.publish_current(tmp_path)
    assert (found.revision, found.people, found.devices) == (1, 1, 0)
    assert found.is_new_household
    assert not found.was_current
    guests = changes.read(tmp_path).people[0]
    assert replace(guests, id=0, windows=()) == presets.apply(Person(GUESTS))
    assert published(tmp_path).revision == 1


def test_publishing_again_writes_nothing(state: Path) -> None:
    before = (state / "published" / "policy").stat()
    again = changes.publish_current(state)
    after = (state / "published" / "policy").stat()
    assert again.was_current
    assert not again.is_new_household
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("damage", [b"", b"nonsense", None])
def test_a_published_file_that_does_not_verify_is_made_again(state: Path, damage: bytes | None) -> None:
    changes.apply(state, "parent", "One", adding("one.example"))
    path = state / "published" / "policy"
    if damage is None:
        path.unlink()
    else:
        path.write_bytes(damage)
    assert not changes.publish_current(state).was_current
    assert published(state).revision == 2
    assert policyfile.from_bytes((state / "published" / "policy.previous").read_bytes()).revision == 1


def test_a_change_is_kept_noted_and_published(state: Path) -> None:
    assert changes.apply(state, "Anna", "Blocked bad.example", adding("bad.example")) == 2
    policy = published(state)
    assert policy.revision == 2
    assert b"\x03bad\x07example\x00" in policy.guests.rules
    with Store(state / NAME) as store:
        assert store.revision == 2
        last = store.changes()[0]
    assert (last["who"], last["title"], last["revision"]) == ("Anna", "Blocked bad.example", 2)


@pytest.mark.parametrize(
    "household",
    [
        Household(people=(Person("Lea", block=frozenset({"gamess"})),)),
        Household(people=(Person("Lea", block=frozenset({"service:no-such-thing"})),)),
        Household(timezone="Mars/Base"),
    ],
)
def test_rules_that_do_not_compile_are_not_kept(state: Path, household: Household) -> None:
    before = (state / NAME).read_bytes(), (state / "published" / "policy").read_bytes()
    with pytest.raises(RuleError):
        changes.apply(state, "x", "y", lambda store: store.replace(household))
    with pytest.raises(RuleError):
        changes.check(household)
    with Store(state / NAME) as store:
        assert store.revision == 1
        assert len(store.changes()) == 1
    assert before[1] == (state / "published" / "policy").read_bytes()


def test_a_change_that_cannot_be_published_is_kept_and_said(state: Path) -> None:
    (state / "published" / "policy").unlink()
    (state / "published").rmdir()
    (state / "published").write_text("in the way")
    with pytest.raises(PublishError, match="revision 2 is kept") as caught:
        changes.apply(state, "x", "y", adding("bad.example"))
    assert caught.value.revision == 2
    with pytest.raises(PublishError):
        changes.publish_current(state)
    (state / "published").unlink()
    assert changes.publish_current(state).revision == 2
    assert published(state).revision == 2


def test_a_damaged_store_leaves_what_is_published(state: Path) -> None:
    (state / NAME).write_bytes(b"noise" * 1000)
    before = (state / "published" / "policy").read_bytes()
    for attempt in (changes.publish_current, lambda state: changes.apply(state, "x", "y", adding("a.example"))):
        with pytest.raises(StoreError, match="damaged"):
            attempt(state)
    assert (state / NAME).read_bytes() == b"noise" * 1000
    assert (state / "published" / "policy").read_bytes() == before


def test_a_state_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="file: "):
        changes.publish_current(tmp_path / "file")


def test_changes_at_the_same_time_all_count_and_the_last_is_published(state: Path) -> None:
    def change(number: int) -> None:
        changes.apply(state, "x", "y", adding(f"n{number}.example"))

    threads = [threading.Thread(target=change, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert published(state).revision == 9
    assert len(published(state).guests.rules) == 8


def test_importing_keeps_the_ids_of_whom_and_what_is_known(state: Path) -> None:
    first = Household(
        people=(Person("Lea"), Person("Tom"), Person(GUESTS)),
        devices=(Device("A", "Lea", mac="aa:bb:cc:dd:ee:01"), Device("B", "Tom", address="10.0.0.2")),
    )
    second = Household(
        people=(Person("Mia"), Person("tom"), Person(GUESTS)),
        devices=(
            Device("B", "tom", address="10.0.0.9"),  # the same name
            Device("Renamed", "Mia", mac="aa:bb:cc:dd:ee:01"),  # the same MAC
            Device("C", None, address="10.0.0.3"),
        ),
    )
    changes.import_household(state, "x", "first", first)
    before = changes.read(state)
    changes.import_household(state, "x", "second", second)
    after = changes.read(state)
    ids = {person.name: person.id for person in before.people}
    assert [person.id for person in after.people][1:] == [ids["Tom"], ids[GUESTS]]
    assert after.people[0].id not in ids.values()
    assert [device.id for device in after.devices][:2] == [before.devices[1].id, before.devices[0].id]
    assert after.devices[2].id not in {device.id for device in before.devices}


def test_no_acknowledged_change_is_lost_by_kill_9(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "household" / "kill_writers.py", tmp_path, "8"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 kills" in done.stdout
    assert "0 lost, 0 damaged" in done.stdout


def test_undo_puts_back_what_was_and_undoing_twice_does_it_again(state: Path) -> None:
    changes.edit(state, "A parent", "Added Lea", lambda home: edits.add_person(home, "Lea", 9))
    added = changes.read(state)
    changes.edit(state, "A parent", "Paused Lea", lambda home: edits.pause(home, "Lea", None))
    paused = changes.read(state)
    assert changes.undo(state, "A parent", "Undid: {}".format) == 4
    assert without_ids(changes.read(state)) == without_ids(added)
    assert published(state).revision == 4
    changes.undo(state, "A parent", "Undid: {}".format)
    assert without_ids(changes.read(state)) == without_ids(paused)
    with Store(state / NAME) as store:
        assert [row["title"] for row in store.changes()][:2] == ["Undid: Undid: Paused Lea", "Undid: Paused Lea"]


@pytest.mark.parametrize(
    "edit",
    [lambda home: edits.rename(home, "Lea", "Mia"), lambda home: edits.remove_person(home, "Lea"),
     lambda home: edits.add_person(home, "Sam", 12), lambda home: edits.forget_device(home, home.devices[0].id)],
)  # fmt: skip
def test_undo_gives_everybody_their_ids_back_on_which_hangs_what_they_asked(
    state: Path, edit: Callable[[Household], Household]
) -> None:
    changes.edit(state, "A parent", "Added Lea", lambda home: edits.add_person(home, "Lea", 9))
    changes.edit(
        state, "A parent", "A phone", lambda home: edits.claim(home, Device("Phone", "Lea", address="10.0.0.9"))
    )
    before = changes.read(state)
    changes.edit(state, "A parent", "Something", edit)
    changes.undo(state, "A parent", str)
    after = changes.read(state)
    assert [(one.name, one.id) for one in after.people] == [(one.name, one.id) for one in before.people]
    assert after.devices == before.devices


def test_undo_is_of_the_change_that_was_seen(state: Path) -> None:
    seen = changes.edit(state, "Mum", "Added Lea", lambda home: edits.add_person(home, "Lea", 9))
    changes.edit(state, "Dad", "Added Sam", lambda home: edits.add_person(home, "Sam", 12))
    with pytest.raises(ChangedMeanwhileError):
        changes.undo(state, "Mum", str, seen)
    assert {"Lea", "Sam"} <= {one.name for one in changes.read(state).people}


def test_what_is_no_rule_is_noted_and_does_not_hide_what_can_be_undone(state: Path) -> None:
    changes.edit(state, "A parent", "Added Lea", lambda home: edits.add_person(home, "Lea", 9))
    with Store(state / NAME) as store, store.transaction():
        store.note("A parent", "Another password", 1)
    with Store(state / NAME) as store:
        assert [row["title"] for row in store.changes(2)] == ["Another password", "Added Lea"]
    changes.undo(state, "A parent", "Undid: {}".format)
    assert all(one.name != "Lea" for one in changes.read(state).people)


def without_ids(household: Household) -> Household:
    return replace(
        household,
        people=tuple(
            replace(one, windows=tuple(replace(window, id=0) for window in one.windows),
                    pauses=tuple(replace(pause, id=0) for pause in one.pauses))
            for one in household.people
        ),
    )  # fmt: skip


def test_what_was_before_is_kept_for_the_last_changes_only(state: Path) -> None:
    for number in range(UNDOABLE + 3):
        changes.edit(
            state,
            "A parent",
            "A rule",
            lambda home, n=number: edits.put_rule(home, None, f"{n}.example", RuleAction.BLOCK),
        )
    with Store(state / NAME) as store:
        kept = store._rows("SELECT count(before) AS kept, count(*) AS total FROM changes")
    assert kept == [{"kept": UNDOABLE, "total": UNDOABLE + 4}]


def test_a_new_household_has_nothing_to_undo(state: Path) -> None:
    with pytest.raises(RuleError, match="nothing to undo"):
        changes.undo(state, "A parent", str)
