"""Randomness for what must not be guessed: ids, letter case and ports of questions that leave (RFC 5452)."""

import os

LOWEST_PORT = 6_000
"""Above what a home listens on by UDP itself; so many are left that 100 000 questions leave from 25 500 ports."""

_AT_ONCE = 1 << 14


class Noise:
    """Random octets from the kernel, fetched in bulk."""

    __slots__ = ("_at", "_octets")

    def __init__(self) -> None:
        self._octets = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """`count` octets, at most 300, never given twice."""
        end = self._at + count
        if end > len(self._octets):
            self._octets = os.urandom(_AT_ONCE)
            end = count
        self._at = end
        return self._octets[end - count : end]

    def port(self) -> int:
        """A port from LOWEST_PORT on, each as likely as any other."""
        while True:
            octets = self.take(2)
            port = octets[0] << 8 | octets[1]
            if port >= LOWEST_PORT:
                return port
