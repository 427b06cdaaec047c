"""Names and records of a message as they lie in it (RFC 1035 section 4.1), each checked as its type asks. Pure."""

from bisect import bisect_left
from struct import Struct
from typing import Final

from filterdns.dname import MAX_LABEL, MAX_NAME
from filterdns.dns.wire import (
    AAAA,
    CNAME,
    COMPRESSED,
    DNAME,
    HEADER,
    HTTPS,
    MX,
    NS,
    OPT,
    PTR,
    SOA,
    SRV,
    SVCB,
    TXT,
    A,
    WireError,
)  # fmt: skip
from filterdns.native import mypyc_attr

MOST_JUMPS = 32
FIXED: Final = {A: 4, AAAA: 16}
"""Types whose data has one length."""
ALIASES: Final = frozenset({CNAME, DNAME})

_U16: Final = Struct("!H")
_IPV4HINT, _IPV6HINT = 4, 6
_NAME_AT: Final = {NS: 0, CNAME: 0, PTR: 0, DNAME: 0, MX: 2, SRV: 6}


@mypyc_attr(acyclic=True)
class Records:
    """A message while it is read; names already read are remembered by their place."""

    __slots__ = ("addresses", "aliases", "hints", "names", "packet", "qname", "qtype", "question_end", "ttls")

    def __init__(self, packet: bytes, question_end: int) -> None:
        self.packet = packet
        self.question_end = question_end
        self.qtype = _U16.unpack_from(packet, question_end - 4)[0]
        self.qname = packet[HEADER : question_end - 4].lower()
        self.names: dict[int, tuple[bytes, int]] = {}
        self.aliases: list[bytes] = []  # lower-case names that records lead to
        self.addresses: list[bytes] = []  # packed
        self.hints: list[bytes] = []  # packed
        self.ttls: list[tuple[int, int]] = []  # place after the question, seconds; in order of place

    def name(self, at: int, jumps: int = 0) -> tuple[bytes, int]:
        """The name at `at`, lower-case, and where it ends (RFC 1035 section 4.1.4).

        A pointer leads to a name that ends before it, and never to the octets of a TTL, which change later.
        """
        known = (self.qname, self.question_end - 4) if at == HEADER else self.names.get(at)
        if known is not None:
            return known
        packet, start, pieces, size = self.packet, at, [], 1
        while length := packet[at]:
            if length >= COMPRESSED:
                target = (length & 0x3F) << 8 | packet[at + 1]
                if not HEADER <= target < start or jumps > MOST_JUMPS:
                    raise WireError("pointer")
                rest, stop = self.name(target, jumps + 1)
                if stop > start:
                    raise WireError("pointer")
                size += len(rest) - 1
                at += 2
                break
            if length > MAX_LABEL:
                raise WireError("label")
            pieces.append(packet[at : at + 1 + length])
            size += length + 1
            at += length + 1
        else:
            rest = b"\x00"
            at += 1
        if size > MAX_NAME or at > len(packet):
            raise WireError("name")
        if jumps:
            place = bisect_left(self.ttls, (start - 3 - self.question_end,))
            if place < len(self.ttls) and self.ttls[place][0] < at - self.question_end:
                raise WireError("pointer")
        pieces.append(rest)
        self.names[start] = found = (b"".join(pieces).lower(), at)
        return found

    def data(self, kind: int, at: int, length: int) -> bytes | None:  # noqa: C901 - one branch a type
        """Check a record's data as its type asks; note what a service leads to. Returns the name in it, if any."""
        end = at + length
        if end > len(self.packet):
            raise WireError("record")
        if kind in FIXED:
            if length != FIXED[kind]:
                raise WireError("address")
        elif kind in _NAME_AT:
            target, stop = self.name(at + _NAME_AT[kind])
            if stop != end or (kind == DNAME and len(target) != length):  # RFC 6672 section 2.5: never compressed
                raise WireError("name in a record")
            return target
        elif kind == SOA:
            if self.name(self.name(at)[1])[1] + 20 != end:
                raise WireError("SOA")
        elif kind == TXT:
            self._strings(at, end)
        elif kind in (SVCB, HTTPS):
            self._service(at, end)
        elif kind == OPT or kind >> 7 == 1:  # types of questions and of the message itself (RFC 6895 section 3.1)
            raise WireError("meta type")
        return None

    def _strings(self, at: int, end: int) -> None:
        start = at
        while at < end:
            at += 1 + self.packet[at]
        if at != end or at == start:
            raise WireError("text")

    def _service(self, at: int, end: int) -> None:
        """Target and address hints of a SVCB record (RFC 9460 section 2.2); odd parameters stay opaque."""
        packet = self.packet
        target, at = self.name(at + 2)
        if at > end:
            raise WireError("service")
        if target != b"\x00":
            self.aliases.append(target)
        while at + 4 <= end:
            key, length = _U16.unpack_from(packet, at)[0], _U16.unpack_from(packet, at + 2)[0]
            at += 4
            width = {_IPV4HINT: 4, _IPV6HINT: 16}.get(key)
            if width and at + length <= end:
                self.hints += [packet[i : i + width] for i in range(at, at + length - width + 1, width)]
            at += length
