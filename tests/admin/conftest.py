"""The page without a server: who is nobody, and browsers of a parent, a helper and a viewer."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache

from filterdns import config
from filterdns.admin.app import create_app
from filterdns.household import changes
from filterdns.household.accounts import Account, Accounts, Role, hashed
from filterdns.household.sessions import Sessions
from filterdns.household.store import NAME, Store
from tests.admin.browser import PASSWORD, Browser, Clock


class Compiled(BytecodeCache):
    """Templates, compiled once for all pages of all tests: that is most of the time of a page's first sight."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED = Compiled()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def new_household(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a first start leaves, made once."""
    folder = tmp_path_factory.mktemp("new")
    changes.publish_current(folder)
    return folder


@pytest.fixture
def state(tmp_path: Path, new_household: Path) -> Path:
    """A state folder with a new household, and nobody who could log in."""
    shutil.copytree(new_household, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def app(state: Path, clock: Clock) -> Flask:
    """The page of that folder, at the clock's time."""
    settings = replace(config.BUILT_IN, state=state, web_hosts=("filter.home",))
    made = create_app(settings, lambda: clock.epoch, lambda: clock.steady)
    made.jinja_env.bytecode_cache = COMPILED
    return made


@pytest.fixture
def nobody(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def log_in(app: Flask, state: Path, clock: Clock) -> Callable[[str, Role], Browser]:
    """Make an account, unless it is there, and log a browser in, past the form."""

    def logged_in(name: str, role: Role) -> Browser:
        with Store(state / NAME) as store, store.transaction():
            account = Accounts(store).named(name) or _added(store, name, role)
            key = Sessions(store).begin(account.id, clock.epoch, address="127.0.0.1", browser="a test")
        client = app.test_client()
        client.set_cookie("filterdns", key)
        return Browser(client)

    return logged_in


def _added(store: Store, name: str, role: Role) -> Account:
    """An account with the tests' password, of which one hash serves all: making it is what takes the time."""
    row = {"name": name, "role": str(role), "password": _password(), "language": "", "totp_step": 0}
    return Accounts(store).get(store.insert("parents", row))


@cache
def _password() -> str:
    return hashed(PASSWORD)


@pytest.fixture
def parent(log_in: Callable[[str, Role], Browser]) -> Browser:
    return log_in("Mum", Role.PARENT)


@pytest.fixture
def helper(parent: Browser, log_in: Callable[[str, Role], Browser]) -> Browser:  # noqa: ARG001 - a parent comes first
    return log_in("Gran", Role.HELPER)


@pytest.fixture
def viewer(parent: Browser, log_in: Callable[[str, Role], Browser]) -> Browser:  # noqa: ARG001 - a parent comes first
    return log_in("Lodger", Role.VIEWER)
