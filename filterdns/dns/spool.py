"""What one worker leaves for others: a spool of what was asked, and a status file.

Spool: `run/spool/<worker>-<number>.tsv`, a line of tab-separated fields for each: epoch, address, MAC, device id
(0: unclaimed), name (empty: not to be stored), type, "block" or "pass", reason, rule, times. None of them can hold
a tab: names are escaped. The worker writes to `<worker>.open` and gives it that name once it is closed: after a minute,
or when it is full. Whoever reads the spool takes closed files, which nobody writes to any more, and deletes them; when
nobody does, it stays within its bound, and what comes then is dropped and counted.
Status: `run/worker-<n>.json`.
"""

import contextlib
import json
import os
from pathlib import Path

from filterdns.dname import to_text
from filterdns.dns.memory import Asked

FILE_BYTES = 1 << 17
MOST_FILES = 16
"""A spool file is closed at 128 KiB, and a worker leaves at most sixteen."""
CLOSED_AFTER = 60.0
"""Seconds after which it is closed although it is not full; while half of all files wait, only full ones are."""


class Spool:
    """The spool of one worker."""

    def __init__(self, run: Path, worker: int) -> None:
        self._folder = run / "spool"
        self._worker = worker
        self._status = run / f"worker-{worker}.json"
        self._said = b""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._open = self._folder / f"{worker}.open"
        self._number = max([int(path.stem.partition("-")[2]) for path in self._closed()], default=-1) + 1
        self._size = self._open.stat().st_size if self._open.exists() else 0  # of a worker that died
        self._began = 0.0  # epoch
        self.dropped = 0

    def write(self, asked: list[tuple[Asked, int]], epoch: float) -> None:
        """Append lines and their times; where there is no room, or the disk is full, drop and count them."""
        when = int(epoch)
        lines = "".join(
            [
                f"{when}\t{who}\t{to_text(name) if name else ''}"
                f"\t{qtype}\t{'block' if is_blocked else 'pass'}\t{reason}\t{rule or ''}\t{times}\n"
                for (who, name, qtype, is_blocked, reason, rule), times in asked
            ]
        )
        try:
            if self._size > FILE_BYTES and len(self._closed()) < MOST_FILES - 1:
                self._close()
            if self._size > FILE_BYTES:
                self.dropped += sum(times for _, times in asked)
                return
            handle = os.open(self._open, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._began = self._began if self._size else epoch
                self._size += os.write(handle, lines.encode())
            finally:
                os.close(handle)
        except OSError:
            self.dropped += sum(times for _, times in asked)

    def close(self, epoch: float) -> None:
        """Close the file if it has been open for long enough; called every few seconds."""
        if self._size and not 0 <= epoch - self._began < CLOSED_AFTER and len(self._closed()) < MOST_FILES // 2:
            with contextlib.suppress(OSError):
                self._close()

    def status(self, status: dict[str, object]) -> None:
        """Replace the status file if anything in it changed."""
        content = json.dumps(status).encode()
        if content == self._said:
            return
        aside = self._status.with_suffix(".new")
        try:
            aside.write_bytes(content)
            aside.replace(self._status)
        except OSError:
            return
        self._said = content

    def _close(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._open.rename(self._folder / f"{self._worker}-{self._number}.tsv")
        self._number += 1
        self._size = 0

    def _closed(self) -> list[Path]:
        return list(self._folder.glob(f"{self._worker}-*.tsv"))
