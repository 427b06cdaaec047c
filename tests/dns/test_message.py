# ruff: noqa: E501 - a message in its text form is best read in one line

from collections.abc import Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.dname import from_text
from filterdns.dns import message, wire
from filterdns.dns.message import Answer
from filterdns.dns.wire import WireError
from tests.dns import packets
from tests.dns.packets import (
    AAAA,
    CNAME,
    DNAME,
    HTTPS,
    MX,
    NAME,
    NS,
    SOA,
    SRV,
    SVCB,
    TO_QNAME,
    TXT,
    A,
    asks,
    header,
    opt,
    record,
    strict,
    told,
)  # fmt: skip

END = 12 + len(NAME) + 4
SOA_300 = "example.org. 900 IN SOA ns.example.org. host.example.org. 7 3600 600 86400 300"
NS_RECORD = "example.org. 900 IN NS ns.example.org."
NSEC = "www.example.org. 300 IN NSEC x.example.org. A RRSIG NSEC"


def rrsig(owner: str, covers: str) -> str:
    return f"{owner} 300 IN RRSIG {covers} 8 2 300 20300101000000 20260101000000 1 example.org. AAAA"


def built(
    question: str,
    answer: Sequence[str] = (),
    authority: Sequence[str] = (),
    rcode: int = 0,
    flags: int = 0x8180,
) -> bytes:
    name, _, qtype = question.partition(" ")
    found = dns.message.make_response(dns.message.make_query(name, qtype or "A", id=1), recursion_available=True)
    found.flags = dns.flags.Flag(flags)
    found.set_rcode(dns.rcode.Rcode(rcode))
    for lines, section in ((answer, found.answer), (authority, found.authority)):
        for line in lines:
            owner, ttl, klass, kind, rdata = line.split(" ", 4)
            section.append(dns.rrset.from_text(owner, int(ttl), klass, kind, rdata))
    return found.to_wire(max_size=65535)


CHAIN = [
    "www.example.org. 300 IN CNAME a.example.net.",
    "a.example.net. 200 IN CNAME b.example.net.",
    "b.example.net. 100 IN A 192.0.2.1",
]
DNAMES = [
    "example.org. 300 IN DNAME example.net.",
    "www.example.org. 0 IN CNAME www.example.net.",
    "www.example.net. 300 IN A 192.0.2.1",
]
ELEVEN = [
    f"{name}.example.org. 300 IN CNAME {target}.example.org."
    for name, target in zip(["www", *"abcdefghij"], "abcdefghijk", strict=True)
]

