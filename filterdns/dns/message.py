"""An upstream's message walked once, checked, and cut to what a client needs.

Pure. What does not parse in full is refused whole: no octet that was not understood as part of a record
reaches a client, and no record that the question did not lead to (RFC 5452 section 6, RFC 9267).
"""

from struct import Struct
from struct import error as StructError  # noqa: N812 - struct.error is a class
from typing import Final

from filterdns.dname import is_below
from filterdns.dns.rebinding import is_private
from filterdns.dns.records import ALIASES, FIXED, Records
from filterdns.dns.wire import (
    CNAME,
    COMPRESSED,
    DNAME,
    HEADER,
    IN,
    NOERROR,
    NSEC,
    NSEC3,
    NXDOMAIN,
    RECORD,
    RRSIG,
    SOA,
    Question,
    WireError,
    reply,
)  # fmt: skip
from filterdns.native import mypyc_attr

LONGEST_POSITIVE: Final = 86_400
LONGEST_NEGATIVE: Final = 3_600
"""Seconds an answer is kept at most, as unbound does by default."""
LONGEST_CHAIN = 11
LONGEST_MESSAGE: Final = 65_535

_COUNTS: Final = Struct("!HHHH")
_U16: Final = Struct("!H")
_U32: Final = Struct("!I")
_AT_PARENTS: Final = frozenset({DNAME, RRSIG})
_PROOFS = frozenset({NSEC, NSEC3})
_OPT_SIZE: Final = 11


@mypyc_attr(acyclic=True)
class Answer:
    """What an upstream said: `records` are the octets that follow the question, their pointers valid there.

    `places` says where in `records` each TTL is; `lifetime` is how many seconds it may be kept, 0 for not
    at all (RFC 2308 section 5 for negative answers).
    """

    __slots__ = ("aliases", "answers", "authorities", "lifetime", "places", "private", "rcode", "records")

    def __init__(  # noqa: PLR0913, PLR0917 - made for each miss
        self,
        rcode: int,
        records: bytes,
        answers: int,
        authorities: int,
        places: list[int],
        lifetime: int,
        aliases: list[bytes],
        private: bool,  # noqa: FBT001
    ) -> None:
        self.rcode = rcode
        self.records = records
        self.answers = answers
        self.authorities = authorities
        self.places = places
        self.lifetime = lifetime
        self.aliases = aliases  # targets of CNAME, DNAME, SVCB and HTTPS records, lower-case
        self.private = private  # is an address, or a hint of a SVCB record, a private one?

    @property
    def addresses(self) -> list[bytes]:
        """Of the A and AAAA records, packed; found anew, because few answers are asked for them."""
        records = self.records
        kinds = [(at, _U16.unpack_from(records, at - 4)[0]) for at in self.places[: self.answers]]
        return [records[at + 6 : at + 6 + FIXED[kind]] for at, kind in kinds if kind in FIXED]


def matches(packet: bytes, sent: bytes, question_end: int) -> bool:
    """Is this a reply to the query sent: flags, counts and the question octet for octet (letter case too)?"""
    return (
        len(packet) >= question_end
        and packet[2] & 0xF8 == 0x80  # noqa: PLR2004 - QR, opcode QUERY
        and packet[4:6] == b"\x00\x01"
        and packet[HEADER:question_end] == sent[HEADER:question_end]
    )


def is_truncated(packet: bytes) -> bool:
    """Is the TC flag set?"""
    return packet[2] & 0x02 != 0


def read(packet: bytes, question_end: int, *, do: bool) -> Answer:
    """Walk a message that matched. Raises WireError for what is malformed or off the alias chain."""
    try:
        return _Walk(packet, question_end).read(do=do)
    except (IndexError, StructError):
        raise WireError("cut short") from None


def serve(packet: bytes, asked: Question, answer: Answer, age: int, longest: int) -> bytes:
    """The answer as a reply to `packet`: TTLs `age` seconds older and none above `longest` seconds."""
    records = answer.records
    if age or longest < LONGEST_POSITIVE:
        aged = bytearray(records)
        write_ttls(aged, 0, answer, age, longest)
        records = bytes(aged)
    return reply(
        packet, asked, answer.rcode, answer=records, answers=answer.answers, authorities=answer.authorities
    )  # fmt: skip


def write_ttls(served: bytearray, base: int, answer: Answer, age: int, longest: int) -> None:
    """Into a reply whose records begin at `base`: TTLs `age` seconds older and none above `longest` seconds."""
    records = answer.records
    for at in answer.places:
        _U32.pack_into(served, base + at, max(0, min(_U32.unpack_from(records, at)[0] - age, longest)))


def _leads_to(chain: list[bytes], owner: bytes, kind: int) -> bool:
    """May a record of `owner` be in the answer: is it on the chain, or a DNAME (or its signature) above it?"""
    return owner in chain or (kind in _AT_PARENTS and any(is_below(name, owner) for name in chain))


def _follow(chain: list[bytes], target: bytes | None) -> None:
    """Add an alias's target to the chain. Raises WireError for loops and for what is too long."""
    if target is None or target in chain or len(chain) > LONGEST_CHAIN:
        raise WireError("alias chain")
    chain.append(target)


