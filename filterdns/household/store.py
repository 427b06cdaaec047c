"""rules.db: the family's rules in SQLite, small and precious; a file that does not read well is never touched."""

import json
import os
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple, Self, TypeVar

from sqlite_utils import Database

from filterdns.household import rows
from filterdns.household.migrations import MIGRATIONS
from filterdns.household.rows import Row
from filterdns.policy import presets, rules
from filterdns.policy.category import SECURITY
from filterdns.policy.rules import GUESTS, Household, NameRule, Pause, Person
from filterdns.publish import sync_folder

NAME = "rules.db"
_PRAGMAS = ("journal_mode = DELETE", "synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF")
_TABLES = ("household", "people", "windows", "rules", "pauses", "grants", "devices", "own_lists")

UNDOABLE = 50
"""Changes whose state before is kept."""

T = TypeVar("T")
Value = str | int | None


class Before(NamedTuple):
    """The household before a change."""

    text: str  # as an export (YAML)
    ids: tuple[list[int], list[int]] | None  # of its people and devices, in that order; None: an older version's


class LastChange(NamedTuple):
    """The change that can be undone."""

    id: int
    title: str
    revision: int
    before: Before


class StoreError(Exception):
    """rules.db cannot be read or written; the message says why and what to do."""


class NotWrittenError(StoreError):
    """rules.db can be read, and not be written: the disk is full, or read-only."""