CORPUS = {
    # question, answer, authority, rcode, DO: lifetime, authority kept, aliases
    "A": ("www.example.org", ["www.example.org. 300 IN A 192.0.2.1", "www.example.org. 200 IN A 192.0.2.2"], [NS_RECORD], 0, False, 200, 0, []),
    "AAAA": ("www.example.org AAAA", ["www.example.org. 300 IN AAAA 2001:db8::1"], [], 0, False, 300, 0, []),
    "chain": ("www.example.org", CHAIN, [], 0, False, 100, 0, ["a.example.net", "b.example.net"]),
    "chain out of order": ("www.example.org", CHAIN[::-1], [], 0, False, 100, 0, ["b.example.net", "a.example.net"]),
    "chain of eleven": ("www.example.org", [*ELEVEN, "k.example.org. 300 IN A 192.0.2.1"], [], 0, False, 300, 0, [f"{name}.example.org" for name in "abcdefghijk"]),
    "DNAME": ("www.example.org", DNAMES, [], 0, False, 0, 0, ["example.net", "www.example.net"]),
    "DNAME out of order": ("www.example.org", [DNAMES[2], DNAMES[1], DNAMES[0]], [], 0, False, 0, 0, ["www.example.net", "example.net"]),
    "DNAME of an alias": ("a.example.com", ["example.net. 60 IN DNAME example.org.", "a.example.com. 60 IN CNAME b.example.net.", "b.example.net. 60 IN CNAME b.example.org.", "b.example.org. 60 IN A 192.0.2.9"], [], 0, False, 60, 0, ["example.org", "b.example.net", "b.example.org"]),
    "DNAME signed": ("www.example.org", [DNAMES[0], rrsig("example.org.", "DNAME"), *DNAMES[1:]], [], 0, True, 0, 0, ["example.net", "www.example.net"]),
    "MX": ("example.org MX", ["example.org. 300 IN MX 10 mail.example.org.", "example.org. 300 IN MX 20 mail.example.net."], [], 0, False, 300, 0, []),
    "NS": ("example.org NS", ["example.org. 300 IN NS ns1.example.org.", "example.org. 300 IN NS ns2.example.org."], [], 0, False, 300, 0, []),
    "SOA": ("example.org SOA", [SOA_300], [NS_RECORD], 0, False, 900, 0, []),
    "PTR": ("1.2.0.192.in-addr.arpa PTR", ["1.2.0.192.in-addr.arpa. 300 IN PTR www.example.org."], [], 0, False, 300, 0, []),
    "CNAME": ("www.example.org CNAME", CHAIN[:1], [], 0, False, 300, 0, ["a.example.net"]),
    "TXT": ("example.org TXT", ['example.org. 300 IN TXT "v=spf1" "-all" ""'], [], 0, False, 300, 0, []),
    "SRV": ("_sip._udp.example.org SRV", ["_sip._udp.example.org. 300 IN SRV 1 2 5060 sip.example.org."], [], 0, False, 300, 0, []),
    "HTTPS": ("www.example.org HTTPS", ["www.example.org. 300 IN HTTPS 1 . alpn=h2,h3 ipv4hint=192.0.2.1,192.0.2.2 ipv6hint=2001:db8::1"], [], 0, False, 300, 0, []),
    "HTTPS alias": ("www.example.org HTTPS", ["www.example.org. 300 IN HTTPS 0 cdn.example.net."], [], 0, False, 300, 0, ["cdn.example.net"]),
    "SVCB": ("_dns.example.org SVCB", ["_dns.example.org. 300 IN SVCB 1 dns.example.net. alpn=dot port=853"], [], 0, False, 300, 0, ["dns.example.net"]),
    "unknown type": ("example.org TYPE65280", ["example.org. 300 IN TYPE65280 \\# 3 c00cff"], [], 0, False, 300, 0, []),
    "NXDOMAIN": ("www.example.org", [], [SOA_300], 3, False, 300, 1, []),
    "NXDOMAIN, SOA after NS": ("www.example.org", [], [NS_RECORD, SOA_300], 3, False, 300, 1, []),
    "NXDOMAIN of an alias": ("www.example.org", ["www.example.org. 120 IN CNAME a.example.org."], [SOA_300], 3, False, 120, 1, ["a.example.org"]),
    "NODATA": ("www.example.org AAAA", [], [SOA_300], 0, False, 300, 1, []),
    "NODATA, SOA after NS": ("www.example.org AAAA", [], [NS_RECORD, SOA_300], 0, False, 300, 1, []),
    "NODATA of an alias": ("www.example.org AAAA", ["www.example.org. 300 IN CNAME a.example.org."], [NS_RECORD, SOA_300], 0, False, 300, 1, ["a.example.org"]),
    "no SOA": ("www.example.org", [], [NS_RECORD], 3, False, 0, 0, []),
    "no SOA, signed": ("www.example.org", [], [NS_RECORD, rrsig("example.org.", "NS")], 0, True, 0, 0, []),
    "empty": ("www.example.org", [], [], 0, False, 0, 0, []),
    "YXDOMAIN": ("www.example.org", [DNAMES[0]], [], 6, False, 0, 0, ["example.net"]),
    "an odd rcode": ("www.example.org", [], [], 9, False, 0, 0, []),
    "signed": ("www.example.org", ["www.example.org. 300 IN A 192.0.2.1", rrsig("www.example.org.", "A")], [NS_RECORD], 0, True, 300, 0, []),
    "signed wildcard": ("www.example.org", ["www.example.org. 400 IN A 192.0.2.1", rrsig("www.example.org.", "A")], [NSEC, rrsig("www.example.org.", "NSEC")], 0, True, 300, 2, []),
    "wildcard, no DO": ("www.example.org", ["www.example.org. 400 IN A 192.0.2.1"], [NSEC], 0, False, 400, 0, []),
    "signed NXDOMAIN": ("www.example.org", [], [rrsig("example.org.", "SOA"), SOA_300, NSEC, rrsig("www.example.org.", "NSEC")], 3, True, 300, 4, []),
    "signed NODATA": ("www.example.org MX", [], [SOA_300, rrsig("example.org.", "SOA"), NSEC.replace("300", "60")], 0, True, 60, 3, []),
    "TTL above the cap": ("www.example.org", ["www.example.org. 604800 IN A 192.0.2.1"], [], 0, False, 86400, 0, []),
    "TTL with the top bit": ("www.example.org", ["www.example.org. 4294967295 IN A 192.0.2.1"], [], 0, False, 86400, 0, []),
    "TTL 0": ("www.example.org", ["www.example.org. 0 IN A 192.0.2.1"], [], 0, False, 0, 0, []),
    "negative TTL above the cap": ("www.example.org", [], [SOA_300.replace("900", "90000").replace(" 300", " 90000")], 3, False, 3600, 1, []),
}  # fmt: skip


