import asyncio
import socket
from collections.abc import Callable
from ipaddress import ip_address

import pytest

from filterdns.blocklists.lookup import LookupFailed, lookup
from filterdns.config import Upstream, parse_upstream
from tests.dns.packets import AAAA, CNAME, TO_QNAME, A, record
from tests.dns.stub import Say, Stub, nobody, say_nothing, stub

HOST = "Lists.Example.org"
SERVFAIL, NXDOMAIN, REFUSED = 2, 3, 5
TRUNCATED = 0x0200
ALIAS = b"\x03cdn\x07example\x03net\x00"


def reply(query: bytes, *records: bytes, flags: int = 0) -> bytes:
    end = query.index(b"\x00", 12) + 5
    counts = b"\x00\x01" + len(records).to_bytes(2, "big") + bytes(4)
    return query[:2] + (0x8180 | flags).to_bytes(2, "big") + counts + query[12:end] + b"".join(records)


def asked_for(query: bytes) -> int:
    at = query.index(b"\x00", 12) + 1
    return int.from_bytes(query[at : at + 2], "big")


def says(*addresses: str, alias: bool = False, flags: int = 0) -> Say:
    """What has these addresses, of each type those that fit, behind an alias if it is said so."""

    def say(query: bytes) -> list[tuple[float, bytes]]:
        kind = asked_for(query)
        version = {A: 4, AAAA: 6}[kind]
        data = [ip_address(text).packed for text in addresses if ip_address(text).version == version]
        found = [record(kind, packed, owner=ALIAS if alias else TO_QNAME) for packed in data]
        return [(0, reply(query, *([record(CNAME, ALIAS)] if alias else []), *found, flags=flags))]

    return say


def first(*others: Callable[[bytes], bytes]) -> Say:
    """What comes before the good answer."""
    return lambda query: [*((0.0, other(query)) for other in others), *says("192.0.2.1")(query)]


def at(*servers: Stub | int, scheme: str = "udp") -> list[Upstream]:
    ports = [server if isinstance(server, int) else server.port for server in servers]
    return [parse_upstream(f"{scheme}://127.0.0.1:{port}") for port in ports]


async def found(*servers: Stub | int, scheme: str = "udp", attempt: float = 5.0) -> list[str]:
    return await asyncio.to_thread(lookup, HOST, at(*servers, scheme=scheme), attempt=attempt)


def run(udp: Say, tcp: Say = say_nothing, *, scheme: str = "udp", attempt: float = 5.0) -> tuple[list[str], Stub]:
    """What a server's answers lead to."""

    async def talk() -> tuple[list[str], Stub]:
        async with stub(udp, tcp) as server:
            return await found(server, scheme=scheme, attempt=attempt), server

    return asyncio.run(talk())


@pytest.mark.parametrize(
    ("say", "addresses"),
    [
        (says("192.0.2.1"), ["192.0.2.1"]),
        (says("2001:db8::1"), ["2001:db8::1"]),
        (says("2001:db8::1", "192.0.2.1", "192.0.2.2"), ["192.0.2.1", "192.0.2.2", "2001:db8::1"]),
        (says("192.0.2.1", "2001:db8::1", alias=True), ["192.0.2.1", "2001:db8::1"]),
        (says("192.0.2.1", "192.0.2.1"), ["192.0.2.1"]),
        (says("127.0.0.1", "::1"), ["127.0.0.1", "::1"]),
    ],
)
def test_both_kinds_of_address_are_found(say: Say, addresses: list[str]):
    assert run(say)[0] == addresses


def test_a_tcp_upstream_is_asked_by_tcp_only():
    addresses, server = run(say_nothing, says("192.0.2.1"), scheme="tcp")
    assert addresses == ["192.0.2.1"]
    assert (len(server.by_udp), len(server.by_tcp)) == (0, 2)


@pytest.mark.parametrize(
    "other",
    [
        lambda query: reply(query)[:20],
        lambda _: b"",
        lambda query: reply(query, record(A, b"\x06\x06\x06\x06", owner=b"\x04evil\x07example\x00")),
        lambda query: reply(query, record(A, b"\x06\x06\x06")),
        lambda query: reply(query.replace(b"\x05", b"\x04", 1), record(A, b"\x06\x06\x06\x06")),
        lambda query: reply(query[:12] + query[12:].swapcase(), record(A, b"\x06\x06\x06\x06")),
        lambda query: query,
        lambda query: reply(query, record(CNAME, TO_QNAME)),
    ],
)
def test_what_is_no_answer_is_waited_past(other: Callable[[bytes], bytes]):
    addresses, server = run(first(lambda query: query[:2] + other(query)[2:]))
    assert addresses == ["192.0.2.1"]
    assert not server.by_tcp