class Store:
    """An open rules.db. Writes are made within `transaction`."""

    def __init__(self, path: Path, patience: float = 10.0) -> None:
        """Open what is there, and bring its schema up to date. Raises StoreError, leaving the file as it is.

        `patience` is how many seconds to wait for another program's change.
        """
        self._path = path
        try:
            if path.stat().st_size == 0:
                raise StoreError(f"{path}: is empty; put a backup in its place, or remove it to begin anew")
            self._db = _connect(path, patience)
        except OSError as error:
            raise StoreError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        except sqlite3.Error as error:
            raise _unreadable(path, error) from None
        try:
            self._check()
        except BaseException:
            self._db.close()
            raise

    @classmethod
    def create(cls, path: Path, household: Household, who: str, title: str, at: int) -> None:
        """Make a new rules.db at revision 1: whole or not at all. Raises StoreError if there is one already."""
        if path.exists():
            raise StoreError(f"{path}: there is one already")
        try:
            handle, aside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        except OSError as error:
            raise StoreError(f"{path}: {(error.strerror or str(error)).lower()}") from None
        os.close(handle)
        try:
            db = _connect(Path(aside))
            MIGRATIONS.apply(db)
            db.close()
            with cls(Path(aside)) as store, store.transaction():
                store.replace(household)
                store.record(who, title, 1, at)
            Path(aside).rename(path)
            sync_folder(path.parent)
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"{path}: {error}") from None
        finally:
            Path(aside).unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    @property
    def revision(self) -> int:
        """Counts the changes, from 1."""
        return int(next(iter(self._rows("SELECT revision FROM household")), {"revision": 0})["revision"])

    def household(self) -> Household:
        """Everything, read back. Raises StoreError for rows that are no rules."""
        try:
            return self._household()
        except (rules.RuleError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{self._path}: holds something that is not a rule: {error}") from None

    def replace(self, household: Household) -> None:
        """Put `household` in the place of everything; what has an id keeps it, what has 0 gets a new one."""
        revision = self.revision
        household = canonical(household)
        for table in reversed(_TABLES):
            self._db.table(table).delete_where()
        self._insert("household", rows.household_row(household, revision))
        people = {
            person.name: self._insert_person(person, position) for position, person in enumerate(household.people)
        }
        self._insert_for(None, household.rules, household.pauses)
        for position, device in enumerate(household.devices):
            self._insert("devices", rows.device_row(device, position, people))
        for own in household.lists.own:
            self._insert("own_lists", rows.own_list_row(own))

    def record(self, who: str, title: str, revision: int, at: int, before: Before | None = None) -> None:
        """Note a change of the rules: who made it, what it is called, when, the revision it leads to."""
        self._db.table("household").update(1, {"revision": revision})
        text, ids = (before.text, json.dumps(before.ids)) if before else (None, None)
        row = {"at": at, "who": who, "title": title, "revision": revision, "before": text, "before_ids": ids}
        latest = self._insert("changes", row)
        self._db.execute("UPDATE changes SET before = NULL, before_ids = NULL WHERE id <= ?", (latest - UNDOABLE,))

    def note(self, who: str, title: str, at: int) -> None:
        """Note a change of what is no rule, such as an account: the rules stay, and so does what can be undone."""
        self._insert("changes", {"at": at, "who": who, "title": title, "revision": self.revision})

    def changes(self, most: int = -1) -> list[Row]:
        """What was changed: rows with id, at, who, title and revision, the latest first; at most so many."""
        return self._rows("SELECT id, at, who, title, revision FROM changes ORDER BY id DESC LIMIT ?", (most,))

    def last_change(self) -> LastChange | None:
        """The last change of the rules; None if what was before it is not known."""
        sql = "SELECT * FROM changes WHERE revision = ? ORDER BY id LIMIT 1"
        row = next(iter(self._rows(sql, (self.revision,))), None)
        if row is None or row["before"] is None:
            return None
        before = Before(row["before"], json.loads(row["before_ids"]) if row["before_ids"] else None)
        return LastChange(row["id"], row["title"], row["revision"], before)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside, or nothing. Raises NotWrittenError when SQLite cannot write."""
        try:
            with self._db.atomic():
                yield
        except sqlite3.IntegrityError as error:
            raise StoreError(f"{self._path}: this cannot be kept: {error}") from None
        except sqlite3.Error as error:
            raise NotWrittenError(f"{self._path}: nothing was changed: {error}") from None

    def rows(self, sql: str, *values: Value) -> list[Row]:
        """Read for a neighbour that keeps its tables here too. Raises StoreError."""
        return self._rows(sql, values)

    def execute(self, sql: str, *values: Value) -> None:
        """Write for a neighbour, within `transaction`."""
        self._db.execute(sql, list(values))

    def insert(self, table: str, row: Row) -> int:
        """Put a row into a neighbour's table, within `transaction` -> its id."""
        return self._insert(table, row)

    def _check(self) -> None:
        try:
            (fault,) = self._db.conn.execute("PRAGMA quick_check(1)").fetchone()
            if fault != "ok":
                raise StoreError(_damaged(self._path, str(fault)))
            known = {migration.name for migration in MIGRATIONS.pending(Database(memory=True))}
            newer = {migration.name for migration in MIGRATIONS.applied(self._db)} - known
            if newer:
                raise StoreError(f"{self._path}: was written by a newer FilterDNS; update this one")
            if MIGRATIONS.pending(self._db):
                MIGRATIONS.apply(self._db)
        except sqlite3.Error as error:
            raise _unreadable(self._path, error) from None

    def _rows(self, sql: str, values: tuple[Value, ...] = ()) -> list[Row]:
        try:
            return list(self._db.query(sql, values))
        except sqlite3.Error as error:
            raise _unreadable(self._path, error) from None

    def _household(self) -> Household:
        windows, name_rules = self._by_person("windows", rows.window), self._by_person("rules", rows.name_rule)
        pauses, grants = self._by_person("pauses", rows.pause), self._by_person("grants", rows.grant)
        people: dict[int, Person] = {}
        for row in self._rows("SELECT * FROM people ORDER BY position, id"):
            key = row["id"]
            people[key] = replace(
                rows.person(row),
                windows=tuple(windows.get(key, ())),
                rules=tuple(name_rules.get(key, ())),
                pauses=tuple(pauses.get(key, ())),
                grants=tuple(grants.get(key, ())),
            )
        (head,) = self._rows("SELECT * FROM household")
        return replace(
            rows.household(head, self._rows("SELECT * FROM own_lists ORDER BY id")),
            people=tuple(people.values()),
            devices=tuple(
                rows.device(row, people[row["person"]].name if row["person"] is not None else None)
                for row in self._rows("SELECT * FROM devices ORDER BY position, id")
            ),
            rules=tuple(name_rules.get(None, ())),
            pauses=tuple(pauses.get(None, ())),
        )

    def _by_person(self, table: str, read: Callable[[Row], T]) -> dict[int | None, list[T]]:
        found: dict[int | None, list[T]] = {}
        for row in self._rows(f"SELECT * FROM {table} ORDER BY id"):  # noqa: S608 - a constant of this module
            found.setdefault(row["person"], []).append(read(row))
        return found

    def _insert(self, table: str, row: Row) -> int:
        row = {key: value for key, value in row.items() if key != "id" or value}
        return int(self._db.table(table).insert(row).last_rowid or 0)

    def _insert_person(self, person: Person, position: int) -> int:
        key = self._insert("people", rows.person_row(person, position))
        for window in person.windows:
            self._insert("windows", rows.window_row(window, key))
        for grant in person.grants:
            self._insert("grants", {"id": grant.id, "person": key, "target": grant.target, "until": grant.until})
        self._insert_for(key, person.rules, person.pauses)
        return key

    def _insert_for(self, person: int | None, name_rules: Iterable[NameRule], pauses: Iterable[Pause]) -> None:
        for rule in name_rules:
            self._insert("rules", {"id": rule.id, "person": person, "name": rule.name, "action": str(rule.action)})
        for pause in pauses:
            self._insert("pauses", {"id": pause.id, "person": person, "until": pause.until})


def _connect(path: Path, patience: float = 10.0) -> Database:
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=patience)
    try:
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.Error:
        connection.close()
        raise
    return Database(connection, execute_plugins=False)


def _unreadable(path: Path, error: sqlite3.Error) -> StoreError:
    if isinstance(error, sqlite3.OperationalError):  # locked, no right, disk: the file itself may be well
        return StoreError(f"{path}: {error}")
    return StoreError(_damaged(path, str(error)))


def _damaged(path: Path, fault: str) -> str:
    return f"{path}: is damaged ({' '.join(fault.split())}); it is left as it is: put a backup in its place"


def canonical(household: Household) -> Household:
    """As it is kept: with guests, with what is always blocked, addresses in one spelling."""
    people = household.people
    if not any(person.name == GUESTS for person in people):
        people = (*people, presets.apply(Person(GUESTS)))
    return replace(
        household,
        people=tuple(replace(person, block=person.block | SECURITY) for person in people),
        devices=tuple(
            replace(
                device,
                mac=rules.canonical_mac(device.mac) if device.mac else None,
                address=rules.canonical_address(device.address) if device.address else None,
            )
            for device in household.devices
        ),
    )
