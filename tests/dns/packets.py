"""Packets built by hand, octet by octet, and read back strictly, for the tests of this folder."""

from struct import pack, unpack_from

import dns.message

NAME = b"\x07eXample\x03Org\x00"
TO_QNAME = b"\xc0\x0c"
A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME, OPT, SVCB, HTTPS = 1, 2, 5, 6, 12, 15, 16, 28, 33, 39, 41, 64, 65
TSIG, ANY = 250, 255
CHECKED = frozenset({A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, DNAME})
"""Types whose data is checked octet for octet; that of the others is opaque (RFC 3597)."""


def header(flags: int = 0x0100, qd: int = 1, an: int = 0, ns: int = 0, ar: int = 0) -> bytes:
    return pack("!HHHHHH", 0xBEEF, flags, qd, an, ns, ar)


def asks(qtype: int = A, name: bytes = NAME, qclass: int = 1) -> bytes:
    return name + pack("!HH", qtype, qclass)


def opt(options: bytes = b"", *, size: int = 1232, version: int = 0, flags: int = 0, owner: bytes = b"\x00") -> bytes:
    return owner + pack("!HHBBHH", OPT, size, 0, version, flags, len(options)) + options


def option(code: int, data: bytes = b"") -> bytes:
    return pack("!HH", code, len(data)) + data


def record(
    kind: int, data: bytes, *, owner: bytes = TO_QNAME, ttl: int = 300, klass: int = 1, length: int | None = None
) -> bytes:
    return owner + pack("!HHIH", kind, klass, ttl, len(data) if length is None else length) + data


def query(qtype: int = A, name: bytes = NAME, edns: bytes = b"") -> bytes:
    return header(ar=1 if edns else 0) + asks(qtype, name) + edns


def told(packet: bytes) -> list[tuple[int, int, int]]:
    """Section (1 answer, 2 authority, 3 additional), type and TTL of each record of a well-formed message."""
    counts = unpack_from("!HHHH", packet, 4)
    at = 12
    for _ in range(counts[0]):
        at = _after_name(packet, at) + 4
    found = []
    for section, count in enumerate(counts[1:], 1):
        for _ in range(count):
            at = _after_name(packet, at)
            kind, _, ttl, length = unpack_from("!HHIH", packet, at)
            found.append((section, kind, ttl))
            at += 10 + length
    assert at == len(packet)
    return found


def strict(packet: bytes) -> dns.message.Message:
    """Read by dnspython; only the data of opaque types may be wrong."""
    opaque = sum(kind not in CHECKED for section, kind, _ in told(packet) if section < 3)
    if not opaque:
        return dns.message.from_wire(packet)
    message = dns.message.from_wire(packet, continue_on_error=True)
    assert len(message.errors) <= opaque, message.errors
    return message


def _after_name(packet: bytes, at: int) -> int:
    while length := packet[at]:
        if length >= 0xC0:
            return at + 2
        at += 1 + length
    return at + 1
