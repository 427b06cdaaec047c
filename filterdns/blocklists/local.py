"""List files that somebody put in place: `lists/local/<category>/<name>.txt` in the state folder, in any syntax."""

import hashlib
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from filterdns import publish
from filterdns.blocklists.content import ListError, read
from filterdns.policy.rules import LIST_CATEGORIES

PREFIX = "local:"
_LONGEST = 40  # characters of a file's name
_LETTERS = re.compile(r"[a-z0-9]+", re.ASCII)


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


def put(folder: Path, category: str, name: str, text: str) -> str:
    """Keep typed lines as a list of that name, in the place of one before -> its id.

    Raises OSError, and ListError if it is none.
    """
    if category not in LIST_CATEGORIES:
        raise ListError(f'there is no category "{category}"')
    file = "-".join(_LETTERS.findall(name.casefold()))[:_LONGEST].strip("-")
    if not file:
        raise ListError("needs a name of some letters")
    place = folder / category / f"{file}.txt"
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=place.parent, prefix=".new.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text.replace("\r\n", "\n").rstrip("\n") + "\n")
            out.flush()
            os.fsync(out.fileno())
        found = read(Path(aside))
        if found.syntax == "sha256" and category != "illegal":
            raise ListError("gives digests instead of names, which only the category illegal takes")
        publish.replace(Path(aside), place, keep_previous=False)
    finally:
        Path(aside).unlink(missing_ok=True)
    return f"{PREFIX}{category}/{place.name}"


def remove(folder: Path, key: str) -> None:
    """Take away a list file by its id. Raises OSError, and ListError if there is none."""
    for each in found(folder, ()):
        if each.id == key and each.category and not each.fault:
            each.file.unlink()
            return
    raise ListError("is no longer there")


def _is_plain(name: str) -> bool:
    return name.isprintable() and not name.startswith(".")
