"""The ways out: questions to a group of servers over UDP, and over TCP where UDP will not do.

Every question leaves with a random id, from a socket with a random port, in random letter case (RFC 5452),
and only a reply that echoes all of it counts. A wrong id on the right socket means that somebody guesses:
the question goes to TCP at once. What is malformed is dropped, and the wait goes on.
"""

from collections.abc import Callable
from functools import partial
from time import monotonic
from typing import Final

from filterdns.dns.loop import Loop
from filterdns.dns.message import Answer, is_truncated, matches, read
from filterdns.dns.noise import Noise
from filterdns.dns.servers import Group, Port, Server
from filterdns.dns.tcp_upstream import TcpConnection
from filterdns.dns.waiting import Forward
from filterdns.dns.wire import FORMERR, NOTIMP, REFUSED, SERVFAIL, UDP_SIZE, WireError, query

ATTEMPT: Final = 0.8
"""Seconds until the next server is asked; the earlier ones may still answer."""
ATTEMPTS: Final = 3
TCP_ATTEMPT = 2.0
RECEIVE: Final = 4096

_FAILURES: Final = frozenset({SERVFAIL, REFUSED, NOTIMP, FORMERR})

Done = Callable[[Forward, Answer | None, float], None]


class Exchange:
    """One question on its way: the servers tried, and what waits for an answer."""

    __slots__ = (
        "attempts", "connection", "due", "forward", "group", "on_tcp", "packet", "ports", "question_end", "tried",
    )  # fmt: skip

    def __init__(self, forward: Forward, group: Group) -> None:
        self.forward = forward
        self.group = group
        self.question_end = len(forward.qname) + 16
        self.tried: list[Server] = []
        self.attempts = 0
        self.due = 0.0  # monotonic: when the server asked last has had its time
        self.ports: list[Port] = []  # asked by UDP
        self.on_tcp = False
        self.connection: TcpConnection | None = None
        self.packet = b""  # as it left by TCP


