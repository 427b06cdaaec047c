"""`lists/kept/`: the good content of every list, as it was compiled, and the one before it.

A file is named after its list and its content, and never written again. What results.json says is in use is there,
whenever the power fails; what it does not name is cleared away by the next update.
"""

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from zlib import crc32

from filterdns import publish
from filterdns.blocklists.results import ListState

_UNSAFE = re.compile(r"[^a-z0-9]+")
_LONGEST = 60  # characters of a list's name in that of its file


class Kept:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    @contextmanager
    def aside(self) -> Iterator[Path]:
        """A place for content that is not known yet; what is still there in the end is removed."""
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".new.")
        os.close(handle)
        try:
            yield Path(name)
        finally:
            Path(name).unlink(missing_ok=True)

    def take(self, aside: Path, name: str, digest: str) -> None:
        """Keep synced content of this list under its SHA-256. Raises OSError."""
        publish.replace(aside, self._path(name, digest), keep_previous=False)

    def path(self, entry: ListState) -> Path:
        """Where the content lies that is in use."""
        return self._path(entry.id, entry.digest)

    def newest(self, name: str) -> str:
        """SHA-256 of the newest intact content that is there of a list; "" if there is none."""
        files = sorted(self._folder.glob(f"{_stem(name)}.*"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files:
            digest = _digest(file)
            if self._path(name, digest) == file:
                return digest
        return ""

    def sound(self, entry: ListState) -> ListState:
        """The list with its content if that is intact; else with the one before; else without any."""
        if not entry.digest or self._is_intact(entry.id, entry.digest):
            return entry
        left = entry.previous if entry.previous and self._is_intact(entry.id, entry.previous) else ""
        return replace(entry, digest=left, previous="", etag="", modified="", due=0.0)

    def clear(self, used: Iterable[ListState]) -> None:
        """Remove what none of these lists has in use or had before it. Raises OSError."""
        wanted = {self._path(entry.id, digest) for entry in used for digest in (entry.digest, entry.previous)}
        for file in self._folder.iterdir():
            if file not in wanted and file.is_file():
                file.unlink()

    def _path(self, name: str, digest: str) -> Path:
        return self._folder / f"{_stem(name)}.{digest[:32]}"

    def _is_intact(self, name: str, digest: str) -> bool:
        return _digest(self._path(name, digest)) == digest


def _stem(name: str) -> str:
    """A name for files that is safe, can be recognised, and is no other list's."""
    return f"{_UNSAFE.sub('-', name.casefold())[:_LONGEST].strip('-')}-{crc32(name.encode()):08x}"


def _digest(file: Path) -> str:
    """SHA-256 of a file; "" if it cannot be read."""
    try:
        with file.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError:
        return ""
