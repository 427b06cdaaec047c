"""Randomness for what must not be guessed: ids, letter case and ports of questions that leave (RFC 5452)."""

import os
from array import array
from typing import Final

LOWEST_PORT: Final = 6_000
"""Above what a home listens on by UDP itself."""
REST: Final = 25_600
"""So many others are given before a port is given again."""

_AT_ONCE = 1 << 14
_PORTS: Final = 65_536 - LOWEST_PORT


class Noise:
    """Random octets from the kernel, fetched in bulk; random ports."""

    __slots__ = ("_at", "_next", "_octets", "_ports", "_resting")

    def __init__(self) -> None:
        self._octets = b""
        self._at = 0
        self._ports = array("H", range(LOWEST_PORT, 65_536))  # a ring: those that rest end where the next one is put
        self._next = self._resting = 0

    def take(self, count: int) -> bytes:
        """`count` octets, at most 300, never given twice."""
        end = self._at + count
        if end > len(self._octets):
            self._octets = os.urandom(_AT_ONCE)
            end = count
        self._at = end
        return self._octets[end - count : end]

    def port(self) -> int:
        """A port from LOWEST_PORT on, each that does not rest as likely as any other."""
        ports, put = self._ports, self._next
        pick = (put + (int.from_bytes(self.take(4), "big") * (_PORTS - self._resting) >> 32)) % _PORTS
        port = ports[pick]
        ports[pick] = ports[put]
        ports[put] = port
        self._next = (put + 1) % _PORTS
        self._resting += self._resting < REST
        return port
