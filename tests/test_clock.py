from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filterdns.clock import LONG_AGO, Zone, is_plausible
from filterdns.policy.schedule import FAR_AWAY, Moment

SPRING = int(datetime(2026, 3, 29, 1, tzinfo=UTC).timestamp())
AUTUMN = int(datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("epoch", "offset", "steady_until"),
    [
        (SPRING - 1, 3600, SPRING),
        (SPRING, 7200, AUTUMN),
        (SPRING + 0.9, 7200, AUTUMN),
        (AUTUMN - 0.1, 7200, AUTUMN),
        (AUTUMN, 3600, int(datetime(2027, 3, 28, 1, tzinfo=UTC).timestamp())),
    ],
)
def test_moment(epoch: float, offset: int, steady_until: int) -> None:
    assert Zone("Europe/Berlin").moment(epoch) == Moment(int(epoch), offset, steady_until)


def test_a_zone_that_never_changes() -> None:
    assert Zone("Asia/Kathmandu").moment(LONG_AGO) == Moment(LONG_AGO, 20700, FAR_AWAY)


def test_before_1970() -> None:
    assert Zone("UTC").moment(-0.5).epoch == -1


@given(
    st.sampled_from(["Europe/Berlin", "Africa/Casablanca", "Australia/Lord_Howe", "America/St_Johns", "UTC"]),
    st.lists(st.integers(0, 1 << 32), min_size=1, max_size=8),
)
@example("Africa/Casablanca", [37_584_001, 72_144_000])  # no change for 1200 days: far away for the first, seen later
def test_a_clock_that_jumps(name: str, epochs: list[int]) -> None:
    zone, info = Zone(name), ZoneInfo(name)

    def offset(epoch: int) -> float:
        return datetime.fromtimestamp(epoch, info).utcoffset().total_seconds()  # type: ignore[union-attr]

    for epoch in epochs:
        moment = zone.moment(epoch)
        assert moment.offset == offset(epoch)
        anew = Zone(name).moment(epoch)
        is_far = moment.steady_until == FAR_AWAY and anew.steady_until > epoch + 400 * 86_400
        assert moment == anew or is_far
        if moment.steady_until != FAR_AWAY:
            assert offset(moment.steady_until - 1) == moment.offset != offset(moment.steady_until)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "Europe", "../etc/passwd", "/etc/passwd", "Europe/Berlin\0", "a" * 300]
)
def test_no_such_zone(name: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone"):
        Zone(name)


@pytest.mark.parametrize(("epoch", "plausible"), [(0, False), (LONG_AGO - 1, False), (LONG_AGO, True), (1 << 33, True)])
def test_is_plausible(epoch: float, *, plausible: bool) -> None:
    assert is_plausible(epoch) is plausible
