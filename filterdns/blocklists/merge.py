"""Sorted runs of records of many sources -> each name that matters once, with the number of its set of sources.

A record is a line of a host name spelt backwards ("gro.elpmaxe."), tab, a sign and the number of its source. As no
label holds a dot or a tab, sorting the lines puts every enclosing name right before all that lies below it.
"""

from array import array
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from filterdns.blocklists.source import Source

BLOCK = 1 << 18  # octets of each run held while merging
HELD, EXCEPTED = b"+", b"-"

MOST = 50
"""So many names are told of each list that it would block and must not."""


def _sorted(runs: Sequence[Path]) -> Iterator[bytes]:
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
    """What becomes of all names with the same signs under the same state."""

    number: int | None  # of their set; None: they add nothing
    below: int  # the state under them
    wrong: tuple[int, ...]  # numbers of the lists that would block them and must not
    times: int = 0


class _Sets:
    """Gives the sets of sources their numbers, in order of appearance, and remembers every outcome.

    A *state* is what the enclosing names hold and except, summed, as a small number; 0 is nothing.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sets: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
        self._states: list[tuple[frozenset[int], frozenset[int]]] = [(frozenset(), frozenset())]
        self._known: dict[tuple[frozenset[int], frozenset[int]], int] = {self._states[0]: 0}
        self._lists = frozenset(number for number, source in enumerate(sources) if source.kind == "list")
        self._protected = frozenset(number for number, source in enumerate(sources) if source.is_protected)

    def outcome(self, signs: tuple[bytes, ...], state: int) -> _Case:
        """What becomes of a name with these signs ("+3", "-0") under `state`."""
        held_above, excepted_above = self._states[state]
        held = {int(sign[1:]) for sign in signs if sign[:1] == HELD}
        excepted = {int(sign[1:]) for sign in signs if sign[:1] == EXCEPTED}
        new = held - held_above - excepted_above - excepted
        unheld = (excepted & held_above) - excepted_above
        below = (held_above | new, excepted_above | excepted)
        if below not in self._known:
            self._known[below] = len(self._states)
            self._states.append(below)
        number = None
        if new or unheld:
            key = (tuple(sorted(new)), tuple(sorted(unheld)))
            number = self.sets.setdefault(key, len(self.sets))
        return _Case(number, self._known[below], self._wrong(new, below[0] - below[1]))

    def _wrong(self, new: set[int], holding: frozenset[int]) -> tuple[int, ...]:
        """Of what holds a protected name all lists, of what holds one below it those that do not enclose it too."""
        if self._protected.isdisjoint(holding):
            return ()
        return tuple(sorted(self._lists & (new if self._protected.isdisjoint(new) else holding)))


@dataclass(frozen=True, slots=True)
class Merged:
    """The names that matter, spelt backwards, a line each of a file; the number of the set of each; and the sets."""

    path: Path
    numbers: "array[int]"
    sets: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]  # of each number: what it holds, and what it excepts
    sources: Sequence[Source]  # with what became of them


def merge(runs: Sequence[Path], merged: Path, sources: Sequence[Source]) -> Merged:
    """Write to `merged` what the runs of sorted records say."""
    sets = _Sets(sources)
    numbers = array("I")
    cases: dict[tuple[tuple[bytes, ...], int], _Case] = {}
    wrong: defaultdict[int, list[str]] = defaultdict(list)
    above: list[tuple[bytes, int]] = [(b"", 0)]  # enclosing names, with the state below each
    with merged.open("wb", buffering=BLOCK) as out:
        for name, signs in _marked(_sorted(runs)):
            while not name.startswith(above[-1][0]):
                above.pop()
            state = above[-1][1]
            case = cases.get((signs, state))
            if case is None:
                case = cases[signs, state] = sets.outcome(signs, state)
            case.times += 1
            if case.below != state:
                above.append((name, case.below))
            if case.number is not None:
                numbers.append(case.number)
                out.write(name + b"\n")
            for number in case.wrong:
                if len(wrong[number]) < MOST:
                    wrong[number].append(name[-2::-1].decode())
    counts = _counted(cases)
    found = [
        source._replace(names=counts[number], would_block=tuple(sorted(wrong[number])))
        for number, source in enumerate(sources)
    ]
    return Merged(merged, numbers, list(sets.sets), found)


def _counted(cases: Mapping[tuple[tuple[bytes, ...], int], _Case]) -> Counter[int]:
    """Different names a source."""
    counts: Counter[int] = Counter()
    for (signs, _), case in cases.items():
        for sign in signs:
            if sign[:1] == HELD:
                counts[int(sign[1:])] += case.times
    return counts


def _marked(records: Iterable[bytes]) -> Iterator[tuple[bytes, tuple[bytes, ...]]]:
    """Sorted records -> each name once, with its different signs."""
    name = b""
    signs: tuple[bytes, ...] = ()
    for record in records:
        new, _, sign = record.partition(b"\t")
        if new != name:
            if signs:
                yield name, signs
            name, signs = new, (sign,)
        elif sign != signs[-1]:
            signs += (sign,)
    if signs:
        yield name, signs
