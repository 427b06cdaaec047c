"""The compiled block lists as one mapped file: which lists and categories hold this name or a parent of it.

A file is: header; a JSON object (sources, sets of sources, special names, top-level names, digest of the inputs); the
number of each bucket's first entry; a filter; the entries, bucket by bucket; some names in full, in buckets of their
own; SHA-256 of all that. A worker reads it, so this module imports nothing but xxhash beside the standard library.

One hash of a name says in which bucket its entry is, which begins with a fingerprint, another hash, and ends with the
number of its set. So a look-up takes two or three places in memory, however many names there are. Most names asked are
on no list, nor is anything else of their domain: the filter says so at the cost of one. It has a bit for each name, and
beside that of a name of two labels one for "a longer name is listed"; it may say yes to a stranger, never no to one
that is listed.

A stranger is taken for a listed name if its bit is set, as it is for one in ten, and if it has the fingerprint of one
of the sixteen in its bucket: a home with five thousand strange names a day sees that once in a thousand years. Where
that would open a name, or block it for good, it is not left to chance, because somebody could look for such a name: a
name in a set that opens, or in one of illegal material, must stand in the file in full too.

Names of illegal material are digests before they are hashed (`secret_key`), so that a list may come as digests; in full
means this digest.
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
from typing import Any, Final, NamedTuple

from xxhash import xxh3_64_digest, xxh32_intdigest

from filterdns import dname
from filterdns.blocklists.source import Holder, Source, is_exact
from filterdns.policy import category

MAGIC = b"FDNSnams"
FORMAT = 5
HEADER = struct.Struct("<8sHHIIIIQ")
"""Magic, format, octets a set number and of JSON, key of the hashes, names in full and their octets, names."""
SHA = 32
CHUNK = 1 << 20

FILTER: Final = 12  # bits a name
BELOW: Final = 1  # by which the bit that says "a longer name is listed" lies beside that which says "this name is"
BUCKET: Final = 16  # names a bucket, on average
FULL_BUCKET: Final = 4  # the same for those in full
FINGERPRINT: Final = 4  # octets
WIDEST = 4  # octets a set number

SECRET = "\u0101".encode()[:1]  # an octet that begins what stands for a name that must not be read, and no other
DIGEST = 16  # octets kept of a SHA-256: no two names of all lists ever made share so many

_EXCEPTED = 1 << 63  # marks the mask of a set with exceptions: categories lie below this bit, services above it
_ILLEGAL = category.BITS["illegal"]


class Layout(NamedTuple):
    """Where in the file the parts lie, in octets; how many buckets and bits there are, octets an entry."""

    places: int
    filter: int
    entries: int
    full_places: int
    full: int
    end: int
    buckets: int
    full_buckets: int
    bits: int
    entry: int

    @classmethod
    def of(cls, names: int, width: int, about: int, full: int, octets: int) -> "Layout":
        """For so many names, octets a set number, octets of JSON, names in full and octets of them."""
        buckets, full_buckets = buckets_for(names, BUCKET), buckets_for(full, FULL_BUCKET)
        bits, entry = bits_for(names), FINGERPRINT + width
        places = _aligned(HEADER.size + about)
        filter_at = _aligned(places + 4 * (buckets + 1))
        entries = filter_at + bits // 8
        full_places = _aligned(entries + names * entry)
        full_at = _aligned(full_places + 4 * (full_buckets + 1))
        end = full_at + octets
        return cls(places, filter_at, entries, full_places, full_at, end, buckets, full_buckets, bits, entry)


class DomainTable:
    """All names of all lists, mapped; immutable."""

    def __init__(self, mapped: mmap.mmap, about: Mapping[str, Any], layout: Layout) -> None:
        """Use `open`."""
        self.names = int(about["names"])
        self.inputs = str(about["inputs"])
        self.sources = tuple(Source(**each | {"would_block": tuple(each["would_block"])}) for each in about["sources"])
        self.special = {bytes.fromhex(name): str(answer) for name, answer in about["special"].items()}
        sets = [(tuple(held), tuple(excepted)) for held, excepted in about["sets"]]
        self._exact = frozenset(at for at, each in enumerate(sets) if is_exact(each, self.sources))
        self._secret = frozenset(at for at, each in enumerate(sets) if any(self.sources[n].is_secret for n in each[0]))
        self._sets = [((), ()) if at in self._secret else each for at, each in enumerate(sets)]
        self._allow = frozenset(number for number, source in enumerate(self.sources) if source.kind == "allow")
        self._masks = [self._mask(held, excepted) for held, excepted in self._sets]
        self._tops = frozenset(map(bytes.fromhex, about["tops"]))
        self._key = int(about["key"])
        self._mapped = mapped
        self._places = _numbers(mapped, layout.places, layout.buckets + 1)
        self._full_places = _numbers(mapped, layout.full_places, layout.full_buckets + 1)
        self._filter = layout.filter
        self._entries = layout.entries
        self._buckets = layout.buckets
        self._bits = layout.bits
        self._entry = layout.entry
        self._full = layout.full
        self._full_buckets = layout.full_buckets

    @classmethod
    def open(cls, path: Path) -> "DomainTable":
        """Map the file at `path`. Raises OSError, and ValueError saying what is wrong with the file."""
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            about, layout = _verify(handle)
            mapped = mmap.mmap(handle, 0, prot=mmap.PROT_READ)
        finally:
            os.close(handle)
        return cls(mapped, about, layout)

    def close(self) -> None:
        """Give the mapping back; the table answers nothing afterwards."""
        self._places.release()
        self._full_places.release()
        self._mapped.close()

    def tags(self, name: bytes) -> int:
        """The category and service bits of a lower-case wire name: all that hold it or a name enclosing it."""
        mask = 0
        at = last = domain = 0
        while length := name[at]:
            domain, last = last, at
            at += length + 1
        bit = place(xxh32_intdigest(name[domain:], self._key), self._bits)
        octet = self._mapped[self._filter + (bit >> 3)]
        if octet >> (bit & 7 ^ BELOW) & 1:
            at = 0
            while at < domain:
                mask |= self._mask_of(name[at:])
                at += name[at] + 1
        if octet >> (bit & 7) & 1:
            mask |= self._mask_of(name[domain:])
        if self._tops and name[last:] in self._tops:
            mask |= self._mask_of(name[last:])
        if mask & _EXCEPTED:
            mask = self._tags(self._in_force(self._holding(name)))
        return mask | _ILLEGAL if self._secret and self._is_secret(name) else mask

    def holders(self, name: bytes) -> list[Holder]:
        """Which sources hold `name`, in the table's order; those whose names are never shown are left out."""
        holding = self._holding(name)
        in_force = self._in_force(holding)
        return [
            Holder(self.sources[number], dname.to_text(holding[number]), number not in in_force)
            for number in sorted(holding)
        ]

    def _mask_of(self, name: bytes) -> int:
        """The mask of this very name; 0 if it is not in the table."""
        number = self._number(name)
        return 0 if number < 0 else self._masks[number]

    def _number(self, name: bytes) -> int:
        """The set of this very name; -1 if it is not in the table."""
        hashed = xxh32_intdigest(name, self._key)
        bit = place(hashed, self._bits)
        if not self._mapped[self._filter + (bit >> 3)] >> (bit & 7) & 1:
            return -1
        bucket = place(hashed, self._buckets)
        begin = fingerprint(name, self._key)
        size, mapped = self._entry, self._mapped
        first = self._entries + self._places[bucket] * size
        end = self._entries + self._places[bucket + 1] * size
        at = first
        while (at := mapped.find(begin, at, end)) >= 0:
            if (at - first) % size == 0:
                number = 0
                for octet in range(at + size - 1, at + FINGERPRINT - 1, -1):
                    number = number << 8 | mapped[octet]
                if number not in self._exact or self._is_in_full(name, hashed):
                    return number
            at += 1
        return -1

    def _is_in_full(self, name: bytes, hashed: int) -> bool:
        bucket = place(hashed, self._full_buckets)
        at, end = self._full + self._full_places[bucket], self._full + self._full_places[bucket + 1]
        mapped = self._mapped
        while at < end:
            first, at = at + 1, at + 1 + mapped[at]
            if mapped[first:at] == name:
                return True
        return False

    def _mask(self, held: tuple[int, ...], excepted: tuple[int, ...]) -> int:
        return self._tags(held) | (_EXCEPTED if excepted or not self._allow.isdisjoint(held) else 0)

    def _tags(self, numbers: Iterable[int]) -> int:
        return reduce(or_, (self.sources[number].tags for number in numbers), 0)

    def _holding(self, name: bytes) -> dict[int, bytes]:
        """Number of each source that holds `name` -> the outermost name of it that encloses `name`."""
        holding: dict[int, bytes] = {}
        excepted: set[int] = set()
        for enclosing in reversed([*dname.parents(name)]):
            if (at := self._number(enclosing)) >= 0:
                held, unheld = self._sets[at]
                for number in held:
                    holding.setdefault(number, enclosing)
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
            if self._number(secret_key(host).encode()) in self._secret:
                return True
            host = host.partition(".")[2]
        return False


