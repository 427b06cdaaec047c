"""The journey of a query, sans-IO: packets and the time go in, replies and questions for upstreams come out.

    receive_query   read the question -> who asks -> decide -> answer here, from the cache, or Forward
    receive_answer  keep the answer -> who waits for it
    reply_to        judge what the answer leads to, for one who waits -> reply

Nothing here touches a socket, a clock or a file; the worker does, and passes in what it saw.
"""

from typing import Final, NamedTuple

from filterdns.dns.answers import AnswerCache, Packed, unpack
from filterdns.dns.extended import extended_error
from filterdns.dns.local import local_answer
from filterdns.dns.memory import Asked, Client, Memory, Remembered
from filterdns.dns.message import Answer, is_truncated, serve
from filterdns.dns.safeforms import STALE_TTL, SafeForms
from filterdns.dns.tally import Tally
from filterdns.dns.waiting import Forward, Now, Sender, Snapshot, Waiter
from filterdns.dns.wire import (
    AAAA,
    ANY,
    EDE_NO_REACHABLE_AUTHORITY,
    NXDOMAIN,
    SERVFAIL,
    A,
    Question,
    WireError,
    alias,
    any_minimal,
    blocked,
    negative,
    question,
    reply,
    truncated,
)  # fmt: skip
from filterdns.policy.decide import Action, Decision, Reason, decide, judge_alias
from filterdns.policy.view import View

BLOCKED_TTL: Final = 10
"""Seconds a stub keeps a verdict at most, so that what a parent allows works at once."""
SAFE_SEARCH_TTL = 300
MOST_IN_FLIGHT: Final = 1000
MOST_WAITING_PER_CLIENT: Final = 100

_OPENED_BY_A_PARENT: Final = frozenset({Reason.HELPLINE, Reason.ESSENTIAL, Reason.GRANTED, Reason.NAME_RULE})
_BLOCK: Final = Action.BLOCK
_LOCAL_DATA: Final = Action.LOCAL_DATA
_ANSWERS, _REPLIES, _LINES = 6, 6, 1  # sixteenths; the rest is what CPython's allocator loses when sizes change
_REBINDING = Decision(Action.BLOCK, Reason.REBINDING, "rebinding", None)
_NXDOMAIN_FORM = "nxdomain"


class Groups(NamedTuple):
    """Which upstream group serves whom: indices into the worker's upstreams."""

    family: int
    adults: int
    local: dict[bytes, int]  # domain -> group, counted from `first_local`
    first_local: int

    def pick(self, view: View, qname: bytes) -> int:
        """The group for a name: the closest local domain's, else by who asks."""
        if self.local:
            at = 0
            while length := qname[at]:
                if (found := self.local.get(qname[at:])) is not None:
                    return found
                at += length + 1
        return self.adults if view.adult else self.family


