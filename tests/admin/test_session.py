"""Logging in and out: few guesses, a new key each time, an old one opens nothing."""

import re
from pathlib import Path

import pytest
from flask import Flask

from filterdns import setupcode
from filterdns.household import totp
from filterdns.household.accounts import Accounts
from filterdns.household.sessions import CODE_WITHIN, IDLE, SEEN_EVERY
from filterdns.household.store import NAME, Store
from tests.admin.browser import PASSWORD, Browser, Clock

SECRET = b"12345678901234567890"


def key_of(browser: Browser) -> str:
    cookie = browser.client.get_cookie("filterdns")
    assert cookie
    return cookie.value


def is_in(browser: Browser) -> bool:
    return browser.get("/").status_code == 200


def log_in(browser: Browser, password: str = PASSWORD, name: str = "Mum", **form: object) -> int:
    return browser.send("/login", name=name, password=password, **form).status_code


def test_in_and_out(parent: Browser, nobody: Browser) -> None:
    assert is_in(parent)
    assert not is_in(nobody)
    before = nobody.token() and key_of(nobody)
    assert log_in(nobody) == 303
    after = key_of(nobody)
    assert after != before
    assert is_in(nobody)
    nobody.client.set_cookie("filterdns", before)
    assert not is_in(nobody)
    nobody.client.set_cookie("filterdns", after)
    assert nobody.send("/logout", "/").status_code == 303
    assert key_of(nobody) != after
    nobody.client.set_cookie("filterdns", after)
    assert not is_in(nobody)


@pytest.mark.parametrize("chosen", ["x" * 43, "A" * 43, "", "short", "é" * 43])
def test_a_key_that_somebody_else_chose_is_never_a_session(parent: Browser, nobody: Browser, chosen: str) -> None:
    assert is_in(parent)
    nobody.client.set_cookie("filterdns", chosen)
    assert log_in(nobody) == 303
    assert key_of(nobody) != chosen
    nobody.client.set_cookie("filterdns", chosen)
    assert not is_in(nobody)


def test_the_cookie_is_strict(parent: Browser, nobody: Browser) -> None:
    assert is_in(parent)
    nobody.send("/login", name="Mum", password="wrong horse")
    answer = nobody.send("/login", name="Mum", password=PASSWORD)
    words = answer.headers["Set-Cookie"]
    assert "HttpOnly" in words
    assert "SameSite=Strict" in words
    assert "Path=/" in words
    assert "Secure" not in words


def test_a_cookie_by_https_stays_with_https(parent: Browser, app: Flask) -> None:
    assert is_in(parent)
    answer = app.test_client().get("/login", base_url="https://localhost")
    assert "Secure" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(("name", "password"), [("Mum", "wrong horse"), ("Mum", ""), ("Nobody", PASSWORD), ("", "")])
def test_what_is_wrong_is_not_said(parent: Browser, nobody: Browser, name: str, password: str) -> None:
    assert is_in(parent)
    answer = nobody.send("/login", name=name, password=password)
    assert answer.status_code == 422
    assert "The name or the password is not right." in answer.text
    assert password == "" or password not in answer.text


def test_five_wrong_guesses_and_a_quarter_of_an_hour(parent: Browser, nobody: Browser, clock: Clock) -> None:
    assert is_in(parent)
    for _ in range(5):
        assert log_in(nobody, "wrong horse") == 422
    answer = nobody.send("/login", name="Mum", password=PASSWORD)
    assert answer.status_code == 422
    assert "Wait 15 minutes" in answer.text
    elsewhere = nobody.client.post(
        "/login",
        data={"csrf": nobody.token(), "name": "Mum", "password": PASSWORD},
        environ_base={"REMOTE_ADDR": "192.168.1.77"},
    )
    assert elsewhere.status_code == 303
    nobody.client.delete_cookie("filterdns")
    clock.pass_(899)
    assert log_in(nobody) == 422
    clock.pass_(1)
    assert log_in(nobody) == 303


