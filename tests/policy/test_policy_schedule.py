import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.policy.schedule import DAY, FAR_AWAY, WEEK, Hours, Moment, Timeline, timeline

MONDAY = 1783296000  # 2026-07-06 00:00 UTC
EVERY_DAY = tuple(range(7))


def hours(days: tuple[int, ...], start: int, end: int, rule: str = "w", *, off: bool = True, block: int = 0) -> Hours:
    return Hours(days, start, end, off=off, block=block, allow=0, excepted=(), rule=rule)


@pytest.mark.parametrize(
    ("epoch", "offset", "minute"),
    [
        (MONDAY, 0, 0),
        (MONDAY + 59, 0, 0),
        (MONDAY + 60, 0, 1),
        (MONDAY - 1, 0, WEEK - 1),
        (MONDAY, 7200, 120),
        (MONDAY, -3600, WEEK - 60),
        (MONDAY, 20700, 345),
        (0, 0, 3 * DAY),
        (-1, 0, 3 * DAY - 1),
    ],
)
def test_minute_of_the_week(epoch: int, offset: int, minute: int) -> None:
    assert Moment(epoch, offset, FAR_AWAY).minute == minute


@pytest.mark.parametrize(
    ("now", "minute", "then"),
    [
        (MONDAY, 1, MONDAY + 60),
        (MONDAY + 59, 1, MONDAY + 60),
        (MONDAY + 60, 1, MONDAY + 60 + WEEK * 60),
        (MONDAY + 61, 1, MONDAY + 60 + WEEK * 60),
        (MONDAY - 1, 0, MONDAY),
    ],
)
def test_at_minute(now: int, minute: int, then: int) -> None:
    assert Moment(now, 0, FAR_AWAY).at_minute(minute) == then
    assert Moment(now, 0, now + 1).at_minute(minute) == now + 1
    assert Moment(now - 3600, 3600, FAR_AWAY).at_minute(minute) == then - 3600


@pytest.mark.parametrize(
    ("now", "offset", "then"),
    [
        (MONDAY, 0, MONDAY + 86400),
        (MONDAY - 1, 0, MONDAY),
        (MONDAY, 7200, MONDAY + 79200),
        (MONDAY, -7200, MONDAY + 7200),
    ],
)
def test_midnight(now: int, offset: int, then: int) -> None:
    assert Moment(now, offset, FAR_AWAY).midnight() == then
    assert Moment(now, offset, now + 1).midnight() == now + 1


@pytest.mark.parametrize(
    ("windows", "off"),
    [
        ((), []),
        ((hours((0,), 60, 120),), [(60, 120)]),
        ((hours((0,), 1380, 60),), [(1380, 1500)]),
        ((hours((6,), 1380, 60),), [(0, 60), (WEEK - 60, WEEK)]),
        ((hours((6,), 1380, 0),), [(WEEK - 60, WEEK)]),
        ((hours((0,), 60, 60),), [(60, 1500)]),
        ((hours((6,), 0, 0),), [(WEEK - DAY, WEEK)]),
        ((hours(EVERY_DAY, 0, 0),), [(0, WEEK)]),
        ((hours((0,), 60, 120), hours((0,), 90, 180), hours((0,), 200, 210)), [(60, 180), (200, 210)]),
        ((hours((0, 2), 60, 61),), [(60, 61), (2940, 2941)]),
    ],
)
def test_off(windows: tuple[Hours, ...], off: list[tuple[int, int]]) -> None:
    line = timeline(windows)
    expected = {minute for start, end in off for minute in range(start, end)}
    assert {minute for minute in range(WEEK) if line.at(minute).off} == expected


@pytest.mark.parametrize(
    ("minute", "off_end", "next_edge"),
    [
        (0, 60, 60),  # Sunday's night goes on into Monday
        (59, 60, 60),
        (60, None, 600),
        (600, None, 720),
        (720, None, WEEK - 120),
        (WEEK - 120, 60, WEEK - 60),  # two windows, one off time
        (WEEK - 60, 60, 60),
    ],
)
def test_ends(minute: int, off_end: int | None, next_edge: int) -> None:
    evening, night = hours((6,), 1320, 1380, "evening"), hours((6,), 1380, 60, "night")
    lesson = hours((0,), 600, 720, "lesson", off=False, block=1)
    span = timeline([night, lesson, evening]).at(minute)
    assert (span.off_end, span.next_edge) == (off_end, next_edge)


def test_nothing_ends_without_windows() -> None:
    assert timeline([]) == Timeline()
    assert Timeline().at(5000).next_edge is None


def test_an_edge_that_changes_nothing_is_none() -> None:
    line = timeline([hours(EVERY_DAY, 0, 720), hours(EVERY_DAY, 720, 0)])
    assert line.edges == (0,)
    assert (line.at(3).off_end, line.at(3).next_edge) == (None, None)


@given(
    st.lists(
        st.builds(
            hours,
            st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
            st.integers(0, 1439),
            st.integers(0, 1439),
            st.sampled_from(["a", "b"]),
            off=st.booleans(),
            block=st.integers(0, 3),
        ),
        max_size=4,
    ),
    st.integers(0, WEEK - 1),
)
def test_what_holds_now_holds_until_the_next_edge(windows: list[Hours], minute: int) -> None:
    line = timeline(windows)
    span = line.at(minute)
    wait = WEEK if span.next_edge is None else (span.next_edge - minute) % WEEK or WEEK
    assert all(line.at((minute + later) % WEEK) == span for later in range(min(wait, 50)))
    assert line.at((minute + wait - 1) % WEEK) == span
    assert span.next_edge is None or line.at(span.next_edge) != span
    off_wait = WEEK if span.off_end is None else (span.off_end - minute) % WEEK or WEEK
    assert not span.off or all(line.at((minute + later) % WEEK).off for later in range(0, off_wait, 7))
    assert span.off_end is None or not line.at(span.off_end).off
