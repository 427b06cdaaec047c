"""What pages are told of history.db: newest first, page by page, by day, hour, category, person and site."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from sqlite3 import Connection
from zoneinfo import ZoneInfo

import pytest

from filterdns.household import asked, changes, collect, history
from filterdns.household.asked import Entries, Search, Tally
from filterdns.household.batch import Kind, Outcome
from tests.household.family import NOW, TODAY, line, settle, spool

ZONE = "Europe/Berlin"
HOUR = 3600


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("state")
    settle(state)
    blocked = ("category", "category:games")
    lines = [
        line("Lea", "www.one.example", at=NOW - 30),
        line("Lea", "www.one.example", at=NOW - 20, times=2),
        line("Lea", "a.one.example", at=NOW - 10, times=4),
        line("Lea", "_dns.one.example", at=NOW - 10, qtype=16),
        line("Lea", "game.example", *blocked, at=NOW - 2 * HOUR, times=3),
        line("Console", "www.game.example", *blocked, at=NOW - HOUR, times=9),
        line("Lea", "www.one.example", "off", "window:1", at=NOW - 14 * HOUR, times=7),
        line("Guests", "two.example", at=NOW - 26 * HOUR, times=5),
        line("Kim", "www.game.example", at=NOW - 5 * HOUR),
        line("Sam", "www.game.example", at=NOW - 5 * HOUR, times=20),
        line("Max", "adult.example", "category", "category:adult", at=NOW),
    ]
    spool(state, "0-0.tsv", *lines)
    collect.collect(state, NOW)
    return state


@pytest.fixture
def db(state: Path) -> Iterator[Connection]:
    with history.reading(state) as db:
        yield db


@pytest.fixture(scope="module")
def ids(state: Path) -> dict[str, int]:
    return {person.name: person.id for person in changes.read(state).people}


def names(found: Entries) -> list[str]:
    return [entry.name for entry in found.entries]


ALL = [
    "a.one.example", "_dns.one.example", "www.one.example", "www.game.example", "game.example", "game.example",
    "www.one.example", "two.example",
]  # fmt: skip


def test_newest_first(db: Connection, ids: dict[str, int]) -> None:
    found = asked.entries(db, Search())
    assert sorted(names(found)[:2]) == sorted(ALL[:2])
    assert names(found)[2:] == ALL[2:]
    assert found.further is None
    game = found.entries[3]
    assert (game.epoch, game.person, game.times, game.kind) == (NOW - HOUR, ids["Lea"], 9, Kind.CONTACT)
    assert (game.category, game.outcome, game.reason, game.rule) == (
        "games", Outcome.BLOCKED, "category", "category:games",
    )  # fmt: skip
    assert found.entries[2].times == 3


@pytest.mark.parametrize("most", [1, 2, 3, 7, 8, 9])
def test_page_by_page(db: Connection, most: int) -> None:
    whole = names(asked.entries(db, Search()))
    seen: list[str] = []
    before: int | None = 1 << 62
    while before is not None:
        page = asked.entries(db, Search(), before, most)
        seen += names(page)
        before = page.further
    assert seen == whole


@pytest.mark.parametrize("scan", [1, 2, 3, 5, 100])
def test_a_page_looks_through_a_bounded_part(db: Connection, scan: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "SCAN", scan)
    seen: list[str] = []
    before: int | None = 1 << 62
    pages = 0
    while before is not None:
        page = asked.entries(db, Search(part="two"), before)
        seen += names(page)
        before = page.further
        pages += 1
    assert seen == ["two.example"]
    assert pages == len(ALL) // scan + 1


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ({"person": "Lea"}, [*ALL[:5], ALL[6]]),
        ({"person": "Kim"}, ["game.example"]),
        ({"person": "Sam"}, []),
        ({"person": "Guests"}, ["two.example"]),
        ({"outcome": Outcome.BLOCKED}, ["www.game.example", "game.example"]),
        ({"outcome": Outcome.OFF}, ["www.one.example"]),
        ({"part": "ONE"}, ["a.one.example", "_dns.one.example", "www.one.example", "www.one.example"]),
        ({"part": "%"}, []),
        ({"part": "_"}, ["_dns.one.example"]),
        ({"part": "'"}, []),
        ({"part": "game", "person": "Lea"}, ["www.game.example", "game.example"]),
        ({"first": NOW - HOUR}, ALL[:4]),
        ({"first": NOW - HOUR, "until": NOW - 10}, ALL[2:4]),
        ({"until": NOW - 20 * HOUR}, ["two.example"]),
        ({"first": NOW + 1}, []),
    ],
)
def test_searches(db: Connection, ids: dict[str, int], search: dict[str, object], found: list[str]) -> None:
    if "person" in search:
        search = search | {"person": ids[str(search["person"])]}
    assert sorted(names(asked.entries(db, Search(**search)))) == sorted(found)  # type: ignore[arg-type]


def test_by_device(db: Connection) -> None:
    (console,) = db.execute("SELECT id FROM devices WHERE address = '192.168.1.40'").fetchone()
    assert names(asked.entries(db, Search(device=console))) == ["www.game.example"]
    assert asked.by_category(db, TODAY, Search(device=console)) == {"games": Tally(blocked=9)}
    assert [tally.total for tally in asked.by_hour(db, TODAY, Search(device=console))] == [0] * 10 + [9] + [0] * 13


def test_by_hour(db: Connection, ids: dict[str, int]) -> None:
    found = asked.by_hour(db, TODAY, Search(ids["Lea"]))
    assert len(found) == 24
    assert {hour: tally for hour, tally in enumerate(found) if tally.total} == {
        9: Tally(blocked=3), 10: Tally(open=8, blocked=9),
    }  # fmt: skip
    assert asked.by_hour(db, TODAY - 1, Search(ids["Lea"]))[21] == Tally(off=7)


def test_by_category(db: Connection, ids: dict[str, int]) -> None:
    assert asked.by_category(db, TODAY, Search()) == {
        "games": Tally(open=21, blocked=12), "": Tally(open=8), "adult": Tally(blocked=1),
    }  # fmt: skip
    assert list(asked.by_category(db, TODAY, Search(ids["Lea"]))) == ["games", ""]
    assert asked.by_category(db, TODAY - 1, Search(ids["Lea"])) == {"": Tally(off=7)}


def test_today_of_each(db: Connection, ids: dict[str, int]) -> None:
    assert asked.by_person(db, TODAY) == {
        ids["Lea"]: {"games": Tally(blocked=12), "": Tally(open=8)},
        ids["Kim"]: {"games": Tally(open=1)},
        ids["Sam"]: {"games": Tally(open=20)},
        ids["Max"]: {"adult": Tally(blocked=1)},
    }


def test_days(db: Connection, ids: dict[str, int]) -> None:
    assert asked.by_day(db, range(TODAY - 2, TODAY + 1), ids["Lea"]) == [Tally(), Tally(off=7), Tally(8, 12, 0)]
    assert [tally.total for tally in asked.by_day(db, range(TODAY - 1, TODAY + 2))] == [12, 42, 0]


def test_sites(db: Connection, ids: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    first, until = asked.span_of(TODAY, ZONE)
    found = asked.top_sites(db, Search(ids["Lea"], first=first, until=until))
    assert found == ({"game.example": Tally(blocked=12), "one.example": Tally(open=7)}, True)
    assert list(found.sites) == ["game.example", "one.example"]
    assert list(asked.top_sites(db, Search(), most=1).sites) == ["one.example"]
    monkeypatch.setattr(asked, "SCAN_SITES", 3)
    assert asked.top_sites(db, Search(ids["Lea"])) == ({"one.example": Tally(open=7)}, False)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 1, 7), "Europe/Berlin", 24),
        (date(2026, 3, 29), "Europe/Berlin", 23),
        (date(2026, 10, 25), "Europe/Berlin", 25),
        (date(2026, 1, 7), "Asia/Kathmandu", 24),
        (date(2026, 4, 5), "Australia/Lord_Howe", 24.5),
        (date(1970, 1, 1), "UTC", 24),
    ],
)
def test_the_span_of_a_day(day: date, zone: str, hours: float) -> None:
    number = asked.number_of(day)
    assert asked.date_of(number) == day
    first, until = asked.span_of(number, zone)
    assert until - first == hours * HOUR
    assert datetime.fromtimestamp(first, ZoneInfo(zone)).isoformat().startswith(f"{day}T00:00:00")
    assert [asked.day_of(epoch, zone) for epoch in (first - 1, first, until - 1, until)] == [
        number - 1, number, number, number + 1,
    ]  # fmt: skip
