"""`filterdns router`: what a router is to be told, in its own commands or in plain words."""

import fcntl
import socket
import struct
from collections.abc import Iterable
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from textwrap import wrap
from typing import NamedTuple

from filterdns import endpoint, firewall
from filterdns.blocklists import builtin
from filterdns.config import Config, ConfigError
from filterdns.endpoint import DNS_PORT, Endpoint
from filterdns.firewall import Box

_IF_INET6 = Path("/proc/net/if_inet6")
_SIOCGIFADDR, _SIOCGIFHWADDR = 0x8915, 0x8927  # linux/sockios.h
_TEMPORARY, _DEPRECATED, _TENTATIVE = 0x01, 0x20, 0x40  # linux/if_addr.h
_WIDTH = 100

_FORMS = """\
There are rules for routers that take commands:

    filterdns router --openwrt     OpenWrt 22.03 or newer
    filterdns router --nftables    any other Linux router with nftables

For all others, in plain words (filterdns router --words):

"""

_DHCP = """\
As the DNS server that devices are told, enter {}. A second field stays empty, because devices use whichever answers."""
_NO_IPV6 = """\
This machine has no IPv6 address to be told. Switch on unique local addresses (ULA) and run this again, or let the
router announce no DNS server by IPv6: devices would ask it, past the filter."""
_CHANGES = """ \
It changes when the provider's prefix does: switch on unique local addresses (ULA), run this again, and enter the one
that begins with fd."""
_PLAIN = """\
Block port 53, UDP and TCP: plain questions to other resolvers. Where the router can send them to {} instead, do that;
whoever asks that way is a guest to the filter."""

_WELL_KNOWN = """\
If it can block addresses, block port 443, UDP and TCP, to these resolvers (filterdns router --nftables shows those of
IPv6 too): {}"""


class OwnAddress(NamedTuple):
    """An IPv6 address of this machine that others may use."""

    address: IPv6Address
    interface: str
    stays: bool  # not one that is thrown away after a day


def lines(config: Config, form: str | None = None) -> list[str]:
    """What the router is to be told: "nftables", "openwrt" or "words"; None: what there is, and the words.

    Raises ConfigError if the filter answers no other machine.
    """
    box = find(config)
    if form == "nftables":
        return firewall.nftables(box)
    if form == "openwrt":
        return firewall.openwrt(box)
    return words(box) if form == "words" else [*_FORMS.splitlines(), *words(box)]


def find(config: Config) -> Box:
    """This machine's addresses as they are now. Raises ConfigError."""
    ipv4 = next((found for listen in _ordered(config, 4) if (found := _reachable_4(listen))), None)
    own = own_ipv6(_IF_INET6.read_text() if _IF_INET6.exists() else "")
    interface = interface_of(ipv4.host) if ipv4 else None
    if interface:
        own = [found for found in own if found.interface == interface]
    ipv6 = next((found for listen in _ordered(config, 6) if (found := _reachable_6(listen, own))), None)
    if ipv4 is None and ipv6 is None:
        here = ", ".join(map(str, config.listen))
        fault = f"dns.listen: no other device reaches {here}; let it name 0.0.0.0:53 (see config.example.yaml)"
        raise ConfigError([f"{config.source or 'filterdns'}: {fault}"])
    if interface is None and ipv6 is not None:
        interface = next((found.interface for found in own if str(found.address) == ipv6.host), None)
    addresses = {str(found.address) for found in own} | {found.host for found in (ipv4, ipv6) if found}
    return Box(ipv4, ipv6, _mac(interface), _sorted(addresses | _servers_at_home(config)), builtin.resolver_addresses())


def own_ipv6(if_inet6: str) -> list[OwnAddress]:
    """Addresses of a text as /proc/net/if_inet6, the best to be told to others first: local ones, then lasting ones."""
    found = []
    for line in if_inet6.splitlines():
        digits, _, _, _, flags, interface = line.split()
        address = IPv6Address(bytes.fromhex(digits))
        if not (address.is_loopback or address.is_link_local or int(flags, 16) & (_TENTATIVE | _DEPRECATED)):
            found.append(OwnAddress(address, interface, not int(flags, 16) & _TEMPORARY))
    return sorted(found, key=lambda own: (not own.stays, not _is_local(own.address), own.address))


def interface_of(address: str) -> str | None:
    """The name of the interface whose first IPv4 address this is; None if it is none's."""
    names = [name for _, name in socket.if_nameindex()]
    return next((name for name in names if _of_interface(name, _SIOCGIFADDR)[4:8] == socket.inet_aton(address)), None)


