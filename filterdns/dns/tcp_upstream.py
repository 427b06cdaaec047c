"""One TCP connection to a server, shared by the questions that need it (RFC 7766): pipelined, answers in any order."""

import errno
import os
import socket
from collections.abc import Callable
from time import monotonic

from filterdns.dns.loop import Loop
from filterdns.dns.message import LONGEST_MESSAGE
from filterdns.dns.stream import Stream

IDLE = 10.0
"""Seconds without an answer after which we hang up."""
OPENING = 2.0
"""Seconds that a connection may take to open: then a fresh try finds a server that has come back sooner."""
MOST_PIPELINED = 100

Done = Callable[[bytes | None], None]
"""Takes the message with the id of the question, or None when the connection has failed."""


class TcpConnection(Stream):
    """Opens at once; closed when idle, broken or full of ids."""

    def __init__(self, family: int, sockaddr: tuple[str, int], loop: Loop) -> None:
        """Raises OSError if there is no way there."""
        sock = socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        error = sock.connect_ex(sockaddr)
        if error not in (0, errno.EINPROGRESS):
            sock.close()
            raise OSError(error, os.strerror(error))
        super().__init__(sock, loop, 0, LONGEST_MESSAGE)
        self._pending: dict[bytes, tuple[Done, int]] = {}  # id -> whom to tell, how many messages had come before
        self._asked = 0
        self._heard = 0
        self._is_open = False
        self._end_at = monotonic() + OPENING

    def free_ident(self) -> bytes:
        """A random id that no question on this connection has."""
        while (ident := os.urandom(2)) in self._pending:
            pass
        return ident

    def ask(self, packet: bytes, done: Done) -> None:
        """Send a question; `done` is called once unless it is given up, perhaps at once."""
        self._asked += 1
        self._pending[packet[:2]] = done, self._heard
        self.send(packet)

    def give_up(self, ident: bytes) -> None:
        """Wait no longer for an answer; the connection is dead if nothing came since, though nobody hung up."""
        _, before = self._pending.pop(ident)
        if (self._is_open and before == self._heard) or self._has_had_its_share():
            self.close()

    def expire(self, now: float) -> None:
        """Hang up on a server that does not open or says nothing; called a few times a second."""
        if now >= self._end_at:
            self.close()

    def can_send(self) -> None:
        """It is open, the first time."""
        if not self._is_open:
            self._is_open = True
            self._end_at = monotonic() + IDLE

    def heard(self, message: bytes) -> None:
        """Tell whoever asked with this id."""
        self._heard += 1
        self._end_at = monotonic() + IDLE
        done, _ = self._pending.pop(message[:2], (None, 0))
        if self._has_had_its_share():
            self.close()
        if done is not None:
            done(message)

    def other_said_all(self) -> None:
        """A server that ends the connection answers nothing any more."""
        self.close()

    def lost(self) -> None:
        """Every question still out fails."""
        pending, self._pending = self._pending, {}
        for done, _ in pending.values():
            done(None)

    def _has_had_its_share(self) -> bool:
        return self._asked >= MOST_PIPELINED and not self._pending
