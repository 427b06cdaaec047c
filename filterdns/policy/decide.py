"""The verdict: a view, a name, its tags and a moment in; a decision with its reason and its end out. Pure."""

from enum import StrEnum
from typing import Final

from filterdns.dname import closest
from filterdns.native import mypyc_attr
from filterdns.policy.category import BITS
from filterdns.policy.schedule import Excepted, Moment, Span
from filterdns.policy.view import Permission, RuleAction, Term, View


class Action(StrEnum):
    """What becomes of the query."""

    PASS = "pass"  # noqa: S105 - not a password
    BLOCK = "block"
    LOCAL_DATA = "local data"  # answered with `Decision.alias`


class Reason(StrEnum):
    """Which row decided."""

    __hash__ = str.__hash__  # it is looked up for each query that is counted

    ILLEGAL = "illegal"
    HELPLINE = "helpline"
    ESSENTIAL = "essential"
    PAUSED = "paused"
    GRANTED = "granted"
    OFF = "off"
    NAME_RULE = "name rule"
    NOT_ON_LIST = "not on the list"
    USED_UP = "used up"
    CATEGORY = "category"
    SAFE_SEARCH = "safe search"
    REBINDING = "rebinding"  # made by the resolver: a private address in the answer for a public name
    DEFAULT = "default"


@mypyc_attr(acyclic=True)
class Decision:
    """A verdict as data; sentences are made at the edge."""

    __slots__ = ("action", "alias", "reason", "rule", "until")

    def __init__(
        self, action: Action, reason: Reason, rule: str | None, until: int | None, alias: bytes | None = None
    ) -> None:
        self.action = action
        self.reason = reason
        self.rule = rule  # id of what caused it
        self.until = until  # epoch at which it may stop being true; None: no end
        self.alias = alias  # wire name of the safe form

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Decision) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())

    def __repr__(self) -> str:
        return f"Decision{self._parts()}"

    def _parts(self) -> tuple[Action, Reason, str | None, int | None, bytes | None]:
        return self.action, self.reason, self.rule, self.until, self.alias


PASS: Final = Action.PASS
BLOCK: Final = Action.BLOCK
DEFAULT: Final = Reason.DEFAULT
ILLEGAL: Final = BITS["illegal"]
HELPLINES: Final = BITS["helplines"]
ESSENTIAL: Final = BITS["essential"]


def decide(view: View, name: bytes, tags: int, now: Moment, used_up: int = 0) -> Decision:
    """Decide on a wire name; `used_up` has the tag bits whose minutes are used up today.

    The first row that applies decides:

    | #  | if                                                             | then              | until          |
    |----|----------------------------------------------------------------|-------------------|----------------|
    | 1  | the name is on an operator's illegal-content list              | BLOCK             | -              |
    | 2  | it is a helpline, or essential                                 | PASS              | -              |
    | 3  | the person, or the whole house, is paused                      | BLOCK             | end of pause   |
    | 4  | a grant names it: this name, service or category               | PASS              | end of grant   |
    | 5  | a window turns the internet off, no grant of time is running   | BLOCK             | end of off     |
    | 6  | the closest enclosing name rule; at the same name the person's | its action        | next change    |
    |    | before the household's, and of one owner block before allow    |                   |                |
    | 7  | the person is in allow-only mode                               | BLOCK             | next change    |
    | 8  | minutes for it are used up, no grant of time is running        | BLOCK             | local midnight |
    | 9  | categories or services blocked now hold it: the person's own,  | BLOCK             | next change    |
    |    | and windows' unless a grant of time is running                 |                   |                |
    | 10 | it has a safe form, and safe search is on                      | LOCAL_DATA, alias | next change    |
    | 11 | else                                                           | PASS              | next change    |

    The next change is the next edge of a window, the end of a running grant of time, and for a person
    with minutes local midnight; whatever hangs on wall-clock time ends at a change of the UTC offset.
    """
    span = view.timeline.at(now.minute)
    return (
        (_illegal(tags) if tags else None)
        or (_always_open(tags) if tags else None)
        or (_paused(view.pause, now) if view.pause else None)
        or (_granted(view.grants, name, tags, now) if view.grants else None)
        or (_off(view, now, span) if span.off_rule else None)
        or (_name_rule(view, name, now, span) if view.rules else None)
        or (_not_on_list(view, now, span) if view.allow_only else None)
        or (_used_up(view, tags & used_up, now) if tags & used_up else None)
        or (_blocked(view, tags, now, span) if tags else None)
        or (_safe_form(view, name, now, span) if name in view.aliases else None)
        or Decision(PASS, DEFAULT, None, _next_change(view, now, span))
    )


