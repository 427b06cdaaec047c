"""Rules as rows of rules.db and back, pure; what is read back passes the rules' own checks again (RuleError)."""

import json
from typing import Any

from filterdns.policy import rules
from filterdns.policy.rules import Device, Grant, Household, Lists, NameRule, OwnList, Pause, Person, Window
from filterdns.policy.view import BlockedAnswer, RuleAction

Row = dict[str, Any]


def household_row(household: Household, revision: int) -> Row:
    """The one row of `household`."""
    return {
        "id": 1,
        "revision": revision,
        "name": household.name,
        "timezone": household.timezone,
        "country": household.country,
        "language": household.language,
        "blocked_answer": str(household.blocked_answer),
        "history_days": household.history_days,
        "list_size": str(household.lists.size),
        "lists_without": json.dumps(sorted(household.lists.without)),
        "lists_beside": json.dumps(sorted(household.lists.beside)),
    }


def own_list_row(own: OwnList) -> Row:
    """A row of `own_lists`."""
    return {"name": own.name, "url": own.url, "category": own.category, "lan": int(own.lan)}


def person_row(person: Person, position: int) -> Row:
    """A row of `people`, without what other tables hold."""
    return {
        "id": person.id,
        "position": position,
        "name": person.name,
        "age": person.age,
        "block": json.dumps(sorted(person.block)),
        "allow": json.dumps(sorted(person.allow)),
        "allow_only": int(person.allow_only),
        "safe_search": int(person.safe_search),
        "youtube": str(person.youtube),
        "minutes": json.dumps(dict(sorted(person.minutes))),
    }


def window_row(window: Window, person: int) -> Row:
    """A row of `windows`; `person` is a person's id."""
    return {
        "id": window.id,
        "person": person,
        "name": window.name,
        "days": json.dumps(sorted(window.days)),
        "start": window.start,
        "end": window.end,
        "internet_off": int(window.internet_off),
        "block": json.dumps(sorted(window.block)),
        "allow": json.dumps(sorted(window.allow)),
    }


def device_row(device: Device, position: int, people: dict[str, int]) -> Row:
    """A row of `devices`; `people` gives the ids of names."""
    return {
        "id": device.id,
        "position": position,
        "name": device.name,
        "person": people[device.person] if device.person is not None else None,
        "mac": device.mac,
        "address": device.address,
    }


def household(row: Row, own_lists: list[Row]) -> Household:
    """The household's own settings; people, devices and rules come from other rows."""
    return Household(
        name=row["name"],
        timezone=row["timezone"],
        country=row["country"],
        language=row["language"],
        blocked_answer=BlockedAnswer(row["blocked_answer"]),
        history_days=row["history_days"],
        lists=Lists(
            rules.ListSize(row["list_size"]),
            frozenset(json.loads(row["lists_without"])),
            frozenset(json.loads(row["lists_beside"])),
            tuple(OwnList(own["name"], own["url"], own["category"], bool(own["lan"])) for own in own_lists),
        ),
    )


def device(row: Row, person: str | None) -> Device:
    """A device, with the name of the person it belongs to."""
    return Device(row["name"], person, row["mac"], row["address"], row["id"])


def person(row: Row) -> Person:
    """A person, without what other tables hold."""
    return Person(
        name=row["name"],
        age=row["age"],
        block=frozenset(json.loads(row["block"])),
        allow=frozenset(json.loads(row["allow"])),
        allow_only=bool(row["allow_only"]),
        safe_search=bool(row["safe_search"]),
        youtube=rules.YouTube(row["youtube"]),
        minutes=tuple(sorted(json.loads(row["minutes"]).items())),
        id=row["id"],
    )


def window(row: Row) -> Window:
    """A window."""
    return Window(
        name=row["name"],
        days=tuple(json.loads(row["days"])),
        start=row["start"],
        end=row["end"],
        internet_off=bool(row["internet_off"]),
        block=frozenset(json.loads(row["block"])),
        allow=frozenset(json.loads(row["allow"])),
        id=row["id"],
    )


def name_rule(row: Row) -> NameRule:
    """A name rule."""
    return NameRule(row["name"], RuleAction(row["action"]), row["id"])


def pause(row: Row) -> Pause:
    """A pause."""
    return Pause(row["until"], row["id"])


def grant(row: Row) -> Grant:
    """A grant."""
    return Grant(row["target"], row["until"], row["id"])