def built_row(name: str) -> tuple[bytes, int, bool]:
    question, answer, authority, rcode, do, *_ = CORPUS[name]
    packet = built(question, [line.replace(" 4294967295 ", " 2147483647 ") for line in answer], authority, rcode)
    packet = packet.replace(b"\x7f\xff\xff\xff", b"\xff\xff\xff\xff")
    return packet, len(from_text(question.split()[0])) + 16, do


def served_to(packet: bytes, end: int, answer: Answer, age: int = 0, longest: int = 1 << 30) -> tuple[bytes, bytes]:
    """A client's query for the same in its own letter case, and the reply to it."""
    asks_it = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01" + packet[12 : end - 4].upper() + packet[end - 4 : end]
    asks_it += opt()
    return asks_it, message.serve(asks_it, wire.question(asks_it), answer, age, longest)


@pytest.mark.parametrize("name", CORPUS)
def test_read_and_serve_as_dnspython_does(name: str) -> None:
    packet, end, do = built_row(name)
    lifetime, kept, aliases = CORPUS[name][5:]
    answer = message.read(packet, end, do=do)
    assert (answer.lifetime, answer.authorities) == (lifetime, kept)
    assert list(answer.aliases) == [from_text(alias) for alias in aliases]
    upstream = dns.message.from_wire(packet)
    assert sorted(answer.addresses) == sorted(
        dns.rdata.Rdata.to_wire(rdata)
        for rrset in upstream.answer if rrset.rdtype in (A, AAAA) for rdata in rrset
    )  # fmt: skip
    for age in (0, 1, 150, 100_000):
        query, reply = served_to(packet, end, answer, age)
        found = strict(reply)
        assert (found.id, found.rcode()) == (0x1234, upstream.rcode())
        assert reply[12:].startswith(query[12:end])
        assert found.flags & ~0xF == dns.flags.QR | dns.flags.RD | dns.flags.RA
        assert found.answer == upstream.answer
        expected = (
            upstream.authority if kept > 1 else [rrset for rrset in upstream.authority if kept and rrset.rdtype == SOA]
        )
        assert found.authority == expected
        for (section, _, ttl), (_, _, original) in zip(told(reply), told(packet), strict=False):
            if section == 1:
                assert ttl == max(0, min(original, 86400) - age)
        longest = 300 if upstream.answer else lifetime
        assert all(ttl <= max(0, longest - age) for section, _, ttl in told(reply) if section == 2)


def test_the_case_of_names_does_not_matter_and_aliases_are_lower_case() -> None:
    packet = built(
        "wWw.example.org", ["WWW.EXAMPLE.org. 300 IN CNAME A.Example.NET.", "a.eXample.net. 200 IN A 192.0.2.1"]
    )
    assert message.read(packet, 33, do=False).aliases == [from_text("a.example.net")]


@pytest.mark.parametrize(
    ("age", "longest", "ttls"),
    [
        (0, 86400, [300, 200, 100]),
        (0, 150, [150, 150, 100]),
        (100, 86400, [200, 100, 0]),
        (100, 150, [150, 100, 0]),
        (500, 86400, [0, 0, 0]),
        (0, 0, [0, 0, 0]),
        (0, -3, [0, 0, 0]),
        (10, -1, [0, 0, 0]),
    ],
)
def test_ttls_age_and_end_with_the_decision(age: int, longest: int, ttls: list[int]) -> None:
    packet = built("www.example.org", CHAIN)
    _, reply = served_to(packet, 33, message.read(packet, 33, do=False), age, longest)
    assert [ttl for section, _, ttl in told(reply) if section == 1] == ttls


