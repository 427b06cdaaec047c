"""Reading datagrams: how many at one wake-up, on real sockets."""

import socket
from pathlib import Path

import pytest

from filterdns.blocklists.compile import compile_table
from filterdns.blocklists.table import DomainTable
from filterdns.clock import Zone
from filterdns.dns.loop import Loop
from filterdns.dns.resolver import Groups, Resolver, Snapshot
from filterdns.dns.udp import BATCH, LULL, UdpServer
from filterdns.dns.waiting import Now
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.rules import Household

MOMENT = Zone("UTC").moment(1_800_000_000)


@pytest.fixture
def resolver(tmp_path: Path) -> Resolver:
    compile_table(tmp_path / "domains", [])
    policy = compile_policy(Household(), Knowledge({}, {}, frozenset(), b"\0", b"\0"), 1)
    return Resolver(Snapshot(policy, DomainTable.open(tmp_path / "domains")), Groups(0, 0, {}, 1), 1 << 20)


def fail(error: Exception) -> None:
    raise error


def test_after_a_lull_one_is_read_and_in_a_burst_many(resolver: Resolver) -> None:
    mono, heard = 10.0, []

    def clocks() -> Now:
        return Now(mono, 1_800_000_000.0, MOMENT)

    def ask(packet: bytes, host: str, _sender: object, _now: Now) -> bytes:
        heard.append((packet, host))
        return packet[::-1]

    loop = Loop(lambda: None, fail)
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own,
    ):
        sock.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
        sock.settimeout(0)
        sock.bind(("0.0.0.0", 0))  # noqa: S104 - there it is the clock passed in that tells a lull
        own.connect(("127.0.0.1", sock.getsockname()[1]))
        own.settimeout(5)
        UdpServer(resolver, ask, clocks).listen(sock, loop)
        counts = []
        for step in (1.0, LULL / 2, LULL / 2, LULL * 2, LULL / 2):
            mono += step
            for number in range(3):
                own.send(b"query %d" % number)
            before = len(heard)
            loop.turn(5)
            counts.append(len(heard) - before)
        assert counts == [1, 5, 3, 1, 5]
        assert {own.recv(100) for _ in heard} == {b"0 yreuq", b"1 yreuq", b"2 yreuq"}
        assert {host for _, host in heard} == {"127.0.0.1"}
        for _ in range(BATCH + 1):
            own.send(b"query")
        loop.turn(5)
        assert len(heard) == 15 + BATCH, "others get their turn"
    loop.close()
