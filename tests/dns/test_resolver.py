"""The resolver's state: one question in flight for all who ask it, limits, faults, swaps."""

from pathlib import Path

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from filterdns.blocklists.compile import Names, compile_table
from filterdns.blocklists.source import Source
from filterdns.blocklists.table import DomainTable
from filterdns.clock import Zone
from filterdns.dns import message, wire
from filterdns.dns.memory import Client
from filterdns.dns.resolver import (
    MOST_IN_FLIGHT,
    MOST_WAITING_PER_CLIENT,
    Forward,
    Groups,
    Now,
    Resolver,
    Snapshot,
)  # fmt: skip
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.rules import Device, Household, NameRule, Person, RuleAction
from filterdns.policy.view import Policy

NOTHING = Knowledge({}, {}, frozenset(), b"\0", b"\0")
NOW = Now(1000.0, 1_800_000_000.0, Zone("UTC").moment(1_800_000_000))


def policy(*rules: NameRule) -> Policy:
    child = Person("Child", safe_search=True, rules=rules)
    return compile_policy(Household(people=(child,), devices=(Device("T", "Child", address="10.0.0.1"),)), NOTHING, 1)


@pytest.fixture
def table(tmp_path: Path) -> DomainTable:
    compile_table(tmp_path / "domains", [Names(Source("list:x", "list", "adult", ""), lambda: ["adult.example"])])
    return DomainTable.open(tmp_path / "domains")


@pytest.fixture
def resolver(table: DomainTable) -> Resolver:
    return Resolver(Snapshot(policy(), table), Groups(0, 1, {}, 2), 1 << 20)


def client(resolver: Resolver, address: str = "10.0.0.1") -> Client:
    device, view = resolver.snapshot.policy.view_for(None, address)
    return Client(address, None, device, view)


def ask(name: str, ident: int = 1, options: list[dns.edns.Option] | None = None, size: int = 1232) -> bytes:
    return dns.message.make_query(name, "A", use_edns=0, payload=size, options=options, id=ident).to_wire()


def answer(forward: Forward, *addresses: str) -> message.Answer:
    sent = wire.query(forward.qname, forward.qtype, b"\0\1", bytes(300), do=False, cd=False)
    made = dns.message.make_response(dns.message.from_wire(sent))
    made.answer.append(dns.rrset.from_text_list(made.question[0].name, 60, "IN", "A", list(addresses)))
    return message.read(made.to_wire(), len(forward.qname) + 16, do=False)


def test_a_hundred_who_ask_the_same_cost_one_question(resolver: Resolver) -> None:
    forwards, spelled = [], {}
    for number in range(100):
        name = "".join(c.upper() if number >> i & 1 else c for i, c in enumerate("popular.example"))
        option = dns.edns.ECSOption(f"198.51.{number}.0", 24)
        result = resolver.receive_query(ask(name, number, [option]), client(resolver), number, NOW)
        if isinstance(result, Forward):
            forwards.append(result)
        spelled[number] = name
    (forward,) = forwards
    found = answer(forward, "192.0.2.1")
    waiters = resolver.receive_answer(forward, found, NOW)
    assert len(waiters) == 100
    for waiter in waiters:
        reply = dns.message.from_wire(resolver.reply_to(waiter, forward, found, NOW))
        assert reply.id == waiter.sender
        assert reply.question[0].name.to_text(omit_final_dot=True) == spelled[waiter.sender]
        assert reply.answer[0][0].to_text() == "192.0.2.1"
        assert not reply.options


def test_one_client_may_not_fill_the_room_of_others(resolver: Resolver) -> None:
    greedy, other = client(resolver), client(resolver, "10.0.0.2")
    results = [resolver.receive_query(ask(f"n{i}.example"), greedy, 0, NOW) for i in range(MOST_WAITING_PER_CLIENT + 1)]
    assert all(isinstance(result, Forward) for result in results[:-1])
    assert dns.message.from_wire(results[-1]).rcode() == dns.rcode.SERVFAIL
    assert isinstance(resolver.receive_query(ask("m.example"), other, 0, NOW), Forward)
    for forward in results[:-1]:
        for waiter in resolver.receive_answer(forward, None, NOW):
            resolver.reply_to(waiter, forward, None, NOW)
    assert greedy.waiting == 0
    assert isinstance(resolver.receive_query(ask("again.example"), greedy, 0, NOW), Forward)


def test_the_house_may_not_ask_without_bound(resolver: Resolver) -> None:
    for number in range(MOST_IN_FLIGHT):
        somebody = client(resolver, f"10.0.{number // 250}.{number % 250}")
        assert isinstance(resolver.receive_query(ask(f"n{number}.example"), somebody, 0, NOW), Forward)
    refused = resolver.receive_query(ask("one-more.example"), client(resolver, "10.1.0.1"), 0, NOW)
    assert dns.message.from_wire(refused).rcode() == dns.rcode.SERVFAIL


