"""Where a list may come from: its address taken apart strictly, and the networks that none is fetched from. Pure."""

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from filterdns import dname
from filterdns.blocklists.limits import LIMITS, DownloadError, Limits
from filterdns.endpoint import MAX_PORT, Address

LONGEST = 2048

_HTTP, _MDNS, _FIRST_OPEN = 80, 5353, 1024
_PRINTABLE = re.compile(r"[!-~]+")
_URL = re.compile(
    r"(https?)://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{1,5}))?((?:/[^?#\\]*)?(?:\?[^#]*)?)(?:#(.*))?", re.IGNORECASE
)
_NAT64 = ip_network("64:ff9b::/96")
_GLOBAL_6 = ip_network("2000::/3")
_PRIVATE = "a private address"
_FORBIDDEN = tuple(
    (words, tuple(map(ip_network, networks.split())))
    for words, networks in (
        ("an unspecified address", "0.0.0.0/8 ::/128"),
        ("a loopback address", "127.0.0.0/8 ::1/128"),
        (_PRIVATE, "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7"),
        ("a shared address of a provider", "100.64.0.0/10"),
        ("a link-local address", "169.254.0.0/16 fe80::/10"),
        ("a multicast address", "224.0.0.0/4 ff00::/8"),
        ("an IPv4 address in the form of IPv6", "::ffff:0:0/96 64:ff9b:1::/48 2001::/32 2002::/16 192.88.99.0/24"),
        ("a reserved address", "192.0.0.0/24 192.0.2.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4"),
        ("a reserved address", "2001::/23 2001:db8::/32 3fff::/20"),
    )
)  # fmt: skip
"""IANA's registries of special-purpose addresses (RFC 6890); of IPv6 only 2000::/3 is in use in the internet."""


class Origin(NamedTuple):
    """An address of the web taken apart."""

    tls: bool
    host: str  # lower-case without the final dot; an IP address in its canonical form
    port: int
    target: str  # path and query
    folder: str  # what follows "#": which folder of an archive is the list

    @property
    def address(self) -> Address | None:
        """The host, if it is an address and not a name."""
        return ip_address(self.host) if ":" in self.host or _ends_in_number(self.host) else None

    def __str__(self) -> str:
        """As an URL, without the folder."""
        return f"http{'s' * self.tls}://{self.authority}{self.target}"

    @property
    def authority(self) -> str:
        """Host and port as the Host field has them (RFC 9110 section 7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else _HTTP) else f"{host}:{self.port}"


def read(url: str, *, lan: bool = False, limits: Limits = LIMITS) -> Origin:
    """Take `url` apart. Raises DownloadError saying what is wrong.

    `lan` allows plain http, and beside the usual ports 80 and those that anybody may open, but for mDNS's.

    Only one way to write a host is taken, so that no two programs can see different ones in it.
    """
    if len(url) > LONGEST or not _PRINTABLE.fullmatch(url):
        raise DownloadError("its address is too long, or holds characters that do not belong there")
    scheme = url.partition(":")[0].lower()
    if scheme not in ("https", "http"):
        raise DownloadError("its address does not begin with https://")
    if scheme == "http" and not lan:
        raise DownloadError("its address begins with http://, and what comes without TLS can be changed on the way")
    found = _URL.fullmatch(url)
    if not found:
        raise DownloadError("its address is not one such as https://lists.example.org/adult.txt")
    port = int(found[3] or (443 if scheme == "https" else _HTTP))
    open_in_lan = lan and (port == _HTTP or _FIRST_OPEN <= port <= MAX_PORT) and port != _MDNS
    if port not in limits.ports and not open_in_lan:
        raise DownloadError(f"port {port} is not one of a web server ({', '.join(map(str, sorted(limits.ports)))})")
    target = found[4] if found[4].startswith("/") else f"/{found[4]}"
    return Origin(scheme == "https", _host(found[2].lower()), port, target, found[5] or "")


def why_forbidden(address: Address, *, lan: bool = False) -> str:
    """What keeps us from connecting to `address`, "" if nothing does; `lan` allows private ones (RFC 1918, 4193)."""
    if address in _NAT64:
        return why_forbidden(IPv4Address(int(address) & 0xFFFFFFFF))
    for words, networks in _FORBIDDEN:
        if any(address in network for network in networks):
            return "" if lan and words == _PRIVATE else words
    return "a reserved address" if isinstance(address, IPv6Address) and address not in _GLOBAL_6 else ""


def is_private(address: Address) -> bool:
    """Is it one that `lan` allows and the rest of the world does not have?"""
    return why_forbidden(address) == _PRIVATE


def _host(text: str) -> str:
    """A name of several labels, the last of which does not begin with a digit, or an address of four numbers."""
    if text.startswith("["):
        text = text[1:-1]
    else:
        text = text.removesuffix(".")
        if not _ends_in_number(text):
            return _name(text)
    try:
        return str(ip_address(text))
    except ValueError:
        raise DownloadError(f"its server {text} is neither a name nor an IP address") from None


def _ends_in_number(host: str) -> bool:
    """Does the last label begin with a digit, as no top-level domain's does?"""
    return host.rpartition(".")[2][:1].isdigit()


def _name(text: str) -> str:
    try:
        wire = dname.from_text(text)
    except dname.DNameError:
        wire = dname.ROOT
    if not dname.is_host(wire) or text.endswith(".localhost"):
        raise DownloadError(f"its server {text} is not a name of the internet")
    return text
