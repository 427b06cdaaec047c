"""DNS messages as bytes (RFC 1035, RFC 6891): read a question, write a reply from the same bytes.

Pure: bytes in, bytes out. A query is hostile until walked: reading it ends in a Question or a WireError,
and nothing is read that a reply does not need.
"""

from struct import Struct
from struct import error as StructError  # noqa: N812 - struct.error is a class
from typing import Any, Final

from filterdns.dname import MAX_LABEL, MAX_NAME, from_text
from filterdns.native import mypyc_attr

A: Final = 1  # what each query meets is final: compiled, it is a number and not looked up
CNAME: Final = 5
SOA: Final = 6
AAAA: Final = 28
OPT: Final = 41
RRSIG: Final = 46
NS, PTR, HINFO, MX, TXT, SRV, DNAME, DS, NSEC, NSEC3, SVCB, HTTPS = 2, 12, 13, 15, 16, 33, 39, 43, 47, 50, 64, 65
TKEY: Final = 249
TSIG: Final = 250
IXFR: Final = 251
AXFR: Final = 252
ANY: Final = 255
IN: Final = 1
NOERROR: Final = 0
SERVFAIL: Final = 2
NXDOMAIN: Final = 3
FORMERR, NOTIMP, REFUSED, BADVERS = 1, 4, 5, 16

EDE_FORGED, EDE_BLOCKED, EDE_FILTERED, EDE_NO_REACHABLE_AUTHORITY = 4, 15, 17, 22
"""Extended errors (RFC 8914 section 4)."""

UDP_SIZE: Final = 1232
"""What we offer and send at most over UDP: passes every path unfragmented (DNS flag day 2020)."""
UDP_LEAST: Final = 512

HEADER: Final = 12
COMPRESSED: Final = 0xC0
RECORD: Final = Struct("!HHIH")  # type, class, TTL, length of the data

_QTYPE_QCLASS: Final = Struct("!HH")
_COUNTS: Final = Struct("!HHHH")
_HEAD: Final = Struct("!2sBBHHHH")  # id, two octets of flags, counts
_OPT = Struct("!BHHBBHH")
_EDE = Struct("!HHH")
_SOA_NUMBERS = Struct("!IIIII")
_ONE_QUESTION = b"\x00\x01\x00\x00\x00\x00\x00\x00"
_MOST_OPTIONS: Final = 32
_EDE_OPTION = 15
_COOKIE_OPTION = 10
_COOKIE_LENGTHS = frozenset({8, *range(16, 41)})
_EDE_TEXT = 60
_SOA_NAMES = from_text("filterdns.invalid") + from_text("nobody.invalid")
_TO_QNAME: Final = b"\xc0\x0c"
_CASE_BIT: Final = bytes(0x20 if octet in range(ord("a"), ord("z") + 1) else 0 for octet in range(256))
_number: Final[Any] = int.from_bytes  # too long for the compiler's own numbers
_OUR_OPT: Final = _OPT.pack(0, OPT, UDP_SIZE, 0, 0, 0, 0)
_OUR_OPT_DO: Final = _OPT.pack(0, OPT, UDP_SIZE, 0, 0, 0x8000, 0)


class WireError(ValueError):
    """A message that is not handled in the ordinary way; `reply` is what goes back, None for silence."""

    def __init__(self, why: str, reply: bytes | None = None) -> None:
        super().__init__(why)
        self.reply = reply


@mypyc_attr(acyclic=True)
class Question:
    """What is asked. `qname` is lower-case; `end` is where the question section ends in its packet."""

    __slots__ = ("cd", "do", "edns", "end", "qname", "qtype", "udp_size")

    def __init__(self, qname: bytes, qtype: int, end: int) -> None:
        self.qname = qname
        self.qtype = qtype
        self.end = end
        self.edns = False
        self.udp_size = UDP_LEAST  # what the client takes over UDP, already within 512..UDP_SIZE
        self.do = False  # DNSSEC records wanted (RFC 3225)
        self.cd = False  # checking disabled (RFC 4035 section 3.2.2)


def question(packet: bytes) -> Question:  # noqa: C901 - one test an RFC's rule
    """Read the question of a query of class IN.

    Raises WireError holding the reply that RFCs 1035, 6891, 8906 and 9619 ask for, or none.
    """
    if len(packet) < HEADER or packet[2] & 0x80:
        raise WireError("not a query")
    if packet[2] & 0x78:
        raise WireError("opcode", _bare(packet, NOTIMP, _question_end(packet)))
    additional = packet[11]
    if packet[4:11] != b"\x00\x01\x00\x00\x00\x00\x00" or additional > 2:  # noqa: PLR2004 - OPT and TSIG
        raise WireError("counts", _bare(packet, FORMERR))
    try:
        at = HEADER
        while length := packet[at]:
            if length > MAX_LABEL:
                raise WireError("label", _bare(packet, FORMERR))
            at += length + 1
        qtype, qclass = packet[at + 1] << 8 | packet[at + 2], packet[at + 3] << 8 | packet[at + 4]
    except IndexError:
        raise WireError("cut short", _bare(packet, FORMERR)) from None
    if at + 1 - HEADER > MAX_NAME:
        raise WireError("name", _bare(packet, FORMERR))
    asked = Question(packet[HEADER : at + 1].lower(), qtype, at + 5)
    asked.cd = packet[3] & 0x10 != 0
    if additional:
        _read_additional(packet, asked, additional)
    if qclass != IN or qtype in (AXFR, IXFR) or not packet[2] & 1:
        raise WireError("refused", reply(packet, asked, REFUSED))
    if qtype in (OPT, TKEY, TSIG):
        raise WireError("meta type", reply(packet, asked, FORMERR))
    return asked


