"""A clock that cannot be right: what may still be asked."""

import pytest

from filterdns.clock import Zone
from filterdns.dname import from_text
from filterdns.policy.category import BITS
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.decide import Action, Reason, decide
from filterdns.policy.rules import Grant, Household, Pause, Person, Window
from filterdns.policy.unknown_time import for_unknown_time

NOTHING = Knowledge({}, {}, frozenset(), b"\0", b"\0")
EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
CHILD = Person(
    "Child",
    block=frozenset({"adult"}),
    windows=(
        Window("Bedtime", EVERY_DAY, 20 * 60, 7 * 60, internet_off=True),
        Window("Homework", EVERY_DAY, 15 * 60, 17 * 60, block=frozenset({"games"})),
        Window("Film night", EVERY_DAY, 18 * 60, 20 * 60, allow=frozenset({"adult"})),
    ),
    grants=(Grant("time", 2_000_000_000), Grant("adult", 2_000_000_000)),
)
HOUSE = Household(people=(CHILD, Person("Paused", pauses=(Pause(2_000_000_000),))))


@pytest.mark.parametrize("epoch", [0, 12 * 3600, 16 * 3600, 19 * 3600, 22 * 3600])
@pytest.mark.parametrize(
    ("person", "category", "action", "reason"),
    [
        (1, None, Action.PASS, Reason.DEFAULT),
        (1, "adult", Action.BLOCK, Reason.CATEGORY),
        (1, "games", Action.BLOCK, Reason.CATEGORY),
        (1, "malware", Action.BLOCK, Reason.CATEGORY),
        (1, "helplines", Action.PASS, Reason.HELPLINE),
        (2, None, Action.BLOCK, Reason.PAUSED),
        (2, "helplines", Action.PASS, Reason.HELPLINE),
    ],
)
def test_without_the_time(epoch: int, person: int, category: str | None, action: Action, reason: Reason) -> None:
    view = for_unknown_time(compile_policy(HOUSE, NOTHING, 1)).views[person]
    tags = BITS[category] if category else 0
    decision = decide(view, from_text("example.org"), tags, Zone("UTC").moment(epoch))
    assert (decision.action, decision.reason) == (action, reason)
