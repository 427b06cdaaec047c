"""The state that stands over everything else, through a day with a window of each kind."""

from datetime import UTC, datetime

import pytest

from filterdns.blocklists.builtin import knowledge
from filterdns.policy.compile import compile_policy
from filterdns.policy.rules import EVERY_DAY, Grant, Household, Pause, Person, Window
from filterdns.policy.schedule import Moment
from filterdns.policy.standing import Standing, State, off_edge, standing
from filterdns.policy.view import View

DAY = datetime(2026, 11, 23, tzinfo=UTC)  # a Monday
BEDTIME = Window("Bedtime", EVERY_DAY, 20 * 60, 7 * 60, internet_off=True, id=1)
HOMEWORK = Window("Homework", (0, 1, 2, 3, 4), 15 * 60, 17 * 60, block=frozenset({"games"}), id=2)
FILM = Window("Film night", (4,), 18 * 60, 19 * 60, allow=frozenset({"video"}), id=3)


def view(*, pause: tuple[Pause, ...] = (), grants: tuple[Grant, ...] = (), house: tuple[Pause, ...] = ()) -> View:
    person = Person("Lea", windows=(BEDTIME, HOMEWORK, FILM), pauses=pause, grants=grants, id=5)
    return compile_policy(Household(people=(person,), pauses=house), knowledge(), 1).views[1]


def at(clock: str, days: int = 0) -> int:
    hour, minute = map(int, clock.split(":"))
    return int(DAY.timestamp()) + days * 86400 + hour * 3600 + minute * 60


def moment(clock: str, days: int = 0) -> Moment:
    return Moment(at(clock, days), 0, 1 << 40)


@pytest.mark.parametrize(
    ("clock", "days", "expected"),
    [
        ("12:00", 0, Standing(State.OPEN, None, at("15:00"), "window:2")),
        ("15:00", 0, Standing(State.BLOCKS_MORE, "window:2", at("17:00"), None)),
        ("16:59", 0, Standing(State.BLOCKS_MORE, "window:2", at("17:00"), None)),
        ("17:00", 0, Standing(State.OPEN, None, at("20:00"), "window:1")),
        ("20:00", 0, Standing(State.OFF, "window:1", at("07:00", 1))),
        ("06:59", 1, Standing(State.OFF, "window:1", at("07:00", 1))),
        ("18:30", 4, Standing(State.OPEN, None, at("20:00", 4), "window:1")),  # more is allowed, nothing is blocked
        ("12:00", 5, Standing(State.OPEN, None, at("20:00", 5), "window:1")),  # no homework on a Saturday
    ],
)
def test_windows(clock: str, days: int, expected: Standing) -> None:
    assert standing(view(), moment(clock, days)) == expected


def test_without_windows_nothing_ends() -> None:
    alone = compile_policy(Household(people=(Person("Parent"),)), knowledge(), 1).views[1]
    assert standing(alone, moment("12:00")) == Standing(State.OPEN, None, None)


def test_a_pause_stands_over_everything_until_it_ends() -> None:
    paused = view(pause=(Pause(at("21:00"), id=9),), grants=(Grant("time", at("23:00"), id=4),))
    assert standing(paused, moment("20:30")) == Standing(State.PAUSED, "pause:9", at("21:00"))
    assert standing(paused, moment("21:00")).state is State.LIFTED
    assert standing(view(house=(Pause(None, id=8),)), moment("03:00")) == Standing(State.PAUSED, "pause:8", None)


def test_a_grant_of_time_says_what_comes_after_it() -> None:
    lifted = view(grants=(Grant("time", at("20:30"), id=4),))
    assert standing(lifted, moment("20:10")) == Standing(State.LIFTED, "grant:4", at("20:30"), "window:1")
    assert standing(lifted, moment("20:30")).state is State.OFF
    assert standing(view(grants=(Grant("time", at("17:30"), id=4),)), moment("17:00")).then is None


@pytest.mark.parametrize(
    ("clock", "days", "expected"),
    [
        ("12:00", 0, (at("20:00"), "window:1")),  # homework blocks more, and turns nothing off
        ("20:00", 0, (at("07:00", 1), "window:1")),
        ("06:59", 1, (at("07:00", 1), "window:1")),
        ("07:00", 1, (at("20:00", 1), "window:1")),
    ],
)
def test_when_the_internet_goes_or_comes_back(clock: str, days: int, expected: tuple[int, str]) -> None:
    assert off_edge(view(), moment(clock, days)) == expected


def test_where_nothing_turns_the_internet_off_there_is_no_such_time() -> None:
    alone = compile_policy(Household(people=(Person("Parent"),)), knowledge(), 1).views[1]
    assert off_edge(alone, moment("12:00")) == (None, None)