def test_rules_that_changed_while_an_upstream_was_asked_apply(resolver: Resolver, table: DomainTable) -> None:
    forward = resolver.receive_query(ask("site.example"), client(resolver), 0, NOW)
    resolver.swap(Snapshot(policy(NameRule("site.example", RuleAction.BLOCK)), table))
    found = answer(forward, "192.0.2.1")
    (waiter,) = resolver.receive_answer(forward, found, NOW)
    reply = dns.message.from_wire(resolver.reply_to(waiter, forward, found, NOW))
    assert reply.answer[0][0].to_text() == "0.0.0.0"  # noqa: S104 - an answer


@pytest.mark.parametrize("rules", [(), (NameRule("site.example", RuleAction.ALLOW),)])
def test_rules_that_changed_and_still_pass_give_the_answer(
    resolver: Resolver, table: DomainTable, rules: tuple[NameRule, ...]
) -> None:
    forward = resolver.receive_query(ask("site.example"), client(resolver), 0, NOW)
    resolver.swap(Snapshot(policy(*rules), table))
    found = answer(forward, "192.0.2.1")
    (waiter,) = resolver.receive_answer(forward, found, NOW)
    reply = dns.message.from_wire(resolver.reply_to(waiter, forward, found, NOW))
    assert reply.answer[0][0].to_text() == "192.0.2.1"


def test_an_answer_of_servers_that_are_another_s_now_is_not_given(resolver: Resolver, table: DomainTable) -> None:
    """A parent's device became a child's while the servers for parents were asked."""
    grown = Household(people=(Person("Parent", age=40),), devices=(Device("T", "Parent", address="10.0.0.1"),))
    resolver.swap(Snapshot(compile_policy(grown, NOTHING, 1), table))
    forward = resolver.receive_query(ask("site.example"), client(resolver), 0, NOW)
    assert forward.group == 1
    resolver.swap(Snapshot(policy(), table))
    found = answer(forward, "192.0.2.1")
    (waiter,) = resolver.receive_answer(forward, found, NOW)
    reply = dns.message.from_wire(resolver.reply_to(waiter, forward, found, NOW))
    assert (reply.rcode(), reply.answer) == (dns.rcode.SERVFAIL, [])


def test_what_is_blocked_for_where_it_leads_is_not_remembered(resolver: Resolver) -> None:
    somebody = client(resolver)
    forward = resolver.receive_query(ask("rebind.example"), somebody, 0, NOW)
    found = answer(forward, "192.168.1.1")
    (waiter,) = resolver.receive_answer(forward, found, NOW)
    assert dns.message.from_wire(resolver.reply_to(waiter, forward, found, NOW)).answer[0][0].to_text() == "0.0.0.0"  # noqa: S104
    again = resolver.receive_query(ask("rebind.example"), somebody, 0, NOW)
    assert dns.message.from_wire(again).answer[0][0].to_text() == "0.0.0.0"  # noqa: S104 - an answer
    resolver.settle()
    assert not somebody.remembered


def test_an_answer_too_long_for_the_client_sends_it_to_tcp(resolver: Resolver) -> None:
    somebody = client(resolver)
    forward = resolver.receive_query(ask("long.example", size=512), somebody, 0, NOW)
    found = answer(forward, *(f"192.0.2.{n}" for n in range(60)))
    (waiter,) = resolver.receive_answer(forward, found, NOW)
    reply = dns.message.from_wire(resolver.reply_to(waiter, forward, found, NOW))
    assert reply.flags & dns.flags.TC
    whole = resolver.receive_query(ask("long.example", size=512), somebody, 0, NOW, stream=True)
    assert len(dns.message.from_wire(whole).answer[0]) == 60


def test_what_was_told_under_old_rules_is_not_remembered_under_new_ones(resolver: Resolver) -> None:
    """They came between the answer and the moment when it would have been remembered."""
    resolver.memory.clients["10.0.0.9"] = client(resolver, "10.0.0.9")
    resolver.receive_query(ask("adult.example"), resolver.memory.clients["10.0.0.9"], 0, NOW)
    resolver.swap(resolver.snapshot)
    resolver.memory.clients["10.0.0.9"] = client(resolver, "10.0.0.9")
    resolver.settle()
    assert resolver.memory.recall(ask("adult.example"), "10.0.0.9", NOW.mono) is None
    assert len(resolver.take_asked()) == 1


def test_blocked_and_passed_are_counted_with_their_reason(resolver: Resolver) -> None:
    somebody = client(resolver, "10.0.0.9")
    for _ in range(3):
        resolver.memory.clients["10.0.0.9"] = somebody
        packet = ask("adult.example")
        if resolver.memory.recall(packet, "10.0.0.9", NOW.mono) is None:
            resolver.receive_query(packet, somebody, 0, NOW)
        assert not resolver.settle()
    ((line, times),) = resolver.take_asked().items()
    assert (line[1], line[3], line[4], line[5], times) == (
        b"\x05adult\x07example\x00", True, "category", "category:adult", 3,
    )  # fmt: skip
    assert not resolver.take_asked()
