"""Where safe forms were found last, on disk, so that a restart without an upstream still finds them.

Each worker writes `published/safe-forms-<n>.json`, a map of names to addresses, and reads those of all. Whoever can
write there could as well answer for the engines, so what is read is checked like an upstream's answer.
"""

import json
import os
import stat
from ipaddress import ip_address
from pathlib import Path

from filterdns.dname import DNameError, from_text, is_host, to_text
from filterdns.dns.rebinding import is_private
from filterdns.dns.safeforms import MOST_ADDRESSES, Good

WRITE_EVERY = 3600.0
"""Seconds between writes at least: some forms change their addresses every minute, and cards wear."""
MOST_BYTES = 1 << 16
MOST_FILES = 16
MOST_NAMES = 64


class LastGood:
    """The file of one worker, and those of its siblings."""

    def __init__(self, folder: Path, worker: int) -> None:
        self._folder = folder
        self._path = folder / f"safe-forms-{worker}.json"
        self._said: Good = {}
        self._write_at = 0.0

    def read(self) -> Good:
        """What all of them wrote; what is not as it should be is left out."""
        found: dict[bytes, tuple[bytes, ...]] = {}
        for path in sorted(self._folder.glob("safe-forms-*.json"))[:MOST_FILES]:
            found.update(_checked(_content(path)))
        self._said = dict(found)
        return found

    def write(self, good: Good, now: float) -> None:
        """Replace the file if there is news, at most once an hour; `now` is monotonic."""
        if good == self._said or now < self._write_at:
            return
        self._said, self._write_at = dict(good), now + WRITE_EVERY
        text = {to_text(name): [str(ip_address(packed)) for packed in addresses] for name, addresses in good.items()}
        aside = self._path.with_suffix(".new")
        try:
            aside.write_text(json.dumps(text))
            aside.replace(self._path)
        except OSError:  # a full disk keeps nobody from searching
            return


def _content(path: Path) -> bytes:
    """A regular file's content, b"" for anything else."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(handle, MOST_BYTES) if stat.S_ISREG(os.fstat(handle).st_mode) else b""
    except OSError:
        return b""
    finally:
        os.close(handle)


def _checked(content: bytes) -> Good:
    try:
        found = json.loads(content)
        items = list(found.items())[:MOST_NAMES]
        return dict([_entry(name, addresses) for name, addresses in items])
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _entry(name: str, addresses: list[str]) -> tuple[bytes, tuple[bytes, ...]]:
    """Raises ValueError or TypeError for what could not have been written."""
    packed = tuple(ip_address(str(address)).packed for address in addresses[:MOST_ADDRESSES])
    wire = from_text(name)
    if not packed or not is_host(wire) or any(is_private(address) or not any(address) for address in packed):
        raise DNameError("not the address of a search engine")
    return wire, packed
