"""Weekly hours: windows of wall-clock time compiled to a timeline over the 10 080 minutes of the local week.

The wall clock alone says whether a window is in force. So an hour that a time zone skips is in nobody's
window, and an hour that it repeats is in the window both times.
"""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import chain
from typing import Final, NamedTuple

from filterdns.native import mypyc_attr

DAY: Final = 1440
WEEK: Final = 7 * 1440
FAR_AWAY = 1 << 62
"""An epoch that never comes."""

_DAY_SECONDS = DAY * 60
_WEEK_SECONDS: Final = 7 * 1440 * 60
_THURSDAY: Final = 3 * 1440  # the epoch began on one


@mypyc_attr(acyclic=True)
class Moment:
    """Now, as an argument: epoch seconds, and what the household's clocks show."""

    __slots__ = ("epoch", "minute", "offset", "steady_until")

    def __init__(self, epoch: int, offset: int, steady_until: int) -> None:
        self.epoch = epoch
        self.offset = offset  # seconds east of UTC
        self.steady_until = steady_until  # epoch at which the offset changes
        self.minute = ((epoch + offset) // 60 + _THURSDAY) % WEEK  # of the local week; Monday 00:00 is 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Moment) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return f"Moment{self._parts()}"

    def _parts(self) -> tuple[int, int, int]:
        return self.epoch, self.offset, self.steady_until

    def at_minute(self, minute: int) -> int:
        """The epoch at which the local week next reaches `minute`, a change of offset at the latest; after now."""
        epoch = self.epoch
        reached = epoch + ((minute - _THURSDAY) * 60 - epoch - self.offset - 1) % _WEEK_SECONDS + 1
        return reached if reached < self.steady_until else self.steady_until  # noqa: FURB136 - a call costs more

    def midnight(self) -> int:
        """The epoch at which the local day ends, a change of offset at the latest."""
        epoch = self.epoch
        return min(epoch - (epoch + self.offset) % _DAY_SECONDS + _DAY_SECONDS, self.steady_until)


class Excepted(NamedTuple):
    """A service let out of its category."""

    service: int  # tag bit
    category: int  # tag bit


class Hours(NamedTuple):
    """A window in the language of tags."""

    days: tuple[int, ...]
    start: int  # minutes after midnight
    end: int  # minutes after midnight; at or before start: on the next day
    off: bool
    block: int  # tag bits
    allow: int  # tag bits
    excepted: tuple[Excepted, ...]  # the services among `allow`
    rule: str

    def covers(self, minute: int) -> bool:
        """Is the window in force in this minute of the week?"""
        length = (self.end - self.start) % DAY or DAY
        return any((minute - day * DAY - self.start) % WEEK < length for day in self.days)


class Blocker(NamedTuple):
    """What one window in force blocks, and the services that the same window lets out."""

    block: int  # tag bits
    excepted: tuple[Excepted, ...]
    rule: str


class Span(NamedTuple):
    """A part of the week in which no window begins or ends."""

    off_rule: str | None = None  # the window that turns the internet off
    off_end: int | None = None  # minute of the week at which the joined off time ends; None: never, or not off
    block: int = 0  # all that the windows in force block
    blockers: tuple[Blocker, ...] = ()
    allow: int = 0  # what they lift of the person's own blocks
    excepted: tuple[Excepted, ...] = ()
    next_edge: int | None = None  # minute of the week at which anything of this changes; None: never

    @property
    def off(self) -> bool:
        """Is the internet off?"""
        return self.off_rule is not None


class Timeline:
    """The week cut at the edges of its windows; edges[0] is 0 and spans[i] holds from edges[i] on."""

    __slots__ = ("edges", "spans")

    def __init__(self, edges: tuple[int, ...] = (0,), spans: tuple[Span, ...] = (Span(),)) -> None:
        self.edges = edges
        self.spans = spans

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Timeline) and self.edges == other.edges and self.spans == other.spans

    def __hash__(self) -> int:
        return hash((self.edges, self.spans))

    def at(self, minute: int) -> Span:
        """What holds in this minute of the local week."""
        return self.spans[bisect_right(self.edges, minute) - 1]


def timeline(windows: Sequence[Hours]) -> Timeline:
    """Compile windows: off, block and allow each add up; the first of several off windows is named."""
    cuts = {0}
    for hours in windows:
        for day in hours.days:
            start = day * DAY + hours.start
            cuts |= {start, (start + ((hours.end - hours.start) % DAY or DAY)) % WEEK}
    edges: list[int] = []
    spans: list[Span] = []
    for cut in sorted(cuts):
        span = _in_force([hours for hours in windows if hours.covers(cut)])
        if not spans or spans[-1] != span:
            edges.append(cut)
            spans.append(span)
    ends = [
        span._replace(
            off_end=_next(edges, spans, at, off_only=True) if span.off else None,
            next_edge=_next(edges, spans, at, off_only=False),
        )
        for at, span in enumerate(spans)
    ]
    return Timeline(tuple(edges), tuple(ends))


def _in_force(windows: Sequence[Hours]) -> Span:
    block = allow = 0
    for hours in windows:
        block |= hours.block
        allow |= hours.allow
    return Span(
        off_rule=next((hours.rule for hours in windows if hours.off), None),
        block=block,
        blockers=tuple(Blocker(hours.block, hours.excepted, hours.rule) for hours in windows if hours.block),
        allow=allow,
        excepted=tuple(sorted({pair for hours in windows for pair in hours.excepted})),
    )


def _next(edges: Sequence[int], spans: Sequence[Span], at: int, *, off_only: bool) -> int | None:
    """Find the edge, going round the week, at which the span (or only its being off) changes."""
    for later in chain(range(at + 1, len(spans)), range(at)):
        if (off_only and not spans[later].off) or (not off_only and spans[later] != spans[at]):
            return edges[later]
    return None
