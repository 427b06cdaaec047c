"""The published files as a snapshot: opened at the start, and again whenever a newer one stands in its place."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from filterdns.blocklists.table import DomainTable
from filterdns.clock import Zone
from filterdns.dns.waiting import Snapshot
from filterdns.policy.policyfile import from_bytes
from filterdns.policy.view import Policy
from filterdns.publish import open_newest

T = TypeVar("T")
Stamp = tuple[int, int, int]
Say = Callable[[str], None]


class Published:
    """`published/policy` and `published/domains` of a state folder."""

    def __init__(self, state: Path, say: Say) -> None:
        self._policy_path = state / "published" / "policy"
        self._table_path = state / "published" / "domains"
        self._say = say
        self._seen: dict[Path, Stamp | None] = {}

    def quiet(self) -> "Published":
        """The same for a worker: it refuses what its parent refuses, and leaves the saying to it."""
        twin = Published(self._policy_path.parent.parent, lambda _: None)
        twin._seen = dict(self._seen)
        return twin

    def open(self) -> Snapshot:
        """The newest that verify, said if it is the previous one. Raises OSError or ValueError if none does."""
        return Snapshot(
            self._first(self._policy_path, read_policy),
            self._first(self._table_path, DomainTable.open),
        )

    def newer(self, now: Snapshot) -> Snapshot:
        """The snapshot with whatever was published since; the same object if nothing was.

        A file that does not verify is refused, said once, and what is in force stays.
        """
        policy = self._again(self._policy_path, read_policy, now.policy)
        table = self._again(self._table_path, DomainTable.open, now.table)
        return now if policy is now.policy and table is now.table else Snapshot(policy, table)

    def has_changed(self) -> bool:
        """Does another file than the one looked at last stand in either place? Two stat calls."""
        return any(_stamp(path) != seen for path, seen in self._seen.items())

    def _first(self, path: Path, read: Callable[[Path], T]) -> T:
        self._seen[path] = _stamp(path)
        value, fault = open_newest(path, read)
        if fault:
            self._say(f"{fault}; the previous one is in force")
        return value

    def _again(self, path: Path, read: Callable[[Path], T], now: T) -> T:
        stamp = _stamp(path)
        if stamp == self._seen[path]:
            return now
        self._seen[path] = stamp
        try:
            return read(path)
        except (OSError, ValueError) as error:
            self._say(f"{path}: {error}; what was in force stays")
            return now


def read_policy(path: Path) -> Policy:
    """Read a policy file and see that its zone is known here. Raises OSError or ValueError."""
    policy = from_bytes(path.read_bytes())
    Zone(policy.timezone)
    return policy


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
