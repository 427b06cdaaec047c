"""Spool -> history.db, by a thread of the page's program.

A spool file is removed after the transaction that counted it, which also notes the file's own mark; so a file is
counted once, wherever it ends. Nothing here keeps a worker waiting: what is not collected stays within the spool's
bound. Most of what a transaction costs the card is paid for each one, so they are made every ten minutes, and every
minute while somebody looks.
"""

import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from filterdns import dname
from filterdns.blocklists.table import DomainTable
from filterdns.clock import Zone
from filterdns.dns.neighbours import confirmed
from filterdns.household import changes, history
from filterdns.household.batch import Batch, Who, parse
from filterdns.household.detail import Detail, detail_for
from filterdns.household.history import DamagedError, History, HistoryError
from filterdns.household.store import StoreError
from filterdns.policy.rules import GUESTS, Household
from filterdns.publish import open_newest

EVERY = 600.0
AT_LEAST = 60.0
"""Seconds between transactions while nobody looks, and while somebody does."""
AT_ONCE = 1 << 20
"""Octets of spool files in one transaction, which bounds the memory it takes."""

_ORPHANED = 86400  # seconds after which an open file is that of a worker that is no more
_STEPS = 50  # steps of pruning in one go


class SpoolFile(NamedTuple):
    """A closed file of the spool."""

    path: Path
    mark: str  # what no other file has, of the same name neither
    size: int


class Collector(threading.Thread):
    """The thread; `fault` says why nothing is written down, "" while all is well."""

    def __init__(self, state: Path, rest: Callable[[], None] = lambda: None) -> None:
        """`rest` is done after each time that it was collected."""
        super().__init__(name="collector", daemon=True)
        self.fault = ""
        self._state = state
        self._rest = rest
        self._looked_at, self._stopped = threading.Event(), threading.Event()

    def look(self) -> None:
        """Somebody looks at what was asked."""
        self._looked_at.set()

    def stop(self) -> None:
        """End, after what is being done."""
        self._stopped.set()
        self._looked_at.set()

    def run(self) -> None:
        """Collect until told to stop."""
        self._attempt(check)
        while not self._stopped.is_set():
            self._attempt(collect)
            self._rest()
            self._stopped.wait(AT_LEAST)
            self._looked_at.wait(EVERY)
            self._looked_at.clear()

    def _attempt(self, work: Callable[[Path, int], None]) -> None:
        try:
            work(self._state, int(time.time()))
        except (HistoryError, StoreError, OSError) as error:
            self._say(str(error))
        except Exception as error:  # noqa: BLE001 - one fault is not the end of the thread
            self._say(f"a fault of the program: {type(error).__name__}: {error}")
        else:
            self.fault = ""

    def _say(self, fault: str) -> None:
        if fault != self.fault:
            sys.stderr.write(f"filterdns: what was asked is not written down: {fault}\n")
            sys.stderr.flush()
        self.fault = fault


def check(state: Path, _now: int) -> None:
    """Set a damaged history.db aside. Raises HistoryError and OSError."""
    path = state / history.NAME
    if path.exists():
        try:
            with History(path) as book:
                book.check()
        except DamagedError:
            history.set_aside(path)
            raise


def collect(state: Path, now: int) -> None:
    """Write down what waits in the spool and who is in the network, and remove what has had its time.

    `now` is in epoch seconds. Raises HistoryError, StoreError and OSError; what was not written down stays in the
    spool.
    """
    household = changes.read(state)
    try:
        with History(state / history.NAME) as book:
            while _collect_some(book, state, household, now):
                pass
            with suppress(OSError):
                book.note_present({key: now - int(ago) for key, ago in confirmed().items()})
            for _ in range(_STEPS):
                if not book.prune(now, household.history_days):
                    break
    except DamagedError:
        history.set_aside(state / history.NAME)
        raise


def waiting(state: Path, now: int) -> list[SpoolFile]:
    """The closed files of the spool, the oldest first."""
    found = []
    for path in (state / "run" / "spool").glob("*.*"):
        with suppress(FileNotFoundError):
            stat = path.stat()
            if path.suffix == ".tsv" or now - stat.st_mtime > _ORPHANED:
                mark = f"{path.name} {stat.st_ino} {stat.st_mtime_ns} {stat.st_size}"
                found.append((stat.st_mtime_ns, SpoolFile(path, mark, stat.st_size)))
    return [file for _, file in sorted(found)]


def _collect_some(book: History, state: Path, household: Household, now: int) -> bool:
    """Do one transaction; False: nothing was left to do."""
    taken = book.taken()
    stuck = []
    some: list[SpoolFile] = []
    for file in waiting(state, now):
        if file.mark in taken:
            if not _removed(file.path):
                stuck.append(file.mark)
        elif sum(other.size for other in some) < AT_ONCE:
            some.append(file)
    if not some:
        return False
    batch = _count(some, state, household, now)
    book.take(batch, [file.mark for file in some], stuck, now)
    for file in some:
        _removed(file.path)
    return True


def _count(files: list[SpoolFile], state: Path, household: Household, now: int) -> Batch:
    table = _table(state)
    try:
        devices, guests = _owners(household)
        batch = Batch(devices, guests, Zone(household.timezone), table.tags, now)
        for file in files:
            with suppress(OSError):  # what cannot be read is gone, and the rest is not
                _add(batch, file.path)
    finally:
        table.close()
    return batch


def _table(state: Path) -> DomainTable:
    path = state / "published" / "domains"
    try:
        return open_newest(path, DomainTable.open)[0]
    except ValueError as error:
        raise OSError(f"{path}: {error}") from None


def _owners(household: Household) -> tuple[dict[int, Who], Who]:
    """Whose each device is, by its id; and the guests. Nothing of anybody is kept if the family wants it so."""
    people = {
        person.name: Who(person.id, detail_for(person.name, person.age) if household.history_days else Detail.NOTHING)
        for person in household.people
    }
    return {device.id: people[device.person or GUESTS] for device in household.devices}, people[GUESTS]


def _add(batch: Batch, path: Path) -> None:
    with path.open(encoding="ascii", errors="replace", newline="\n") as file:
        for text in file:
            line = parse(text.removesuffix("\n"))
            if line is not None:
                with suppress(dname.DNameError):
                    batch.add(line)


def _removed(path: Path) -> bool:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return False
    return True
