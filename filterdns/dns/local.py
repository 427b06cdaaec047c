"""Names that are answered here and never asked of anybody: special-use names and private reverse zones. Pure."""

from typing import Final

from filterdns.dname import from_text, parents
from filterdns.dns.wire import AAAA, DS, HTTPS, NOERROR, NXDOMAIN, SVCB, A, Question, address, negative

TTL = 3600

_LOCALHOST = from_text("localhost")
_HOME_ARPA = from_text("home.arpa")
"""Its DS is asked of the others, so that a validating device sees that the zone is not signed (RFC 8375 section 4)."""
_RESOLVER_ARPA = from_text("resolver.arpa")
"""RFC 9462 section 6.4: this resolver designates no other, so that no device upgrades past the filter."""

_ZONES = frozenset(
    from_text(name)
    for name in (
        "localhost", "resolver.arpa",
        "invalid", "test", "onion", "local", "alt", "internal", "home.arpa",
        "0.in-addr.arpa", "10.in-addr.arpa", "127.in-addr.arpa", "254.169.in-addr.arpa", "168.192.in-addr.arpa",
        "2.0.192.in-addr.arpa", "100.51.198.in-addr.arpa", "113.0.203.in-addr.arpa", "255.255.255.255.in-addr.arpa",
        *(f"{octet}.172.in-addr.arpa" for octet in range(16, 32)),
        *(f"{octet}.100.in-addr.arpa" for octet in range(64, 128)),
        "d.f.ip6.arpa", *(f"{digit}.e.f.ip6.arpa" for digit in "89ab"), "8.b.d.0.1.0.0.2.ip6.arpa",
        ".".join("0" * 32) + ".ip6.arpa", "1." + ".".join("0" * 31) + ".ip6.arpa",
    )
)  # fmt: skip
"""RFC 6761, 7686, 6762, 8375, 9462, 9476, and the reverse zones of RFC 6303 section 4 and RFC 7793."""

_TAILS: Final = tuple(sorted({list(parents(zone))[-1] for zone in _ZONES}))
_HOST_TYPES: Final = frozenset({A, AAAA, SVCB, HTTPS})


def local_answer(packet: bytes, asked: Question) -> bytes | None:
    """The reply for a name that never leaves the house, None for every other name."""
    name = asked.qname
    single = name[0] + 2 == len(name)
    zone = next((zone for zone in parents(name) if zone in _ZONES), None) if name.endswith(_TAILS) else None
    if zone is None:
        return _none_such(packet, asked) if single and asked.qtype in _HOST_TYPES else None
    if name == _HOME_ARPA and asked.qtype == DS:
        return None
    if zone == _LOCALHOST:
        if asked.qtype == A:
            return address(packet, asked, b"\x7f\x00\x00\x01", TTL)
        if asked.qtype == AAAA:
            return address(packet, asked, bytes(15) + b"\x01", TTL)
    elif zone != _RESOLVER_ARPA and (single or name != zone):
        return _none_such(packet, asked)
    return negative(packet, asked, NOERROR, TTL, authoritative=True)


def _none_such(packet: bytes, asked: Question) -> bytes:
    return negative(packet, asked, NXDOMAIN, TTL, authoritative=True)
