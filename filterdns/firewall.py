"""Rules for a router that runs nftables, OpenWrt's too: questions come to this machine, the ways past it are closed.

Pure: text from what is known. Whoever is redirected is seen as the router by the filter, and so is a guest; devices
that ask the filter themselves, because the router tells them to, keep their person.
"""

from collections.abc import Iterable
from ipaddress import ip_network
from textwrap import wrap
from typing import NamedTuple

from filterdns.endpoint import DNS_PORT, Endpoint

FILE = "/etc/filterdns.nft"
_INDENT = "    "
_WIDTH = 100


class Box(NamedTuple):
    """This machine as a router sees it; one of the two endpoints may be missing."""

    ipv4: Endpoint | None
    ipv6: Endpoint | None  # never link-local: a rule would need the interface with it
    mac: str | None
    exempt: tuple[str, ...]  # addresses in the house that ask the world: this machine's, and servers it asks
    resolvers: tuple[str, ...]  # networks of resolvers that do not know the family's rules

    @property
    def endpoints(self) -> tuple[Endpoint, ...]:
        """Both, IPv4 first."""
        return tuple(endpoint for endpoint in (self.ipv4, self.ipv6) if endpoint is not None)


def nftables(box: Box) -> list[str]:
    """A file for `nft -f`: one table of its own, replaced whole each time it is loaded."""
    return [
        f"# FilterDNS, for a router that runs nftables. Write this to {FILE}, load it with: nft -f {FILE}",
        f'# and load it at start by a line in /etc/nftables.conf: include "{FILE}"',
        "# It leaves all other rules as they are. To take it away: nft delete table inet filterdns",
        "",
        *_table(box),
    ]


def openwrt(box: Box) -> list[str]:
    """Commands for the shell of OpenWrt from 22.03 on; given twice they do the same."""
    return [
        "# FilterDNS, for a router with OpenWrt 22.03 or newer: for its shell. Once more does no harm.",
        f"cat > {FILE} <<'END'",
        *_table(box),
        "END",
        "uci -q delete firewall.filterdns",
        "uci set firewall.filterdns=include",
        "uci set firewall.filterdns.type='nftables'",
        f"uci set firewall.filterdns.path='{FILE}'",
        "uci set firewall.filterdns.position='ruleset-post'",
        "uci commit firewall",
        *_announcement(box),
        "service firewall restart",
        "",
        "# To take it away:",
        f"#   uci delete firewall.filterdns; uci commit firewall; rm {FILE}; service firewall restart",
        *(f"#   uci {command}" for command in _unannounced(box)),
    ]


def _unannounced(box: Box) -> list[str]:
    taken = [f"del_list {option}" for option in _options(box)]
    return [*taken, *([] if box.ipv6 else ["delete dhcp.lan.dns_service"]), "commit dhcp"] if taken else []


def _options(box: Box) -> list[str]:
    """What DHCP and router advertisements say of the filter."""
    if any(endpoint.port != DNS_PORT for endpoint in box.endpoints):
        return []
    four = [f"dhcp.lan.dhcp_option='6,{box.ipv4.host}'"] if box.ipv4 else []
    return [*four, f"dhcp.lan.dns='{box.ipv6.host}'"] if box.ipv6 else four


def _announcement(box: Box) -> list[str]:
    """Devices are told to ask the filter themselves, so that it sees who asks."""
    if not (options := _options(box)):
        return [
            f"# Devices cannot be told a port: let the filter answer at port {DNS_PORT}, then they ask it themselves."
        ]
    lines = ["# Devices are told to ask the filter themselves, so that it sees who asks."]
    for option in options:
        lines += [f"uci -q del_list {option}", f"uci add_list {option}"]
    if not box.ipv6:
        lines += [
            "# The filter has no IPv6 address that stays: the router tells none.",
            "uci set dhcp.lan.dns_service='0'",
        ]
    return [*lines, "uci commit dhcp", "service dnsmasq restart", "service odhcpd restart"]


