"""Rounds: each server in turn is started, checked, warmed, measured and ended, alone with the stub upstream."""

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bench import client, home, measure, peers, process, queries
from bench.report import OURS, PLAIN, Figures

MEASURES = ("cached", "blocked", "mixed", "misses", "latency", "memory", "start")
NULL = "0.0.0.0"  # noqa: S104 - what a blocked name is answered with, not an address to listen on
LATENCY_RATE = 2000  # queries a second
PLAIN_NAME = "www.example.com"
MISSES_A_SECOND = 60_000  # more than any of them answers


@dataclass(frozen=True)
class Bench:
    """What every measurement needs: where, which names and questions, how long, whom to tell."""

    folder: Path
    listed: Sequence[str]
    mixes: queries.Mixes
    seconds: int
    only: frozenset[str]
    figures: Figures
    say: Callable[[str], None]
    program: Sequence[str] = peers.SOURCE  # how the FilterDNS under measurement is started

    @property
    def log(self) -> Path:
        """The file that takes the output of all servers."""
        return self.folder / "log"

    @property
    def config(self) -> Path:
        """The configuration of the FilterDNS under measurement."""
        return self.folder / "home" / "config.yaml"


def _ours(bench: Bench, port: int, upstream: int) -> peers.Server:
    home.config(bench.config.parent, port, process.free_ports(1)[0], upstream)
    return peers.filterdns(bench.config, port, program=bench.program)


def _plain(bench: Bench, port: int, upstream: int) -> peers.Server:
    return replace(_ours(replace(bench, program=peers.SOURCE), port, upstream), name=PLAIN)


def _peer(make: Callable[[Path, int, int, Sequence[str]], peers.Server]) -> Callable[[Bench, int, int], peers.Server]:
    return lambda bench, port, upstream: make(bench.folder / make.__name__, port, upstream, bench.listed)


SERVERS: Mapping[str, Callable[[Bench, int, int], peers.Server]] = {
    OURS: _ours,
    PLAIN: _plain,
    "unbound": _peer(peers.unbound),
    "dnsmasq": _peer(peers.dnsmasq),
    "dnsmasq hosts": _peer(peers.dnsmasq_hosts),
}


@contextmanager
def serving(server: peers.Server, cpu: int, log: Path, **environment: str) -> Iterator[int]:
    """The server's process number while it runs; ended in any case."""
    running = process.start(server.command, cpu, log, **environment)
    try:
        yield running.pid
    finally:
        process.stop(running)


@contextmanager
def as_a_service(server: peers.Server, log: Path) -> Iterator[int]:
    """The same with a directory in memory, as systemd gives a service one."""
    with (
        tempfile.TemporaryDirectory(dir="/dev/shm", prefix="filterdns-bench-") as runtime,
        serving(server, process.SERVER_CPU, log, RUNTIME_DIRECTORY=runtime) as pid,
    ):
        yield pid


def measure_all(bench: Bench, servers: Sequence[str], rounds: int) -> None:
    """Every measure of every server, the order turned from round to round."""
    if not bench.only & frozenset(MEASURES):
        return
    upstream = process.free_ports(1)[0]
    popular = queries.popular_of(bench.mixes.cached)
    with serving(peers.stub(bench.folder / "stub", upstream), process.CLIENT_CPU, bench.log):
        client.wait_for(upstream, PLAIN_NAME, peers.STUB_ADDRESS, limit=20)
        for number in range(rounds):
            for at in range(len(servers)):
                name = servers[(at + number) % len(servers)]
                bench.say(f"round {number + 1} of {rounds}: {name}")
                run = number * len(servers) + at
                fresh = queries.misses(popular, run)
                queries.write(bench.folder / "misses", fresh, MISSES_A_SECOND * bench.seconds)
                _turn(bench, SERVERS[name](bench, process.free_ports(1)[0], upstream))
            if OURS in servers and "memory" in bench.only:
                _whole_serve(bench, upstream)


def _turn(bench: Bench, server: peers.Server) -> None:
    """One server, from its start to its end."""
    with as_a_service(server, bench.log) as pid:
        child = home.CHILD_ADDRESS
        bench.figures.add(server.name, "start", client.wait_for(server.port, bench.listed[0], NULL, child, limit=180))
        client.wait_for(server.port, PLAIN_NAME, peers.STUB_ADDRESS, child, limit=10)
        if bench.only & {"cached", "mixed", "latency", "memory"}:
            for source in (home.ADULT_ADDRESS, home.CHILD_ADDRESS):  # once through, so that all caches are warm
                seen = measure.throughput(server.port, source, bench.folder / "mixed", None)
                bench.figures.add(server.name, "failed", seen.failed)
        for kind, asked in (("cached", "cached"), ("blocked", "blocked"), ("blocked", "blocked_wide"), ("mixed",) * 2):
            if kind in bench.only:
                ask(bench, server, pid, asked)
        if "latency" in bench.only:
            _latency(bench, server)
        if "misses" in bench.only:
            ask(bench, server, pid, "misses")
        if "memory" in bench.only:
            _memory(bench, server.name, pid)


def ask(bench: Bench, server: peers.Server, pid: int, kind: str, suffix: str = "") -> None:
    """Ask one file of questions: how many a second, what each cost the server, how many failed."""
    pids = process.tree(pid)
    before = process.processor_seconds(pids)
    seen = measure.throughput(server.port, home.CHILD_ADDRESS, bench.folder / kind, bench.seconds)
    spent = process.processor_seconds(pids) - before
    bench.figures.add(server.name, "failed", seen.failed)
    bench.figures.add(server.name, kind + suffix, seen.rate)
    bench.figures.add(server.name, f"cpu_{kind}{suffix}", 1e6 * spent / max(1, seen.sent - seen.lost))


def _latency(bench: Bench, server: peers.Server) -> None:
    seen = client.paced(server.port, home.ADDRESSES, bench.mixes.mixed, LATENCY_RATE, 2 * bench.seconds)
    for key, share in (("p50", 0.5), ("p99", 0.99)):
        bench.figures.add(server.name, key, seen.percentile(share))
    bench.figures.add(server.name, "failed", seen.lost)


def _memory(bench: Bench, name: str, pid: int) -> None:
    """All processes of a server; of ours the worker, which is the last below it, for itself too."""
    pids = process.tree(pid)
    whole = process.memory(pids)
    bench.figures.add(name, "rss", whole.rss)
    bench.figures.add(name, "pss", whole.pss)
    if name == OURS:
        bench.figures.add(name, "worker_rss", process.memory(pids[-1:]).rss)


def _whole_serve(bench: Bench, upstream: int) -> None:
    """All processes of `serve`, after a while of a home's mix."""
    port, web_port = process.free_ports(2)
    home.config(bench.config.parent, port, web_port, upstream)
    server = peers.filterdns(bench.config, port, "serve", bench.program)
    with as_a_service(server, bench.log) as pid:
        client.wait_for(port, bench.listed[0], NULL, home.CHILD_ADDRESS, limit=30)
        measure.throughput(port, home.CHILD_ADDRESS, bench.folder / "mixed", bench.seconds)
        used = process.memory(process.tree(pid))
        bench.figures.add(OURS, "serve_rss", used.rss)
        bench.figures.add(OURS, "serve_pss", used.pss)
