"""The person that a page is about."""

from flask import abort

from filterdns.admin import house
from filterdns.admin.language import gettext as _
from filterdns.policy.rules import GUESTS, Person
from filterdns.policy.view import View


def found(key: int) -> Person:
    """Whoever has this id; else the page is not there. Raises StoreError."""
    person = next((one for one in house.household().people if one.id == key), None)
    if person is None:
        abort(404)
    return person


def view(key: int) -> View:
    """The compiled rules of whoever has this id, the guests' for anybody unknown. Raises StoreError and RuleError."""
    policy = house.policy()
    return next((one for one in policy.views if one.person_id == key), policy.guests)


def called(name: str | None) -> str:
    """A person's name as it is shown; nobody's devices are the guests'."""
    return _("Guests") if name in (None, GUESTS) else str(name)


def title(person: Person, *words: str) -> str:
    """What a change is called: "Lea: games blocked, video allowed"."""
    return f"{called(person.name)}: {', '.join(words)}"
