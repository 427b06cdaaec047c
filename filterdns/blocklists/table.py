"""The compiled block lists as one mapped file: which lists and categories hold this name or a parent of it.

A file is: header; a JSON object (sources, sets of sources, special names, digest of the inputs); a marisa trie
of the names; one set number a name; SHA-256 of all that. Each part starts at a multiple of 8. A worker reads
it, so this module imports nothing but marisa_trie beside the standard library.
"""

import hashlib
import json
import mmap
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, Literal

import marisa_trie

from filterdns import dname
from filterdns.policy import category

MAGIC = b"FDNSnams"
FORMAT = 1
HEADER = struct.Struct("<8sHHIQQ")  # magic, format, octets a set number, octets of JSON, octets of trie, names
SHA = 32
CHUNK = 1 << 20

_EXCEPTED = 1 << 63  # marks the mask of a set with exceptions: categories lie below this bit, services above it
ARRAY: Mapping[int, Literal["B", "H", "I"]] = {1: "B", 2: "H", 4: "I"}  # octets a set number -> its array code


@dataclass(frozen=True, slots=True)
class Source:
    """Where names come from: a list, a service of the catalogue or a built-in collection."""

    id: str
    kind: str  # "list", "service" or "builtin"
    category: str
    title: str
    service: int | None = None  # catalogue number, for kind "service"
    names: int = 0  # different names it holds
    syntax: str = ""
    rejects: Mapping[str, int] = field(default_factory=dict)  # reason -> lines

    @property
    def tags(self) -> int:
        """The bits a name has because this source holds it. Raises ValueError for a category nobody knows."""
        if self.category not in category.BITS:
            raise ValueError(f"unknown category {self.category!r}")
        service = 0 if self.service is None else category.service_bit(self.service)
        return category.BITS[self.category] | service

    @property
    def is_secret(self) -> bool:
        """May no name of it ever be shown?"""
        return self.category == "illegal"


class DomainTable:
    """All names of all lists, mapped; immutable."""

    def __init__(self, mapped: mmap.mmap, about: Mapping[str, Any], trie_at: int, trie_size: int, width: int) -> None:
        """Use `open`."""
        view = memoryview(mapped)
        sets_at = _aligned(trie_at + trie_size)
        self.names = int(about["names"])
        self.inputs = str(about["inputs"])
        self.sources = tuple(Source(**source) for source in about["sources"])
        self.special = {bytes.fromhex(name): str(answer) for name, answer in about["special"].items()}
        self._sets = [(tuple(held), tuple(excepted)) for held, excepted in about["sets"]]
        self._masks = [
            reduce(or_, (self.sources[number].tags for number in held), _EXCEPTED if excepted else 0)
            for held, excepted in self._sets
        ]
        self._mapped = mapped
        self._trie = marisa_trie.Trie().map(view[trie_at : trie_at + trie_size])
        self._numbers = view[sets_at : sets_at + self.names * width].cast(ARRAY[width])

    @classmethod
    def open(cls, path: Path) -> "DomainTable":
        """Map the file at `path`. Raises OSError, and ValueError saying what is wrong with the file."""
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            about, trie_at, trie_size, width = _verify(handle)
            mapped = mmap.mmap(handle, 0, prot=mmap.PROT_READ)
        finally:
            os.close(handle)
        return cls(mapped, about, trie_at, trie_size, width)

    def close(self) -> None:
        """Give the mapping back; the table answers nothing afterwards."""
        del self._trie
        self._numbers.release()
        self._mapped.close()

    def tags(self, name: bytes) -> int:
        """The category and service bits of a lower-case wire name: all that hold it or a name enclosing it."""
        key = dname.quick_tree_key(name)
        mask = 0
        numbers, masks = self._numbers, self._masks
        for _, key_id in self._trie.iter_prefixes_with_ids(key):
            mask |= masks[numbers[key_id]]
        if mask and (mask & _EXCEPTED or not dname.is_exact(key, name)):
            return reduce(or_, (self.sources[number].tags for number in self._holding(name)), 0)
        return mask

    def holders(self, name: bytes) -> list[tuple[str, str]]:
        """Which sources hold `name`, each with the listed name, in the table's order of sources.

        Of several enclosing names of one source the outermost is given, and "" for what must never be shown.
        """
        holding = self._holding(name)
        return [
            (source.id, "" if source.is_secret else dname.to_text(holding[number]))
            for number, source in enumerate(self.sources)
            if number in holding
        ]

    def below(self, name: bytes) -> list[str]:
        """The listed host names below `name`, in order."""
        key = dname.tree_key(name)
        return sorted(found[-2::-1] for found in self._trie.iterkeys(key) if found != key)

    def _holding(self, name: bytes) -> dict[int, bytes]:
        """Number of each source that holds `name` -> the outermost name of it that encloses `name`."""
        holding: dict[int, bytes] = {}
        excepted: set[int] = set()
        for key, key_id in self._trie.iter_prefixes_with_ids(dname.tree_key(name)):
            held, unheld = self._sets[self._numbers[key_id]]
            for number in held:
                holding.setdefault(number, name[-len(key) - 1 :])
            excepted.update(unheld)
        return {number: listed for number, listed in holding.items() if number not in excepted}


def _aligned(at: int) -> int:
    return (at + 7) & ~7


def _verify(handle: int) -> tuple[dict[str, Any], int, int, int]:
    """Read the whole file through its descriptor -> JSON object, place and size of the trie, octets a set number.

    Reading instead of mapping keeps the pages out of this process's memory. Raises ValueError.
    """
    size = os.fstat(handle).st_size
    head = os.pread(handle, HEADER.size, 0)
    if len(head) < HEADER.size:
        raise ValueError("is empty" if not head else "is cut short")
    magic, form, width, about_size, trie_size, names = HEADER.unpack(head)
    if magic != MAGIC:
        raise ValueError("is not a table of names")
    if form != FORMAT or width not in ARRAY:
        raise ValueError(f"has format {form}, this program reads format {FORMAT}")
    trie_at = _aligned(HEADER.size + about_size)
    end = _aligned(_aligned(trie_at + trie_size) + names * width)
    if size != end + SHA:
        raise ValueError("is cut short" if size < end + SHA else "has something after its end")
    if _digest(handle, end) != os.pread(handle, SHA, end):
        raise ValueError("does not match its checksum")
    about = json.loads(os.pread(handle, about_size, HEADER.size))
    return about | {"names": names}, trie_at, trie_size, width


def _digest(handle: int, end: int) -> bytes:
    """SHA-256 of the first `end` octets; other threads run meanwhile."""
    digest = hashlib.sha256()
    at = 0
    while at < end and (chunk := os.pread(handle, min(CHUNK, end - at), at)):
        digest.update(chunk)
        at += len(chunk)
    return digest.digest()
