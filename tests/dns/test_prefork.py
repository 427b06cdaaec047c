"""Binding: what stands in the way is said in one line."""

import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from filterdns.dns import prefork
from filterdns.dns.prefork import CannotRunError, Prefork, _settings, bind, see_that_ports_are_free
from filterdns.household import changes
from filterdns.policy.rules import Lists, ListSize

AS_NOBODY = """
import os
from filterdns.dns.prefork import CannotRunError, see_that_ports_are_free
os.setegid(65534)
os.seteuid(65534)
try:
    see_that_ports_are_free([["127.0.0.1", 53]])
except CannotRunError as error:
    print(error)
"""


@pytest.mark.parametrize("kind", [socket.SOCK_DGRAM, socket.SOCK_STREAM])
def test_a_taken_port(kind: socket.SocketKind) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotRunError, match=rf"^127\.0\.0\.1 port {port} is taken by another program: [^\n]*$"):
            see_that_ports_are_free([["127.0.0.1", port]])


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(CannotRunError, match=r"^cannot listen on 203\.0\.113\.1 port 5353: [^\n]*$"):
        see_that_ports_are_free([["203.0.113.1", 5353]])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try as somebody else")
@pytest.mark.skipif(
    int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 53,
    reason="everybody may bind port 53 here",
)
def test_no_right_to_bind_53() -> None:
    said = subprocess.run([sys.executable, "-c", AS_NOBODY], capture_output=True, text=True, check=True).stdout
    assert said.startswith("no right to listen on 127.0.0.1 port 53: ")
    assert len(said.splitlines()) == 1


def test_workers_share_the_port() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    pairs = [bind([["127.0.0.1", port]]) for _ in range(2)]
    for udp, tcp in pairs:
        assert [sock.getsockname() for sock in (*udp, *tcp)] == [("127.0.0.1", port)] * 2
        for sock in (*udp, *tcp):
            sock.close()


@pytest.mark.parametrize(
    ("upstreams", "groups", "family", "adults"),
    [
        ({"all": ["udp://192.0.2.1:53"]}, [["udp://192.0.2.1:53"]], 0, 0),
        ({"family": ["udp://192.0.2.1:53"], "open": ["udp://192.0.2.2:53"]},
         [["udp://192.0.2.1:53"], ["udp://192.0.2.2:53"]], 0, 1),
        ({"family": ["udp://192.0.2.1:53", "udp://192.0.2.2:53"], "open": ["udp://192.0.2.1:53"]},
         [["udp://192.0.2.1:53", "udp://192.0.2.2:53"], ["udp://192.0.2.1:53"]], 0, 1),
        ({"family": ["udp://192.0.2.1:53", "udp://192.0.2.2:53"], "open": ["udp://192.0.2.2:53", "udp://192.0.2.1:53"]},
         [["udp://192.0.2.1:53", "udp://192.0.2.2:53"]], 0, 0),
    ],
)  # fmt: skip
def test_upstream_classes(upstreams: dict[str, list[str]], groups: list[list[str]], family: int, adults: int) -> None:
    config = {"state": "/nowhere", "upstreams": upstreams, "clients": ["lan"], "cache_mib": 2,
              "local_domains": {"lan": "udp://192.168.1.1:53"}}  # fmt: skip
    settings = _settings(config, 1)
    assert settings.groups == [*groups, ["udp://192.168.1.1:53"]]
    assert settings.serving == (family, adults, {b"\x03lan\x00": len(groups)}, len(groups))
    assert settings.cache_bytes == 2 << 20


IDLE = """
import os, sys, time
until = time.monotonic() + 20
while os.sched_getscheduler(0) != os.SCHED_IDLE and time.monotonic() < until:
    pass
sys.exit(os.sched_getscheduler(0) != os.SCHED_IDLE)
"""


def ended(parent: Prefork) -> None:
    """Wait until the update has ended, and let the parent see it."""
    [pid] = parent._programs
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    parent._reap(time.monotonic())
    assert parent._programs == {}


def parent_of(tmp_path: Path, code: str) -> Prefork:
    return Prefork({"state": str(tmp_path), "update": [sys.executable, "-c", code]})


def test_an_update_runs_when_nothing_else_wants_the_processor(tmp_path: Path) -> None:
    parent = parent_of(tmp_path, IDLE)
    planned = parent._update_at
    parent._run_update()
    ended(parent)
    assert parent._update_at == planned
    assert parent._due == []


@pytest.mark.parametrize("code", ["raise SystemExit(1)", "raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_an_update_that_did_not_bring_everything_runs_again_in_an_hour(tmp_path: Path, code: str) -> None:
    parent = parent_of(tmp_path, code)
    parent._run_update()
    ended(parent)
    wait = parent._update_at - time.monotonic()
    assert prefork.UPDATE_AGAIN * 0.99 < wait < prefork.UPDATE_AGAIN * 1.06


def test_the_first_update_waits_for_the_network_and_no_two_homes_ask_together(tmp_path: Path) -> None:
    waits = {round(parent_of(tmp_path, "")._update_at - time.monotonic(), 3) for _ in range(20)}
    assert all(prefork.UPDATE_FIRST * 0.9 < wait < prefork.UPDATE_FIRST * 1.06 for wait in waits)
    assert len(waits) > 5


def test_other_lists_are_looked_for_at_once(tmp_path: Path) -> None:
    parent = parent_of(tmp_path, "")
    assert not parent._is_update_asked()
    changes.publish_current(tmp_path)
    changes.edit(tmp_path, "x", "a name", lambda household: replace(household, name="Elsewhere"))
    assert not parent._is_update_asked()
    changes.edit(tmp_path, "x", "lists", lambda household: replace(household, lists=Lists(ListSize.NONE)))
    assert parent._is_update_asked()
    assert not parent._is_update_asked()
