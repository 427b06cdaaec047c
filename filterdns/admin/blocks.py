"""What is blocked for somebody: kinds of sites, services, searching, minutes a day."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from filterdns.admin import house, person
from filterdns.admin.change import change, typed_again
from filterdns.admin.differences import youtube_name
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.texts import GROUPS, TEXTS, target_name
from filterdns.admin.wanted import NothingFoundError, Wanted, look_up, service_category
from filterdns.blocklists import builtin
from filterdns.household import edits
from filterdns.policy.category import CHOICES, SECURITY
from filterdns.policy.rules import MINUTES_A_DAY, Household, Person, YouTube

pages = Blueprint("blocks", __name__)

_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Switch:
    """One kind of sites on the page of switches."""

    id: str
    title: str
    why: str
    is_on: bool
    beside: str  # what of it is treated otherwise, in words
    services: int


@pages.get("/people/<int:key>/blocked")
@open_to("viewer")
def switches(key: int) -> str:
    """Every kind of sites, on or off."""
    return _form(person.found(key))


@pages.post("/people/<int:key>/blocked")
@open_to("parent")
def switch(key: int) -> Response:
    """What was switched is one change."""
    known = person.found(key)
    choices = [category for category in CHOICES if category not in SECURITY]
    return _switch(known, choices, url_for(".switches", key=key))


@pages.get("/people/<int:key>/blocked/<category>")
@open_to("viewer")
def kind(key: int, category: str) -> str:
    """One kind of sites: why it matters, what DNS cannot do, its services."""
    known = person.found(key)
    if category not in CHOICES:
        abort(404)
    services = [service for service in builtin.services() if service.category == category]
    return render_template(
        "person_kind.html",
        person=known,
        name=person.called(known.name),
        category=category,
        text=TEXTS[category],
        is_on=category in known.block or category in SECURITY,
        can_switch=category not in SECURITY,
        services=[(service, _is_blocked(known, service)) for service in services],
        was=" ".join(f"service:{service.id}" for service in services if _is_blocked(known, service)),
    )


@pages.post("/people/<int:key>/blocked/<category>")
@open_to("parent")
def switch_services(key: int, category: str) -> Response:
    """The services of one kind."""
    known = person.found(key)
    shown = [f"service:{service.id}" for service in builtin.services() if service.category == category]
    return _switch(known, shown, url_for(".kind", key=key, category=category))


@pages.post("/people/<int:key>/search")
@open_to("parent")
def search(key: int) -> Response:
    """Safe search and YouTube's restricted mode."""
    known = person.found(key)
    level = request.form.get("youtube", "")
    if level not in list(YouTube):
        abort(400)
    youtube, safe = YouTube(level), "safe_search" in request.form
    words = [
        _("safe search on") if safe else _("safe search off"),
        _("YouTube's restricted mode: %(level)s", level=youtube_name(youtube)),
    ]
    edit = partial(edits.settle, person=known.name, safe_search=safe, youtube=youtube)
    return change(person.title(known, *words), edit, url_for(".switches", key=key))


@pages.post("/people/<int:key>/minutes")
@open_to("parent")
def minutes(key: int) -> Response:
    """So many minutes a day for a kind of sites or a service; none takes the limit away."""
    known = person.found(key)
    text, number = request.form.get("what", ""), request.form.get("minutes", "0").strip() or "0"
    try:
        wanted = _measurable(text)
    except NothingFoundError as error:
        return typed_again(_form(known, str(error), text))
    if not (number.isascii() and number.isdigit() and len(number) < 5 and int(number) <= MINUTES_A_DAY):  # noqa: PLR2004
        return typed_again(_form(known, _("Minutes a day are a number up to 1440."), text))
    some = int(number)
    words = (
        _("%(what)s: %(number)s minutes a day", what=wanted.name, number=some)
        if some
        else _("%(what)s: no limit of minutes any more", what=wanted.name)
    )

    def edit(household: Household) -> Household:
        held = dict(edits.person_of(household, known.name).minutes) | {wanted.target: some}
        left = tuple(sorted((target, number) for target, number in held.items() if number))
        return edits.settle(household, known.name, minutes=left)

    return change(person.title(known, words), edit, url_for(".switches", key=key), partial(_form, known, what=text))


def _measurable(text: str) -> Wanted:
    """The kind of sites or the service that is meant. Raises NothingFoundError."""
    found = look_up(text)
    if len(found) == 1 and not found[0].target.startswith("name:"):
        return found[0]
    raise NothingFoundError(
        _("Minutes are for a kind of sites or for an app, such as %(name)s.", name=found[0].name)
        if len(found) > 1
        else _("Minutes are for a kind of sites or for an app, not for a single site.")
    )


def _switch(known: Person, shown: Iterable[str], then: str) -> Response:
    """Change what is otherwise than the form showed it, and nothing that somebody else changed meanwhile."""
    was, now = set(request.form.get("was", "").split()), set(request.form.getlist("block"))
    changed = [target for target in shown if (target in was) != (target in now)]
    if not changed:
        house.say("wait", _("Nothing was switched."))
        return redirect(then, 303)

    def edit(household: Household) -> Household:
        for target in changed:
            household = edits.block(household, known.name, target, service_category(target), on=target in now)
        return household

    return change(person.title(known, *_words(changed, now)), edit, then)


def _words(changed: list[str], now: set[str]) -> list[str]:
    """As in ["games blocked", "video allowed"]."""
    on = _some([target_name(target) for target in changed if target in now])
    off = _some([target_name(target) for target in changed if target not in now])
    return [*([_("%(what)s blocked", what=on)] if on else []), *([_("%(what)s allowed", what=off)] if off else [])]


def _some(names: list[str]) -> str:
    """The first few of many."""
    if len(names) <= _MOST_NAMED:
        return ", ".join(names)
    first = ", ".join(names[: _MOST_NAMED - 1])
    return _("%(names)s and %(number)s more", names=first, number=len(names) - _MOST_NAMED + 1)


def _form(known: Person, fault: str = "", what: str = "") -> str:
    counted: dict[str, int] = {}
    for service in builtin.services():
        counted[service.category] = counted.get(service.category, 0) + 1
    groups = [(_(title), [_switch_of(known, one, counted.get(one, 0)) for one in held]) for title, held in GROUPS]
    return render_template(
        "person_blocked.html",
        person=known,
        name=person.called(known.name),
        groups=groups,
        was=" ".join(sorted(known.block)),
        security=[(_(TEXTS[one].title), _(TEXTS[one].why)) for one in sorted(SECURITY)],
        levels=[(level.value, youtube_name(level)) for level in YouTube],
        minutes=[(target_name(target), number) for target, number in known.minutes],
        fault=fault,
        what=what,
        choices=[target_name(one) for one in CHOICES if one not in SECURITY],
    )


def _switch_of(known: Person, category: str, services: int) -> Switch:
    is_on = category in known.block
    other = known.allow if is_on else known.block
    names = sorted(target_name(target) for target in other if service_category(target) == category)
    shown = _some(names)
    beside = "" if not names else _("except %(names)s", names=shown) if is_on else _("only %(names)s", names=shown)
    return Switch(category, _(TEXTS[category].title), _(TEXTS[category].why), is_on, beside, services)


def _is_blocked(known: Person, service: builtin.ListedService) -> bool:
    target = f"service:{service.id}"
    return target in known.block or (service.category in known.block and target not in known.allow)
