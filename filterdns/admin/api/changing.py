"""What programs may change: each is one change with a title in the history, made by household.edits."""

from functools import partial

from filterdns import renewal
from filterdns.admin import house
from filterdns.admin.api.operation import CHANGED, NOTHING, Call, Operation, ProblemError, change, person, who
from filterdns.admin.api.reading import HOURS, NAMED, TARGET
from filterdns.admin.api.shape import number, or_null, record, switch, text
from filterdns.admin.change import undone
from filterdns.admin.language import gettext as _
from filterdns.admin.language import when
from filterdns.admin.person import called, title
from filterdns.admin.texts import target_name
from filterdns.admin.wanted import service_category
from filterdns.household import changes, edits, requests
from filterdns.household.changes import PublishError
from filterdns.policy.rules import DAYS, OLDEST, Device, Window, canonical_address, canonical_mac
from filterdns.policy.view import RuleAction

_DAY_MINUTES = 1440
_END = {"minutes": number("From now on.", 1, 30 * _DAY_MINUTES), "until": number("Or until this time.")}


def _add_person(call: Call) -> dict[str, object]:
    name = call.body["name"].strip()
    return change(_("Added %(name)s", name=name),
                  partial(edits.add_person, name=name, age=call.body.get("age")))  # fmt: skip


def _remove_person(call: Call) -> dict[str, object]:
    name = person(call).name
    return change(_("Removed %(name)s", name=name), partial(edits.remove_person, person=name))


def _pause(call: Call) -> dict[str, object]:
    name = person(call).name
    return change(
        _("Paused %(person)s", person=called(name)), partial(edits.pause, person=name, until=_end(call, needed=False))
    )


def _resume(call: Call) -> dict[str, object]:
    name = person(call).name
    return change(_("Resumed %(person)s", person=called(name)), partial(edits.resume, person=name))


def _pause_house(call: Call) -> dict[str, object]:
    return change(_("Paused the whole house"), partial(edits.pause, person=None, until=_end(call, needed=False)))


def _resume_house(_call: Call) -> dict[str, object]:
    return change(_("Resumed the whole house"), partial(edits.resume, person=None))


def _grant(call: Call) -> dict[str, object]:
    one, target, until = person(call), call.body["target"], _needed_end(call)
    said = _("%(what)s allowed until %(time)s", what=target_name(target), time=when(until))
    edit = partial(edits.grant, person=one.name, target=target, until=until, now=int(house.now()))
    return change(title(one, said), edit)


def _revoke(call: Call) -> dict[str, object]:
    one, key = person(call), call.keys["grant"]
    target = next((grant.target for grant in one.grants if grant.id == key), None)
    if target is None:
        raise ProblemError(404)
    said = _("no longer allowed: %(what)s", what=target_name(target))
    return change(title(one, said), partial(edits.revoke, person=one.name, key=key))


def _block(call: Call) -> dict[str, object]:
    one, target, on = person(call), call.body["target"], call.body["on"]
    said = (_("%(what)s blocked") if on else _("%(what)s allowed")) % {"what": target_name(target)}
    edit = partial(edits.block, person=one.name, target=target, category=service_category(target), on=on)
    return change(title(one, said), edit)


def _put_window(call: Call) -> dict[str, object]:
    one, body, key = person(call), call.body, call.keys.get("window", 0)
    if key and all(window.id != key for window in one.windows):
        raise ProblemError(404)
    window = Window(
        body["name"],
        tuple(sorted(DAYS.index(day) for day in body["days"])),
        _minute(body["from"]),
        _minute(body["to"]),
        body.get("internet_off", False),
        frozenset(body.get("block", ())),
        frozenset(body.get("allow", ())),
        key,
    )
    said = _("%(name)s from %(start)s to %(end)s", name=window.name, start=body["from"], end=body["to"])
    return change(title(one, said), partial(edits.put_window, person=one.name, window=window))


def _remove_window(call: Call) -> dict[str, object]:
    one, key = person(call), call.keys["window"]
    name = next((window.name for window in one.windows if window.id == key), None)
    if name is None:
        raise ProblemError(404)
    return change(title(one, _("%(name)s removed", name=name)), partial(edits.remove_window, person=one.name, key=key))


def _put_rule(call: Call) -> dict[str, object]:
    one = person(call) if "person" in call.keys else None
    name, action = call.body["name"], RuleAction(call.body["action"])
    said = _("%(what)s blocked") if action is RuleAction.BLOCK else _("%(what)s allowed")
    said %= {"what": name}
    edit = partial(edits.put_rule, person=one.name if one else None, name=name, action=action)
    return change(title(one, said) if one else said, edit)


def _remove_rule(call: Call) -> dict[str, object]:
    one = person(call) if "person" in call.keys else None
    known = one.rules if one else house.household().rules
    name = next((rule.name for rule in known if rule.id == call.keys["rule"]), None)
    if name is None:
        raise ProblemError(404)
    said = _("no rule for %(name)s any more", name=name)
    edit = partial(edits.remove_rule, person=one.name if one else None, key=call.keys["rule"])
    return change(title(one, said) if one else said, edit)


def _put_device(call: Call) -> dict[str, object]:
    body = call.body
    mac, address = body.get("mac"), body.get("address")
    device = Device(
        body["name"],
        body.get("person"),
        canonical_mac(mac) if mac else None,
        canonical_address(address) if address else None,
    )
    owner = device.person or called("Guests")
    said = _("%(device)s belongs to %(person)s", device=device.name, person=owner)
    return change(said, partial(edits.claim, device=device))


