"""What a parent says about lists: exactly what was switched on is downloaded, whatever is default."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.blocklists import catalogue
from filterdns.household import list_edits
from filterdns.policy.rules import Household, ListSize, OwnList, RuleError

ADULT = sorted(entry.id for entry in catalogue.entries().values() if entry.category == "adult")


@given(
    first=st.sets(st.sampled_from(ADULT)),
    wanted=st.sets(st.sampled_from(ADULT)),
    size=st.sampled_from(ListSize),
    memory=st.sampled_from([1 << 29, 2 << 30, 8 << 30]),
)
def test_what_is_chosen_is_what_comes(first: set[str], wanted: set[str], size: ListSize, memory: int) -> None:
    before = list_edits.set_size(Household(), size)
    others = {entry.id for entry in catalogue.chosen(before.lists, memory)} - set(ADULT)
    chosen = list_edits.choose(before, "adult", first, memory)
    chosen = list_edits.choose(chosen, "adult", wanted, memory)
    assert {entry.id for entry in catalogue.chosen(chosen.lists, memory)} == wanted | others


def test_a_list_of_another_category_is_refused() -> None:
    with pytest.raises(RuleError, match='no list "sw-dating" for adult'):
        list_edits.choose(Household(), "adult", ["sw-dating"], 1 << 30)


def test_own_lists_come_and_go() -> None:
    own = OwnList("Ours", "https://lists.example/", "games")
    home = list_edits.add_own(Household(), own)
    with pytest.raises(RuleError, match="twice"):
        list_edits.add_own(home, own)
    assert list_edits.remove_own(home, "ours") == Household()
    with pytest.raises(RuleError, match="no longer there"):
        list_edits.remove_own(home, "theirs")
