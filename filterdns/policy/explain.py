"""Every row of the table of `decide` on the way to a verdict: which decided, and why each before it did not. Pure."""

from collections.abc import Callable
from typing import NamedTuple

from filterdns.policy.decide import Decision, Reason, decide, time_granted
from filterdns.policy.schedule import Moment, Span
from filterdns.policy.view import View

LIFTED = "lifted by a grant of time"


class Step(NamedTuple):
    """One row on the way to a verdict: what it decided, or why the name passed it by."""

    row: int
    title: str
    verdict: Decision | None
    passed_by: str | None  # None when the row decided


class _Asked(NamedTuple):
    """What a row looks at; the name itself matters to none of the answers here."""

    view: View
    tags: int
    used_up: int
    now: Moment
    span: Span


def explain(view: View, name: bytes, tags: int, now: Moment, used_up: int = 0) -> list[Step]:
    """Every step to the verdict of `decide`, the deciding row last; a reason belongs to one row."""
    verdict = decide(view, name, tags, now, used_up)
    asked = _Asked(view, tags, used_up, now, view.timeline.at(now.minute))
    deciding = next(number for number, row in enumerate(_ROWS) if verdict.reason in row[1])
    passed = [Step(number, title, None, why(asked)) for number, (title, _, why) in enumerate(_ROWS[:deciding], 1)]
    return [*passed, Step(deciding + 1, _ROWS[deciding][0], verdict, None)]


def _pause(asked: _Asked) -> str:
    return "the pause is over" if asked.view.pause else "not paused"


def _grants(asked: _Asked) -> str:
    return "no running grant is about it" if asked.view.grants else "nothing is granted"


def _off(asked: _Asked) -> str:
    return LIFTED if asked.span.off and time_granted(asked.view, asked.now) else "no window turns the internet off now"


def _name_rules(asked: _Asked) -> str:
    return "no name rule encloses it" if asked.view.rules else "there are no name rules"


def _minutes(asked: _Asked) -> str:
    limited = [budget for budget in asked.view.budgets if budget.bit & asked.tags]
    if any(budget.bit & asked.used_up for budget in limited):
        return LIFTED
    return "there are minutes left for it" if limited else "no minutes are set for it"


def _categories(asked: _Asked) -> str:
    view, tags, _, now, span = asked
    if not tags:
        return "it belongs to no category and no service"
    if tags & span.block and time_granted(view, now):
        return LIFTED
    if tags & view.blocked & span.allow:
        return "a window allows it now"
    if tags & (view.blocked | span.block):
        return "its service is allowed"
    return "nothing that holds it is blocked now"


def _safe_search(asked: _Asked) -> str:
    return "it has no safe form" if asked.view.aliases else "safe search is off"


_Why = Callable[[_Asked], str]

_ROWS: tuple[tuple[str, frozenset[Reason], _Why], ...] = (
    ("blocked for everyone", frozenset({Reason.ILLEGAL}), lambda _: "no operator's list holds it"),
    (
        "helplines and essentials",
        frozenset({Reason.HELPLINE, Reason.ESSENTIAL}),
        lambda _: "neither a helpline nor essential",
    ),
    ("pause", frozenset({Reason.PAUSED}), _pause),
    ("grants", frozenset({Reason.GRANTED}), _grants),
    ("internet off", frozenset({Reason.OFF}), _off),
    ("name rules", frozenset({Reason.NAME_RULE}), _name_rules),
    ("allow-only", frozenset({Reason.NOT_ON_LIST}), lambda _: "not in allow-only mode"),
    ("minutes", frozenset({Reason.USED_UP}), _minutes),
    ("categories and services", frozenset({Reason.CATEGORY}), _categories),
    ("safe search", frozenset({Reason.SAFE_SEARCH}), _safe_search),
    ("everything else", frozenset({Reason.DEFAULT}), lambda _: ""),
)