def secret_key(host: str) -> str:
    """What stands for a name that must not be read; no wire name, nor what stands for one elsewhere, begins like it.

    `host` is a lower-case host name without the final dot, or the 64 hexadecimal digits of its SHA-256.
    """
    octets = hashlib.sha256(host.encode()).digest() if "." in host else bytes.fromhex(host)
    return f"\u0101{b64encode(octets[:DIGEST], b'-_').decode().rstrip('=')}"


def buckets_for(names: int, each: int) -> int:
    """How many there are for so many names, `each` of them in one on average."""
    return names // each + 1


def bits_for(names: int) -> int:
    """Of the filter of so many names."""
    return 8 * _aligned(names * FILTER // 8 + 1)


def place(hashed: int, parts: int) -> int:
    """Which of so many buckets, or bits of the filter, a name with this hash of 32 bits has.

    Compiled, numbers of up to 30 bits are multiplied in a tenth of the time that longer ones take.
    """
    return (hashed >> 2) * parts >> 30


def fingerprint(name: bytes, key: int) -> bytes:
    """What a name's entry begins with."""
    return xxh3_64_digest(name, key)[:FINGERPRINT]


def _numbers(mapped: mmap.mmap, first: int, many: int) -> "memoryview[int]":
    """So many numbers of 32 bits."""
    return memoryview(mapped)[first : first + 4 * many].cast("I")


def _aligned(at: int) -> int:
    return (at + 7) & ~7


def _verify(handle: int) -> tuple[dict[str, Any], Layout]:
    """Read the whole file through its descriptor -> JSON object, and where the rest lies.

    Reading instead of mapping keeps the pages out of this process's memory. Raises ValueError.
    """
    size = os.fstat(handle).st_size
    head = os.pread(handle, HEADER.size, 0)
    if len(head) < HEADER.size:
        raise ValueError("is empty" if not head else "is cut short")
    magic, form, width, about_size, key, full, octets, names = HEADER.unpack(head)
    if magic != MAGIC:
        raise ValueError("is not a table of names")
    if form != FORMAT or not 1 <= width <= WIDEST:
        raise ValueError(f"has format {form}, this program reads format {FORMAT}")
    layout = Layout.of(names, width, about_size, full, octets)
    if size != layout.end + SHA:
        raise ValueError("is cut short" if size < layout.end + SHA else "has something after its end")
    if _digest(handle, layout.end) != os.pread(handle, SHA, layout.end):
        raise ValueError("does not match its checksum")
    about = json.loads(os.pread(handle, about_size, HEADER.size))
    return about | {"names": names, "key": key}, layout


def _digest(handle: int, end: int) -> bytes:
    """SHA-256 of the first `end` octets; other threads run meanwhile."""
    hashed = hashlib.sha256()
    at = 0
    while at < end and (chunk := os.pread(handle, min(CHUNK, end - at), at)):
        hashed.update(chunk)
        at += len(chunk)
    return hashed.digest()
