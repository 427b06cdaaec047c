"""The page of whoever uses a device, without a login: what applies here, why, how to ask, and where there is help."""

from typing import NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from filterdns import verdict
from filterdns.admin import house
from filterdns.admin.change import sentence, typed_again
from filterdns.admin.gate import open_to_all
from filterdns.admin.language import gettext as _
from filterdns.admin.language import mark, when
from filterdns.admin.standings import now_of
from filterdns.admin.texts import category_name, hours_name, target_name
from filterdns.admin.visitor import Visitor, visitor
from filterdns.blocklists import builtin
from filterdns.household.detail import Detail, detail_for
from filterdns.household.requests import LONGEST_REASON, RequestError, Requests, State
from filterdns.household.store import StoreError
from filterdns.policy.category import CHOICES, SECURITY
from filterdns.policy.decide import Action, Decision, Reason
from filterdns.policy.rules import RuleError, name_of

pages = Blueprint("me", __name__)

SHOWN = 5
"""Requests of one's own that are shown."""

_SEEN = {
    Detail.NOTHING: mark("Your parents see nothing of what you look up."),
    Detail.RISKS: mark("Your parents see only how often something dangerous was blocked, a day at a time. No names."),
    Detail.CATEGORIES: mark("Your parents see how often you used which kind of site, such as games. No names."),
    Detail.SITES: mark("Your parents can see the sites you look up, not what you do there."),
    Detail.NAMES: mark("Your parents can see the names you look up, not what you do there."),
}
_STATES = {
    State.OPEN: mark("waiting"),
    State.GRANTED: mark("allowed"),
    State.REFUSED: mark("not now"),
    State.REPLACED: mark("asked again"),
}
_TOO_MANY = {
    "too many open": mark("You have asked three times already. Wait for an answer first."),
    "too many today": mark("That was a lot of asking for one day. Talk to your parents, or ask again tomorrow."),
}
_WHY = {
    Reason.ILLEGAL: mark("It is blocked for everybody, and nobody can change that."),
    Reason.HELPLINE: mark("It is open, always. Nobody sees that you look there."),
    Reason.ESSENTIAL: mark("It is open, always: devices need it to work."),
    Reason.PAUSED: mark("The internet is paused for you."),
    Reason.GRANTED: mark("It is open: it was allowed for you."),
    Reason.OFF: mark("The internet is off for you at this time."),
    Reason.NOT_ON_LIST: mark("It is not on the list of sites that are open for you."),
    Reason.USED_UP: mark("Your minutes for it are used up for today."),
    Reason.SAFE_SEARCH: mark("It is open, in its safe form."),
    Reason.DEFAULT: mark("It is open. If it does not work, the reason is not this filter."),
}
mark("Missing children")  # so helplines.yaml calls a number of all Europe; the other names there are proper names

_ENDS = frozenset({Reason.PAUSED, Reason.OFF, Reason.USED_UP, Reason.GRANTED})
"""Verdicts that are over at their end; others are only looked at again then."""


class Answer(NamedTuple):
    """Why a name is or is not blocked, for the visitor."""

    name: str
    is_blocked: bool
    words: str
    until: int | None  # epoch


class Asked(NamedTuple):
    """A request of the visitor's own, in words."""

    what: str
    state: State
    shown: str
    until: int | None


@pages.get("/me")
@open_to_all
def page() -> str:
    """What applies on this device now; with `?name=`, why that name is blocked."""
    return _page(request.args.get("name", ""))


@pages.post("/me/ask")
@open_to_all
def ask() -> Response:
    """Ask the parents for more time, or for a site."""
    who = visitor()
    what, name, reason = (request.form.get(key, "").strip() for key in ("what", "name", "reason"))
    fault = _refusal(who, name if what != "time" else None)
    if fault:
        return typed_again(_page(fault=fault, reason=reason))
    try:
        with house.writing() as store:
            target = "time" if what == "time" else f"name:{_host(name)}"
            Requests(store).ask(who.person.id, who.device, target, reason, int(house.now()))
    except RequestError as error:
        return typed_again(_page(fault=_(_TOO_MANY[str(error)]), reason=reason))
    except StoreError as error:
        return typed_again(_page(fault=sentence(error), reason=reason))
    house.say("good", _("Your parents will see it on their page."))
    return redirect(url_for("me.page"), 303)


