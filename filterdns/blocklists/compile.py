"""Names of many sources -> one table file, in bounded memory: sorted runs on disk, merged, hashed into buckets.

Names of illegal material are digests from here on, on disk too.
"""

import hashlib
import json
import os
import tempfile
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice
from pathlib import Path

from xxhash import xxh32_intdigest

from filterdns import dname, publish
from filterdns.blocklists.merge import BLOCK, EXCEPTED, HELD, Merged, merge
from filterdns.blocklists.source import Source, is_exact
from filterdns.blocklists.table import (
    BELOW,
    BUCKET,
    FINGERPRINT,
    FORMAT,
    FULL_BUCKET,
    HEADER,
    MAGIC,
    SECRET,
    WIDEST,
    bits_for,
    buckets_for,
    fingerprint,
    place,
    secret_key,
)

RUN = 200_000  # records a sorted run: about 25 MB while it is sorted
WORK = ".compiling."  # in the name of the folder where it happens; a killed run leaves one
KEY = 4  # octets of a digest that make the key of the hashes


@dataclass(frozen=True, slots=True)
class Names:
    """A source and what it holds, as lower-case host names ("example.org"), each with all that lies below it.

    `held` is read once, then `excepted` (names the source leaves out, `@@||x^`), then `rejects`. An allow list holds
    both, because such lists are written in either way. A list of illegal material leaves nothing out, and may give
    names as the 64 hexadecimal digits of their SHA-256.
    """

    source: Source
    held: Callable[[], Iterable[str]]
    excepted: Callable[[], Iterable[str]] = tuple
    rejects: Callable[[], Mapping[str, int]] = dict


@dataclass(frozen=True, slots=True)
class Compiled:
    """What became of it."""

    sources: tuple[Source, ...]  # with their numbers of different names and rejects
    names: int  # in the table: those with an enclosing name of the same sources are left out
    size: int  # octets


