"""The text of a list out of what came: gzip (RFC 1952), and archives of folders as UT1 ships them. Pure.

Octets flow through in pieces and are never held; nothing of an archive is ever extracted under its own name.
"""

import re
import zlib
from collections.abc import Iterable, Iterator

from filterdns.blocklists.limits import DownloadError, Limits

BLOCK = 1 << 16
RATIO_FROM = 1 << 20
"""Octets that may come out before their ratio to what went in matters."""

_GZIP = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib's number for "with the header and checksum of gzip"
_MOST_MEMBERS = 10_000  # blocked gzip has one every 64 KiB
_HEADER = 512
_NO_DATA = frozenset(b"123456")  # links, devices, folders (POSIX.1-1988 ustar)
_LIST = re.compile(rb"domains(?:\.[0-9]{1,3})?")


def text(parts: Iterable[bytes], limits: Limits, *, coded: bool, folder: str = "") -> Iterator[bytes]:
    """The plain text in pieces of up to BLOCK octets or of what went in; `coded` if HTTP itself packed it with gzip.

    `folder` says which folder of an archive is the list; it is not needed if only one has files "domains",
    "domains.0" and so on. Raises DownloadError.
    """
    gauge = _Gauge(limits)
    parts = gauge.taking(parts)
    octets = _Octets(_gunzip(parts, gauge) if coded else parts)
    if octets.peek(len(_GZIP)) == _GZIP:
        octets = _Octets(_gunzip(octets.rest(), gauge))
    yield from _untar(octets, folder.encode()) if _is_header(octets.peek(_HEADER)) else octets.rest()


class _Gauge:
    """How much went in and came out, so that a bomb is found while it is small."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.taken = 0

    def taking(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        """`parts`, counted as what goes in."""
        for part in parts:
            self.taken += len(part)
            yield part

    def check(self, made: int) -> None:
        """Raises DownloadError if so many octets are too many."""
        if made > self.limits.decoded:
            raise DownloadError(f"more than {self.limits.decoded >> 20} MiB come out of what is packed")
        if made > max(RATIO_FROM, self.limits.ratio * self.taken):
            raise DownloadError(f"what is packed grows to more than {self.limits.ratio} times its size")


class _Octets:
    """Pieces read by number of octets."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts
        self._held = b""
        self._at = 0

    def peek(self, count: int) -> bytes:
        """The next `count` octets, fewer at the end; they stay."""
        while len(self._held) - self._at < count and (part := next(self._parts, None)) is not None:
            self._held = self._held[self._at :] + part
            self._at = 0
        return self._held[self._at : self._at + count]

    def take(self, count: int) -> bytes:
        """Some of the next octets, at most `count` and only at the end none."""
        piece = self.peek(1) and self._held[self._at : self._at + count]
        self._at += len(piece)
        return piece

    def rest(self) -> Iterator[bytes]:
        """All that follows."""
        while piece := self.take(BLOCK):
            yield piece


def _gunzip(parts: Iterable[bytes], gauge: _Gauge) -> Iterator[bytes]:
    """What is in one or more members one after another; zeros that pad them are left out. Raises DownloadError."""
    unzip = zlib.decompressobj(_GZIP_WINDOW)
    made, members = 0, 1
    for part in parts:
        left = part
        while left:
            if unzip.eof:
                left = left.lstrip(b"\x00")
                if not left:
                    break
                members += 1
                if members > _MOST_MEMBERS:
                    raise DownloadError("its gzip data is in too many pieces")
                unzip = zlib.decompressobj(_GZIP_WINDOW)
            try:
                piece = unzip.decompress(left, BLOCK)
            except zlib.error:
                raise DownloadError("its gzip data is damaged") from None
            made += len(piece)
            gauge.check(made)
            if piece:
                yield piece
            left = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
    if not unzip.eof:
        raise DownloadError("its gzip data ends too soon")


def _untar(octets: _Octets, folder: bytes) -> Iterator[bytes]:
    """The files "domains" and "domains.N" of one folder, one after another; all else is passed over."""
    found: bytes | None = None
    while any(header := _exactly(octets, _HEADER)):
        if not _is_header(header):
            raise DownloadError("its archive is damaged")
        kind = header[156]
        size = 0 if kind in _NO_DATA else _octal(header[124:136])
        place = _place(header) if kind in b"0\x00" else None
        if place is None or (folder and place != folder):
            for _ in _data(octets, size):
                pass
            continue
        if found not in (None, place):
            raise DownloadError("its archive holds several lists; write # and the folder's name after its address")
        found = place
        yield from _data(octets, size)
        yield b"\n"
    for _ in octets.rest():
        pass  # so that the checksum at the very end is seen
    if found is None:
        where = f" in a folder {folder.decode()}" if folder else ""
        raise DownloadError(f'its archive holds no file "domains"{where}')


def _data(octets: _Octets, size: int) -> Iterator[bytes]:
    """The data of a member, and past what fills up its last block."""
    left = size
    while left:
        piece = octets.take(min(left, BLOCK))
        if not piece:
            raise DownloadError("its archive ends too soon")
        left -= len(piece)
        yield piece
    _exactly(octets, -size % _HEADER)


def _exactly(octets: _Octets, count: int) -> bytes:
    found = octets.peek(count)
    if len(found) < count:
        raise DownloadError("its archive ends too soon")
    while count:
        count -= len(octets.take(count))
    return found


def _place(header: bytes) -> bytes | None:
    """The name of the folder that a list lies in; None for other files and for paths that lead elsewhere."""
    path = header[:100].partition(b"\x00")[0]
    if header[257:265] == b"ustar\x0000" and header[345]:
        path = header[345:500].partition(b"\x00")[0] + b"/" + path
    parts = [part for part in path.split(b"/") if part != b"."]
    if path.startswith(b"/") or b".." in parts or not _LIST.fullmatch(parts[-1] if parts else b""):
        return None
    return parts[-2] if len(parts) > 1 else b""


def _is_header(block: bytes) -> bool:
    """Does the sum of a block stand in it, as in the header of a member of an archive?"""
    if len(block) < _HEADER or not any(block):
        return False
    try:
        return sum(block) - sum(block[148:156]) + 8 * ord(" ") == _octal(block[148:156])
    except DownloadError:
        return False


def _octal(field: bytes) -> int:
    """A number of a header; those too large for octal digits belong to files too large for us."""
    digits = field.strip(b" \x00")
    if not re.fullmatch(rb"[0-7]+", digits):
        raise DownloadError("its archive is damaged")
    return int(digits, 8)
