"""What is kept of whom: a table, and that nobody's detail grows with age."""

import pytest

from filterdns.household.detail import Detail, Kept, category_of, detail_for, keep
from filterdns.policy.category import BITS
from filterdns.policy.compile import service_bit
from filterdns.policy.rules import GUESTS, OLDEST

NAME = "pictures.chat.example.co.uk"
SITE = "example.co.uk"


@pytest.mark.parametrize(
    ("person", "age", "category", "is_blocked", "kept"),
    [
        ("Lea", 0, "", False, Kept(NAME, in_hours=True)),
        ("Lea", 9, "games", False, Kept(NAME, in_hours=True)),
        ("Lea", 9, "games", True, Kept(NAME, in_hours=True)),
        ("Kim", 10, "games", False, Kept(SITE, in_hours=True)),
        ("Kim", 12, "adult", True, Kept(SITE, in_hours=True)),
        ("Sam", 13, "games", False, Kept("", in_hours=True)),
        ("Sam", 15, "adult", True, Kept("", in_hours=True)),
        ("Sam", 15, "", False, Kept("", in_hours=True)),
        ("Max", 16, "adult", True, Kept("", in_hours=False)),
        ("Max", 17, "malware", True, Kept("", in_hours=False)),
        ("Max", 17, "illegal", True, Kept("", in_hours=False)),
        ("Max", 17, "adult", False, None),
        ("Max", 17, "games", True, None),
        ("Max", 17, "tracking", True, None),
        ("Max", 16, "", True, None),
        ("Eva", 18, "adult", True, None),
        ("Eva", 99, "", False, None),
        ("Eva", None, "adult", True, None),
        (GUESTS, None, "", False, Kept(NAME, in_hours=True)),
        (GUESTS, None, "adult", True, Kept(NAME, in_hours=True)),
    ],
)
def test_what_is_kept(person: str, age: int | None, category: str, is_blocked: bool, kept: Kept | None) -> None:  # noqa: FBT001
    assert keep(detail_for(person, age), NAME, category, lambda _: SITE, is_blocked=is_blocked) == kept


@pytest.mark.parametrize("detail", list(Detail))
def test_a_name_that_must_not_be_stored_stays_away_from_everything(detail: Detail) -> None:
    def no_site(name: str) -> str:
        raise AssertionError(name)

    kept = keep(detail, "", "illegal", no_site, is_blocked=True)
    assert kept is None or kept.name == ""


def test_detail_never_grows_with_age() -> None:
    found = [detail_for("Lea", age) for age in range(OLDEST + 1)]
    assert found == sorted(found, reverse=True)
    assert set(found) == set(Detail)


@pytest.mark.parametrize(
    ("tags", "rule", "category"),
    [
        (0, "", ""),
        (0, "rule:7", ""),
        (BITS["games"], "", "games"),
        (BITS["games"] | service_bit(3), "service:roblox", "games"),
        (BITS["ads"] | BITS["adult"], "", "adult"),
        (BITS["ads"] | BITS["adult"], "category:ads", "ads"),
        (BITS["games"], "category:video", "video"),  # the lists have changed since
        (BITS["games"], "category:unheard", "games"),
        (BITS["social"], "window:4", "social"),
        (BITS["illegal"] | BITS["adult"], "", "illegal"),
        (BITS["essential"], "", "essential"),
        (BITS["unsafe_search"], "safe_search", ""),
        (BITS["helplines"], "", ""),
    ],
)
def test_one_category_a_line(tags: int, rule: str, category: str) -> None:
    assert category_of(tags, rule) == category


@pytest.mark.parametrize("category", [name for name in BITS if name not in {"helplines", "unsafe_search"}])
def test_every_category_can_be_counted(category: str) -> None:
    assert category_of(BITS[category], "") == category
