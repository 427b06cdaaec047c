"""What is in force for somebody now, in one plain sentence, and how much longer more time would last."""

from dataclasses import dataclass
from functools import lru_cache

from filterdns.admin.language import gettext as _
from filterdns.admin.language import when
from filterdns.admin.texts import hours_name
from filterdns.clock import Zone
from filterdns.policy.rules import Household, Person
from filterdns.policy.schedule import Moment
from filterdns.policy.standing import Standing, State, off_edge, standing
from filterdns.policy.view import View

SOON = 3600
"""Seconds within which a window that is about to begin is what "more time" is meant for."""
_TONES = {State.PAUSED: "bad", State.OFF: "night", State.LIFTED: "good", State.BLOCKS_MORE: "wait", State.OPEN: ""}


@dataclass(frozen=True, slots=True)
class Now:
    """One person's present, for a card."""

    state: State
    tone: str  # of page.css: good, wait, bad, night or none
    sentence: str
    until_off: int | None  # epoch: when the internet goes off next, or comes back if it is off
    off_name: str  # the window that turns it off


def now_of(person: Person, view: View, household: Household, epoch: int) -> Now:
    """What holds for a person at a time, read from the compiled rules."""
    moment = _moment(household.timezone, epoch)
    found = standing(view, moment)
    names = {f"window:{window.id}": hours_name(window.name) for window in person.windows}
    edge, off_rule = off_edge(view, moment)
    sentence = _sentence(found, names.get(found.rule or "", ""), names.get(found.then or "", ""))
    return Now(found.state, _TONES[found.state], sentence, edge, names.get(off_rule or "", ""))


def more_time_until(view: View, zone: str, epoch: int, seconds: int) -> int:
    """When `seconds` more end: from the end of what was given, else from a window that begins soon, else from now."""
    found = standing(view, _moment(zone, epoch))
    if found.state is State.LIFTED and found.until is not None:
        return found.until + seconds
    if found.state is State.OPEN and found.until is not None and found.until - epoch <= SOON:
        return found.until + seconds
    return epoch + seconds


@lru_cache(maxsize=8)
def _moment(zone: str, epoch: int) -> Moment:
    """The same for every card of a page; to find when the offset ends takes some milliseconds."""
    return Zone(zone).moment(epoch)


def _sentence(found: Standing, window: str, then: str) -> str:
    until = when(found.until) if found.until is not None else ""
    match found.state:
        case State.PAUSED:
            return _("Paused until %(time)s", time=until) if until else _("Paused until you resume")
        case State.LIFTED:
            return (
                _("More time until %(time)s, then %(window)s", time=until, window=then)
                if then
                else _("More time until %(time)s", time=until)
            )
        case State.OFF | State.BLOCKS_MORE:
            return _("%(window)s until %(time)s", window=window, time=until) if until else window
        case State.OPEN:
            return _("Open until %(time)s, then %(window)s", time=until, window=then) if until else _("Open")
