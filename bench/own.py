"""What is measured of FilterDNS alone: importing and compiling before the rounds, look-up cost as the table grows."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench import client, home, lookup, peers, process, queries
from bench.names import SEED, listed
from bench.process import BenchError
from bench.report import OURS
from bench.turns import MISSES_A_SECOND, NULL, PLAIN_NAME, Bench, as_a_service, ask, serving

MEASURES = ("compile", "lookup")
SIZES = (100_000, 1_000_000, 5_000_000)
SHARE_LISTED = 0.025
"""Of a home's queries, as in the mix that is made where there is none."""
TURNS = 3
"""Look-ups are measured so often, the sizes one after another."""
COMPILE_LIMIT = 600  # seconds
LISTED = "first-listed.example"


def prepare(bench: Bench, rounds: int) -> None:
    """Import the household and compile the listed names, up to three times where that is measured."""
    bench.say(f"{OURS}: importing the household, compiling the names")
    _home(bench.config.parent, bench.listed)
    _import(bench.config, bench.folder, bench.log)
    for _ in range(min(rounds, 3) if "compile" in bench.only else 1):
        _compile(bench, bench.config.parent, "")


def lookup_growth(bench: Bench) -> None:
    """Compile and look up in tables of growing size, each with the same blend of real and made names.

    A home's order is the mix without what the largest of them holds, and with as many listed names for each: larger
    lists hold more of what is asked, and that would be measured instead.
    """
    largest = listed(max(SIZES))
    held = frozenset(largest)
    names = (line.split()[0] for line in bench.mixes.mixed)
    unlisted = [name for name in names if not queries.is_listed(name, held)]
    del held
    tables = {size: (bench.folder / f"lookup-{size}", largest[:: max(SIZES) // size]) for size in SIZES}
    for size, (folder, chosen) in tables.items():
        bench.say(f"compiling {size:,} names")
        _home(folder, chosen)
        _compile(bench, folder, f":{size}")
    for turn in range(TURNS):
        for size, (folder, chosen) in tables.items():
            bench.say(f"look-up cost with {size:,} names, {turn + 1} of {TURNS}")
            _write_asked(bench, unlisted, chosen)
            _look_up(bench, folder, f":{size}")
            if turn == TURNS - 1:
                _whole_queries(bench, folder, f":{size}")


def _write_asked(bench: Bench, unlisted: Sequence[str], listed: Sequence[str]) -> None:
    """The query files of one size."""
    dice = random.Random(SEED)
    spread = dice.sample(listed, 100_000)
    queries.write(bench.folder / "spread", spread)
    order = [dice.choice(spread) if dice.random() < SHARE_LISTED else name for name in unlisted]
    queries.write(bench.folder / "order", order)
    queries.write(bench.folder / "each_once", [f"{name} A" for name in spread])
    fresh = queries.misses(list(dict.fromkeys(unlisted))[:1000], len(listed))
    queries.write(bench.folder / "misses", fresh, MISSES_A_SECOND * bench.seconds)


@contextmanager
def running(
    folder: Path, names: Sequence[str] = (), cache_mib: int = 16, program: str = "resolver"
) -> Iterator[tuple[int, int]]:
    """A FilterDNS with this household, these names and the stub upstream, answering -> (port, process number)."""
    if lack := process.missing(peers.PROGRAMS):
        raise BenchError(lack)
    upstream, port, web_port = process.free_ports(3)
    log = folder / "log"
    config = home.config(folder / "home", port, web_port, upstream, cache_mib)
    home.listed(config.parent, [*names, LISTED])
    _import(config, folder, log)
    verb(log, "update", "-c", str(config), "--local")
    with (
        serving(peers.stub(folder / "stub", upstream), process.CLIENT_CPU, log),
        serving(peers.filterdns(config, port, program), process.SERVER_CPU, log) as pid,
    ):
        client.wait_for(port, LISTED, NULL, home.CHILD_ADDRESS, limit=60)
        client.wait_for(port, PLAIN_NAME, peers.STUB_ADDRESS, home.CHILD_ADDRESS, limit=10)
        yield port, pid


def verb(log: Path, *words: str) -> tuple[float, float]:
    """Run `filterdns` to its end -> (seconds, peak resident MB). Raises BenchError."""
    return process.run([sys.executable, "-m", "filterdns", *words], log, COMPILE_LIMIT)


def _import(config: Path, folder: Path, log: Path) -> None:
    family = folder / "household.yaml"
    family.write_text(home.household())
    verb(log, "household", "-c", str(config), "import", str(family))


def _home(folder: Path, names: Sequence[str]) -> None:
    home.config(folder, *process.free_ports(3))
    home.listed(folder, names)


def _compile(bench: Bench, folder: Path, suffix: str) -> None:
    """`filterdns update` with nothing published yet: time, peak memory, size of the table."""
    published = folder / "state" / "published"
    for old in published.glob("domains*"):
        old.unlink()
    seconds, peak = verb(bench.log, "update", "-c", str(folder / "config.yaml"), "--local")
    bench.figures.add(OURS, f"compile{suffix}", seconds)
    bench.figures.add(OURS, f"compile_peak{suffix}", peak)
    names = int(suffix[1:] or 0) or len(bench.listed)
    bench.figures.add(OURS, f"bytes{suffix}", (published / "domains").stat().st_size / names)


def _whole_queries(bench: Bench, folder: Path, suffix: str) -> None:
    """What a whole query costs with this table, which look-ups are a small part of: misses, and listed names."""
    upstream, port, web_port = process.free_ports(3)
    config = home.config(folder, port, web_port, upstream)
    _import(config, folder, bench.log)
    server = peers.filterdns(config, port, program=bench.program)
    with (
        serving(peers.stub(folder / "stub", upstream), process.CLIENT_CPU, bench.log),
        as_a_service(server, bench.log) as pid,
    ):
        client.wait_for(port, PLAIN_NAME, peers.STUB_ADDRESS, home.CHILD_ADDRESS, limit=60)
        for kind in ("misses", "each_once"):
            ask(bench, server, pid, kind, suffix)


def _look_up(bench: Bench, folder: Path, suffix: str) -> None:
    """By the program under measurement: an installed copy has its own Python beside it."""
    installed = Path(bench.program[0]).with_name("python")
    python = sys.executable if bench.program == peers.SOURCE else installed
    files = (folder / "state" / "published" / "domains", bench.folder / "order", bench.folder / "spread")
    done = subprocess.run(  # noqa: S603 - the bench's own fixed command
        process.pinned(process.SERVER_CPU, [str(python), "-P", lookup.__file__, *map(str, files)]),
        capture_output=True,
        text=True,
        check=False,
        timeout=COMPILE_LIMIT,
    )
    if done.returncode:
        raise BenchError(f"looking up failed: {(done.stderr.strip().splitlines() or ['it said nothing'])[-1]}")
    seen = json.loads(done.stdout)
    if seen["found"] < 1:
        raise BenchError(f"only {seen['found']:.2%} of the listed names are found in the table")
    for key in ("home", "spread", "mapped", "private"):
        bench.figures.add(OURS, f"lookup_{key}{suffix}", seen[key])
