"""The three filters and the stub upstream they all forward to: configuration files and commands.

Every one answers a listed name and everything below it with 0.0.0.0 and ::, forwards the rest to the stub, keeps a
cache of comparable size, validates nothing and logs nothing.
"""

import getpass
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.process import find

STUB_ADDRESS = "192.0.2.1"
PROGRAMS = {
    "dnsperf": "dnsperf",
    "dnsmasq": "dnsmasq-base",
    "unbound": "unbound",
    "nsd": "nsd",
    "taskset": "util-linux",
}
"""What must be installed: program -> Debian package."""


@dataclass(frozen=True)
class Server:
    """One program under measurement: how it is started and where it answers."""

    name: str
    command: tuple[str, ...]
    port: int


def stub(home: Path, port: int) -> Server:
    """NSD with a wildcard in the root zone: an answer to every name at once."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "root.zone").write_text(
        "$ORIGIN .\n$TTL 3600\n@ IN SOA stub. nobody. 1 3600 600 86400 300\n@ IN NS stub.\nstub. IN A 127.0.0.1\n"
        f'* IN A {STUB_ADDRESS}\n* IN AAAA 2001:db8::1\n* IN HTTPS 1 . alpn=h2\n* IN TXT "stub"\n'
    )
    options = {
        "server-count": "1",
        "ip-address": f"127.0.0.1@{port}",
        "username": '""',
        "zonesdir": home,
        "xfrdir": home,
        "database": '""',
        "pidfile": home / "pid",
        "xfrdfile": home / "xfrd",
        "zonelistfile": home / "zones",
        "logfile": home / "log",
        "rrl-ratelimit": "0",
        "hide-version": "yes",
    }
    config = "".join(f"  {key}: {value}\n" for key, value in options.items())
    (home / "nsd.conf").write_text(
        f"server:\n{config}remote-control:\n  control-enable: no\nzone:\n  name: .\n  zonefile: root.zone\n"
    )
    return Server("stub", (_path("nsd"), "-d", "-c", str(home / "nsd.conf")), port)


def dnsmasq(home: Path, port: int, upstream: int, listed: Sequence[str]) -> Server:
    """`address=/name/#` for each name: it holds for what is below the name too, as in the others."""
    lines = (f"address=/{name}/#\n" for name in listed)
    return Server("dnsmasq", _dnsmasq(home, port, upstream, lines), port)


def dnsmasq_hosts(home: Path, port: int, upstream: int, listed: Sequence[str]) -> Server:
    """The names in a hosts file: dnsmasq's fastest form, but larger, and a name below a listed one passes."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "hosts").open("w") as out:
        out.writelines(f"0.0.0.0 {name}\n:: {name}\n" for name in listed)
    return Server("dnsmasq hosts", _dnsmasq(home, port, upstream, [f"addn-hosts={home / 'hosts'}\n"]), port)


def unbound(home: Path, port: int, upstream: int, listed: Sequence[str]) -> Server:
    """One thread, no validation, `local-zone: name always_null` for each name."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "unbound.conf").open("w") as out:
        out.write(
            f'server:\n directory: "{home}"\n chroot: ""\n username: ""\n pidfile: "{home / "pid"}"\n'
            f" interface: 127.0.0.1@{port}\n access-control: 127.0.0.0/8 allow\n do-daemonize: no\n use-syslog: no\n"
            f' logfile: "{home / "log"}"\n num-threads: 1\n module-config: "iterator"\n do-not-query-localhost: no\n'
            " outgoing-range: 4096\n num-queries-per-thread: 4096\n msg-cache-size: 8m\n rrset-cache-size: 8m\n"
            " hide-version: yes\n"
        )
        out.writelines(f' local-zone: "{name}" always_null\n' for name in listed)
        out.write(
            f"remote-control:\n control-enable: no\nforward-zone:\n name: .\n forward-addr: 127.0.0.1@{upstream}\n"
        )
    return Server("unbound", (_path("unbound"), "-d", "-c", str(home / "unbound.conf")), port)


SOURCE = (sys.executable, "-m", "filterdns")
"""The program as its source stands here."""


def filterdns(config: Path, port: int, verb: str = "resolver", program: Sequence[str] = SOURCE) -> Server:
    """This project, with one worker; `config` and its state stand ready."""
    return Server("FilterDNS", (*program, verb, "-c", str(config)), port)


def _dnsmasq(home: Path, port: int, upstream: int, lines: Iterable[str]) -> tuple[str, ...]:
    home.mkdir(parents=True, exist_ok=True)
    with (home / "dnsmasq.conf").open("w") as out:
        out.write(
            f"port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\nno-hosts\nno-poll\n"
            f"server=127.0.0.1#{upstream}\ncache-size=100000\ncache-rr=ANY\ndns-forward-max=10000\n"
            f"user={getpass.getuser()}\npid-file={home / 'pid'}\n"
        )
        out.writelines(lines)
    return (_path("dnsmasq"), "--keep-in-foreground", f"--conf-file={home / 'dnsmasq.conf'}")


def _path(program: str) -> str:
    return find(program) or program
