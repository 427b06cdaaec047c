"""A family to try pages with, and what its rules say afterwards."""

from pathlib import Path

from filterdns.household import changes, edits
from filterdns.policy.rules import Household, Person

LEA = 2
"""The id of a child of nine; 1 is the guests'."""


def move_in(state: Path) -> None:
    """Lea, nine years old, and Anna, grown up."""

    def edit(household: Household) -> Household:
        return edits.add_person(edits.add_person(household, "Lea", 9), "Anna", None)

    changes.edit(state, "Mum", "The family", edit)


def person(state: Path, name: str = "Lea") -> Person:
    """What holds for somebody now."""
    return edits.person_of(changes.read(state), name)
