"""An update that somebody wants at once, and how far a running one has come: a few small files.

The page starts no programs. It asks for an update by changing a file, and whoever runs updates (`serve`, or systemd's
path unit) sees that. What is wanted beside what is due lies in another file, which the update takes away.
"""

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, Self

from filterdns.alive import runs

ASKED = "lists/asked"
"""A file in the state folder that changes when an update is wanted."""

_ORDER, _PROGRESS = "update-wanted", "update.json"
_EVERY = 0.5  # seconds between two notes of the same download
_MOST_BYTES = 1 << 16


class Progress(NamedTuple):
    """How far an update has come."""

    pid: int
    started: int  # epoch
    lists: int = 0  # whose download has begun or ended
    of: int = 0  # about how many there will be
    name: str = ""  # id of the list that comes in; "" while names are put together, or nothing has begun
    came: int = 0  # octets of it
    size: int | None = None  # octets that it will have
    step: str = ""  # what is done beside downloads, in English; "" while nothing is


def ask(state: Path) -> None:
    """Want an update now. Raises OSError."""
    (state / ASKED).parent.mkdir(parents=True, exist_ok=True)
    (state / ASKED).touch()


def asked(state: Path) -> int:
    """When one was asked for last, in epoch nanoseconds; 0 for never."""
    try:
        return (state / ASKED).stat().st_mtime_ns
    except OSError:
        return 0


def order(state: Path, accept: frozenset[str] = frozenset()) -> None:
    """Want every list looked for now, due or not, and those of `accept` taken however they look. Raises OSError."""
    accept |= _read_order(state) or frozenset()
    folder = state / "run"
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / _ORDER, {"accept": sorted(accept)})
    ask(state)


def ordered(state: Path) -> bool:
    """Does an order wait for an update to begin?"""
    return (state / "run" / _ORDER).exists()


def take(state: Path) -> frozenset[str] | None:
    """The lists of the order that waits, which is taken by this; None if none does."""
    found = _read_order(state)
    try:
        (state / "run" / _ORDER).unlink(missing_ok=True)
    except OSError:
        return None
    return found


def progress(state: Path) -> Progress | None:
    """Of the update that runs; None if none does."""
    try:
        told = json.loads((state / "run" / _PROGRESS).read_bytes()[:_MOST_BYTES])
        found = Progress(**{name: told[name] for name in Progress._fields})
        return found if runs(int(found.pid)) else None
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Telling:
    """Leaves the progress of this process's update for whoever looks; what cannot be written is not told."""

    def __init__(self, state: Path, clock: Callable[[], float] = time.time) -> None:
        self._path = state / "run" / _PROGRESS
        self._clock = clock
        self._last = 0.0  # epoch
        self._seen: set[str] = set()
        self._now = Progress(os.getpid(), int(clock()))

    def __enter__(self) -> Self:
        self._tell()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return

    def wanted(self, lists: int) -> None:
        """So many lists may be asked for."""
        self._tell(of=lists)

    def came(self, name: str, octets: int, size: int | None) -> None:
        """So many octets of this list came (`intake.Watch`)."""
        is_new = name not in self._seen
        self._seen.add(name)
        if is_new or not 0 <= self._clock() - self._last < _EVERY:
            self._tell(lists=len(self._seen), name=name, came=octets, size=size, step="")

    def step(self, text: str) -> None:
        """Something else is done now."""
        self._tell(name="", came=0, size=None, step=text)

    def _tell(self, **what: Any) -> None:  # noqa: ANN401 - some of the fields
        self._last = self._clock()
        self._now = self._now._replace(**what)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            _write(self._path, self._now._asdict())
        except OSError:
            return


def _read_order(state: Path) -> frozenset[str] | None:
    """What cannot be read is an order of nothing in particular."""
    try:
        content = (state / "run" / _ORDER).read_bytes()[:_MOST_BYTES]
    except OSError:
        return None
    try:
        return frozenset(str(name) for name in json.loads(content)["accept"])
    except (ValueError, KeyError, TypeError):
        return frozenset()


def _write(path: Path, content: object) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.write_text(json.dumps(content))
    aside.replace(path)
