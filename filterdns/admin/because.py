"""Why something is open or blocked, in a parent's words: a verdict's sentences, and the short word beside a line."""

from filterdns import dname
from filterdns.admin.language import gettext as _
from filterdns.admin.language import mark
from filterdns.admin.texts import category_name, hours_name, target_name
from filterdns.policy.decide import Action, Decision, Reason
from filterdns.policy.rules import Household

_SENTENCES = {
    Reason.ILLEGAL: mark("It is blocked for everybody, and there is no exception to it."),
    Reason.HELPLINE: mark("Help is always within reach, and nobody sees who looks there."),
    Reason.ESSENTIAL: mark("Devices cannot do without it."),
    Reason.PAUSED: mark("The internet is paused."),
    Reason.GRANTED: mark("You have allowed it for a while."),
    Reason.NOT_ON_LIST: mark("Only sites that you have allowed are open, and this is none of them."),
    Reason.SAFE_SEARCH: mark("It is open in its safe form: safe search is on."),
    Reason.REBINDING: mark("It led to an address inside the house, which a site from outside has no business with."),
    Reason.DEFAULT: mark("Nothing speaks against it."),
}
_WORDS = {
    Reason.ILLEGAL: mark("blocked for everybody"),
    Reason.PAUSED: mark("paused"),
    Reason.GRANTED: mark("allowed for a while"),
    Reason.NAME_RULE: mark("your own rule"),
    Reason.NOT_ON_LIST: mark("not on the list"),
    Reason.USED_UP: mark("minutes used up"),
    Reason.SAFE_SEARCH: mark("safe search"),
    Reason.REBINDING: mark("leads into the house"),
}


def because(decision: Decision, household: Household) -> str:  # noqa: PLR0911 - a sentence a reason
    """The reason of a verdict, as a sentence."""
    rule = decision.rule or ""
    match decision.reason:
        case Reason.OFF:
            return _("The internet is off: %(window)s.", window=_window(rule, household))
        case Reason.NAME_RULE:
            name = _name(rule, household)
            if decision.action is Action.BLOCK:
                return _("You have blocked %(name)s.", name=name)
            return _("You have allowed %(name)s.", name=name)
        case Reason.USED_UP:
            return _("The minutes for %(what)s are used up for today.", what=target_name(rule.removeprefix("minutes:")))
        case Reason.CATEGORY if rule.startswith("window:"):
            return _("It is blocked at this time: %(window)s.", window=_window(rule, household))
        case Reason.CATEGORY if rule == "safe_search":
            return _("It is a search engine without a safe form, and safe search is on.")
        case Reason.CATEGORY if rule.startswith("service:"):
            return _("It belongs to %(service)s, which is blocked.", service=target_name(rule))
        case Reason.CATEGORY:
            return _("It is one of these, which are blocked: %(category)s.", category=_category(rule))
        case Reason.SAFE_SEARCH if decision.alias is not None:
            return _("It is open in its safe form, %(name)s.", name=dname.to_text(decision.alias))
    return _(_SENTENCES[decision.reason])


def word(reason: str, rule: str, household: Household) -> str:
    """The same as a word or two, for a line of what was asked; "" where there is nothing to say."""
    if reason == Reason.OFF or rule.startswith("window:"):
        return _window(rule, household)
    if reason == Reason.CATEGORY:
        return _("no safe search") if rule == "safe_search" else _category(rule)
    return _(_WORDS[Reason(reason)]) if reason in _WORDS else ""


def _category(rule: str) -> str:
    return target_name(rule) if rule.startswith("service:") else category_name(rule.removeprefix("category:"))


def _window(rule: str, household: Household) -> str:
    windows = {f"window:{window.id}": window.name for person in household.people for window in person.windows}
    return hours_name(windows[rule]) if rule in windows else _("hours that have changed since")


def _name(rule: str, household: Household) -> str:
    rules = [*household.rules, *(held for person in household.people for held in person.rules)]
    return next((held.name for held in rules if f"rule:{held.id}" == rule), "")
