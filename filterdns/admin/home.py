"""The front page: who may do what now, and the few taps of every day."""

from dataclasses import dataclass
from functools import partial

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from filterdns import status
from filterdns.admin import gate, house
from filterdns.admin.change import change, refused, undone
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.language import when
from filterdns.admin.person import called, found, view
from filterdns.admin.standings import Now, more_time_until, now_of
from filterdns.admin.texts import target_name
from filterdns.blocklists import results
from filterdns.household import changes, edits, requests
from filterdns.household.changes import ChangedMeanwhileError, PublishError
from filterdns.household.requests import Request, RequestError, Requests
from filterdns.household.store import StoreError
from filterdns.policy.rules import GUESTS, Person, RuleError

pages = Blueprint("home", __name__)

MINUTES = (15, 30)
HOUR, DAY = 3600, 86400


@dataclass(frozen=True, slots=True)
class Card:
    """One person on the front page."""

    person: Person
    now: Now
    devices: int

    @property
    def is_guests(self) -> bool:
        """Is it whoever uses a device that nobody has claimed?"""
        return self.person.name == GUESTS

    @property
    def has_clock(self) -> bool:
        """Is there anything that more time could lift?"""
        return bool(self.person.windows or self.person.minutes)


@dataclass(frozen=True, slots=True)
class Wish:
    """An open request, in words."""

    request: Request
    person: str
    words: str


@pages.get("/")
@open_to("viewer")
def front() -> str:
    """Everybody at one look."""
    household = house.household()
    found = status.read(house.state())
    health = _health(found)
    with house.opened() as store:
        last = store.last_change()
        wishes = [_wish(one) for one in Requests(store).open(int(house.now()))]
    return render_template(
        "home.html",
        cards=[_card(person) for person in _in_order(household.people)],
        wishes=[wish for wish in wishes if wish],
        status=found,
        in_force=bool(found.workers) and found.in_force_on == len(found.workers),
        ill=[sentence for is_well, sentence in health if not is_well],
        well=[sentence for is_well, sentence in health if is_well],
        house_paused=any(pause.until is None or pause.until > house.now() for pause in household.pauses),
        last_change=last,
        minutes=MINUTES,
    )


@pages.post("/people/<int:key>/pause")
@open_to("helper")
def pause(key: int) -> Response:
    """The internet is off until somebody resumes it."""
    name = found(key).name
    return change(_("Paused %(person)s", person=called(name)), partial(edits.pause, person=name, until=None), _home())


@pages.post("/people/<int:key>/resume")
@open_to("helper")
def resume(key: int) -> Response:
    """The end of a pause."""
    name = found(key).name
    return change(_("Resumed %(person)s", person=called(name)), partial(edits.resume, person=name), _home())


@pages.post("/pause")
@open_to("helper")
def pause_house() -> Response:
    """The internet is off for everybody."""
    return change(_("Paused the whole house"), partial(edits.pause, person=None, until=None), _home())


@pages.post("/resume")
@open_to("helper")
def resume_house() -> Response:
    """The end of that."""
    return change(_("Resumed the whole house"), partial(edits.resume, person=None), _home())


@pages.post("/people/<int:key>/time")
@open_to("helper")
def more_time(key: int) -> Response:
    """Lift the clock: `minutes` more, or `until_off`: until the internet goes off next, or comes back."""
    person, rules = found(key), view(key)
    now = int(house.now())
    if "until_off" in request.form:
        until = now_of(person, rules, house.household(), now).until_off
    else:
        minutes = request.form.get("minutes", type=int)
        if minutes not in MINUTES:
            abort(400)
        until = more_time_until(rules, house.household().timezone, now, minutes * 60)
    if until is None:
        abort(400)
    title = _("More time for %(person)s until %(time)s", person=person.name, time=when(until))
    return change(title, partial(edits.grant, person=person.name, target="time", until=until, now=now), _home())


