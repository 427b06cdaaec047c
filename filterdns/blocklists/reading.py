"""A list file -> the names it holds, in blocks, with a counted reason for every line that gives none."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import BinaryIO

from filterdns.blocklists.syntax import NOTHING, SYNTAXES, Line, LineError, Syntax, bare

BLOCK = 1 << 18  # octets read at a time
LONGEST_LINE = 4096
SAMPLE = 1 << 16  # octets that `detect` looks at

_AROUND = " \t\r\ufeff"  # the last is a mark of byte order, which stands in the middle of lists put together


class Reading:
    """One pass over a list; `excepted` and `rejects` are complete when `held` is exhausted."""

    def __init__(self, file: BinaryIO, syntax: str, refused: Mapping[str, str] = MappingProxyType({})) -> None:
        """Read `file` from where it stands; `refused` are names that are no entry, with the reason to count them under.

        Raises KeyError for a syntax nobody knows.
        """
        self.excepted: list[str] = []
        self.rejects: Counter[str] = Counter()
        self._file = file
        self._syntax = SYNTAXES[syntax]
        self._refused = refused

    def held(self) -> Iterator[str]:
        """The names the list holds, in its order; some may come twice. Raises OSError."""
        for block in _blocks(self._file):
            parts = self._syntax.plain.split(block)
            names = parts[1::2]
            sure = self._syntax.sure
            if max(map(len, names), default=0) <= sure:
                yield from self._entries(names)
            else:
                for name in names:
                    yield from self._entries((name,) if len(name) <= sure else self._line(name, bare))
            left_over = "".join(parts[::2])
            if left_over:
                for line in left_over.split("\n"):
                    yield from self._entries(self._line(line, self._syntax.read))

    def _entries(self, names: Sequence[str]) -> Sequence[str]:
        """Those that are not refused."""
        if self._refused.keys().isdisjoint(names):
            return names
        self.rejects.update(self._refused[name] for name in names if name in self._refused)
        return [name for name in names if name not in self._refused]

    def _line(self, line: str, read: Callable[[str], Line]) -> tuple[str, ...]:
        if len(line) > LONGEST_LINE:
            self.rejects["line too long"] += 1
            return ()
        try:
            held, excepted = read(line.strip(_AROUND))
        except LineError as reason:
            self.rejects[str(reason)] += 1
            return ()
        self.excepted += excepted
        return held


def detect(sample: bytes) -> str:
    """The syntax in which most lines of a list's beginning make sense; "domains" if none does better."""
    lines = _text(sample[:SAMPLE]).split("\n")[:2000]
    return max(SYNTAXES, key=lambda name: _sense(SYNTAXES[name], lines))


def _sense(syntax: Syntax, lines: list[str]) -> tuple[int, int]:
    """How many lines say something in `syntax`, and how many of them in its plain form."""
    plain = sum(syntax.plain.fullmatch(line + "\n") is not None for line in lines)
    sensible = 0
    for line in lines:
        try:
            sensible += syntax.read(line.strip(_AROUND)[:LONGEST_LINE]) != NOTHING
        except LineError:
            continue
    return sensible, plain


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace").lower()


def _blocks(file: BinaryIO) -> Iterator[str]:
    """The text of the file in blocks of whole lines, lower-case; of an endless line only the beginning."""
    rest = b""
    first = True
    while chunk := file.read(BLOCK):
        if first:
            chunk = chunk.removeprefix(b"\xef\xbb\xbf")
            first = False
        whole, end, tail = chunk.rpartition(b"\n")
        if end:
            yield _text(rest + whole + end)
            rest = b""
        rest = (rest + tail)[: 4 * LONGEST_LINE + 1]
    if rest:
        yield _text(rest) + "\n"