def test_ones_own_password_gives_no_more_guesses_at_anothers(parent: Browser, nobody: Browser, viewer: Browser) -> None:
    assert is_in(parent)
    assert is_in(viewer)
    tried = 0
    for _ in range(10):
        tried += "not right" in nobody.send("/login", name="Mum", password="wrong horse").text
        nobody.send("/login", name="Lodger", password=PASSWORD)
        nobody.send("/logout", "/login")
    assert tried <= 5


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/?day=1", "/?day=1"),
        ("//evil.example/", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/x\\evil", "/"),
        ("/\nSet-Cookie: a=b", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_after_logging_in_one_is_where_one_wanted_to_go(
    parent: Browser, nobody: Browser, wanted: str, path: str
) -> None:
    assert is_in(parent)
    answer = nobody.send("/login", name="Mum", password=PASSWORD, next=wanted)
    assert answer.headers["Location"] == path


def test_who_is_not_logged_in_is_asked_to_and_comes_back(parent: Browser, nobody: Browser) -> None:
    assert is_in(parent)
    assert nobody.get("/").headers["Location"] == "/me"
    assert nobody.get("/?day=1").headers["Location"] == "/login?next=%2F%3Fday%3D1"


def test_an_idle_session_ends_and_one_in_use_goes_on(parent: Browser, clock: Clock) -> None:
    for _ in range(10):
        clock.pass_(IDLE - SEEN_EVERY)
        assert is_in(parent)
    clock.pass_(IDLE)
    assert not is_in(parent)


@pytest.fixture
def with_code(parent: Browser, nobody: Browser, state: Path) -> Browser:
    """A browser whose user has said name and password, and is asked for the code."""
    assert is_in(parent)
    with Store(state / NAME) as store, store.transaction():
        Accounts(store).set_totp(1, SECRET)
    assert log_in(nobody) == 303
    return nobody


def now_code(clock: Clock) -> str:
    return totp.code(SECRET, int(clock.epoch) // totp.STEP)


def test_password_and_code(with_code: Browser, clock: Clock) -> None:
    assert not is_in(with_code)
    assert "The code from your phone" in with_code.get("/login").text
    half = key_of(with_code)
    assert with_code.send("/login/code", code="000000").status_code == 422
    assert with_code.send("/login/code", code=now_code(clock)).status_code == 303
    assert is_in(with_code)
    assert key_of(with_code) != half
    with_code.client.set_cookie("filterdns", half)
    assert not is_in(with_code)


def test_a_password_gives_no_more_tries_for_the_code(with_code: Browser, clock: Clock) -> None:
    tried = 1
    for _ in range(20):
        tried += with_code.send("/login/code", code="000000").status_code == 422
        if "Too many" in with_code.send("/login", name="Mum", password=PASSWORD).text:
            break
    assert tried <= 5
    assert "Too many" in with_code.send("/login/code", code=now_code(clock)).text


def test_the_code_is_asked_for_five_minutes(with_code: Browser, clock: Clock) -> None:
    clock.pass_(CODE_WITHIN)
    assert with_code.send("/login/code", code=now_code(clock)).headers["Location"] == "/login"
    assert not is_in(with_code)


def test_the_first_account_needs_the_code_from_the_console(nobody: Browser, state: Path) -> None:
    code = setupcode.renew(state, setupcode.now())
    assert nobody.get("/").headers["Location"] == "/setup"
    assert nobody.get("/login").headers["Location"] == "/setup"
    form = {"name": "Mum", "password": PASSWORD}
    assert "not the code" in nobody.send("/setup", "/setup", code="AAAA-AAAA", **form).text
    assert "at least 8" in nobody.send("/setup", "/setup", code=code, name="Mum", password="short").text
    answer = nobody.send("/setup", "/setup", code=code, **form)
    assert answer.status_code == 303
    assert is_in(nobody)
    assert setupcode.renew(state, setupcode.now()) is None


def test_there_is_one_first_account(parent: Browser, nobody: Browser, state: Path) -> None:
    assert is_in(parent)
    code = setupcode.renew(state, setupcode.now())
    assert nobody.get("/setup").status_code == 303
    assert nobody.send("/setup", "/login", code=code, name="Eve", password=PASSWORD).status_code == 303
    with Store(state / NAME) as store:
        assert [account.name for account in Accounts(store).all()] == ["Mum"]


def test_the_set_up_code_is_guessed_as_seldom_as_a_password(nobody: Browser, state: Path) -> None:
    code = setupcode.renew(state, setupcode.now())
    form = {"name": "Eve", "password": PASSWORD}
    said = [nobody.send("/setup", "/setup", code=f"AAAA-AAA{number}", **form).text for number in range(8)]
    assert ["not the code" in text for text in said] == [True] * 5 + [False] * 3
    assert re.search("Wait 1[45] minutes", nobody.send("/setup", "/setup", code=code, **form).text)