@pytest.mark.parametrize(
    ("records", "private"),
    [
        (["www.example.org. 300 IN A 192.0.2.1"], False),
        (["www.example.org. 300 IN A 192.0.2.1", "www.example.org. 300 IN A 192.168.1.1"], True),
        (["www.example.org. 300 IN HTTPS 1 . ipv4hint=192.0.2.1,10.0.0.1"], True),
        (["www.example.org. 300 IN HTTPS 1 . ipv4hint=192.0.2.1 ipv6hint=2001:db8::1,fd00::1"], True),
        (["www.example.org. 300 IN HTTPS 1 . alpn=h2 ipv4hint=192.0.2.1"], False),
    ],
)
def test_private_addresses_and_hints_are_seen(records: list[str], *, private: bool) -> None:
    kind = records[0].split()[3]
    assert message.read(built(f"www.example.org {kind}", records), 33, do=False).private is private


def test_addresses_of_the_authority_section_are_nobodys() -> None:
    packet = built(
        "www.example.org",
        [],
        [SOA_300, "ns.example.org. 300 IN A 10.0.0.1", "a.example.org. 300 IN CNAME b.example.org."],
        3,
    )
    answer = message.read(packet, 33, do=False)
    assert (answer.addresses, answer.aliases, answer.private) == ([], [], False)


def raw(an: int, records: bytes, *, ns: int = 0, qtype: int = A) -> bytes:
    return header(0x8180, an=an, ns=ns) + asks(qtype) + records


ADDRESS = record(A, b"\xc0\x00\x02\x01")
X = b"\x01x\x00"
Y = b"\x01y\x00"
SOA_DATA = b"\x00\x00" + bytes(20)
LONG_LABELS = (b"\x3f" + b"a" * 63) * 3


def pointer(place: int) -> bytes:
    return (0xC000 | place).to_bytes(2, "big")