class Resolver:
    """The state of one worker: the snapshot in force, the cache, what is in flight, what was asked."""

    def __init__(self, snapshot: Snapshot, groups: Groups, cache_bytes: int) -> None:
        """`cache_bytes` is what a process may grow by: answers, replies, lines of what was asked, and between them."""
        self.groups = groups
        self.cache = AnswerCache(cache_bytes * _ANSWERS // 16)
        self.in_flight: dict[bytes, list[Waiter]] = {}
        self.memory = Memory(cache_bytes * _REPLIES // 16)
        self.safe_forms = SafeForms()
        self.tally = Tally(cache_bytes * _LINES // 16)
        self._told: list[tuple[Client, Question, Decision, bytes, Remembered | None]] = []
        self.swap(snapshot)

    def swap(self, snapshot: Snapshot) -> None:
        """Put another snapshot in force: one assignment, and everything decided by the old one is forgotten."""
        self.snapshot = snapshot
        self.safe_forms.obey(snapshot.policy)
        self.forget()

    def forget(self) -> None:
        """Forget every verdict and every client; unfiltered answers stay."""
        self.memory.forget()

    def receive_query(  # noqa: PLR0911 - the journey, step by step
        self, packet: bytes, client: Client, sender: Sender, now: Now, *, stream: bool = False
    ) -> bytes | Forward | None:
        """A reply, a question for an upstream, or None: wait (or stay silent)."""
        if not stream and client.older and (again := self.memory.recall_older(client, packet, now.mono)) is not None:
            return again
        try:
            asked = question(packet)
        except WireError as error:
            return error.reply
        name = asked.qname
        decision = decide(client.view, name, self.snapshot.table.tags(name), now.moment)
        if decision.action is _BLOCK:
            return self._block(packet, asked, client, decision, now, remember=not stream)
        if asked.qtype == ANY:
            self._note(client, asked, decision)
            return any_minimal(packet, asked)
        if decision.action is _LOCAL_DATA and decision.alias is not None:
            name = self.safe_forms.name(decision.alias, now.mono)
            if asked.qtype not in (A, AAAA):
                self._note(client, asked, decision)
                return alias(packet, asked, name, _seconds(decision, now, SAFE_SEARCH_TTL), [])
        group = self.groups.pick(client.view, name)
        if group < self.groups.first_local and (local := local_answer(packet, asked)) is not None:
            self._note(client, asked, decision)
            return local
        key = name + bytes((asked.qtype >> 8, asked.qtype & 255, asked.do << 1 | asked.cd, group))
        waiter = Waiter(packet, asked, name, client, decision, sender, stream, self.snapshot)
        if (found := self.cache.get(key, now.mono)) is not None:
            answer, stored = unpack(found)
            if decision.alias is not None:
                return self._safe_form(waiter, answer, stored, now, group)
            return self._answer(waiter, answer, stored, now, group, packed=None if stream else found)
        return self._forward(key, waiter, Forward(key, group, name, asked.qtype, asked.do, asked.cd))

    def receive_answer(self, forward: Forward, answer: Answer | None, now: Now) -> list[Waiter]:
        """Keep an answer; returns all who wait for it and are to be given `reply_to`. None: no upstream had one."""
        waiters = self.in_flight.pop(forward.key, [])
        for waiter in waiters:
            waiter.client.waiting -= 1
        if answer is not None:
            self.cache.put(forward.key, answer, now.mono)
        return waiters

    def reply_to(self, waiter: Waiter, forward: Forward, answer: Answer | None, now: Now) -> bytes | Forward | None:
        """The reply for one who waited, decided anew if its verdict ended or the rules changed meanwhile.

        For a safe form that has another name, it may be one more question, or None: wait for that with others.
        """
        packet, asked, client, decision = waiter.packet, waiter.asked, waiter.client, waiter.decision
        if waiter.snapshot is not self.snapshot or (decision.until is not None and decision.until <= now.epoch):
            client.become(*self.snapshot.policy.view_for(client.mac, client.address))
            decided = decide(client.view, asked.qname, self.snapshot.table.tags(asked.qname), now.moment)
            if decided.action is _BLOCK:
                return self._block(packet, asked, client, decided, now, remember=False)
            if decided.alias != decision.alias or self.groups.pick(client.view, forward.qname) != forward.group:
                return reply(packet, asked, SERVFAIL)  # this answer is not the one to give: the client asks again
            waiter.decision = decided
        if waiter.decision.alias is not None:
            return self._safe_form(waiter, answer, now.mono, now, forward.group)
        if answer is None:
            self._note(client, asked, waiter.decision)
            return reply(packet, asked, SERVFAIL, ede=(EDE_NO_REACHABLE_AUTHORITY, "No upstream answers"))
        return self._answer(waiter, answer, now.mono, now, forward.group)

    def settle(self) -> bool:
        """Remember and count what was answered, when it has left; and count some of what was given again.

        Called often, so that little waits. Is there more?
        """
        if told := self._told:
            self._told = []
            for client, asked, decision, packet, kept in told:
                line = self.tally.note(client, asked, decision)
                if kept is not None:
                    kept.asked = line
                    self.memory.keep(client, packet[2:], kept)
        for line, times in self.memory.take_hits():
            self.tally.count(line, times)
        return self.memory.waiting_hits > 0

    def take_asked(self) -> dict[Asked, int]:
        """What was counted since the last call, with how often it was asked."""
        return self.tally.take()

    def _forward(self, key: bytes, waiter: Waiter, forward: Forward) -> bytes | Forward | None:
        """Ask an upstream, or wait with the others who asked the same (RFC 5452 section 5: never ask twice)."""
        client = waiter.client
        waiting = self.in_flight.get(key)
        if client.waiting >= MOST_WAITING_PER_CLIENT or (waiting is None and len(self.in_flight) >= MOST_IN_FLIGHT):
            return reply(waiter.packet, waiter.asked, SERVFAIL)
        client.waiting += 1
        if waiting is not None:
            waiting.append(waiter)
            return None
        self.in_flight[key] = [waiter]
        return forward

    def _answer(  # noqa: PLR0913 - the answer, its age and for whom
        self, waiter: Waiter, answer: Answer, stored: float, now: Now, group: int, *, packed: Packed | None = None
    ) -> bytes:
        """The reply for one who asked, after judging where the answer leads (rows 1, 6 and 9, and rebinding).

        It is remembered if the answer is given as the cache holds it, and not if it has just come from an upstream: a
        name asked once must not push out others.
        """
        packet, asked, client, decision, stream = (
            waiter.packet, waiter.asked, waiter.client, waiter.decision, waiter.stream,
        )  # fmt: skip
        if answer.aliases or answer.private:
            against = self._judge(client.view, answer, decision, now, is_public=group < self.groups.first_local)
            if against is not None:
                return self._block(packet, asked, client, against, now, remember=False)
        until = now.mono + (decision.until - now.epoch) if decision.until is not None else 1e18
        age = int(now.mono - stored)
        longest = int(min(until - now.mono, 1e9))
        served = _fitting(packet, asked, serve(packet, asked, answer, age, longest), stream=stream)
        lasts_until = min(stored + answer.lifetime, until)
        kept = None
        if packed is not None and lasts_until > now.mono and not is_truncated(served):
            kept = Remembered(served[2:], min(lasts_until, stored + age + 1, until - longest))
            kept.answer, kept.base, kept.until = packed, asked.end - 2, until
        self._note(client, asked, decision, packet, kept)
        return served

    def _safe_form(
        self, waiter: Waiter, answer: Answer | None, stored: float, now: Now, group: int
    ) -> bytes | Forward | None:
        """The name asked as an alias of its safe form: where that is, where it was, or nowhere; never the plain one."""
        packet, asked, name, client = waiter.packet, waiter.asked, waiter.name, waiter.client
        decision, stream = waiter.decision, waiter.stream
        form, forms, is_public = decision.alias or name, self.safe_forms, group < self.groups.first_local
        addresses = None if answer is None else forms.learn(name, asked.qtype, answer, now.mono, is_public=is_public)
        found: tuple[bytes, list[bytes]] | None
        if answer is not None and addresses is not None:
            if against := self._judge(client.view, answer, decision, now, is_public=is_public):
                return self._block(packet, asked, client, against, now, remember=False)
            found, left = (name, addresses), max(0, answer.lifetime - int(now.mono - stored))
        elif answer is not None and forms.name(form, now.mono) != name:
            return self.receive_query(packet, client, waiter.sender, now, stream=stream)
        else:
            found, left = forms.last_good(form, asked.qtype), STALE_TTL
        self._note(client, asked, decision)
        if found is None:
            return reply(packet, asked, SERVFAIL, ede=(EDE_NO_REACHABLE_AUTHORITY, "Safe search is not to be found"))
        ttl = _seconds(decision, now, min(SAFE_SEARCH_TTL, left))
        return _fitting(packet, asked, alias(packet, asked, found[0], ttl, found[1]), stream=stream)

    def _judge(self, view: View, answer: Answer, decision: Decision, now: Now, *, is_public: bool) -> Decision | None:
        """What speaks against an answer: an alias that is blocked itself, or a private address for a public name."""
        tags = self.snapshot.table.tags
        opened = decision.reason in _OPENED_BY_A_PARENT
        for target in answer.aliases:
            against = judge_alias(view, target, tags(target), now.moment)
            if against is not None and (not opened or against.reason is Reason.ILLEGAL):
                return against
        return _REBINDING if answer.private and is_public else None

    def _block(  # noqa: PLR0913 - what is blocked, for whom and why
        self, packet: bytes, asked: Question, client: Client, decision: Decision, now: Now, *, remember: bool
    ) -> bytes:
        """The reply to what is blocked; remembered, if it does not hang on an answer, while its TTL stays the same."""
        policy, table = self.snapshot.policy, self.snapshot.table
        ttl = _seconds(decision, now, BLOCKED_TTL)
        ede = extended_error(decision.reason, decision.rule or "")
        if (form := table.special.get(asked.qname)) is not None:
            served = negative(packet, asked, NXDOMAIN if form == _NXDOMAIN_FORM else 0, ttl, ede=ede)
        else:
            served = blocked(packet, asked, policy.blocked_answer, ttl, ede, page=client.page)
        until = now.mono + (decision.until - now.epoch - BLOCKED_TTL) if decision.until is not None else 1e18
        kept = Remembered(served[2:], until) if remember and until > now.mono else None
        self._note(client, asked, decision, packet, kept)
        return served

    def _note(
        self, client: Client, asked: Question, decision: Decision, packet: bytes = b"", kept: Remembered | None = None
    ) -> None:
        """Leave for `settle` what was decided, and the reply if it is to be given again to the same octets."""
        self._told.append((client, asked, decision, packet, kept))


def _fitting(packet: bytes, asked: Question, served: bytes, *, stream: bool) -> bytes:
    """The reply, or over UDP, if the client cannot take as much, the one that sends it to TCP."""
    return served if stream or len(served) <= asked.udp_size else truncated(packet, asked)


def _seconds(decision: Decision, now: Now, most: int) -> int:
    """Whole seconds a verdict may be kept: at most `most`, never past its end."""
    if decision.until is None:
        return most
    return max(0, min(most, int(decision.until - now.epoch)))
