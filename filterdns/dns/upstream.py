"""The ways out: questions to a group of servers over UDP, and over TCP where UDP will not do.

Every question leaves with a random id, from a socket with a random port, in random letter case (RFC 5452),
and only a reply that echoes all of it counts. A wrong id on the right socket means that somebody guesses:
the question goes to TCP at once. What is malformed is dropped, and the wait goes on.
"""

import os
import socket
from collections.abc import Callable
from functools import partial
from time import monotonic

from filterdns.dns.loop import Loop
from filterdns.dns.message import Answer, is_truncated, matches, read
from filterdns.dns.resolver import Forward
from filterdns.dns.servers import Group, Server
from filterdns.dns.tcp_upstream import TcpConnection
from filterdns.dns.wire import FORMERR, NOTIMP, REFUSED, SERVFAIL, UDP_SIZE, WireError, query

ATTEMPT = 0.8
"""Seconds until the next server is asked; the earlier ones may still answer."""
ATTEMPTS = 3
TCP_ATTEMPT = 2.0
RECEIVE = 4096

_FAILURES = frozenset({SERVFAIL, REFUSED, NOTIMP, FORMERR})
_NOISE = 1 << 14

Done = Callable[[Forward, Answer | None, float], None]


class Exchange:
    """One question on its way: the servers tried, and what waits for an answer."""

    __slots__ = (
        "attempts", "connection", "due", "forward", "group", "on_tcp", "packet", "question_end", "sent", "tried",
    )  # fmt: skip

    def __init__(self, forward: Forward, group: Group) -> None:
        self.forward = forward
        self.group = group
        self.question_end = len(forward.qname) + 16
        self.tried: list[Server] = []
        self.attempts = 0
        self.due = 0.0  # monotonic: when the server asked last has had its time
        self.sent: list[_Sent] = []  # by UDP
        self.on_tcp = False
        self.connection: TcpConnection | None = None
        self.packet = b""  # as it left by TCP


class _Sent:
    """A question on a socket: what was sent, to whom, when."""

    __slots__ = ("at", "exchange", "handle", "packet", "server", "socket")

    def __init__(self, exchange: Exchange, server: Server, packet: bytes, at: float, sock: socket.socket) -> None:
        self.exchange = exchange
        self.server = server
        self.packet = packet
        self.at = at
        self.socket = sock
        self.handle = sock.fileno()


class Noise:
    """Random octets from the kernel, fetched in bulk."""

    def __init__(self) -> None:
        self._octets = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """`count` octets, at most 300, never given twice."""
        if self._at + count > len(self._octets):
            self._octets = os.urandom(_NOISE)
            self._at = 0
        self._at += count
        return self._octets[self._at - count : self._at]


class Upstreams:
    """All groups of one worker, and the questions that are out."""

    def __init__(self, groups: list[list[str]], done: Done, loop: Loop) -> None:
        """`done` is called once for each question that is asked."""
        servers = {url: Server(url, loop, self._readable) for urls in groups for url in urls}
        self.groups = [Group([servers[url] for url in urls]) for urls in groups]
        self.servers = list(servers.values())
        self._done = done
        self._noise = Noise()
        self._out: set[Exchange] = set()
        self._waiting: dict[int, _Sent] = {}
        self._unsent: list[_Sent] = []

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
        for sent in list(self._waiting.values()):
            self._drop(sent)
        for server in self.servers:
            server.close()

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
        packet = self._query(exchange.forward, None)
        sent = _Sent(exchange, server, packet, now, server.take_socket() or server.open_socket())
        exchange.due = now + ATTEMPT
        exchange.sent.append(sent)
        self._waiting[sent.handle] = sent
        self._unsent.append(sent)

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
            for sent in unsent:
                if self._waiting.get(sent.handle) is not sent:
                    continue
                try:
                    sent.socket.send(sent.packet)
                except OSError:
                    self._failed(sent, now)

    def _readable(self, handle: int, _events: int) -> None:
        """Read a datagram from one of our sockets."""
        sent = self._waiting.get(handle)
        if sent is None:
            self._forget_idle(handle)
            return
        now = monotonic()
        try:
            packet = sent.socket.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError:  # an ICMP error: nobody listens there
            self._failed(sent, now)
            return
        self._judge(sent, packet, now)

    def _judge(self, sent: _Sent, packet: bytes, now: float) -> None:
        """Take a datagram for what it is: the answer, a reason for TCP, a failure, or noise to wait past."""
        exchange = sent.exchange
        if packet[:2] != sent.packet[:2]:
            self._go_to_tcp(exchange, sent.server, now)
            return
        if not matches(packet, sent.packet, exchange.question_end):
            return
        if is_truncated(packet) or len(packet) > UDP_SIZE:
            self._go_to_tcp(exchange, sent.server, now)
            return
        try:
            answer = read(packet, exchange.question_end, do=exchange.forward.do)
        except WireError:
            return
        if answer.rcode in _FAILURES:
            if answer.rcode != SERVFAIL:  # that one may be the name's fault
                sent.server.bad(now)
            self._drop(sent)
            self._attempt_failed(exchange, sent.server, now)
            return
        sent.server.good(now - sent.at)
        del self._waiting[sent.handle]
        sent.server.give_back(sent.socket)
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

    def _failed(self, sent: _Sent, now: float) -> None:
        """The network says that this server cannot be asked."""
        sent.server.bad(now)
        self._drop(sent)
        self._attempt_failed(sent.exchange, sent.server, now)

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
        for sent in exchange.sent:
            self._drop(sent)
        exchange.sent.clear()

    def _drop(self, sent: _Sent) -> None:
        """Close the socket of a question that is no longer waited for, unless it was given back."""
        if self._waiting.get(sent.handle) is sent:
            del self._waiting[sent.handle]
            sent.server.shut(sent.socket)

    def _forget_idle(self, handle: int) -> None:
        """Something came to a socket that waits for nothing: nobody is to use it again."""
        for server in self.servers:
            if server.drop_idle(handle):
                return


def _whole(packet: bytes | None, exchange: Exchange) -> Answer:
    """The answer that came by TCP. Raises WireError for none, and for anything that is of no use."""
    if packet is None or not matches(packet, exchange.packet, exchange.question_end) or is_truncated(packet):
        raise WireError("not an answer")
    found = read(packet, exchange.question_end, do=exchange.forward.do)
    if found.rcode in _FAILURES:
        raise WireError("failure")
    return found
