"""Who may ask, and who asks: an address -> permitted or not, its MAC, its person."""

import socket
from collections.abc import Iterable
from ipaddress import ip_address, ip_network

from filterdns.dns.memory import Client
from filterdns.dns.neighbours import Network, connected_networks, neighbours
from filterdns.endpoint import SOMEWHERE, address_towards
from filterdns.policy.view import BlockedAnswer, Policy

_TABLE_AGE = 0.02
"""Seconds for which one reading of the kernel's tables serves all strangers, so that a flood of them costs little."""
_MOST_CLIENTS = 4096

_LAN = tuple(
    ip_network(text)
    for text in (
        "127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10",
        "::1/128", "fe80::/10", "fc00::/7",
    )
)  # fmt: skip
"""Loopback, private, link-local and shared address space: what no stranger from outside has (RFC 6890)."""


class Clients:
    """Permission and identity by source address; nothing that a packet says is believed."""

    def __init__(self, permitted: Iterable[str]) -> None:
        names = list(permitted)
        self._lan = "lan" in names
        self._networks: list[Network] = [ip_network(name) for name in names if name != "lan"]
        self._connected: list[Network] = []
        self._macs: dict[str, str] = {}
        self._read_at = -_TABLE_AGE

    def identify(self, known: dict[str, Client | None], host: str, policy: Policy, now: float) -> Client | None:
        """Put whoever has `host` into `known`; None for somebody who may not ask."""
        if len(known) >= _MOST_CLIENTS and host not in known:
            known.pop(next(iter(known)))
        address = host.partition("%")[0]
        client = None
        if self._may_ask(address, now):
            mac = self._mac(address, now)
            device, view = policy.view_for(mac, address)
            page = own_address_towards(address) if policy.blocked_answer is BlockedAnswer.PAGE else b""
            client = Client(address, mac, device, view, page)
        known[host] = client
        return client

    def changed(self, known: dict[str, Client | None], now: float) -> list[str]:
        """The hosts that may be somebody else by now; asked every second or two."""
        self._read_tables(now)
        macs = self._macs
        return [host for host, client in known.items() if client is None or macs.get(client.address) != client.mac]

    def _may_ask(self, address: str, now: float) -> bool:
        source = ip_address(address)
        if any(source in network for network in self._networks):
            return True
        if not self._lan:
            return False
        if any(source in network for network in _LAN):
            return True
        self._read_tables(now)
        return any(source in network for network in self._connected)

    def _mac(self, address: str, now: float) -> str | None:
        if address not in self._macs:
            self._read_tables(now)
        return self._macs.get(address)

    def _read_tables(self, now: float) -> None:
        if now - self._read_at < _TABLE_AGE:
            return
        try:
            self._macs = neighbours()
            self._connected = connected_networks() if self._lan else []
        except OSError:
            return
        self._read_at = now


def own_address_towards(address: str) -> bytes:
    """The packed IPv4 address by which this machine reaches `address`, or the world if that is IPv6; sends nothing."""
    own = address_towards(SOMEWHERE if ":" in address else address)
    return socket.inet_aton(own) if own else b""
