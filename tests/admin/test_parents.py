"""Accounts, roles and keys: only a parent gives them, what they opened closes with them."""

import re

import pytest

from filterdns.household import totp
from filterdns.household.sessions import TOKEN_PREFIX
from tests.admin.browser import PASSWORD, Browser, Clock


def is_in(browser: Browser) -> bool:
    return browser.get("/").status_code == 200


def test_another_parent(parent: Browser, nobody: Browser) -> None:
    answer = parent.send("/parents", "/parents", name=" Dad ", password=PASSWORD, role="parent")
    assert answer.status_code == 303
    assert "Dad can log in now." in parent.get("/parents").text
    assert nobody.send("/login", name="dad", password=PASSWORD).status_code == 303
    assert nobody.get("/parents").status_code == 200


@pytest.mark.parametrize(
    ("name", "password", "fault"),
    [("Mum", PASSWORD, "There is another Mum already."), ("Dad", "short", "at least 8"), ("", PASSWORD, "1 to 80")],
)
def test_what_is_refused_keeps_what_was_typed(parent: Browser, name: str, password: str, fault: str) -> None:
    answer = parent.send("/parents", "/parents", name=name, password=password, role="helper")
    assert answer.status_code == 422
    assert fault in answer.text
    assert f'value="{name}"' in answer.text
    assert 'value="helper" checked' in answer.text
    assert password not in answer.text


def test_another_role_logs_out(parent: Browser, helper: Browser) -> None:
    assert is_in(helper)
    assert parent.send("/parents/2/role", "/parents", role="viewer").status_code == 303
    assert not is_in(helper)


def test_a_role_that_is_none_is_the_least(parent: Browser, helper: Browser) -> None:
    assert is_in(helper)
    parent.send("/parents/2/role", "/parents", role="king")
    assert "Viewer" in parent.get("/parents").text


def test_removing_logs_out(parent: Browser, helper: Browser) -> None:
    assert is_in(helper)
    parent.send("/parents/2/remove", "/parents")
    assert not is_in(helper)
    assert "Gran" not in parent.get("/parents").text


def test_the_last_parent_stays(parent: Browser) -> None:
    parent.send("/parents/1/remove", "/parents")
    parent.send("/parents/1/role", "/parents", role="viewer")
    page = parent.get("/parents").text
    assert "One must be left who may change everything." in page
    assert is_in(parent)


def test_an_account_that_is_not_there(parent: Browser) -> None:
    parent.send("/parents/99/remove", "/parents")
    assert "This account is not there any more." in parent.get("/parents").text


def test_a_key_is_shown_once(parent: Browser) -> None:
    page = parent.send("/programs", "/programs", name="Heating", role="viewer").text
    [key] = re.findall(rf"{TOKEN_PREFIX}[\w-]{{43}}", page)
    later = parent.get("/programs").text
    assert key not in later
    assert "Heating" in later
    parent.send("/programs/1/remove", "/programs")
    assert "Heating" not in parent.get("/programs").text
    assert parent.send("/programs", "/programs", name="", role="viewer").status_code == 422


@pytest.mark.parametrize("path", ["/parents", "/programs", "/backup", "/backup/household.yaml"])
def test_only_a_parent_may(helper: Browser, viewer: Browser, nobody: Browser, path: str) -> None:
    assert helper.get(path).status_code == 403
    assert viewer.get(path).status_code == 403
    assert nobody.get(path).status_code == 303


def test_another_password(parent: Browser, nobody: Browser) -> None:
    nobody.send("/login", name="Mum", password=PASSWORD)
    assert is_in(nobody)
    before = parent.client.get_cookie("filterdns")
    answer = parent.send("/account/password", "/account", password="wrong horse", new="another horse")
    assert answer.status_code == 422
    assert "This is not your password." in answer.text
    answer = parent.send("/account/password", "/account", password=PASSWORD, new="short")
    assert "at least 8" in answer.text
    assert is_in(nobody)
    assert parent.send("/account/password", "/account", password=PASSWORD, new="another horse").status_code == 303
    assert is_in(parent)
    assert not is_in(nobody)
    assert before
    nobody.client.set_cookie("filterdns", before.value)
    assert not is_in(nobody)
    nobody.client.delete_cookie("filterdns")
    assert nobody.send("/login", name="Mum", password="another horse").status_code == 303


def test_ones_own_password_is_guessed_as_seldom_as_another(parent: Browser) -> None:
    for _ in range(5):
        parent.send("/account/password", "/account", password="wrong horse", new="another horse")
    answer = parent.send("/account/password", "/account", password=PASSWORD, new="another horse")
    assert "Too many wrong tries" in answer.text


def test_a_code_is_turned_on_and_off(parent: Browser, nobody: Browser, clock: Clock) -> None:
    page = parent.get("/account/code").text
    [shown] = re.findall(r'name="secret" value="(\w+)"', page)
    [path] = re.findall(r'<path d="([Mhv0-9 z-]+)" fill="#000"', page)
    assert path.count("M") > 300
    form = {"secret": shown, "code": "000000"}
    assert parent.send("/account/code", "/account/code", **form).status_code == 422
    import base64  # noqa: PLC0415 - here only

    secret = base64.b32decode(shown)
    code = totp.code(secret, int(clock.epoch) // totp.STEP)
    assert parent.send("/account/code", "/account/code", secret=shown, code=code).status_code == 303
    nobody.send("/login", name="Mum", password=PASSWORD)
    assert not is_in(nobody)
    assert parent.get("/account").text.count("knows the password, waits for the code") == 1
    assert nobody.send("/login/code", code=code).status_code == 422  # typed once already
    clock.pass_(60)
    assert nobody.send("/login/code", code=totp.code(secret, int(clock.epoch) // totp.STEP)).status_code == 303
    assert is_in(nobody)
    assert parent.send("/account/code/off", "/account", password="wrong horse").status_code == 422
    assert parent.send("/account/code/off", "/account", password=PASSWORD).status_code == 303
    assert "Set it up" in parent.get("/account").text


@pytest.mark.parametrize("secret", ["", "x", "A" * 8, "é", "A" * 64, "=" * 32])
def test_a_secret_is_ours(parent: Browser, secret: str) -> None:
    answer = parent.send("/account/code", "/account/code", secret=secret, code="000000")
    assert answer.status_code == 422
    assert re.search(r'name="secret" value="[A-Z2-7]{32}"', answer.text)


def test_ones_sessions_are_listed_and_ended(parent: Browser, nobody: Browser, helper: Browser) -> None:
    nobody.headers = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"}
    nobody.send("/login", name="Mum", password=PASSWORD)
    page = parent.get("/account").text
    assert "Safari, iPhone" in page
    [key] = re.findall(r'name="key" value="(\w+)"', page)
    helper.send("/account/sessions/end", "/account", key=key)  # not hers to end
    assert is_in(nobody)
    parent.send("/account/sessions/end", "/account", key=key)
    assert not is_in(nobody)
    assert is_in(parent)
    nobody.send("/login", name="Mum", password=PASSWORD)
    parent.send("/account/sessions/end", "/account", key="others")
    assert not is_in(nobody)
    assert is_in(parent)


def test_everybody_has_a_language(viewer: Browser) -> None:
    viewer.send("/account/language", "/account", language="de")
    assert '<html lang="de" dir="ltr">' in viewer.get("/account").text
    viewer.send("/account/language", "/account", language="xx")
    assert '<html lang="en" dir="ltr">' in viewer.get("/account").text
