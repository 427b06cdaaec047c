"""The page's work for programs: every operation, who may, what is refused, and that the document says the same."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from werkzeug.test import TestResponse

from filterdns import refresh, renewal
from filterdns.admin.api.operation import Operation
from filterdns.admin.api.routes import OPERATIONS
from filterdns.config import BUILT_IN, Config
from filterdns.household import changes, edits, export
from filterdns.household.accounts import Accounts, Role
from filterdns.household.history import History
from filterdns.household.requests import Requests
from filterdns.household.sessions import Sessions
from filterdns.household.store import NAME, Store
from filterdns.policy.rules import Person
from tests.admin.browser import PASSWORD, Browser, Clock

Ask = Callable[..., TestResponse]
WINDOW = {"name": "Homework", "days": ["mon"], "from": "15:00", "to": "17:00", "block": ["games"]}


@pytest.fixture
def token(state: Path, clock: Clock) -> Callable[[str], str]:
    def made(role: str) -> str:
        with Store(state / NAME) as store, store.transaction():
            account = Accounts(store).named("Mum") or Accounts(store).add("Mum", Role.PARENT, PASSWORD)
            return Sessions(store).make_token(account.id, "Home", Role(role), clock.epoch)

    return made


@pytest.fixture
def ask(app: Flask, token: Callable[[str], str]) -> Ask:
    """Ask as a program of a parent."""
    client, key = app.test_client(), token("parent")

    def asked(method: str, path: str, body: object = None, **more: object) -> TestResponse:
        headers = {"Authorization": f"Bearer {key}"}
        if method != "GET" and "data" not in more:
            more = {"data": json.dumps(body or {}), "content_type": "application/json"} | more
        return client.open(f"/api/v1{path}", method=method, headers=headers, **more)  # type: ignore[arg-type]

    return asked


@pytest.fixture
def lea(state: Path, clock: Clock) -> Person:
    """With one of everything, and a request of hers."""

    def edit(home: edits.Household) -> edits.Household:
        home = edits.add_person(home, "Lea", 9)
        home = edits.grant(home, "Lea", "service:roblox", int(clock.epoch) + 3600, int(clock.epoch))
        home = edits.put_rule(home, "Lea", "a.example", edits.RuleAction.BLOCK)
        home = edits.put_rule(home, None, "b.example", edits.RuleAction.BLOCK)
        home = edits.claim(home, edits.Device("Tablet", "Lea", "02:00:00:00:00:01"))
        return edits.claim(home, edits.Device("Console", "Lea", address="192.0.2.9"))

    changes.edit(state, "x", "x", edit)
    lea = edits.person_of(changes.read(state), "Lea")
    with Store(state / NAME) as store, store.transaction():
        Requests(store).ask(lea.id, 0, "name:c.example", "please", int(clock.epoch))
    return lea


def path_of(operation: Operation, state: Path, lea: Person) -> str:
    home = changes.read(state)
    rule = lea.rules[0].id if "person" in operation.keys else home.rules[0].id
    return operation.path.format(person=lea.id, grant=lea.grants[0].id, window=lea.windows[0].id, rule=rule,
                                 device=home.devices[0].id, request=1)  # fmt: skip


BODIES = {
    "addPerson": {"name": "Ben", "age": 12}, "pause": {"minutes": 5}, "grant": {"target": "time", "minutes": 30},
    "block": {"target": "games", "on": False}, "addWindow": WINDOW, "changeWindow": WINDOW,
    "addRule": {"name": "d.example", "action": "allow"}, "addHouseRule": {"name": "d.example", "action": "block"},
    "settleHousehold": {"name": "Us", "timezone": "Europe/Berlin", "blocked_answer": "nodata", "history_days": 3},
    "settlePerson": {"name": "Mia", "age": 12, "preset": True, "safe_search": False, "youtube": "moderate"},
    "setMinutes": {"target": "games", "minutes": 30}, "changeDevice": {"name": "Phone", "person": None},
    "mergeDevices": {"other": 2}, "restore": {"people": [{"name": "Ben", "age": 12}]},
    "chooseLists": {"size": "small", "without": [], "with": [], "own": [
        {"name": "Ours", "url": "https://lists.example.org/x", "category": "games"}]},
    "giveDevice": {"name": "Phone", "person": "Lea", "mac": "02-00-00-00-00-02"}, "allowRequest": {"minutes": 60},
}  # fmt: skip
QUERIES = {"why": "?name=www.roblox.com&person=Lea&at=fri 21:00", "asked": "?part=a&outcome=blocked"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_every_operation_does_what_the_document_says(ask: Ask, lea: Person, state: Path, operation: Operation) -> None:
    refresh.refresh(_at(state), refresh.Wish(local=True), print, print)
    History(state / "history.db").__exit__()
    before = _digest(state)
    answer = ask(operation.method, path_of(operation, state, lea) + QUERIES.get(operation.id, ""),
                 BODIES.get(operation.id))  # fmt: skip
    assert answer.status_code == operation.status, answer.text
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    Draft202012Validator(operation.answer).validate(answer.json)
    if operation.method == "GET":
        assert _digest(state) == before
    elif operation.id not in ("updateLists", "refuseRequest"):
        assert _latest(state)["who"] == "Mum (Home)"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.id)
def test_nobody_without_a_key_of_enough_right(
    app: Flask, token: Callable[[str], str], lea: Person, state: Path, operation: Operation
) -> None:
    path, client = "/api/v1" + path_of(operation, state, lea), app.test_client()
    weaker = {"viewer": None, "helper": "viewer", "parent": "helper"}[operation.role]
    keys = {"": 401, "Bearer": 401, "Bearer x": 401, "Basic eDp4": 401}
    if weaker:
        keys[f"Bearer {token(weaker)}"] = 403
    for key, status in keys.items():
        answer = client.open(path, method=operation.method, headers={"Authorization": key}, json={})
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json"
        assert answer.json["status"] == status
        assert status != 401 or answer.headers["WWW-Authenticate"] == "Bearer"


CHANGING = [operation for operation in OPERATIONS if operation.method != "GET"]


@pytest.mark.parametrize("operation", CHANGING, ids=lambda operation: operation.id)
def test_bodies_are_json_and_right(ask: Ask, lea: Person, state: Path, operation: Operation) -> None:
    path, method, before = path_of(operation, state, lea), operation.method, _digest(state)
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        assert ask(method, path, data="{}", content_type=kind).status_code == 415
    if method == "DELETE":
        return
    deep = "[" * 100_000
    for content in (b"{", b"\xff", b'{"a": NaN}', b'{"until": 1, "until": 2}', deep.encode()):
        assert ask(method, path, data=content, content_type="application/json").status_code == 400
    for content in (b"[]", b"null", b'"x"', b'{"x\\n/": 1}'):
        answer = ask(method, path, data=content, content_type="application/json")
        assert answer.status_code == 422
        assert answer.json["errors"]
    assert ask(method, path, data=b" " * (2 << 20), content_type="application/json").status_code == 413
    assert _digest(state) == before


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/people/999", None, 404),
        ("GET", "/nothing", None, 404),
        ("PUT", "/people", None, 405),
        ("GET", "/why", None, 422),
        ("GET", "/why?name=..", None, 422),
        ("GET", "/why?name=a.example&person=Nobody", None, 422),
        ("GET", "/asked?person=x", None, 422),
        ("GET", "/asked?person=1&else=1", None, 422),
        ("POST", "/people", {"name": "Lea"}, 422),
        ("POST", "/people", {"name": "a\u202e\u0000"}, 422),
        ("POST", "/people/999/pause", {}, 404),
        ("POST", "/pause", {"until": 1}, 422),
        ("POST", "/pause", {"until": 1 << 39, "minutes": 1}, 422),
        ("POST", "/people/{lea}/grants", {"target": "time"}, 422),
        ("POST", "/people/{lea}/grants", {"target": "malware", "minutes": 1}, 422),
        ("POST", "/people/{lea}/grants", {"target": "name:..", "minutes": 1}, 422),
        ("DELETE", "/people/{lea}/grants/999", None, 404),
        ("PUT", "/people/{lea}/block", {"target": "service:nothing", "on": True}, 422),
        ("POST", "/people/{lea}/windows", WINDOW | {"to": "24:00"}, 422),
        ("POST", "/people/{lea}/windows", WINDOW | {"block": []}, 422),
        ("POST", "/people/{lea}/windows", WINDOW | {"days": ["mon", "mon"]}, 422),
        ("PUT", "/people/{lea}/windows/999", WINDOW, 404),
        ("DELETE", "/people/{lea}/windows/999", None, 404),
        ("DELETE", "/rules/999", None, 404),
        ("POST", "/devices", {"name": "x"}, 422),
        ("POST", "/devices", {"name": "x", "mac": "x"}, 422),
        ("POST", "/devices", {"name": "x", "address": "192.0.2.7", "person": "Nobody"}, 422),
        ("DELETE", "/devices/999", None, 404),
        ("PATCH", "/people/{lea}", {}, 422),
        ("PATCH", "/people/{lea}", {"name": "Guests"}, 422),
        ("PATCH", "/people/999", {"name": "x"}, 404),
        ("PATCH", "/household", {"timezone": "Mars/North"}, 422),
        ("PATCH", "/household", {"country": "xyz"}, 422),
        ("PUT", "/people/{lea}/minutes", {"target": "nothing", "minutes": 5}, 422),
        ("GET", "/people/{lea}/day?day=2026-13-01", None, 422),
        ("PATCH", "/devices/999", {"name": "x"}, 404),
        ("PATCH", "/devices/1", {"person": "Nobody"}, 422),
        ("POST", "/devices/1/merge", {"other": 1}, 422),
        ("PUT", "/lists/wanted", {"size": "small", "without": ["x"], "with": ["x"], "own": []}, 422),
        ("PUT", "/backup", {"people": [{"name": "x", "age": "nine"}]}, 422),
        ("PUT", "/backup", {"nothing": 1}, 422),
        ("POST", "/undo", {"revision": 1}, 409),
        ("POST", "/requests/999/refuse", {}, 409),
        ("POST", "/requests/999/allow", {"minutes": 1}, 409),
    ],
)
def test_what_cannot_be_is_a_problem(  # noqa: PLR0917 - a row and its fixtures
    ask: Ask, lea: Person, state: Path, method: str, path: str, body: object, status: int
) -> None:
    refresh.refresh(_at(state), refresh.Wish(local=True), print, print)
    before = _digest(state)
    answer = ask(method, path.format(lea=lea.id), body)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert {"type", "title", "status"} <= answer.json.keys()
    assert str(state) not in answer.text
    assert _digest(state) == before


def test_what_was_done_holds(ask: Ask, lea: Person, state: Path) -> None:
    ask("POST", f"/people/{lea.id}/pause", {})
    assert ask("GET", f"/people/{lea.id}").json["now"] == {"state": "paused", "rule": "pause:1", "until": None}
    assert ask("POST", f"/people/{lea.id}/resume").json["published"]
    ask("PUT", f"/people/{lea.id}/block", {"target": "service:roblox", "on": True})
    assert "service:roblox" in edits.person_of(changes.read(state), "Lea").block
    ask("POST", "/undo")
    assert "service:roblox" not in edits.person_of(changes.read(state), "Lea").block
    ask("POST", "/requests/1/allow", {"minutes": 10})
    assert ask("GET", "/requests").json == []
    ask("POST", "/lists/update")
    assert renewal.ordered(state)


def test_what_was_set_holds(ask: Ask, lea: Person) -> None:
    assert ask("PATCH", f"/people/{lea.id}", BODIES["settlePerson"]).json["published"]
    mia = ask("GET", f"/people/{lea.id}").json
    assert (mia["name"], mia["age"], mia["safe_search"], mia["youtube"]) == ("Mia", 12, False, "moderate")
    ask("PUT", f"/people/{lea.id}/minutes", {"target": "games", "minutes": 30})
    assert ask("GET", f"/people/{lea.id}").json["minutes"] == {"games": 30}
    ask("PUT", f"/people/{lea.id}/minutes", {"target": "games", "minutes": 0})
    assert ask("GET", f"/people/{lea.id}").json["minutes"] == {}
    ask("PATCH", "/household", {"country": "AT"})
    assert ask("GET", "/household").json["country"] == "AT"
    ask("PUT", "/lists/wanted", BODIES["chooseLists"])
    assert ask("GET", "/lists/wanted").json["own"][0]["name"] == "Ours"
    tablet, console = (one["id"] for one in ask("GET", "/devices").json)
    ask("POST", f"/devices/{tablet}/merge", {"other": console})
    assert [one["address"] for one in ask("GET", "/devices").json] == ["192.0.2.9"]


def test_a_backup_is_put_back_as_it_was(ask: Ask, lea: Person, state: Path) -> None:
    before, backup = changes.read(state), ask("GET", "/backup").json
    ask("DELETE", f"/people/{lea.id}")
    assert ask("PUT", "/backup", backup).status_code == 200
    after = changes.read(state)
    assert export.write(after) == export.write(before)


def test_the_document_is_openapi_and_names_every_route(app: Flask) -> None:
    client = app.test_client()
    document = client.get("/api/v1/openapi.json").json
    validate(document)
    told = {(path, method.upper()) for path, ways in document["paths"].items() for method in ways}
    routes = {
        (rule.rule.removeprefix("/api/v1").replace("<int:", "{").replace(">", "}"), method)
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.openapi"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == routes
    assert len({way["operationId"] for ways in document["paths"].values() for way in ways.values()}) == len(told)


def test_a_cookie_opens_nothing_here(parent: Browser) -> None:
    assert parent.get("/api/v1/people").status_code == 401


def _at(state: Path) -> Config:

    return replace(BUILT_IN, state=state)


def _digest(state: Path) -> str:
    with Store(state / NAME) as store:
        held = (store.revision, repr(store.household()), repr(store.rows("SELECT * FROM requests")))
    return hashlib.sha256(repr(held).encode()).hexdigest()


def _latest(state: Path) -> dict[str, Any]:
    with Store(state / NAME) as store:
        return store.changes()[0]