def _refusal(who: Visitor, name: str | None) -> str:
    """Why this visitor cannot ask for this name (None: for time); "" if it can be asked."""
    if who.is_guest:
        return _("Nobody knows whose device this is. Ask your parents to say so first.")
    if name is None:
        return ""
    if not name:
        return _("Which site? Type its name, such as example.org.")
    try:
        is_illegal = _verdict(who, _host(name)).decision.reason is Reason.ILLEGAL
    except RuleError:
        return _("That is not the name of a site, such as example.org.")
    except verdict.NothingPublishedError:
        return _("This cannot be asked just now. Try again in a minute.")
    return _(_WHY[Reason.ILLEGAL]) if is_illegal else ""  # such a name is never kept


def _page(name: str = "", fault: str = "", reason: str = "") -> str:
    household, who = house.household(), visitor()
    now = int(house.now())
    with house.opened() as store:
        mine = [] if who.is_guest else Requests(store).of(who.person.id)[:SHOWN]
    return render_template(
        "me.html",
        who=who,
        now=now_of(who.person, who.view, household, now),
        blocked=[category_name(category) for category in CHOICES if category in who.person.block - SECURITY],
        windows=who.person.windows,
        sites=[rule.name for rule in who.person.rules if rule.action == "allow"] if who.person.allow_only else [],
        answer=_answer(who, name) if name else None,
        asked=[
            Asked(target_name(one.target), one.state, _(_STATES[one.state]), one.until)
            for one in mine
            if one.state is not State.REPLACED
        ],
        help=builtin.helplines(household.country),
        seen=_(_SEEN[detail_for(who.person.name, who.person.age)]),
        fault=fault,
        reason=reason,
        name=name,
        most=LONGEST_REASON,
    )


def _answer(who: Visitor, name: str) -> Answer | None:
    """The verdict for this visitor, in a child's words: which list says so is for parents."""
    try:
        host = _host(name)
        decision = _verdict(who, host).decision
    except (RuleError, verdict.NothingPublishedError):
        return None
    ends_it = decision.reason in _ENDS or (decision.rule or "").startswith("window:")
    return Answer(host, decision.action is Action.BLOCK, _words(who, decision), decision.until if ends_it else None)


def _verdict(who: Visitor, host: str) -> verdict.Verdict:
    """Raises NothingPublishedError."""
    return verdict.judge(verdict.open_books(house.state()), host, house.now(), device=who.mac or who.address)


def _words(who: Visitor, decision: Decision) -> str:
    kind, _colon, about = (decision.rule or "").partition(":")
    if decision.reason is Reason.CATEGORY and kind == "category":
        return _("It belongs to: %(category)s. That is blocked for you.", category=category_name(about))
    if decision.reason is Reason.CATEGORY and kind == "service":
        return _("It belongs to %(service)s. That is blocked for you.", service=target_name(decision.rule or ""))
    if decision.reason is Reason.CATEGORY and kind == "safe_search":
        return _("It is a search engine that has no safe form.")
    if decision.reason is Reason.CATEGORY:
        window = next(
            (hours_name(window.name) for window in who.person.windows if f"window:{window.id}" == decision.rule), ""
        )
        return _("It is blocked during: %(window)s.", window=window)
    if decision.reason is Reason.NAME_RULE:
        blocked = _("A rule of your parents blocks it."), _("It is open: a rule of your parents allows it.")
        return blocked[decision.action is not Action.BLOCK]
    return _(_WHY.get(decision.reason, _WHY[Reason.DEFAULT]))


def _host(text: str) -> str:
    """The name in what somebody typed or pasted, an address of a page too. Raises RuleError."""
    name = text.strip().partition("://")[2] or text.strip()
    name = name.partition("/")[0].partition("?")[0].rpartition("@")[2].partition(":")[0].rstrip(".").casefold()
    name_of(name)
    return name


def ends(until: int | None) -> str:
    """As in " until 20:00", "" without an end."""
    return "" if until is None else _("until %(time)s", time=when(until))


pages.add_app_template_global(ends)
