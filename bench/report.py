"""The table of medians and ratios, and the machine it was measured on."""

import os
import platform
import subprocess
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.process import CPUS, find

OURS = "FilterDNS"
PLAIN = "FilterDNS not compiled"
"""The same program from its source, measured beside a compiled one."""


@dataclass(frozen=True)
class Row:
    """One line of the table: the key of its figures, what it says, how many decimals."""

    key: str
    title: str
    digits: int = 0


ROWS = (
    Row("cached", "cached, 5,000 different questions, q/s"),
    Row("blocked", "blocked, 5,000 names, q/s"),
    Row("blocked_wide", "blocked, 100,000 names each once, q/s"),
    Row("mixed", "a home's mix, many rare names, q/s"),
    Row("misses", "misses, q/s"),
    Row("cpu_cached", "cached, processor time a query, µs", 1),
    Row("cpu_blocked", "blocked, processor time a query, µs", 1),
    Row("cpu_blocked_wide", "blocked each once, processor time a query, µs", 1),
    Row("cpu_misses", "misses, processor time a query, µs", 1),
    Row("p50", "p50 at 2,000 q/s, ms", 3),
    Row("p99", "p99 at 2,000 q/s, ms", 3),
    Row("rss", "RSS, MB", 1),
    Row("pss", "PSS, MB", 1),
    Row("start", "start to first answer, s", 2),
    Row("failed", "queries lost or failed in all runs"),
)
OWN_ROWS = (
    Row("worker_rss", "one worker, RSS, MB", 1),
    Row("serve_rss", "`serve`, all processes, RSS, MB", 1),
    Row("serve_pss", "`serve`, all processes, PSS, MB", 1),
    Row("compile", "compiling the listed names, s", 2),
    Row("compile_peak", "compiling, peak RSS of the largest process, MB", 1),
    Row("bytes", "bytes a name on disk", 2),
)


_SETTING = """\
`python -m bench`: {rounds} rounds, {names:,} listed names, {seconds} s a measurement; each server alone, on one
processor, the client and the stub upstream on the other; medians of the rounds."""

_NOTES = """\
How: every server forwards to one NSD with a wildcard zone on the same machine, so a miss costs what the server itself
costs. Throughput is dnsperf's, 100 questions outstanding, from one address (for FilterDNS a nine-year-old's device).
Processor time is the server's own, as the kernel counts it: it moves less than the rates where other work shares the
machine. Latency is measured by our own client, for all alike: the home's mix at an even 2,000 questions a second from
twenty addresses, arrival as the kernel stamped it. FilterDNS runs one worker with all its features, a family of six and
twenty devices; unbound one thread, no validation, `local-zone: NAME always_null`; dnsmasq `address=/NAME/#`, which like
the two others holds for the names below; "dnsmasq hosts" has the names in a hosts file, its fastest form, which does
not. Start is from the command to the first right answer for a listed name, with the lists compiled (FilterDNS) or the
configuration written (the others). FilterDNS and unbound have 16 MiB to remember answers in, dnsmasq room for 100,000;
all are asked the home's mix once, for an adult and for a child, before they are measured. What FilterDNS leaves for its
page lies in memory, as it does where systemd starts it.

As lists grow, the same is asked of each size: processor time of misses and of 100,000 listed names, each once; then the
look-up alone: as a home asks, one listed name in forty and a few names most of the time (which ones, is shuffled ten
times), and for names spread over the whole table."""


@dataclass
class Figures:
    """All that was measured: (server, key) -> one number a round."""

    build: str = OURS  # which one was measured, as it says itself
    values: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, server: str, key: str, value: float) -> None:
        """Keep one round's number."""
        self.values[server, key].append(value)

    def middle(self, server: str, key: str) -> float | None:
        """The median of the rounds; the sum, where failures are counted."""
        found = self.values.get((server, key))
        if not found:
            return None
        return sum(found) if key == "failed" else median(found)


