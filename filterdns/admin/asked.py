"""What was asked: newest first, by person and device, searched, and allowed from where it stands; a file of it.

Only parents see it. How much there is to see was decided when it was written (`household/detail.py`).
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import NamedTuple

from flask import Blueprint, Response, abort, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns import dname
from filterdns.admin import house
from filterdns.admin.because import word
from filterdns.admin.change import change
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.language import local, minute, ngettext, when
from filterdns.admin.texts import category_name
from filterdns.household import asked, edits, history, seen
from filterdns.household.asked import Entry, Search, Tally
from filterdns.household.batch import Outcome
from filterdns.household.detail import Detail, detail_for
from filterdns.household.history import HistoryError
from filterdns.household.seen import Device
from filterdns.policy.rules import GUESTS, Person
from filterdns.policy.view import RuleAction

pages = Blueprint("asked", __name__)
pages.add_app_template_global(house.is_written_down)

HOUR = 3600
KEPT_DAYS = (0, 1, 3, 7, 14, 30)
MOST_LINES = 20_000
"""Of one file."""
_AT_ONCE = 1000
_LONGEST = 100  # characters of a search
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would run
_LATEST = 1 << 62
_EARLIEST, _LAST_DAY = date(2000, 1, 1), date(2200, 1, 1)


class View(NamedTuple):
    """What somebody wants to see, as an address of the page says it; what makes no sense there is left out."""

    person: int | None
    device: int | None
    show: Outcome | None
    part: str
    day: date | None

    @property
    def words(self) -> dict[str, str]:
        """The same for another address."""
        found = {
            "person": self.person,
            "device": self.device,
            "show": self.show.name.lower() if self.show is not None else None,
            "q": self.part or None,
            "day": self.day,
        }
        return {key: str(value) for key, value in found.items() if value is not None}


class Line(NamedTuple):
    """A row as people read it."""

    entry: Entry
    person: str
    device: str
    word: str  # why, "" if there is nothing to say
    is_host: bool  # can it be allowed?

    @property
    def at(self) -> str:
        """When, as the page that says why takes it."""
        return local(self.entry.epoch).strftime("%Y-%m-%dT%H:%M")


@pages.get("/asked")
@open_to("parent")
def latest() -> str:
    """The newest first, and the hours and categories of a day."""
    view, before = _view(request.args), request.args.get("before", _LATEST, type=int)
    house.look()
    today = asked.day_of(house.now(), house.household().timezone)
    day = asked.number_of(view.day) if view.day else today
    try:
        with history.reading(house.state()) as db:
            devices = _devices(seen.devices(db, house.policy()))
            found = asked.entries(db, _search(view), min(max(before, 0), _LATEST))
            hours = asked.by_hour(db, day, _search(view))
            categories = asked.by_category(db, day, _search(view))
    except HistoryError:
        return render_template("asked_none.html")
    household = house.household()
    return render_template(
        "asked.html",
        view=view,
        lines=_lines(found.entries, devices),
        is_first=before == _LATEST,
        further=found.further,
        hours=by_the_hour(hours),
        categories=named(categories),
        date=asked.date_of(day),
        is_today=day == today,
        people=[("", _("Everybody")), *((one.id, shown(one)) for one in household.people if has_hours(one))],
        kept=household.history_days,
        kept_days=[(days, in_days(days)) for days in sorted({*KEPT_DAYS, household.history_days})],
        devices=[("", _("Every device")), *((key, device_name(device)) for key, device in devices.items())],
    )


@pages.get("/asked.csv")
@open_to("parent")
def table() -> Response:
    """The same lines as a file for a spreadsheet."""
    view = _view(request.args)
    try:
        with history.reading(house.state()) as db:
            devices = _devices(seen.devices(db, house.policy()))
    except HistoryError:
        abort(404)
    rows = stream_with_context(_csv(_search(view), devices))
    headers = {"Content-Disposition": 'attachment; filename="filterdns.csv"'}
    return Response(rows, mimetype="text/csv", headers=headers)


@pages.post("/asked/allow")
@open_to("parent")
def allow() -> AnyResponse:
    """Allow what a line is about, to whom it is about: `hour` or `good` is the line's key."""
    key = min(request.form.get("good" if "good" in request.form else "hour", 0, type=int), _LATEST)
    then = url_for("asked.latest", **_view(request.form).words)  # type: ignore[arg-type]
    try:
        with history.reading(house.state()) as db:
            entry = asked.entry(db, max(key, 0))
    except HistoryError:
        entry = None
    people = {person.id: person for person in house.household().people}
    if entry is None or entry.person not in people or not _is_host(entry.name):
        abort(404)
    return allow_name(people[entry.person], entry.name, then, for_good="good" in request.form)


@pages.post("/asked/keep")
@open_to("parent")
def keep() -> AnyResponse:
    """For how many days it is kept; what is older goes within minutes."""
    days = _number(request.form, "days")
    if days not in KEPT_DAYS:
        abort(400)
    title = _("What was asked is kept for %(days)s", days=in_days(days)) if days else _("Nothing asked is written down")
    house.look()
    return change(title, partial(replace, history_days=days), url_for("asked.latest"))


