"""`python -P bench/lookup.py TABLE ORDER NAMES`: what one look-up costs, in nanoseconds, in a process of its own.

Two figures: for names as a home asks them, and for names spread over the whole table. A home asks twenty names as often
as all others, and which of them the filter takes for listed is chance: so the first is the mean of ten orders, in each
of which other names are those that are asked most. And by how much this process grew for the first 10,000 of the spread
names, in MB: pages of the file, and others.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import fmean

from filterdns import dname
from filterdns.blocklists.table import DomainTable

SEED = 53
PASSES = 5
ORDERS = 10
FIRST = 10_000


def cost(look_up: Callable[[bytes], int], names: list[bytes]) -> float:
    """Nanoseconds of processor time a name, of the best of a few passes."""
    best = float("inf")
    for _ in range(PASSES):
        began = time.process_time_ns()
        for name in names:
            look_up(name)
        best = min(best, time.process_time_ns() - began)
    return best / len(names)


def orders(look_up: Callable[[bytes], int], names: list[bytes]) -> Iterator[list[bytes]]:
    """The same names as often, those that no list holds in each other's places."""
    dice = random.Random(SEED)
    unlisted = [name for name in dict.fromkeys(names) if not look_up(name)]
    for _ in range(ORDERS):
        places = dict(zip(unlisted, dice.sample(unlisted, len(unlisted)), strict=True))
        yield [places.get(name, name) for name in names]


def resident() -> dict[str, float]:
    """MB of this process that are mapped from files ("mapped"), and that are its own ("private")."""
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    found = {words[0]: int(words[1]) * 1024 / 1e6 for words in lines if words[0] in {"RssFile:", "RssAnon:"}}
    return {"mapped": found["RssFile:"], "private": found["RssAnon:"]}


def main(table_path: str, queries: str, spread: str) -> None:
    """Print all figures and the share of the spread names that are found, as JSON."""
    home, wide = ([dname.from_text(line) for line in Path(path).read_text().splitlines()] for path in (queries, spread))
    before = resident()
    table = DomainTable.open(Path(table_path))
    opened = resident()
    for name in wide[:FIRST]:
        table.tags(name)
    after = resident()
    grew = {"mapped": after["mapped"] - before["mapped"], "private": after["private"] - opened["private"]}
    found = sum(1 for name in wide if table.tags(name)) / len(wide)
    asked = fmean(cost(table.tags, order) for order in orders(table.tags, home))
    print(json.dumps({"home": asked, "spread": cost(table.tags, wide), "found": found} | grew))


if __name__ == "__main__":
    main(*sys.argv[1:4])