class Upstreams:
    """All groups of one worker, and the questions that are out."""

    def __init__(self, groups: list[list[str]], done: Done, loop: Loop) -> None:
        """`done` is called once for each question that is asked."""
        self._noise = Noise()
        self._ports: dict[int, Port] = {}  # all that are open, by descriptor
        servers = {url: self._server(url, loop) for urls in groups for url in urls}
        self.groups = [Group([servers[url] for url in urls]) for urls in groups]
        self.servers = list(servers.values())
        self._done = done
        self._out: set[Exchange] = set()
        self._unsent: list[Port] = []

    def ask(self, forward: Forward, now: float) -> None:
        """Take a question, sent at the next `flush`; `done(forward, answer or None, now)` comes once."""
        exchange = Exchange(forward, self.groups[forward.group])
        self._out.add(exchange)
        self._try_next(exchange, now)

    def expire(self, now: float) -> None:
        """Go on with questions whose servers took too long; called a few times a second."""
        for server in self.servers:
            server.expire(now)
        for exchange in [each for each in self._out if each.due <= now]:
            if exchange.due > now or exchange not in self._out:
                continue  # the connection of one before it was its own too
            exchange.tried[-1].bad(now)
            connection, exchange.connection = exchange.connection, None
            if connection is not None:
                connection.give_up(exchange.packet[:2])
            self._try_next(exchange, now)

    def close(self) -> None:
        """Let go of every socket."""
        self._out.clear()
        for port in [port for port in self._ports.values() if port.exchange is not None]:
            port.server.shut(port)
        for server in self.servers:
            server.close()

    def _server(self, url: str, loop: Loop) -> Server:
        return Server(url, loop, self._readable, self._ports, self._noise)

    def _try_next(self, exchange: Exchange, now: float, server: Server | None = None) -> None:
        """Ask this server, or the best that is left; after the last attempt there is no answer."""
        while exchange.attempts < ATTEMPTS:
            server = server or exchange.group.pick(exchange.tried, now)
            if server.only_tcp and not exchange.on_tcp:
                self._leave_udp(exchange)
            exchange.attempts += 1
            exchange.tried.append(server)
            try:
                if exchange.on_tcp:
                    self._send_by_tcp(exchange, server, now)
                else:
                    self._send(exchange, server, now)
            except OSError:
                server.bad(now)
                server = None
                continue
            return
        self._finish(exchange, None, now)

    def _send(self, exchange: Exchange, server: Server, now: float) -> None:
        port = server.take_port()
        port.exchange = exchange
        port.packet = self._query(exchange.forward, None)
        port.at = now
        exchange.due = now + ATTEMPT
        exchange.ports.append(port)
        self._unsent.append(port)

    def _send_by_tcp(self, exchange: Exchange, server: Server, now: float) -> None:
        connection = server.tcp()
        exchange.packet = self._query(exchange.forward, connection.free_ident())
        exchange.connection = connection
        exchange.due = now + TCP_ATTEMPT
        connection.ask(exchange.packet, partial(self._heard_by_tcp, exchange, server, now))

    def _query(self, forward: Forward, ident: bytes | None) -> bytes:
        noise = self._noise.take(len(forward.qname) + 2)
        return query(forward.qname, forward.qtype, ident or noise[:2], noise[2:], do=forward.do, cd=forward.cd)

    def flush(self, now: float) -> None:
        """Send what was asked since the last time."""
        while self._unsent:
            unsent, self._unsent = self._unsent, []
            for port in unsent:
                if port.exchange is None:
                    continue
                try:
                    port.socket.send(port.packet)
                except OSError:
                    self._failed(port, port.exchange, now)

    def _readable(self, handle: int, _events: int) -> None:
        """Read a datagram from one of our sockets."""
        port = self._ports[handle]
        exchange = port.exchange
        if exchange is None:  # it waits for nothing: nobody is to use it again
            port.server.drop_idle(port)
            return
        now = monotonic()
        try:
            packet = port.socket.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError:  # an ICMP error: nobody listens there
            self._failed(port, exchange, now)
            return
        self._judge(port, exchange, packet, now)

    def _judge(self, port: Port, exchange: Exchange, packet: bytes, now: float) -> None:
        """Take a datagram for what it is: the answer, a reason for TCP, a failure, or noise to wait past."""
        if packet[:2] != port.packet[:2]:
            self._go_to_tcp(exchange, port.server, now)
            return
        if not matches(packet, port.packet, exchange.question_end):
            return
        if is_truncated(packet) or len(packet) > UDP_SIZE:
            self._go_to_tcp(exchange, port.server, now)
            return
        try:
            answer = read(packet, exchange.question_end, do=exchange.forward.do)
        except WireError:
            return
        if answer.rcode in _FAILURES:
            if answer.rcode != SERVFAIL:  # that one may be the name's fault
                port.server.bad(now)
            port.server.shut(port)
            self._attempt_failed(exchange, port.server, now)
            return
        port.server.good(now - port.at)
        port.server.give_back(port)
        self._finish(exchange, answer, now)

    def _heard_by_tcp(self, exchange: Exchange, server: Server, asked_at: float, packet: bytes | None) -> None:
        """A message with our id came by TCP, or the connection has failed."""
        if exchange not in self._out:
            return
        now = monotonic()
        exchange.connection = None
        try:
            answer = _whole(packet, exchange)
        except WireError:
            server.bad(now)
            self._try_next(exchange, now)
            return
        server.good(now - asked_at)
        self._finish(exchange, answer, now)

    def _failed(self, port: Port, exchange: Exchange, now: float) -> None:
        """The network says that this server cannot be asked."""
        port.server.bad(now)
        port.server.shut(port)
        self._attempt_failed(exchange, port.server, now)

    def _attempt_failed(self, exchange: Exchange, server: Server, now: float) -> None:
        """Ask the next at once if the failed server was the last one asked."""
        if exchange.tried[-1] is server:
            self._try_next(exchange, now)

    def _go_to_tcp(self, exchange: Exchange, server: Server, now: float) -> None:
        self._leave_udp(exchange)
        self._try_next(exchange, now, server)

    def _leave_udp(self, exchange: Exchange) -> None:
        """From now on by TCP only, with as many attempts: what still comes by UDP is not listened to."""
        exchange.on_tcp = True
        exchange.attempts = 0
        self._close_sockets(exchange)

    def _finish(self, exchange: Exchange, answer: Answer | None, now: float) -> None:
        self._out.discard(exchange)
        self._close_sockets(exchange)
        self._done(exchange.forward, answer, now)

    def _close_sockets(self, exchange: Exchange) -> None:
        """Those that still wait for this answer; the one that had it was given back."""
        for port in exchange.ports:
            if port.exchange is exchange:
                port.server.shut(port)
        exchange.ports.clear()


def _whole(packet: bytes | None, exchange: Exchange) -> Answer:
    """The answer that came by TCP. Raises WireError for none, and for anything that is of no use."""
    if packet is None or not matches(packet, exchange.packet, exchange.question_end) or is_truncated(packet):
        raise WireError("not an answer")
    found = read(packet, exchange.question_end, do=exchange.forward.do)
    if found.rcode in _FAILURES:
        raise WireError("failure")
    return found
