"""Windows as bars and words."""

import pytest
from flask import Flask

from filterdns.admin import week
from filterdns.policy.rules import Window


def window(days: tuple[int, ...], start: int, end: int, **what: object) -> Window:
    return Window("W", days, start, end, **(what or {"internet_off": True}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "bars"),
    [
        (window((0,), 600, 660), [(0, 600, 660, "off")]),
        (window((6,), 1200, 420), [(0, 0, 420, "off"), (6, 1200, 1440, "off")]),
        (window((2,), 1200, 0), [(2, 1200, 1440, "off")]),
        (window((3,), 0, 0), [(3, 0, 1440, "off")]),
        (window((3,), 60, 60), [(3, 60, 1440, "off"), (4, 0, 60, "off")]),
        (window((1, 2), 0, 60, block=frozenset({"games"})), [(1, 0, 60, "block"), (2, 0, 60, "block")]),
        (window((1,), 0, 60, allow=frozenset({"games"})), [(1, 0, 60, "allow")]),
    ],
)
def test_bars(made: Window, bars: list[tuple[int, int, int, str]]) -> None:
    assert [tuple(bar)[:4] for bar in week.bars([made])] == bars


def test_off_lies_on_top() -> None:
    made = [window((0,), 600, 660), window((1,), 0, 60, block=frozenset({"games"}))]
    assert [bar.kind for bar in week.bars(made)] == ["block", "off"]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ((0, 1, 2, 3, 4, 5, 6), "every day"),
        ((0, 1, 2, 3, 6), "Mon to Thu, Sun"),
        ((4, 5), "Fri, Sat"),
        ((5, 0), "Mon, Sat"),
        ((3,), "Thu"),
    ],
)
def test_days_in_words(app: Flask, days: tuple[int, ...], words: str) -> None:
    with app.test_request_context("/"):
        app.preprocess_request()
        assert week.days_in_words(days) == words
        assert week.hours_in_words(window(days, 480, 5)) == f"{words}, 8:00\u202fAM to 12:05\u202fAM"
        assert week.hours_in_words(window(days, 480, 480)) == f"{words}, 8:00\u202fAM, for 24 hours"
