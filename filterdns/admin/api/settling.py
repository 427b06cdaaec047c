"""What programs may set beside daily life: a person's and the household's settings, lists, a day's counts, backups."""

import json
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import yaml

from filterdns.admin import house
from filterdns.admin.api.operation import CHANGED, Call, Operation, ProblemError, change, person
from filterdns.admin.api.shape import Shape, choice, each, number, or_null, record, switch, text
from filterdns.admin.language import gettext as _
from filterdns.admin.person import called, title
from filterdns.blocklists import builtin
from filterdns.household import asked, changes, document, edits, export, history
from filterdns.household.asked import Search, Tally
from filterdns.household.document import DocumentError
from filterdns.policy.rules import LIST_CATEGORIES, OLDEST, Household, Lists, ListSize, OwnList, YouTube
from filterdns.policy.view import BlockedAnswer

_LONGEST_DAY = 1440
_COUNTS = {"open": number(), "blocked": number(), "off": number("At an hour or in a pause without internet.")}
_TALLY = record(_COUNTS)
_HOUSEHOLD = record(
    more={
        "name": text(most=80),
        "timezone": text("As in Europe/Berlin.", most=80),
        "country": text("As in DE.", most=2),
        "language": text("As in en.", most=20),
        "blocked_answer": choice(*BlockedAnswer),
        "history_days": number("For how long what was asked is kept; 0: nothing is.", most=365),
    }
)
_OWN = record(
    {"name": text(most=80), "url": text(most=2000), "category": choice(*sorted(LIST_CATEGORIES))}, {"lan": switch()}
)
_LISTS = record(
    {
        "size": choice(*ListSize),
        "without": each(text("Of the catalogue, not taken though that size brings it.")),
        "with": each(text("Of the catalogue, beside what that size brings.")),
        "own": each(_OWN),
    }
)
_BACKUP: Shape = {"type": "object"}


def _household(_call: Call) -> dict[str, Any]:
    known = house.household()
    return {name: getattr(known, name) for name in _HOUSEHOLD["properties"]}


def _settle_household(call: Call) -> dict[str, object]:
    values = _given(call)
    if "blocked_answer" in values:
        values["blocked_answer"] = BlockedAnswer(values["blocked_answer"])
    return change(_("Settings of the household"), lambda known: replace(known, **values))


def _settle_person(call: Call) -> dict[str, object]:
    """All of it in one change."""
    one, values = person(call), _given(call)
    if "youtube" in values:
        values["youtube"] = YouTube(values["youtube"])
    name, ages, preset = values.pop("name", one.name), values.pop("age", one.age), values.pop("preset", False)

    def edit(known: Household) -> Household:
        if ages != one.age or preset:
            known = edits.set_age(known, one.name, ages, preset=preset)
        known = edits.settle(known, one.name, **values)
        return known if name == one.name else edits.rename(known, one.name, name)

    return change(title(one, _("settings")), edit)


def _set_minutes(call: Call) -> dict[str, object]:
    one, target, some = person(call), call.body["target"], call.body["minutes"]

    def edit(known: Household) -> Household:
        held = dict(edits.person_of(known, one.name).minutes) | {target: some}
        return edits.settle(known, one.name, minutes=tuple(sorted(item for item in held.items() if item[1])))

    return change(title(one, _("minutes a day")), edit)


def _change_device(call: Call) -> dict[str, object]:
    known, values = _device(call.keys["device"]), _given(call)
    said = _("%(device)s belongs to %(person)s", device=values.get("name", known["name"]),
             person=called(values.get("person", known["person"])))  # fmt: skip
    key = call.keys["device"]
    return change(said, partial(edits.change_device, key=key, change=lambda one: replace(one, **values)))


def _merge(call: Call) -> dict[str, object]:
    kept, other = _device(call.keys["device"]), _device(call.body["other"])
    said = _("%(one)s and %(other)s are one device", one=kept["name"], other=other["name"])
    return change(said, partial(edits.merge_devices, kept=kept["id"], other=other["id"]))


