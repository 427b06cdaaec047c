import random
from ipaddress import ip_address

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dnslib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.dname import from_text
from filterdns.dns import wire
from filterdns.dns.wire import WireError
from tests.dns import packets
from tests.dns.packets import HTTPS, MX, NAME, OPT, SVCB, TSIG, TXT, A, asks, header, opt, option, record

ANSWERED = 0x8180
BARE = 0x8100
LONG = (b"\x3f" + b"a" * 63) * 3 + b"\x3d" + b"a" * 61 + b"\x00"  # 255 octets
TOO_LONG = (b"\x3f" + b"a" * 63) * 3 + b"\x3e" + b"a" * 62 + b"\x00"
SIGNED = record(TSIG, b"\x00" * 16, owner=b"\x03key\x00", klass=255, ttl=0)
OK, FORMERR, NOTIMP, REFUSED, BADVERS = 0, 1, 4, 5, 16

MATRIX = [
    # what, packet, rcode or None for silence, questions in the reply, OPT in it?, flags but the rcode
    ("nothing", b"", None, 0, False, 0),
    ("an octet", b"\x00", None, 0, False, 0),
    ("11 octets", header()[:11], None, 0, False, 0),
    ("a reply", header(0x8180) + asks(), None, 0, False, 0),
    ("a reply of another opcode", header(0xA800) + asks(), None, 0, False, 0),
    ("a header alone", header(), FORMERR, 0, False, BARE),
    ("a header without a count", header(qd=0), FORMERR, 0, False, BARE),
    ("no question, EDNS", header(qd=0, ar=1) + opt(), FORMERR, 0, False, BARE),
    ("two questions", header(qd=2) + asks() + asks(), FORMERR, 0, False, BARE),
    ("256 questions", header(qd=256) + asks(), FORMERR, 0, False, BARE),
    ("an answer in the query", header(an=1) + asks() + record(A, bytes(4)), FORMERR, 0, False, BARE),
    ("an authority in the query", header(ns=1) + asks() + record(A, bytes(4)), FORMERR, 0, False, BARE),
    ("256 answers", header(an=256) + asks(), FORMERR, 0, False, BARE),
    ("three additional", header(ar=3) + asks() + opt() * 3, FORMERR, 0, False, BARE),
    ("256 additional", header(ar=256) + asks() + opt(), FORMERR, 0, False, BARE),
    ("additional announced, absent", header(ar=1) + asks(), FORMERR, 1, False, BARE),
    ("two OPT", header(ar=2) + asks() + opt() * 2, FORMERR, 1, False, BARE),
    ("OPT of an owner", header(ar=1) + asks() + opt(owner=b"\x01a\x00"), FORMERR, 1, False, BARE),
    ("OPT of a pointer", header(ar=1) + asks() + opt(owner=b"\xc0\x0c"), FORMERR, 1, False, BARE),
    ("OPT cut short", header(ar=1) + asks() + opt()[:-1], FORMERR, 1, False, BARE),
    ("OPT longer than the packet", header(ar=1) + asks() + opt(option(3, b"a"))[:-1], FORMERR, 1, False, BARE),
    ("an option cut short", header(ar=1) + asks() + opt(b"\x00\x03\x00"), FORMERR, 1, True, ANSWERED),
    ("an option longer than OPT", header(ar=1) + asks() + opt(b"\x00\x03\x00\x05a"), FORMERR, 1, True, ANSWERED),
    ("EDNS version 1", header(ar=1) + asks() + opt(version=1), BADVERS, 1, True, ANSWERED),
    ("EDNS version 255", header(ar=1) + asks() + opt(version=255), BADVERS, 1, True, ANSWERED),
    ("EDNS 1 with an odd option", header(ar=1) + asks() + opt(b"\x00", version=1), BADVERS, 1, True, ANSWERED),
    ("opcode 1", header(0x0900) + asks(), NOTIMP, 1, False, 0x8900),
    ("opcode 2", header(0x1100) + asks(), NOTIMP, 1, False, 0x9100),
    ("NOTIFY", header(0x2500) + asks(6), NOTIMP, 1, False, 0xA100),
    ("UPDATE", header(0x2800) + asks(6), NOTIMP, 1, False, 0xA800),
    ("DSO", header(0x3000, qd=0), NOTIMP, 0, False, 0xB000),
    ("opcode 15, every flag", header(0x7FFF) + asks(), NOTIMP, 1, False, 0xF900),
    ("opcode 2, question cut short", header(0x1100) + asks()[:-1], NOTIMP, 0, False, 0x9100),
    ("opcode 2, bad label", header(0x1100) + b"\x40" + bytes(80), NOTIMP, 0, False, 0x9100),
    ("opcode 2, name cut short", header(0x1100) + b"\x05ab", NOTIMP, 0, False, 0x9100),
    ("opcode 2, name too long", header(0x1100) + asks(name=TOO_LONG), NOTIMP, 0, False, 0x9100),
    ("AXFR", header() + asks(252), REFUSED, 1, False, ANSWERED),
    ("IXFR", header() + asks(251), REFUSED, 1, False, ANSWERED),
    ("type OPT", header() + asks(OPT), FORMERR, 1, False, ANSWERED),
    ("type TSIG", header() + asks(TSIG), FORMERR, 1, False, ANSWERED),
    ("type TKEY", header() + asks(249), FORMERR, 1, False, ANSWERED),
    ("class CH", header() + asks(TXT, b"\x07version\x04bind\x00", 3), REFUSED, 1, False, ANSWERED),
    ("class HS", header() + asks(qclass=4), REFUSED, 1, False, ANSWERED),
    ("class NONE", header() + asks(qclass=254), REFUSED, 1, False, ANSWERED),
    ("class ANY", header() + asks(qclass=255), REFUSED, 1, False, ANSWERED),
    ("class 0", header() + asks(qclass=0), REFUSED, 1, False, ANSWERED),
    ("class 65535, EDNS", header(ar=1) + asks(qclass=65535) + opt(), REFUSED, 1, True, ANSWERED),
    ("no recursion desired", header(0x0000) + asks(), REFUSED, 1, False, 0x8080),
    ("signed", header(ar=1) + asks() + SIGNED, REFUSED, 1, False, ANSWERED),
    ("OPT and signed", header(ar=2) + asks() + opt() + SIGNED, REFUSED, 1, True, ANSWERED),
    ("question cut short", header() + asks()[:-1], FORMERR, 0, False, BARE),
    ("name without an end", header() + b"\x03abc", FORMERR, 0, False, BARE),
    ("pointer in the name", header() + b"\xc0\x0c" + asks(name=b""), FORMERR, 0, False, BARE),
    ("pointer after a label", header() + b"\x01a\xc0\x0c" + asks(name=b""), FORMERR, 0, False, BARE),
    ("label type 0x40", header() + asks(name=b"\x41" + b"a" * 65 + b"\x00"), FORMERR, 0, False, BARE),
    ("label type 0x80", header() + asks(name=b"\x80" + b"a" * 128 + b"\x00"), FORMERR, 0, False, BARE),
    ("name of 256 octets", header() + asks(name=TOO_LONG), FORMERR, 0, False, BARE),
    ("additional with a bad label", header(ar=1) + asks() + b"\x40" + bytes(80), FORMERR, 1, False, BARE),
    ("cookie of 7", header(ar=1) + asks() + opt(option(10, bytes(7))), FORMERR, 1, True, ANSWERED),
    ("cookie of 15", header(ar=1) + asks() + opt(option(10, bytes(15))), FORMERR, 1, True, ANSWERED),
    ("cookie of 41", header(ar=1) + asks() + opt(option(10, bytes(41))), FORMERR, 1, True, ANSWERED),
    ("cookie of 8", header(ar=1) + asks() + opt(option(10, bytes(8))), OK, 1, True, ANSWERED),
    ("cookie of 40", header(ar=1) + asks() + opt(option(10, bytes(40))), OK, 1, True, ANSWERED),
    ("plain", header() + asks(), OK, 1, False, ANSWERED),
    ("plain EDNS", header(ar=1) + asks() + opt(), OK, 1, True, ANSWERED),
    ("DO", header(ar=1) + asks() + opt(flags=0x8000), OK, 1, True, ANSWERED),
    ("CD", header(0x0110) + asks(), OK, 1, False, 0x8190),
    ("AD", header(0x0120) + asks(), OK, 1, False, ANSWERED),
    ("Z", header(0x0140) + asks(), OK, 1, False, ANSWERED),
    ("AA", header(0x0500) + asks(), OK, 1, False, ANSWERED),
    ("TC", header(0x0300) + asks(), OK, 1, False, ANSWERED),
    ("RA", header(0x0180) + asks(), OK, 1, False, ANSWERED),
    ("an rcode in the query", header(0x010F) + asks(), OK, 1, False, ANSWERED),
    ("trailing octets", header() + asks() + b"junk", OK, 1, False, ANSWERED),
    ("an unknown option", header(ar=1) + asks() + opt(option(65001, b"x")), OK, 1, True, ANSWERED),
    ("300 options", header(ar=1) + asks() + opt(option(65001) * 300), OK, 1, True, ANSWERED),
    ("client subnet", header(ar=1) + asks() + opt(option(8, b"\x00\x01\x18\x00\xcb\x00\x71")), OK, 1, True, ANSWERED),
    ("unknown EDNS flags", header(ar=1) + asks() + opt(flags=0x7FFF), OK, 1, True, ANSWERED),
    ("EDNS size 0", header(ar=1) + asks() + opt(size=0), OK, 1, True, ANSWERED),
    ("EDNS size 65535", header(ar=1) + asks() + opt(size=65535), OK, 1, True, ANSWERED),
    ("another additional record", header(ar=1) + asks() + record(A, bytes(4), owner=b"\x00"), OK, 1, False, ANSWERED),
    ("name of 255 octets", header() + asks(name=LONG), OK, 1, False, ANSWERED),
    ("the root", header() + asks(name=b"\x00"), OK, 1, False, ANSWERED),
    ("odd octets in the name", header() + asks(name=b"\x04\x00.\xff \x00"), OK, 1, False, ANSWERED),
    ("type 0", header() + asks(0), OK, 1, False, ANSWERED),
    ("type ANY", header() + asks(255), OK, 1, False, ANSWERED),
    ("type 65535", header() + asks(65535), OK, 1, False, ANSWERED),
]


