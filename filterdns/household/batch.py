"""Lines of the spool (`dns/spool.py`) -> what is kept of them, counted together. Pure.

Helplines are left out whole, and what an illegal list holds loses its name: the resolver sees to both, and here the
names are looked at again. How much of the rest is kept hangs on whose device it was (`household/detail.py`).
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import NamedTuple

from filterdns import dname
from filterdns.clock import Zone
from filterdns.household.detail import Detail, category_of, keep
from filterdns.household.site import site_of
from filterdns.policy.category import BITS
from filterdns.policy.decide import Reason

HOUR = 3600

_CONTACT_TYPES = frozenset({1, 28, 64, 65})
_NEVER, _NAMELESS = BITS["helplines"], BITS["illegal"]
_AHEAD = 60  # seconds that a line may be in the future; clocks are set
_LINE = re.compile(
    r"(\d{1,10})\t([0-9a-f.:]{2,45})\t((?:[0-9a-f]{2}(?::[0-9a-f]{2}){5})?)\t(\d{1,9})\t([\w.\\-]{0,1024})\t(\d{1,5})"
    r"\t(block|pass)\t([a-z ]{1,32})\t((?:[a-z_]+(?::[\w-]{1,64}){0,2})?)\t(\d{1,9})",
    re.ASCII,
)
_REASONS = frozenset(map(str, Reason))
_CLOCK = frozenset({str(Reason.OFF), str(Reason.PAUSED)})


class Outcome(IntEnum):
    """What became of a query, as numbers in history.db."""

    OPEN = 0
    BLOCKED = 1
    OFF = 2  # blocked like everything else at that time: bedtime, or a pause


class Kind(IntEnum):
    """What a query was for, as numbers in history.db."""

    CONTACT = 0  # an address to talk to: A, AAAA, SVCB, HTTPS
    OTHER = 1


class Line(NamedTuple):
    """One line of the spool."""

    epoch: int
    address: str
    mac: str  # "" if it is not known
    device: int  # id in the household, 0: unclaimed
    name: str  # "" if it must not be stored
    qtype: int
    is_blocked: bool
    reason: str
    rule: str
    times: int


class Who(NamedTuple):
    """Whose device it is."""

    person: int  # id in the household
    detail: Detail


class Mark(NamedTuple):
    """What a device is known by: its MAC, or the address while no MAC is known."""

    mac: str
    address: str


class Row(NamedTuple):
    """What is counted together within an hour."""

    hour: int  # of local time, counted from 1970
    person: int
    device: Mark
    name: str
    kind: Kind
    category: str
    outcome: Outcome
    reason: str
    rule: str


class Span(NamedTuple):
    """From the first to the last time something was seen, epoch seconds."""

    first: int
    last: int


def parse(text: str) -> Line | None:
    """One line without its end; None for what no worker wrote, or wrote by half."""
    found = _LINE.fullmatch(text)
    if not found or found[8] not in _REASONS:
        return None
    epoch, address, mac, device, name, qtype, action, reason, rule, times = found.groups()
    return Line(int(epoch), address, mac, int(device), name, int(qtype), action == "block", reason, rule, int(times))


class Batch:
    """What some lines come to."""

    def __init__(
        self, devices: Mapping[int, Who], guests: Who, zone: Zone, tags_of: Callable[[bytes], int], now: int
    ) -> None:
        self.rows: dict[Row, tuple[int, int]] = {}  # -> epoch of the last time, times
        self.hours: Counter[tuple[int, int, Mark, str, Outcome]] = Counter()  # hour, person, device, category
        self.days: Counter[tuple[int, int, str, Outcome]] = Counter()  # day, person, category
        self.seen: dict[tuple[Mark, str], Span] = {}  # device, address
        self._devices = devices
        self._guests = guests
        self._zone = zone
        self._tags_of = tags_of
        self._tags: dict[str, int] = {}
        self._now = now

    def add(self, line: Line) -> None:
        """Count a line; what must not be kept is left out here. Raises DNameError for what is no name."""
        tags = self._look_up(line.name)
        if tags & _NEVER:
            return
        epoch = min(line.epoch, self._now + _AHEAD)
        device = self._see(line, epoch)
        who = self._devices.get(line.device, self._guests)
        category = category_of(tags, line.rule)
        outcome = _outcome(line)
        name = "" if tags & _NAMELESS else line.name
        kept = keep(who.detail, name, category, site_of, is_blocked=outcome is Outcome.BLOCKED)
        if kept is None:
            return
        hour = (epoch + self._zone.moment(epoch).offset) // HOUR
        self.days[hour // 24, who.person, category, outcome] += line.times
        if not kept.in_hours:
            return
        self.hours[hour, who.person, device, category, outcome] += line.times
        if kept.name:
            kind = Kind.CONTACT if line.qtype in _CONTACT_TYPES else Kind.OTHER
            row = Row(hour, who.person, device, kept.name, kind, category, outcome, line.reason, line.rule)
            last, times = self.rows.get(row, (0, 0))
            self.rows[row] = max(last, epoch), times + line.times

    def _see(self, line: Line, epoch: int) -> Mark:
        mark = Mark(line.mac, "" if line.mac else line.address)
        span = self.seen.get((mark, line.address), Span(epoch, epoch))
        self.seen[mark, line.address] = Span(min(span.first, epoch), max(span.last, epoch))
        return mark

    def _look_up(self, name: str) -> int:
        if not name:
            return _NAMELESS
        if name not in self._tags:
            self._tags[name] = self._tags_of(dname.from_text(name))
        return self._tags[name]


def _outcome(line: Line) -> Outcome:
    if not line.is_blocked:
        return Outcome.OPEN
    return Outcome.OFF if line.reason in _CLOCK else Outcome.BLOCKED
