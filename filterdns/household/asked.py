"""What was asked, for pages to show: every query reads a bounded part of history.db.

Days and hours are those of the household's local time, counted from 1970.
"""

import sqlite3
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from filterdns.household.batch import Kind, Outcome
from filterdns.household.history import CATEGORIES, SECOND
from filterdns.household.site import site_of

K = TypeVar("K")

SCAN = 200_000
"""Rows that one page looks through; what lies further back is a tap away."""
SCAN_SITES = 60_000
"""Rows from which sites are put together."""
MOST = 40

_MOST_NAMES = 2000  # of a day, which are put together to sites
_NAMES = {number: name for name, number in CATEGORIES.items()}
_FAR_AWAY = 1 << 62
_EPOCH = date(1970, 1, 1).toordinal()

_ENTRIES = (
    "SELECT a.key, a.person, a.device, coalesce(n.name, ''), a.kind, a.category, a.outcome, "
    "coalesce(c.reason, ''), coalesce(c.rule, ''), a.times "
    "FROM asked AS a LEFT JOIN names AS n ON n.id = a.name LEFT JOIN causes AS c ON c.id = a.cause"
)


class Search(NamedTuple):
    """Which rows are wanted; None and "" mean all."""

    person: int | None = None
    device: int | None = None  # id of `seen.Device`
    outcome: Outcome | None = None
    part: str = ""  # of the name
    first: int = 0  # epoch
    until: int = _FAR_AWAY // SECOND  # epoch, not among them


class Entry(NamedTuple):
    """What one device asked within an hour, over and over."""

    key: int
    person: int
    device: int
    name: str
    kind: Kind
    category: str
    outcome: Outcome
    reason: str
    rule: str
    times: int

    @property
    def epoch(self) -> int:
        """When it was asked last."""
        return self.key // SECOND


class Entries(NamedTuple):
    """A page of them, the newest first."""

    entries: list[Entry]
    further: int | None  # give it as `before` to see what lies further back; None: nothing does


class Sites(NamedTuple):
    """The sites asked for most."""

    sites: dict[str, "Tally"]
    is_all: bool  # False: there was too much to look through all of it


class Tally(NamedTuple):
    """How often, by outcome."""

    open: int = 0
    blocked: int = 0
    off: int = 0

    @property
    def total(self) -> int:
        """Of all outcomes."""
        return sum(self)


def day_of(epoch: float, zone: str) -> int:
    """The local day of a time."""
    return datetime.fromtimestamp(epoch, ZoneInfo(zone)).toordinal() - _EPOCH


def date_of(day: int) -> date:
    """The date of a local day."""
    return date.fromordinal(day + _EPOCH)


def number_of(day: date) -> int:
    """The local day of a date."""
    return day.toordinal() - _EPOCH


def span_of(day: int, zone: str) -> tuple[int, int]:
    """The epochs at which a local day begins and ends."""
    midnights = [
        datetime.combine(date_of(day) + timedelta(days=more), datetime.min.time(), ZoneInfo(zone)) for more in (0, 1)
    ]
    return int(midnights[0].timestamp()), int(midnights[1].timestamp())


def entries(db: sqlite3.Connection, search: Search, before: int = _FAR_AWAY, most: int = MOST) -> Entries:
    """The newest rows of a search, from `before` back."""
    top, floor, is_all = _scan(db, search, before, SCAN)
    conditions, values = _conditions(search)
    rows = db.execute(
        f"{_ENTRIES} WHERE a.key < ? AND a.key >= ? AND {conditions} ORDER BY a.key DESC LIMIT ?",
        (top, floor, *values, most),
    ).fetchall()
    further = rows[-1][0] if len(rows) == most else None if is_all else floor
    return Entries([_entry(*row) for row in rows], further)


def entry(db: sqlite3.Connection, key: int) -> Entry | None:
    """One row; None if it is no longer there."""
    row = db.execute(f"{_ENTRIES} WHERE a.key = ?", (key,)).fetchone()
    return _entry(*row) if row else None


def by_hour(db: sqlite3.Connection, day: int, search: Search) -> list[Tally]:
    """The 24 hours of a day; of the search, person and device count."""
    conditions, values = _conditions(Search(search.person, search.device))
    rows = db.execute(
        "SELECT hour - ?, outcome, sum(times) FROM hours AS a "  # noqa: S608 - ours
        f"WHERE hour >= ? AND hour < ? AND {conditions} GROUP BY hour, outcome",
        (day * 24, day * 24, day * 24 + 24, *values),
    )
    found = _tallies(rows)
    return [found.get(hour, Tally()) for hour in range(24)]


