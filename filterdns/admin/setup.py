"""The first quarter of an hour, step by step; the filter answers with safe defaults all the while.

Steps can be left and come back to: what is asked for is in the household, and which steps are behind in rules.db.
"""

from dataclasses import replace
from functools import partial

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns import lan, setupcode
from filterdns.admin import gate, house, language, places, session
from filterdns.admin.change import change, home, refused, sentence, typed_again
from filterdns.admin.gate import open_to, open_to_all
from filterdns.admin.language import gettext as _
from filterdns.admin.language import ngettext
from filterdns.household import edits, makers, steps
from filterdns.household.accounts import AccountError, Accounts, Role, check_password, checked_name
from filterdns.policy.category import SECURITY
from filterdns.policy.rules import GUESTS, OLDEST, Device, Household, Person, RuleError, canonical_mac

pages = Blueprint("setup", __name__)

_ROWS = 4
_MOST_ROWS = 20


def install(app: Flask) -> None:
    """Give templates the way on."""
    app.jinja_env.globals.update(setup_path=path_of_next_step, setup_steps=progress)


@pages.get("/setup")
@open_to_all
def begin() -> AnyResponse | str:
    """The code from the console, a name and a password."""
    if gate.is_set_up():
        return redirect(path_of_next_step() or home() if gate.account() else home(), 303)
    return _first_form()


@pages.post("/setup")
@open_to_all
def make_first_account() -> AnyResponse | str:
    """The first parent, once."""
    if gate.is_set_up():
        return redirect(home(), 303)
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        check_password(password, checked_name(name))
    except AccountError as error:
        return typed_again(_first_form(name, sentence(error)))
    if left := session.attempt(""):
        return typed_again(_first_form(name, session.too_often(left)))
    if not setupcode.matches(house.state(), request.form.get("code", "")[:40], setupcode.now()):
        return typed_again(_first_form(name, code_fault=_("This is not the code of the last start, or it is too old.")))
    session.was_right("")
    with house.writing() as store:
        if Accounts(store).all():
            return redirect(home(), 303)
        account = Accounts(store).add(name, Role.PARENT, password)
    setupcode.finish(house.state())
    session.begin(account)
    return redirect(url_for("setup.house_form"), 303)


@pages.get("/setup/house")
@open_to("parent")
def house_form() -> str:
    """Where the family lives, and what it speaks."""
    return _house_form(house.household())


@pages.post("/setup/house")
@open_to("parent")
def save_house() -> AnyResponse:
    """Zone, country, language."""
    zone, country = request.form.get("timezone", ""), request.form.get("country", "")
    spoken = request.form.get("language", "")
    spoken = spoken if spoken in language.languages() else language.SOURCE
    done = change(
        _("Time zone, country and language"),
        lambda known: replace(known, timezone=zone, country=country, language=spoken),
        next_path("house"),
        lambda fault: _house_form(house.household(), fault),
        _("Saved."),
    )
    return through("house", done)


@pages.get("/setup/children")
@open_to("parent")
def children_form() -> str:
    """Who lives here."""
    return _children_form(_first_rows())


@pages.post("/setup/children")
@open_to("parent")
def save_children() -> AnyResponse | str:
    """Several people at once; another row if that is what was asked for."""
    names, ages = request.form.getlist("name")[:_MOST_ROWS], request.form.getlist("age")[:_MOST_ROWS]
    typed = [(" ".join(name.split()), age.strip()) for name, age in zip(names, ages, strict=False)]
    if "more" in request.form:
        return _children_form([*typed, ("", "")])
    rows = [(name, age) for name, age in typed if name or age]
    then = next_path("children")
    if not rows:
        return through("children", redirect(then, 303))
    try:
        new = [(_name(name), _age(name, age)) for name, age in rows]
    except AccountError as error:
        return refused(error, then, partial(_children_form, typed))

    def add(known: Household) -> Household:
        for name, age in new:
            known = edits.add_person(known, name, age)
        return known

    title = _("Added %(names)s", names=", ".join(name for name, _age in new))
    return through("children", change(title, add, then, partial(_children_form, typed)))


@pages.post("/setup/children/remove")
@open_to("parent")
def remove_child() -> AnyResponse:
    """A slip of the pen."""
    name = request.form.get("name", "")
    return change(
        _("Removed %(name)s", name=name), lambda known: edits.remove_person(known, name), url_for("setup.children_form")
    )


@pages.get("/setup/devices")
@open_to("parent")
def devices_form() -> str:
    """What was seen so far, each to be given to somebody."""
    return render_template("setup_devices.html", **_devices(), people=[one.name for one in _people()])


