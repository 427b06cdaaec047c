"""The servers that may be asked: their health, and their sockets with random ports."""

import random
import socket
from collections import deque

from filterdns.dns.loop import Loop, Ready
from filterdns.dns.tcp_upstream import TcpConnection

USES = 3
"""Questions that leave from one port, one after another: a third of the cost, 25 000 ports in 100 000 questions."""
LEAST_IDLE = 64
"""A port rests until this many others were used after it."""
LOWEST_PORT = 10_000

_SLOWEST = 2.0
_DOWN_AFTER = 3
_DOWN_LONGEST = 60.0
_BIND_TRIES = 8
_ports = random.SystemRandom()


class Server:
    """One server and its health: smoothed round-trip time, failures in a row, out of use until."""

    __slots__ = (
        "_connection", "_family", "_idle", "_loop", "_readable", "_sockaddr", "_uses",
        "answered", "down_until", "failed", "failures", "name", "only_tcp", "rtt",
    )  # fmt: skip

    def __init__(self, url: str, loop: Loop, readable: Ready) -> None:
        """`url` as "udp://192.0.2.1:53" or "tcp://[2001:db8::1]:53", already checked by the configuration.

        `readable` is called when something came to one of its UDP sockets.
        """
        scheme, _, rest = url.partition("://")
        host, _, port = rest.rpartition(":")
        host = host.strip("[]")
        self.name = url
        self.only_tcp = scheme == "tcp"
        self.rtt = 0.0  # seconds
        self.failures = 0
        self.down_until = 0.0  # monotonic
        self.answered = 0
        self.failed = 0
        self._family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._sockaddr = (host, int(port))
        self._loop = loop
        self._readable = readable
        self._idle: deque[socket.socket] = deque()
        self._uses: dict[int, int] = {}  # file descriptor -> questions sent
        self._connection: TcpConnection | None = None

    def good(self, seconds: float) -> None:
        """It answered after `seconds`."""
        self.answered += 1
        self.failures = 0
        self.down_until = 0.0
        self.rtt += (seconds - self.rtt) * 0.125

    def bad(self, now: float) -> None:
        """It did not answer, or not usefully; after three times in a row it rests, longer each time."""
        self.failed += 1
        self.failures += 1
        self.rtt = min(_SLOWEST, max(self.rtt, 0.02) * 2)
        if self.failures >= _DOWN_AFTER:
            self.down_until = now + min(_DOWN_LONGEST, 2.0 ** min(self.failures - _DOWN_AFTER, 6))

    def take_socket(self) -> socket.socket | None:
        """A connected socket whose port has rested, None if a new one is to be opened."""
        if len(self._idle) > LEAST_IDLE:
            sock = self._idle.popleft()
            self._uses[sock.fileno()] += 1
            return sock
        return None

    def open_socket(self) -> socket.socket:
        """A connected, non-blocking socket with a random port. Raises OSError."""
        sock = socket.socket(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            for _ in range(_BIND_TRIES):
                try:
                    sock.bind(("", _ports.randrange(LOWEST_PORT, 65536)))
                    break
                except OSError:
                    continue
            sock.connect(self._sockaddr)
        except OSError:
            sock.close()
            raise
        self._uses[sock.fileno()] = 1
        self._loop.watch(sock.fileno(), self._readable)
        return sock

    def give_back(self, sock: socket.socket) -> None:
        """The question on this socket was answered."""
        if self._uses[sock.fileno()] >= USES:
            self.shut(sock)
        else:
            self._idle.append(sock)

    def drop_idle(self, handle: int) -> bool:
        """Close an idle socket by its descriptor; False if it is not one of this server's."""
        for sock in self._idle:
            if sock.fileno() == handle:
                self._idle.remove(sock)
                self.shut(sock)
                return True
        return False

    def shut(self, sock: socket.socket) -> None:
        """Close a socket that nobody is to use again."""
        self._loop.forget(sock.fileno())
        sock.close()

    def tcp(self) -> TcpConnection:
        """The connection to this server that is open, or a new one. Raises OSError if there is no way there."""
        if self._connection is None or self._connection.closed:
            self._connection = TcpConnection(self._family, self._sockaddr, self._loop)
        return self._connection

    def expire(self, now: float) -> None:
        """Hang up a connection on which nothing comes; called a few times a second."""
        if self._connection is not None:
            self._connection.expire(now)

    def close(self) -> None:
        """Let go of everything."""
        while self._idle:
            self.shut(self._idle.pop())
        if self._connection is not None:
            self._connection.close()


class Group:
    """Servers of one policy class; never mixed with another's."""

    def __init__(self, servers: list[Server]) -> None:
        self.servers = servers

    def pick(self, tried: list[Server], now: float) -> Server:
        """The quickest of the healthy ones that were not tried, else whichever comes back first."""
        if len(self.servers) == 1:
            return self.servers[0]
        fresh = [server for server in self.servers if server not in tried] or self.servers
        best = min(fresh, key=lambda server: (max(server.down_until - now, 0.0), server.rtt))
        for server in fresh:
            if server is not best:
                server.rtt *= 0.99  # a slow one is given another chance in time
        return best