def _table(box: Box) -> list[str]:
    redirected = [line for endpoint in box.endpoints for line in _redirected(endpoint)]
    return [
        "# The interface or interfaces towards the house:",
        'define house = { "br-lan" }',
        "",
        "table inet filterdns",
        "delete table inet filterdns",
        "table inet filterdns {",
        *_set("resolvers4", "ipv4_addr", _of(box.resolvers, 4)),
        *_set("resolvers6", "ipv6_addr", _of(box.resolvers, 6)),
        "",
        "    # Questions to anybody's port 53 come to the filter.",
        *_chain("questions", "nat hook prerouting priority dstnat - 10", [*_exempt(box), *redirected]),
        "",
        "    # Its answers come back through the router, in the name of whoever was asked.",
        *_chain(
            "answers",
            "nat hook postrouting priority srcnat - 10",
            [f"ct status dnat {_to(endpoint)} masquerade" for endpoint in box.endpoints],
        ),
        "",
        "    # Encrypted questions to others are refused.",
        *_chain("ways_round", "filter hook forward priority filter - 10", [*_exempt(box), *_closed(box)]),
        "}",
    ]


def _exempt(box: Box) -> list[str]:
    """Only what comes from the house, and not this machine, which asks for all."""
    lines = ["iifname != $house accept"]
    if box.mac:
        lines.append(f"ether saddr {box.mac} accept")
    for family, addresses in (("ip", _of(box.exempt, 4)), ("ip6", _of(box.exempt, 6))):
        if addresses:
            lines.append(f"{family} saddr {{ {', '.join(addresses)} }} accept")
    return lines


def _redirected(endpoint: Endpoint) -> list[str]:
    version, host = (6, f"[{endpoint.host}]") if ":" in endpoint.host else (4, endpoint.host)
    plain = f"meta nfproto ipv{version} meta l4proto {{ tcp, udp }} th dport {DNS_PORT}"
    return [f"{_to(endpoint)} accept", f"{plain} dnat {_family(endpoint)} to {host}:{endpoint.port}"]


def _to(endpoint: Endpoint) -> str:
    return f"{_family(endpoint)} daddr {endpoint.host} meta l4proto {{ tcp, udp }} th dport {endpoint.port}"


def _family(endpoint: Endpoint) -> str:
    return "ip6" if ":" in endpoint.host else "ip"


def _closed(box: Box) -> list[str]:
    """DNS by TLS and QUIC to anybody, by HTTPS to the well-known, and plain DNS where it cannot be redirected."""
    lines = _rejected(853)
    for family, number in (("ip", 4), ("ip6", 6)):
        lines += [f"{family} daddr @resolvers{number} {what}" for what in _rejected(443)]
    for number, endpoint in ((4, box.ipv4), (6, box.ipv6)):
        if endpoint is None:
            lines += [f"meta nfproto ipv{number} {what}" for what in _rejected(DNS_PORT)]
    return lines


def _rejected(port: int) -> list[str]:
    """Refused at once, so that programs fall back without waiting."""
    return [f"tcp dport {port} reject with tcp reset", f"udp dport {port} reject"]


def _of(networks: Iterable[str], version: int) -> list[str]:
    found = sorted({network for text in networks if (network := ip_network(text)).version == version})
    return [str(network.network_address) if network.num_addresses == 1 else str(network) for network in found]


def _set(name: str, kind: str, elements: list[str]) -> list[str]:
    lines = [f"type {kind}; flags interval;"]
    if elements:
        lines += ["elements = {", *(_INDENT + line for line in wrap(", ".join(elements), _WIDTH)), "}"]
    return [f"{_INDENT}set {name} {{", *(_INDENT * 2 + line for line in lines), f"{_INDENT}}}"]


def _chain(name: str, hook: str, rules: list[str]) -> list[str]:
    lines = [f"type {hook}; policy accept;", *rules]
    return [f"{_INDENT}chain {name} {{", *(_INDENT * 2 + line for line in lines), f"{_INDENT}}}"]
