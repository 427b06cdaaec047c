"""What a program may ask for: one operation, what it is called with, and what its handlers share."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from filterdns.admin import gate, house
from filterdns.admin.api.shape import Shape, number, record, switch
from filterdns.household import changes
from filterdns.household.changes import PublishError
from filterdns.policy.rules import Household, Person

NOTHING = record()
CHANGED = record(
    {
        "revision": number("The rules' number after this change."),
        "published": switch("False: kept, but not given to the workers yet; that is made up for."),
    }
)


class ProblemError(Exception):
    """What keeps an operation from being done, as a problem document (RFC 9457)."""

    def __init__(self, status: int, detail: str = "", errors: list[dict[str, str]] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = errors or []


@dataclass(frozen=True, slots=True)
class Call:
    """One call: numbers from its path, its body, its query; checked."""

    keys: Mapping[str, int]
    body: Mapping[str, Any]
    query: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that a program may ask for."""

    method: str
    path: str  # below /api/v1, with {numbers}
    id: str
    role: str
    about: str
    act: Callable[[Call], Any]
    answer: Shape
    body: Shape | None = None
    query: Mapping[str, Shape] = field(default_factory=dict)
    status: int = 200

    @property
    def keys(self) -> list[str]:
        """The numbers in its path."""
        return re.findall(r"{(\w+)}", self.path)


def change(title: str, edit: Callable[[Household], Household]) -> dict[str, object]:
    """A change of the rules, put in force -> CHANGED. Raises RuleError and StoreError."""
    try:
        revision = changes.edit(house.state(), who(), title, edit)
    except PublishError as error:
        return {"revision": error.revision, "published": False}
    finally:
        house.forget()
    return {"revision": revision, "published": True}


def who() -> str:
    """Who made a change, in the history: a parent, through a program."""
    return f"{gate.parent().name} ({gate.program()})"


def person(call: Call) -> Person:
    """The person whose number is in the path."""
    found = next((one for one in house.household().people if one.id == call.keys["person"]), None)
    if found is None:
        raise ProblemError(404, "There is no person of that number.")
    return found
