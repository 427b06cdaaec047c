"""The gate: deny by default, for every address that the page has; a new one is tried the moment it is there."""

import contextlib
import hashlib
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask, request

from filterdns.admin import gate, house
from filterdns.admin.gate import open_to, open_to_programs
from filterdns.household.accounts import Accounts, Role
from filterdns.household.sessions import SEEN_EVERY, Sessions
from filterdns.household.store import NAME, Store
from tests.admin.browser import PASSWORD, Browser, Clock
from tests.admin.crawl import Route, routes

OPEN = {"static", "session.login", "session.log_in", "session.log_in_with_code", "session.log_out", "setup.begin",
        "setup.make_first_account", "api.openapi"}  # fmt: skip
"""All that is open to everybody, beside the child's page; whoever adds something here has thought about it."""
CHILDS = "me."
PROGRAMS = ("api.", "metrics.")


def fingerprint(state: Path) -> str:
    return hashlib.sha256((state / "rules.db").read_bytes()).hexdigest()


def is_childs(route: Route) -> bool:
    return route.endpoint.startswith(CHILDS)


def test_every_view_says_whom_it_is_open_to(app: Flask) -> None:
    marks = {endpoint: gate.mark_of(view) for endpoint, view in app.view_functions.items()}
    assert [endpoint for endpoint, mark in marks.items() if mark is None] == []
    to_all = {endpoint for endpoint, mark in marks.items() if mark and mark.role is None}
    assert {endpoint for endpoint in to_all if not endpoint.startswith(CHILDS)} == OPEN
    programs = {endpoint for endpoint, mark in marks.items() if mark and mark.programs}
    assert all(endpoint.startswith(PROGRAMS) for endpoint in programs)


def test_a_view_that_says_nothing_is_closed_to_everybody(app: Flask, parent: Browser) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    assert parent.get("/forgotten").status_code == 403


def test_nobody_sees_nothing_and_changes_nothing(app: Flask, parent: Browser, nobody: Browser, state: Path) -> None:
    assert parent.get("/").status_code == 200
    nobody.get("/login")
    before = fingerprint(state)
    for route in routes(app):
        if route.endpoint in OPEN or is_childs(route):
            continue
        answer = nobody.client.open(route.path, method=route.method, data={"csrf": nobody.token()})
        if route.method == "GET" and not route.endpoint.startswith(PROGRAMS):
            assert answer.status_code == 303, route
            assert answer.headers["Location"].startswith(("/login", "/me")), route
        else:
            assert answer.status_code in (401, 403, 415), route
    assert fingerprint(state) == before


FORGERIES: dict[str, Callable[[str], dict[str, object]]] = {
    "no token": lambda _token: {"data": {}},
    "an empty token": lambda _token: {"data": {"csrf": ""}},
    "a wrong token": lambda token: {"data": {"csrf": token[::-1]}},
    "not ASCII": lambda _token: {"data": {"csrf": "é" * 64}},
    "a foreign origin": lambda token: {"data": {"csrf": token}, "headers": {"Origin": "http://evil.example"}},
    "no origin": lambda token: {"data": {"csrf": token}, "headers": {"Origin": "null"}},
    "another port": lambda token: {"data": {"csrf": token}, "headers": {"Origin": "http://localhost:81"}},
    "another scheme": lambda token: {"data": {"csrf": token}, "headers": {"Origin": "https://localhost"}},
    "another site": lambda token: {"data": {"csrf": token}, "headers": {"Sec-Fetch-Site": "cross-site"}},
    "a neighbour": lambda token: {"data": {"csrf": token}, "headers": {"Sec-Fetch-Site": "same-site"}},
    "plain text": lambda token: {"data": f"csrf={token}", "content_type": "text/plain"},
    "JSON": lambda token: {"json": {"csrf": token}},
    "another name": lambda token: {"data": {"csrf": token}, "headers": {"Host": "evil.example"}},
    "another name for the page": lambda token: {
        "data": {"csrf": token},
        "headers": {"Host": "evil.example", "Origin": "http://evil.example"},
    },
    "the token in the address": lambda token: {"query_string": {"csrf": token}},
}


@pytest.mark.parametrize("how", FORGERIES)
def test_what_our_own_page_did_not_send_is_refused(app: Flask, parent: Browser, state: Path, how: str) -> None:
    token = parent.token("/")
    before = fingerprint(state)
    tried = 0
    for route in routes(app):
        if route.method == "GET" or route.endpoint.startswith(PROGRAMS):
            continue
        answer = parent.client.open(route.path, method=route.method, **FORGERIES[how](token))  # type: ignore[arg-type]
        assert 400 <= answer.status_code < 500, (route, answer.status_code)
        tried += 1
    assert tried > 10
    assert fingerprint(state) == before
    assert parent.get("/").status_code == 200


