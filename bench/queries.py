"""Query files for dnsperf: one "name TYPE" a line."""

import lzma
import random
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import accumulate, count, islice
from pathlib import Path

from bench.names import DATA, SEED, generated

TYPES = {"A": 55, "AAAA": 27, "HTTPS": 15, "TXT": 1, "SRV": 1}  # shares
SKEW = 1.184  # exponent at which the 20 most asked of 20,000 names are half of all queries, as homes report
USUAL = 5000  # different questions that come again and again: our guess at a home of some days, not a measured figure
ADDRESS_TYPES = frozenset({"A", "AAAA", "HTTPS"})


@dataclass(frozen=True)
class Mixes:
    """Lines to ask, each a tuple in the order asked."""

    mixed: Sequence[str]  # what a home asks, listed names among it
    cached: Sequence[str]  # of it the most usual questions that no list holds, address types only
    blocked: Sequence[str]  # listed names, asked with the same skew
    blocked_wide: Sequence[str]  # listed names, each asked once


def mixes(listed: Sequence[str], home: Sequence[str] | None = None) -> Mixes:
    """The query mixes over these listed names; `home` instead of the data folder's mix."""
    dice = random.Random(SEED)
    mixed = home or _home_mix() or list(_made_mix(listed))
    held = frozenset(listed)
    plain = [line for line in mixed if _plain(line) and not is_listed(line.split()[0], held)]
    usual = {line for line, _ in Counter(plain).most_common(USUAL)}
    cached = [line for line in plain if line in usual]
    wide = dice.sample(listed, min(len(listed), 100_000))
    return Mixes(mixed, cached, list(_skewed(wide[:USUAL], 100_000, dice)), [f"{name} A" for name in wide])


def misses(popular: Sequence[str], run: int) -> Iterator[str]:
    """Names never asked before: an endless row for the run of this number, below popular names."""
    dice = random.Random(SEED * 1000 + run)
    for number in count():
        yield f"{dice.getrandbits(40):x}-{run}-{number}.{popular[number % len(popular)]} A"


def write(path: Path, lines: Iterator[str] | Sequence[str], limit: int | None = None) -> Path:
    """Write a query file."""
    with path.open("w") as out:
        out.writelines(line + "\n" for line in islice(lines, limit))
    return path


def write_all(folder: Path, asked: Mixes) -> None:
    """Write each mix to a file of its name."""
    for each in fields(asked):
        write(folder / each.name, getattr(asked, each.name))


def popular_of(mix: Sequence[str], many: int = 1000) -> list[str]:
    """The first `many` different names of a mix."""
    return list(islice(dict.fromkeys(line.split()[0].lower() for line in mix), many))


def _home_mix() -> list[str]:
    path = DATA / "popularity" / "querymix-100k.dnsperf.txt.xz"
    if not path.exists():
        return []
    with lzma.open(path, "rt") as lines:
        return [line.strip() for line in lines if line.strip()]


def _made_mix(listed: Sequence[str]) -> Iterator[str]:
    """A hundred thousand queries of the data folder's shape: 88% popular, 7.5% rare, 2.5% listed, the rest odd."""
    dice = random.Random(SEED)
    popular = list(dict.fromkeys(islice(generated(SEED + 2), 20_000)))
    rare = generated(SEED + 3)
    asked = _skewed(popular, 100_000, dice)
    for line in asked:
        share = dice.random()
        kind = line.split()[1]
        if share < 0.88:
            yield line
        elif share < 0.955:
            yield f"{next(rare)} {kind}"
        elif share < 0.98:
            yield f"{dice.choice(listed)} {kind}"
        elif share < 0.99:
            yield f"{dice.getrandbits(60):x}.{dice.choice(('com', 'net', 'lan', 'invalid'))} {kind}"
        else:
            yield f"{dice.randint(1, 254)}.{dice.randint(0, 3)}.168.192.in-addr.arpa PTR"


def _skewed(names: Sequence[str], many: int, dice: random.Random) -> Iterator[str]:
    weights = list(accumulate(1 / rank**SKEW for rank in range(1, len(names) + 1)))
    asked = dice.choices(names, cum_weights=weights, k=many)
    kinds = dice.choices(list(TYPES), list(TYPES.values()), k=many)
    return (f"{name} {kind}" for name, kind in zip(asked, kinds, strict=True))


def _plain(line: str) -> bool:
    name, kind = line.split()
    return kind in ADDRESS_TYPES and not name.endswith((".arpa", ".local", ".lan", ".invalid"))


def is_listed(name: str, held: Collection[str]) -> bool:
    """Is the name, or one that encloses it, among these?"""
    labels = name.lower().split(".")
    return any(".".join(labels[at:]) in held for at in range(len(labels)))
