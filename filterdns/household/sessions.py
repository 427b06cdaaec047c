"""Who is logged in, and which programs may ask: keys of 256 random bits, of which only hashes are kept."""

import hashlib
import secrets
from dataclasses import dataclass

from filterdns.household.accounts import Account, AccountError, Accounts, Role
from filterdns.household.rows import Row
from filterdns.household.store import Store

IDLE = 30 * 60
LONGEST = 12 * 3600
"""Seconds without a request, and in all, after which somebody logs in again."""
CODE_WITHIN = 5 * 60
"""Seconds after the password in which the code must come."""
SEEN_EVERY = 5 * 60
MOST_SESSIONS = 20  # of one account; the oldest ends
MOST_TOKENS = 20
TOKEN_PREFIX = "fdns_"  # noqa: S105 - so that a leaked one is found by those who search for such


@dataclass(frozen=True, slots=True)
class Session:
    """One browser of somebody."""

    key: str  # a hash: it opens nothing
    parent: int
    created: int  # epoch, as all times here
    seen: int
    address: str
    browser: str
    waits_for_code: bool


@dataclass(frozen=True, slots=True)
class Token:
    """A program's key, without the key."""

    id: int
    parent: int
    name: str
    role: Role
    created: int
    seen: int


class Sessions:
    """The sessions and tokens in an open rules.db; what writes is called within the store's transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts = Accounts(store)

    def begin(self, parent: int, now: float, *, address: str, browser: str, waits_for_code: bool = False) -> str:
        """A new session -> its key, which is told to the browser and not kept."""
        key = secrets.token_urlsafe(32)
        at = int(now)
        self._store.execute("DELETE FROM sessions WHERE created <= ? OR seen <= ?", at - LONGEST, at - IDLE)
        spare = "SELECT key FROM sessions WHERE parent = ? ORDER BY seen DESC LIMIT -1 OFFSET ?"
        self._store.execute(f"DELETE FROM sessions WHERE key IN ({spare})", parent, MOST_SESSIONS - 1)  # noqa: S608 - ours
        row = {"key": hashed(key), "parent": parent, "created": at, "seen": at, "address": address[:64],
               "browser": browser[:200], "waits_for_code": int(waits_for_code)}  # fmt: skip
        self._store.insert("sessions", row)
        return key

    def find(self, key: str, now: float) -> tuple[Session, Account] | None:
        """The session of a browser's key, unless its time is over."""
        found = self._store.rows("SELECT * FROM sessions WHERE key = ?", hashed(key))
        if not found:
            return None
        session = _session(found[0])
        longest, idle = (CODE_WITHIN, CODE_WITHIN) if session.waits_for_code else (LONGEST, IDLE)
        if not (session.created <= now < session.created + longest and now < session.seen + idle):
            return None
        return session, self._accounts.get(session.parent)

    def see(self, session: Session, now: float) -> None:
        """Note that it is used."""
        self._store.execute("UPDATE sessions SET seen = ? WHERE key = ?", int(now), session.key)

    def end(self, key_hash: str, parent: int) -> None:
        """End one of somebody's sessions."""
        self._store.execute("DELETE FROM sessions WHERE key = ? AND parent = ?", key_hash, parent)

    def of(self, parent: int, now: float) -> list[Session]:
        """Somebody's sessions, the latest first."""
        sql = "SELECT * FROM sessions WHERE parent = ? AND created > ? AND seen > ? ORDER BY seen DESC"
        return [_session(row) for row in self._store.rows(sql, parent, int(now) - LONGEST, int(now) - IDLE)]

    def make_token(self, parent: int, name: str, role: Role, now: float) -> str:
        """A program's key, with no more rights than whoever makes it -> the key, shown once. Raises AccountError."""
        name = " ".join(name.split())
        if not name or not name.isprintable() or len(name) > 80:  # noqa: PLR2004 - as every name
            raise AccountError("Name the program that gets the key.")
        if not self._accounts.get(parent).role.may(role):
            raise AccountError("A key may not do more than whoever makes it.")
        if len(self.tokens()) >= MOST_TOKENS:
            raise AccountError("There are %(most)s keys already. Take one away first.", most=MOST_TOKENS)
        key = TOKEN_PREFIX + secrets.token_urlsafe(32)
        row = {"key": hashed(key), "parent": parent, "name": name, "role": str(role), "created": int(now), "seen": 0}
        self._store.insert("tokens", row)
        return key

    def tokens(self) -> list[Token]:
        """Everybody's."""
        return [_token(row) for row in self._store.rows("SELECT * FROM tokens ORDER BY id")]

    def find_token(self, key: str) -> tuple[Token, Account] | None:
        """The token of a program's key, and whose it is."""
        found = self._store.rows("SELECT * FROM tokens WHERE key = ?", hashed(key))
        if not found:
            return None
        token = _token(found[0])
        return token, self._accounts.get(token.parent)

    def see_token(self, token: Token, now: float) -> None:
        """Note that it is used."""
        self._store.execute("UPDATE tokens SET seen = ? WHERE id = ?", int(now), token.id)

    def remove_token(self, number: int) -> None:
        """A program may ask no more."""
        self._store.execute("DELETE FROM tokens WHERE id = ?", number)


def hashed(key: str) -> str:
    """A random key needs no salt and no slow hash."""
    return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _session(row: Row) -> Session:
    return Session(
        row["key"], row["parent"], row["created"], row["seen"], row["address"], row["browser"],
        bool(row["waits_for_code"]),
    )  # fmt: skip


def _token(row: Row) -> Token:
    return Token(row["id"], row["parent"], row["name"], Role(row["role"]), row["created"], row["seen"])