def outcome(packet: bytes) -> bytes | None:
    try:
        asked = wire.question(packet)
    except WireError as error:
        return error.reply
    return wire.reply(packet, asked)


@pytest.mark.parametrize(
    ("packet", "rcode", "questions", "has_opt", "flags"), [row[1:] for row in MATRIX], ids=[row[0] for row in MATRIX]
)
def test_edge_query(packet: bytes, rcode: int | None, questions: int, *, has_opt: bool, flags: int) -> None:
    reply = outcome(packet)
    if rcode is None:
        assert reply is None
        return
    assert reply is not None
    found = dns.message.from_wire(reply)
    assert found.rcode() == rcode
    assert reply[:2] == packet[:2]
    assert int.from_bytes(reply[2:4], "big") & ~0xF == flags
    assert [int.from_bytes(reply[at : at + 2], "big") for at in (4, 6, 8, 10)] == [questions, 0, 0, has_opt]
    if questions:
        assert reply[12:].startswith(packet[12 : 12 + len(reply) - 12 - (11 if has_opt else 0)])
    if has_opt:
        assert (found.edns, found.payload, found.options) == (0, wire.UDP_SIZE, ())
        assert found.ednsflags & 0x7FFF == 0


@pytest.mark.parametrize(
    ("edns", "expected"),
    [
        (b"", (False, 512, False)),
        (opt(size=0), (True, 512, False)),
        (opt(size=511), (True, 512, False)),
        (opt(size=513), (True, 513, False)),
        (opt(size=65535), (True, 1232, False)),
        (opt(flags=0x8000), (True, 1232, True)),
    ],
)
def test_question(edns: bytes, expected: tuple[bool, int, bool]) -> None:
    asked = wire.question(packets.query(HTTPS, edns=edns))
    assert (asked.qname, asked.qtype, asked.end) == (b"\x07example\x03org\x00", HTTPS, 12 + len(NAME) + 4)
    assert (asked.edns, asked.udp_size, asked.do, asked.cd) == (*expected, False)