def test_another_browsers_token_is_refused(parent: Browser, helper: Browser) -> None:
    answer = parent.client.post("/account/language", data={"csrf": helper.token("/"), "language": "de"})
    assert answer.status_code == 403


@pytest.mark.parametrize("origin", ["http://localhost", "HTTP://LOCALHOST"])
def test_our_own_origin_is_ours(parent: Browser, origin: str) -> None:
    parent.headers = {"Origin": origin, "Sec-Fetch-Site": "same-origin"}
    assert parent.send("/account/language", "/account", language="de").status_code == 303


def test_looking_changes_nothing(app: Flask, parent: Browser, state: Path) -> None:
    parent.get("/")
    before = fingerprint(state)
    for _ in range(2):
        for route in routes(app):
            if route.method == "GET":
                with parent.get(route.path) as answer:
                    assert answer.status_code < 500, route
    assert fingerprint(state) == before


@pytest.mark.parametrize(
    ("role", "needed", "status"),
    [(Role.VIEWER, "viewer", 200), (Role.VIEWER, "helper", 403), (Role.HELPER, "helper", 200),
     (Role.HELPER, "parent", 403), (Role.PARENT, "parent", 200), (Role.PARENT, "viewer", 200)],
)  # fmt: skip
def test_roles(app: Flask, log_in: Callable[[str, Role], Browser], role: Role, needed: str, status: int) -> None:
    app.add_url_rule("/trial", "trial", open_to(needed)(lambda: "open"))
    assert log_in("Somebody", role).get("/trial").status_code == status


@pytest.fixture
def trial(app: Flask) -> Flask:
    """The app with one address for programs."""

    @app.route("/api/trial", methods=["GET", "POST"])
    @open_to_programs("helper")
    def trial_view() -> dict[str, object]:
        who = gate.parent()
        return {"who": who.name, "body": request.get_json(silent=True)}

    return app


@pytest.fixture
def keys(state: Path, parent: Browser) -> dict[str, str]:
    """A key of each role, all made by a parent."""
    assert parent.get("/").status_code == 200
    with Store(state / NAME) as store, store.transaction():
        return {str(role): Sessions(store).make_token(1, f"a {role}", role, 0) for role in Role}


@pytest.mark.parametrize(
    ("header", "status"),
    [("Bearer {parent}", 200), ("bearer {helper}", 200), ("Bearer {viewer}", 403), ("Bearer x{parent}", 401),
     ("Bearer", 401), ("{parent}", 401), ("Basic {parent}", 401), ("Bearer é", 401), ("", 401)],
)  # fmt: skip
def test_a_programs_key(trial: Flask, keys: dict[str, str], header: str, status: int) -> None:
    client = trial.test_client()
    answer = client.get("/api/trial", headers={"Authorization": header.format(**keys)})
    assert answer.status_code == status
    assert answer.is_json
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("content_type", "status"),
    [("application/json", 200), ("text/plain", 415), ("application/x-www-form-urlencoded", 415), (None, 415)],
)
def test_programs_speak_json(trial: Flask, keys: dict[str, str], content_type: str | None, status: int) -> None:
    headers = {"Authorization": f"Bearer {keys['parent']}"}
    answer = trial.test_client().post("/api/trial", data="{}", content_type=content_type, headers=headers)
    assert answer.status_code == status


def test_a_cookie_is_no_key_and_a_key_no_cookie(trial: Flask, keys: dict[str, str], parent: Browser) -> None:
    assert parent.get("/api/trial").status_code == 401
    client = trial.test_client()
    assert client.get("/", headers={"Authorization": f"Bearer {keys['parent']}"}).status_code == 303
    client.set_cookie("filterdns", keys["parent"])
    assert client.get("/").status_code == 303


def test_a_key_ends_with_its_maker(trial: Flask, keys: dict[str, str], state: Path) -> None:
    with Store(state / NAME) as store, store.transaction():
        Accounts(store).add("Dad", Role.PARENT, "correct horse")
        Accounts(store).remove(1)
    headers = {"Authorization": f"Bearer {keys['parent']}"}
    assert trial.test_client().get("/api/trial", headers=headers).status_code == 401


def test_deep_json_is_refused(trial: Flask, keys: dict[str, str]) -> None:
    headers = {"Authorization": f"Bearer {keys['parent']}"}
    for text in ("[" * 10_000 + "]" * 10_000, '{"a":' * 10_000 + "1" + "}" * 10_000):
        answer = trial.test_client().post("/api/trial", data=text, content_type="application/json", headers=headers)
        assert answer.status_code in (200, 400)
        assert "Traceback" not in answer.text


PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n'


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"csrf=x&a=" + b"x" * (2 << 20), "application/x-www-form-urlencoded"),
        (b"csrf=x&a=" + b"x" * (300 << 10), "application/x-www-form-urlencoded"),
        (b"a&" * (140 << 10), "application/x-www-form-urlencoded"),
        (PART * 1000 + b"--x--", "multipart/form-data; boundary=x"),
    ],
)  # fmt: skip
def test_too_much_is_refused(parent: Browser, body: bytes, content_type: str) -> None:
    answer = parent.client.post("/account/language", data=body, content_type=content_type)
    assert answer.status_code == 413


