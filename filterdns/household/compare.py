"""What putting one household in the place of another would change: pure, for a look before it is done."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from filterdns.policy.rules import Device, Household, Person

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that would be different."""

    kind: str  # "new", "gone" or "other"
    what: str  # "person", "device", "rule", "pause", "list" or "setting"
    name: str


def compare(before: Household, after: Household) -> list[Change]:
    """Every difference, people first."""
    settings = [
        Change("other", "setting", name)
        for name in ("name", "timezone", "country", "language", "blocked_answer", "history_days")
        if getattr(before, name) != getattr(after, name)
    ]
    return [
        *_named("person", before.people, after.people, lambda one: one.name, _plain_person),
        *_named("device", before.devices, after.devices, lambda one: one.name, _plain_device),
        *_named("rule", before.rules, after.rules, lambda one: one.name, lambda one: one.action),
        *([Change("other", "pause", "")] if _untils(before) != _untils(after) else []),
        *([Change("other", "list", "")] if before.lists != after.lists else []),
        *settings,
    ]


def _named(
    what: str, before: Iterable[T], after: Iterable[T], name: Callable[[T], str], content: Callable[[T], object]
) -> list[Change]:
    old, new = ({name(one).casefold(): one for one in some} for some in (before, after))
    return [
        *(Change("new", what, name(one)) for key, one in new.items() if key not in old),
        *(
            Change("other", what, name(one))
            for key, one in new.items()
            if key in old and content(old[key]) != content(one)
        ),
        *(Change("gone", what, name(one)) for key, one in old.items() if key not in new),
    ]


def _plain_person(person: Person) -> Person:
    """Without the numbers that rules.db gives."""
    return replace(
        person,
        id=0,
        windows=tuple(replace(one, id=0) for one in person.windows),
        rules=tuple(replace(one, id=0) for one in person.rules),
        pauses=tuple(replace(one, id=0) for one in person.pauses),
        grants=tuple(replace(one, id=0) for one in person.grants),
    )


def _plain_device(device: Device) -> Device:
    return replace(device, id=0)


def _untils(household: Household) -> list[int | None]:
    return [pause.until for pause in household.pauses]
