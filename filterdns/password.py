"""`filterdns password`: a parent's password from the terminal, also when nobody can log in any more."""

import time
from pathlib import Path

from filterdns import setupcode
from filterdns.household import changes
from filterdns.household.accounts import Account, AccountError, Accounts, Role
from filterdns.household.store import NAME, Store


class AskedWrongError(ValueError):
    """The name does not say whose password it is."""


def whose(state: Path, name: str) -> Account | None:
    """The account of that name, or the only parent's; None: the first one is to be made.

    Raises AskedWrongError and StoreError.
    """
    changes.publish_current(state)
    with Store(state / NAME) as store:
        accounts = Accounts(store).all()
    if not accounts:
        return None
    parents = [account for account in accounts if account.role is Role.PARENT]
    found = [account for account in accounts if account.name.casefold() == name.strip().casefold()] if name else parents
    if len(found) == 1:
        return found[0]
    names = ", ".join(account.name for account in accounts)
    raise AskedWrongError(f'there is no account "{name}": {names}' if name else f"--name says whose: {names}")


def put(state: Path, account: Account | None, name: str, password: str) -> list[str]:
    """Set it, or make the first parent's account; every session of theirs ends -> what was done, in lines.

    Raises AccountError and StoreError.
    """
    with Store(state / NAME) as store, store.transaction():
        accounts = Accounts(store)
        if account is None:
            if accounts.all():
                raise AccountError("This account is not there any more.")
            made = accounts.add(name, Role.PARENT, password)
            done = [f"{made.name} can log in to the page now."]
        else:
            accounts.set_password(account.id, password)
            accounts.set_totp(account.id, None)
            store.note("terminal", f"{account.name}: another password", int(time.time()))
            done = [f"{account.name} has a new password; every session of theirs has ended."]
            if account.has_totp:
                done.append("No code from a phone is asked for any more; the account's page sets that up again.")
    setupcode.finish(state)
    return done