def _day(call: Call) -> dict[str, Any]:
    one, zone = person(call), house.household().timezone
    day = asked.day_of(house.now(), zone)
    if "day" in call.query:
        try:
            day = asked.number_of(date.fromisoformat(call.query["day"]))
        except ValueError:
            raise ProblemError(422, "day must be a date such as 2026-12-24.") from None
    house.look()
    with history.reading(house.state()) as db:
        hours = asked.by_hour(db, day, Search(one.id))
        categories = asked.by_category(db, day, Search(one.id))
    return {
        "day": asked.date_of(day).isoformat(),
        "hours": [_tally(tally) for tally in hours],
        "categories": {category: _tally(tally) for category, tally in categories.items()},
    }


def _lists(_call: Call) -> dict[str, Any]:
    known = house.household().lists
    own = [{"name": one.name, "url": one.url, "category": one.category, "lan": one.lan} for one in known.own]
    return {"size": known.size, "without": sorted(known.without), "with": sorted(known.beside), "own": own}


def _set_lists(call: Call) -> dict[str, object]:
    body = call.body
    own = tuple(OwnList(one["name"], one["url"], one["category"], one.get("lan", False)) for one in body["own"])
    wanted = Lists(ListSize(body["size"]), frozenset(body["without"]), frozenset(body["with"]), own)
    return change(_("Other lists"), lambda known: replace(known, lists=wanted))


def _backup(_call: Call) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(export.write(house.household()))
    return found


def _restore(call: Call) -> dict[str, object]:
    try:
        wanted = document.read(json.dumps(call.body).encode(), "body", builtin.knowledge().services)
    except DocumentError as error:
        faults = [{"pointer": "", "detail": line} for line in error.lines[:50]]
        raise ProblemError(422, "This is no household.", faults) from None
    return change(_("Put back a backup"), lambda known: changes.with_known_ids(wanted, known))


def _given(call: Call) -> dict[str, Any]:
    """What of the body is to be changed: something."""
    if not call.body:
        raise ProblemError(422, "Nothing is to be changed.")
    return dict(call.body)


def _device(key: int) -> dict[str, Any]:
    found = next((one for one in house.household().devices if one.id == key), None)
    if found is None:
        raise ProblemError(404, "There is no device of that number.")
    return {"id": found.id, "name": found.name, "person": found.person}


def _tally(tally: Tally) -> dict[str, int]:
    return dict(zip(_COUNTS, tally, strict=True))


_NAME = text(most=80, minLength=1)
OPERATIONS = (
    Operation("GET", "/household", "household", "viewer", "What holds for the whole house.", _household, _HOUSEHOLD),
    Operation("PATCH", "/household", "settleHousehold", "parent", "Change some of it.", _settle_household, CHANGED,
              _HOUSEHOLD),
    Operation("PATCH", "/people/{person}", "settlePerson", "parent", "Change settings of a person in one change; "
              "preset: with another age everything is set anew that it decides.", _settle_person, CHANGED,
              record(more={"name": _NAME, "age": or_null(number(most=OLDEST)), "preset": switch(),
                           "allow_only": switch(), "safe_search": switch(), "youtube": choice(*YouTube)})),
    Operation("PUT", "/people/{person}/minutes", "setMinutes", "parent", "So much of a kind or a service a day; 0: as "
              "much as one likes. Kept, and not counted by this version.", _set_minutes, CHANGED,
              record({"target": text(), "minutes": number(most=_LONGEST_DAY)})),
    Operation("GET", "/people/{person}/day", "day", "parent", "Counts of a day, as far as they are kept.", _day,
              record({"day": text(), "hours": each(_TALLY, 24),
                      "categories": {"type": "object", "additionalProperties": _TALLY}}),
              query={"day": text("As in 2026-12-24; today if it is left out.", most=10)}),
    Operation("PATCH", "/devices/{device}", "changeDevice", "parent", "Another name, or somebody else's.",
              _change_device, CHANGED, record(more={"name": _NAME, "person": or_null(text())})),
    Operation("POST", "/devices/{device}/merge", "mergeDevices", "parent", "Another entry is the same device.", _merge,
              CHANGED, record({"other": number()})),
    Operation("GET", "/lists/wanted", "wantedLists", "viewer", "Which lists are downloaded.", _lists, _LISTS),
    Operation("PUT", "/lists/wanted", "chooseLists", "parent", "Exactly these.", _set_lists, CHANGED, _LISTS),
    Operation("GET", "/backup", "backup", "parent", "The whole household, as in its file.", _backup, _BACKUP),
    Operation("PUT", "/backup", "restore", "parent", "Put it in the place of everything, or nothing.", _restore,
              CHANGED, _BACKUP),
)  # fmt: skip
