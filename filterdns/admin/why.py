"""Why is it blocked, or would it be on Friday at nine: the explanation of the command line, in words."""

from typing import NamedTuple
from urllib.parse import urlsplit

from flask import Blueprint, abort, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns import verdict
from filterdns.admin import gate, house
from filterdns.admin.asked import allow_name, shown
from filterdns.admin.because import because
from filterdns.admin.change import sentence, typed_again
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.language import mark, when
from filterdns.admin.texts import category_name, target_name
from filterdns.blocklists.source import Holder
from filterdns.household.site import site_of
from filterdns.policy.decide import Action, Decision, Reason
from filterdns.policy.explain import Step
from filterdns.policy.rules import GUESTS, Household, Person, RuleError, name_of
from filterdns.verdict import AskedWrongError, NothingPublishedError, Verdict

pages = Blueprint("why", __name__)

LONGEST = 300
"""Characters of what is typed; an address from a browser's line may be long."""

_ENDS = frozenset({Reason.PAUSED, Reason.GRANTED, Reason.OFF, Reason.USED_UP})
ROWS = {
    "blocked for everyone": mark("Blocked for everybody"),
    "helplines and essentials": mark("Help, and what devices cannot do without"),
    "pause": mark("Pause"),
    "grants": mark("Allowed for a while"),
    "internet off": mark("Internet off"),
    "name rules": mark("Your own sites"),
    "allow-only": mark("Only allowed sites"),
    "minutes": mark("Minutes a day"),
    "categories and services": mark("Kinds of sites, apps and games"),
    "safe search": mark("Safe search"),
    "everything else": mark("Everything else"),
}
"""The rows of `policy.explain`, for people."""
PASSED_BY = {
    "no operator's list holds it": mark("on no list of what is illegal"),
    "neither a helpline nor essential": mark("it is neither"),
    "the pause is over": mark("the pause is over"),
    "not paused": mark("not paused"),
    "no running grant is about it": mark("nothing of the kind is allowed for a while"),
    "nothing is granted": mark("nothing is allowed for a while"),
    "lifted by a grant of time": mark("lifted by the time you gave"),
    "no window turns the internet off now": mark("it is not the time for it"),
    "no name rule encloses it": mark("it is none of them"),
    "there are no name rules": mark("there are none"),
    "not in allow-only mode": mark("not switched on"),
    "there are minutes left for it": mark("there are minutes left"),
    "no minutes are set for it": mark("none are set for it"),
    "it belongs to no category and no service": mark("it belongs to none of them"),
    "a window allows it now": mark("allowed at this time"),
    "its service is allowed": mark("the app or game that it belongs to is allowed"),
    "nothing that holds it is blocked now": mark("known, and not blocked now"),
    "it has no safe form": mark("it has no safe form"),
    "safe search is off": mark("switched off"),
}
"""Why a row passed a name by, for people."""


class Who(NamedTuple):
    """Somebody, or a device, that can be asked about."""

    key: str  # "p2" for the person with id 2, "d5" for a device
    name: str
    person: Person
    device: str  # "" for a person


class Answer(NamedTuple):
    """A verdict, for the page."""

    verdict: Verdict
    headline: str
    because: str
    until: str
    holders: list[str]
    kinds: str
    rows: list[tuple[str, str, bool]]  # row, what of it, did it decide?
    sites: list[str]  # that can be allowed: the name, and the whole site


@pages.get("/why")
@open_to("viewer")
def ask() -> str | AnyResponse:
    """With `?name=`, `?who=` and `?at=`: what holds for them; without, the questions."""
    text = request.args.get("name", "").strip()[:LONGEST]
    at = request.args.get("at", "").strip()[:LONGEST]
    who = next((one for one in _everybody() if one.key == request.args.get("who")), None)
    if not text:
        return _page("", who, at)
    try:
        return _page(text, who, at, _answer(host_of(text), who or _everybody()[0], at))
    except RuleError as error:
        return typed_again(_page(text, who, at, fault=sentence(error)))
    except AskedWrongError:
        return typed_again(
            _page(text, who, at, time_fault=_("This is not a day and a time, such as 2026-12-24 21:00."))
        )
    except NothingPublishedError:
        return _page(text, who, at, fault=_("There are no lists to look into yet. The first update makes them."))