def _read_additional(packet: bytes, asked: Question, count: int) -> None:
    """Take into the question what the OPT record (RFC 6891 section 6.1) of the additional section says."""
    at = asked.end
    signed = False
    try:
        for _ in range(count):
            start = at
            while length := packet[at]:
                if length > MAX_LABEL:
                    raise WireError("additional", _bare(packet, FORMERR, asked.end))
                at += length + 1
            kind, size, flags, length = RECORD.unpack_from(packet, at + 1)
            data = at + 11
            at = data + length
            if at > len(packet):
                raise WireError("additional", _bare(packet, FORMERR, asked.end))
            if kind == OPT:
                if asked.edns or data - 11 != start:
                    raise WireError("OPT", _bare(packet, FORMERR, asked.end))
                asked.edns = True
                asked.udp_size = min(max(size, UDP_LEAST), UDP_SIZE)
                asked.do = flags & 0x8000 != 0
                if flags >> 16 & 0xFF:
                    raise WireError("EDNS version", reply(packet, asked, BADVERS))
                _check_options(packet, asked, data, at)
            signed = signed or kind == TSIG
    except (IndexError, StructError):
        raise WireError("additional", _bare(packet, FORMERR, asked.end)) from None
    if signed:
        raise WireError("signed", reply(packet, asked, REFUSED))


def _check_options(packet: bytes, asked: Question, at: int, end: int) -> None:
    """Options must fill the record exactly and a COOKIE have a length it can have (RFC 7873 section 5.2.2)."""
    for _ in range(_MOST_OPTIONS):
        if at == end:
            return
        if at + 4 > end:
            raise WireError("option", reply(packet, asked, FORMERR))
        code, length = _QTYPE_QCLASS.unpack_from(packet, at)
        at += 4 + length
        if at > end or (code == _COOKIE_OPTION and length not in _COOKIE_LENGTHS):
            raise WireError("option", reply(packet, asked, FORMERR))


def reply(  # noqa: PLR0913 - a reply has these parts
    packet: bytes,
    asked: Question,
    rcode: int = NOERROR,
    *,
    answer: bytes = b"",
    answers: int = 0,
    authority: bytes = b"",
    authorities: int = 0,
    authoritative: bool = False,
    ede: tuple[int, str] | None = None,
) -> bytes:
    """A reply to `packet` from its own bytes; OPT if the query had one, the extended error only then."""
    opt = _opt(asked, rcode, ede) if asked.edns else b""
    return b"".join(
        (
            _HEAD.pack(
                packet[:2],
                0x80 | (packet[2] & 0x01) | (0x04 if authoritative else 0),
                0x80 | (packet[3] & 0x10) | rcode & 0x0F,
                1,
                answers,
                authorities,
                1 if opt else 0,
            ),
            packet[HEADER : asked.end],
            answer,
            authority,
            opt,
        )
    )


def blocked(  # noqa: PLR0913 - the form, its life and its reason
    packet: bytes, asked: Question, form: str, ttl: int, ede: tuple[int, str], *, page: bytes = b""
) -> bytes:
    """The answer to what is blocked (interfaces.md), `form` as view.BlockedAnswer; `page` is an IPv4 address."""
    if form == "refused":
        return reply(packet, asked, REFUSED, ede=ede)
    if asked.qtype == A and form == "zero":
        return reply(packet, asked, answer=_address(A, ttl, b"\x00\x00\x00\x00"), answers=1, ede=ede)
    if asked.qtype == A and form == "page" and page:
        return reply(packet, asked, answer=_address(A, ttl, page), answers=1, ede=ede)
    if asked.qtype == AAAA and form == "zero":
        return reply(packet, asked, answer=_address(AAAA, ttl, bytes(16)), answers=1, ede=ede)
    return negative(packet, asked, NXDOMAIN if form == "nxdomain" else NOERROR, ttl, ede=ede)


def failure(packet: bytes) -> bytes:
    """SERVFAIL to a query that may be anything, from as little of it as can be."""
    return _bare(packet, SERVFAIL, _question_end(packet))


