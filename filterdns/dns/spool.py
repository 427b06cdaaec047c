"""What one worker leaves for others: a spool of what was asked, and a status file.

Spool: `run/spool/<worker>-<number>.tsv`, a line of tab-separated fields for each: epoch, address, MAC, device id
(0: unclaimed), name (empty: not to be stored), type, "block" or "pass", reason, rule, times. None of them can hold
a tab: names are escaped. Whoever reads the spool takes whole files and deletes them; when nobody does, it stays
within its bound, and what comes then is dropped and counted.
Status: `run/worker-<n>.json`.
"""

import json
import os
from pathlib import Path

from filterdns.dname import to_text
from filterdns.dns.memory import Asked

FILE_BYTES = 1 << 18
MOST_FILES = 8
"""A spool file is closed at 256 KiB, and a worker leaves at most eight."""


class Spool:
    """The spool of one worker."""

    def __init__(self, run: Path, worker: int) -> None:
        self._folder = run / "spool"
        self._worker = worker
        self._status = run / f"worker-{worker}.json"
        self._said = b""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._number = max([int(path.stem.partition("-")[2]) for path in self._files()], default=-1) + 1
        self._size = 0
        self.dropped = 0

    def write(self, asked: list[tuple[Asked, int]], epoch: float) -> None:
        """Append lines and their times; where there is no room, or the disk is full, drop and count them."""
        when = int(epoch)
        lines = "".join(
            [
                f"{when}\t{client.address}\t{client.mac or ''}\t{client.device}\t{to_text(name) if name else ''}"
                f"\t{qtype}\t{'block' if is_blocked else 'pass'}\t{reason}\t{rule or ''}\t{times}\n"
                for (client, name, qtype, is_blocked, reason, rule), times in asked
            ]
        )
        try:
            if self._size > FILE_BYTES:
                self._number += 1
                self._size = 0
            if self._size == 0 and len(self._files()) >= MOST_FILES:
                self.dropped += sum(times for _, times in asked)
                return
            handle = os.open(self._path(), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                self._size += os.write(handle, lines.encode())
            finally:
                os.close(handle)
        except OSError:
            self.dropped += sum(times for _, times in asked)

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

    def _path(self) -> Path:
        return self._folder / f"{self._worker}-{self._number}.tsv"

    def _files(self) -> list[Path]:
        return list(self._folder.glob(f"{self._worker}-*.tsv"))
