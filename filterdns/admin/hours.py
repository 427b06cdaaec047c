"""Weekly hours of somebody: bedtime, homework, and what they change."""

import contextlib
from dataclasses import replace
from functools import partial
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from filterdns.admin import person, week
from filterdns.admin.change import change, typed_again
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.language import minute
from filterdns.admin.texts import GROUPS, category_name, hours_name, target_name
from filterdns.admin.wanted import NothingFoundError, look_up
from filterdns.household import edits, words
from filterdns.policy.rules import EVERY_DAY, Person, Window

pages = Blueprint("hours", __name__)

_NEW = Window("-", (0, 1, 2, 3, 6), 20 * 60, 7 * 60, internet_off=True)
"""What the form of new hours begins with; its name is typed."""


@pages.get("/people/<int:key>/hours/<int:window>")
@open_to("parent")
def form(key: int, window: int) -> str:
    """All about some hours; 0: new ones."""
    known = person.found(key)
    return _form(known, _window(known, window))


@pages.post("/people/<int:key>/hours/<int:window>")
@open_to("parent")
def save(key: int, window: int) -> Response:
    """New hours, or another form of some."""
    known, old = person.found(key), _window(person.found(key), window)
    try:
        new = Window(id=window, **_typed())
    except ValueError as error:
        return typed_again(_form(known, old, str(error)))
    said = _("%(name)s: %(when)s", name=new.name, when=week.hours_in_words(new))
    return _put(known, new, person.title(known, said))


@pages.post("/people/<int:key>/hours/<int:window>/move")
@open_to("parent")
def move(key: int, window: int) -> Response:
    """Other times; everything else stays."""
    known = person.found(key)
    old = _window(known, window)
    start, end = _time("start"), _time("end")
    if start is None or end is None:
        return typed_again(_form(known, old, _("A time is missing.")))
    moved = replace(old, start=start, end=end)
    name = hours_name(old.name)
    if start == end:
        said = _("%(name)s: %(when)s", name=name, when=week.times_in_words(start, end))
    else:
        said = _("%(name)s from %(start)s to %(end)s", name=name, start=minute(start), end=minute(end))
    return _put(known, moved, person.title(known, said))


@pages.post("/people/<int:key>/hours/<int:window>/remove")
@open_to("parent")
def remove(key: int, window: int) -> Response:
    """Hours that are no longer needed."""
    known = person.found(key)
    said = person.title(known, _("%(name)s removed", name=hours_name(_window(known, window).name)))
    return change(said, partial(edits.remove_window, person=known.name, key=window), _path(key))


def _put(known: Person, window: Window, title: str) -> Response:
    edit = partial(edits.put_window, person=known.name, window=window)
    return change(title, edit, _path(known.id), partial(_form, known, window))


def _window(known: Person, key: int) -> Window:
    """The window of this id, a new one for 0."""
    found = next((window for window in (_NEW, *known.windows) if window.id == key), None)
    if found is None:
        abort(404)
    return found


def _typed() -> dict[str, Any]:
    """A window's fields out of the form. Raises ValueError with the reason, in the reader's language where it can."""
    start, end = _time("start"), _time("end")
    name = " ".join(request.form.get("name", "").split())
    days = tuple(day for day in EVERY_DAY if str(day) in request.form.getlist("day"))
    block, allow = (_targets(what) for what in ("block", "allow"))
    is_off = "off" in request.form
    for is_missing, fault in (
        (not name, _("A name is missing, such as Homework.")),
        (start is None or end is None, _("A time is missing.")),
        (not days, _("Choose at least one day.")),
        (not (is_off or block or allow), _("Choose what these hours change.")),
        (block & allow, _("Something is both blocked and allowed.")),
    ):
        if is_missing:
            raise NothingFoundError(fault)
    return {"name": name, "days": days, "start": start, "end": end, "internet_off": is_off, "block": block,
            "allow": allow}  # fmt: skip


def _targets(what: str) -> frozenset[str]:
    """The categories that were ticked, and the services that were typed."""
    found = set(request.form.getlist(what)) & {category for _title, held in GROUPS for category in held}
    for text in request.form.get(f"{what}_services", "").split(","):
        if text.strip():
            wanted = look_up(text)[0]
            if wanted.target.startswith("name:"):
                raise NothingFoundError(_("Hours are for kinds of sites and for services, not for single sites."))
            found.add(wanted.target)
    return frozenset(found)


def _time(field: str) -> int | None:
    """Minutes after midnight; None: not typed, or no time."""
    with contextlib.suppress(ValueError):
        return words.time(request.form.get(field, "").strip()[:5])
    return None


def _form(known: Person, window: Window, fault: str = "") -> str:
    """The form with a window, or with what was typed."""
    typed = request.form if fault and request.endpoint == f"{pages.name}.{save.__name__}" else None
    return render_template(
        "person_hours.html",
        person=known,
        name=person.called(known.name),
        window=window,
        title=typed.get("name", "") if typed else "" if window is _NEW else hours_name(window.name),
        days=[int(day) for day in typed.getlist("day") if day.isdigit()] if typed else window.days,
        start=typed.get("start", "") if typed else _clock(window.start),
        end=typed.get("end", "") if typed else _clock(window.end),
        is_off="off" in typed if typed else window.internet_off,
        sides=[_side(typed, "block", window.block), _side(typed, "allow", window.allow)],
        day_names=week.day_names(),
        groups=[(_(title), [(one, category_name(one)) for one in held]) for title, held in GROUPS],
        fault=fault,
    )


def _side(typed: Any, what: str, held: frozenset[str]) -> tuple[str, set[str], str]:  # noqa: ANN401 - werkzeug's form
    """(field, ticked categories, typed services) of what hours block or allow."""
    if typed:
        return what, set(typed.getlist(what)), typed.get(f"{what}_services", "")
    services = sorted(target_name(target) for target in held if target.startswith("service:"))
    return what, {target for target in held if not target.startswith("service:")}, ", ".join(services)


def _clock(minute: int) -> str:
    """As a time field wants it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _path(key: int) -> str:
    return url_for("people.one", key=key) + "#hours"
