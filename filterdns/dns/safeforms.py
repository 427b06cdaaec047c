"""Where the safe forms of search engines are: which of their names resolves, and its last good addresses. Pure.

An engine may have several names for its safe form, of which some may be gone: the first that resolves is asked
for. What was found once serves on while no upstream has an answer; the engine's own addresses never do.
"""

from collections.abc import Mapping

from filterdns.dns.message import Answer
from filterdns.dns.wire import AAAA, A
from filterdns.policy.view import Policy

AGAIN_AFTER = 3600.0
"""Seconds after which a name that did not resolve is tried again."""
STALE_TTL = 30
"""Seconds that addresses from before are given for (RFC 8767 section 4)."""
MOST_ADDRESSES = 16

SIZE = {A: 4, AAAA: 16}
_NOWHERE = frozenset({bytes(4), bytes(16)})

Good = Mapping[bytes, tuple[bytes, ...]]
"""Wire name of a safe form -> packed addresses of both versions."""


class SafeForms:
    """What one worker knows of the safe forms of the policy in force."""

    def __init__(self) -> None:
        self.good: dict[bytes, tuple[bytes, ...]] = {}
        self._names: Mapping[bytes, tuple[bytes, ...]] = {}  # form -> all its names, itself first
        self._gone: dict[bytes, float] = {}  # name -> monotonic time until which it is passed over
        self._learned: dict[tuple[bytes, int], tuple[Answer, list[bytes]]] = {}  # the last answer of use

    def obey(self, policy: Policy) -> None:
        """Take the forms of a policy; what is known of others is forgotten."""
        forms = {form for view in policy.views for form in view.aliases.values()}
        self._names = {form: (form, *policy.further_forms.get(form, ())) for form in forms}
        self.remember(self.good)

    def remember(self, good: Good) -> None:
        """Take what was good before, for names that the policy holds."""
        held = {name for names in self._names.values() for name in names}
        self.good = {name: addresses for name, addresses in good.items() if name in held}

    def name(self, form: bytes, now: float) -> bytes:
        """The name to ask for: the first of the form's that has not failed lately, else the first."""
        gone = self._gone
        if form not in gone:
            return form
        return next((name for name in self._names.get(form, ()) if gone.get(name, 0.0) <= now), form)

    def learn(self, name: bytes, qtype: int, answer: Answer, now: float, *, is_public: bool) -> list[bytes] | None:
        """The addresses of an answer, the last good ones from now on; None: of no use, the name is passed over.

        No IPv6 address is an answer of use, because IPv4 will do. 0.0.0.0 is an upstream's way of blocking, and a
        private address of a public name is somebody's attack.
        """
        if (known := self._learned.get((name, qtype))) is not None and known[0] == answer:
            return known[1]
        nowhere = answer.rcode or (answer.private and is_public)
        found = [packed for packed in answer.addresses if len(packed) == SIZE[qtype]][:MOST_ADDRESSES]
        if nowhere or (qtype == A and not found) or not _NOWHERE.isdisjoint(found):
            self._gone[name] = now + AGAIN_AFTER
            return None
        self._gone.pop(name, None)
        self._learned[name, qtype] = answer, found
        others = tuple(packed for packed in self.good.get(name, ()) if len(packed) != SIZE[qtype])
        if found or others:
            self.good[name] = tuple(sorted(found)) + others
        return found

    def last_good(self, form: bytes, qtype: int) -> tuple[bytes, list[bytes]] | None:
        """A name of the form and the addresses it had; none of IPv6 will do where there are some of IPv4."""
        for name in self._names.get(form, ()):
            kept = self.good.get(name, ())
            found = [packed for packed in kept if len(packed) == SIZE[qtype]]
            if found or (kept and qtype == AAAA):
                return name, found
        return None
