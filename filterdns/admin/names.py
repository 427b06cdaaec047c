"""Sites, apps and kinds of sites by name: block, allow, allow for an hour; allow nothing else."""

from functools import partial

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from filterdns.admin import gate, house, person
from filterdns.admin.change import change, typed_again
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.language import when
from filterdns.admin.texts import target_name
from filterdns.admin.wanted import LONGEST, NothingFoundError, Wanted, look_up, meant, service_category
from filterdns.household import edits
from filterdns.policy.rules import Household, Person
from filterdns.policy.view import RuleAction

pages = Blueprint("names", __name__)

HOUR = 3600
_ACTS = ("block", "allow", "hour")


@pages.get("/people/<int:key>/name")
@open_to("helper")
def choose(key: int) -> str | Response:
    """Which of several is meant."""
    known, text, act = person.found(key), request.args.get("what", "")[:LONGEST], _act(request.args.get("act", ""))
    try:
        return _choose(known, text, act, look_up(text))
    except NothingFoundError as error:
        return typed_again(_choose(known, text, act, [], str(error)))


@pages.post("/people/<int:key>/name")
@open_to("helper")
def say(key: int) -> Response:
    """Block or allow what was typed, if it is sure what is meant; `target` is what was chosen."""
    known, text, act = person.found(key), request.form.get("what", "")[:LONGEST], _act(request.form.get("act", ""))
    if act != "hour" and not gate.may("parent"):
        abort(403)
    try:
        found = [meant(request.form["target"])] if "target" in request.form else look_up(text)
    except NothingFoundError as error:
        return typed_again(_choose(known, text, act, [], str(error)))
    if len(found) > 1:
        return redirect(url_for(".choose", key=key, what=text, act=act), 303)
    return _do(known, found[0], act)


@pages.post("/people/<int:key>/name/remove")
@open_to("parent")
def remove(key: int) -> Response:
    """What was said of a site no longer holds."""
    known, rule = person.found(key), request.form.get("rule", type=int)
    name = next((held.name for held in known.rules if held.id == rule), None)
    if rule is None or name is None:
        abort(404)
    said = person.title(known, _("no rule for %(name)s any more", name=name))
    return change(said, partial(edits.remove_rule, person=known.name, key=rule), _path(key))


@pages.post("/people/<int:key>/name/end")
@open_to("helper")
def end(key: int) -> Response:
    """A permission ends before its time."""
    known, grant = person.found(key), request.form.get("grant", type=int)
    target = next((held.target for held in known.grants if held.id == grant), None)
    if grant is None or target is None:
        abort(404)
    said = person.title(known, _("no longer allowed: %(what)s", what=target_name(target)))
    return change(said, partial(edits.revoke, person=known.name, key=grant), _path(key))


@pages.post("/people/<int:key>/only")
@open_to("parent")
def only(key: int) -> Response:
    """Nothing but allowed sites, or everything that is not blocked."""
    known, is_on = person.found(key), "on" in request.form
    words = _("only sites that you allow") if is_on else _("everything that is not blocked")
    return change(person.title(known, words), partial(edits.settle, person=known.name, allow_only=is_on), _path(key))


def _do(known: Person, wanted: Wanted, act: str) -> Response:
    path, name = _path(known.id), wanted.name
    if act == "hour":
        now = int(house.now())
        said = _("%(what)s allowed until %(time)s", what=name, time=when(now + HOUR))
        edit = partial(edits.grant, person=known.name, target=wanted.target, until=now + HOUR, now=now)
        return change(person.title(known, said), edit, path)
    is_on = act == "block"
    if known.allow_only and not is_on and not wanted.target.startswith("name:"):
        fault = _("Only sites by name can be opened for %(name)s for good, such as example.org.", name=known.name)
        return typed_again(_choose(known, name, act, [], fault))
    said = (_("%(what)s blocked") if is_on else _("%(what)s allowed")) % {"what": name}
    return change(person.title(known, said), partial(_lasting, person=known.name, target=wanted.target, on=is_on), path)


def _lasting(household: Household, person: str, target: str, *, on: bool) -> Household:
    if target.startswith("name:"):
        action = RuleAction.BLOCK if on else RuleAction.ALLOW
        return edits.put_rule(household, person, target.removeprefix("name:"), action)
    return edits.block(household, person, target, service_category(target), on=on)


def _choose(known: Person, text: str, act: str, found: list[Wanted], fault: str = "") -> str:
    return render_template(
        "person_name.html", person=known, name=person.called(known.name), what=text, act=act, found=found, fault=fault
    )


def _act(text: str) -> str:
    if text not in _ACTS:
        abort(400)
    return text


def _path(key: int) -> str:
    return url_for("people.one", key=key) + "#names"
