"""Names of many sources -> one table file, in bounded memory: sorted runs on disk, merged, then two passes.

A record is a line of `dname.tree_key` of a host name ("gro.elpmaxe."), tab, a sign and the number of its source.
As no label holds a dot or a tab, sorting the lines puts every enclosing name right before all that lies below it.
Names of illegal material are digests from here on, on disk too.
"""

import hashlib
import json
import os
import tempfile
from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO
from zlib import crc32

import marisa_trie

from filterdns import dname, publish
from filterdns.blocklists.table import (
    ARRAY,
    FORMAT,
    HEADER,
    MAGIC,
    Source,
    aligned,
    filter_size,
    secret_key,
)

BLOCK = 1 << 18  # octets of each run held while merging
RUN = 200_000  # records a sorted run: about 25 MB while it is sorted
WORK = ".compiling."  # in the name of the folder where it happens; a killed run leaves one
HELD, EXCEPTED = b"+", b"-"

TRIES = 3  # more make the file 1 % smaller and look-ups 10 % dearer


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
    """Publish the table of `names` at `path`. Raises OSError, leaving what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}{WORK}") as work:
        folder = Path(work)
        sources, runs = _write_runs(folder, names)
        merged = folder / "merged"
        numbers, sets, counts = _merge(_sorted(runs), merged)
        sources = [source._replace(names=counts[number]) for number, source in enumerate(sources)]
        bits, tops = _filter(merged, len(numbers))
        about = {
            "sources": [_source(source) for source in sources],
            "sets": sets,
            "special": {name.hex(): answer for name, answer in (special or {}).items()},
            "tops": [name.hex() for name in tops],
            "inputs": inputs,
        }
        aside = folder / "table"
        text = json.dumps(about, sort_keys=True, separators=(",", ":")).encode()
        _write_table(aside, text, merged, numbers, len(sets), bits)
        publish.replace(aside, path)
        return Compiled(tuple(sources), len(numbers), path.stat().st_size)


def _source(source: Source) -> dict[str, object]:
    return source._asdict() | {"rejects": dict(source.rejects)}


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


def _sorted(runs: list[Path]) -> Iterator[bytes]:
    """The records of all runs in order. Sorting what is sorted in parts costs a third of `heapq.merge`."""
    with ExitStack() as files:
        streams = [files.enter_context(run.open("rb")) for run in runs]
        waiting: dict[IO[bytes], list[bytes]] = {stream: [] for stream in streams}
        while waiting:
            for stream in [stream for stream, block in waiting.items() if not block]:
                waiting[stream] = stream.readlines(BLOCK)
                if not waiting[stream]:
                    del waiting[stream]
            reach = min((block[-1] for block in waiting.values()), default=b"")
            ready: list[bytes] = []
            for stream, block in waiting.items():
                end = bisect_right(block, reach)
                ready += block[:end]
                waiting[stream] = block[end:]
            ready.sort()
            yield from ready


@dataclass(slots=True)
class _Case:
    """What becomes of all names with the same marks under the same state."""

    number: int | None  # of their set; None: they add nothing
    below: int  # the state under them
    times: int = 0


class _Sets:
    """Gives the sets of sources their numbers, in order of appearance, and remembers every outcome.

    A *state* is what the enclosing names hold and except, summed, as a small number; 0 is nothing.
    """

    def __init__(self) -> None:
        self.sets: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self._states: list[tuple[frozenset[int], frozenset[int]]] = [(frozenset(), frozenset())]
        self._known: dict[tuple[frozenset[int], frozenset[int]], int] = {self._states[0]: 0}

    def outcome(self, marks: tuple[bytes, ...], state: int) -> tuple[int | None, int]:
        """Marks ("+3", "-0") of one name under `state` -> number of its set (None if it adds nothing), state below."""
        held_above, excepted_above = self._states[state]
        held = {int(mark[1:]) for mark in marks if mark[:1] == HELD}
        excepted = {int(mark[1:]) for mark in marks if mark[:1] == EXCEPTED}
        new = held - held_above - excepted_above - excepted
        unheld = (excepted & held_above) - excepted_above
        below = (held_above | new, excepted_above | excepted)
        if below not in self._known:
            self._known[below] = len(self._states)
            self._states.append(below)
        if not new and not unheld:
            return None, self._known[below]
        key = (tuple(sorted(new)), tuple(sorted(unheld)))
        return self.sets.setdefault(key, len(self.sets)), self._known[below]


def _merge(records: Iterable[bytes], merged: Path) -> "tuple[array[int], list[object], Counter[int]]":
    """Write the keys of the names that matter, a line each -> their set numbers, the sets, names a source."""
    sets = _Sets()
    numbers = array("I")
    cases: dict[tuple[tuple[bytes, ...], int], _Case] = {}
    above: list[tuple[bytes, int]] = [(b"", 0)]  # enclosing names, with the state below each
    with merged.open("wb", buffering=BLOCK) as out:
        for name, marks in _marked(records):
            while not name.startswith(above[-1][0]):
                above.pop()
            state = above[-1][1]
            case = cases.get((marks, state))
            if case is None:
                case = cases[marks, state] = _Case(*sets.outcome(marks, state))
            case.times += 1
            if case.below != state:
                above.append((name, case.below))
            if case.number is not None:
                numbers.append(case.number)
                out.write(name + b"\n")
    counts: Counter[int] = Counter()
    for (marks, _), case in cases.items():
        for mark in marks:
            if mark[:1] == HELD:
                counts[int(mark[1:])] += case.times
    return numbers, list(sets.sets), counts


def _marked(records: Iterable[bytes]) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """Sorted records -> each name once, with its different marks."""
    name = b""
    marks: tuple[bytes, ...] = ()
    for record in records:
        new, _, mark = record.partition(b"\t")
        if new != name:
            if marks:
                yield name, marks
            name, marks = new, (mark,)
        elif mark != marks[-1]:
            marks += (mark,)
    if marks:
        yield name, marks


def _filter(merged: Path, names: int) -> tuple[bytearray, list[bytes]]:
    """The table's filter of domains of two labels, and the names of one label, which are too short for it."""
    bits, tops, before = bytearray(filter_size(names)), [], b""
    with merged.open("rb", buffering=BLOCK) as lines:
        for line in lines:
            key = line[: line.find(b".", line.find(b".") + 1) + 1]
            if key and key != before:
                before = key
                bit = crc32(_wire(key)) % (len(bits) * 8)
                bits[bit >> 3] |= 1 << (bit & 7)
            elif not key and line.endswith(b".\n"):
                tops.append(_wire(line[:-1]))
    return bits, tops