def judge_alias(view: View, name: bytes, tags: int, now: Moment) -> Decision | None:
    """Judge a name that an answer points to by rows 1, 6 and 9; None: nothing against it, or an allow rule for it."""
    span = view.timeline.at(now.minute)
    decision = _illegal(tags) or _name_rule(view, name, now, span) or _blocked(view, tags, now, span)
    return decision if decision is not None and decision.action is BLOCK else None


def _illegal(tags: int) -> Decision | None:
    return Decision(BLOCK, Reason.ILLEGAL, None, None) if tags & ILLEGAL else None


def _always_open(tags: int) -> Decision | None:
    if tags & HELPLINES:
        return Decision(PASS, Reason.HELPLINE, None, None)
    return Decision(PASS, Reason.ESSENTIAL, None, None) if tags & ESSENTIAL else None


def _paused(pause: Term, now: Moment) -> Decision | None:
    if pause.until is not None and pause.until <= now.epoch:
        return None
    return Decision(BLOCK, Reason.PAUSED, pause.rule, pause.until)


def _granted(grants: tuple[Permission, ...], name: bytes, tags: int, now: Moment) -> Decision | None:
    running = [grant for grant in grants if grant.until > now.epoch and grant.is_about(name, tags)]
    if not running:
        return None
    longest = max(running, key=lambda grant: grant.until)
    return Decision(PASS, Reason.GRANTED, longest.rule, longest.until)


def _off(view: View, now: Moment, span: Span) -> Decision | None:
    if time_granted(view, now):
        return None
    until = None if span.off_end is None else now.at_minute(span.off_end)
    return Decision(BLOCK, Reason.OFF, span.off_rule, until)


def _name_rule(view: View, name: bytes, now: Moment, span: Span) -> Decision | None:
    found = closest(name, view.rules)
    if found is None:
        return None
    action = BLOCK if found[0] is RuleAction.BLOCK else PASS
    return Decision(action, Reason.NAME_RULE, found[1], _next_change(view, now, span))


def _not_on_list(view: View, now: Moment, span: Span) -> Decision:
    return Decision(BLOCK, Reason.NOT_ON_LIST, "allow_only", _next_change(view, now, span))


def _used_up(view: View, held: int, now: Moment) -> Decision | None:
    if time_granted(view, now):
        return None
    for budget in view.budgets:
        if held & budget.bit:
            return Decision(BLOCK, Reason.USED_UP, budget.rule, now.midnight())
    return None


def _blocked(view: View, tags: int, now: Moment, span: Span) -> Decision | None:
    own = tags & view.blocked & ~span.allow
    if own:
        own = _without(_without(own, tags, view.excepted), tags, span.excepted)
        for bit, rule in view.block_rules:
            if own & bit:
                return Decision(BLOCK, Reason.CATEGORY, rule, _next_change(view, now, span))
    if tags & span.block and not time_granted(view, now):
        for blocker in span.blockers:
            if _without(tags & blocker.block, tags, blocker.excepted):
                return Decision(BLOCK, Reason.CATEGORY, blocker.rule, _next_change(view, now, span))
    return None


def _safe_form(view: View, name: bytes, now: Moment, span: Span) -> Decision:
    alias = view.aliases[name]
    rule = "youtube" if alias == view.youtube_form else "safe_search"
    return Decision(Action.LOCAL_DATA, Reason.SAFE_SEARCH, rule, _next_change(view, now, span), alias)


def _without(held: int, tags: int, excepted: tuple[Excepted, ...]) -> int:
    """Take from the held bits the categories of the excepted services that the name belongs to."""
    for service, category in excepted:
        if tags & service:
            held &= ~category
    return held


def time_granted(view: View, now: Moment) -> bool:
    """Does a grant of time run?"""
    grant = view.time_grant
    return grant is not None and grant.until > now.epoch


def _next_change(view: View, now: Moment, span: Span) -> int | None:
    until = None if span.next_edge is None else now.at_minute(span.next_edge)
    if not view.budgets and view.time_grant is None:
        return until
    ends = [] if until is None else [until]
    if view.budgets:
        ends.append(now.midnight())
    if view.time_grant is not None and view.time_grant.until > now.epoch:
        ends.append(view.time_grant.until)
    return min(ends, default=None)
