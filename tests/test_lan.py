"""What the machine sees of the home: read from the kernel, in a network made for the test."""

import json

import pytest

from filterdns import lan
from tests.dns.namespace import run_in_namespace

PROGRAM = """
import json
from filterdns import lan
own = lan.own()
print(json.dumps([own.ipv4, own.ipv6, lan.router(), [[one.mac, one.addresses] for one in lan.devices()]]))
"""


def test_a_home() -> None:
    ipv4, ipv6, router, devices = json.loads(
        run_in_namespace(
            PROGRAM,
            "addr add 192.168.7.2/24 dev lan",
            "addr add 192.168.8.2/24 dev lan",
            "addr add 2001:db8:7::2/64 dev lan nodad",
            "addr add fd00:7::2/64 dev lan nodad",
            "addr add 2001:db8:7::3/64 dev lan nodad preferred_lft 0",
            "route add default via 192.168.7.1 dev lan",
            "neigh add 192.168.7.1 lladdr 02:00:00:00:00:01 nud permanent dev lan",
            "neigh add 192.168.7.30 lladdr 02:00:00:00:00:30 nud permanent dev lan",
            "neigh add 192.168.7.4 lladdr 02:00:00:00:00:04 nud permanent dev lan",
            "neigh add fd00:7::30 lladdr 02:00:00:00:00:30 nud permanent dev lan",
        )
    )
    assert ipv4 == ["192.168.7.2", "192.168.8.2"]
    assert ipv6[0] == "fd00:7::2"
    assert "2001:db8:7::2" in ipv6
    assert "2001:db8:7::3" not in ipv6
    assert all(address.startswith("fe80:") for address in ipv6[2:])
    assert router == "192.168.7.1"
    assert devices == [
        ["02:00:00:00:00:01", ["192.168.7.1"]],
        ["02:00:00:00:00:04", ["192.168.7.4"]],
        ["02:00:00:00:00:30", ["192.168.7.30", "fd00:7::30"]],
    ]


def test_nothing_around() -> None:
    assert json.loads(run_in_namespace(PROGRAM))[2:] == ["", []]


@pytest.mark.parametrize(
    ("routes", "router"),
    [
        ("", ""),
        ("Iface Destination Gateway Flags\n", ""),
        ("Iface\tDestination\tGateway\tFlags\neth0\t00000000\t0107A8C0\t0003\t0\n", "192.168.7.1"),
        ("h\neth0 0007A8C0 00000000 0001\neth0 00000000 FE07A8C0 0003\n", "192.168.7.254"),
        ("h\neth0 00000000 00000000 0001\n", ""),
        ("h\neth0 x y z\neth0\n\n", ""),
    ],
)
def test_the_way_out(routes: str, router: str) -> None:
    assert lan.router_of(routes) == router


def test_made_up_devices_fill_no_page() -> None:
    table = {
        f"10.0.{number >> 8}.{number & 255}": f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"
        for number in range(999)
    }
    assert [one.addresses for one in lan.by_mac(table)[:2]] == [("10.0.0.0",), ("10.0.0.1",)]
    assert len(lan.by_mac(table)) == 100
