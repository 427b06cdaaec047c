"""Schedules once more, in another manner, to compare with.

Nothing here knows minutes of a week, offsets or edges: windows are written out as local dates and times
from ... to, the wall clock is `zoneinfo`'s, and when something ends is found by going on, minute by minute.
"""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from filterdns import dname
from filterdns.clock import Zone
from filterdns.policy.category import BITS
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.decide import Reason, decide
from filterdns.policy.rules import GUESTS, Household, Person, Window
from filterdns.policy.view import View

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
GAMES = frozenset({"games"})
NAME = dname.from_text("play.example.org")
_NOTHING_KNOWN = Knowledge({}, {}, frozenset(), dname.ROOT, dname.ROOT)


class Schedule(NamedTuple):
    """A person's windows, and whether games are blocked outside them."""

    windows: tuple[Window, ...]
    games_blocked: bool


class State(NamedTuple):
    """What the windows in force do to a game."""

    off: str | None
    blocked_by: tuple[str, ...]
    allowed: bool

    def verdict(self, schedule: Schedule) -> tuple[Reason, str | None]:
        if self.off:
            return Reason.OFF, self.off
        if schedule.games_blocked and not self.allowed:
            return Reason.CATEGORY, "category:games"
        if self.blocked_by:
            return Reason.CATEGORY, self.blocked_by[0]
        return Reason.DEFAULT, None


def written_out(windows: Sequence[Window], first: date, last: date) -> list[tuple[datetime, datetime, Window]]:
    """Every occurrence that begins on one of these days."""
    found = []
    for window in windows:
        day = first
        while day <= last:
            if day.weekday() in window.days:
                start = datetime.combine(day, time(*divmod(window.start, 60)))
                end = datetime.combine(day, time(*divmod(window.end, 60)))
                found.append((start, end if end > start else end + DAY, window))
            day += DAY
    return found


def state(occurrences: Sequence[tuple[datetime, datetime, Window]], wall: datetime) -> State:
    now = [window for start, end, window in occurrences if start <= wall < end]
    off = [f"window:{window.id}" for window in now if window.internet_off]
    blocking = tuple(f"window:{window.id}" for window in now if window.block)
    return State(off[0] if off else None, blocking, any(window.allow for window in now))


def never_ends(schedule: Schedule, now: State) -> bool:
    """Is the verdict the same all week long? States change only where an occurrence begins or ends."""
    monday = datetime(2026, 1, 5)  # noqa: DTZ001 - a wall clock's
    occurrences = written_out(schedule.windows, monday.date() - DAY, monday.date() + 13 * DAY)
    edges = [edge for start, end, _ in occurrences for edge in (start, end) if monday <= edge < monday + 7 * DAY]
    states = [state(occurrences, edge) for edge in edges]
    return all(found.off if now.off else found == now for found in states)


def transitions(zone: str, first: int, last: int) -> Iterator[datetime]:
    """The UTC minutes of the years `first` to `last` at which the zone's clocks change."""
    info = ZoneInfo(zone)
    at = datetime(first, 1, 1, tzinfo=UTC)
    while at < datetime(last + 1, 1, 1, tzinfo=UTC):
        later = at + timedelta(hours=6)
        if at.astimezone(info).utcoffset() != later.astimezone(info).utcoffset():
            change = at
            while change.astimezone(info).utcoffset() == at.astimezone(info).utcoffset():
                change += MINUTE
            yield change
        at = later


def random_schedule(dice: random.Random) -> Schedule:
    """One to four windows; half of all times are near the hours at which clocks change."""

    def minute() -> int:
        return dice.randrange(0, 240, 15) if dice.random() < 0.5 else dice.randrange(1440)

    windows = []
    for number in range(dice.randint(1, 4)):
        change = dice.choice(("off", "off", "block", "allow"))
        windows.append(
            Window(
                name=f"{number}",
                days=tuple(sorted(dice.sample(range(7), dice.randint(1, 7)))),
                start=minute(),
                end=minute(),
                internet_off=change == "off",
                block=GAMES if change == "block" else frozenset(),
                allow=GAMES if change == "allow" else frozenset(),
                id=number,
            )
        )
    return Schedule(tuple(windows), dice.random() < 0.5)


def compiled(schedule: Schedule) -> View:
    person = Person(GUESTS, windows=schedule.windows, block=GAMES if schedule.games_blocked else frozenset())
    return compile_policy(Household(people=(person,)), _NOTHING_KNOWN, 1).guests


def compare_around(zone: str, change: datetime, schedule: Schedule) -> list[str]:
    """Compare every minute within a day of a change of the clocks: verdict, rule and end; return what differs."""
    info, ours, view = ZoneInfo(zone), Zone(zone), compiled(schedule)
    first = change - DAY
    walls = [(first + MINUTE * n).astimezone(info) for n in range(2 * 1440)]
    occurrences = written_out(schedule.windows, walls[0].date() - DAY, walls[-1].date())
    states = [state(occurrences, wall.replace(tzinfo=None)) for wall in walls]
    differ = []
    endless = {
        off: any((found.off is not None) is off and never_ends(schedule, found) for found in set(states))
        for off in (True, False)
    }
    ends = _ends([(states[n], wall.utcoffset()) for n, wall in enumerate(walls)])
    off_ends = _ends([(states[n].off is None, wall.utcoffset()) for n, wall in enumerate(walls)])
    start = int(first.timestamp())
    for n, expected in enumerate(states):
        decision = decide(view, NAME, BITS["games"], ours.moment(start + n * 60 + n % 60))
        end = off_ends[n] if expected.off else ends[n]
        if decision.until is None:
            ended = endless[expected.off is not None]
        else:
            ended = decision.until == start + end * 60 if end else decision.until >= start + len(walls) * 60
        if (decision.reason, decision.rule) != expected.verdict(schedule) or not ended:
            differ.append(f"{zone} {walls[n]} {schedule}: {decision}, expected {expected} until {end}")
    return differ


def compare_at(zone: str, ours: Zone, epoch: int, schedule: Schedule) -> list[str]:
    """Compare one second: verdict and rule, that they hold until their end, and that something ends there."""
    info = ZoneInfo(zone)
    decision = decide(compiled(schedule), NAME, BITS["games"], ours.moment(epoch))

    def there(second: int) -> tuple[State, timedelta | None]:
        wall = datetime.fromtimestamp(second, info)
        occurrences = written_out(schedule.windows, wall.date() - DAY, wall.date())
        return state(occurrences, wall.replace(tzinfo=None, fold=0)), wall.utcoffset()

    now, offset = there(epoch)
    good = (decision.reason, decision.rule) == now.verdict(schedule)
    if decision.until is not None:
        last, same_offset = there(decision.until - 1)
        then, new_offset = there(decision.until)
        if now.off:
            good &= last.off is not None and (then.off is None or new_offset != offset)
        else:
            good &= last == now and (then != now or new_offset != offset)
        good &= same_offset == offset and decision.until > epoch
    else:
        good &= never_ends(schedule, now)
    return [] if good else [f"{zone} {epoch} {schedule}: {decision}, expected {now}"]


def _ends(values: Sequence[object]) -> list[int | None]:
    """For every value the position at which it is first another; None: not within these."""
    found: list[int | None] = [None] * len(values)
    for n in range(len(values) - 2, -1, -1):
        found[n] = found[n + 1] if values[n] == values[n + 1] else n + 1
    return found
