"""List files that somebody put in place: `lists/local/<category>/<name>.txt` in the state folder, in any syntax."""

import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from filterdns.blocklists.content import ListError
from filterdns.policy.rules import LIST_CATEGORIES

PREFIX = "local:"


class LocalList(NamedTuple):
    """One thing that lies in the folder."""

    id: str  # "local:games/mine.txt"
    category: str
    file: Path
    fault: str = ""  # why it cannot be a list, where it lies


def found(folder: Path, before: Iterable[str]) -> Iterator[LocalList]:
    """Everything in `lists/local`, in order; `before` are the ids of earlier, for a folder that cannot be read."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in sorted(folder.iterdir()):
        name = f"{PREFIX}{part.name}"
        if not _is_plain(part.name):
            continue
        if not part.is_dir():
            yield LocalList(name, "", part, "lists lie in a folder named after their category")
        elif part.name not in LIST_CATEGORIES:
            yield LocalList(name, part.name, part, f"no such category; there are {', '.join(LIST_CATEGORIES)}")
        else:
            try:
                files = sorted(file for file in part.iterdir() if _is_plain(file.name))
            except OSError:
                files = [part / known.rpartition("/")[2] for known in before if known.startswith(f"{name}/")]
            for file in files:
                fault = "" if file.name.endswith(".txt") else "its name does not end in .txt"
                yield LocalList(f"{name}/{file.name}", part.name, file, fault)


def changed(file: Path) -> float:
    """When a list file was written, in epoch seconds. Raises OSError, and ListError if it is no file."""
    about = file.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ListError("is not a file")
    return about.st_mtime


def digest(file: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def copy(file: Path, aside: Path) -> None:
    """Copy a list file, synced. Raises OSError."""
    with file.open("rb") as content, aside.open("wb") as out:
        shutil.copyfileobj(content, out, 1 << 20)
        out.flush()
        os.fsync(out.fileno())


def _is_plain(name: str) -> bool:
    return name.isprintable() and not name.startswith(".")