MUTATED = st.tuples(
    st.sampled_from([row[1] for row in MATRIX if len(row[1]) > 11]),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=6),
    st.integers(0, 400),
)


def mutate(packet: bytes, changes: list[tuple[int, int]], most: int) -> bytes:
    changed = bytearray(packet)
    for at, octet in changes:
        changed[at % len(changed)] = octet
    return bytes(changed[: max(most, 1)])


@given(st.one_of(st.binary(max_size=400), MUTATED.map(lambda parts: mutate(*parts))))
def test_any_octets_are_a_question_or_an_error_with_a_reply_that_parses(packet: bytes) -> None:
    try:
        asked = wire.question(packet)
    except WireError as error:
        reply = error.reply
    else:
        found = dns.message.from_wire(packet, question_only=True)
        assert found.question[0].name.to_digestable() == asked.qname
        assert (found.question[0].rdtype, found.question[0].rdclass) == (asked.qtype, 1)
        assert packet[12 : asked.end - 4].lower() == asked.qname
        assert 512 <= asked.udp_size <= 1232
        return
    assert (reply is None) == (len(packet) < 12 or packet[2] >= 0x80)
    if reply is not None:
        assert reply[2] & 0x78 == packet[2] & 0x78
        as_query = reply[:2] + bytes((reply[2] & 0x87,)) + reply[3:]
        assert dns.message.from_wire(as_query).rcode() in (FORMERR, NOTIMP, REFUSED, BADVERS)


