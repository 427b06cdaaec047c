"""Is a file a list at all, and is it the list that it was before? One pass over it, in bounded memory."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from filterdns.blocklists.reading import SAMPLE, Reading, detect

TOO_FEW = 10  # more rejected lines than this for each name make a file something else than a list
FEW = 20  # a list of fewer names is not compared with what it was: somebody edits it by hand
MANY = 1000  # so many names are never too many
GREW = 5  # times
SKETCH = 4096  # names that stand for all in a comparison

_JSON = re.compile(rb'\{|\[\s*["{\[\]]')


class ListError(ValueError):
    """A file that is no list, or not this one; the message continues its name ("is empty")."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a list file holds."""

    syntax: str
    digest: str  # SHA-256, hexadecimal
    names: int  # held and excepted, doublets counted
    sketch: frozenset[int]  # checksums of names below `bound`: some thousand, or all of few
    bound: int


def read(file: Path, syntax: str = "") -> Content:
    """Look through a list; its syntax is detected unless it is given. Raises OSError, and ListError if it is none."""
    with file.open("rb") as content:
        start = content.read(SAMPLE)
        _check_start(start)
        syntax = syntax or detect(start)
        content.seek(0)
        reading = Reading(content, syntax)
        sketch = _Sketch()
        sketch.add(reading.held())
        sketch.add(reading.excepted)
        if not sketch.count:
            raise ListError("holds no name")
        if reading.rejects.total() > sketch.count * TOO_FEW:
            raise ListError("is not a list: hardly any line of it gives a name")
        content.seek(0)
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Content(syntax, digest, sketch.count, frozenset(sketch.held), sketch.bound)


def compare(new: Content, old: Content, *, fleeting: bool) -> None:
    """See that `new` can be the next content of the list that was `old`. Raises ListError.

    Of a `fleeting` list most names may be others.
    """
    if new.names > max(MANY, old.names * GREW):
        raise ListError(f"holds {new.names:,} names, more than {GREW} times the {old.names:,} of before")
    if old.names < FEW:
        return
    if new.names * 2 < old.names:
        raise ListError(f"holds {new.names:,} names, fewer than half of the {old.names:,} of before")
    bound = min(new.bound, old.bound)
    before = {checksum for checksum in old.sketch if checksum < bound}
    if not fleeting and len(before & new.sketch) * 2 < len(before):
        raise ListError("holds other names: fewer than half of those of before are still there")


def _check_start(start: bytes) -> None:
    """Raises ListError if a list cannot begin so."""
    text = start.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise ListError("is empty")
    if b"\x00" in start:
        raise ListError("is not text in UTF-8")
    if text[:1] == b"<":
        raise ListError("is a web page, not a list")
    if _JSON.match(text):
        raise ListError("is JSON, not a list")


class _Sketch:
    """Counts names, and keeps the checksums of a part of them that is the same part of every list."""

    def __init__(self) -> None:
        self.count = 0
        self.held: set[int] = set()
        self.bound = 1 << 32

    def add(self, names: Iterable[str]) -> None:
        count = 0
        for name in names:
            count += 1
            checksum = crc32(name.encode())
            if checksum < self.bound:
                self.held.add(checksum)
                if len(self.held) > SKETCH:
                    self.bound >>= 1
                    self.held = {held for held in self.held if held < self.bound}
        self.count += count
