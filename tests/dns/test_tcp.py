import asyncio
import resource
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from struct import pack
from time import monotonic
from typing import Any

import pytest

from filterdns.dns import tcp
from filterdns.dns.loop import Loop
from filterdns.dns.tcp import MOST_CONNECTIONS, MOST_PER_CLIENT, MOST_QUERIES, TcpServer
from tests.dns import packets
from tests.dns.stub import TALK, a_loop, settle

QUERY = packets.query()
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class House:
    """The server with an `ask` that echoes the query as its reply, at once or when told to."""

    def __init__(self, loop: Loop) -> None:
        self.holds = False
        self.writers: list[asyncio.StreamWriter] = []
        self.held: list[tuple[bytes, Callable[[bytes], None]]] = []
        self.hosts: set[str] = set()
        self.server = TcpServer(self._ask, loop)
        self.came = asyncio.Event()

    def _ask(self, packet: bytes, host: str, send: Callable[[bytes], None]) -> None:
        self.hosts.add(host)
        if self.holds:
            self.held.append((packet, send))
            self.came.set()
        else:
            send(packet)

    async def waits_for(self, count: int) -> None:
        async with asyncio.timeout(TALK):
            while len(self.held) < count:
                self.came.clear()
                await self.came.wait()

    async def has_at_most(self, connections: int) -> None:
        async with asyncio.timeout(TALK):
            while len(self.server.open) > connections:  # noqa: ASYNC110 - it counts them and tells nobody
                await asyncio.sleep(0)

    async def connect(self, source: str = "127.0.0.1") -> Streams:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, local_addr=(source, 0))
        self.writers.append(writer)
        return reader, writer


@asynccontextmanager
async def house(*, holds: bool = False) -> AsyncIterator[House]:
    with a_loop() as loop:
        made = House(loop)
        made.holds = holds
        sock = socket.create_server(("127.0.0.1", 0))
        sock.setblocking(False)  # noqa: FBT003 - its only form
        made.port = sock.getsockname()[1]
        made.server.listen(sock)
        try:
            yield made
        finally:
            for writer in made.writers:
                writer.transport.abort()
            await made.has_at_most(0)
            made.server.close()
            await settle()


def framed(*queries: bytes) -> bytes:
    return b"".join(pack("!H", len(query)) + query for query in queries)


def numbered(count: int) -> list[bytes]:
    return [pack("!H", number) + QUERY[2:] for number in range(count)]


