"""`python -m bench.swap`: new rules and new lists published ten times while a house asks; counts what gets lost.

Fails when a query is lost, or when a new rule or a newly listed name is not in force a second after it was published.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench import client, home, process, queries, turns
from bench.names import listed
from bench.own import running, verb
from bench.process import BenchError

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from multiprocessing.synchronize import Event

RATE = 2000  # queries a second
STRETCH = 2.0  # seconds asked in one piece
LIMIT = 900  # seconds, for all
IN_FORCE = 1.0  # seconds after publishing


def main() -> None:
    """Start FilterDNS with its stub, ask, publish; one line, exit code 1 on failure."""
    parser = argparse.ArgumentParser(prog="python -m bench.swap", description=sys.modules[__name__].__doc__)
    parser.add_argument("--swaps", type=int, default=10)
    parser.add_argument("--names", type=int, default=200_000)
    options = parser.parse_args()
    names = listed(options.names)
    asked = queries.mixes(names).mixed
    try:
        with tempfile.TemporaryDirectory(prefix="filterdns-bench-") as folder:
            line, failed = _swaps(Path(folder), names, asked, options.swaps)
    except BenchError as error:
        line, failed = str(error), True
    print(line)
    sys.exit(failed)


def _swaps(folder: Path, names: Sequence[str], asked: Sequence[str], swaps: int) -> tuple[str, bool]:
    context = multiprocessing.get_context("fork")
    done, results = context.Event(), context.Queue()
    with running(folder, names) as (port, _):
        load = context.Process(target=_load, args=(port, asked, done, results))
        load.start()
        try:
            lags = [lag for number in range(swaps) for lag in _publish(folder, names, port, number)]
        finally:
            done.set()
            many, lost = results.get(timeout=60)
            load.join(60)
    late = max(lags)
    line = (
        f"{swaps} swaps of rules and {len(names):,} names under {RATE:,} queries a second: "
        f"{lost} of {many:,} queries lost, in force after {late:.2f} s at most"
    )
    return line, lost > 0 or late > IN_FORCE


def _publish(folder: Path, names: Sequence[str], port: int, number: int) -> tuple[float, float]:
    """A new rule, then a newly listed name -> seconds until each was in force."""
    config = str(folder / "home" / "config.yaml")
    family = folder / "household.yaml"
    rule = f"rule-{number}.example"
    family.write_text(home.household() + f"  - {{name: {rule}, action: block}}\n")
    verb(folder / "log", "household", "-c", config, "import", str(family))
    first = client.wait_for(port, rule, turns.NULL, home.CHILD_ADDRESS, limit=20)
    name = f"listed-{number}.example"
    home.listed(folder / "home", [*names, name])
    verb(folder / "log", "update", "-c", config, "--local")
    return first, client.wait_for(port, name, turns.NULL, home.CHILD_ADDRESS, limit=20)


def _load(port: int, asked: Sequence[str], done: "Event", results: "Queue[tuple[int, int]]") -> None:
    """Ask without a pause until told that it is done -> (asked, lost)."""
    many = lost = 0
    until = time.monotonic() + LIMIT
    while not done.is_set() and time.monotonic() < until:
        seen = client.paced(port, home.ADDRESSES, asked, RATE, STRETCH)
        many += seen.asked
        lost += seen.lost
    results.put((many, lost))


if __name__ == "__main__":
    process.pin_self()
    main()
