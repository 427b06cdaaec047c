"""The compiled block lists as one mapped file: which lists and categories hold this name or a parent of it.

A file is: header; a JSON object (sources, sets of sources, special names, top-level names, digest of the inputs); a
marisa trie of the names; one set number a name; a filter, which is a bit set for the last two labels of each name;
SHA-256 of all that. Each part starts at a multiple of 8. A worker reads it, so this module imports nothing but
marisa_trie beside the standard library.

Most names asked are on no list, nor is anything else of their domain: the filter says so at the cost of one place in
memory, where the trie takes a dozen. It may say yes to what is not held, and never no to what is.

Names of illegal material are in the trie as digests only (`secret_key`): whoever has the file can ask it about a
name, and cannot read the names out of it.
"""

import hashlib
import json
import mmap
import os
import struct
from base64 import b64encode
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple
from zlib import crc32

import marisa_trie

from filterdns import dname
from filterdns.policy import category

MAGIC = b"FDNSnams"
FORMAT = 3
HEADER = struct.Struct("<8sHHIQQ")  # magic, format, octets a set number, octets of JSON, octets of trie, names
SHA = 32
CHUNK = 1 << 20

FILTER: Final = 5  # bits a name, by which one of six strangers is taken for one of the table's

DIGEST = 16  # octets kept of a SHA-256: no two names of all lists ever made share so many

_EXCEPTED = 1 << 63  # marks the mask of a set with exceptions: categories lie below this bit, services above it
_ILLEGAL = category.BITS["illegal"]
ARRAY: Mapping[int, Literal["B", "H", "I"]] = {1: "B", 2: "H", 4: "I"}  # octets a set number -> its array code


class Source(NamedTuple):
    """Where names come from: a list, a service of the catalogue or a built-in collection."""

    id: str
    kind: str  # "list", "service", "builtin" or "allow"
    category: str  # "allow" for that kind
    title: str
    service: int | None = None  # catalogue number, for kind "service"
    names: int = 0  # different names it holds
    syntax: str = ""
    rejects: Mapping[str, int] = MappingProxyType({})  # reason -> lines

    @property
    def tags(self) -> int:
        """The bits a name has because this source holds it. Raises ValueError for a category nobody knows."""
        if self.kind == "allow":
            return 0
        if self.category not in category.BITS:
            raise ValueError(f"unknown category {self.category!r}")
        service = 0 if self.service is None else category.service_bit(self.service)
        return category.BITS[self.category] | service

    @property
    def is_secret(self) -> bool:
        """May no name of it ever be shown?"""
        return self.category == "illegal"

    @property
    def yields(self) -> bool:
        """Does an allow list take names out of this source?

        It corrects lists, those of malware too, and the built-in names of what a parent may choose. What is illegal,
        help, essential, a service or a search engine without a safe form is not for it to say, and the built-in ways
        round the filter stay closed to a list that somebody else writes.
        """
        if self.kind == "builtin":
            return self.category in category.CHOICES and self.category != "bypass"
        return self.kind == "list" and not self.is_secret


class Holder(NamedTuple):
    """A source that lists a name, or one that encloses it."""

    source: Source
    listed: str  # of several enclosing names the outermost
    is_overruled: bool  # an allow list, which is among the holders too, takes the name out of this source


