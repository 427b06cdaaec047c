"""How much of what somebody asks a parent may see: less, the older a child is. Pure; applied when it is written down.

| who                        | what is kept                                                |
|----------------------------|-------------------------------------------------------------|
| 0 to 9 years, Guests       | the names that were asked                                   |
| 10 to 12 years             | the sites they belong to ("example.org", not the name in it) |
| 13 to 15 years             | how often which category, by the hour                       |
| 16 and 17 years            | how often a category of risk was blocked, by the day        |
| adults, or without an age  | nothing                                                     |
"""

from collections.abc import Callable
from enum import IntEnum
from typing import NamedTuple

from filterdns.policy.category import BITS
from filterdns.policy.rules import GUESTS


class Detail(IntEnum):
    """What is kept of a person, from nothing to all."""

    NOTHING = 0
    RISKS = 1
    CATEGORIES = 2
    SITES = 3
    NAMES = 4


class Kept(NamedTuple):
    """What is kept of one line."""

    name: str  # "" if none is
    in_hours: bool  # counted by the hour and device; by the day and person everything kept is


_BY_AGE = ((9, Detail.NAMES), (12, Detail.SITES), (15, Detail.CATEGORIES), (17, Detail.RISKS))  # up to and with the age
_NO_RISK = frozenset({"", "ads", "tracking", "video", "shopping", "games", "social", "messengers", "ai", "essential"})
_ORDER = (  # what a name is counted as, if it is several: what matters most to a parent first
    "illegal", "adult", "malware", "phishing", "gambling", "dating", "chat", "live", "drugs", "selfharm", "violence",
    "hate", "p2p", "piracy", "bypass", "messengers", "social", "games", "video", "ai", "shopping", "tracking", "ads",
    "essential",
)  # fmt: skip


def detail_for(person: str, age: int | None) -> Detail:
    """What is kept of a person of that name and age in years."""
    if person == GUESTS:
        return Detail.NAMES
    if age is None:
        return Detail.NOTHING
    return next((found for oldest, found in _BY_AGE if age <= oldest), Detail.NOTHING)


def category_of(tags: int, rule: str) -> str:
    """The one category that a line is counted as: the one that blocked it, else what the name is; "" for none."""
    kind, _, about = rule.partition(":")
    if kind == "category" and about in BITS:
        return about
    return next((category for category in _ORDER if tags & BITS[category]), "") if tags else ""


def keep(detail: Detail, name: str, category: str, site_of: Callable[[str], str], *, is_blocked: bool) -> Kept | None:
    """What is kept of a line; None: nothing at all. `name` is "" where it must not be stored."""
    if detail is Detail.NAMES:
        return Kept(name, in_hours=True)
    if detail is Detail.SITES:
        return Kept(site_of(name) if name else "", in_hours=True)
    if detail is Detail.CATEGORIES:
        return Kept("", in_hours=True)
    if detail is Detail.RISKS and is_blocked and category not in _NO_RISK:
        return Kept("", in_hours=False)
    return None