def in_days(days: int) -> str:
    """As in 7 days; 0: not at all."""
    return ngettext("%(num)s day", "%(num)s days", days) if days else _("not at all")


def allow_name(person: Person, name: str, then: str, *, for_good: bool) -> AnyResponse:
    """Allow a name and all below it, for an hour or for good, and go to the page `then`."""
    if for_good:
        title = _("Allowed %(what)s for %(person)s", what=name, person=shown(person))
        return change(title, partial(edits.put_rule, person=person.name, name=name, action=RuleAction.ALLOW), then)
    now = int(house.now())
    title = _("Allowed %(what)s for %(person)s until %(time)s", what=name, person=shown(person), time=when(now + HOUR))
    edit = partial(edits.grant, person=person.name, target=f"name:{name}", until=now + HOUR, now=now)
    return change(title, edit, then)


def shown(person: Person) -> str:
    """What a person is called here."""
    return _("Guests") if person.name == GUESTS else person.name


def detail_of(person: Person) -> Detail:
    """What is kept of a person."""
    return detail_for(person.name, person.age)


def has_hours(person: Person) -> bool:
    """Is anything kept of a person but counts by the day?"""
    return detail_of(person) >= Detail.CATEGORIES


def by_the_hour(tallies: list[Tally]) -> list[tuple[str, Tally, str]]:
    """The hours of a day for a picture of them."""
    return [(minute(hour * 60), tally, "") for hour, tally in enumerate(tallies)]


def named(categories: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    """Categories by the names that people know, what has none at the end."""
    found = [(category_name(category), tally) for category, tally in categories.items() if category]
    rest = categories.get("")
    return [*found, (_("Everything else"), rest)] if rest else found


def device_name(device: Device | None) -> str:
    """What a device is called: by the family, else by its maker and address."""
    if device is None:
        return _("A device of long ago")
    address = device.addresses[0] if device.addresses else device.mac
    return device.name or (f"{device.maker}, {address}" if device.maker else address)


def _devices(found: list[Device]) -> dict[int, Device]:
    """By id, those with a name first."""
    found = sorted(found, key=lambda device: (not device.name, device_name(device).casefold()))
    return {device.id: device for device in found}


def _lines(entries: list[Entry], devices: Mapping[int, Device]) -> list[Line]:
    household = house.household()
    people = {person.id: shown(person) for person in household.people}
    return [
        Line(
            entry,
            people.get(entry.person, _("Somebody who is no longer here")),
            device_name(devices.get(entry.device)),
            word(entry.reason, entry.rule, household),
            _is_host(entry.name),
        )
        for entry in entries
    ]


def _is_host(name: str) -> bool:
    try:
        return dname.is_host(dname.from_text(name))
    except dname.DNameError:
        return False


def _csv(search: Search, devices: Mapping[int, Device]) -> Iterator[str]:
    """Some lines at a time, each of a transaction of its own, so that what is asked can be written down meanwhile."""
    yield _row([_("Time"), _("Person"), _("Device"), _("Name"), _("Category"), _("Outcome"), _("Reason"), _("Times")])
    outcomes = {Outcome.OPEN: _("open"), Outcome.BLOCKED: _("blocked"), Outcome.OFF: _("internet off")}
    before: int | None = _LATEST
    left = MOST_LINES
    while before is not None and left > 0:
        with history.reading(house.state()) as db:
            page = asked.entries(db, search, before, min(_AT_ONCE, left))
        for line in _lines(page.entries, devices):
            entry = line.entry
            time = local(entry.epoch).strftime("%Y-%m-%d %H:%M:%S")
            kind = category_name(entry.category)
            outcome = outcomes[entry.outcome]
            yield _row([time, line.person, line.device, entry.name, kind, outcome, line.word, entry.times])
        before, left = page.further, left - len(page.entries)


def _row(cells: list[object]) -> str:
    """A line of CSV (RFC 4180); a spreadsheet takes no cell of it for a formula."""
    line = io.StringIO()
    csv.writer(line).writerow([f"'{cell}" if str(cell).startswith(_FORMULA) else cell for cell in cells])
    return line.getvalue()


def _view(words: Mapping[str, str]) -> View:
    shows = {outcome.name.lower(): outcome for outcome in Outcome}
    part = words.get("q", "").strip()[:_LONGEST]
    return View(
        _number(words, "person"), _number(words, "device"), shows.get(words.get("show", "")), part, typed_day(words)
    )


def typed_day(words: Mapping[str, str]) -> date | None:
    """The day that an address names."""
    try:
        day = date.fromisoformat(words.get("day", ""))
    except ValueError:
        return None
    return day if _EARLIEST <= day <= _LAST_DAY else None


def _number(words: Mapping[str, str], key: str) -> int | None:
    text = words.get(key, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - as ids are


def _search(view: View) -> Search:
    search = Search(view.person, view.device, view.show, _typed(view.part))
    if view.day is None:
        return search
    first, until = asked.span_of(asked.number_of(view.day), house.household().timezone)
    return search._replace(first=first, until=until)


def _typed(part: str) -> str:
    """Part of a name as it is written down: other scripts by IDNA."""
    if part.isascii():
        return part
    try:
        return dname.to_text(dname.from_text(part))
    except dname.DNameError:
        return part
