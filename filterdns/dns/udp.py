"""DNS over UDP for clients: the hot path, where a repeated question is answered by one look-up on its bytes."""

import socket
from collections.abc import Callable
from time import monotonic
from typing import Any, Final

from filterdns.dns.loop import Loop, Ready
from filterdns.dns.resolver import Resolver
from filterdns.dns.waiting import Now

BATCH: Final = 64
"""Datagrams read at one wake-up, so that upstream answers and timers get their turn."""
LULL: Final = 0.0002
"""Seconds after a wake-up in which another one is of the same burst."""
RECEIVE: Final = 4096
_EVERY_ADDRESS = ("0.0.0.0", "::")  # noqa: S104 - asked for, not bound here

Send = Callable[[bytes, Any], object]
Sender = tuple[Send, Any]
"""How a reply goes out, and to whom."""
Ask = Callable[[bytes, str, Sender, Now], bytes | None]


class UdpServer:
    """Reads sockets; what is not remembered goes to `ask`, which may reply later through the sender it is given.

    Replies leave after the whole batch was read: whoever waits on another processor is woken once for many of
    them, and not once for each. After a lull only one is read: where one question comes at a time, its reply does not
    wait until it is known that there is no other.
    """

    def __init__(self, resolver: Resolver, ask: Ask, read_clocks: Callable[[], Now]) -> None:
        self._resolver = resolver
        self._ask = ask
        self._read_clocks = read_clocks
        self._busy_until = 0.0  # monotonic

    def listen(self, sock: socket.socket, loop: Loop) -> None:
        """Serve on a bound, non-blocking socket."""
        wildcard = sock.getsockname()[0] in _EVERY_ADDRESS
        loop.watch(sock.fileno(), self._told_reader(sock) if wildcard else self._reader(sock))

    def _reader(self, sock: socket.socket) -> Ready:  # noqa: C901 - one loop, as fast as can be
        """For a socket of one address."""
        receive, send_to = sock.recvfrom, sock.sendto
        memory, ask, read_clocks = self._resolver.memory, self._ask, self._read_clocks

        def read(_handle: int, _events: int) -> None:
            now = monotonic()
            clients, touched = memory.clients, memory.touched
            clocks: Now | None = None
            replies = []
            for _ in range(self._at_once(now)):
                try:
                    packet, peer = receive(RECEIVE)
                except BlockingIOError:
                    break
                except OSError:  # an ICMP error about an earlier reply
                    continue
                client = clients.get(peer[0])
                if client is not None:
                    entry = client.remembered.get(packet[2:])
                    if entry is not None and (now < entry.fresh_until or entry.refresh(now)):
                        if not entry.hits:
                            touched.append(entry)
                        entry.hits += 1
                        replies.append((packet[:2] + entry.tail, peer))
                        continue
                clocks = clocks or read_clocks()
                reply = ask(packet, peer[0], (send_to, peer), clocks)
                if reply is not None:
                    replies.append((reply, peer))
            for reply, peer in replies:
                try:
                    send_to(reply, peer)
                except OSError:  # as if lost on the wire: the client asks again
                    continue

        return read

    def _at_once(self, now: float) -> int:
        """How many datagrams to read at this wake-up."""
        many = BATCH if now < self._busy_until else 1
        self._busy_until = now + LULL
        return many

    def _told_reader(self, sock: socket.socket) -> Ready:
        """For a socket of every address: the kernel tells which was asked, and the reply leaves from it."""

        def read(_handle: int, _events: int) -> None:
            clocks = self._read_clocks()
            for _ in range(self._at_once(clocks.mono)):
                try:
                    packet, told, _, peer = sock.recvmsg(RECEIVE, 128)
                except BlockingIOError:
                    break
                except OSError:
                    continue

                def send(reply: bytes, to: Any, told: list[tuple[int, int, bytes]] = told) -> None:  # noqa: ANN401
                    sock.sendmsg([reply], told, 0, to)

                reply = self._resolver.memory.recall(packet, peer[0], clocks.mono)
                if reply is None:
                    reply = self._ask(packet, peer[0], (send, peer), clocks)
                if reply is not None:
                    give(send, peer, reply)

        return read


def give(send: Send, peer: object, reply: bytes) -> None:
    """Send a reply; one that cannot be sent now is as if lost on the wire, and the client asks again."""
    try:
        send(reply, peer)
    except OSError:
        return