@mypyc_attr(acyclic=True)
class _Walk(Records):
    """One pass over a message."""

    __slots__ = ("above_longest",)

    def __init__(self, packet: bytes, question_end: int) -> None:
        super().__init__(packet, question_end)
        self.above_longest = False

    def read(self, *, do: bool) -> Answer:
        packet, start = self.packet, self.question_end
        rcode = packet[3] & 0x0F
        _, answers, authorities, _ = _COUNTS.unpack_from(packet, 4)
        at, lowest, data = self._answers(answers)
        records, kept = packet[start:at], 0
        negative = rcode == NXDOMAIN or (rcode == NOERROR and not data)
        if negative or rcode != NOERROR:
            lowest = min(lowest, LONGEST_NEGATIVE if negative and authorities else 0)
        if authorities and (negative or do):
            extra, kept, ttl = self._authority(at, authorities, negative=negative, do=do)
            records += extra
            lowest = min(lowest, ttl)
        if start + len(records) + _OPT_SIZE > LONGEST_MESSAGE:
            raise WireError("too long")
        if kept or self.above_longest:
            records = self._capped(records)
        private = False
        for packed in self.addresses + self.hints if self.hints else self.addresses:
            private = private or is_private(packed)
        places = [at for at, _ in self.ttls]
        return Answer(rcode, records, answers, kept, places, lowest, self.aliases, private)

    def _answers(self, count: int) -> tuple[int, int, bool]:  # noqa: C901, PLR0912 - one pass, spelled out for speed
        """Walk the answer section -> where it ends, its lowest TTL, whether it holds more than aliases."""
        packet, start, size = self.packet, self.question_end, len(self.packet)
        at, lowest, data = start, LONGEST_POSITIVE, False
        qname = self.qname
        chain = [qname]
        astray: list[tuple[bytes, int, bytes | None]] = []
        for _ in range(count):
            if packet[at] == COMPRESSED and packet[at + 1] == HEADER:
                owner = qname
                at += 2
            else:
                owner, at = self.name(at)
            kind, klass, ttl, length = RECORD.unpack_from(packet, at)
            if klass != IN:
                raise WireError("class")
            if ttl > LONGEST_POSITIVE:
                ttl = LONGEST_POSITIVE
                self.above_longest = True
            lowest = min(lowest, ttl)
            self.ttls.append((at + 4 - start, ttl))
            at += 10
            if length == FIXED.get(kind):
                self.addresses.append(packet[at : at + length])
                at += length
                data = True
                if at > size:
                    raise WireError("record")
                if owner is not qname and owner not in chain:
                    astray.append((owner, kind, None))
                continue
            target = self.data(kind, at, length)
            at += length
            if kind in ALIASES and target is not None:
                self.aliases.append(target)
            if kind == self.qtype or (kind not in ALIASES and kind != RRSIG):
                data = True
            if not _leads_to(chain, owner, kind):
                astray.append((owner, kind, target))
            elif kind == CNAME:
                _follow(chain, target)
        while astray:
            joined = [record for record in astray if _leads_to(chain, *record[:2])]
            if not joined:
                raise WireError("off the alias chain")
            astray = [record for record in astray if record not in joined]
            for _, kind, target in joined:
                if kind == CNAME:
                    _follow(chain, target)
        return at, lowest, data

    def _authority(self, at: int, count: int, *, negative: bool, do: bool) -> tuple[bytes, int, int]:
        """What a client needs of the section -> octets, records, seconds to keep.

        The SOA of a negative answer; all of it if DNSSEC records are asked for and a proof is in it.
        """
        packet, start, before = self.packet, at, len(self.ttls)
        soa: tuple[int, int, bytes, int] | None = None
        lowest, proven = LONGEST_NEGATIVE if negative else LONGEST_POSITIVE, negative
        for _ in range(count):
            first = at
            owner, at = self.name(at)
            kind, klass, ttl, length = RECORD.unpack_from(packet, at)
            if klass != IN:
                raise WireError("class")
            self.ttls.append((at + 4 - self.question_end, ttl))
            self.data(kind, at + 10, length)
            if kind == SOA and soa is None:
                soa = (first, at, owner, length)
                lowest = min(lowest, ttl, _U32.unpack_from(packet, at + 6 + length)[0]) if negative else lowest
            if kind in _PROOFS:
                lowest, proven = min(lowest, ttl), True
            at += 10 + length
        if negative and soa is None:
            lowest, proven = 0, False
        if do and proven:
            self.ttls[before:] = [(place, min(ttl, lowest)) for place, ttl in self.ttls[before:]]
            return packet[start:at], count, lowest
        del self.ttls[before:]
        if soa is None or not negative:
            return b"", 0, lowest if negative else LONGEST_POSITIVE
        first, fixed, owner, length = soa
        if first == start:
            self.ttls.append((fixed + 4 - self.question_end, lowest))
            return packet[first : fixed + 10 + length], 1, lowest
        mname, rest = self.name(fixed + 10)
        rname, rest = self.name(rest)
        data = mname + rname + packet[rest : rest + 20]
        self.ttls.append((start - self.question_end + len(owner) + 4, lowest))
        return owner + RECORD.pack(SOA, IN, lowest, len(data)) + data, 1, lowest

    def _capped(self, records: bytes) -> bytes:
        """The records with every TTL as `ttls` says."""
        capped = bytearray(records)
        for at, ttl in self.ttls:
            _U32.pack_into(capped, at, ttl)
        return bytes(capped)
