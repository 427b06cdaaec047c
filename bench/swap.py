"""`python -m bench.swap`: ten times new rules and a million names brought up to date under 80 % of the highest load.

Asks beside the load at an even pace: a home's mix, for the times, and ten thousand listed names, none of which may ever
be answered. Fails when a query is lost, a listed name answered, p99 more than doubled, or what is new not in force a
second after it was published. `serve` runs the updates, with the lowest priority, as when a parent chooses other lists.
The same load without updates is timed before and after them, and the better of the two is what they are held against.
"""

import argparse
import multiprocessing
import random
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import client, home, measure, peers, process, queries, turns
from bench.names import SEED, listed
from bench.own import COMPILE_LIMIT, running, verb
from bench.process import BenchError
from filterdns import renewal

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event

LOAD = 0.8  # of what was answered at most
PACE = 500  # queries a second of each of the two that look
STRETCH = 5  # seconds asked in one piece
MOST_ASKED = 10_000  # listed names
QUIET = 30.0  # seconds of load without an update, for comparison
LIMIT = 3600.0  # seconds, for all
IN_FORCE = 1.0  # seconds after publishing
STUB = socket.inet_aton(peers.STUB_ADDRESS)


@dataclass
class Seen:
    """What came of one kind of question."""

    asked: int = 0
    lost: int = 0
    opened: int = 0  # answers with the stub's address
    times: tuple[float, ...] = ()  # milliseconds, sorted

    def add(self, more: client.Latencies) -> None:
        """Count a stretch."""
        self.asked += more.asked
        self.lost += more.lost
        self.opened += more.opened
        self.times = tuple(sorted(self.times + more.times))

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return client.Latencies(self.asked, self.times).percentile(share)


@dataclass(frozen=True)
class House:
    """A running filter and what it is asked."""

    folder: Path
    port: int
    mixed: Sequence[str]
    listed: Sequence[str]  # lines, of names that are blocked


def main() -> None:
    """Start FilterDNS with its stub, ask, publish; a few lines, exit code 1 on failure."""
    parser = argparse.ArgumentParser(prog="python -m bench.swap", description=sys.modules[__name__].__doc__)
    parser.add_argument("--swaps", type=int, default=10)
    parser.add_argument("--names", type=int, default=1_000_000)
    options = parser.parse_args()
    names = listed(options.names)
    asked = queries.mixes(names)
    try:
        with tempfile.TemporaryDirectory(prefix="filterdns-bench-") as folder:
            lines, failed = _measure(Path(folder), names, asked, options.swaps)
    except BenchError as error:
        lines, failed = [str(error)], True
    print("\n".join(lines))
    sys.exit(failed)


def _measure(folder: Path, names: Sequence[str], asked: queries.Mixes, swaps: int) -> tuple[list[str], bool]:
    queries.write_all(folder, asked)
    with running(folder, names, program="serve") as (port, _):
        house = House(folder, port, asked.mixed, _blocked(port, names))
        measure.throughput(port, home.CHILD_ADDRESS, folder / "mixed", None)  # once, so that the cache is warm
        most = measure.throughput(port, home.CHILD_ADDRESS, folder / "mixed", 10).rate
        rate = max(1, int(most * LOAD) - 2 * PACE)
        quiet = [_under_load(house, rate, lambda: time.sleep(QUIET))]
        lags: list[float] = []
        began = time.monotonic()
        after = _under_load(house, rate, lambda: lags.extend(_publish_all(house, names, swaps)))
        spent = time.monotonic() - began
        quiet.append(_under_load(house, rate, lambda: time.sleep(QUIET)))
    before = min(quiet, key=lambda seen: seen["mixed"].percentile(0.99))
    return _told(most, before, after, lags, f"{swaps} updates of {len(names):,} names in {spent:.0f} s")


def _told(
    most: float, before: dict[str, Seen], after: dict[str, Seen], lags: Sequence[float], what: str
) -> tuple[list[str], bool]:
    quiet, busy, held = before["mixed"], after["mixed"], after["listed"]
    lost = sum(seen.lost for seen in after.values())
    many = sum(seen.asked for seen in after.values())
    slower = busy.percentile(0.99) / quiet.percentile(0.99)
    lines = [
        f"{what}, and as many new rules, under {LOAD:.0%} of {most:,.0f} queries a second",
        f"lost: {lost:,} of {many:,} (without updates: {sum(seen.lost for seen in before.values()):,})",
        f"listed names answered: {held.opened:,} of {held.asked:,} questions for {MOST_ASKED:,} names at most",
        f"p50, p99, longest in ms: {_times(busy)} (without updates: {_times(quiet)}); p99 times {slower:.2f}",
        f"in force after {max(lags):.2f} s at most",
    ]
    return lines, bool(lost or held.opened or slower > 2 or max(lags) > IN_FORCE)