@pages.post("/requests/<int:key>/allow")
@open_to("helper")
def allow(key: int) -> Response:
    """Grant what a child asked for: an hour, or what is left of the day for `long`."""
    now = int(house.now())
    wish = _open_wish(key)
    if wish is None:
        house.say("wait", _("Somebody has answered this already."))
        return _back()
    until = now + (DAY if "long" in request.form else HOUR if wish.request.target != "time" else MINUTES[1] * 60)
    if wish.request.target == "time":
        until = more_time_until(view(wish.request.person), house.household().timezone, now, until - now)
    title = _("Allowed for %(person)s: %(what)s", person=wish.person, what=wish.words)
    try:
        requests.allow(house.state(), gate.parent().name, title, key, until, now)
    except RequestError:
        house.say("wait", _("Somebody has answered this already."))
    except (RuleError, StoreError) as error:
        return refused(error, _home())
    except PublishError:
        house.say("wait", _("This is kept, but not in force yet. The filter goes on with the rules it has."))
    else:
        house.say("good", title)
    return _back()


@pages.post("/requests/<int:key>/refuse")
@open_to("helper")
def refuse(key: int) -> Response:
    """Say no; the child reads it on its own page."""
    wish = _open_wish(key)
    if wish is None:
        house.say("wait", _("Somebody has answered this already."))
        return _back()
    title = _("Refused for %(person)s: %(what)s", person=wish.person, what=wish.words)
    try:
        requests.refuse(house.state(), gate.parent().name, title, key, int(house.now()))
    except RequestError:
        house.say("wait", _("Somebody has answered this already."))
    except StoreError as error:
        return refused(error, _home())
    return _back()


@pages.post("/undo")
@open_to("parent")
def undo() -> Response:
    """Put back what was before the last change."""
    try:
        changes.undo(
            house.state(),
            gate.parent().name,
            undone,
            request.form.get("revision", type=int),
        )
    except ChangedMeanwhileError:
        house.say("wait", _("Something else was changed meanwhile. Look at it before you undo it."))
    except (RuleError, StoreError) as error:
        return refused(error, _home())
    except PublishError:
        house.say("wait", _("This is kept, but not in force yet. The filter goes on with the rules it has."))
    else:
        house.say("good", _("Undone. It is as it was before."))
    return _back()


def _card(person: Person) -> Card:
    household = house.household()
    owner = None if person.name == GUESTS else person.name
    devices = sum(device.person in (owner, person.name) for device in household.devices)
    return Card(person, now_of(person, view(person.id), household, int(house.now())), devices)


def _in_order(people: tuple[Person, ...]) -> list[Person]:
    """Children first, the youngest before, then grown-ups, then guests."""
    return sorted(people, key=lambda person: (person.name == GUESTS, person.age is None, person.age or 0))


def _open_wish(key: int) -> Wish | None:
    with house.opened() as store:
        return next((_wish(one) for one in Requests(store).open(int(house.now())) if one.id == key), None)


def _wish(one: Request) -> Wish | None:
    name = next((person.name for person in house.household().people if person.id == one.person), None)
    return Wish(one, name, target_name(one.target)) if name else None


def _health(found: status.Status) -> list[tuple[bool, str]]:
    """(is it well, a sentence) of the servers that are asked, of the lists, and of the clock if it is wrong."""
    said = [_servers(found), _lists()]
    if found.workers and not all(worker.clock_plausible for worker in found.workers):
        wrong = _("The clock of the box is wrong: bedtimes and other hours cannot be kept until it is set.")
        said.append((False, wrong))
    return [(is_well, sentence) for is_well, sentence in said if sentence]


def _servers(found: status.Status) -> tuple[bool, str]:
    down = sum(upstream.is_down for upstream in found.upstreams)
    if not any(upstream.answered or upstream.is_down for upstream in found.upstreams):
        return True, ""  # nothing was asked yet
    if not down:
        return True, _("The servers on the internet that are asked answer.")
    if down < len(found.upstreams):
        return False, _("One of the servers that are asked does not answer; the others do.")
    return False, _("No server on the internet answers. Names that were asked before still work for a while.")


def _lists() -> tuple[bool, str]:
    known = results.read_if_any(house.state())
    bad = [entry for entry in known if entry.is_bad]
    if any(not entry.digest for entry in bad):
        return False, _("Some block lists could not be downloaded yet. What is built in filters already.")
    if bad:
        return False, _("Some block lists could not be brought up to date; their last good content is in use.")
    looked = max((entry.reached for entry in known if entry.reached is not None), default=None)
    if looked is None:
        return True, _("No block list was downloaded; what is built in filters.")
    return True, _("The block lists are up to date, looked for last: %(time)s.", time=when(looked))


def _home() -> str:
    return url_for("home.front")


def _back() -> Response:
    return redirect(_home(), 303)
