"""`python -m bench.taps`: how soon a change made on the page is in force on every worker while others ask.

A parent makes random changes by the page's own forms: a name blocked, allowed or no longer named, a kind of sites
switched, a person paused or resumed. Sixteen sockets of that person's device, which the kernel spreads over the
workers, ask until each is answered by the new rules. The time is from before the form is sent to the last socket's
answer. Beside it runs 80 % of the load that was answered at most. Exits 1 if one change took more than a second.
"""

import argparse
import http.client
import json
import multiprocessing
import random
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench import client, home, measure, peers, process, queries
from bench.names import SEED, listed
from bench.parent import House, Parent, everything, log_in
from bench.process import BenchError
from bench.turns import NULL
from filterdns.household import changes

if TYPE_CHECKING:
    from multiprocessing.synchronize import Event

BAR = 1.0  # seconds
LOAD = 0.8
SOCKETS = 16
NAMES = 5000  # of the mix that is asked beside
PATIENCE = 10.0
GAMES = "steampowered.com"  # built in, of a kind that the child has blocked

Step = tuple[str, dict[str, str], str, str]
"""Path and fields of a form, a name, and the address that the name then has."""


@dataclass
class Child:
    """The person who is changed: what holds now."""

    key: int
    blocked: set[str] = field(default_factory=set)
    is_paused: bool = False
    has_games: bool = False

    def step(self, dice: random.Random, number: int) -> Step:
        """Something to change, and how it shows."""
        path = f"/people/{self.key}"
        if self.is_paused:
            self.is_paused = False
            return f"{path}/resume", {}, f"free-{number}.example", peers.STUB_ADDRESS
        kind = dice.choice(("block", "block", "allow", "pause", "games"))
        if kind == "allow" and self.blocked:
            name = dice.choice(sorted(self.blocked))
            self.blocked.remove(name)
            return f"{path}/name", {"what": name, "act": "allow", "target": f"name:{name}"}, name, peers.STUB_ADDRESS
        if kind == "pause":
            self.is_paused = True
            return f"{path}/pause", {}, f"free-{number}.example", NULL
        if kind == "games":
            self.has_games = not self.has_games
            form = {"was": "games"} if self.has_games else {"block": "games"}
            return f"{path}/blocked", form, GAMES, peers.STUB_ADDRESS if self.has_games else NULL
        name = f"tap-{number}.example"
        self.blocked.add(name)
        return f"{path}/name", {"what": name, "act": "block", "target": f"name:{name}"}, name, NULL


def measure_taps(house: House, parent: Parent, many: int) -> list[float]:
    """Make so many changes -> seconds until each was in force, sorted. Raises BenchError."""
    dice = random.Random(SEED)
    person = next(one for one in changes.read(house.state).people if one.name == "Nine")
    child = Child(person.id)
    lags = []
    with _sockets(house.port) as socks:
        _see_that_all_workers_are_met(house, socks)
        for number in range(many):
            path, form, name, address = child.step(dice, number)
            _ask_all(socks, name)  # so that it is remembered by the old rules
            began = time.perf_counter()
            if (status := parent.tap(path, **form)) != http.client.SEE_OTHER:
                raise BenchError(f"{path} answered {status}")
            left = list(socks)
            while left:
                left = [sock for sock in left if client.address_in(_ask(sock, name)) != address]
                if time.perf_counter() - began > PATIENCE:
                    raise BenchError(f"{path} {form}: {name} is not {address} after {PATIENCE:.0f} s")
            lags.append(time.perf_counter() - began)
    return sorted(lags)


@contextmanager
def _sockets(port: int) -> Iterator[list[socket.socket]]:
    with ExitStack() as held:
        socks = [held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) for _ in range(SOCKETS)]
        for sock in socks:
            sock.bind((home.CHILD_ADDRESS, 0))
            sock.connect(("127.0.0.1", port))
            sock.settimeout(0.2)
        yield socks


def _ask(sock: socket.socket, name: str) -> bytes | None:
    number = random.randrange(1 << 16)
    try:
        sock.send(client.question(name, number=number))
        while (answer := sock.recv(4096))[:2] != struct.pack("!H", number):
            pass  # a late answer to an earlier question
    except OSError:
        return None
    return answer


def _ask_all(socks: list[socket.socket], name: str) -> None:
    for sock in socks:
        _ask(sock, name)


def _see_that_all_workers_are_met(house: House, socks: list[socket.socket]) -> None:
    """Each worker counts what it is asked in its status file. Raises BenchError."""
    before = _counts(house.state)
    _ask_all(socks, "is-everybody-there.example")
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if len(before) > 1 and all(count > before.get(worker, 0) for worker, count in _counts(house.state).items()):
            return
        time.sleep(0.1)
    raise BenchError("the sockets do not meet every worker; try again")


def _counts(state: Path) -> dict[int, int]:
    told = [json.loads(path.read_bytes()) for path in (state / "run").glob("worker-*.json")]
    return {one["worker"]: one["queries"] for one in told}


def _resident(house: House) -> float:
    """MB of the largest worker."""
    told = [json.loads(path.read_bytes()) for path in (house.state / "run").glob("worker-*.json")]
    return max(process.memory([worker["pid"]]).rss for worker in told)


@contextmanager
def load(house: House, asked: Path) -> Iterator[int]:
    """Ask the mix at 80 % of what is answered at most, all the while -> queries a second."""
    source = home.ADDRESSES[0]
    measure.throughput(house.port, source, asked, None)  # once, so that the cache is warm
    rate = int(measure.throughput(house.port, source, asked, 5).rate * LOAD)
    context = multiprocessing.get_context("fork")
    done = context.Event()
    child = context.Process(target=_load, args=(house.port, source, asked, rate, done))
    child.start()
    try:
        yield rate
    finally:
        done.set()
        child.join(60)


def _load(port: int, source: str, asked: Path, rate: int, done: "Event") -> None:
    while not done.is_set():
        measure.throughput(port, source, asked, 5, rate)


def main() -> None:
    """One line; exit code 1 for a change that came too late."""
    parser = argparse.ArgumentParser(prog="python -m bench.taps", description=sys.modules[__name__].__doc__)
    parser.add_argument("--changes", type=int, default=1000)
    options = parser.parse_args()
    process.pin_self()
    try:
        with tempfile.TemporaryDirectory(prefix="filterdns-bench-") as name:
            folder = Path(name)
            queries.write_all(folder, queries.mixes(listed(NAMES)))
            with everything(folder) as house, load(house, folder / "mixed") as rate:
                before = _resident(house)
                lags = measure_taps(house, log_in(house), options.changes)
                after = _resident(house)
    except BenchError as error:
        print(error)
        sys.exit(1)
    shown = ", ".join(f"{lags[min(len(lags) - 1, int(share * len(lags)))]:.2f}" for share in (0.5, 0.99, 1))
    print(f"{len(lags):,} changes beside {rate:,} queries a second:")
    print(f"in force on every worker after {shown} s (p50, p99, max)")
    print(f"RSS of the largest worker before and after {before:.0f}, {after:.0f} MB")
    sys.exit(lags[-1] > BAR)


if __name__ == "__main__":
    main()
