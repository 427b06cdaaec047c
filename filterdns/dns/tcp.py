"""DNS over TCP for clients (RFC 7766): pipelined queries, answers in any order, and limits for everybody."""

import asyncio
import socket
from collections import Counter
from collections.abc import Callable

IDLE = 10.0
"""Seconds without a whole query after which a connection is closed."""
MOST_CONNECTIONS = 128
MOST_PER_CLIENT = 16
MOST_QUERIES = 100
LONGEST_QUERY = 4096
MOST_UNSENT = 1 << 18
"""Octets of replies that a client may leave unread."""

Ask = Callable[[bytes, str, Callable[[bytes], None]], None]


class TcpServer:
    """Accepts connections on listening sockets and hands each whole query to `ask`."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.open: Counter[str] = Counter()

    async def listen(self, sock: socket.socket) -> asyncio.Server:
        """Serve on a bound socket."""
        return await asyncio.get_running_loop().create_server(lambda: _Connection(self), sock=sock, backlog=128)


class _Connection(asyncio.Protocol):
    def __init__(self, server: TcpServer) -> None:
        self._server = server
        self._host = ""
        self._buffer = bytearray()
        self._queries = 0
        self._waiting = 0
        self._ending = False
        self._idle: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - create_server makes no other
        self._transport = transport
        peer = transport.get_extra_info("peername")
        self._host = peer[0] if peer else ""
        taken = self._server.open
        taken[self._host] += 1
        if not peer or taken[self._host] > MOST_PER_CLIENT or taken.total() > MOST_CONNECTIONS:
            transport.abort()
            return
        self._rest()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio calls it so
        taken = self._server.open
        taken[self._host] -= 1
        if not taken[self._host]:
            del taken[self._host]
        if self._idle is not None:
            self._idle.cancel()

    def data_received(self, data: bytes) -> None:
        if self._queries == MOST_QUERIES:
            return
        buffer = self._buffer
        buffer += data
        while len(buffer) >= 2:  # noqa: PLR2004 - the length in front
            length = buffer[0] << 8 | buffer[1]
            if not 12 <= length <= LONGEST_QUERY:  # noqa: PLR2004 - a header
                self._transport.abort()
                return
            if len(buffer) < 2 + length:
                return
            packet = bytes(buffer[2 : 2 + length])
            del buffer[: 2 + length]
            self._queries += 1
            self._waiting += 1
            if self._queries == MOST_QUERIES:
                self._ending = True
                buffer.clear()
            self._rest()
            self._server.ask(packet, self._host, self._send)

    def eof_received(self) -> bool:
        """The client has said all it will: answer what is open, then close."""
        self._ending = True
        return self._waiting > 0

    def _send(self, reply: bytes) -> None:
        self._waiting -= 1
        if self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > MOST_UNSENT:
            self._transport.abort()
            return
        self._transport.write(len(reply).to_bytes(2, "big") + reply)
        if self._ending and not self._waiting:
            if self._queries == MOST_QUERIES:  # closing on octets not read yet would lose replies on their way
                self._transport.write_eof()
            else:
                self._transport.close()

    def _rest(self) -> None:
        """Close the connection if nothing whole comes in time."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE, self._transport.abort)
