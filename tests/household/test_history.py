"""history.db: all of a batch or nothing, in the order of time, aged out in steps, never larger than its bound."""

import sqlite3
from pathlib import Path

import pytest

from filterdns.household import asked, history
from filterdns.household.asked import Search
from filterdns.household.batch import Batch, Kind, Mark, Outcome, Row, Span
from filterdns.household.history import DAY, SECOND, DamagedError, History, HistoryError

NOW = 1_767_780_300
MAC = Mark("00:00:00:00:00:01", "")


def batch(*names: str, at: int = NOW, times: int = 1, device: Mark = MAC) -> Batch:
    found = Batch.__new__(Batch)
    row = Row(at // 3600, 1, device, "", Kind.CONTACT, "games", Outcome.OPEN, "default", "")
    found.rows = {row._replace(name=name): (at, times) for name in names}
    found.hours = {(at // 3600, 1, device, "games", Outcome.OPEN): times * len(names)}  # type: ignore[assignment]
    found.days = {(at // DAY, 1, "games", Outcome.OPEN): times * len(names)}  # type: ignore[assignment]
    found.seen = {(device, "192.168.1.7"): Span(at, at)}
    return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / history.NAME


def names(path: Path) -> list[str]:
    with history.reading(path.parent) as db:
        return [entry.name for entry in asked.entries(db, Search(), most=100_000).entries]


def count(path: Path, table: str) -> int:
    with history.reading(path.parent) as db:
        return int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608


def test_batches_add_up_in_the_order_of_time(path: Path) -> None:
    with History(path) as book:
        book.take(batch("b.example", "a.example"), ["1"], [], NOW)
        book.take(batch("late.example", at=NOW + 5), ["2"], [], NOW)
        book.take(batch("early.example", "a.example", at=NOW - 5, times=3), ["3"], [], NOW)
    assert names(path) == ["late.example", "a.example", "b.example", "a.example", "early.example"]
    with history.reading(path.parent) as db:
        assert db.execute("SELECT times FROM days").fetchall() == [(9,)]
        assert db.execute("SELECT times FROM hours").fetchall() == [(9,)]
        assert db.execute("SELECT count(*) FROM names").fetchone() == (4,)
        assert db.execute("SELECT count(*) FROM causes").fetchone() == (1,)


def test_a_second_has_room_for_all(path: Path) -> None:
    many = [f"n{number}.example" for number in range(SECOND + 10)]
    with History(path) as book:
        book.take(batch("next.example", at=NOW + 1), ["0"], [], NOW)
        book.take(batch(*many), ["1"], [], NOW)
        book.take(batch("one-more.example"), ["2"], [], NOW)
    assert sorted(names(path)) == sorted([*many, "next.example", "one-more.example"])


def test_a_name_has_one_number_a_day(path: Path) -> None:
    with History(path) as book:
        for hours in range(0, 72, 6):
            at = NOW + hours * 3600
            book.take(batch("a.example", at=at), [str(hours)], [], at)
    assert count(path, "names") == 4  # 10:05, and the days after it
    assert names(path) == ["a.example"] * 12


def test_a_batch_that_fails_leaves_nothing(path: Path) -> None:
    with History(path) as book:
        book.take(batch("a.example"), ["1"], [], NOW)
        bad = batch("b.example")
        bad.hours = {(1, 1, MAC, "no category", Outcome.OPEN): 1}  # type: ignore[assignment]
        with pytest.raises(KeyError):
            book.take(bad, ["2"], [], NOW)
        assert book.taken() == {"1"}
        book.take(batch("c.example"), ["3"], ["1"], NOW)
        assert book.taken() == {"1", "3"}
    assert names(path) == ["c.example", "a.example"]


def test_what_has_had_its_time_goes_in_steps(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "STEP", 10)
    with History(path) as book:
        for days_ago in (100, 9, 8, 6, 0):
            at = NOW - days_ago * DAY
            book.take(batch(*(f"n{number}.{days_ago}.example" for number in range(12)), at=at), ["x"], [], at)
        assert [book.prune(NOW, keep_days=7) for _ in range(5)] == [True, True, True, False, False]
    assert {name.split(".")[1] for name in names(path)} == {"6", "0"}
    assert count(path, "asked") == count(path, "names") == 24
    assert count(path, "hours") == 3  # the day that was the last one's, somewhere
    assert count(path, "days") == 4  # counts by the day are kept for 90 days


def test_with_no_days_nothing_is_kept(path: Path) -> None:
    with History(path) as book:
        book.take(batch("a.example", at=NOW - 20 * DAY), ["1"], [], NOW)
        book.take(batch("b.example"), ["2"], [], NOW)
        book.prune(NOW + 1, 0)
    assert [count(path, table) for table in ("asked", "names", "hours", "days", "devices")] == [0, 0, 0, 0, 1]


def test_a_name_goes_only_when_no_row_has_it(path: Path) -> None:
    with History(path) as book:
        book.take(batch("both.example", "early.example", at=NOW - 600), ["1"], [], NOW - 600)
        book.take(batch("both.example"), ["2"], [], NOW)
        book.prune(NOW - 300 + DAY, keep_days=1)
        assert names(path) == ["both.example"]
        book.prune(NOW + 2 * DAY, keep_days=1)
    assert count(path, "names") == 0


def test_the_file_keeps_its_bound(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "STEP", 500)
    bound = 400_000
    with History(path) as book:
        for step in range(40):
            at = NOW + step * 600
            flood = (f"a-rather-long-name-number-{number}.{step}.flood.example" for number in range(400))
            book.take(batch(*flood, at=at), [str(step)], [], at)
            while book.prune(at, 7, most_bytes=bound) and book.bytes() > bound:
                pass
            assert book.bytes() <= bound + 100_000
    assert names(path)[0].endswith(".39.flood.example")
    assert path.stat().st_size <= bound + 200_000


def test_what_was_written_under_a_wrong_clock_goes(path: Path) -> None:
    ahead = NOW + 400 * DAY
    with History(path) as book:
        book.take(batch("1970.example", at=100), ["1"], [], 100)
        book.take(batch("ahead.example", at=ahead), ["2"], [], ahead)
        book.take(batch("now.example"), ["3"], [], NOW)
        book.prune(NOW, 7)
        assert names(path) == ["now.example"]
        assert count(path, "names") == count(path, "hours") == count(path, "days") == 1
        book.take(batch("now.example", "ahead.example"), ["4"], [], NOW)
        book.prune(NOW, 7)
    assert sorted(names(path)) == ["ahead.example", "now.example", "now.example"]


@pytest.mark.parametrize(
    "damage",
    [b"this is no database, only some text that is long enough to be read as a header of one" * 10, b"\xff" * 4096],
)
def test_what_is_no_database_is_known_as_damaged(path: Path, damage: bytes) -> None:
    path.write_bytes(damage)
    with pytest.raises(DamagedError, match=history.NAME):
        History(path)
    history.set_aside(path)
    assert path.with_name("history.db.damaged").read_bytes() == damage
    with History(path) as book:
        book.check()


def test_an_empty_file_is_begun_anew(path: Path) -> None:
    path.touch()
    with History(path) as book:
        book.take(batch("a.example"), ["1"], [], NOW)
    assert names(path) == ["a.example"]


@pytest.mark.parametrize("offset", range(4096, 40_000, 4096))
def test_a_damaged_page_is_noticed_or_does_no_harm(path: Path, offset: int) -> None:
    with History(path) as book:
        book.take(batch(*(f"n{number}.example" for number in range(600))), ["1"], [], NOW)
    content = bytearray(path.read_bytes())
    assert len(content) > 40_000
    content[offset : offset + 4096] = b"\xa5" * 4096
    path.write_bytes(content)
    with pytest.raises(DamagedError), History(path) as book:
        book.check()


def test_a_file_of_a_newer_version_is_set_aside_like_a_damaged_one(path: Path) -> None:
    History(path).__exit__()
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(DamagedError, match="newer"):
        History(path)


def test_a_file_with_other_tables_is_damaged(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE asked (key)")
    db.close()
    with pytest.raises(DamagedError):
        History(path)


def test_what_cannot_be_opened_says_so(tmp_path: Path) -> None:
    with pytest.raises(HistoryError, match="nowhere"):
        History(tmp_path / "nowhere" / history.NAME)
    with pytest.raises(HistoryError), history.reading(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


def test_readers_cannot_write(path: Path) -> None:
    History(path).__exit__()
    with pytest.raises(HistoryError, match="readonly"), history.reading(path.parent) as db:
        db.execute("DELETE FROM days")


def test_nothing_to_write_writes_nothing(path: Path) -> None:
    with History(path) as book:
        book.take(batch("a.example"), ["1"], [], NOW)
        book.note_present({(MAC.mac, "192.168.1.7"): NOW})
        book.prune(NOW, 7)
        before = path.read_bytes(), path.stat().st_mtime_ns
        for minutes in range(1, 50):
            book.note_present({(MAC.mac, "192.168.1.7"): NOW + minutes * 60})
            book.prune(NOW + minutes * 60, 7)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_every_category_has_a_number_of_its_own() -> None:
    assert sorted(history.CATEGORIES.values()) == list(range(len(history.CATEGORIES)))


@pytest.mark.parametrize("was", [None, 0o644])
def test_nobody_else_may_read_it(tmp_path: Path, was: int | None) -> None:
    path = tmp_path / history.NAME
    if was is not None:
        History(path).__exit__()
        path.chmod(was)
    with History(path):
        assert path.stat().st_mode & 0o777 == 0o600