def text(figures: Figures, servers: Sequence[str], names: int, rounds: int, seconds: int) -> str:
    """The whole report in Markdown."""
    parts = [
        "# Measured side by side",
        _SETTING.format(rounds=rounds, names=names, seconds=seconds),
        _machine(figures.build),
        _table(figures, servers),
        _own_table(figures, names),
        _spread(figures, servers),
        _NOTES,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _table(figures: Figures, servers: Sequence[str]) -> str:
    """Markdown: a row a measure, a column a server, then our ratio to each of the others."""
    others = [server for server in servers if server != OURS]
    head = ["", *servers, *(f"ratio to {other}" for other in others if OURS in servers)]
    lines = [_line(head), _line(["---", *("--:" for _ in head[1:])])]
    for row in ROWS:
        middles = [figures.middle(server, row.key) for server in servers]
        if any(middle is not None for middle in middles):
            own = figures.middle(OURS, row.key)
            ratios = [_ratio(own, figures.middle(other, row.key), row.key) for other in others if OURS in servers]
            lines.append(_line([row.title, *(_number(middle, row.digits) for middle in middles), *ratios]))
    return "\n".join(lines) if len(lines) > 2 else ""


def _own_table(figures: Figures, names: int) -> str:
    """Markdown: what is ours alone, and what a look-up costs as the table grows."""
    rows = [
        _line([row.title, _number(middle, row.digits)])
        for row in OWN_ROWS
        if (middle := figures.middle(OURS, row.key)) is not None
    ]
    parts = ["\n".join([_line([f"{OURS}, {names:,} names", ""]), _line(["---", "--:"]), *rows])] if rows else []
    sizes = sorted(int(key.split(":")[1]) for server, key in figures.values if key.startswith("lookup_home:"))
    if sizes:
        head = ["listed names", "a miss, µs", "ratio", "a listed name, µs", "ratio"]
        head += ["look-up in a home's order, ns", "ratio", "look-up of a listed name, ns", "ratio"]
        head += ["compiling, s", "peak RSS, MB", "bytes a name"]
        head += ["resident of the table after 10,000 names, MB", "own memory for them, MB"]
        lines = [_line(head), _line(["--:"] * len(head))]
        lines += [_line(_growth(figures, size, sizes[0])) for size in sizes]
        parts.append("\n".join(lines))
    return "\n\n".join(parts)


def _spread(figures: Figures, servers: Sequence[str]) -> str:
    """Markdown: lowest and highest of the rounds."""
    lines = [_line(["lowest - highest", *servers]), _line(["---", *("--:" for _ in servers)])]
    for row in ROWS:
        found = [figures.values.get((server, row.key)) for server in servers]
        if row.key != "failed" and any(found):
            lines.append(_line([row.title, *(_range(each, row.digits) for each in found)]))
    return "\n".join(lines) if len(lines) > 2 else ""


def _machine(build: str) -> str:
    """The machine and the versions, without its name or any path."""
    known = (line.partition(":") for line in Path("/proc/cpuinfo").read_text().splitlines())
    model = next((value.strip() for key, _, value in known if key.strip() == "model name"), platform.machine())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    programs = {"dnsmasq": "--version", "unbound": "-V", "nsd": "-v", "dnsperf": "-h"}
    versions = [f"{name} {found}" for name, option in programs.items() if (found := _version(name, option))]
    return "\n".join(
        [
            f"- date: {time.strftime('%Y-%m-%d', time.gmtime())}",
            f"- machine: {model}, {len(CPUS)} processors, {memory:.0f} GB, Linux {platform.release()}",
            f"- {build}, Python {platform.python_version()}, {', '.join(versions)}",
        ]
    )


def _growth(figures: Figures, size: int, smallest: int) -> list[str]:
    cells = [f"{size:,}"]
    for key, decimals in {"cpu_misses": 1, "cpu_each_once": 1, "lookup_home": 0, "lookup_spread": 0}.items():
        own, first = (figures.middle(OURS, f"{key}:{each}") for each in (size, smallest))
        cells += [_number(own, decimals), _ratio(own, first, key)]
    digits = {"compile": 1, "compile_peak": 0, "bytes": 2, "lookup_mapped": 1, "lookup_private": 1}
    return cells + [_number(figures.middle(OURS, f"{key}:{size}"), many) for key, many in digits.items()]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _range(values: Sequence[float] | None, digits: int) -> str:
    return f"{_number(min(values), digits)} - {_number(max(values), digits)}" if values else ""


def _ratio(own: float | None, other: float | None, key: str) -> str:
    return f"{own / other:.2f}" if own is not None and other and key != "failed" else ""


def _version(program: str, option: str) -> str | None:
    path = find(program)
    if not path:
        return None
    said = subprocess.run([path, option], capture_output=True, text=True, check=False, timeout=10)  # noqa: S603
    words = (said.stdout + said.stderr).replace("version", "Version").split("Version", 1)
    return words[1].split()[0] if len(words) > 1 else None
