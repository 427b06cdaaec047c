"""What this machine sees of the home: its own addresses, the router, the devices beside it. Nothing is sent."""

from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address
from pathlib import Path

from filterdns import endpoint
from filterdns.dns import neighbours

_ROUTES = Path("/proc/net/route")
_GATEWAY = 0x2  # RTF_GATEWAY
_MOST_DEVICES = 100


@dataclass(frozen=True, slots=True)
class Own:
    """This machine's addresses, the one to be written down first."""

    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]  # those of the home's own network (fd..) before those of the provider, then fe80..


@dataclass(frozen=True, slots=True)
class Seen:
    """A device by its hardware address."""

    mac: str
    addresses: tuple[str, ...]  # IPv4 first


def own() -> Own:
    """By what others in the home reach this machine."""
    try:
        found = [ip_address(text) for text in neighbours.own_addresses()]
    except OSError:
        found = []
    main = endpoint.main_address()
    ipv4 = sorted((str(one) for one in found if one.version == 4), key=lambda text: text != main)  # noqa: PLR2004 - IPv4
    ipv6 = sorted((one for one in found if one.version == 6), key=lambda one: (one.is_link_local, not one.is_private))  # noqa: PLR2004 - IPv6
    return Own(tuple(ipv4), tuple(map(str, ipv6)))


def router() -> str:
    """The IPv4 address of the way out of the home; "" if there is none."""
    try:
        return router_of(_ROUTES.read_text())
    except OSError:
        return ""


def router_of(routes: str) -> str:
    """The gateway of the default route in the form of /proc/net/route (proc_net(5)); "" if there is none."""
    for line in routes.splitlines()[1:]:
        words = line.split()
        try:
            destination, gateway, flags = int(words[1], 16), int(words[2], 16), int(words[3], 16)
        except (IndexError, ValueError):
            continue
        if destination == 0 and flags & _GATEWAY:
            return str(IPv4Address(gateway.to_bytes(4, "little")))
    return ""


def devices() -> list[Seen]:
    """The devices in the kernel's neighbour tables, but for this machine; those with IPv4 first."""
    try:
        return by_mac(neighbours.neighbours())
    except OSError:
        return []


def by_mac(table: dict[str, str]) -> list[Seen]:
    """Address -> MAC turned into devices, at most a hundred: whoever makes up more of them fills no page."""
    found: dict[str, list[str]] = {}
    for address, mac in table.items():
        found.setdefault(mac, []).append(address)
    seen = [Seen(mac, tuple(sorted(addresses, key=_order))) for mac, addresses in found.items()]
    return sorted(seen, key=lambda one: _order(one.addresses[0]))[:_MOST_DEVICES]


def _order(address: str) -> tuple[int, int]:
    parsed = ip_address(address)
    return parsed.version, int(parsed)
