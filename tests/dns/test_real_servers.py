"""Real servers behind the filter: NSD, unbound and dnsmasq answer, each in its own way."""

import getpass
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.rcode
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from house import House, free_port, house, wait_until

LONG = " ".join(f'"{"x" * 250}"' for _ in range(8))
ADDRESS = "192.0.2.53"

NSD = """
server:
  ip-address: 127.0.0.1@{port}
  zonesdir: {folder}
  username: ""
  pidfile: ""
  database: ""
  xfrdfile: {folder}/xfrd
  zonelistfile: {folder}/list
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: real.example
  zonefile: zone
"""
ZONE = f"""
$ORIGIN real.example.
@ 300 IN SOA ns hostmaster 1 3600 600 86400 60
@ 300 IN NS ns
www 300 IN A {ADDRESS}
alias 300 IN CNAME www
cloak 300 IN CNAME x.forbidden.example.
big 300 IN TXT {LONG}
"""
UNBOUND = """
server:
  interface: 127.0.0.1@{port}
  port: {port}
  username: ""
  chroot: ""
  directory: {folder}
  pidfile: ""
  use-syslog: no
  logfile: {folder}/log
  module-config: "iterator"
  local-zone: "real.example." static
  local-data: "real.example. 300 IN SOA ns.real.example. hostmaster.real.example. 1 3600 600 86400 60"
  local-data: "www.real.example. 300 IN A 192.0.2.53"
  local-data: 'big.real.example. 300 IN TXT {long}'
remote-control:
  control-enable: no
"""
DNSMASQ = """
port={port}
listen-address=127.0.0.1
bind-interfaces
no-resolv
no-hosts
pid-file={folder}/pid
user={user}
local=/real.example/
host-record=www.real.example,192.0.2.53
cname=alias.real.example,www.real.example
"""


def start(kind: str, folder: Path, port: int) -> subprocess.Popen[bytes]:
    path = shutil.which(kind, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if path is None:
        pytest.skip(f"Debian's {'dnsmasq-base' if kind == 'dnsmasq' else kind} is not installed")
    text = {"nsd": NSD, "unbound": UNBOUND, "dnsmasq": DNSMASQ}[kind].format(
        port=port, folder=folder, long=LONG, user=getpass.getuser()
    )
    (folder / "conf").write_text(text)
    (folder / "zone").write_text(ZONE)
    words = {"nsd": ["-d", "-c"], "unbound": ["-d", "-c"], "dnsmasq": ["-k", "-C"]}[kind]
    return subprocess.Popen([path, *words, str(folder / "conf")], stderr=subprocess.DEVNULL)


@pytest.fixture(scope="module", params=["nsd", "unbound", "dnsmasq"])
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, House]]:
    folder = tmp_path_factory.mktemp(request.param)
    port = free_port("127.0.0.1")
    server = start(request.param, folder, port)
    try:
        wait_until(lambda: answers(port), lambda: f"{request.param} does not answer")
        with house(tmp_path_factory.mktemp("house")) as (found, _):
            found.config.write_text(found.config.read_text().replace(str(found.upstream_port), str(port)))
            found.serve("resolver")
            yield request.param, found
    finally:
        server.terminate()
        server.wait(30)


def answers(port: int) -> bool:
    """Does a server take TCP connections?"""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_an_address(home: tuple[str, House]) -> None:
    assert home[1].address("WWW.real.example", "127.0.1.1") == ADDRESS


def test_a_name_that_is_not_there(home: tuple[str, House]) -> None:
    assert home[1].ask("none.real.example").rcode() == dns.rcode.NXDOMAIN


def test_what_is_too_long_for_udp_comes_by_tcp(home: tuple[str, House]) -> None:
    if home[0] == "dnsmasq":
        pytest.skip("a line of dnsmasq's configuration is too short for it")
    short = home[1].ask("big.real.example", "TXT")
    assert short.flags & dns.flags.TC
    assert not short.answer
    whole = home[1].ask("big.real.example", "TXT", tcp=True)
    assert len(whole.answer[0][0].strings) == 8


def test_an_alias(home: tuple[str, House]) -> None:
    kind, found = home
    if kind == "unbound":
        pytest.skip("unbound's local data follows no alias")
    assert found.address("alias.real.example", "127.0.1.1") == ADDRESS


def test_an_alias_of_a_blocked_name_is_blocked(home: tuple[str, House]) -> None:
    kind, found = home
    if kind != "nsd":
        pytest.skip("only a zone has an alias that leads out of it")
    assert found.address("cloak.real.example", "127.0.1.1") == "0.0.0.0"  # noqa: S104 - an answer
    assert found.address("cloak.real.example", "127.0.1.2") == ""
