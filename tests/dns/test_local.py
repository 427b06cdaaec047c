import dns.flags
import dns.message
import dns.rdatatype
import dns.reversename
import pytest

from filterdns.dname import from_text
from filterdns.dns import wire
from filterdns.dns.local import local_answer
from tests.dns import packets

V4 = [
    "0.0.0.0", "0.1.2.3", "10.0.0.0", "10.0.0.1", "10.255.255.255", "127.0.0.1", "127.255.0.1", "169.254.0.1",  # noqa: S104
    "169.254.169.254", "192.0.2.1", "192.0.2.255", "198.51.100.7", "203.0.113.9", "255.255.255.255", "192.168.0.0",
    "192.168.1.1", "192.168.255.255", *(f"172.{octet}.3.4" for octet in range(16, 32)),
    *(f"100.{octet}.5.6" for octet in range(64, 128)),
]  # fmt: skip
V6 = [
    "::", "::1", "fd00::1", "fdff:ffff::", "fd12:3456:789a:1::1", "fe80::1", "fe8f::1", "fe90::1", "fea0::1", "feb0::1",
    "febf:ffff::1", "2001:db8::1", "2001:db8:ffff:ffff::",
]  # fmt: skip
PRIVATE = [
    *(dns.reversename.from_address(address).to_text() for address in V4 + V6),
    *("10.in-addr.arpa", "168.192.in-addr.arpa", "16.172.in-addr.arpa", "64.100.in-addr.arpa", "d.f.ip6.arpa"),
    "8.e.f.ip6.arpa",
    *("a.b.168.192.in-addr.arpa", "_dns-sd._udp.10.in-addr.arpa", "1.B.E.F.IP6.ARPA"),
    *(
        "x.127.In-Addr.Arpa",
        "1.1.1.31.172.in-addr.arpa",
        "100.113.0.203.in-addr.arpa",
        "b._dns-sd._udp.0.168.192.in-addr.arpa",
    ),
]
PUBLIC = [
    *(
        dns.reversename.from_address(address).to_text()
        for address in [
            "1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.0.1", "172.32.0.1", "100.63.0.1", "100.128.0.1",
            "192.167.0.1", "192.169.0.1", "169.253.0.1", "192.0.1.1", "255.255.255.254", "128.0.0.1", "::2",
            "2001:db7::1",
            "2001:db9::1", "fc00::1", "fec0::1", "2606:4700::1111",
        ]
    ),
    *("in-addr.arpa", "ip6.arpa", "arpa", "172.in-addr.arpa", "100.in-addr.arpa", "192.in-addr.arpa", "e.f.ip6.arpa"),
    *("ipv4only.arpa", "example", "example.org", "www.example.com", "notlocal.org", "xlocal.example", "onion.example"),
    ".",
]  # fmt: skip
APEXES = [
    *("10.in-addr.arpa", "168.192.in-addr.arpa", "16.172.in-addr.arpa", "64.100.in-addr.arpa", "d.f.ip6.arpa"),
    *(
        "8.e.f.ip6.arpa",
        *(dns.reversename.from_address(address).to_text() for address in ("::", "::1", "255.255.255.255")),
    ),
]
A, NS, PTR, SOA, AAAA, DS, TXT, SVCB, HTTPS = 1, 2, 12, 6, 28, 43, 16, 64, 65


def ask(name: str, qtype: int) -> dns.message.Message | None:
    wire_name = b"".join(bytes((len(label),)) + label for label in dns.name.from_text(name).labels)
    packet = packets.query(qtype, wire_name)
    reply = local_answer(packet, wire.question(packet))
    return None if reply is None else dns.message.from_wire(reply)


def test_there_are_120_private_pointers() -> None:
    assert len(set(PRIVATE)) >= 120


@pytest.mark.parametrize("name", PRIVATE)
def test_private_reverse_names_never_leave_the_house(name: str) -> None:
    apex = name in APEXES
    for qtype in (PTR, SOA, NS, A, TXT):
        found = ask(name, qtype)
        assert found is not None
        assert found.rcode() == (0 if apex else 3)
        assert (found.answer, found.authority[0].rdtype) == ([], SOA)
        assert found.flags & dns.flags.AA


@pytest.mark.parametrize("name", PUBLIC)
def test_public_names_are_not_ours(name: str) -> None:
    assert ask(name, PTR) is None


@pytest.mark.parametrize(
    ("name", "qtype", "rcode", "answer"),
    [
        ("localhost", A, 0, "127.0.0.1"),
        ("LocalHost", AAAA, 0, "::1"),
        ("app.localhost", A, 0, "127.0.0.1"),
        ("a.b.localhost", AAAA, 0, "::1"),
        ("localhost", HTTPS, 0, None),
        ("localhost", TXT, 0, None),
        ("invalid", A, 3, None),
        ("x.invalid", TXT, 3, None),
        ("test", A, 3, None),
        ("www.test", AAAA, 3, None),
        ("duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion", A, 3, None),
        ("onion", SOA, 3, None),
        ("printer.local", A, 3, None),
        ("_services._dns-sd._udp.local", PTR, 3, None),
        ("local", SOA, 3, None),
        ("a.alt", A, 3, None),
        ("box.internal", A, 3, None),
        ("internal", NS, 3, None),
        ("home.arpa", SOA, 0, None),
        ("nas.home.arpa", A, 3, None),
        ("resolver.arpa", A, 0, None),
        ("_dns.resolver.arpa", SVCB, 0, None),
        ("_dns.resolver.arpa", AAAA, 0, None),
        ("nas", A, 3, None),
        ("nas", AAAA, 3, None),
        ("wpad", HTTPS, 3, None),
        ("com", SVCB, 3, None),
        (r"\003alt", A, 3, None),
    ],
)
def test_special_names(name: str, qtype: int, rcode: int, answer: str | None) -> None:
    found = ask(name, qtype)
    assert found is not None
    assert found.rcode() == rcode
    assert [str(rrset[0]) for rrset in found.answer] == ([answer] if answer else [])
    assert bool(found.authority) is (answer is None)
    assert found.flags & dns.flags.AA


@pytest.mark.parametrize(
    ("name", "qtype"), [("home.arpa", DS), ("com", DS), ("com", NS), ("org", SOA), (".", NS), (".", A)]
)
def test_what_a_validating_device_needs_is_asked_of_others(name: str, qtype: int) -> None:
    assert ask(name, qtype) is None


def test_names_are_compared_in_wire_form() -> None:
    packet = packets.query(A, from_text("xx.local.example"))
    assert local_answer(packet, wire.question(packet)) is None