def by_category(db: sqlite3.Connection, day: int, search: Search) -> dict[str, Tally]:
    """The categories of a day, the most asked first; of the search, person and device count.

    A device's are known as long as its hours, a person's as long as the days.
    """
    conditions, values = _conditions(Search(search.person, search.device))
    if search.device is None:
        source, first, last = "days AS a WHERE day", day, day
    else:
        source, first, last = "hours AS a WHERE hour", day * 24, day * 24 + 23
    rows = db.execute(
        f"SELECT category, outcome, sum(times) FROM {source} BETWEEN ? AND ? AND {conditions} "  # noqa: S608 - ours
        "GROUP BY category, outcome",
        (first, last, *values),
    )
    return _most_first({_NAMES.get(number, ""): tally for number, tally in _tallies(rows).items()})


def by_person(db: sqlite3.Connection, day: int) -> dict[int, dict[str, Tally]]:
    """The day of each person who asked anything that is kept: categories, the most asked first."""
    rows = db.execute("SELECT person, category, outcome, times FROM days WHERE day = ?", (day,)).fetchall()
    people: dict[int, list[tuple[str, int, int]]] = defaultdict(list)
    for person, category, outcome, times in rows:
        people[person].append((_NAMES.get(category, ""), outcome, times))
    return {person: _most_first(_tallies(found)) for person, found in people.items()}


def by_day(db: sqlite3.Connection, days: range, person: int | None = None) -> list[Tally]:
    """Each of some consecutive days."""
    conditions, values = _conditions(Search(person))
    rows = db.execute(
        "SELECT day, outcome, sum(times) FROM days AS a "  # noqa: S608 - ours
        f"WHERE day >= ? AND day < ? AND {conditions} GROUP BY day, outcome",
        (days.start, days.stop, *values),
    )
    found = _tallies(rows)
    return [found.get(day, Tally()) for day in days]


def top_sites(db: sqlite3.Connection, search: Search, most: int = 10) -> Sites:
    """The sites asked for most, with the names below them put together."""
    top, floor, is_all = _scan(db, search, _FAR_AWAY, SCAN_SITES)
    conditions, values = _conditions(search)
    rows = db.execute(
        "SELECT n.name, t.open, t.blocked, t.off FROM ("  # noqa: S608 - ours
        "  SELECT a.name, sum(times * (outcome = 0)) AS open, sum(times * (outcome = 1)) AS blocked, "
        "  sum(times * (outcome = 2)) AS off FROM asked AS a "
        f"  WHERE a.key < ? AND a.key >= ? AND kind = ? AND {conditions} "
        "  GROUP BY a.name ORDER BY sum(times) DESC LIMIT ?"
        ") AS t JOIN names AS n ON n.id = t.name",
        (top, floor, Kind.CONTACT, *values, _MOST_NAMES),
    )
    found: dict[str, Tally] = {}
    for name, *counts in rows:
        site = site_of(name)
        found[site] = Tally(*(one + more for one, more in zip(found.get(site, Tally()), counts, strict=True)))
    return Sites(dict(list(_most_first(found).items())[:most]), is_all)


def _scan(db: sqlite3.Connection, search: Search, before: int, most: int) -> tuple[int, int, bool]:
    """The keys to look through, from below `top` to `floor`, and whether these are all that the search is about."""
    top, bottom = min(before, search.until * SECOND), search.first * SECOND
    wanted = "SELECT key FROM asked WHERE key < ? AND key >= ? ORDER BY key DESC LIMIT 1 OFFSET ?"
    row = db.execute(wanted, (top, bottom, most - 1)).fetchone()
    return (top, int(row[0]), False) if row else (top, bottom, True)


def _conditions(search: Search) -> tuple[str, tuple[object, ...]]:
    """What rows `a` must meet, and its values."""
    wanted: dict[str, object] = {}
    if search.person is not None:
        wanted["a.person = ?"] = search.person
    if search.device is not None:
        wanted["a.device = ?"] = search.device
    if search.outcome is not None:
        wanted["a.outcome = ?"] = search.outcome
    if search.part:
        wanted["a.name IN (SELECT id FROM names WHERE instr(name, ?))"] = search.part.lower()
    return " AND ".join(wanted) or "TRUE", tuple(wanted.values())


def _entry(  # noqa: PLR0913, PLR0917 - a row
    key: int, person: int, device: int, name: str, kind: int, category: int, outcome: int, reason: str, rule: str,
    times: int,
) -> Entry:  # fmt: skip
    return Entry(key, person, device, name, Kind(kind), _NAMES.get(category, ""), Outcome(outcome), reason, rule, times)


def _tallies(rows: Iterable[tuple[K, int, int]]) -> dict[K, Tally]:
    """Rows of (key, outcome, times) by key."""
    counts: dict[K, list[int]] = {}
    for key, outcome, times in rows:
        counts.setdefault(key, [0] * len(Outcome))[outcome] += times
    return {key: Tally(*found) for key, found in counts.items()}


def _most_first(tallies: dict[str, Tally]) -> dict[str, Tally]:
    return dict(sorted(tallies.items(), key=lambda item: (-item[1].total, item[0])))