@pages.post("/setup/devices")
@open_to("parent")
def give_device() -> AnyResponse:
    """One device to one person; or on to the next step."""
    if "mac" not in request.form:
        return through("devices", redirect(next_path("devices"), 303))
    then = url_for("setup.devices_form")
    person = request.form.get("person", "")
    try:
        mac = canonical_mac(request.form["mac"])
        name = checked_name(request.form.get("name", "") or makers.maker_of(mac) or mac)
        device = Device(name, edits.person_of(house.household(), person).name, mac)
    except (RuleError, AccountError) as error:
        return refused(error, then)
    title = _("%(device)s belongs to %(person)s", device=name, person=device.person)
    return change(title, lambda known: edits.claim(known, device), then)


def progress(step: str) -> list[tuple[str, str, bool, bool]]:
    """(path, title, is it behind, is it this one) of each step."""
    with house.opened() as store:
        behind = steps.done(store)
    titles = {
        "house": _("Place"),
        "children": _("Family"),
        "devices": _("Devices"),
        "router": _("Router"),
        "check": _("Check"),
    }
    return [(_path(each), titles[each], each in behind, each == step) for each in steps.STEPS]


def path_of_next_step() -> str:
    """Where setting up goes on; "" if all of it is behind, or it is not for whoever looks."""
    if not gate.may("parent"):
        return ""
    with house.opened() as store:
        behind = steps.done(store)
    return next((_path(step) for step in steps.STEPS if step not in behind), "")


def next_path(step: str) -> str:
    """Of the step after this one; the front page after the last."""
    later = steps.after(step)
    return _path(later) if later else home()


def through(step: str, answer: AnyResponse) -> AnyResponse:
    """This step is behind, unless the answer is the form again."""
    if answer.status_code < 400:  # noqa: PLR2004 - a redirect
        with house.writing() as store:
            steps.finish(store, step)
    return answer


def _path(step: str) -> str:
    return f"/setup/{step}"


def _first_form(name: str = "", fault: str = "", code_fault: str = "") -> str:
    code = request.form.get("code", "") if request.method == "POST" else ""
    return render_template("setup_begin.html", name=name, code=code, fault=fault, code_fault=code_fault)


def _house_form(known: Household, fault: str = "") -> str:
    accepted = [code for code, _quality in request.accept_languages]
    zone, country = places.guess(known.timezone, known.country, accepted)
    typed = request.form if request.method == "POST" else {}
    return render_template(
        "setup_house.html",
        fault=fault,
        timezone=typed.get("timezone", zone),
        is_zone_told=bool(typed) or places.is_told(known.timezone),
        country=typed.get("country", country),
        language=typed.get("language", language.locale().language),
        zones=places.zones(zone),
        countries=places.countries(),
        languages=list(language.languages().items()),
    )


def _children_form(rows: list[tuple[str, str]], fault: str = "") -> str:
    return render_template(
        "setup_children.html", people=[(one, _brings(one)) for one in _people()], rows=rows, fault=fault
    )


def _brings(person: Person) -> str:
    """What a person's age brought, in a few words."""
    nights = [window for window in person.windows if window.internet_off]
    found = [_("%(age)s years", age=person.age) if person.age is not None else _("grown-up")]
    if nights:
        found.append(_("bedtime %(time)s", time=language.minute(nights[0].start)))
    if person.allow_only:
        found.append(_("only sites that you allow"))
    elif person.safe_search:
        found.append(_("safe search"))
    blocked = len(person.block - SECURITY)
    if blocked:
        found.append(ngettext("%(num)s kind of site blocked", "%(num)s kinds of sites blocked", blocked))
    return " · ".join(found)


def _first_rows() -> list[tuple[str, str]]:
    """The parent is the first of the family, without an age."""
    first = [] if _people() else [(gate.parent().name, "")]
    return [*first, *[("", "")] * (_ROWS - len(first))]


def _people() -> list[Person]:
    return [person for person in house.household().people if person.name != GUESTS]


def _name(text: str) -> str:
    name = checked_name(text)
    if name.casefold() == GUESTS.casefold() or any(name.casefold() == known.name.casefold() for known in _people()):
        raise AccountError("There is another %(name)s already.", name=name)
    return name


def _age(name: str, text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and int(text) <= OLDEST):
        raise AccountError("%(name)s: an age is a number of years, or empty for a grown-up.", name=name)
    return int(text)


def _devices() -> dict[str, object]:
    """The devices beside this one: the visitor's own first; the router, which is nobody's, apart."""
    owners = {device.mac: device for device in house.household().devices if device.mac}
    router, here = lan.router(), request.remote_addr
    found = [
        {
            "mac": seen.mac,
            "addresses": seen.addresses,
            "maker": makers.maker_of(seen.mac),
            "is_random": makers.is_random(seen.mac),
            "is_here": here in seen.addresses,
            "known": owners.get(seen.mac),
        }
        for seen in lan.devices()
        if router not in seen.addresses
    ]
    return {"devices": sorted(found, key=lambda one: not one["is_here"]), "router": router}
