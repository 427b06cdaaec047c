"""What a restore would change is told before it is done, and nothing else is."""

from dataclasses import replace

import pytest

from filterdns.household.compare import Change, compare
from filterdns.policy.rules import BlockedAnswer, Device, Household, NameRule, Pause, Person, RuleAction, Window

BEDTIME = Window("Bedtime", (0, 1), 1200, 420, internet_off=True, id=7)
LEA = Person("Lea", 9, windows=(BEDTIME,), id=3)
TABLET = Device("Tablet", "Lea", mac="aa:bb:cc:dd:ee:01", id=5)
HOUSE = Household(
    people=(LEA, Person("Guests", id=1)), devices=(TABLET,), rules=(NameRule("a.example", RuleAction.BLOCK),)
)


@pytest.mark.parametrize(
    ("after", "found"),
    [
        (HOUSE, []),
        (replace(HOUSE, people=(replace(LEA, id=0, windows=(replace(BEDTIME, id=0),)), Person("Guests"))), []),
        (replace(HOUSE, people=(replace(LEA, age=10), Person("Guests"))), [Change("other", "person", "Lea")]),
        (
            replace(HOUSE, people=(Person("Sam"), LEA, Person("Guests")), devices=()),
            [Change("new", "person", "Sam"), Change("gone", "device", "Tablet")],
        ),
        (replace(HOUSE, devices=(replace(TABLET, person=None),)), [Change("other", "device", "Tablet")]),
        (replace(HOUSE, rules=(NameRule("a.example", RuleAction.ALLOW),)), [Change("other", "rule", "a.example")]),
        (replace(HOUSE, rules=()), [Change("gone", "rule", "a.example")]),
        (replace(HOUSE, pauses=(Pause(None),)), [Change("other", "pause", "")]),
        (replace(HOUSE, timezone="Europe/Vienna"), [Change("other", "setting", "timezone")]),
        (replace(HOUSE, history_days=0), [Change("other", "setting", "history_days")]),
        (replace(HOUSE, blocked_answer=BlockedAnswer.PAGE), [Change("other", "setting", "blocked_answer")]),
    ],
)
def test_what_is_different(after: Household, found: list[Change]) -> None:
    assert compare(HOUSE, after) == found
