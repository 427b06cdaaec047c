"""What is too much of one list, and the error that says so."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network


class DownloadError(Exception):
    """Nothing came, or nothing that can be used; one plain sentence that continues the list's name."""


@dataclass(frozen=True, slots=True)
class Limits:
    """For one download."""

    wire: int = 64 << 20  # octets that come
    decoded: int = 256 << 20  # octets that they unpack to
    ratio: int = 30  # times their size
    lines: int = 10_000_000
    headers: int = 64 << 10  # octets
    total: float = 120.0  # seconds, redirects and all
    idle: float = 60.0  # seconds without an octet
    connect: float = 10.0  # seconds for an address to be reached and to prove who it is
    slowest: int = 1 << 10  # octets a second, after `patience` seconds
    patience: float = 30.0
    redirects: int = 3
    ports: frozenset[int] = frozenset({443, 8443})  # of web servers with TLS
    allowed: tuple[IPv4Network | IPv6Network, ...] = ()  # networks that are not forbidden, whatever lies there


LIMITS = Limits()