def test_strangers_are_given_less_room(nobody: Browser, parent: Browser) -> None:
    assert parent.get("/").status_code == 200
    token = nobody.token()
    for body in (f"csrf={token}&name=" + "x" * (17 << 10), f"csrf={token}" + "&a" * (9 << 10)):
        answer = nobody.client.post("/login", data=body, content_type="application/x-www-form-urlencoded")
        assert answer.status_code == 413


TRICKS = ["//parents", "/./parents", "/parents/", "/parents;x", "/%2e/parents", "/login/../parents", "/PARENTS",
          "/static/../parents", "/static/%2e%2e/parents", "/parents%00", "/parents%0a", "/login/%2e%2e/parents",
          "/static/..%2fapp.py", "/static//etc/passwd", "/parents?x=/static/", "/\\parents"]  # fmt: skip
HEADERS = [{}, {"X-Forwarded-For": "127.0.0.1"}, {"X-Original-URL": "/login"}, {"X-Rewrite-URL": "/static/page.css"},
           {"X-HTTP-Method-Override": "GET"}, {"Upgrade": "h2c", "Connection": "Upgrade"}]  # fmt: skip


@pytest.mark.parametrize("path", TRICKS)
def test_no_way_round_the_gate(parent: Browser, nobody: Browser, path: str) -> None:
    assert parent.get("/parents").status_code == 200
    for headers in HEADERS:
        nobody.headers = headers
        with nobody.get(path) as answer:
            assert not 200 <= answer.status_code < 300, (path, headers)
            assert "Who may use this page" not in answer.text


def test_a_foreign_cookie_header_is_nothing(nobody: Browser, parent: Browser) -> None:
    assert parent.get("/").status_code == 200
    for key in ("../../../etc/passwd", "' OR 1=1 --", "a" * 43, "%00" * 15, "=" * 43, "\u00e9" * 43):
        nobody.headers = {"Cookie": f"filterdns={key}"}
        assert nobody.get("/parents").status_code == 303


def test_errors_tell_nothing(app: Flask, parent: Browser, clock: Clock) -> None:
    assert clock.epoch

    @app.get("/broken")
    @open_to("viewer")
    def broken() -> str:
        raise ZeroDivisionError("/secret/path")

    app.logger.disabled = True
    for path in ("/broken", "/nothing<script>", "/static/none", "/login?next=<script>"):
        with parent.get(path) as answer:
            assert "Traceback" not in answer.text
            assert "/secret" not in answer.text
            assert "<script>" not in answer.text
    assert parent.get("/broken").status_code == 500


def test_a_fault_is_logged_without_what_was_sent(app: Flask, parent: Browser, caplog: pytest.LogCaptureFixture) -> None:
    @app.get("/broken/<name>")
    @open_to("viewer")
    def broken(name: str) -> str:
        raise ZeroDivisionError(len(name))

    app.logger.disabled = False
    assert parent.get("/broken/%0aMum%20logged%20in%1b[31m").status_code == 500
    assert "ZeroDivisionError" in caplog.text
    assert "a fault of the program in broken" in caplog.text
    assert "logged in" not in caplog.text


@contextmanager
def no_room() -> Iterator[None]:
    """Files of this process cannot grow: to SQLite, a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_with_a_full_disk_one_can_look_and_is_told_why_nothing_changes(
    app: Flask, parent: Browser, nobody: Browser, keys: dict[str, str], clock: Clock
) -> None:
    app.logger.disabled = True
    form = {"csrf": parent.token("/"), "language": "de"}
    login = {"csrf": nobody.token(), "name": "Mum", "password": PASSWORD}
    clock.pass_(SEEN_EVERY)
    with no_room():
        seen = parent.get("/")
        changed = parent.client.post("/account/language", data=form)
        refused = nobody.client.post("/login", data=login)
        asked = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {keys['viewer']}"})
    assert seen.status_code == 200
    assert changed.status_code == 303
    assert refused.status_code == 507
    assert "disk may be full" in refused.text
    assert asked.status_code == 200
    assert "cannot be written just now" in parent.get("/account").text


def test_while_another_program_has_the_rules_to_itself_that_is_said_soon(
    app: Flask, parent: Browser, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.logger.disabled = True
    monkeypatch.setattr(house, "_PATIENCE", 0.0)
    with contextlib.closing(sqlite3.connect(state / NAME)) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.monotonic()
        answer = parent.get("/")
    assert answer.status_code == 503
    assert "cannot be read just now" in answer.text
    assert time.monotonic() - began < 5
    assert parent.get("/").status_code == 200