def words(box: Box) -> list[str]:
    """The same for a router with pages and menus, whatever they are called there."""
    hosts = [found.host for found in box.endpoints]
    others = [address for address in box.exempt if address not in hosts and ":" not in address]
    but = f"this machine ({', '.join(hosts)})" + (f" and {', '.join(others)}" if others else "")
    told, closed = _told(box), _closed(box)
    return [
        f"The filter answers at {' and '.join(map(str, box.endpoints))}.",
        "",
        "What the router tells devices (Home network, LAN, DHCP):",
        "",
        *_steps(told, 1),
        "",
        *wrap(
            f"What the router lets through (Filter, Firewall, Access, Parental controls), for all but {but}:", _WIDTH
        ),
        "",
        *_steps(closed, 1 + len(told)),
        "",
        "To see whether it holds, on a child's device, with a site that is blocked for the child:",
        "",
        "    nslookup bet365.com            answers 0.0.0.0",
        "    nslookup bet365.com 9.9.9.9    answers 0.0.0.0, or nothing",
        "",
        "No router closes mobile data, or a VPN that looks like any web page.",
    ]


def _told(box: Box) -> list[str]:
    steps = []
    if any(found.port != DNS_PORT for found in box.endpoints):
        steps.append(f"Devices cannot be told a port. First let dns.listen name port {DNS_PORT}, and run this again.")
    if box.ipv4:
        mac = f" (hardware address {box.mac})" if box.mac else ""
        steps.append(f"Give this machine an address that stays: {box.ipv4.host}{mac}.")
        steps.append(_DHCP.format(box.ipv4.host))
    if box.ipv6 is None:
        steps.append(_NO_IPV6)
    else:
        changes = "" if _is_local(IPv6Address(box.ipv6.host)) else _CHANGES
        steps.append(f"As the DNS server for IPv6 (DNSv6, RDNSS), enter {box.ipv6.host}.{changes}")
    return steps


def _closed(box: Box) -> list[str]:
    return [
        _PLAIN.format(" or ".join(found.host for found in box.endpoints)),
        "Block port 853, UDP and TCP: encrypted questions. Telephones ask the filter then.",
        _WELL_KNOWN.format(", ".join(address for address in box.resolvers if ":" not in address)),
    ]


def _steps(steps: list[str], first: int) -> list[str]:
    found = []
    for number, step in enumerate(steps, first):
        found += wrap(step, _WIDTH, initial_indent=f"{number:>3}. ", subsequent_indent="     ", break_on_hyphens=False)
    return found


def _ordered(config: Config, version: int) -> list[Endpoint]:
    """Where DNS is answered by this version, the usual port first."""
    found = [listen for listen in config.listen if ip_address(listen.host).version == version]
    return sorted(found, key=lambda listen: listen.port != DNS_PORT)


def _reachable_4(listen: Endpoint) -> Endpoint | None:
    host = endpoint.main_address() if ip_address(listen.host).is_unspecified else listen.host
    return None if ip_address(host).is_loopback else Endpoint(host, listen.port)


def _reachable_6(listen: Endpoint, own: list[OwnAddress]) -> Endpoint | None:
    address = IPv6Address(listen.host)
    if address.is_unspecified:
        return Endpoint(str(own[0].address), listen.port) if own and own[0].stays else None
    return None if address.is_loopback or address.is_link_local else listen


def _servers_at_home(config: Config) -> set[str]:
    """Servers in the house that this filter asks: they may be resolvers that ask the world themselves."""
    servers = [*(server for servers in config.upstreams.values() for server in servers), *config.local_domains.values()]
    addresses = {ip_address(server.server.host) for server in servers}
    return {str(address) for address in addresses if address.is_private and not address.is_loopback}


def _mac(interface: str | None) -> str | None:
    found = _of_interface(interface, _SIOCGIFHWADDR)[2:8] if interface else b""
    return found.hex(":") if any(found) else None


def _of_interface(name: str, request: int) -> bytes:
    """What the kernel says of an interface, a struct sockaddr (netdevice(7)); b"" if it has no such thing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            return fcntl.ioctl(probe.fileno(), request, struct.pack("256s", name.encode()[:15]))[16:32]
        except OSError:
            return b""


def _sorted(addresses: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(addresses, key=lambda text: (ip_address(text).version, ip_address(text))))


def _is_local(address: IPv6Address) -> bool:
    """Is it a unique local address (RFC 4193)?"""
    return address.packed[0] & 0xFE == 0xFC  # noqa: PLR2004 - fc00::/7
