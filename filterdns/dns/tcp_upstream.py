"""One TCP connection to a server, shared by the questions that need it (RFC 7766): pipelined, answers in any order."""

import asyncio
import os
from contextlib import suppress
from typing import Any

IDLE = 10.0
"""Seconds without an answer after which we hang up."""
OPENING = 2.0
"""Seconds that a connection may take to open: then a fresh try finds a server that has come back sooner."""
MOST_PIPELINED = 100


class TcpConnection:
    """Opened with the first question; closed when idle, broken or full of ids."""

    def __init__(self, sockaddr: tuple[str, int]) -> None:
        self._sockaddr = sockaddr
        self._pending: dict[bytes, asyncio.Future[bytes]] = {}
        self._opening: asyncio.Task[None] | None = None
        self._reader: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._asked = 0
        self._heard = 0
        self.closed = False

    def free_ident(self) -> bytes:
        """A random id that no question on this connection has."""
        while (ident := os.urandom(2)) in self._pending:
            pass
        return ident

    async def ask(self, packet: bytes) -> bytes:
        """Send a message, wait for the one with its id. Raises OSError when the connection fails."""
        ident = packet[:2]
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._pending[ident] = answer
        self._asked += 1
        heard = self._heard
        try:
            if self._opening is None:
                self._opening = asyncio.create_task(self._open())
                self._opening.add_done_callback(_see)
            await asyncio.shield(self._opening)
            if self._writer is None or self.closed:
                raise ConnectionResetError("closed")
            self._writer.write(len(packet).to_bytes(2, "big") + packet)
            return await answer
        except asyncio.CancelledError:
            if self._writer is not None and heard == self._heard:  # dead, though nobody hung up
                self.close()
            raise
        finally:
            self._pending.pop(ident, None)
            answer.cancel()
            _see(answer)
            if self._asked >= MOST_PIPELINED and not self._pending:
                self.close()

    def close(self, error: Exception | None = None) -> None:
        """Hang up; every question still out fails."""
        self.closed = True
        if self._writer is not None:
            self._writer.close()
        for answer in self._pending.values():
            if not answer.done():
                answer.set_exception(error or ConnectionResetError("closed"))

    async def _open(self) -> None:
        try:
            async with asyncio.timeout(OPENING):
                reader, self._writer = await asyncio.open_connection(*self._sockaddr)
        except OSError:  # TimeoutError is one
            self.closed = True
            raise
        self._reader = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        error: Exception | None = None
        with suppress(asyncio.CancelledError):
            try:
                while not self.closed:
                    async with asyncio.timeout(IDLE):
                        length = int.from_bytes(await reader.readexactly(2), "big")
                        packet = await reader.readexactly(length)
                    self._heard += 1
                    answer = self._pending.get(packet[:2])
                    if answer is not None and not answer.done():
                        answer.set_result(packet)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as fault:
                error = fault
        self.close(error if isinstance(error, OSError) else None)


def _see(done: asyncio.Future[Any]) -> None:
    """Take note of how it ended, so that nobody logs an error that others were told of already."""
    if not done.cancelled():
        done.exception()
