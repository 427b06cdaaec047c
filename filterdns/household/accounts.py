"""Who may use the page: parents, helpers and viewers, with passwords that only their hashes are kept of."""

import secrets
import threading
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from werkzeug.security import check_password_hash, generate_password_hash

from filterdns.household import totp
from filterdns.household.rows import Row
from filterdns.household.store import Store
from filterdns.policy.rules import LONGEST_NAME

SHORTEST_PASSWORD, LONGEST_PASSWORD = 8, 200
MOST_ACCOUNTS = 20
_METHOD = "scrypt:8192:8:5"  # 8 MiB, for a small board, and about 0.1 s: one guess at a time
_ONE_AT_A_TIME = threading.Lock()
_NOBODYS = generate_password_hash(secrets.token_hex(), _METHOD)
"""Compared with for a name that is not there, which takes as long as one that is."""


class Role(StrEnum):
    """What somebody may do; each may also do what those before it may."""

    VIEWER = "viewer"  # looks
    HELPER = "helper"  # pauses, resumes, grants, answers requests
    PARENT = "parent"  # everything

    def may(self, needed: "Role") -> bool:
        """Is this role enough where `needed` is asked for?"""
        order = list(Role)
        return order.index(self) >= order.index(needed)


class AccountError(ValueError):
    """Why an account cannot be so: a sentence, translated where it is shown, and what is put into it."""

    def __init__(self, sentence: str, **values: object) -> None:
        super().__init__(sentence % values if values else sentence)
        self.sentence = sentence
        self.values = values


@dataclass(frozen=True, slots=True)
class Account:
    """One who may log in."""

    id: int
    name: str
    role: Role
    language: str = ""  # "": the household's
    has_totp: bool = False


class Accounts:
    """The accounts in an open rules.db; what writes is called within the store's transaction."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def all(self) -> list[Account]:
        """In the order in which they were made."""
        return [_account(row) for row in self._store.rows("SELECT * FROM parents ORDER BY id")]

    def get(self, number: int) -> Account:
        """Raises AccountError if there is none of that number (any more)."""
        return _account(self._row(number))

    def named(self, name: str) -> Account | None:
        """Large and small letters alike."""
        found = self._store.rows("SELECT * FROM parents WHERE name = ?", name.strip())
        return _account(found[0]) if found else None

    def add(self, name: str, role: Role, password: str) -> Account:
        """Raises AccountError."""
        name = checked_name(name)
        check_password(password, name)
        if self.named(name):
            raise AccountError("There is another %(name)s already.", name=name)
        if len(self.all()) >= MOST_ACCOUNTS:
            raise AccountError("There are %(most)s accounts already.", most=MOST_ACCOUNTS)
        row = {"name": name, "role": str(role), "password": hashed(password), "language": "", "totp_step": 0}
        return self.get(self._store.insert("parents", row))

    def password_fits(self, account: Account | None, password: str) -> bool:
        """Is it the password? Takes as long for None, somebody who is not there."""
        kept = self._row(account.id)["password"] if account else _NOBODYS
        with _ONE_AT_A_TIME:
            fits = check_password_hash(kept, password[:LONGEST_PASSWORD])
        return fits and account is not None

    def set_password(self, number: int, password: str) -> None:
        """Put another in its place, and end every session. Raises AccountError."""
        check_password(password, self.get(number).name)
        self._update(number, password=hashed(password))
        self.end_sessions(number)

    def set_role(self, number: int, role: Role) -> None:
        """Raises AccountError rather than leave nobody who may do everything."""
        if role is not Role.PARENT:
            self._see_that_another_parent_is_left(number)
        self._update(number, role=str(role))
        self._store.execute("DELETE FROM tokens WHERE parent = ?", number)
        self.end_sessions(number)

    def set_language(self, number: int, language: str) -> None:
        """The empty one is the household's."""
        self._update(number, language=language)

    def remove(self, number: int) -> None:
        """With its sessions and tokens. Raises AccountError rather than leave nobody who may do everything."""
        self.get(number)
        self._see_that_another_parent_is_left(number)
        self._store.execute("DELETE FROM parents WHERE id = ?", number)

    def set_totp(self, number: int, secret: bytes | None, used: int = 0) -> None:
        """Ask for a code at each log-in, or no more; `used` is the step of the code that was typed already."""
        self._update(number, totp=secret.hex() if secret else None, totp_step=used)

    def code_fits(self, number: int, code: str, now: float) -> bool:
        """Is it the code of the moment, and not used before? It is used by this."""
        row = self._row(number)
        if row["totp"] is None:
            return False
        step = totp.matching_step(bytes.fromhex(row["totp"]), code, now, row["totp_step"])
        if step is None:
            return False
        self._update(number, totp_step=step)
        return True

    def end_sessions(self, number: int) -> None:
        """Log somebody out everywhere."""
        self._store.execute("DELETE FROM sessions WHERE parent = ?", number)

    def _see_that_another_parent_is_left(self, number: int) -> None:
        if not any(account.role is Role.PARENT and account.id != number for account in self.all()):
            raise AccountError("One must be left who may change everything.")

    def _row(self, number: int) -> Row:
        found = self._store.rows("SELECT * FROM parents WHERE id = ?", number)
        if not found:
            raise AccountError("This account is not there any more.")
        return found[0]

    def _update(self, number: int, **values: Any) -> None:  # noqa: ANN401 - of columns
        columns = ", ".join(f"{name} = ?" for name in values)
        self._store.execute(f"UPDATE parents SET {columns} WHERE id = ?", *values.values(), number)  # noqa: S608 - ours


def checked_name(name: str) -> str:
    """A name as it is kept. Raises AccountError."""
    name = " ".join(name.split())
    if not name or not name.isprintable() or len(name) > LONGEST_NAME:
        raise AccountError("A name has 1 to %(most)s letters.", most=LONGEST_NAME)
    return name


def check_password(password: str, name: str) -> None:
    """Length is what makes a password hard to guess. Raises AccountError."""
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError("A password has at least %(least)s characters.", least=SHORTEST_PASSWORD)
    if len(password) > LONGEST_PASSWORD:
        raise AccountError("A password has at most %(most)s characters.", most=LONGEST_PASSWORD)
    if len(set(password)) < SHORTEST_PASSWORD // 2 or password.casefold() in {name.casefold(), "password", "filterdns"}:
        raise AccountError("This password is too easy to guess.")


def hashed(password: str) -> str:
    """As it is kept."""
    with _ONE_AT_A_TIME:
        return generate_password_hash(password, _METHOD)


def _account(row: Row) -> Account:
    return Account(row["id"], row["name"], Role(row["role"]), row["language"], row["totp"] is not None)