@pytest.mark.parametrize(
    "other",
    [
        lambda query: bytes((query[0] ^ 1, query[1])) + reply(query, record(A, b"\x06\x06\x06\x06"))[2:],
        lambda query: reply(query, flags=TRUNCATED),
        lambda query: reply(query, *[record(A, b"\x06\x06\x06\x06")] * 90),
    ],
)
def test_a_guess_or_a_long_answer_is_asked_again_by_tcp(other: Callable[[bytes], bytes]):
    addresses, server = run(first(other), says("192.0.2.7"))
    assert addresses == ["192.0.2.7"]
    assert len(server.by_tcp) == 2
    assert {query[:2] for query in server.by_tcp}.isdisjoint({query[:2] for _, query in server.by_udp})


def half(query: bytes) -> list[tuple[float, bytes]]:
    """Has no IPv4 address, and does not say whether it has others."""
    return says()(query) if asked_for(query) == A else []


@pytest.mark.parametrize(
    "bad", [half, says(flags=SERVFAIL), says(flags=REFUSED), say_nothing, lambda query: [(0, query[:2] + b"x")]]
)
def test_another_server_is_asked_if_one_is_of_no_use(bad: Say):
    async def talk() -> list[str]:
        async with stub(bad) as lame, stub(says("192.0.2.1")) as good:
            return await found(nobody(), lame, good, attempt=0.2)

    assert asyncio.run(talk()) == ["192.0.2.1"]


def test_one_kind_of_address_is_enough_where_the_other_gets_no_answer():
    def only_a(query: bytes) -> list[tuple[float, bytes]]:
        return says("192.0.2.1")(query) if asked_for(query) == A else []

    assert run(only_a, attempt=0.2)[0] == ["192.0.2.1"]


@pytest.mark.parametrize(
    ("udp", "tcp", "reason"),
    [
        (says(flags=NXDOMAIN), say_nothing, f"there is no address for the name {HOST}"),
        (says(), say_nothing, f"there is no address for the name {HOST}"),
        (says(alias=True), say_nothing, f"there is no address for the name {HOST}"),
        (says(flags=SERVFAIL), say_nothing, f"no upstream server says where {HOST} is"),
        (say_nothing, say_nothing, f"no upstream server says where {HOST} is"),
        (says(flags=TRUNCATED), says(flags=TRUNCATED), f"no upstream server says where {HOST} is"),
        (says(flags=TRUNCATED), lambda _: [(0, b"")], f"no upstream server says where {HOST} is"),
        (says(flags=TRUNCATED), lambda query: [(0, b"xx" + reply(query)[2:])], "no upstream server says where"),
    ],
)
def test_a_host_that_is_not_found_is_said_in_words(udp: Say, tcp: Say, reason: str):
    with pytest.raises(LookupFailed) as error:
        run(udp, tcp, attempt=0.1)
    assert reason in str(error.value)
    assert error.value.strerror == str(error.value)


def test_a_server_that_is_not_there_and_a_name_that_is_none_are_said_in_words():
    with pytest.raises(LookupFailed, match="no upstream server says where"):
        lookup(HOST, at(nobody(), scheme="tcp"))
    with pytest.raises(LookupFailed, match="no upstream server says where"):
        lookup(HOST, [])
    with pytest.raises(LookupFailed, match=r"is not a name: empty label$"):
        lookup("lists..example", at(nobody()))


def test_a_server_that_takes_the_question_by_tcp_and_no_more_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        upstream = at(listening.getsockname()[1], scheme="tcp")
        with pytest.raises(LookupFailed):
            lookup(HOST, upstream, attempt=0.1)


def test_nobody_can_guess_what_would_be_believed():
    async def talk() -> list[tuple[int, bytes]]:
        async with stub(says("192.0.2.1")) as server:
            for _ in range(25):
                await found(server)
            return server.by_udp

    asked = asyncio.run(talk())
    assert len(asked) == 50
    assert len({port for port, _ in asked}) > 40
    assert len({query[:2] for _, query in asked}) > 40
    spellings = {query[12:-15] for _, query in asked}
    assert len(spellings) > 40
    assert {spelling.lower() for spelling in spellings} == {b"\x05lists\x07example\x03org\x00"}
