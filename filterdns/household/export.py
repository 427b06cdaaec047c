"""Household -> household.yaml: what importing turns into the same household again."""

from datetime import UTC, datetime
from typing import Any

import yaml

from filterdns.policy import presets
from filterdns.policy.category import SECURITY
from filterdns.policy.rules import (
    DAYS,
    Device,
    Grant,
    Household,
    Lists,
    ListSize,
    NameRule,
    OwnList,
    Pause,
    Person,
    Window,
)

_TAG = "tag:yaml.org,2002:"
_HEAD = """\
# The family's rules. Put them back with: filterdns household import FILE
"""


class _Line(dict[str, Any]):
    """A mapping on one line."""


class _Words(list[str]):
    """A list on one line."""


class _Quoted(str):
    """A text that YAML could take for something else."""

    __slots__ = ()


class _Off:
    """The word off, without quotes."""


def write(household: Household) -> str:
    """The text of a file; the same household gives the same text."""
    document: dict[str, Any] = {
        "household": {
            "name": household.name,
            "timezone": household.timezone,
            "country": household.country,
            "language": household.language,
            "blocked_answer": str(household.blocked_answer),
            "history_days": household.history_days,
        },
        "people": [_person(person) for person in household.people],
        "devices": [_device(device) for device in household.devices],
        "rules": [_rule(rule) for rule in household.rules],
        "pauses": [_pause(pause) for pause in household.pauses],
        "lists": _lists(household.lists),
    }
    given = {key: value for key, value in document.items() if value}
    text: str = yaml.dump(given, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=2000)
    return _HEAD + text


def _person(person: Person) -> dict[str, Any]:
    preset = presets.apply(Person(person.name, person.age))
    allow = (preset.block - person.block - SECURITY) | person.allow
    found: dict[str, Any] = {
        "name": person.name,
        "age": person.age,
        "block": _Words(sorted(person.block - SECURITY - (preset.block - allow))),
        "allow": _Words(sorted(allow)),
        "allow_only": person.allow_only,
        "safe_search": person.safe_search,
        "youtube": _Off() if person.youtube == "off" else str(person.youtube),
        "minutes": _Line(person.minutes),
        "windows": [_window(window) for window in person.windows],
        "rules": [_rule(rule) for rule in person.rules],
        "pauses": [_pause(pause) for pause in person.pauses],
        "grants": [_grant(grant) for grant in person.grants],
    }
    always = ("allow_only", "safe_search", "youtube", "minutes", "windows")
    return {key: value for key, value in found.items() if key in always or value or value == 0}


def _window(window: Window) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": window.name,
        "days": _Words(DAYS[day] for day in window.days),
        "from": _clock(window.start),
        "to": _clock(window.end),
    }
    if window.internet_off:
        found["internet"] = _Off()
    if window.block:
        found["block"] = _Words(sorted(window.block))
    if window.allow:
        found["allow"] = _Words(sorted(window.allow))
    return _Line(found)


def _rule(rule: NameRule) -> dict[str, Any]:
    return _Line(name=rule.name, action=str(rule.action))


def _pause(pause: Pause) -> dict[str, Any]:
    return _Line(until="never" if pause.until is None else _moment(pause.until))


def _grant(grant: Grant) -> dict[str, Any]:
    return _Line(target=grant.target, until=_moment(grant.until))


def _device(device: Device) -> dict[str, Any]:
    found = _Line(name=device.name)
    if device.person is not None:
        found["person"] = device.person
    if device.mac is not None:
        found["mac"] = _Quoted(device.mac)
    if device.address is not None:
        found["address"] = _Quoted(device.address)
    return found


def _lists(lists: Lists) -> dict[str, Any]:
    found: dict[str, Any] = {
        "size": "" if lists.size is ListSize.AUTO else str(lists.size),
        "without": _Words(sorted(lists.without)),
        "with": _Words(sorted(lists.beside)),
        "own": [_own_list(own) for own in lists.own],
    }
    return {key: value for key, value in found.items() if value}


def _own_list(own: OwnList) -> dict[str, Any]:
    found = _Line(name=own.name, url=_Quoted(own.url), category=own.category)
    if own.lan:
        found["lan"] = True
    return found


def _clock(minute: int) -> _Quoted:
    return _Quoted(f"{minute // 60:02d}:{minute % 60:02d}")


def _moment(epoch: int) -> _Quoted:
    return _Quoted(datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - an export has none
        return True


_Dumper.add_representer(_Line, lambda dumper, data: dumper.represent_mapping(_TAG + "map", data, flow_style=True))
_Dumper.add_representer(_Words, lambda dumper, data: dumper.represent_sequence(_TAG + "seq", data, flow_style=True))
_Dumper.add_representer(_Quoted, lambda dumper, data: dumper.represent_scalar(_TAG + "str", data, '"'))
_Dumper.add_representer(_Off, lambda dumper, _: dumper.represent_scalar(_TAG + "bool", "off"))