EDE = (wire.EDE_FILTERED, "Internet is off now")
EDNS = {"no EDNS": b"", "EDNS": opt(), "DO": opt(flags=0x8000)}
TYPES = {"A": 1, "AAAA": 28, "HTTPS": HTTPS, "SVCB": SVCB, "TXT": TXT, "MX": MX, "CNAME": 5, "ANY": 255, "65280": 65280}
PAGE = b"\xc0\x00\x02\x50"
ADDRESSES = {("zero", "A"): "0.0.0.0", ("zero", "AAAA"): "::", ("page", "A"): "192.0.2.80"}  # noqa: S104
RCODES = {"nxdomain": 3, "refused": REFUSED}


@pytest.mark.parametrize("edns", EDNS)
@pytest.mark.parametrize("qtype", TYPES)
@pytest.mark.parametrize("form", ["zero", "nodata", "nxdomain", "refused", "page"])
def test_blocked(form: str, qtype: str, edns: str) -> None:
    packet = packets.query(TYPES[qtype], edns=EDNS[edns])
    reply = wire.blocked(packet, wire.question(packet), form, 7, EDE, page=PAGE)
    found = dns.message.from_wire(reply)
    assert found.rcode() == RCODES.get(form, 0)
    assert found.flags & ~0xF == dns.flags.QR | dns.flags.RD | dns.flags.RA
    assert reply[12:].startswith(asks(TYPES[qtype]))
    address = ADDRESSES.get((form, qtype))
    assert [f"{rrset.ttl} {rrset[0]}" for rrset in found.answer] == ([f"7 {address}"] if address else [])
    if address or form == "refused":
        assert found.authority == []
    else:
        (soa,) = found.authority
        assert soa.to_text() == ("eXample.Org. 7 IN SOA filterdns.invalid. nobody.invalid. 1 3600 600 86400 7")
    if edns == "no EDNS":
        assert found.edns == -1
    else:
        assert [(option.code, option.text) for option in found.options] == [(17, "Internet is off now")]
        assert bool(found.ednsflags & dns.flags.DO) is (edns == "DO")
    assert len(reply) <= 512
    assert len(dnslib.DNSRecord.parse(reply).rr) == len(found.answer)


def test_blocked_with_no_page_is_no_data() -> None:
    packet = packets.query()
    assert dns.message.from_wire(wire.blocked(packet, wire.question(packet), "page", 10, EDE)).answer == []


@pytest.mark.parametrize("form", ["zero", "nodata", "nxdomain", "refused", "page"])
@pytest.mark.parametrize("qtype", [A, TXT])
def test_the_longest_blocked_answer_fits_the_smallest_datagram(form: str, qtype: int) -> None:
    packet = packets.query(qtype, LONG, opt())
    reply = wire.blocked(packet, wire.question(packet), form, 10, (17, "x" * 100), page=PAGE)
    assert len(reply) <= 512
    assert dns.message.from_wire(reply).options[0].text == "x" * 60


def test_the_text_of_an_extended_error_is_ascii() -> None:
    packet = packets.query(edns=opt())
    reply = wire.negative(packet, wire.question(packet), 0, 10, ede=(15, "für alle\x00"))
    (found,) = dns.message.from_wire(reply).options
    assert isinstance(found, dns.edns.EDEOption)
    assert (found.code, found.text) == (15, "f?r alle")


@pytest.mark.parametrize(("rcode", "authoritative"), [(0, True), (3, True), (3, False)])
def test_negative(rcode: int, *, authoritative: bool) -> None:
    packet = packets.query(TXT)
    found = dns.message.from_wire(wire.negative(packet, wire.question(packet), rcode, 60, authoritative=authoritative))
    assert found.rcode() == rcode
    assert bool(found.flags & dns.flags.AA) is authoritative
    assert (found.authority[0].ttl, found.authority[0][0].minimum) == (60, 60)


@pytest.mark.parametrize("text", ["127.0.0.1", "::1"])
def test_address(text: str) -> None:
    packed = ip_address(text).packed
    packet = packets.query(A if len(packed) == 4 else 28)
    found = dns.message.from_wire(wire.address(packet, wire.question(packet), packed, 3600))
    assert [rrset.to_text() for rrset in found.answer] == [
        f"eXample.Org. 3600 IN {'A' if len(packed) == 4 else 'AAAA'} {text}"
    ]
    assert found.flags & dns.flags.AA


