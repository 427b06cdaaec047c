"""What is right for an age before anybody sets anything: data."""

from dataclasses import dataclass, replace

from filterdns.policy.category import SECURITY
from filterdns.policy.rules import GUESTS, Person, Window, YouTube

_SCHOOL_NIGHTS = (0, 1, 2, 3, 6)  # by the day on which the night begins
_WEEKEND_NIGHTS = (4, 5)
_MORNING = 7 * 60


@dataclass(frozen=True, slots=True)
class Preset:
    """Everything of a person that an age decides; what is for asking is blocked, because a child can ask."""

    block: frozenset[str] = SECURITY
    allow_only: bool = False
    safe_search: bool = False
    youtube: YouTube = YouTube.OFF
    windows: tuple[Window, ...] = ()
    minutes: tuple[tuple[str, int], ...] = ()


def _nights(school: tuple[int, int], weekend: tuple[int, int] | None = None) -> tuple[Window, ...]:
    found = [Window("Bedtime", _SCHOOL_NIGHTS, school[0] * 60 + school[1], _MORNING, internet_off=True)]
    if weekend:
        start = weekend[0] * 60 + weekend[1]
        found.append(Window("Weekend bedtime", _WEEKEND_NIGHTS, start, _MORNING, internet_off=True))
    return tuple(found)


_NEARLY_GROWN = SECURITY | {"adult", "dating", "live", "gambling", "bypass"}
_TEEN = _NEARLY_GROWN | {"chat", "p2p", "piracy", "drugs", "violence", "selfharm", "hate"}
_CHILD = _TEEN | {"messengers", "social", "ai"}

GUEST = Preset(block=SECURITY | {"adult", "bypass", "gambling", "dating"}, safe_search=True)

GROWN = Preset()

_BY_AGE = (  # (up to and with this age, preset)
    (6, Preset(_CHILD | {"games"}, allow_only=True, safe_search=True, youtube=YouTube.STRICT,
               windows=_nights((19, 30), (20, 0)))),
    (9, Preset(_CHILD | {"games"}, safe_search=True, youtube=YouTube.STRICT, windows=_nights((20, 0), (20, 30)))),
    (12, Preset(_CHILD, safe_search=True, youtube=YouTube.STRICT, windows=_nights((20, 30), (21, 30)),
                minutes=(("games", 60),))),
    (15, Preset(_TEEN, safe_search=True, youtube=YouTube.MODERATE, windows=_nights((21, 30), (22, 30)),
                minutes=(("games", 90), ("social", 60)))),
    (17, Preset(_NEARLY_GROWN, safe_search=True, youtube=YouTube.MODERATE, windows=_nights((23, 0)))),
)  # fmt: skip


def preset(age: int | None) -> Preset:
    """The preset of an age in years; without an age, a grown-up's."""
    if age is None:
        return GROWN
    return next((found for oldest, found in _BY_AGE if age <= oldest), GROWN)


def apply(person: Person) -> Person:
    """A person of whom only name and age are known, with everything else of the preset; Guests have their own."""
    found = GUEST if person.name == GUESTS else preset(person.age)
    return replace(
        person,
        block=found.block,
        allow_only=found.allow_only,
        safe_search=found.safe_search,
        youtube=found.youtube,
        windows=found.windows,
        minutes=found.minutes,
    )
