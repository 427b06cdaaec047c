"""The page without a server: who is nobody, and browsers of a parent, a helper and a viewer."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from filterdns import config
from filterdns.admin.app import create_app
from filterdns.household import changes
from filterdns.household.accounts import Accounts, Role
from filterdns.household.sessions import Sessions
from filterdns.household.store import NAME, Store

NOW = 1_790_000_000.0  # 2026-09-21, a Monday, 14:13 UTC
PASSWORD = "correct horse"


@dataclass
class Clock:
    """What time it is in a test."""

    epoch: float = NOW
    steady: float = 1000.0

    def pass_(self, seconds: float) -> None:
        self.epoch += seconds
        self.steady += seconds


@dataclass
class Browser:
    """A browser that sends our own forms as a person would."""

    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **words: object) -> TestResponse:
        return self.client.get(path, headers=self.headers, **words)  # type: ignore[arg-type]

    def send(self, path: str, page: str = "/login", **form: object) -> TestResponse:
        """Post a form with the token that a page gives this browser."""
        return self.client.post(path, data={"csrf": self.token(page), **form}, headers=self.headers)

    def token(self, page: str = "/login") -> str:
        found = re.search(r'name="csrf" value="(\w+)"', self.client.get(page, follow_redirects=True).text)
        assert found, page
        return found[1]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with a new household, and nobody who could log in."""
    changes.publish_current(tmp_path)
    return tmp_path


@pytest.fixture
def app(state: Path, clock: Clock) -> Flask:
    """The page of that folder, at the clock's time."""
    settings = replace(config.BUILT_IN, state=state, web_hosts=("filter.home",))
    return create_app(settings, lambda: clock.epoch, lambda: clock.steady)


@pytest.fixture
def nobody(app: Flask) -> Browser:
    return Browser(app.test_client())


@pytest.fixture
def log_in(app: Flask, state: Path, clock: Clock) -> Callable[[str, Role], Browser]:
    """Make an account, unless it is there, and log a browser in, past the form."""

    def logged_in(name: str, role: Role) -> Browser:
        with Store(state / NAME) as store, store.transaction():
            account = Accounts(store).named(name) or Accounts(store).add(name, role, PASSWORD)
            key = Sessions(store).begin(account.id, clock.epoch, address="127.0.0.1", browser="a test")
        client = app.test_client()
        client.set_cookie("filterdns", key)
        return Browser(client)

    return logged_in


@pytest.fixture
def parent(log_in: Callable[[str, Role], Browser]) -> Browser:
    return log_in("Mum", Role.PARENT)


@pytest.fixture
def helper(parent: Browser, log_in: Callable[[str, Role], Browser]) -> Browser:  # noqa: ARG001 - a parent comes first
    return log_in("Gran", Role.HELPER)


@pytest.fixture
def viewer(parent: Browser, log_in: Callable[[str, Role], Browser]) -> Browser:  # noqa: ARG001 - a parent comes first
    return log_in("Lodger", Role.VIEWER)