def _times(seen: Seen) -> str:
    return ", ".join(f"{seen.percentile(share):.2f}" for share in (0.5, 0.99, 1.0))


def _blocked(port: int, names: Sequence[str]) -> Sequence[str]:
    """Questions for listed names; those that help or a rule keeps open are left out."""
    chosen = random.Random(SEED).sample(list(names), min(len(names), MOST_ASKED))
    answers = ((name, client.ask(port, name, source=home.CHILD_ADDRESS)) for name in chosen)
    return [f"{name} A" for name, answer in answers if client.address_in(answer) == turns.NULL]


def _under_load(house: House, rate: int, work: Callable[[], object]) -> dict[str, Seen]:
    """Do the work while others ask -> what they saw."""
    context = multiprocessing.get_context("fork")
    done, results = context.Event(), context.Queue()
    children = [context.Process(target=_load, args=(house, rate, done, results))]
    children += [context.Process(target=_look, args=(house, kind, done, results)) for kind in ("mixed", "listed")]
    for child in children:
        child.start()
    try:
        work()
    finally:
        done.set()
        found = dict(results.get(timeout=120) for _ in children)
        for child in children:
            child.join(60)
    return found


def _publish_all(house: House, names: Sequence[str], swaps: int) -> list[float]:
    return [lag for number in range(swaps) for lag in _publish(house, names, number)]


def _publish(house: House, names: Sequence[str], number: int) -> tuple[float, float]:
    """A new rule, then a newly listed name -> seconds until each was in force."""
    config = house.folder / "home" / "config.yaml"
    family = house.folder / "household.yaml"
    log = house.folder / "log"
    rule = f"rule-{number}.example"
    family.write_text(home.household() + f"  - {{name: {rule}, action: block}}\n")
    verb(log, "household", "-c", str(config), "import", str(family))
    first = client.wait_for(house.port, rule, turns.NULL, home.CHILD_ADDRESS, limit=20)
    name = f"listed-{number}.example"
    state = config.parent / "state"
    before = _stamp(state)
    home.listed(config.parent, [*names, name])
    renewal.ask(state)
    until = time.monotonic() + COMPILE_LIMIT
    while _stamp(state) == before:
        if time.monotonic() > until:
            raise BenchError(f"nothing was published in {COMPILE_LIMIT} s")
        time.sleep(0.01)
    return first, client.wait_for(house.port, name, turns.NULL, home.CHILD_ADDRESS, limit=20)


def _stamp(state: Path) -> int:
    """When the table in force was published, in nanoseconds."""
    return (state / "published" / "domains").stat().st_mtime_ns


def _load(house: House, rate: int, done: "Event", results: "Queue[tuple[str, Seen]]") -> None:
    """Ask the mix at this rate, all the time."""
    seen = Seen()
    until = time.monotonic() + LIMIT
    while not done.is_set() and time.monotonic() < until:
        more = measure.throughput(house.port, home.CHILD_ADDRESS, house.folder / "mixed", STRETCH, rate)
        seen.add(client.Latencies(more.sent, (0.0,) * (more.sent - more.lost)))
    results.put(("load", Seen(seen.asked, seen.lost)))


def _look(house: House, kind: str, done: "Event", results: "Queue[tuple[str, Seen]]") -> None:
    """Ask the mix from all devices, or listed names from the child's, without a pause until told that it is done."""
    lines, sources = (house.mixed, home.ADDRESSES) if kind == "mixed" else (house.listed, (home.CHILD_ADDRESS,))
    seen, at = Seen(), 0
    until = time.monotonic() + LIMIT
    while not done.is_set() and time.monotonic() < until:
        stretch = [lines[(at + number) % len(lines)] for number in range(PACE * STRETCH)]
        seen.add(client.paced(house.port, sources, stretch, PACE, STRETCH, STUB))
        at += len(stretch)
    results.put((kind, seen))


if __name__ == "__main__":
    process.pin_self()
    main()
