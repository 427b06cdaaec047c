"""Publish a file for other programs: written aside, synced, the previous one kept, renamed into place.

A reader sees the old file or the new one, never half of one; after a power cut one of the two verifies.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")


def publish(path: Path, content: bytes, *, keep_previous: bool = True) -> None:
    """Put `content` at `path`, keeping what stood there as `path` + ".previous". Raises OSError, changing nothing."""
    import tempfile  # noqa: PLC0415 - workers read what is published and never write it

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        replace(Path(aside), path, keep_previous=keep_previous)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise


def replace(aside: Path, path: Path, *, keep_previous: bool = True) -> None:
    """Rename a finished, synced file of the same folder into place, keeping the previous one."""
    if keep_previous and path.exists():
        older = path.with_name(f".{path.name}.older")
        older.unlink(missing_ok=True)
        os.link(path, older)
        older.replace(previous(path))
    aside.replace(path)
    sync_folder(path.parent)


def previous(path: Path) -> Path:
    """Where the previous publication of `path` is kept."""
    return path.with_name(f"{path.name}.previous")


def open_newest(path: Path, read: Callable[[Path], T]) -> tuple[T, str]:
    """Read `path`, or its previous publication if it does not verify.

    `read` raises OSError or ValueError for a file that does not verify. Returns the value and what was
    wrong with the newest ("" if nothing). Raises the newest's error if neither verifies.
    """
    try:
        return read(path), ""
    except (OSError, ValueError) as error:
        fault = error
    try:
        return read(previous(path)), f"{path}: {fault}"
    except (OSError, ValueError):
        raise fault from None


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
