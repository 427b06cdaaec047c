"""The package's only way to the web: one list, fetched over HTTPS into a file, with a cap on everything.

The server is not trusted. What comes is counted and unpacked as it comes, and never held; no error holds a word of it.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from time import monotonic
from urllib.parse import urljoin

import filterdns
from filterdns.blocklists import origin as origins
from filterdns.blocklists import unpack
from filterdns.blocklists.connection import Resolve, Stream, Way
from filterdns.blocklists.limits import LIMITS, DownloadError, Limits
from filterdns.blocklists.origin import Origin

__all__ = ["DownloadError", "Fetched", "Limits", "fetch"]

ROOM = 3
"""A list comes in only where there is room for so many of its size: it is kept, read and compiled."""

_OK, _NOT_MODIFIED = 200, 304
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_STATUS: Mapping[int, str] = {
    401: "the server wants a password for it", 403: "the server does not give it to us",
    404: "the server has no such list (any more)", 410: "the server has no such list any more",
    429: "the server says that we ask too often",
}  # fmt: skip
_WEB_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_LONGEST_FIELD = 256

Progress = Callable[[int, int | None], None]
"""Told the octets that came, and how many there will be if that is known."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came. `etag` and `modified` are to be given at the next time; `size` is in octets written."""

    etag: str
    modified: str
    size: int
    changed: bool  # False: the server says that it is still the same (304), and there is no file


def fetch(  # noqa: PLR0913 - what was had before, and what is allowed
    url: str,
    aside: Path,
    *,
    etag: str = "",
    modified: str = "",
    resolve: Resolve,
    lan: bool = False,
    limits: Limits = LIMITS,
    progress: Progress | None = None,
) -> Fetched:
    """Write the plain text of the list at `url` to `aside`, synced, if it is another than `etag` and `modified` say.

    `lan`: the source is in the home network; then private addresses, more ports and plain http are allowed.
    What follows "#" in `url` says which folder of an archive is the list.
    Raises DownloadError. When it does, or when nothing changed, there is no `aside`.
    """
    known = {"If-None-Match": _fit(etag), "If-Modified-Since": _fit(modified)}
    way = Way(resolve, lan, limits, monotonic() + limits.total)
    fetched = None
    try:
        fetched = _fetch(url, aside, known, way, progress)
    finally:
        if not (fetched and fetched.changed):
            aside.unlink(missing_ok=True)
    return fetched


def _fetch(url: str, aside: Path, known: Mapping[str, str], way: Way, progress: Progress | None) -> Fetched:
    """Follow the redirects to the list."""
    origin = origins.read(url, lan=way.lan, limits=way.limits)
    folder = origin.folder
    for _ in range(way.limits.redirects + 1):
        # HTTPResponse asks no more of a socket than makefile.
        with closing(way.connect(origin)) as stream, HTTPResponse(stream) as response:  # type: ignore[arg-type]
            _ask(origin, known, stream, response)
            stream.most = way.limits.wire + way.limits.headers
            if response.status == _NOT_MODIFIED and any(known.values()):
                return Fetched(known["If-None-Match"], known["If-Modified-Since"], 0, changed=False)
            if response.status not in _REDIRECTS:
                coded = _check_header(response, way.limits)
                text = unpack.text(_body(response, progress), way.limits, coded=coded, folder=folder)
                size = _write(aside, text, response.length or 0, way.limits.lines)
                etag, modified = (_fit(response.headers.get(name, "")) for name in ("ETag", "Last-Modified"))
                return Fetched(etag, modified, size, changed=True)
            origin = _redirected(origin, response.headers.get("Location", ""), way)
    raise DownloadError(f"the server sends us on more than {way.limits.redirects} times")


def _redirected(origin: Origin, location: str, way: Way) -> Origin:
    try:
        url = urljoin(str(origin), location)
    except ValueError:
        raise DownloadError("the server sends us on to what is no address") from None
    try:
        target = origins.read(url, lan=way.lan, limits=way.limits)
    except DownloadError as error:
        raise DownloadError(f"the server sends us on, but {error}") from None
    if not target.tls:
        raise DownloadError("the server sends us on to an address without TLS (http://)")
    return target


def _ask(origin: Origin, known: Mapping[str, str], stream: Stream, response: HTTPResponse) -> None:
    """Send the request (RFC 9110, RFC 9112), read the header of the answer."""
    fields = {
        "Host": origin.authority, "User-Agent": f"FilterDNS/{filterdns.__version__}", "Accept": "*/*",
        "Accept-Encoding": "gzip", "Connection": "close", **{name: value for name, value in known.items() if value},
    }  # fmt: skip
    lines = [f"GET {origin.target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "", ""]
    stream.send("\r\n".join(lines).encode("latin-1"))
    try:
        response.begin()
    except (HTTPException, ValueError):
        raise DownloadError("what the server answers is not HTTP") from None


def _check_header(response: HTTPResponse, limits: Limits) -> bool:
    """Is the body packed by HTTP? Raises DownloadError for an answer that is no list."""
    fields = response.headers
    if response.status != _OK:
        words = _STATUS.get(response.status, "the server does not give it to us now")
        raise DownloadError(f"{words} (status {response.status})")
    if fields.get_content_type() in _WEB_PAGES:
        raise DownloadError("the server sends a web page, not a list")
    coding = ",".join(fields.get_all("Content-Encoding", [])).strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise DownloadError("the server packs it in a way that we do not read")
    if ",".join(fields.get_all("Transfer-Encoding", ["chunked"])).strip().lower() != "chunked":
        raise DownloadError("the server packs it in a way that we do not read")
    lengths = set(fields.get_all("Content-Length", []))
    if not response.chunked and lengths and lengths != {str(response.length)}:
        raise DownloadError("what the server answers is not HTTP")
    if (response.length or 0) > limits.wire:
        raise DownloadError(f"it is larger than {limits.wire >> 20:,} MiB")
    return coding in ("gzip", "x-gzip")


def _fit(field: str) -> str:
    """A field that is sent back one day; "" if it is not fit for that."""
    return field if len(field) <= _LONGEST_FIELD and field.isascii() and field.isprintable() else ""


def _body(response: HTTPResponse, progress: Progress | None) -> Iterator[bytes]:
    expected, taken = response.length, 0
    try:
        while part := response.read1(unpack.BLOCK):
            taken += len(part)
            if progress:
                progress(taken, expected)
            yield part
    except HTTPException:
        raise DownloadError("the connection broke off") from None
    if response.length:
        raise DownloadError(f"the connection broke off: {taken:,} of {expected:,} octets came")


def _write(aside: Path, parts: Iterator[bytes], expected: int, most_lines: int) -> int:
    """Write and sync -> octets."""
    size = lines = 0
    try:
        room = shutil.disk_usage(aside.parent).free
        if expected * ROOM > room:
            raise DownloadError(f"there is no room for it: {room >> 20:,} MiB are free")
        with aside.open("wb") as file:
            for part in parts:
                lines += part.count(b"\n")
                if lines > most_lines:
                    raise DownloadError(f"it has more than {most_lines:,} lines")
                size += file.write(part)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise DownloadError(f"it could not be written: {(error.strerror or str(error)).lower()}") from None
    return size
