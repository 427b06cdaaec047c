"""Where a socket listens or a server answers: an address and a port, as people write them."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

Address = IPv4Address | IPv6Address

DNS_PORT = 53
MAX_PORT = 65535


SOMEWHERE = "192.0.2.1"
"""An address that nobody has (RFC 5737), to ask for the way to the world."""


class Endpoint(NamedTuple):
    """An address in its canonical text form and a port, 1..65535."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse(text: str, default_port: int | None = None) -> Endpoint:
    """Read "192.168.1.2:53" or "[2001:db8::1]:53"; the port may be missing if there is a default.

    Raises ValueError saying what is wrong.
    """
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f'"{text}" is not an address and port such as [2001:db8::1]:53')
        return Endpoint(str(parse_address(host, 6)), _port(rest[1:], text, default_port, colon=bool(rest)))
    if text.count(":") > 1:
        raise ValueError(f'"{text}": an IPv6 address stands in brackets, such as [2001:db8::1]:53')
    host, colon, port = text.partition(":")
    return Endpoint(str(parse_address(host, 4)), _port(port, text, default_port, colon=bool(colon)))


def parse_address(text: str, version: int | None = None) -> Address:
    """An IP address, of one version if it is given. Raises ValueError with words for people."""
    try:
        address = ip_address(text)
    except ValueError:
        address = None
    if address is None or (version and address.version != version) or "%" in text:
        hint = " (write 127.0.0.1)" if text == "localhost" else ""
        raise ValueError(f'"{text}" is not an {f"IPv{version}" if version else "IP"} address{hint}')
    return address


def is_own_address(address: Address) -> bool:
    """Does this machine itself have the address? Asked of the kernel's routing table; nothing is sent."""
    return address.is_loopback or address_towards(str(address)) == str(address)


def main_address() -> str:
    """The IPv4 address by which this machine reaches others; 127.0.0.1 if it has none. Nothing is sent."""
    return address_towards(SOMEWHERE) or "127.0.0.1"


def address_towards(address: str) -> str:
    """The address of this machine that it would reach `address` from; "" if there is no way. Nothing is sent."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((address, 9))
        except OSError:
            return ""
        return str(probe.getsockname()[0])


def _port(text: str, whole: str, default: int | None, *, colon: bool) -> int:
    if not colon and default is not None:
        return default
    if not colon:
        raise ValueError(f'"{whole}" has no port: write it as {whole}:{DNS_PORT}')
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MAX_PORT):
        raise ValueError(f'"{text}" is not a port (1 to {MAX_PORT})')
    return int(text)
