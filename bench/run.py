"""The command: options, the measurements in order, the report."""

import argparse
import gc
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from bench import own, peers, process, queries, report, turns
from bench.names import listed
from bench.process import BenchError

MEASURES = (*turns.MEASURES, *own.MEASURES)
RESULTS = Path(__file__).parent / "RESULTS.md"
_COMPILED = "(compiled)"  # what `filterdns version` says of itself


def main() -> None:
    """Measure and report; exit code 0, 1 for a measurement that failed, 3 where a program is missing."""
    options = _options()
    if lack := process.missing(peers.PROGRAMS):
        _end(3, lack)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are ended too
    process.pin_self()
    build = _version(options.program)
    options.servers = [server for server in options.servers if server != report.PLAIN or _COMPILED in build]
    figures = report.Figures(build)
    try:
        with tempfile.TemporaryDirectory(prefix="filterdns-bench-") as folder:
            _measure(options, Path(folder), figures)
    except BenchError as error:
        _end(1, str(error))
    text = report.text(figures, options.servers, options.names, options.rounds, options.seconds)
    print(text)
    if options.only == frozenset(MEASURES) and set(options.servers) >= set(turns.SERVERS) - {report.PLAIN}:
        RESULTS.write_text(text)
    else:
        _say(f"{RESULTS.name} is left as it is: it holds full runs only")


def _measure(options: argparse.Namespace, folder: Path, figures: report.Figures) -> None:
    _say(f"making {options.names:,} names and the questions")
    names = listed(options.names)
    mixes = queries.mixes(names)
    bench = turns.Bench(folder, names, mixes, options.seconds, options.only, figures, _say, options.program)
    queries.write_all(folder, bench.mixes)
    gc.freeze()  # a million names looked through by the collector would delay the paced client
    if report.OURS in options.servers:
        own.prepare(bench, options.rounds)
    turns.measure_all(bench, options.servers, options.rounds)
    if "lookup" in options.only:
        own.lookup_growth(bench)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=sys.modules["bench"].__doc__)
    parser.add_argument("--rounds", type=_positive, default=5, help="every server has its turn in each (5)")
    parser.add_argument("--names", type=_positive, default=1_000_000, help="how many are listed (1000000)")
    parser.add_argument("--seconds", type=_positive, default=5, help="length of one measurement (5)")
    parser.add_argument("--only", type=_some_of(MEASURES), default=frozenset(MEASURES), help=",".join(MEASURES))
    servers = tuple(turns.SERVERS)
    parser.add_argument("--servers", type=_some_of(servers), default=frozenset(servers), help=",".join(servers))
    parser.add_argument("--installed", type=Path, help="measure the FilterDNS that `make install PREFIX=...` made")
    options = parser.parse_args()
    options.program = peers.SOURCE
    if options.installed:
        options.program = (str(options.installed.absolute() / "bin" / "filterdns"),)
    options.servers = [server for server in servers if server in options.servers]
    return options


def _version(program: Sequence[str]) -> str:
    """What is measured, as it says itself: the version, and whether it is compiled."""
    done = subprocess.run([*program, "version"], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    return f"{report.OURS} {done.stdout.strip().removeprefix('filterdns ')}"


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _some_of(known: Iterable[str]) -> Callable[[str], frozenset[str]]:
    def parse(text: str) -> frozenset[str]:
        found = frozenset(text.split(","))
        if odd := sorted(found - frozenset(known)):
            raise argparse.ArgumentTypeError(f"{', '.join(odd)} is not one of {', '.join(known)}")
        return found

    return parse


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


def _end(code: int, why: str) -> None:
    _say(why)
    sys.exit(code)