async def reply(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(TALK):
        return await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What still comes until the server hangs up."""
    rest = b""
    async with asyncio.timeout(TALK):
        with suppress(ConnectionError):
            while octets := await reader.read(65536):
                rest += octets
    return rest


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(test())


def test_a_query_an_octet_at_a_time() -> None:
    async def story() -> None:
        async with house() as home:
            reader, writer = await home.connect()
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in framed(*numbered(3)):
                writer.write(bytes((octet,)))
                await writer.drain()
                await asyncio.sleep(0)
            assert [await reply(reader) for _ in range(3)] == numbered(3)
            assert home.hosts == {"127.0.0.1"}
            writer.close()

    run(story)


def test_pipelined_queries_are_answered_in_any_order() -> None:
    async def story() -> None:
        async with house(holds=True) as home:
            reader, writer = await home.connect()
            writer.write(framed(*numbered(20)))
            await home.waits_for(20)
            for packet, send in reversed(home.held):
                send(packet)
            assert [await reply(reader) for _ in range(20)] == numbered(20)[::-1]
            writer.close()

    run(story)


@pytest.mark.parametrize(
    ("octets", "answered"),
    [
        (b"\x00\x00", 0),
        (b"\x00\x0b" + bytes(11), 0),
        (b"\x10\x01", 0),
        (b"\xff\xff", 0),
        (b"GET / HTTP/1.1\r\n\r\n", 0),
        (framed(QUERY) + b"\x00\x00", 1),
    ],
    ids=["length 0", "length 11", "length 4097", "length 65535", "HTTP", "a query, then length 0"],
)
def test_what_is_no_query_ends_the_connection(octets: bytes, answered: int) -> None:
    async def story() -> None:
        async with house() as home:
            reader, writer = await home.connect()
            writer.write(octets)
            await ended(reader)
            assert len(home.hosts) == min(answered, 1)
            assert not home.server.open
            writer.close()

    run(story)


def test_the_longest_query_is_taken() -> None:
    async def story() -> None:
        async with house() as home:
            reader, writer = await home.connect()
            long = QUERY + bytes(tcp.LONGEST_QUERY - len(QUERY))
            writer.write(framed(long))
            assert await reply(reader) == long
            writer.close()

    run(story)


def test_a_client_that_has_said_all_is_answered_in_full() -> None:
    async def story() -> None:
        async with house(holds=True) as home:
            reader, writer = await home.connect()
            writer.write(framed(*numbered(3)))
            writer.write_eof()
            await home.waits_for(3)
            await asyncio.sleep(0.02)
            for packet, send in home.held:
                send(packet)
            assert await ended(reader) == framed(*numbered(3))
            writer.close()

    run(story)


def test_a_client_that_says_nothing_and_ends() -> None:
    async def story() -> None:
        async with house() as home:
            reader, writer = await home.connect()
            writer.write_eof()
            assert await ended(reader) == b""
            writer.close()

    run(story)


def test_one_client_has_so_many_connections_and_leaves_room_for_others() -> None:
    async def story() -> None:
        async with house() as home:
            opened = [await home.connect() for _ in range(MOST_PER_CLIENT)]
            for reader, writer in opened:
                writer.write(framed(QUERY))
                assert await reply(reader) == QUERY
            reader, writer = await home.connect()
            assert await ended(reader) == b""
            writer.close()
            reader, writer = await home.connect("127.0.0.2")
            writer.write(framed(QUERY))
            assert await reply(reader) == QUERY
            writer.close()
            opened[0][1].close()
            await ended(opened[0][0])
            await home.has_at_most(MOST_PER_CLIENT)
            reader, writer = await home.connect()
            writer.write(framed(QUERY))
            assert await reply(reader) == QUERY
            for _, each in [*opened, (reader, writer)]:
                each.close()

    run(story)


def test_all_clients_together_have_so_many() -> None:
    async def story() -> None:
        async with house() as home:
            opened = [
                await home.connect(f"127.0.0.{2 + number // MOST_PER_CLIENT}") for number in range(MOST_CONNECTIONS)
            ]
            for reader, writer in opened:
                writer.write(framed(QUERY))
                assert await reply(reader) == QUERY
            reader, writer = await home.connect("127.0.1.1")
            assert await ended(reader) == b""
            for _, each in [*opened, (reader, writer)]:
                each.close()
            await home.has_at_most(0)

    run(story)


def test_a_connection_has_so_many_queries_all_answered() -> None:
    async def story() -> None:
        async with house(holds=True) as home:
            reader, writer = await home.connect()
            writer.write(framed(*numbered(MOST_QUERIES)))
            await home.waits_for(MOST_QUERIES)
            writer.write(framed(QUERY))
            await writer.drain()
            for packet, send in home.held:
                send(packet)
            assert [await reply(reader) for _ in range(MOST_QUERIES)] == numbered(MOST_QUERIES)
            assert await ended(reader) == b""
            assert len(home.held) == MOST_QUERIES
            writer.close()

    run(story)


def test_an_answer_after_the_client_has_gone_harms_nobody() -> None:
    async def story() -> None:
        async with house(holds=True) as home:
            _, writer = await home.connect()
            writer.write(framed(*numbered(2)))
            await home.waits_for(2)
            linger = pack("ii", 1, 0)  # close with a reset
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            writer.transport.abort()
            await home.has_at_most(0)
            for packet, send in home.held:
                send(packet)

    run(story)


def test_a_client_that_does_not_read_is_dropped() -> None:
    async def story() -> None:
        async with house(holds=True) as home:
            reader, writer = await home.connect()
            writer.transport.pause_reading()
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            writer.write(framed(*numbered(MOST_QUERIES)))
            await home.waits_for(MOST_QUERIES)
            for _, send in home.held:
                send(bytes(60_000))
                await asyncio.sleep(0)
            await home.has_at_most(0)
            writer.transport.abort()
            assert len(await ended(reader)) < MOST_QUERIES * 60_000

    run(story)


@pytest.mark.parametrize("said", [b"", b"\x00", framed(QUERY)[:-1]], ids=["nothing", "an octet", "all but an octet"])
def test_an_idle_connection_is_closed(said: bytes) -> None:
    async def story() -> None:
        async with house() as home:
            reader, writer = await home.connect()
            writer.write(framed(QUERY) + said)
            assert await reply(reader) == QUERY
            home.server.expire(monotonic() + tcp.IDLE - 1)
            assert len(home.server.open) == 1
            home.server.expire(monotonic() + tcp.IDLE)
            assert await ended(reader) == b""
            writer.close()

    run(story)


def test_octets_that_complete_no_query_keep_no_connection_open() -> None:
    async def story() -> None:
        async with house() as home:
            reader, writer = await home.connect()
            writer.write(framed(QUERY))
            assert await reply(reader) == QUERY
            began = monotonic()
            for octet in framed(QUERY)[:-1]:
                writer.write(bytes((octet,)))
                await writer.drain()
                await asyncio.sleep(0)
            home.server.expire(began + tcp.IDLE)
            assert await ended(reader) == b""
            writer.close()

    run(story)


def test_a_client_that_never_says_anything_is_let_go() -> None:
    async def story() -> None:
        async with house() as home:
            reader, writer = await home.connect()
            async with asyncio.timeout(TALK):
                while not home.server.open:  # noqa: ASYNC110 - it tells nobody
                    await asyncio.sleep(0)
            home.server.expire(monotonic() + tcp.IDLE)
            assert await ended(reader) == b""
            writer.close()

    run(story)


def test_a_process_without_a_descriptor_left_pauses_and_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "PAUSE", 0.0)
    faults: list[Exception] = []
    loop = Loop(lambda: None, faults.append)
    home = House(loop)
    sock = socket.create_server(("127.0.0.1", 0))
    sock.setblocking(False)  # noqa: FBT003 - its only form
    home.server.listen(sock)
    with socket.create_connection(sock.getsockname(), TALK) as client:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            loop.turn(TALK)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert not home.server.open
        client.sendall(framed(QUERY))
        while not home.hosts:
            loop.turn(TALK)
        assert client.recv(4096) == framed(QUERY)
    home.server.close()
    loop.close()
    assert faults == []