def chain(targets: int) -> bytes:
    names = [TO_QNAME, *(bytes((2, 97 + number // 26, 97 + number % 26, 0)) for number in range(targets))]
    return b"".join(record(CNAME, names[at + 1], owner=names[at]) for at in range(targets))


MALFORMED = {
    "pointer to itself": raw(1, record(A, bytes(4), owner=pointer(END))),
    "pointer forward": raw(1, record(A, bytes(4), owner=pointer(END + 2))),
    "pointer behind the packet": raw(1, record(A, bytes(4), owner=pointer(0x3FFF))),
    "pointer into the header": raw(1, record(A, bytes(4), owner=pointer(4))),
    "pointers at each other": raw(2, record(CNAME, pointer(END + 18)) + record(A, bytes(4), owner=pointer(END + 12))),
    "pointer loop through a label": raw(1, record(CNAME, b"\x01x" + pointer(END + 12))),
    "pointer into a label": raw(1, record(CNAME, b"\x01a" + pointer(END + 13))),
    "pointer to a name that runs over it": raw(1, record(CNAME, pointer(END + 11)) + b"\x00"),
    "pointer into a TTL": raw(2, record(CNAME, X, ttl=0x01780000) + record(A, bytes(4), owner=pointer(END + 6))),
    "pointer into its own TTL": raw(1, record(CNAME, pointer(END + 6), ttl=0x01780000)),
    "pointer into a TTL, negative": raw(0, record(SOA, pointer(END + 6) + b"\x00" + bytes(20), ttl=0), ns=1),
    "pointer to a label through a TTL": raw(1, record(CNAME, pointer(END + 5), ttl=0x61626364, klass=1)),
    "40 pointers": raw(2, record(65280, b"".join(pointer(END + 12 + 2 * at - 2) if at else X for at in range(41))[1:]) + record(A, bytes(4), owner=pointer(END + 12 + 80))),
    "half a pointer": raw(1, b"\xc0"),
    "label type 0x40": raw(1, record(A, bytes(4), owner=b"\x40" + bytes(64))),
    "label type 0x80": raw(1, record(A, bytes(4), owner=b"\x80" + bytes(64))),
    "name of 256 octets": raw(1, record(CNAME, LONG_LABELS + b"\x3e" + b"a" * 62 + b"\x00")),
    "name of 256 octets by a pointer": raw(1, record(CNAME, LONG_LABELS + b"\x35" + b"a" * 53 + b"\xc0\x0c")),
    "cut in the owner": raw(1, b"\x03ab"),
    "cut in the fixed part": raw(1, ADDRESS[:8]),
    "cut in the data": raw(1, ADDRESS[:-1]),
    "cut in opaque data": raw(1, record(65280, b"abc")[:-1], qtype=65280),
    "cut in a name": raw(1, record(CNAME, b"\x03ab", length=5)),
    "fewer records than said": raw(2, ADDRESS),
    "fewer authorities than said": raw(0, b"", ns=1),
    "A of 5 octets": raw(1, record(A, bytes(5))),
    "A of 0 octets": raw(1, record(A, b"")),
    "AAAA of 4 octets": raw(1, record(AAAA, bytes(4)), qtype=AAAA),
    "CNAME shorter than said": raw(1, record(CNAME, X + b"\x00")),
    "CNAME longer than said": raw(1, record(CNAME, X, length=2)),
    "CNAME empty": raw(1, record(CNAME, b"")),
    "NS with more": raw(1, record(NS, X + X), qtype=NS),
    "MX too short": raw(1, record(MX, b"\x00\x0a"), qtype=MX),
    "MX with more": raw(1, record(MX, b"\x00\x0a" + X + b"\x00"), qtype=MX),
    "SRV too short": raw(1, record(SRV, b"\x00\x0a\x00\x00\x00" + X), qtype=SRV),
    "SOA too short": raw(1, record(SOA, SOA_DATA[:-1]), qtype=SOA),
    "SOA too long": raw(0, record(SOA, SOA_DATA + b"\x00"), ns=1),
    "SOA with a bad pointer": raw(0, record(SOA, b"\x00\xff\xff" + bytes(20)), ns=1),
    "TXT without a string": raw(1, record(TXT, b""), qtype=TXT),
    "TXT longer than its data": raw(1, record(TXT, b"\x05abc"), qtype=TXT),
    "HTTPS without a target": raw(1, record(HTTPS, b"\x00\x01"), qtype=HTTPS),
    "HTTPS with a bad target": raw(1, record(HTTPS, b"\x00\x01\x40"), qtype=HTTPS),
    "SVCB with a target over its end": raw(1, record(SVCB, b"\x00\x01\x03a", length=4) + b"bc\x00", qtype=SVCB),
    "class CH": raw(1, record(A, bytes(4), klass=3)),
    "class ANY": raw(1, record(A, bytes(4), klass=255)),
    "class CH in the authority": raw(0, record(SOA, SOA_DATA, klass=3), ns=1),
    "OPT among the answers": raw(1, record(41, b"", owner=b"\x00", klass=1)),
    "TSIG among the answers": raw(1, record(250, bytes(16))),
    "type ANY among the answers": raw(1, record(255, b"")),
    "OPT in the authority": raw(0, record(41, b""), ns=1),
    "another owner": raw(1, record(A, bytes(4), owner=X)),
    "another owner beside the right one": raw(2, ADDRESS + record(A, bytes(4), owner=X)),
    "the parent's address": raw(1, record(A, bytes(4), owner=pointer(20))),
    "an alias of another owner": raw(2, ADDRESS + record(CNAME, Y, owner=X)),
    "off the end of the chain": raw(2, record(CNAME, X) + record(A, bytes(4), owner=Y)),
    "an opaque record of another owner": raw(2, ADDRESS + record(65280, b"", owner=X)),
    "DNAME with a pointer": raw(1, record(DNAME, b"\x01a\xc0\x0c", owner=pointer(20))),
    "DNAME of another name": raw(2, ADDRESS + record(DNAME, Y, owner=X)),
    "signature of another owner": raw(2, ADDRESS + record(46, bytes(20), owner=X)),
    "alias of itself": raw(1, record(CNAME, TO_QNAME)),
    "aliases of each other": raw(2, record(CNAME, X) + record(CNAME, TO_QNAME, owner=X)),
    "aliases of each other, out of order": raw(2, record(CNAME, TO_QNAME, owner=X) + record(CNAME, X)),
    "an alias twice": raw(2, record(CNAME, X) * 2),
    "chain of 12": raw(12, chain(12)),
    "chain of 12, backwards": raw(12, b"".join(record(CNAME, bytes((2, 97, 97 + at, 0)), owner=bytes((2, 97, 96 + at, 0)) if at else TO_QNAME) for at in reversed(range(12)))),
    "no room for our OPT": raw(1, record(65280, bytes(65535 - END - 12 - 10)), qtype=65280),
}  # fmt: skip


@pytest.mark.parametrize("packet", MALFORMED.values(), ids=MALFORMED)
def test_malformed_is_refused_whole(packet: bytes) -> None:
    for do in (False, True):
        with pytest.raises(WireError):
            message.read(packet, END, do=do)


@pytest.mark.parametrize(
    ("packet", "lifetime"),
    [
        (raw(11, chain(11)), 0),
        (raw(1, record(CNAME, LONG_LABELS + b"\x2f" + b"a" * 47 + b"\xc0\x0c")), 0),
        (raw(2, record(CNAME, X) + record(A, bytes(4), owner=pointer(END + 12))), 300),
        (raw(1, record(HTTPS, b"\x00\x01\x00\x00\x04\x00\x03abc"), qtype=HTTPS), 300),
        (raw(1, record(HTTPS, b"\x00\x01\x00\x00\x04\x00\xffabcd"), qtype=HTTPS), 300),
        (raw(1, record(HTTPS, b"\x00\x01\x00\x00"), qtype=HTTPS), 300),
        (raw(1, record(65280, bytes(65535 - END - 12 - 11)), qtype=65280), 300),
    ],
)
def test_odd_but_right(packet: bytes, lifetime: int) -> None:
    answer = message.read(packet, END, do=False)
    assert answer.lifetime == lifetime
    _, reply = served_to(packet, END, answer)
    assert len(reply) <= 65535
    strict(reply)


@pytest.mark.parametrize(
    ("packet", "right"),
    [
        (header(0x8180) + asks(), True),
        (header(0x8583) + asks(), True),
        (header(0x0180) + asks(), False),
        (header(0x9180) + asks(), False),
        (header(0x8180, qd=0) + asks(), False),
        (header(0x8180, qd=2) + asks() + asks(), False),
        (header(0x8180) + asks(AAAA), False),
        (header(0x8180) + asks(qclass=3), False),
        (header(0x8180) + asks(name=NAME.lower()), False),
        (header(0x8180) + asks(name=b"\x01x\x00"), False),
        ((header(0x8180) + asks())[:-1], False),
        (b"", False),
    ],
)
def test_matches(packet: bytes, *, right: bool) -> None:
    assert message.matches(packet, packets.query(), END) is right


@pytest.mark.parametrize(("flags", "truncated"), [(0x8380, True), (0x8180, False)])
def test_is_truncated(flags: int, *, truncated: bool) -> None:
    assert message.is_truncated(header(flags)) is truncated


ROWS = [built_row(name) for name in CORPUS] + [
    (packet, END, True) for packet in MALFORMED.values() if len(packet) < 1000
]
CHANGES = st.lists(
    st.tuples(st.integers(0, 600), st.one_of(st.integers(0, 255), st.sampled_from(b"\x00\x01\x0c\xc0\xff"))), max_size=4
)


@st.composite
def replies(draw: st.DrawFn) -> tuple[bytes, int]:
    if draw(st.booleans()):
        counts = draw(st.tuples(st.integers(0, 4), st.integers(0, 2)))
        return raw(
            counts[0], draw(st.binary(max_size=200)), ns=counts[1], qtype=draw(st.sampled_from([A, CNAME, TXT]))
        ), END
    packet, end, _ = draw(st.sampled_from(ROWS))
    changed = bytearray(packet)
    for at, octet in draw(CHANGES):
        place = at % len(changed)
        if not (4 <= place < 6 or 12 <= place < end):
            changed[place] = octet
    return bytes(changed), end


@given(reply=replies(), do=st.booleans(), age=st.integers(0, 90_000), longest=st.integers(-10, 90_000))
def test_any_octets_are_refused_or_served_well_formed(
    *, reply: tuple[bytes, int], do: bool, age: int, longest: int
) -> None:
    packet, end = reply
    try:
        answer = message.read(packet, end, do=do)
    except WireError:
        return
    assert 0 <= answer.lifetime <= message.LONGEST_POSITIVE
    query, served = served_to(packet, end, answer, age, longest)
    strict(served)
    assert served[12:].startswith(query[12:end])
    walked = [ttl for section, _, ttl in told(served) if section == 1]
    originals = [ttl for section, _, ttl in _told_prefix(packet, len(walked))]
    for ttl, original in zip(walked, originals, strict=True):
        assert ttl == max(0, min(original, 86400) - age) or ttl == max(0, longest)
        assert ttl <= max(0, original - age)
        assert ttl <= max(0, longest)


def _told_prefix(packet: bytes, count: int) -> list[tuple[int, int, int]]:
    """The first `count` records of a message whose rest may be anything."""
    at = 12
    at = packets._after_name(packet, at) + 4
    found = []
    for _ in range(count):
        at = packets._after_name(packet, at)
        kind, ttl = int.from_bytes(packet[at : at + 2], "big"), int.from_bytes(packet[at + 4 : at + 8], "big")
        found.append((1, kind, ttl))
        at += 10 + int.from_bytes(packet[at + 8 : at + 10], "big")
    return found
