"""history.db: what was asked. Disposable: a file that is damaged is set aside and a new one begun.

One program writes it, in few and large transactions, with a rollback journal. WAL would write no less here, and until
SQLite 3.51.3 (Debian 12 has 3.40.1) a WAL file that several connections checkpoint can spoil the database.
Whatever goes wrong is a HistoryError, and costs the parents' log only: DNS and rules know nothing of this file.

Rows of `asked` are in the order of time by their key, so that no index is needed beside it: an index over names or
devices would cost a page written for each row. For the same reason a name gets another number every day (UTC), and
goes with the rows of its day.
"""

import contextlib
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Self

from filterdns.household import seen
from filterdns.household.batch import HOUR, Batch, Mark
from filterdns.policy.category import BITS

NAME = "history.db"
SECOND = 1 << 12
"""Keys of `asked` are epoch * SECOND + a number within the second."""
DAY = 86400
KEEP_COUNTS = 90
"""Days for which counts by the day are kept."""
MOST_BYTES = 200_000_000
STEP = 20_000
"""Rows removed in one transaction."""
CATEGORIES = {"": 0} | {name: bit.bit_length() for name, bit in BITS.items()}
"""Numbers of categories in the tables."""

_PATIENCE = 5.0  # seconds to wait for a page that reads
_MOST_NAMES = 50_000  # latest names of today that are known again
_BROKEN = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_CONSTRAINT)
_PRAGMAS = ("journal_mode = TRUNCATE", "synchronous = NORMAL", "trusted_schema = OFF", "cache_size = -1024")
_SCHEMA = (  # one tuple a version
    (
        """
        CREATE TABLE asked (
            key INTEGER PRIMARY KEY, person INTEGER NOT NULL, device INTEGER NOT NULL, name INTEGER NOT NULL,
            kind INTEGER NOT NULL, category INTEGER NOT NULL, outcome INTEGER NOT NULL, cause INTEGER NOT NULL,
            times INTEGER NOT NULL
        ) STRICT
        """,
        "CREATE TABLE names (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, name TEXT NOT NULL) STRICT",
        """
        CREATE TABLE causes (
            id INTEGER PRIMARY KEY, reason TEXT NOT NULL, rule TEXT NOT NULL, UNIQUE (reason, rule)
        ) STRICT
        """,
        """
        CREATE TABLE hours (
            hour INTEGER, person INTEGER, device INTEGER, category INTEGER, outcome INTEGER, times INTEGER NOT NULL,
            PRIMARY KEY (hour, person, device, category, outcome)
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TABLE days (
            day INTEGER, person INTEGER, category INTEGER, outcome INTEGER, times INTEGER NOT NULL,
            PRIMARY KEY (day, person, category, outcome)
        ) STRICT, WITHOUT ROWID
        """,
        "CREATE TABLE taken (file TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
        *seen.SCHEMA,
    ),
)


class HistoryError(Exception):
    """history.db cannot be read or written now; the message says why."""


class DamagedError(HistoryError):
    """The file is no history.db, or a damaged one."""