def _forget_device(call: Call) -> dict[str, object]:
    key = call.keys["device"]
    name = next((device.name for device in house.household().devices if device.id == key), None)
    if name is None:
        raise ProblemError(404)
    return change(_("Removed %(name)s", name=name), partial(edits.forget_device, key=key))


def _allow(call: Call) -> dict[str, object]:
    key, now, until = call.keys["request"], int(house.now()), _needed_end(call)
    said = _("A request allowed until %(time)s", time=when(until))
    try:
        revision = requests.allow(house.state(), who(), said, key, until, now)
    except PublishError as error:
        return {"revision": error.revision, "published": False}
    return {"revision": revision, "published": True}


def _refuse(call: Call) -> dict[str, object]:
    requests.refuse(house.state(), who(), _("A request refused"), call.keys["request"], int(house.now()))
    return {}


def _undo(call: Call) -> dict[str, object]:
    try:
        revision = changes.undo(house.state(), who(), undone, call.body.get("revision"))
    except PublishError as error:
        return {"revision": error.revision, "published": False}
    return {"revision": revision, "published": True}


def _update(_call: Call) -> dict[str, object]:
    try:
        renewal.order(house.state())
    except OSError:
        raise ProblemError(503, "The order cannot be left.") from None
    return {}


def _end(call: Call, *, needed: bool) -> int | None:
    """Epoch of "minutes" or "until"; None without either."""
    if ("minutes" in call.body and "until" in call.body) or (needed and not call.body.keys() & {"minutes", "until"}):
        raise ProblemError(422, "Give either minutes or until.")
    if "minutes" in call.body:
        return int(house.now()) + int(call.body["minutes"]) * 60
    until: int | None = call.body.get("until")
    if until is not None and until <= house.now():
        raise ProblemError(422, "until must be in the future.")
    return until


def _needed_end(call: Call) -> int:
    return _end(call, needed=True) or 0


def _minute(text_: str) -> int:
    return int(text_[:2]) * 60 + int(text_[3:])


_NAME = text(most=80, minLength=1)
OPERATIONS = (
    Operation("POST", "/people", "addPerson", "parent", "A new person, with everything that the age brings.",
              _add_person, CHANGED, record({"name": _NAME}, {"age": or_null(number(most=OLDEST))})),
    Operation("DELETE", "/people/{person}", "removePerson", "parent", "Their devices become guests'.", _remove_person,
              CHANGED),
    Operation("POST", "/people/{person}/pause", "pause", "helper", "No internet, for a while or until it is resumed.",
              _pause, CHANGED, record(more=_END)),
    Operation("POST", "/people/{person}/resume", "resume", "helper", "The end of that.", _resume, CHANGED, NOTHING),
    Operation("POST", "/pause", "pauseHouse", "helper", "No internet for everybody.", _pause_house, CHANGED,
              record(more=_END)),
    Operation("POST", "/resume", "resumeHouse", "helper", "The end of that.", _resume_house, CHANGED, NOTHING),
    Operation("POST", "/people/{person}/grants", "grant", "helper", "Allow something, or lift the clock, for a while.",
              _grant, CHANGED, record({"target": TARGET}, _END)),
    Operation("DELETE", "/people/{person}/grants/{grant}", "revoke", "helper", "End what was allowed.", _revoke,
              CHANGED),
    Operation("PUT", "/people/{person}/block", "block", "parent", "Block a kind or a service, or block it no more.",
              _block, CHANGED, record({"target": TARGET, "on": switch()})),
    Operation("POST", "/people/{person}/windows", "addWindow", "parent", "Hours that change something.", _put_window,
              CHANGED, HOURS),
    Operation("PUT", "/people/{person}/windows/{window}", "changeWindow", "parent", "Other hours.", _put_window,
              CHANGED, HOURS),
    Operation("DELETE", "/people/{person}/windows/{window}", "removeWindow", "parent", "These hours no more.",
              _remove_window, CHANGED),
    Operation("POST", "/people/{person}/rules", "addRule", "parent", "Allow or block a name for good.", _put_rule,
              CHANGED, NAMED),
    Operation("DELETE", "/people/{person}/rules/{rule}", "removeRule", "parent", "No rule for it any more.",
              _remove_rule, CHANGED),
    Operation("POST", "/rules", "addHouseRule", "parent", "The same for everybody.", _put_rule, CHANGED, NAMED),
    Operation("DELETE", "/rules/{rule}", "removeHouseRule", "parent", "No rule for it any more.", _remove_rule,
              CHANGED),
    Operation("POST", "/devices", "giveDevice", "parent", "A device of somebody: a new one, or one known by mac or "
              "address.", _put_device, CHANGED,
              record({"name": _NAME}, {"person": or_null(text()), "mac": or_null(text()), "address": or_null(text())})),
    Operation("DELETE", "/devices/{device}", "forgetDevice", "parent", "If it asks again, it is a new one.",
              _forget_device, CHANGED),
    Operation("POST", "/requests/{request}/allow", "allowRequest", "helper", "Grant what was asked for.", _allow,
              CHANGED, record(more=_END)),
    Operation("POST", "/requests/{request}/refuse", "refuseRequest", "helper", "Say no.", _refuse, NOTHING, NOTHING),
    Operation("POST", "/undo", "undo", "parent", "Put back what was before the last change.", _undo, CHANGED,
              record(more={"revision": number("Of the change that is meant: 409 if it is not the last any more.")})),
    Operation("POST", "/lists/update", "updateLists", "parent", "Look for every list now.", _update, NOTHING, NOTHING,
              status=202),
)  # fmt: skip