class DomainTable:
    """All names of all lists, mapped; immutable."""

    def __init__(self, mapped: mmap.mmap, about: Mapping[str, Any], trie_at: int, trie_size: int, width: int) -> None:
        """Use `open`."""
        view = memoryview(mapped)
        sets_at = aligned(trie_at + trie_size)
        self.names = int(about["names"])
        self.inputs = str(about["inputs"])
        self.sources = tuple(Source(**source) for source in about["sources"])
        self.special = {bytes.fromhex(name): str(answer) for name, answer in about["special"].items()}
        self._sets = [(tuple(held), tuple(excepted)) for held, excepted in about["sets"]]
        self._allow = frozenset(number for number, source in enumerate(self.sources) if source.kind == "allow")
        self._has_secrets = any(source.is_secret and source.names for source in self.sources)
        self._masks = [self._mask(held, excepted) for held, excepted in self._sets]
        self._mapped = mapped
        self._trie = marisa_trie.Trie().map(view[trie_at : trie_at + trie_size])
        self._numbers = view[sets_at : sets_at + self.names * width].cast(ARRAY[width])
        self._tops = frozenset(map(bytes.fromhex, about["tops"]))
        self._filter = view[aligned(sets_at + self.names * width) : -SHA]
        self._bits = len(self._filter) * 8

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
        self._trie = None
        self._numbers.release()
        self._filter.release()
        self._mapped.close()

    def tags(self, name: bytes) -> int:
        """The category and service bits of a lower-case wire name: all that hold it or a name enclosing it."""
        mask = 0
        if self._may_hold(name):
            key = dname.quick_tree_key(name)
            numbers, masks = self._numbers, self._masks
            for _, key_id in self._trie.iter_prefixes_with_ids(key):
                mask |= masks[numbers[key_id]]
            if mask and (mask & _EXCEPTED or not dname.is_exact(key, name)):
                mask = self._tags(self._in_force(self._holding(name)))
        return mask | _ILLEGAL if self._has_secrets and self._is_secret(name) else mask

    def holders(self, name: bytes) -> list[Holder]:
        """Which sources hold `name`, in the table's order; those whose names are never shown are left out."""
        holding = self._holding(name)
        in_force = self._in_force(holding)
        return [
            Holder(self.sources[number], dname.to_text(holding[number]), number not in in_force)
            for number in sorted(holding)
        ]

    def below(self, name: bytes) -> list[str]:
        """The listed host names below `name`, in order."""
        key = dname.tree_key(name)
        return sorted(found[-2::-1] for found in self._trie.iterkeys(key) if found != key)

    def _may_hold(self, name: bytes) -> bool:
        """May the name, or one that encloses it, be in the trie?"""
        at = last = domain = 0
        while length := name[at]:
            domain, last = last, at
            at += length + 1
        if self._tops and name[last:] in self._tops:
            return True
        bit = crc32(name[domain:]) % self._bits
        return self._filter[bit >> 3] >> (bit & 7) & 1 != 0

    def _mask(self, held: tuple[int, ...], excepted: tuple[int, ...]) -> int:
        return self._tags(held) | (_EXCEPTED if excepted or not self._allow.isdisjoint(held) else 0)

    def _tags(self, numbers: Iterable[int]) -> int:
        return reduce(or_, (self.sources[number].tags for number in numbers), 0)

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

    def _in_force(self, numbers: Iterable[int]) -> set[int]:
        """Leave out of the numbers of sources those that an allow list among them overrules."""
        found = set(numbers)
        return found if found.isdisjoint(self._allow) else {n for n in found if not self.sources[n].yields}

    def _is_secret(self, name: bytes) -> bool:
        """Is the name, or one with at least two labels that encloses it, held by a list of illegal material?"""
        host = dname.to_text(name)
        while "." in host:
            if secret_key(host) in self._trie:
                return True
            host = host.partition(".")[2]
        return False


def secret_key(host: str) -> str:
    """The key under which the trie holds a name that must not be read: no key of a wire name begins like it.

    `host` is a lower-case host name without the final dot, or the 64 hexadecimal digits of its SHA-256.
    """
    digest = hashlib.sha256(host.encode()).digest() if "." in host else bytes.fromhex(host)
    return f"\u0101{b64encode(digest[:DIGEST], b'-_').decode().rstrip('=')}"


def filter_size(names: int) -> int:
    """Octets of the filter for so many names."""
    return aligned(names * FILTER // 8 + 1)


def aligned(at: int) -> int:
    """Where a part begins after one that ends at `at`."""
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
    trie_at = aligned(HEADER.size + about_size)
    end = aligned(aligned(trie_at + trie_size) + names * width) + filter_size(names)
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
