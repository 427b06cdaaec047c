import pytest

from filterdns.policy.presets import GROWN, GUEST, apply, preset
from filterdns.policy.rules import GUESTS, Person, YouTube

RISKS = {"adult", "dating", "live", "gambling", "bypass", "malware", "phishing"}


@pytest.mark.parametrize(
    ("ages", "school", "weekend", "youtube", "blocked", "open_", "minutes"),
    [
        (range(7), "19:30", "20:00", YouTube.STRICT, "games social chat messengers", "video", {}),
        (range(7, 10), "20:00", "20:30", YouTube.STRICT, "games social chat messengers", "video", {}),
        (range(10, 13), "20:30", "21:30", YouTube.STRICT, "social chat messengers", "games", {"games": 60}),
        (range(13, 16), "21:30", "22:30", YouTube.MODERATE, "chat", "messengers", {"games": 90, "social": 60}),
        (range(16, 18), "23:00", None, YouTube.MODERATE, "", "games social messengers chat", {}),
    ],
)
def test_children(  # noqa: PLR0917 - the columns of the table
    ages: range, school: str, weekend: str | None, youtube: YouTube, blocked: str, open_: str, minutes: dict[str, int]
) -> None:
    for age in ages:
        found = preset(age)
        assert found.block >= RISKS | set(blocked.split())
        assert not found.block & set(open_.split())
        assert found.safe_search
        assert found.youtube is youtube
        assert found.allow_only is (age < 7)
        assert dict(found.minutes) == minutes
        nights = {window.name: window for window in found.windows}
        assert _clock(nights["Bedtime"].start) == school
        assert nights["Bedtime"].days == (0, 1, 2, 3, 6)
        assert (_clock(nights["Weekend bedtime"].start) if weekend else None) == weekend
        assert len(nights) == (2 if weekend else 1)
        assert all(_clock(window.end) == "07:00" and window.internet_off for window in found.windows)


@pytest.mark.parametrize("age", [None, 18, 99])
def test_grown_ups_have_security_only(age: int | None) -> None:
    assert preset(age) == GROWN
    assert apply(Person("Ann", age)) == Person("Ann", age, block=frozenset({"malware", "phishing"}))


def test_guests_have_their_own() -> None:
    guests = apply(Person(GUESTS))
    assert guests.block == GUEST.block == {"malware", "phishing", "adult", "bypass", "gambling", "dating"}
    assert guests.safe_search
    assert not guests.windows


def test_younger_is_never_freer() -> None:
    for age in range(18):
        assert preset(age).block >= preset(age + 1).block


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"
