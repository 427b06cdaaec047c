"""The kernel's tables over netlink (rtnetlink(7)): which MAC has which address, and which networks are ours.

IPv4 and IPv6 alike, without a library and without a process.
"""

import socket
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from struct import Struct

Network = IPv4Network | IPv6Network

_NETLINK_ROUTE = 0
_RTM_GETADDR, _RTM_GETNEIGH = 22, 30
_DUMP = 0x301  # NLM_F_REQUEST | NLM_F_ROOT | NLM_F_MATCH
_DONE, _ERROR = 3, 2
_HEADER = Struct("=IHHII")
_ATTRIBUTE = Struct("=HH")
_CODE = Struct("=i")
_NEIGHBOUR = Struct("=BxxxiHBB")
_ADDRESS = Struct("=BBBBI")
_TICKS = Struct("=I")
_TICKS_A_SECOND = 100  # USER_HZ, on every architecture that Debian knows
_NDA_DST, _NDA_LLADDR, _NDA_CACHEINFO = 1, 2, 3
_IFA_ADDRESS, _IFA_LOCAL = 1, 2
_HOST_SCOPE = 254  # RT_SCOPE_HOST: loopback
_UNSTEADY = 0x01 | 0x08 | 0x20 | 0x40  # IFA_F_TEMPORARY, _DADFAILED, _DEPRECATED, _TENTATIVE
_UNKNOWN = 0x01 | 0x20 | 0x40  # NUD_INCOMPLETE, NUD_FAILED, NUD_NOARP
_MAC = 6
_FAMILIES = {socket.AF_INET: 4, socket.AF_INET6: 16}


def neighbours() -> dict[str, str]:
    """Address -> MAC ("aa:bb:cc:dd:ee:ff") of every neighbour whose MAC is known. Raises OSError."""
    return {address: mac for address, mac, _ in _table()}


def confirmed() -> dict[tuple[str, str], float]:
    """(MAC, address) -> seconds since the neighbour was last known to be there. Raises OSError."""
    return {(mac, address): ago for address, mac, ago in _table()}


def connected_networks() -> list[Network]:
    """The networks this machine has an address in. Raises OSError."""
    found: list[Network] = []
    for body in _dump(_RTM_GETADDR):
        family, length, _, _, _ = _ADDRESS.unpack_from(body)
        address = _attributes(body[_ADDRESS.size :]).get(_IFA_ADDRESS, b"")
        if len(address) == _FAMILIES.get(family, -1):
            found.append(ip_network((address, length), strict=False))
    return found


def _table() -> Iterator[tuple[str, str, float]]:
    """Address, MAC, and seconds since this was last confirmed."""
    for body in _dump(_RTM_GETNEIGH):
        family, _, state, _, _ = _NEIGHBOUR.unpack_from(body)
        attributes = _attributes(body[_NEIGHBOUR.size :])
        address, mac = attributes.get(_NDA_DST, b""), attributes.get(_NDA_LLADDR, b"")
        ages = attributes.get(_NDA_CACHEINFO, b"").ljust(_TICKS.size, b"\0")
        if not state & _UNKNOWN and len(mac) == _MAC and any(mac) and len(address) == _FAMILIES.get(family, -1):
            yield str(ip_address(address)), mac.hex(":"), _TICKS.unpack_from(ages)[0] / _TICKS_A_SECOND


def own_addresses() -> list[str]:
    """This machine's addresses that others can keep: none that change by themselves or are being tried or given up.

    Raises OSError.
    """
    found = []
    for body in _dump(_RTM_GETADDR):
        family, _, flags, scope, _ = _ADDRESS.unpack_from(body)
        attributes = _attributes(body[_ADDRESS.size :])
        address = attributes.get(_IFA_LOCAL) or attributes.get(_IFA_ADDRESS, b"")
        if scope < _HOST_SCOPE and not flags & _UNSTEADY and len(address) == _FAMILIES.get(family, -1):
            found.append(str(ip_address(address)))
    return found


def _dump(kind: int) -> Iterator[bytes]:
    """The bodies of a netlink dump's messages."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_ROUTE) as netlink:
        netlink.settimeout(1.0)
        netlink.bind((0, 0))
        netlink.send(_HEADER.pack(_HEADER.size + 16, kind, _DUMP, 1, 0) + bytes(16))
        while True:
            data = netlink.recv(1 << 18)
            at = 0
            while at + _HEADER.size <= len(data):
                length, message, _, _, _ = _HEADER.unpack_from(data, at)
                if message == _ERROR:
                    raise OSError(-_CODE.unpack_from(data, at + _HEADER.size)[0], "netlink refused")
                if message == _DONE or length < _HEADER.size:
                    return
                yield data[at + _HEADER.size : at + length]
                at += (length + 3) & ~3


def _attributes(data: bytes) -> dict[int, bytes]:
    """Route attributes, type -> octets."""
    found = {}
    at = 0
    while at + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, at)
        if length < _ATTRIBUTE.size:
            break
        found[kind] = data[at + _ATTRIBUTE.size : at + length]
        at += (length + 3) & ~3
    return found
