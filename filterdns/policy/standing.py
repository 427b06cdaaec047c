"""What is in force for a person now, whatever is asked for: the sentence on a parent's front page, as data. Pure."""

from enum import StrEnum
from typing import NamedTuple

from filterdns.policy.schedule import Moment, Span, Timeline
from filterdns.policy.view import View


class State(StrEnum):
    """What stands over everything else."""

    PAUSED = "paused"
    OFF = "off"  # a window turns the internet off
    LIFTED = "lifted"  # a grant of time is running
    BLOCKS_MORE = "blocks more"  # a window blocks more than the person's own rules
    OPEN = "open"  # the person's own rules, and nothing of the clock


class Standing(NamedTuple):
    """A state, what caused it, when it ends (epoch seconds; None: no end in sight), and what comes after."""

    state: State
    rule: str | None
    until: int | None
    then: str | None = None  # the window that begins at `until`


def standing(view: View, now: Moment) -> Standing:
    """What holds for this person at this moment; a pause before a grant of time, that before the windows."""
    pause, grant = view.pause, view.time_grant
    if pause is not None and (pause.until is None or pause.until > now.epoch):
        return Standing(State.PAUSED, pause.rule, pause.until)
    if grant is not None and grant.until > now.epoch:
        after = view.timeline.at(Moment(grant.until, now.offset, now.steady_until).minute)
        return Standing(State.LIFTED, grant.rule, grant.until, _cause(after))
    span = view.timeline.at(now.minute)
    if span.off_rule is not None:
        return Standing(State.OFF, span.off_rule, _reached(now, span.off_end))
    if span.blockers:
        edge = span.next_edge
        return Standing(State.BLOCKS_MORE, _cause(span), _reached(now, edge), _cause_at(view.timeline, edge))
    edge = _next_cause(view.timeline, now.minute)
    return Standing(State.OPEN, None, _reached(now, edge), _cause_at(view.timeline, edge))


def off_edge(view: View, now: Moment) -> tuple[int | None, str | None]:
    """When the internet comes back if a window has turned it off, else when one turns it off next -> epoch, window."""
    timeline, minute = view.timeline, now.minute
    span = timeline.at(minute)
    if span.off_rule is not None:
        return _reached(now, span.off_end), span.off_rule
    edge = next((edge for edge in _edges_from(timeline, minute) if timeline.at(edge).off), None)
    return _reached(now, edge), None if edge is None else timeline.at(edge).off_rule


def _cause(span: Span) -> str | None:
    """The window that a span is about: the one that turns the internet off, else the first that blocks."""
    return span.off_rule or next((blocker.rule for blocker in span.blockers), None)


def _cause_at(timeline: Timeline, minute: int | None) -> str | None:
    return None if minute is None else _cause(timeline.at(minute))


def _next_cause(timeline: Timeline, minute: int) -> int | None:
    """The minute of the week at which a window that turns off or blocks begins next, going round the week."""
    return next((edge for edge in _edges_from(timeline, minute) if _cause_at(timeline, edge) is not None), None)


def _edges_from(timeline: Timeline, minute: int) -> list[int]:
    """The edges after a minute, going round the week."""
    return sorted(timeline.edges, key=lambda edge: (edge <= minute, edge))


def _reached(now: Moment, minute: int | None) -> int | None:
    return None if minute is None else now.at_minute(minute)
