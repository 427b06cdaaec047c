"""The servers that may be asked: their health, and their sockets with random ports."""

import socket
from collections import deque
from typing import TYPE_CHECKING, Final

from filterdns.dns.loop import Loop, Ready
from filterdns.dns.noise import Noise
from filterdns.dns.tcp_upstream import TcpConnection

if TYPE_CHECKING:
    from filterdns.dns.upstream import Exchange

USES: Final = 3
"""Questions that leave from one port, one after another: a third of the cost, 25 000 ports in 100 000 questions."""
LEAST_IDLE: Final = 64
"""A port rests until this many others were used after it."""

_SLOWEST = 2.0
_DOWN_AFTER = 3
_DOWN_LONGEST = 60.0
_BIND_TRIES: Final = 8


class Port:
    """A connected socket with a random port, and the question that is out on it: what was sent, and when."""

    __slots__ = ("at", "exchange", "handle", "packet", "server", "socket", "uses")

    def __init__(self, server: "Server", sock: socket.SocketType) -> None:
        self.server = server
        self.socket = sock
        self.handle = sock.fileno()
        self.uses = 0  # questions sent
        self.exchange: Exchange | None = None  # None: it rests, or is shut
        self.packet = b""
        self.at = 0.0  # monotonic


class Server:
    """One server and its health: smoothed round-trip time, failures in a row, out of use until."""

    __slots__ = (
        "_connection", "_family", "_idle", "_loop", "_noise", "_ports", "_readable", "_sockaddr",
        "answered", "down_until", "failed", "failures", "name", "only_tcp", "rtt",
    )  # fmt: skip

    def __init__(self, url: str, loop: Loop, readable: Ready, ports: dict[int, Port], noise: Noise) -> None:
        """`url` as "udp://192.0.2.1:53" or "tcp://[2001:db8::1]:53", already checked by the configuration.

        `readable` is called when something came to one of its UDP sockets, which stand in `ports` by descriptor.
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
        self._ports = ports
        self._noise = noise
        self._idle: deque[Port] = deque()
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

    def take_port(self) -> Port:
        """A port that has rested, or a new one. Raises OSError."""
        port = self._idle.popleft() if len(self._idle) > LEAST_IDLE else self._open()
        port.uses += 1
        return port

    def _open(self) -> Port:
        """A connected, non-blocking socket with a random port."""
        sock = socket.SocketType(self._family, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        try:
            for _ in range(_BIND_TRIES):
                try:
                    sock.bind(("", self._noise.port()))
                    break
                except OSError:
                    continue
            sock.connect(self._sockaddr)
        except OSError:
            sock.close()
            raise
        port = Port(self, sock)
        self._ports[port.handle] = port
        self._loop.watch(port.handle, self._readable)
        return port

    def give_back(self, port: Port) -> None:
        """The question on this port was answered."""
        if port.uses >= USES:
            self.shut(port)
        else:
            port.exchange = None
            self._idle.append(port)

    def drop_idle(self, port: Port) -> None:
        """Close a port that rests."""
        self._idle.remove(port)
        self.shut(port)

    def shut(self, port: Port) -> None:
        """Close a port that nobody is to use again."""
        port.exchange = None
        del self._ports[port.handle]
        self._loop.close_soon(port.handle)
        port.socket.close()

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