class History:
    """An open history.db, to write to."""

    def __init__(self, path: Path) -> None:
        """Open what is there, or begin it, for nobody else to read. Raises HistoryError."""
        self._path = path
        with _said(path):
            with contextlib.suppress(OSError):  # SQLite says what is wrong
                path.touch(mode=0o600)
                path.chmod(0o600)
            self._db = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)
        try:
            with _said(path):
                for pragma in _PRAGMAS:
                    self._db.execute(f"PRAGMA {pragma}")
            self._migrate()
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def check(self) -> None:
        """Read the whole file. Raises DamagedError."""
        with _said(self._path):
            (fault,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if fault != "ok":
            raise DamagedError(f"{self._path}: {' '.join(fault.split())}")

    def taken(self) -> set[str]:
        """The spool files that are in the tables already, although they may still be there."""
        with _said(self._path):
            return {file for (file,) in self._db.execute("SELECT file FROM taken")}

    def take(self, batch: Batch, files: Collection[str], still_there: Collection[str], now: int) -> None:
        """Write down what the spool files come to; all of it or nothing. Raises HistoryError.

        `still_there` are the files of `taken` that could not be removed.
        """
        with self._transaction():
            self._db.execute("DELETE FROM taken")
            self._db.executemany("INSERT INTO taken VALUES (?)", [(file,) for file in {*files, *still_there}])
            devices = seen.note(self._db, batch.seen)
            self._count(batch, devices)
            self._write_rows(batch, devices, now)

    def note_present(self, present: Mapping[tuple[str, str], int]) -> None:
        """Write down when a (MAC, address) was last in the network, asking or not: epochs. Raises HistoryError."""
        with self._transaction():
            seen.note_present(self._db, present)

    def prune(self, now: int, keep_days: int, most_bytes: int = MOST_BYTES) -> bool:
        """Remove what has had its time, at most STEP rows, and as many if the file is too large; True: there is more.

        Rows and hours are kept for `keep_days`, counts by the day for KEEP_COUNTS; with 0 nothing is.
        Raises HistoryError.
        """
        oldest, future = now - keep_days * DAY, now + DAY  # what lies in the future was written under a wrong clock
        with self._transaction():
            is_too_large = self.bytes() > most_bytes
            edge = (future if is_too_large else oldest) * SECOND
            step = self._one("SELECT max(key) FROM (SELECT key FROM asked ORDER BY key LIMIT ?)", STEP)
            removed = self._execute("DELETE FROM asked WHERE key < ? AND key <= ?", edge, step or 0)
            self._execute("DELETE FROM asked WHERE key >= ?", future * SECOND)
            self._prune_names(future, is_too_large=is_too_large)
            first_day, last_day = now // DAY - KEEP_COUNTS, future // DAY + 1  # of local time, which differs by a day
            first_hour, last_hour = oldest // HOUR - 24, future // HOUR + 24
            self._execute("DELETE FROM hours WHERE hour < ? OR hour > ? OR ?", first_hour, last_hour, not keep_days)
            self._execute("DELETE FROM days WHERE day < ? OR day > ? OR ?", first_day, last_day, not keep_days)
            seen.prune(self._db, now)
        return removed >= STEP

    def bytes(self) -> int:
        """The size of what is in use; freed pages are used again."""
        pages, free, size = (self._one(f"PRAGMA {name}") or 0 for name in ("page_count", "freelist_count", "page_size"))
        return (pages - free) * size

    def _migrate(self) -> None:
        version = self._one("PRAGMA user_version") or 0
        if version > len(_SCHEMA):
            raise DamagedError(f"{self._path}: was written by a newer FilterDNS")
        for number, statements in enumerate(_SCHEMA[version:], version + 1):
            with self._transaction():
                for statement in (*statements, f"PRAGMA user_version = {number}"):
                    self._execute(statement)

    def _count(self, batch: Batch, devices: Mapping[Mark, int]) -> None:
        self._db.executemany(
            "INSERT INTO hours VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET times = times + excluded.times",
            [
                (hour, person, devices[device], CATEGORIES[category], outcome, times)
                for (hour, person, device, category, outcome), times in batch.hours.items()
            ],
        )
        self._db.executemany(
            "INSERT INTO days VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET times = times + excluded.times",
            [
                (day, person, CATEGORIES[category], outcome, times)
                for (day, person, category, outcome), times in batch.days.items()
            ],
        )

    def _write_rows(self, batch: Batch, devices: Mapping[Mark, int], now: int) -> None:
        names = self._names({row.name for row in batch.rows}, now)
        causes = self._causes({(row.reason, row.rule) for row in batch.rows})
        free: dict[int, int] = {}  # second -> its first free key
        rows = [
            (
                self._key(epoch, free), row.person, devices[row.device], names[row.name], row.kind,
                CATEGORIES[row.category], row.outcome, causes[row.reason, row.rule], times,
            )
            for row, (epoch, times) in sorted(batch.rows.items(), key=lambda item: item[1])
        ]  # fmt: skip
        self._db.executemany("INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def _key(self, epoch: int, free: dict[int, int]) -> int:
        """A key for something of this second, or if that is full of the next one with room."""
        while True:
            end = (epoch + 1) * SECOND
            if epoch not in free:
                last = self._one("SELECT max(key) FROM asked WHERE key >= ? AND key < ?", end - SECOND, end)
                free[epoch] = end - SECOND if last is None else last + 1
            if free[epoch] < end:
                free[epoch] += 1
                return free[epoch] - 1
            epoch += 1

    def _names(self, wanted: set[str], now: int) -> dict[str, int]:
        """The numbers that names have today; new ones for those that have none."""
        today = self._db.execute(
            "SELECT name, id FROM names WHERE at >= ? AND at <= ? ORDER BY id DESC LIMIT ?",
            (now - now % DAY, now, _MOST_NAMES),
        )
        known = {name: number for name, number in today if name in wanted}
        number = self._one("SELECT max(id) FROM names") or 0
        new = {name: number for number, name in enumerate(sorted(wanted - known.keys()), number + 1)}
        self._db.executemany(
            "INSERT INTO names VALUES (?, ?, ?)", [(number, now, name) for name, number in new.items()]
        )
        return known | new

    def _prune_names(self, future: int, *, is_too_large: bool) -> None:
        """Remove names that no row has: each was in use for a day, so they go a day after the rows that they were for.

        If the file is too large that may be too late, and all rows are asked.
        """
        first = self._one("SELECT min(key) FROM asked")
        before = first // SECOND - DAY - HOUR if first is not None else future
        self._execute("DELETE FROM names WHERE at < ? OR at > ?", before, future)
        if is_too_large:
            self._execute("DELETE FROM names WHERE id < (SELECT min(name) FROM asked)")

    def _causes(self, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], int]:
        self._db.executemany("INSERT OR IGNORE INTO causes (reason, rule) VALUES (?, ?)", sorted(wanted))
        return {
            (reason, rule): number for number, reason, rule in self._db.execute("SELECT id, reason, rule FROM causes")
        }

    def _execute(self, sql: str, *values: object) -> int:
        return self._db.execute(sql, values).rowcount

    def _one(self, sql: str, *values: object) -> int | None:
        found = self._db.execute(sql, values).fetchone()
        return found[0] if found else None

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All that is written inside, or nothing. Raises HistoryError."""
        with _said(self._path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def set_aside(path: Path) -> None:
    """Put a damaged file out of the way, in the place of the last one that was. Raises OSError."""
    path.replace(path.with_name(f"{path.name}.damaged"))
    path.with_name(f"{path.name}-journal").unlink(missing_ok=True)


@contextlib.contextmanager
def reading(state: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads. Raises HistoryError, also for what goes wrong inside."""
    path = state / NAME
    with _said(path):
        db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=_PATIENCE)
        try:
            db.execute("PRAGMA query_only = ON")
            db.execute("PRAGMA trusted_schema = OFF")
            yield db
        finally:
            db.close()


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    """SQLite's errors as HistoryErrors."""
    try:
        yield
    except sqlite3.Error as error:
        kind = DamagedError if getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN else HistoryError
        raise kind(f"{path}: {error}") from None
