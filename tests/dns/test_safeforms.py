"""What is known of safe forms; the journey of a question to one is in tests/scenarios/safe_search.yaml."""

from pathlib import Path

import dns.message
import dns.rcode
import dns.rrset
import pytest

from filterdns.blocklists import builtin
from filterdns.blocklists.compile import compile_table
from filterdns.blocklists.table import DomainTable
from filterdns.clock import Zone
from filterdns.dname import from_text
from filterdns.dns import message, wire
from filterdns.dns.memory import Client
from filterdns.dns.resolver import Forward, Groups, Now, Resolver, Snapshot
from filterdns.dns.safeforms import AGAIN_AFTER, MOST_ADDRESSES, SafeForms
from filterdns.dns.wire import AAAA, A
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.rules import Household, Person, YouTube
from filterdns.policy.view import Policy

FIRST, SECOND, OTHER = map(from_text, ("first.example", "second.example", "other.example"))
V4, V6 = bytes((192, 0, 2, 1)), bytes.fromhex("20010db9") + bytes(12)
NOW = Now(1000.0, 1_800_000_000.0, Zone("UTC").moment(1_800_000_000))


def policy(*, safe_search: bool = True) -> Policy:
    names = {from_text("www.engine.example"): FIRST, from_text("m.engine.example"): FIRST}
    knowledge = Knowledge({}, names, frozenset(), b"\0", b"\0", {FIRST: (SECOND,)})
    return compile_policy(Household(people=(Person("Guests", safe_search=safe_search),)), knowledge, 1)


@pytest.fixture
def forms() -> SafeForms:
    made = SafeForms()
    made.obey(policy())
    return made


def answer(name: bytes, qtype: int, addresses: list[str], rcode: int = 0) -> message.Answer:
    sent = wire.query(name, qtype, b"\0\1", bytes(300), do=False, cd=False)
    made = dns.message.make_response(dns.message.from_wire(sent))
    made.set_rcode(rcode)
    if addresses:
        made.answer.append(dns.rrset.from_text_list(made.question[0].name, 60, "IN", qtype, addresses))
    return message.read(made.to_wire(), len(name) + 16, do=False)


def learn(forms: SafeForms, name: bytes, qtype: int, *addresses: str, rcode: int = 0, public: bool = True) -> bool:
    said = answer(name, qtype, list(addresses), rcode)
    found = forms.learn(name, qtype, said, 0.0, is_public=public)
    assert found == forms.learn(name, qtype, said, 1.0, is_public=public), "from the cache"
    return found is not None


@pytest.mark.parametrize(
    ("qtype", "addresses", "rcode", "public", "of_use"),
    [
        (A, ["192.0.2.1"], 0, True, True),
        (A, [], 0, True, False),
        (A, [], 3, True, False),
        (A, ["0.0.0.0"], 0, True, False),  # noqa: S104 - an answer
        (A, ["192.0.2.1", "0.0.0.0"], 0, True, False),  # noqa: S104 - an answer
        (A, ["10.0.0.1"], 0, True, False),
        (A, ["10.0.0.1"], 0, False, True),
        (AAAA, ["2001:db9::1"], 0, True, True),
        (AAAA, [], 0, True, True),
        (AAAA, [], 3, True, False),
        (AAAA, ["::"], 0, True, False),
    ],
)
def test_what_is_of_use(forms: SafeForms, qtype: int, addresses: list[str], rcode: int, *, public: bool, of_use: bool):
    assert learn(forms, FIRST, qtype, *addresses, rcode=rcode, public=public) is of_use
    assert forms.name(FIRST, 1.0) == (FIRST if of_use else SECOND)
    assert bool(forms.good) is (of_use and bool(addresses))


def test_the_first_name_that_resolves_is_asked_for_and_the_others_again_after_a_while(forms: SafeForms) -> None:
    learn(forms, FIRST, A, rcode=3)
    assert forms.name(FIRST, AGAIN_AFTER - 1) == SECOND
    learn(forms, SECOND, A, rcode=3)
    assert forms.name(FIRST, AGAIN_AFTER - 1) == FIRST
    assert forms.name(FIRST, AGAIN_AFTER) == FIRST
    learn(forms, FIRST, A, "192.0.2.1")
    assert forms.name(FIRST, 1.0) == FIRST


@pytest.mark.parametrize(
    ("good", "qtype", "expected"),
    [
        ({}, A, None),
        ({}, AAAA, None),
        ({FIRST: (V4,)}, A, (FIRST, [V4])),
        ({FIRST: (V4,)}, AAAA, (FIRST, [])),
        ({FIRST: (V6,)}, A, None),
        ({FIRST: (V6,), SECOND: (V4,)}, A, (SECOND, [V4])),
        ({FIRST: (V4, V6), SECOND: (V4,)}, AAAA, (FIRST, [V6])),
        ({OTHER: (V4,)}, A, None),
    ],
)
def test_the_last_good(
    forms: SafeForms, good: dict[bytes, tuple[bytes, ...]], qtype: int, expected: tuple[bytes, list[bytes]] | None
) -> None:
    forms.remember(good)
    assert forms.last_good(FIRST, qtype) == expected
    assert OTHER not in forms.good


def test_addresses_of_both_versions_are_kept_in_order_and_bounded(forms: SafeForms) -> None:
    learn(forms, FIRST, AAAA, "2001:db9::")
    learn(forms, FIRST, A, *(f"192.0.2.{number}" for number in range(40, 0, -1)))
    assert len(forms.good[FIRST]) == MOST_ADDRESSES + 1
    assert forms.good[FIRST][-1] == V6
    learn(forms, FIRST, A, "192.0.2.1")
    learn(forms, FIRST, AAAA)
    assert forms.good == {FIRST: (V4,)}


