"""What children ask for on their page: more time, a site, a service; and what became of it."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from filterdns.household import changes, edits
from filterdns.household.rows import Row
from filterdns.household.store import NAME, Store
from filterdns.policy.rules import Grant, RuleError

MOST_OPEN, MOST_A_DAY = 3, 10
"""Of one person: enough to ask, too few to pester with."""
LONGEST_REASON = 200
KEPT = 30 * 86400
"""Seconds after which an answered request is forgotten; one that nobody answered ends after a day."""
_DAY = 86400


class State(StrEnum):
    """What became of a request."""

    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"
    REPLACED = "replaced"  # asked for again before anybody answered


class RequestError(ValueError):
    """Why this cannot be asked now: "too many open", "too many today" or "answered already"."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request."""

    id: int
    person: int  # id
    device: int  # id; 0: not known
    target: str  # as in a grant: "time", "name:example.org", "service:roblox", "games"
    reason: str  # the child's words; hostile like everything typed
    at: int  # epoch
    state: State = State.OPEN
    who: str = ""  # the parent who answered
    answered: int | None = None  # epoch
    until: int | None = None  # epoch at which what was granted ends; None: for good, or not granted


class Requests:
    """The requests in an open rules.db; what writes is called within the store's transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def ask(self, person: int, device: int, target: str, reason: str, now: int) -> None:
        """Put a request, in the place of an open one for the same target. Raises RequestError, RuleError."""
        Grant(target, now)
        self._forget(now)
        mine = self.of(person)
        still_open = [one for one in mine if one.state is State.OPEN and one.target != target]
        if len(still_open) >= MOST_OPEN:
            raise RequestError("too many open")
        if sum(one.at > now - _DAY for one in mine) >= MOST_A_DAY:
            raise RequestError("too many today")
        self._store.execute(
            "UPDATE requests SET state = ? WHERE person = ? AND target = ? AND state = ?",
            str(State.REPLACED), person, target, str(State.OPEN),
        )  # fmt: skip
        reason = "".join(letter for letter in reason if letter.isprintable())[:LONGEST_REASON].strip()
        row: Row = {"person": person, "device": device, "target": target, "reason": reason, "at": now,
                    "state": str(State.OPEN), "who": ""}  # fmt: skip
        self._store.insert("requests", row)

    def open(self, now: int) -> list[Request]:
        """What waits for an answer, the oldest first."""
        found = self._store.rows(
            "SELECT * FROM requests WHERE state = ? AND at > ? ORDER BY id", str(State.OPEN), now - _DAY
        )
        return [_request(row) for row in found]

    def of(self, person: int) -> list[Request]:
        """What a person asked for, the latest first."""
        return [
            _request(row)
            for row in self._store.rows("SELECT * FROM requests WHERE person = ? ORDER BY id DESC", person)
        ]

    def get(self, key: int) -> Request:
        """An open request by its id. Raises RequestError."""
        for row in self._store.rows("SELECT * FROM requests WHERE id = ? AND state = ?", key, str(State.OPEN)):
            return _request(row)
        raise RequestError("answered already")

    def settle(self, key: int, state: State, who: str, now: int, until: int | None = None) -> None:
        """Answer an open request. Raises RequestError."""
        self.get(key)
        self._store.execute(
            "UPDATE requests SET state = ?, who = ?, answered = ?, until = ? WHERE id = ?",
            str(state), who, now, until, key,
        )  # fmt: skip

    def _forget(self, now: int) -> None:
        self._store.execute("DELETE FROM requests WHERE at < ?", now - KEPT)
        self._store.execute("DELETE FROM requests WHERE state = ? AND at <= ?", str(State.OPEN), now - _DAY)


def allow(  # noqa: PLR0913, PLR0917 - a change's place, maker and name, the request, and its end
    state: Path, who: str, title: str, key: int, until: int, now: int
) -> int:
    """Grant what was asked for until a time, and settle the request, in one change -> the revision.

    Raises RequestError, RuleError, StoreError and PublishError.
    """

    def edit(store: Store) -> None:
        asked = Requests(store).get(key)
        household = store.household()
        name = next((person.name for person in household.people if person.id == asked.person), None)
        if name is None:
            raise RuleError("whoever asked is no longer there")
        store.replace(edits.grant(household, name, asked.target, until, now))
        Requests(store).settle(key, State.GRANTED, who, now, until)

    return changes.apply(state, who, title, edit)


def refuse(state: Path, who: str, title: str, key: int, now: int) -> None:
    """Say no; the rules stay as they are. Raises RequestError, StoreError."""
    with Store(state / NAME) as store, store.transaction():
        Requests(store).settle(key, State.REFUSED, who, now)
        store.note(who, title, now)


def _request(row: Row) -> Request:
    make = partial(Request, row["id"], row["person"], row["device"], row["target"], row["reason"], row["at"])
    return make(State(row["state"]), row["who"], row["answered"], row["until"])
