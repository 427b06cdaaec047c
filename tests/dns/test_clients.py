import json

import pytest

from filterdns.dns.clients import Clients, own_address_towards
from filterdns.dns.memory import Client
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.rules import Device, Household, Person
from filterdns.policy.view import Policy
from tests.dns.namespace import run_in_namespace

KNOWLEDGE = Knowledge({}, {}, frozenset(), b"\x00", b"\x00")
LAN = ["lan"]
Known = dict[str, Client | None]


def household() -> Policy:
    home = Household(
        people=(Person("Mia", 9, id=1), Person("Ben", 15, id=2)),
        devices=(
            Device("tablet", "Mia", mac="02:00:00:00:00:20", id=7),
            Device("desk", "Ben", address="192.168.7.30", id=8),
            Device("desk by IPv6", "Ben", address="2001:db8:7::30", id=9),
        ),
    )
    return compile_policy(home, KNOWLEDGE, 1)


@pytest.mark.parametrize(
    ("permitted", "host", "may_ask"),
    [
        (LAN, "127.0.0.1", True),
        (LAN, "::1", True),
        (LAN, "192.168.1.2", True),
        (LAN, "10.1.2.3", True),
        (LAN, "172.31.0.1", True),
        (LAN, "169.254.3.4", True),
        (LAN, "100.64.0.9", True),
        (LAN, "fe80::1%eth0", True),
        (LAN, "fd12::1", True),
        (LAN, "172.32.0.1", False),
        (LAN, "203.0.113.9", False),
        (LAN, "100.128.0.1", False),
        (LAN, "2001:db8::1", False),
        (LAN, "::ffff:192.168.1.2", False),
        ([], "127.0.0.1", False),
        (["192.168.1.0/24"], "192.168.1.2", True),
        (["192.168.1.0/24"], "192.168.2.2", False),
        (["192.168.1.0/24"], "fe80::1%eth0", False),
        (["192.168.1.0/24", "lan"], "10.0.0.1", True),
        (["2001:db8::/32"], "2001:db8::1", True),
        (["0.0.0.0/0"], "203.0.113.9", True),
    ],
)
def test_who_may_ask(permitted: list[str], host: str, *, may_ask: bool) -> None:
    known: Known = {}
    found = Clients(permitted).identify(known, host, household(), 100.0)
    assert (found is not None) is may_ask
    assert known == {host: found}


@pytest.mark.parametrize(
    ("host", "device", "person"),
    [("192.168.7.30", 8, "Ben"), ("2001:db8:7::30", 9, "Ben"), ("192.168.7.31", 0, "Guests")],
)
def test_a_device_is_known_by_its_address(host: str, device: int, person: str) -> None:
    found = Clients(["0.0.0.0/0", "::/0"]).identify({}, host, household(), 100.0)
    assert found is not None
    assert (found.who, found.view.person) == (f"{host}\t\t{device}", person)


@pytest.mark.parametrize(
    ("address", "ours"),
    [("127.0.0.1", b"\x7f\x00\x00\x01"), ("127.8.9.1", b"\x7f\x00\x00\x01"), ("255.255.255.255", b"")],
)
def test_the_address_by_which_a_client_reaches_us(address: str, ours: bytes) -> None:
    assert own_address_towards(address) == ours


def test_many_addresses_do_not_fill_the_memory() -> None:
    clients, policy = Clients(["10.0.0.0/8"]), household()
    known: Known = {}
    for number in range(5000):
        host = f"192.0.{number // 250}.{number % 250}"
        assert clients.identify(known, host, policy, 0.0) is None
    assert len(known) == 4096
    assert host in known
    assert "192.0.0.0" not in known


PROGRAM = """
import json, sys
sys.path.insert(0, ".")
from filterdns.dns.clients import Clients, own_address_towards
from tests.dns.test_clients import household
clients, policy = Clients(["lan"]), household()
asked = %r
found = [clients.identify({}, host, policy, 100.0 + at) for at, host in enumerate(asked)]
print(json.dumps([client and [*client.who.split("\\t")[1:], client.view.person] for client in found]))
"""


def test_a_device_is_known_by_its_mac_whatever_its_address() -> None:
    asked = [
        *("192.168.7.20", "203.0.113.10", "2001:db8:7::20", "fe80::20%lan"),
        *("192.168.7.30", "203.0.113.200", "192.168.7.99"),
    ]
    told = run_in_namespace(
        PROGRAM % asked,
        "addr add 203.0.113.9/26 dev lan",
        "addr add 2001:db8:7::1/64 dev lan nodad",
        *(
            f"neigh add {address} lladdr 02:00:00:00:00:{last} nud reachable dev lan"
            for address, last in [*((host.partition("%")[0], 20) for host in asked[:4]), (asked[4], 30)]
        ),
    )
    mia = ["02:00:00:00:00:20", "7", "Mia"]
    ben = ["02:00:00:00:00:30", "8", "Ben"]
    assert json.loads(told) == [mia, mia, mia, mia, ben, None, ["", "0", "Guests"]]


CHANGING = """
import json, subprocess, sys
sys.path.insert(0, ".")
from filterdns.dns.clients import Clients, own_address_towards
from tests.dns.test_clients import household
clients, policy, known = Clients(["lan"]), household(), {}
def ask(host, now):
    if host not in known:
        clients.identify(known, host, policy, now)
    return known[host] and known[host].view.person
hosts = ["192.168.7.20", "192.168.7.21", "192.168.7.22", "203.0.113.9"]
first = [ask(host, 0.0) for host in hosts]
for change in (
    "neigh replace 192.168.7.20 lladdr 02:00:00:00:00:99", "neigh add 192.168.7.21 lladdr 02:00:00:00:00:20",
):
    subprocess.run(["ip", *change.split(), "nud", "permanent", "dev", "lan"], check=True)
subprocess.run(["ip", "addr", "add", "203.0.113.1/24", "dev", "lan"], check=True)
same = [ask(host, 0.5) for host in hosts]
kept = known["192.168.7.22"]
for host in clients.changed(known, 1.0):
    del known[host]
print(json.dumps([first, same, [ask(host, 1.0) for host in hosts], known["192.168.7.22"] is kept]))
"""


def test_an_address_that_became_another_devices_is_looked_at_again() -> None:
    told = run_in_namespace(CHANGING, "neigh add 192.168.7.20 lladdr 02:00:00:00:00:20 nud permanent dev lan")
    first = ["Mia", "Guests", "Guests", None]
    assert json.loads(told) == [first, first, ["Guests", "Mia", "Guests", "Guests"], True]
