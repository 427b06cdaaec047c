"""The ways out: questions to a group of servers over UDP, and over TCP where UDP will not do.

Every question leaves with a random id, from a socket with a random port, in random letter case (RFC 5452),
and only a reply that echoes all of it counts. A wrong id on the right socket means that somebody guesses:
the question goes to TCP at once. What is malformed is dropped, and the wait goes on.
"""

import asyncio
import os
import select
import socket
from collections import deque
from collections.abc import Callable
from time import monotonic

from filterdns.dns.message import Answer, is_truncated, matches, read
from filterdns.dns.resolver import Forward
from filterdns.dns.servers import Group, Server
from filterdns.dns.wire import FORMERR, NOTIMP, REFUSED, SERVFAIL, UDP_SIZE, WireError, query

ATTEMPT = 0.8
"""Seconds until the next server is asked; the earlier ones may still answer."""
ATTEMPTS = 3
TCP_ATTEMPT = 2.0
BATCH = 128
RECEIVE = 4096

_FAILURES = frozenset({SERVFAIL, REFUSED, NOTIMP, FORMERR})
_NOISE = 1 << 14

Done = Callable[[Forward, Answer | None, float], None]


class Exchange:
    """One question on its way: the servers tried and the sockets that wait for them."""

    __slots__ = ("attempt_at", "attempts", "done", "forward", "group", "on_tcp", "question_end", "sent", "tried")

    def __init__(self, forward: Forward, group: Group) -> None:
        self.forward = forward
        self.group = group
        self.question_end = len(forward.qname) + 16
        self.sent: list[_Sent] = []
        self.tried: list[Server] = []
        self.attempts = 0
        self.attempt_at = 0.0
        self.done = False
        self.on_tcp = False


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

    def __init__(
        self, groups: list[list[str]], done: Done, settled: Callable[[], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        """`done` is called for each answer, `settled` after a batch of them: it is to call `flush`."""
        servers = {url: Server(url) for urls in groups for url in urls}
        self.groups = [Group([servers[url] for url in urls]) for urls in groups]
        self.servers = list(servers.values())
        self._done = done
        self._settled = settled
        self._loop = loop
        self._noise = Noise()
        self._poll = select.epoll()
        self._waiting: dict[int, _Sent] = {}
        self._unsent: list[_Sent] = []
        self._attempts: deque[Exchange] = deque()  # by attempt_at, because every wait is as long
        self._tasks: set[asyncio.Task[None]] = set()
        loop.add_reader(self._poll.fileno(), self._receive)

    def ask(self, forward: Forward, now: float) -> None:
        """Take a question, sent at the next `flush`; `done(forward, answer or None, now)` comes once."""
        self._try_next(Exchange(forward, self.groups[forward.group]), now)

    def expire(self, now: float) -> None:
        """Go on with questions whose servers took too long; called a few times a second."""
        while self._attempts and self._attempts[0].attempt_at <= now:
            exchange = self._attempts.popleft()
            if not exchange.done and not exchange.on_tcp:
                exchange.tried[-1].bad(now)
                self._try_next(exchange, now)

    def close(self) -> None:
        """Let go of every socket."""
        self._loop.remove_reader(self._poll.fileno())
        for sent in list(self._waiting.values()):
            self._drop(sent)
        for server in self.servers:
            server.close()
        for task in self._tasks:
            task.cancel()
        self._poll.close()

    def _try_next(self, exchange: Exchange, now: float) -> None:
        while exchange.attempts < ATTEMPTS:
            exchange.attempts += 1
            server = exchange.group.pick(exchange.tried, now)
            exchange.tried.append(server)
            if server.only_tcp:
                self._go_to_tcp(exchange, server)
                return
            try:
                self._send(exchange, server, now)
            except OSError:
                server.bad(now)
                continue
            exchange.attempt_at = now + ATTEMPT
            self._attempts.append(exchange)
            return
        self._finish(exchange, None, now)

    def _send(self, exchange: Exchange, server: Server, now: float) -> None:
        forward = exchange.forward
        noise = self._noise.take(len(forward.qname) + 2)
        packet = query(forward.qname, forward.qtype, noise[:2], noise[2:], do=forward.do, cd=forward.cd)
        sock = server.take_socket()
        if sock is None:
            sock = server.open_socket()
            self._poll.register(sock.fileno(), select.EPOLLIN)
        sent = _Sent(exchange, server, packet, now, sock)
        self._waiting[sent.handle] = sent
        self._unsent.append(sent)
        exchange.sent.append(sent)

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

    def _receive(self) -> None:
        """Read every socket that has something, once."""
        now = monotonic()
        waiting = self._waiting
        for handle, _ in self._poll.poll(0, BATCH):
            sent = waiting.get(handle)
            if sent is None:
                self._forget_idle(handle)
                continue
            try:
                packet = sent.socket.recv(RECEIVE)
            except BlockingIOError:
                continue
            except OSError:  # an ICMP error: nobody listens there
                self._failed(sent, now)
                continue
            self._judge(sent, packet, now)
        self._settled()

    def _judge(self, sent: _Sent, packet: bytes, now: float) -> None:
        """Take a datagram for what it is: the answer, a reason for TCP, a failure, or noise to wait past."""
        exchange = sent.exchange
        if packet[:2] != sent.packet[:2]:
            self._go_to_tcp(exchange, sent.server)
            return
        if not matches(packet, sent.packet, exchange.question_end):
            return
        if is_truncated(packet) or len(packet) > UDP_SIZE:
            self._go_to_tcp(exchange, sent.server)
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

    def _failed(self, sent: _Sent, now: float) -> None:
        """The network says that this server cannot be asked."""
        sent.server.bad(now)
        self._drop(sent)
        self._attempt_failed(sent.exchange, sent.server, now)

    def _attempt_failed(self, exchange: Exchange, server: Server, now: float) -> None:
        """Ask the next at once if the failed server was the last one asked."""
        if not exchange.done and not exchange.on_tcp and exchange.tried[-1] is server:
            if exchange in self._attempts:
                self._attempts.remove(exchange)
            self._try_next(exchange, now)

    def _go_to_tcp(self, exchange: Exchange, server: Server) -> None:
        """From now on by TCP only: what still comes by UDP is not listened to."""
        if exchange.done or exchange.on_tcp:
            return
        exchange.on_tcp = True
        self._close_sockets(exchange)
        task = self._loop.create_task(self._over_tcp(exchange, server))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _over_tcp(self, exchange: Exchange, server: Server) -> None:
        """Up to ATTEMPTS servers, each given TCP_ATTEMPT seconds."""
        forward = exchange.forward
        answer: Answer | None = None
        for _ in range(ATTEMPTS):
            started = monotonic()
            connection = server.tcp()
            noise = self._noise.take(len(forward.qname))
            packet = query(forward.qname, forward.qtype, connection.free_ident(), noise, do=forward.do, cd=forward.cd)
            try:
                async with asyncio.timeout(TCP_ATTEMPT):
                    received = await connection.ask(packet)
                found = _whole(received, packet, exchange)
            except (OSError, TimeoutError, WireError):
                server.bad(monotonic())
                exchange.tried.append(server)
                server = exchange.group.pick(exchange.tried, monotonic())
                continue
            server.good(monotonic() - started)
            answer = found
            break
        self._finish(exchange, answer, monotonic())
        self._settled()

    def _finish(self, exchange: Exchange, answer: Answer | None, now: float) -> None:
        exchange.done = True
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
            sent.socket.close()

    def _forget_idle(self, handle: int) -> None:
        """Something came to a socket that waits for nothing: nobody is to use it again."""
        for server in self.servers:
            if server.drop_idle(handle):
                return


def _whole(received: bytes, packet: bytes, exchange: Exchange) -> Answer:
    """The answer that came by TCP. Raises WireError for anything that is of no use."""
    if not matches(received, packet, exchange.question_end) or is_truncated(received):
        raise WireError("not an answer")
    found = read(received, exchange.question_end, do=exchange.forward.do)
    if found.rcode in _FAILURES:
        raise WireError("failure")
    return found