def compile_table(
    path: Path, names: Iterable[Names], *, special: Mapping[bytes, str] | None = None, inputs: str = ""
) -> Compiled:
    """Publish the table of `names` at `path`; `inputs` says what they are. Raises OSError, leaving what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}{WORK}") as work:
        folder = Path(work)
        sources, runs = _write_runs(folder, names)
        merged = merge(runs, folder / "merged", sources)
        about: dict[str, object] = {
            "sources": [source._asdict() | {"rejects": dict(source.rejects)} for source in merged.sources],
            "sets": merged.sets,
            "special": {name.hex(): answer for name, answer in (special or {}).items()},
            "inputs": inputs,
        }
        aside = folder / "table"
        _write_table(aside, about, merged, int.from_bytes(hashlib.sha256(inputs.encode()).digest()[:KEY], "big"))
        publish.replace(aside, path)
        return Compiled(tuple(merged.sources), len(merged.numbers), path.stat().st_size)


def _write_runs(folder: Path, names: Iterable[Names]) -> tuple[list[Source], list[Path]]:
    sources: list[Source] = []
    runs: list[Path] = []
    records = _records(names, sources)
    while run := sorted(islice(records, RUN)):
        runs.append(folder / f"run{len(runs)}")
        runs[-1].write_bytes("".join(run).encode())
        del run
    return sources, runs


def _records(names: Iterable[Names], sources: list[Source]) -> Iterator[str]:
    """The records of all names; appends each source to `sources` once its names are through."""
    for number, part in enumerate(names):
        held, excepted = (f"\t{sign.decode()}{number}\n" for sign in (HELD, EXCEPTED))
        if part.source.is_secret:
            yield from (secret_key(name) + held for name in part.held())
        else:
            yield from (f"{name[::-1]}.{held}" for name in part.held())
            end = held if part.source.kind == "allow" else excepted
            yield from (f"{name[::-1]}.{end}" for name in part.excepted())
        sources.append(part.source._replace(rejects=dict(part.rejects())))


class _Hashed:
    """The parts of a table that are made of the names' hashes."""

    def __init__(self, merged: Merged, key: int) -> None:
        names, sets = len(merged.numbers), len(merged.sets)
        self.width = 1 if sets <= 1 << 8 else 2 if sets <= 1 << 16 else WIDEST
        self.filter = bytearray(bits_for(names) // 8)
        self.tops: list[str] = []
        self.full: list[bytes] = []  # the names that stand in the file in full
        hashes, prints = self._hash(merged, key)
        self.places = _first_of_each(hashes, buckets_for(names, BUCKET))
        self.entries = self._enter(hashes, prints, merged.numbers)

    def _hash(self, merged: Merged, key: int) -> "tuple[array[int], bytearray]":
        """What says where each name stands, and all fingerprints; set the bits of the filter, and keep some in full.

        One bit is for the name, and one says of the last two labels of a longer one that something is below.
        """
        hashes, prints, domain = array("I"), bytearray(), b""
        exact = frozenset(number for number, each in enumerate(merged.sets) if is_exact(each, merged.sources))
        with merged.path.open("rb", buffering=BLOCK) as lines:
            for line, number in zip(lines, merged.numbers, strict=True):
                name = line[:-1]
                is_secret = name.startswith(SECRET)
                wire = name if is_secret else _wire(name)
                hashed = xxh32_intdigest(wire, key)
                hashes.append(hashed)
                prints += fingerprint(wire, key)
                if number in exact:
                    self.full.append(wire)
                self._mark(hashed, 0)
                end = name.find(b".", name.find(b".") + 1) + 1
                if not end and not is_secret:
                    self.tops.append(wire.hex())
                elif 0 < end < len(name) and name[:end] != domain:
                    domain = name[:end]
                    self._mark(xxh32_intdigest(_wire(domain), key), BELOW)
        return hashes, prints

    def _mark(self, hashed: int, which: int) -> None:
        bit = place(hashed, 8 * len(self.filter)) ^ which
        self.filter[bit >> 3] |= 1 << (bit & 7)

    def _enter(self, hashes: "array[int]", prints: bytearray, numbers: "array[int]") -> bytearray:
        free, buckets, size = array("I", self.places), len(self.places) - 1, FINGERPRINT + self.width
        entries = bytearray(len(numbers) * size)
        for number, (hashed, value) in enumerate(zip(hashes, numbers, strict=True)):
            bucket = place(hashed, buckets)
            at = free[bucket] * size
            free[bucket] += 1
            head = prints[number * FINGERPRINT : (number + 1) * FINGERPRINT]
            entries[at : at + size] = head + value.to_bytes(self.width, "little")
        return entries


def _first_of_each(hashes: "array[int]", buckets: int) -> "array[int]":
    """The number of the first entry of each bucket, and behind them that of all entries."""
    counts = array("I", bytes(4 * (buckets + 1)))
    for hashed in hashes:
        counts[place(hashed, buckets) + 1] += 1
    return array("I", accumulate(counts))


def _in_full(names: Sequence[bytes], key: int) -> "tuple[array[int], bytes]":
    """Where the names of each bucket begin, and behind them where all end; and the names, each with its length."""
    buckets = [b""] * buckets_for(len(names), FULL_BUCKET)
    for name in names:
        buckets[place(xxh32_intdigest(name, key), len(buckets))] += bytes((len(name),)) + name
    return array("I", accumulate(map(len, buckets), initial=0)), b"".join(buckets)


def _wire(key: bytes) -> bytes:
    """The name that is spelt backwards."""
    return dname.from_labels(key[-2::-1].split(b"."))


def _write_table(aside: Path, about: dict[str, object], merged: Merged, key: int) -> None:
    hashed = _Hashed(merged, key)
    text = json.dumps(about | {"tops": hashed.tops}, sort_keys=True, separators=(",", ":")).encode()
    full_places, full = _in_full(hashed.full, key)
    numbers = (hashed.width, len(text), key, len(hashed.full), len(full), len(merged.numbers))
    header = HEADER.pack(MAGIC, FORMAT, *numbers)
    parts = (header + text, hashed.places.tobytes(), hashed.filter, hashed.entries, full_places.tobytes(), full)
    with aside.open("wb") as out:
        checksum = hashlib.sha256()
        for part in parts:
            padding = bytes(-out.tell() % 8)
            out.write(padding + part)
            checksum.update(padding + part)
        out.write(checksum.digest())
        out.flush()
        os.fsync(out.fileno())
