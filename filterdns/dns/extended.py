"""Extended errors (RFC 8914): what a reply says, in a few words, of why it is not the plain answer. Pure."""

from functools import lru_cache

from filterdns.dns.wire import EDE_BLOCKED, EDE_FILTERED
from filterdns.policy.category import SECURITY
from filterdns.policy.decide import Reason

_TEXT = {
    Reason.ILLEGAL: "Blocked",
    Reason.PAUSED: "Paused",
    Reason.OFF: "Internet is off now",
    Reason.NAME_RULE: "Blocked by a rule",
    Reason.NOT_ON_LIST: "Not on the allowed list",
    Reason.USED_UP: "Time is used up for today",
    Reason.REBINDING: "A private address for a public name",
}
_RULE = {"window": "Not at this hour", "safe_search": "A search engine without safe search"}
_BY_AN_OPERATOR = frozenset({Reason.ILLEGAL, Reason.REBINDING})
_SECURITY_RULES = frozenset(f"category:{name}" for name in SECURITY)


@lru_cache(maxsize=1024)
def extended_error(reason: Reason, rule: str) -> tuple[int, str]:
    """The code and text of a block: a family's own rule is 17, security and operators are 15."""
    kind, _, about = rule.partition(":")
    text = _TEXT.get(reason) or _RULE.get(kind) or f"{kind.capitalize()}: {about}"
    if reason in _BY_AN_OPERATOR or rule in _SECURITY_RULES:
        return EDE_BLOCKED, text
    return EDE_FILTERED, text
