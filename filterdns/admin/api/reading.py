"""What programs may look at."""

from typing import Any

from filterdns import listing, status, verdict
from filterdns.admin import house
from filterdns.admin.api.operation import Call, Operation, ProblemError, person
from filterdns.admin.api.shape import Shape, choice, each, number, or_null, record, switch, text
from filterdns.clock import Zone
from filterdns.household import asked, history
from filterdns.household.asked import Search
from filterdns.household.batch import Outcome
from filterdns.household.requests import Request, Requests
from filterdns.policy.rules import DAYS, Device, NameRule, Person, Window
from filterdns.policy.standing import State, standing

TIME = text("As in 20:00, in the household's zone.", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
TARGET = text('A kind ("games"), a service ("service:roblox"); in grants also "name:example.org" and "time".')
NAMED = record({"name": text("Covers everything below it too."), "action": choice("allow", "block")})
HOURS = record(
    {"name": text(most=80), "days": each(choice(*DAYS), 7), "from": TIME, "to": TIME},
    {"internet_off": switch(), "block": each(TARGET), "allow": each(TARGET)},
)
_RULE = record({"id": number(), **NAMED["properties"]})
_WINDOW = record({"id": number(), **HOURS["properties"]})
_PAUSE = record({"until": or_null(number("null: until it is resumed."))})
_GRANT = record({"id": number(), "target": TARGET, "until": number()})
_PERSON = record(
    {
        "id": number(),
        "name": text(),
        "age": or_null(number()),
        "block": each(TARGET),
        "allow": each(TARGET),
        "allow_only": switch(),
        "safe_search": switch(),
        "youtube": choice("off", "moderate", "strict"),
        "minutes": {"type": "object", "additionalProperties": number("Minutes a day.")},
        "windows": each(_WINDOW),
        "rules": each(_RULE),
        "pauses": each(_PAUSE),
        "grants": each(_GRANT),
        "now": record({"state": choice(*State), "rule": or_null(text()), "until": or_null(number())}),
    }
)
_DEVICE = record(
    {"id": number(), "name": text(), "person": or_null(text("null: nobody's, which makes it a guest's.")),
     "mac": or_null(text()), "address": or_null(text())}
)  # fmt: skip
_REQUEST = record(
    {"id": number(), "person": number(), "target": TARGET, "reason": text(), "at": number(), "state": text()}
)
_ENTRY = record(
    {"at": number(), "person": number("0: nobody's."), "name": text("Empty where it is not kept."),
     "category": text(), "outcome": choice("open", "blocked", "off"), "reason": text(), "rule": text(),
     "times": number()}
)  # fmt: skip
_ANY: Shape = {"type": "object"}


def _status(_call: Call) -> dict[str, Any]:
    return status.as_json(status.read(house.state()))


def _people(_call: Call) -> list[dict[str, Any]]:
    return [person_as_json(one) for one in house.household().people]


def _one(call: Call) -> dict[str, Any]:
    return person_as_json(person(call))


def _rules(_call: Call) -> list[dict[str, Any]]:
    return [_rule(rule) for rule in house.household().rules]


def _devices(_call: Call) -> list[dict[str, Any]]:
    return [_device(device) for device in house.household().devices]


def _requests(_call: Call) -> list[dict[str, Any]]:
    with house.opened() as store:
        return [_request(one) for one in Requests(store).open(int(house.now()))]


def _changes(_call: Call) -> list[dict[str, Any]]:
    with house.opened() as store:
        return [{key: row[key] for key in ("at", "who", "title", "revision")} for row in store.changes(100)]


def _lists(_call: Call) -> list[dict[str, Any]]:
    try:
        return listing.as_json(listing.read(house.state()), house.now())
    except OSError:
        raise ProblemError(503, "The results of the last update cannot be read.") from None


def _why(call: Call) -> dict[str, Any]:
    query = call.query
    if "name" not in query:
        raise ProblemError(422, "name is missing.")
    books = verdict.open_books(house.state())
    try:
        return verdict.as_json(
            verdict.judge(
                books,
                query["name"],
                house.now(),
                person=query.get("person", ""),
                device=query.get("device", ""),
                at=query.get("at", ""),
                qtype=query.get("type", "A"),
            )
        )
    finally:
        books.table.close()


def _asked(call: Call) -> dict[str, Any]:
    query = call.query
    show = query.get("outcome")
    search = Search(
        person=int(query["person"]) if "person" in query else None,
        outcome=Outcome[show.upper()] if show else None,
        part=query.get("part", ""),
    )
    house.look()
    with history.reading(house.state()) as db:
        found = asked.entries(db, search, *([int(query["before"])] if "before" in query else []))
    return {
        "entries": [
            {"at": entry.epoch, "person": entry.person, "name": entry.name, "category": entry.category,
             "outcome": entry.outcome.name.lower(), "reason": entry.reason, "rule": entry.rule, "times": entry.times}
            for entry in found.entries
        ],
        "before": found.further,
    }  # fmt: skip


OPERATIONS = (
    Operation("GET", "/status", "status", "viewer", "What is in force, on how many workers, and counts.", _status,
              _ANY),
    Operation("GET", "/people", "people", "viewer", "Everybody, with all rules and what holds now.", _people,
              each(_PERSON)),
    Operation("GET", "/people/{person}", "person", "viewer", "One of them.", _one, _PERSON),
    Operation("GET", "/rules", "rules", "viewer", "Names allowed or blocked for the whole house.", _rules, each(_RULE)),
    Operation("GET", "/devices", "devices", "viewer", "Known devices, and whose they are.", _devices, each(_DEVICE)),
    Operation("GET", "/requests", "requests", "viewer", "What children ask for and nobody answered yet.", _requests,
              each(_REQUEST)),
    Operation("GET", "/changes", "changes", "viewer", "The latest hundred changes, and who made them.", _changes,
              each(record({"at": number(), "who": text(), "title": text(most=1000), "revision": number()}))),
    Operation("GET", "/lists", "lists", "viewer", "Each list, and what the last update found out.", _lists, each(_ANY)),
    Operation("GET", "/why", "why", "parent", "The verdict on a name and every step to it; as a person or a device.",
              _why, _ANY, query={"name": text("Needed."), "person": text(), "device": text(),
                                 "at": text('"fri 21:00", "21:00" or "2026-12-24 21:00".'), "type": text(most=10)}),
    Operation("GET", "/asked", "asked", "parent", "What was asked, the newest first, as far as it is kept.", _asked,
              record({"entries": each(_ENTRY), "before": or_null(number("Give it to see what lies further back.",
                                                                        most=1 << 62))}),
              query={"person": number(), "outcome": choice("open", "blocked", "off"), "part": text(most=100),
                     "before": number(most=1 << 62)}),
)  # fmt: skip


def person_as_json(one: Person) -> dict[str, Any]:
    """A person, for programs."""
    view = next(view for view in house.policy().views if view.person_id == one.id)
    now = standing(view, Zone(house.household().timezone).moment(int(house.now())))
    return {
        "id": one.id,
        "name": one.name,
        "age": one.age,
        "block": sorted(one.block),
        "allow": sorted(one.allow),
        "allow_only": one.allow_only,
        "safe_search": one.safe_search,
        "youtube": str(one.youtube),
        "minutes": dict(one.minutes),
        "windows": [_window(window) for window in one.windows],
        "rules": [_rule(rule) for rule in one.rules],
        "pauses": [{"until": pause.until} for pause in one.pauses],
        "grants": [{"id": grant.id, "target": grant.target, "until": grant.until} for grant in one.grants],
        "now": {"state": str(now.state), "rule": now.rule, "until": now.until},
    }


def _window(window: Window) -> dict[str, Any]:
    return {
        "id": window.id,
        "name": window.name,
        "days": [DAYS[day] for day in window.days],
        "from": f"{window.start // 60:02d}:{window.start % 60:02d}",
        "to": f"{window.end // 60:02d}:{window.end % 60:02d}",
        "internet_off": window.internet_off,
        "block": sorted(window.block),
        "allow": sorted(window.allow),
    }


def _rule(rule: NameRule) -> dict[str, Any]:
    return {"id": rule.id, "name": rule.name, "action": str(rule.action)}


def _device(device: Device) -> dict[str, Any]:
    return {"id": device.id, "name": device.name, "person": device.person, "mac": device.mac, "address": device.address}


def _request(one: Request) -> dict[str, Any]:
    return {"id": one.id, "person": one.person, "target": one.target, "reason": one.reason, "at": one.at,
            "state": str(one.state)}  # fmt: skip
