"""Why each row of the table passes a name by. 2026-07-08 is a Wednesday; times are those of Berlin."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from filterdns import dname
from filterdns.clock import Zone
from filterdns.policy.category import BITS, service_bit
from filterdns.policy.decide import Reason
from filterdns.policy.explain import LIFTED, explain
from filterdns.policy.rules import EVERY_DAY, Grant, Household, NameRule, Pause, Person, RuleAction, Window
from filterdns.policy.view import View

NOON = int(datetime(2026, 7, 8, 12, tzinfo=ZoneInfo("Europe/Berlin")).timestamp())
HOUR = 3600
MINECRAFT = service_bit(1)


def window(start: int, end: int, **change: Any) -> Window:  # noqa: ANN401
    return Window("Hours", EVERY_DAY, start * 60, end * 60, **change)


def grant(target: str, hours: int) -> Grant:
    return Grant(target, NOON + hours * HOUR)


BLOCKS_GAMES = frozenset({"games"})
VIDEO_OFF = window(11, 13, block=frozenset({"video"}))
TIME = (grant("time", 1),)


@pytest.mark.parametrize(
    ("row", "said", "rules", "tags"),
    [
        (1, "no operator's list holds it", {}, 0),
        (2, "neither a helpline nor essential", {}, BITS["games"]),
        (3, "not paused", {}, 0),
        (3, "the pause is over", {"pauses": (Pause(NOON - 1),)}, 0),
        (4, "nothing is granted", {}, 0),
        (4, "no running grant is about it", {"grants": (grant("games", -1),)}, BITS["games"]),
        (4, "no running grant is about it", {"grants": (grant("games", 1),)}, BITS["adult"]),
        (5, "no window turns the internet off now", {"windows": (window(20, 7, internet_off=True),)}, 0),
        (5, LIFTED, {"windows": (window(11, 13, internet_off=True),), "grants": TIME}, 0),
        (6, "there are no name rules", {}, 0),
        (6, "no name rule encloses it", {"rules": (NameRule("other.example", RuleAction.BLOCK),)}, 0),
        (7, "not in allow-only mode", {}, 0),
        (8, "no minutes are set for it", {"minutes": (("video", 30),)}, BITS["games"]),
        (8, "there are minutes left for it", {"minutes": (("video", 30),)}, BITS["video"]),
        (9, "it belongs to no category and no service", {"block": BLOCKS_GAMES}, 0),
        (9, "nothing that holds it is blocked now", {"block": BLOCKS_GAMES}, BITS["video"]),
        (9, "nothing that holds it is blocked now", {"windows": (window(15, 17, block=BLOCKS_GAMES),)}, BITS["games"]),
        (9, "a window allows it now", {"block": BLOCKS_GAMES, "windows": (window(11, 13, allow=BLOCKS_GAMES),)},
         BITS["games"]),
        (9, "its service is allowed", {"block": BLOCKS_GAMES, "allow": frozenset({"service:minecraft"})},
         BITS["games"] | MINECRAFT),
        (9, LIFTED, {"windows": (VIDEO_OFF,), "grants": TIME}, BITS["video"]),
        (10, "safe search is off", {}, 0),
        (10, "it has no safe form", {"safe_search": True}, 0),
    ],
)  # fmt: skip
def test_why_a_row_passes_a_name_by(
    row: int, said: str, rules: dict[str, Any], tags: int, view_of: Callable[[Person, Household], View]
) -> None:
    view = view_of(Person("Lea", **rules), Household(timezone="Europe/Berlin"))
    steps = explain(view, dname.from_text("www.example.org"), tags, Zone("Europe/Berlin").moment(NOON))
    assert steps[row - 1].passed_by == said
    assert steps[-1].verdict is not None
    assert steps[-1].verdict.reason is Reason.DEFAULT
