"""What would change, in words: a sentence for each thing, nothing for what stays."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from filterdns.admin.differences import differences
from filterdns.policy import presets
from filterdns.policy.rules import Grant, NameRule, Pause, Person, RuleAction, Window, YouTube

LEA = presets.apply(Person("Lea", 9))
NIGHT = LEA.windows[0]
READING = Window("Reading", (2,), 900, 960, block=frozenset({"video"}))


@pytest.fixture(autouse=True)
def asked(app: Flask) -> Iterator[None]:
    """A request, whose language is English."""
    with app.test_request_context("/"):
        app.preprocess_request()
        yield


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (LEA, []),
        (
            replace(LEA, name="Eva", age=10, rules=(NameRule("example.org", RuleAction.ALLOW),), pauses=(Pause(None),),
                    grants=(Grant("time", 5),)),
            [],
        ),
        (
            replace(LEA, block=LEA.block | {"video", "service:youtube"}),
            ["Blocked from now on: Films and videos, YouTube"],
        ),
        (replace(LEA, block=LEA.block - {"games"}), ["Not blocked any more: Online games"]),
        (replace(LEA, allow_only=True), ["Only sites that you allow can be opened"]),
        (replace(LEA, safe_search=False), ["Safe search is switched off"]),
        (replace(LEA, youtube=YouTube.OFF), ["YouTube's restricted mode: off"]),
        (replace(LEA, minutes=(("games", 30),)), ["Online games: 30 minutes a day"]),
        (
            replace(LEA, windows=(replace(NIGHT, start=1260), *LEA.windows[1:])),
            ["Bedtime: Mon to Thu, Sun, 9:00\u202fPM to 7:00\u202fAM, and no longer 8:00\u202fPM to 7:00\u202fAM"],
        ),
        (
            replace(LEA, windows=(replace(NIGHT, days=(0,)), *LEA.windows[1:])),
            ["Bedtime: Mon, 8:00\u202fPM to 7:00\u202fAM, and no longer Mon to Thu, Sun"],
        ),
        (
            replace(LEA, windows=(NIGHT,)),
            ["Hours that go: Weekend bedtime (Fri, Sat, 8:30\u202fPM to 7:00\u202fAM: no internet)"],
        ),
        (
            replace(LEA, windows=(*LEA.windows, READING)),
            ["New hours: Reading (Wed, 3:00\u202fPM to 4:00\u202fPM: Films and videos blocked)"],
        ),
    ],
)  # fmt: skip
def test_differences(after: Person, said: list[str]) -> None:
    assert differences(LEA, after) == said


def test_back_again() -> None:
    more = replace(LEA, allow_only=True, minutes=(("games", 30),))
    assert differences(more, LEA) == [
        "Everything that is not blocked can be opened, not only sites that you allow",
        "Online games: no limit of minutes any more",
    ]


@pytest.mark.parametrize("old", [None, 5, 9, 12, 15, 17])
@pytest.mark.parametrize("new", [None, 5, 9, 12, 15, 17])
def test_every_step_from_age_to_age_is_told(old: int | None, new: int | None) -> None:
    before, after = presets.apply(Person("Lea", old)), presets.apply(Person("Lea", new))
    said = differences(before, after)
    assert bool(said) is (presets.preset(old) != presets.preset(new))
    assert len(said) == len(set(said))