@pages.post("/why/allow")
@open_to("helper")
def allow() -> AnyResponse:
    """Allow a name to somebody, for an hour or, by a parent, for good (`good`)."""
    who = next((one for one in _everybody() if one.key == request.form.get("who")), None)
    for_good = "good" in request.form
    if who is None or (for_good and not gate.may("parent")):
        abort(404 if who is None else 403)
    name = request.form.get("good" if for_good else "hour", "")[:LONGEST]
    then = url_for("why.ask", name=name, who=who.key)
    return allow_name(who.person, name, then, for_good=for_good)


def host_of(text: str) -> str:
    """The name in what was typed, which may be the address of a page. Raises RuleError."""
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        host = ""
    name = host.removesuffix(".")
    name_of(name)
    return name


def _answer(name: str, who: Who, at: str) -> Answer:
    books = verdict.open_books(house.state())
    try:
        found = verdict.judge(books, name, house.now(), person=who.person.name, device=who.device, at=at)
    finally:
        books.table.close()
    decision = found.decision
    headlines = {
        Action.PASS: _("%(name)s is open for %(person)s", name=found.name, person=shown(who.person)),
        Action.BLOCK: _("%(name)s is blocked for %(person)s", name=found.name, person=shown(who.person)),
        Action.LOCAL_DATA: _("%(name)s is open for %(person)s in its safe form", name=found.name,
                             person=shown(who.person)),
    }  # fmt: skip
    can_be_allowed = decision.action is Action.BLOCK and decision.reason is not Reason.ILLEGAL
    return Answer(
        verdict=found,
        headline=headlines[decision.action],
        because=because(decision, house.household()),
        until=_until(decision),
        holders=[_holder(holder) for holder in found.lists],
        kinds=", ".join([*map(category_name, found.categories), *map(target_name, found.services)]),
        rows=[_row(step) for step in found.steps],
        sites=list(dict.fromkeys([found.name, site_of(found.name)])) if can_be_allowed else [],
    )


def _until(decision: Decision) -> str:
    """When a verdict is over, if it has an end; others are only looked at again when something changes."""
    ends = decision.reason in _ENDS or (decision.rule or "").startswith("window:")
    if decision.until is None or not ends:
        return ""
    return _("This holds until %(time)s.", time=when(decision.until))


def _row(step: Step) -> tuple[str, str, bool]:
    """A row of the explanation, what of it, and whether it decided."""
    said = _(PASSED_BY.get(step.passed_by, step.passed_by)) if step.passed_by else ""
    return _(ROWS[step.title]), said, step.verdict is not None


def _holder(holder: Holder) -> str:
    """A list that knows the name."""
    source, listed, is_overruled = holder
    if source.kind == "allow":
        return _("%(list)s takes it out of other lists, as %(listed)s", list=source.title, listed=listed)
    if is_overruled:
        return _("%(list)s had it as %(listed)s, but an allow list takes it out", list=source.title, listed=listed)
    return _("%(list)s has it as %(listed)s", list=source.title, listed=listed)


def _everybody() -> list[Who]:
    """Everybody, the youngest first and guests last, then the devices by name."""
    household = house.household()
    people = sorted(household.people, key=lambda one: (one.name == GUESTS, one.age is None, one.age or 0))
    return [*(Who(f"p{one.id}", shown(one), one, "") for one in people), *_their_devices(household)]


def _their_devices(household: Household) -> list[Who]:
    people = {person.name: person for person in household.people}
    found = []
    for device in sorted(household.devices, key=lambda one: one.name.casefold()):
        owner = people[device.person or GUESTS]
        name = _("%(device)s, of %(person)s", device=device.name, person=shown(owner))
        found.append(Who(f"d{device.id}", name, owner, device.name))
    return found


def _page(  # noqa: PLR0913 - the form, its faults and the answer
    name: str, who: Who | None, at: str, answer: Answer | None = None, *, fault: str = "", time_fault: str = ""
) -> str:
    return render_template(
        "why.html",
        name=name,
        who=who.key if who else "",
        at=at,
        answer=answer,
        fault=fault,
        time_fault=time_fault,
        everybody=[(one.key, one.name) for one in _everybody()],
    )
