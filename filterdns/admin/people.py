"""A person's page, a new person, and what a person is called and how old."""

from dataclasses import replace
from functools import partial

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from filterdns.admin import house, person, week
from filterdns.admin.change import change, home, typed_again
from filterdns.admin.differences import differences, youtube_name
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.standings import now_of
from filterdns.admin.texts import TEXTS, hours_name, target_name
from filterdns.household import edits
from filterdns.policy import presets
from filterdns.policy.category import SECURITY
from filterdns.policy.rules import GUESTS, OLDEST, Person

pages = Blueprint("people", __name__)


@pages.get("/people/<int:key>")
@open_to("viewer")
def one(key: int) -> str:
    """What applies to somebody."""
    known, now = person.found(key), int(house.now())
    owner = None if known.name == GUESTS else known.name
    return render_template(
        "person.html",
        person=known,
        name=person.called(known.name),
        is_guests=known.name == GUESTS,
        blocked=[target_name(target) for target in _in_order(known.block - SECURITY)],
        excepted=sorted(map(target_name, known.allow)),
        youtube=youtube_name(known.youtube),
        minutes=[(target_name(target), minutes) for target, minutes in known.minutes],
        now=now_of(known, person.view(key), house.household(), now),
        grants=[(grant, target_name(grant.target)) for grant in known.grants if grant.until > now],
        rules=sorted(known.rules, key=lambda rule: rule.name),
        devices=[device for device in house.household().devices if device.person in (owner, known.name)],
        windows=[(window, week.days_in_words(window.days), week.effect_in_words(window)) for window in known.windows],
        hours_name=hours_name,
        times_in_words=week.times_in_words,
        bars=week.bars(known.windows),
        day_names=week.day_names(),
    )


@pages.get("/people/add")
@open_to("parent")
def add() -> str:
    """A name and an age are enough."""
    return _add_form()


@pages.post("/people/add")
@open_to("parent")
def add_one() -> Response:
    """Somebody new, with what the age brings."""
    name, age = _name(), request.form.get("age", "").strip()
    if fault := _fault_of_name(name) or _fault_of_age(age):
        return typed_again(_add_form(name, age, fault))
    return change(
        _("Added %(name)s", name=name),
        partial(edits.add_person, name=name, age=int(age) if age else None),
        home(),
        partial(_add_form, name, age),
    )


@pages.get("/people/<int:key>/about")
@open_to("parent")
def about(key: int) -> str:
    """Name and age; with `age` in the address, what the preset of that age would change."""
    return _about_form(_claimed(key))


@pages.post("/people/<int:key>/rename")
@open_to("parent")
def rename(key: int) -> Response:
    """Another name."""
    known, name = _claimed(key), _name()
    if fault := _fault_of_name(name, known):
        return typed_again(_about_form(known, name=name, name_fault=fault))
    return change(
        _("%(old)s is called %(name)s", old=known.name, name=name),
        partial(edits.rename, person=known.name, name=name),
        _path(key),
        lambda said: _about_form(known, name=name, name_fault=said),
    )


@pages.post("/people/<int:key>/age")
@open_to("parent")
def set_age(key: int) -> Response:
    """Another age, with or without what it brings."""
    known, age = _claimed(key), request.form.get("age", "").strip()
    if fault := _fault_of_age(age):
        return typed_again(_about_form(known, age_fault=fault))
    with_preset = "preset" in request.form
    title = _("everything as is right for the age") if with_preset else _("another age, the rules stay")
    edit = partial(edits.set_age, person=known.name, age=int(age) if age else None, preset=with_preset)
    return change(person.title(known, title), edit, _path(key), lambda said: _about_form(known, age_fault=said))


@pages.get("/people/<int:key>/remove")
@open_to("parent")
def ask_to_remove(key: int) -> str:
    """Is it meant?"""
    known = _claimed(key)
    devices = [device.name for device in house.household().devices if device.person == known.name]
    return render_template("person_remove.html", person=known, name=known.name, devices=devices)


@pages.post("/people/<int:key>/remove")
@open_to("parent")
def remove(key: int) -> Response:
    """Forget somebody."""
    known = _claimed(key)
    return change(_("Removed %(name)s", name=known.name), partial(edits.remove_person, person=known.name), home())


def _in_order(targets: frozenset[str]) -> list[str]:
    """Categories in the order of their texts, then services by name."""
    order = list(TEXTS)
    return sorted(targets, key=lambda one: (order.index(one) if one in TEXTS else len(order), target_name(one)))


def _add_form(name: str = "", age: str = "", fault: str = "") -> str:
    return render_template("person_add.html", name=name, age=age, fault=fault, oldest=OLDEST)


def _about_form(known: Person, name: str = "", name_fault: str = "", age_fault: str = "") -> str:
    typed = request.values.get("age", "").strip() if "age" in request.values else None
    if typed is not None and not age_fault:
        age_fault = _fault_of_age(typed)
    wanted, changes = None, []
    if typed is not None and not age_fault:
        wanted = replace(known, age=int(typed) if typed else None)
        changes = differences(known, presets.apply(wanted))
    return render_template(
        "person_about.html",
        person=known,
        name=name or known.name,
        name_fault=name_fault,
        age=typed if typed is not None else "" if known.age is None else known.age,
        age_fault=age_fault,
        wanted=wanted,
        changes=changes,
        oldest=OLDEST,
    )


def _claimed(key: int) -> Person:
    """Somebody who is not the guests, whose name and age are not for choosing."""
    known = person.found(key)
    if known.name == GUESTS:
        abort(404)
    return known


def _name() -> str:
    return " ".join(request.form.get("name", "").split())


def _fault_of_name(name: str, known: Person | None = None) -> str:
    """Why somebody cannot be called that; "" if nothing is wrong with it."""
    if not name:
        return _("A name is missing.")
    taken = {GUESTS.casefold(), *(one.name.casefold() for one in house.household().people if one is not known)}
    return _("There is another %(name)s already.", name=name) if name.casefold() in taken else ""


def _fault_of_age(age: str) -> str:
    if not age or (age.isascii() and age.isdigit() and len(age) < 4 and int(age) <= OLDEST):  # noqa: PLR2004 - digits
        return ""
    return _("An age is a number of years, or empty for a grown-up.")


def _path(key: int) -> str:
    return url_for("people.one", key=key)