def test_what_no_policy_holds_any_more_is_forgotten(forms: SafeForms) -> None:
    forms.remember({FIRST: (V4,), SECOND: (V4,)})
    forms.obey(policy())
    assert set(forms.good) == {FIRST, SECOND}
    forms.obey(policy(safe_search=False))
    assert not forms.good


def test_two_who_wait_for_a_name_that_is_gone_cost_one_more_question(tmp_path: Path) -> None:
    compile_table(tmp_path / "domains", [])
    resolver = Resolver(Snapshot(policy(), DomainTable.open(tmp_path / "domains")), Groups(0, 0, {}, 1), 1 << 20)
    guest = Client("10.0.0.1", None, 0, resolver.snapshot.policy.guests)
    packets = [dns.message.make_query(f"{host}.engine.example", "A").to_wire() for host in ("www", "m")]
    first, waits = [resolver.receive_query(packet, guest, number, NOW) for number, packet in enumerate(packets)]
    assert isinstance(first, Forward)
    assert waits is None
    gone = answer(FIRST, A, [], rcode=3)
    second, waits = [
        resolver.reply_to(waiter, first, gone, NOW) for waiter in resolver.receive_answer(first, gone, NOW)
    ]
    assert isinstance(second, Forward)
    assert (second.qname, waits, guest.waiting) == (SECOND, None, 2)
    found = answer(SECOND, A, ["192.0.2.1"])
    for waiter in resolver.receive_answer(second, found, NOW):
        reply = dns.message.from_wire(resolver.reply_to(waiter, second, found, NOW))
        assert [rrset.to_text() for rrset in reply.answer][1] == "second.example. 60 IN A 192.0.2.1"
    assert guest.waiting == 0
    resolver.settle()
    assert sum(resolver.take_asked().values()) == 2


ENGINES = {
    "forcesafesearch.google.com": "www.google.com www.google.de www.google.co.uk www.google.com.au www.google.cat",
    "strict.bing.com": "bing.com www.bing.com www4.bing.com m.bing.com edgeservices.bing.com",
    "safe.duckduckgo.com": "duckduckgo.com www.duckduckgo.com start.duckduckgo.com",
    "strict-safe-search.ecosia.org": "www.ecosia.org",
    "safesearch.pixabay.com": "pixabay.com",
    "familysearch.yandex.ru": "yandex.ru www.yandex.ru ya.ru www.yandex.com.tr yandex.uz xn--d1acpjx3f.xn--p1ai",
    "forcesafe.search.brave.com": "search.brave.com",
    "safeapi.qwant.com": "api.qwant.com",
    "safe.startpage.com": "startpage.com www.startpage.com",
    "restrict.youtube.com": "www.youtube.com m.youtube.com youtubei.googleapis.com youtube.googleapis.com "
    "www.youtube-nocookie.com",
}
"""By the name of its safe form, what is asked of an engine."""
NO_FORM = """search.yahoo.com uk.search.yahoo.com search.aol.com you.com mojeek.com go.mail.ru baidu.com www.baidu.com
    andisearch.com dogpile.com webcrawler.com explicit.bing.net html.duckduckgo.com
    noai.duckduckgo.com searx.be"""


@pytest.fixture(scope="module")
def built_in(tmp_path_factory: pytest.TempPathFactory) -> Resolver:
    path = tmp_path_factory.mktemp("table") / "domains"
    compile_table(path, builtin.sources())
    household = Household(people=(Person("Guests", safe_search=True, youtube=YouTube.STRICT),))
    rules = compile_policy(household, builtin.knowledge(), 1)
    return Resolver(Snapshot(rules, DomainTable.open(path)), Groups(0, 0, {}, 1), 1 << 20)


def asked(resolver: Resolver, name: str, qtype: str) -> bytes | Forward | None:
    guest = Client("10.0.0.1", None, 0, resolver.snapshot.policy.guests)
    return resolver.receive_query(dns.message.make_query(name, qtype).to_wire(), guest, 0, NOW)


@pytest.mark.parametrize(("form", "name"), [(form, name) for form, names in ENGINES.items() for name in names.split()])
def test_every_engine_is_led_to_its_safe_form_whatever_is_asked(built_in: Resolver, form: str, name: str) -> None:
    for qtype, address in (("A", "192.0.2.1"), ("AAAA", "2001:db9::1"), ("HTTPS", "")):
        reply = asked(built_in, name, qtype)
        if isinstance(reply, Forward):
            found = answer(from_text(form), reply.qtype, [address])
            assert reply.qname == from_text(form)
            [waiter] = built_in.receive_answer(reply, found, NOW)
            reply = built_in.reply_to(waiter, reply, found, NOW)
        given = [rrset.to_text().split()[0::4] for rrset in dns.message.from_wire(reply).answer]
        assert given == [[f"{name}.", f"{form}."], *([[f"{form}.", address]] if address else [])], qtype


@pytest.mark.parametrize("name", NO_FORM.split())
def test_an_engine_without_one_is_closed_whatever_is_asked(built_in: Resolver, name: str) -> None:
    for qtype, given in (("A", [f"{name}. 10 IN A 0.0.0.0"]), ("AAAA", [f"{name}. 10 IN AAAA ::"]), ("HTTPS", [])):
        reply = asked(built_in, name, qtype)
        assert isinstance(reply, bytes)
        assert [rrset.to_text() for rrset in dns.message.from_wire(reply).answer] == given
