"""DNS messages over a TCP socket that never blocks, each with its length in front (RFC 1035 section 4.2.2)."""

import socket

from filterdns.dns.loop import IN, OUT, Loop

RECEIVE = 1 << 14


class Stream:
    """One connection; who inherits from it says what becomes of a message, and of the end."""

    def __init__(self, sock: socket.socket, loop: Loop, shortest: int, longest: int) -> None:
        """For a connected socket, or one that connects; a message of another length than allowed ends it."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sock = sock
        self._loop = loop
        self._shortest = shortest
        self._longest = longest
        self._received = bytearray()
        self._unsent = bytearray()
        self._said_all = False
        self._events = IN | OUT
        self.deaf = False
        """Is what comes read and dropped? A close with octets not read yet would lose replies on their way."""
        self.closed = False
        loop.watch(sock.fileno(), self._ready, self._events)

    def heard(self, message: bytes) -> None:
        """A whole message came."""
        raise NotImplementedError

    def other_said_all(self) -> None:
        """The other side sends no more; it may still read."""
        raise NotImplementedError

    def can_send(self) -> None:
        """Nothing waits to be sent: all of it is, or the connection is open now."""

    def lost(self) -> None:
        """The connection is closed, by whomever; called once."""

    def send(self, message: bytes) -> None:
        """Send now, or as soon as the socket takes it."""
        self._unsent += len(message).to_bytes(2, "big") + message
        self._write()

    def say_all(self) -> None:
        """Tell the other side that no more will come."""
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.close()

    def close(self) -> None:
        """Hang up, without a care for what is not sent."""
        if not self.closed:
            self.closed = True
            self._loop.close_soon(self._sock.fileno())
            self._sock.close()
            self.lost()

    @property
    def unsent(self) -> int:
        """Octets that wait for the other side to read."""
        return len(self._unsent)

    def _ready(self, _handle: int, events: int) -> None:
        if events & OUT:
            self._write()
        if events & ~OUT and not self.closed:
            self._read()

    def _read(self) -> None:
        try:
            octets = self._sock.recv(RECEIVE)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if not octets and not self._said_all:
            self._said_all = True
            self.other_said_all()
            self._watch()
        elif not octets:  # told a second time: it is gone altogether
            self.close()
        elif not self.deaf:
            self._received += octets
            self._split()

    def _split(self) -> None:
        received = self._received
        while len(received) >= 2 and not self.closed and not self.deaf:  # noqa: PLR2004 - the length in front
            length = received[0] << 8 | received[1]
            if not self._shortest <= length <= self._longest:
                self.close()
                return
            if len(received) < 2 + length:
                return
            message = bytes(received[2 : 2 + length])
            del received[: 2 + length]
            self.heard(message)

    def _write(self) -> None:
        try:
            del self._unsent[: self._sock.send(self._unsent) if self._unsent else 0]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        self._watch()
        if not self._unsent:
            self.can_send()

    def _watch(self) -> None:
        """Ask the loop for what there is to wait for."""
        events = (0 if self._said_all else IN) | (OUT if self._unsent else 0)
        if not self.closed and events != self._events:
            self._events = events
            self._loop.watch(self._sock.fileno(), self._ready, events)