def _wire(key: bytes) -> bytes:
    """The name of a tree key."""
    return dname.from_labels(key[-2::-1].split(b"."))


def _write_table(  # noqa: PLR0913, PLR0917 - the parts of a table
    aside: Path, about: bytes, merged: Path, ordered: "array[int]", sets: int, bits: bytearray
) -> None:
    trie_file = aside.with_suffix(".trie")
    with merged.open(encoding="utf-8") as lines:
        keys = (line[:-1] for line in lines)
        trie = marisa_trie.Trie(keys, order=marisa_trie.WEIGHT_ORDER, num_tries=TRIES, binary=True)
    width = 1 if sets <= 1 << 8 else 2 if sets <= 1 << 16 else 4
    numbers = array(ARRAY[width], bytes(len(ordered) * width))
    with merged.open(encoding="utf-8") as lines:
        for line, number in zip(lines, ordered, strict=True):
            numbers[trie.key_id(line[:-1])] = number
    trie.save(str(trie_file))
    del trie
    header = HEADER.pack(MAGIC, FORMAT, width, len(about), trie_file.stat().st_size, len(ordered))
    with aside.open("wb") as out, trie_file.open("rb") as trie_bytes:
        digest = hashlib.sha256()
        for part in ([header + about], iter(lambda: trie_bytes.read(1 << 20), b""), [numbers.tobytes()], [bits]):
            for piece in part:
                out.write(piece)
                digest.update(piece)
            padding = bytes(aligned(out.tell()) - out.tell())
            out.write(padding)
            digest.update(padding)
        out.write(digest.digest())
        out.flush()
        os.fsync(out.fileno())
