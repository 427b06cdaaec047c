import json
import socket
from ipaddress import ip_network

import pytest

from filterdns.dns import neighbours
from filterdns.dns.neighbours import connected_networks
from tests.dns.namespace import run_in_namespace

PROGRAM = """
import json
from filterdns.dns.neighbours import connected_networks, neighbours
print(json.dumps([neighbours(), [str(network) for network in connected_networks()]]))
"""


def house(*commands: str) -> tuple[dict[str, str], list[str]]:
    """What is seen in a network namespace of its own after these commands of `ip`."""
    macs, networks = json.loads(run_in_namespace(PROGRAM, *commands))
    return macs, networks


def test_macs_of_both_families() -> None:
    macs, _ = house(
        "addr add 192.168.7.1/24 dev lan",
        "neigh add 192.168.7.20 lladdr 02:00:00:00:00:20 nud reachable dev lan",
        "neigh add 192.168.7.21 lladdr 02:00:00:00:00:21 nud stale dev lan",
        "neigh add 192.168.7.22 lladdr 02:00:00:00:00:22 nud permanent dev lan",
        "neigh add 192.168.7.23 lladdr 02:00:00:00:00:23 nud failed dev lan",
        "neigh add 192.168.7.24 lladdr 02:00:00:00:00:24 nud noarp dev lan",
        "neigh add 192.168.7.25 lladdr 00:00:00:00:00:00 nud permanent dev lan",
        "neigh add 2001:db8::20 lladdr 02:00:00:00:00:20 nud permanent dev lan",
        "neigh add fe80::20 lladdr 02:00:00:00:00:20 nud stale dev lan",
    )
    assert macs == {
        "192.168.7.20": "02:00:00:00:00:20",
        "192.168.7.21": "02:00:00:00:00:21",
        "192.168.7.22": "02:00:00:00:00:22",
        "2001:db8::20": "02:00:00:00:00:20",
        "fe80::20": "02:00:00:00:00:20",
    }


def test_a_thousand_neighbours() -> None:
    many = [
        f"neigh add 10.9.{high}.{low + 1} lladdr 02:00:00:00:{high:02x}:{low:02x} nud permanent dev lan"
        for high in range(4) for low in range(250)
    ]  # fmt: skip
    macs, _ = house(*many)
    assert len(macs) == 1000
    assert macs["10.9.3.250"] == "02:00:00:00:03:f9"


def test_networks() -> None:
    _, networks = house(
        "addr add 192.168.7.1/24 dev lan", "addr add 203.0.113.9/29 dev lan", "addr add 2001:db8:7::1/64 dev lan nodad"
    )
    assert {"127.0.0.0/8", "::1/128", "192.168.7.0/24", "203.0.113.8/29", "2001:db8:7::/64"} <= set(networks)


def test_loopback_is_connected_and_nobodys_neighbour() -> None:
    assert ip_network("127.0.0.0/8") in connected_networks()
    assert "127.0.0.1" not in neighbours.neighbours()


def test_a_refusal_of_the_kernel_is_an_error() -> None:
    with pytest.raises(OSError, match="netlink"):
        list(neighbours._dump(0xFFF0))


def test_attributes_that_are_cut_end_the_reading() -> None:
    whole = b"\x08\x00\x01\x00\xc0\x00\x02\x01"
    assert neighbours._attributes(whole + b"\x02\x00\x05\x00") == {1: socket.inet_aton("192.0.2.1")}
    assert neighbours._attributes(whole + b"\x08") == {1: socket.inet_aton("192.0.2.1")}


def test_when_a_neighbour_was_last_there() -> None:
    program = "import json; from filterdns.dns.neighbours import confirmed; print(json.dumps([*confirmed().items()]))"
    found = json.loads(
        run_in_namespace(
            program,
            "addr add 192.168.7.1/24 dev lan",
            "neigh add 192.168.7.20 lladdr 02:00:00:00:00:20 nud reachable dev lan",
            "neigh add 192.168.7.23 lladdr 02:00:00:00:00:23 nud failed dev lan",
            "neigh add fe80::20 lladdr 02:00:00:00:00:20 nud reachable dev lan",
        )
    )
    ages = {tuple(key): ago for key, ago in found}
    assert set(ages) == {("02:00:00:00:00:20", "192.168.7.20"), ("02:00:00:00:00:20", "fe80::20")}
    assert all(0 <= ago < 60 for ago in ages.values())