def test_any_minimal() -> None:
    packet = packets.query(255, edns=opt())
    reply = wire.any_minimal(packet, wire.question(packet))
    found = dns.message.from_wire(reply)
    assert [rrset.to_text() for rrset in found.answer] == ['eXample.Org. 3600 IN HINFO "RFC8482" ""']
    assert len(reply) <= 2 * len(packet)


@pytest.mark.parametrize("edns", EDNS)
def test_truncated(edns: str) -> None:
    packet = packets.query(edns=EDNS[edns])
    found = dns.message.from_wire(wire.truncated(packet, wire.question(packet)))
    assert found.flags & dns.flags.TC
    assert (found.answer, found.authority, found.rcode()) == ([], [], 0)
    assert (found.edns >= 0) is (edns != "no EDNS")


SAFE = from_text("forcesafesearch.google.com")
FOUR = [bytes((192, 0, 2, last)) for last in (1, 2)]
SIX = [bytes(15) + b"\x09"]


@pytest.mark.parametrize(
    ("qtype", "addresses", "answer", "negative"),
    [
        (A, FOUR, ["CNAME forcesafesearch.google.com.", "A 192.0.2.1", "A 192.0.2.2"], False),
        (28, SIX, ["CNAME forcesafesearch.google.com.", "AAAA ::9"], False),
        (28, FOUR + SIX, ["CNAME forcesafesearch.google.com.", "AAAA ::9"], False),
        (28, FOUR, ["CNAME forcesafesearch.google.com."], True),
        (A, [], ["CNAME forcesafesearch.google.com."], True),
        (HTTPS, [], ["CNAME forcesafesearch.google.com."], True),
        (5, [], ["CNAME forcesafesearch.google.com."], False),
    ],
)
def test_alias(qtype: int, addresses: list[bytes], answer: list[str], *, negative: bool) -> None:
    for name in (NAME, LONG, b"\x00"):
        packet = packets.query(qtype, name, opt())
        found = dns.message.from_wire(wire.alias(packet, wire.question(packet), SAFE, 99, addresses))
        told = [f"{dns.rdatatype.to_text(rrset.rdtype)} {rdata}" for rrset in found.answer for rdata in rrset]
        assert told == answer
        assert {rrset.ttl for rrset in found.answer + found.authority} == {99}
        assert found.answer[0].name.to_wire() == name
        assert {rrset.name.to_digestable() for rrset in found.answer[1:] + found.authority} <= {SAFE}
        assert bool(found.authority) is negative
        assert found.options[0].code == wire.EDE_FORGED


@pytest.mark.parametrize(("do", "cd"), [(False, False), (True, False), (False, True), (True, True)])
def test_query(*, do: bool, cd: bool) -> None:
    packet = wire.query(from_text("www.example.org"), HTTPS, b"\x12\x34", b"\xff" * 17, do=do, cd=cd)
    found = dns.message.from_wire(packet)
    assert found.id == 0x1234
    assert found.flags == dns.flags.RD | (dns.flags.CD if cd else 0)
    assert found.question[0].to_text() == "WWW.EXAMPLE.ORG. IN HTTPS"
    assert (found.edns, found.payload, found.options) == (0, 1232, ())
    assert found.ednsflags == (dns.flags.DO if do else 0)


def test_the_case_of_every_letter_is_random_and_nothing_else_changes() -> None:
    qname = from_text(r"abcdefghijklmnopqrstuvwxyz-0123456789_.\000\255\091\123\064\096.xn--p1ai")
    dice = random.Random(20)
    letters = [at for at, octet in enumerate(qname) if chr(octet).isascii() and chr(octet).isalpha()]
    upper = dict.fromkeys(letters, 0)
    rounds = 4000
    for _ in range(rounds):
        spelled = wire.query(qname, A, b"\x00\x00", dice.randbytes(len(qname)), do=False, cd=False)[12:-15]
        assert spelled.lower() == qname
        assert all(spelled[at] == qname[at] for at in range(len(qname)) if at not in upper)
        for at in letters:
            upper[at] += spelled[at] != qname[at]
    assert sum(upper.values()) / rounds / len(letters) == pytest.approx(0.5, abs=0.01)
    assert all(times / rounds == pytest.approx(0.5, abs=0.04) for times in upper.values())
