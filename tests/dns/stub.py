"""Upstream servers on loopback that say what a test tells them, over UDP and TCP on one port."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from struct import pack

from filterdns.dns.loop import Loop
from tests.dns.packets import record

Say = Callable[[bytes], list[tuple[float, bytes]]]
"""A query -> the replies to it, each with the seconds until it leaves (at once over TCP)."""
TALK = 10.0
"""Seconds after which a test that waits has failed."""


def honest(query: bytes) -> bytes:
    """The good answer: an A record for the name asked."""
    question = query[12 : query.index(b"\x00", 12) + 5]
    return query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + question + record(1, b"\xc0\x00\x02\x01")


@contextmanager
def a_loop(settle: Callable[[], None] = lambda: None) -> Iterator[Loop]:
    """Our loop, turned by asyncio's, on which the other side of a test runs; a fault in a call fails the test."""
    faults: list[Exception] = []
    loop = Loop(settle, faults.append)
    asyncio.get_running_loop().add_reader(loop.fileno(), loop.turn)
    try:
        yield loop
    finally:
        asyncio.get_running_loop().remove_reader(loop.fileno())
        loop.close()
        assert faults == []


async def settle() -> None:
    """Let the loop finish with what was closed just now."""
    for _ in range(5):
        await asyncio.sleep(0)


def say_honest(query: bytes) -> list[tuple[float, bytes]]:
    return [(0, honest(query))]


def say_nothing(_: bytes) -> list[tuple[float, bytes]]:
    return []


class Stub:
    """One server and what it was asked."""

    def __init__(self, udp: Say, tcp: Say, *, most_per_connection: int) -> None:
        self.udp, self.tcp = udp, tcp
        self.most_per_connection = most_per_connection
        self.by_udp: list[tuple[int, bytes]] = []  # source port, query
        self.by_tcp: list[bytes] = []
        self.connections = 0
        self.writers: set[asyncio.StreamWriter] = set()
        self.port = 0
        self._changed = asyncio.Event()

    def receive(self, sock: socket.socket) -> None:
        """A datagram is there. Not asyncio's transport, which never sends an empty one."""
        data, peer = sock.recvfrom(65535)
        self.by_udp.append((peer[1], data))
        self._changed.set()
        for delay, reply in self.udp(data):
            if delay:
                asyncio.get_running_loop().call_later(delay, self._send, sock, reply, peer)
            else:
                sock.sendto(reply, peer)

    def _send(self, sock: socket.socket, reply: bytes, peer: tuple[str, int]) -> None:
        if sock.fileno() >= 0:
            sock.sendto(reply, peer)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.writers.add(writer)
        with suppress(OSError, asyncio.IncompleteReadError):
            for _ in range(self.most_per_connection):
                query = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
                self.by_tcp.append(query)
                self._changed.set()
                for _, reply in self.tcp(query):
                    writer.write(pack("!H", len(reply)) + reply)
        writer.close()

    async def asked(self, times: int) -> None:
        """Wait until so many questions came."""
        async with asyncio.timeout(TALK):
            while len(self.by_udp) + len(self.by_tcp) < times:
                self._changed.clear()
                await self._changed.wait()


@asynccontextmanager
async def stub(udp: Say = say_honest, tcp: Say = say_honest, *, most_per_connection: int = 1000) -> AsyncIterator[Stub]:
    """A server that answers `udp` and `tcp` until the block ends."""
    made = Stub(udp, tcp, most_per_connection=most_per_connection)
    loop = asyncio.get_running_loop()
    sock, listening = both_kinds()
    made.port = sock.getsockname()[1]
    server = await asyncio.start_server(made.serve, sock=listening)
    loop.add_reader(sock, made.receive, sock)
    try:
        yield made
    finally:
        loop.remove_reader(sock)
        sock.close()
        server.close()
        for writer in made.writers:
            writer.transport.abort()
        await settle()


def both_kinds() -> tuple[socket.socket, socket.socket]:
    """A UDP and a TCP socket on one free port; the tests that run beside this one take ports too."""
    while True:
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        sock.bind(("127.0.0.1", 0))
        try:
            return sock, socket.create_server(sock.getsockname())
        except OSError:
            sock.close()


def nobody() -> int:
    """A port on which nobody listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
