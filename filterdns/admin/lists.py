"""Which lists there are, how they stand, and what a parent chooses of them."""

from functools import partial
from pathlib import Path

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns import renewal, status
from filterdns.admin import house
from filterdns.admin.change import change, typed_again
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.language import number
from filterdns.admin.loaded import Kind, groups, rows, sizes, title_of, troubles
from filterdns.blocklists import catalogue, local, remote
from filterdns.blocklists.content import ListError
from filterdns.household import list_edits
from filterdns.policy.rules import LIST_CATEGORIES, Household, ListSize, OwnList

pages = Blueprint("lists", __name__)

LONGEST_PASTE = 200_000
"""Characters; more come by an address, or as a file in the folder."""
_MIB = 1 << 20
_SLOW = 30  # seconds after which an order should have been taken


@pages.get("/lists")
@open_to("viewer")
def all() -> str:  # noqa: A001 - as the other pages call their first one
    """Everything that is loaded, with what is wrong first."""
    return _page()


@pages.post("/lists/update")
@open_to("parent")
def update() -> AnyResponse:
    """Look for every list now; with `accept`, take that one's new content however it looks."""
    accept = request.form.get("accept", "")
    try:
        renewal.order(house.state(), frozenset({accept} if accept else ()))
    except OSError:
        house.say("bad", _("The order cannot be left: the disk is full, or cannot be written to."))
    return _back("update")


@pages.post("/lists/size")
@open_to("parent")
def set_size() -> AnyResponse:
    """How much of the public lists."""
    try:
        size = ListSize(request.form.get("size", ""))
    except ValueError:
        abort(400)
    return change(_("Other sizes of lists"), partial(list_edits.set_size, size=size), _home("size"))


@pages.get("/lists/<category>")
@open_to("viewer")
def kind(category: str) -> str:
    """The public lists of a category, to switch on and off."""
    return _kind(category)


@pages.post("/lists/<category>")
@open_to("parent")
def choose(category: str) -> AnyResponse:
    """What was switched is one change."""
    if category not in LIST_CATEGORIES:
        abort(404)
    wanted = request.form.getlist("list")

    def edit(household: Household) -> Household:
        return list_edits.choose(household, category, wanted, remote.memory())

    title = _("Other lists: %(category)s", category=title_of(category))
    return change(title, edit, url_for(".kind", category=category), lambda fault: _kind(category, fault))


@pages.post("/lists/own")
@open_to("parent")
def add() -> AnyResponse:
    """A list from an address."""
    typed = {key: request.form.get(key, "").strip() for key in ("name", "url", "category")}
    is_near = "lan" in request.form

    def edit(household: Household) -> Household:
        own = OwnList(" ".join(typed["name"].split()), typed["url"], typed["category"], is_near)
        return list_edits.add_own(household, own)

    if not is_near and not typed["url"].startswith("https://"):
        return typed_again(_page(_("The address of a list begins with https://."), "own"))
    title = _("A list more: %(name)s", name=typed["name"])
    return change(title, edit, _home("own"), lambda fault: _page(fault, "own"))


@pages.post("/lists/own/remove")
@open_to("parent")
def remove() -> AnyResponse:
    """One of them is not wanted any more."""
    name = request.form.get("name", "")
    return change(_("A list less: %(name)s", name=name), partial(list_edits.remove_own, name=name), _home("own"))


@pages.post("/lists/typed")
@open_to("parent")
def paste() -> AnyResponse:
    """Names that somebody typed, as a list."""
    form = request.form
    text = form.get("names", "")
    if len(text) > LONGEST_PASTE:
        abort(413)
    try:
        local.put(_folder(), form.get("category", ""), form.get("name", ""), text)
        renewal.ask(house.state())
    except ListError as error:
        return typed_again(_page(_("That is no list: it %(fault)s.", fault=error), "typed"))
    except OSError:
        return typed_again(_page(_("It cannot be kept: the disk is full, or cannot be written to."), "typed"))
    house.say("good", _("Kept. It is in force as soon as the names are put together."))
    return _back("own")


@pages.post("/lists/typed/remove")
@open_to("parent")
def remove_typed() -> AnyResponse:
    """A file less."""
    try:
        local.remove(_folder(), request.form.get("list", ""))
        renewal.ask(house.state())
    except ListError:
        house.say("wait", _("That list is no longer there."))
    except OSError:
        house.say("bad", _("It cannot be removed just now."))
    return _back("own")


def _page(fault: str = "", form: str = "") -> str:
    state, known = house.state(), house.household().lists
    try:
        found = rows(state, known)
    except OSError:
        found = []
    running = renewal.progress(state)
    return render_template(
        "lists.html",
        troubles=troubles(found),
        groups=groups(found),
        own=[row for row in found if row.kind in (Kind.OWN, Kind.LOCAL)],
        own_names={f"{remote.PREFIX}{own.name}": own.name for own in known.own},
        names=max((worker.names for worker in status.read(state).workers), default=None),
        last=max((row.entry.tried for row in found if row.entry.tried), default=None),
        running=running,
        doing=_doing(running) if running else "",
        is_ordered=renewal.ordered(state),
        is_slow=renewal.ordered(state) and house.now() - renewal.asked(state) / 1e9 > _SLOW,
        sizes=sizes(),
        size=known.size,
        categories=[(each, title_of(each)) for each in LIST_CATEGORIES],
        fault=fault,
        form=form,
        typed=request.form if form else {},
    )


def _kind(category: str, fault: str = "") -> str:
    if category not in LIST_CATEGORIES:
        abort(404)
    chosen = {entry.id for entry in catalogue.chosen(house.household().lists, remote.memory())}
    entries = [entry for entry in catalogue.entries().values() if entry.category == category]
    without = catalogue.reason(category) if category not in ("illegal", "allow") else ""
    return render_template(
        "lists_kind.html",
        category=category,
        title=title_of(category),
        entries=[(entry, entry.id in chosen) for entry in entries],
        without=without,
        fault=fault,
    )


def _doing(running: renewal.Progress) -> str:
    if running.name:
        public = catalogue.entries().get(running.name)
        name = public.project if public else running.name.removeprefix(remote.PREFIX)
        return _("Downloading %(name)s: %(came)s MB", name=name, came=number(round(running.came / _MIB, 1)))
    return _("Putting the names together.") if running.step else _("Beginning.")


def _folder() -> Path:
    return house.state() / "lists" / "local"


def _home(part: str) -> str:
    return url_for(".all", _anchor=part)


def _back(part: str) -> Response:
    return redirect(_home(part), 303)  # type: ignore[return-value]
