"""DNS over TCP for clients (RFC 7766): pipelined queries, answers in any order, and limits for everybody."""

import socket
from collections import Counter
from collections.abc import Callable
from time import monotonic

from filterdns.dns.loop import Loop
from filterdns.dns.stream import Stream

IDLE = 10.0
"""Seconds without a whole query after which a connection is closed."""
MOST_CONNECTIONS = 128
MOST_PER_CLIENT = 16
MOST_QUERIES = 100
SHORTEST_QUERY, LONGEST_QUERY = 12, 4096
MOST_UNSENT = 1 << 18
"""Octets of replies that a client may leave unread."""
ACCEPTED_AT_ONCE = 16
PAUSE = 1.0
"""Seconds until the next try when there is no descriptor left for one more connection."""

Ask = Callable[[bytes, str, Callable[[bytes], None]], None]


class TcpServer:
    """Accepts connections on listening sockets and hands each whole query to `ask`."""

    def __init__(self, ask: Ask, loop: Loop) -> None:
        self.ask = ask
        self.loop = loop
        self.open: dict[_Connection, None] = {}  # whoever said nothing for longest first
        self.by_host: Counter[str] = Counter()
        self._listening: dict[int, socket.socket] = {}

    def listen(self, sock: socket.socket) -> None:
        """Serve on a bound, non-blocking socket."""
        self._listening[sock.fileno()] = sock
        self.loop.watch(sock.fileno(), self._accept)

    def expire(self, now: float) -> None:
        """Close what has been idle for too long; called a few times a second."""
        for connection in [each for each in self.open if each.idle_at <= now]:
            connection.close()

    def close(self) -> None:
        """Let go of every socket."""
        for handle, sock in self._listening.items():
            self.loop.forget(handle)
            sock.close()
        for connection in list(self.open):
            connection.close()

    def _accept(self, handle: int, _events: int) -> None:
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                sock, peer = self._listening[handle].accept()
            except (BlockingIOError, ConnectionError):
                return
            except OSError:
                self.loop.forget(handle)
                self.loop.later(PAUSE, lambda: self.loop.watch(handle, self._accept))
                return
            if self.by_host[peer[0]] >= MOST_PER_CLIENT or len(self.open) >= MOST_CONNECTIONS:
                sock.close()
                continue
            sock.setblocking(False)  # noqa: FBT003 - its only form
            _Connection(self, sock, peer[0])


class _Connection(Stream):
    def __init__(self, server: TcpServer, sock: socket.socket, host: str) -> None:
        super().__init__(sock, server.loop, SHORTEST_QUERY, LONGEST_QUERY)
        self._server = server
        self._host = host
        self._queries = 0
        self._waiting = 0
        self._ending = False
        self.idle_at = monotonic() + IDLE
        server.open[self] = None
        server.by_host[host] += 1

    def heard(self, message: bytes) -> None:
        self._queries += 1
        self._waiting += 1
        if self._queries == MOST_QUERIES:
            self._ending = self.deaf = True
        self.idle_at = monotonic() + IDLE
        self._server.ask(message, self._host, self._reply)

    def other_said_all(self) -> None:
        """Answer what is open, then close."""
        self._ending = True
        if not self._waiting and not self.unsent:
            self.close()

    def can_send(self) -> None:
        if self._ending and not self._waiting:
            if self.deaf:
                self.say_all()
            else:
                self.close()

    def lost(self) -> None:
        del self._server.open[self]
        self._server.by_host -= Counter((self._host,))

    def _reply(self, message: bytes) -> None:
        self._waiting -= 1
        if self.unsent > MOST_UNSENT:
            self.close()
        if not self.closed:
            self.send(message)