def negative(  # noqa: PLR0913 - as reply
    packet: bytes,
    asked: Question,
    rcode: int,
    ttl: int,
    *,
    authoritative: bool = False,
    ede: tuple[int, str] | None = None,
) -> bytes:
    """NODATA or NXDOMAIN with an SOA, so that stubs keep it for `ttl` seconds and no longer (RFC 2308 section 5)."""
    return reply(
        packet, asked, rcode, authority=soa(ttl), authorities=1, authoritative=authoritative, ede=ede
    )  # fmt: skip


def address(packet: bytes, asked: Question, packed: bytes, ttl: int) -> bytes:
    """An address of our own for the name asked; `packed` is 4 or 16 octets."""
    record = _address(A if len(packed) == 4 else AAAA, ttl, packed)  # noqa: PLR2004
    return reply(packet, asked, answer=record, answers=1, authoritative=True)


def any_minimal(packet: bytes, asked: Question) -> bytes:
    """The HINFO that answers ANY (RFC 8482 section 4.2)."""
    data = b"\x07RFC8482\x00"
    record = _TO_QNAME + RECORD.pack(HINFO, IN, 3600, len(data)) + data
    return reply(packet, asked, answer=record, answers=1)


def alias(packet: bytes, asked: Question, target: bytes, ttl: int, addresses: list[bytes]) -> bytes:
    """The name asked is an alias of `target`, whose addresses of the type asked stand in the same reply."""
    records = [_TO_QNAME + RECORD.pack(CNAME, IN, ttl, len(target)) + target]
    to_target = (asked.end + 12 | COMPRESSED << 8).to_bytes(2, "big")
    size = 4 if asked.qtype == A else 16
    fixed = to_target + RECORD.pack(asked.qtype, IN, ttl, size)
    records += [fixed + packed for packed in addresses if len(packed) == size]
    ede = (EDE_FORGED, "Safe search")
    if len(records) > 1 or asked.qtype == CNAME:
        return reply(packet, asked, answer=b"".join(records), answers=len(records), ede=ede)
    return reply(
        packet, asked, answer=records[0], answers=1, authority=soa(ttl, to_target), authorities=1, ede=ede
    )  # fmt: skip


def truncated(packet: bytes, asked: Question) -> bytes:
    """An empty reply that sends the client to TCP (RFC 2181 section 9)."""
    empty = bytearray(reply(packet, asked))
    empty[2] |= 0x02
    return bytes(empty)


def soa(ttl: int, owner: bytes = _TO_QNAME) -> bytes:
    """The SOA record of our own negative answers."""
    data = _SOA_NAMES + _SOA_NUMBERS.pack(1, 3600, 600, 86400, ttl)
    return owner + RECORD.pack(SOA, IN, ttl, len(data)) + data


def query(  # noqa: PLR0913 - a query has these parts
    qname: bytes, qtype: int, ident: bytes, noise: bytes, *, do: bool, cd: bool
) -> bytes:
    """A query for an upstream with our own OPT (RFC 6891 section 6.2.6).

    `ident` is 2 random octets; each letter's case follows a bit of `noise`, which is as long as the name (0x20).
    """
    upper = _number(qname.translate(_CASE_BIT), "big") & _number(noise, "big")
    return b"".join(
        (
            ident,
            b"\x01\x10\x00\x01\x00\x00\x00\x00\x00\x01" if cd else b"\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01",
            (_number(qname, "big") ^ upper).to_bytes(len(qname), "big"),
            _QTYPE_QCLASS.pack(qtype, IN),
            _OUR_OPT_DO if do else _OUR_OPT,
        )
    )


def _opt(asked: Question, rcode: int, ede: tuple[int, str] | None) -> bytes:
    if ede is None and rcode < 16:  # noqa: PLR2004 - what fits into the header
        return _OUR_OPT_DO if asked.do else _OUR_OPT
    options = b""
    if ede is not None:
        text = ede[1].encode("ascii", "replace")[:_EDE_TEXT]
        options = _EDE.pack(_EDE_OPTION, 2 + len(text), ede[0]) + text
    return _OPT.pack(0, OPT, UDP_SIZE, rcode >> 4, 0, 0x8000 if asked.do else 0, len(options)) + options


def _address(kind: int, ttl: int, packed: bytes) -> bytes:
    return _TO_QNAME + RECORD.pack(kind, IN, ttl, len(packed)) + packed


def _bare(packet: bytes, rcode: int, end: int = HEADER) -> bytes:
    """A reply of a header, and of the question if one was read up to `end`."""
    flags = bytes((0x80 | (packet[2] & 0x79), rcode))
    return packet[:2] + flags + _COUNTS.pack(1 if end > HEADER else 0, 0, 0, 0) + packet[HEADER:end]


def _question_end(packet: bytes) -> int:
    """Where a single well-formed question ends; HEADER if there is none."""
    if packet[4:6] != _ONE_QUESTION[:2]:
        return HEADER
    try:
        at = HEADER
        while length := packet[at]:
            if length > MAX_LABEL:
                return HEADER
            at += length + 1
    except IndexError:
        return HEADER
    return at + 5 if at + 5 <= len(packet) and at + 1 - HEADER <= MAX_NAME else HEADER
