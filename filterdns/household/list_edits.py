"""What a parent says about lists, one function each: a household in, the changed household out. Pure.

Sizes and ids are those of the catalogue; `memory` is that of the machine, in octets, which decides what is default.
"""

from collections.abc import Collection
from dataclasses import replace

from filterdns.blocklists import catalogue
from filterdns.policy.rules import Household, Lists, ListSize, OwnList, RuleError


def set_size(household: Household, size: ListSize) -> Household:
    """How much of the catalogue is downloaded by default."""
    return _with(household, replace(household.lists, size=size))


def choose(household: Household, category: str, wanted: Collection[str], memory: int) -> Household:
    """Exactly these lists of a category of the catalogue. Raises RuleError."""
    known = {entry.id for entry in catalogue.entries().values() if entry.category == category}
    for name in sorted(set(wanted) - known):
        raise RuleError(f'there is no list "{name}" for {category}')
    lists = household.lists
    size = catalogue.size_for(memory) if lists.size is ListSize.AUTO else lists.size
    default = set(catalogue.defaults(category, size))
    without = (lists.without - known) | (default - set(wanted))
    beside = (lists.beside - known) | (set(wanted) - default)
    return _with(household, replace(lists, without=without, beside=beside))


def add_own(household: Household, own: OwnList) -> Household:
    """One more list from an address. Raises RuleError."""
    return _with(household, replace(household.lists, own=(*household.lists.own, own)))


def remove_own(household: Household, name: str) -> Household:
    """One less. Raises RuleError."""
    left = tuple(own for own in household.lists.own if own.name.casefold() != name.casefold())
    if len(left) == len(household.lists.own):
        raise RuleError("that list is no longer there")
    return _with(household, replace(household.lists, own=left))


def _with(household: Household, lists: Lists) -> Household:
    return replace(household, lists=lists)
