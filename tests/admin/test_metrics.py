"""/metrics: what Prometheus reads, for keys only, and of people only what may be seen."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from filterdns.admin.metrics import Metric, exposition
from filterdns.blocklists import results
from filterdns.blocklists.results import ListState
from filterdns.household import asked, changes, edits
from filterdns.household.accounts import Accounts, Role
from filterdns.household.history import CATEGORIES, History
from filterdns.household.sessions import Sessions
from filterdns.household.store import NAME, Store
from tests.admin.browser import NOW, PASSWORD, Browser

Read = Callable[[str], dict[tuple[str, frozenset[tuple[str, str]]], float]]


@pytest.fixture
def read(app: Flask, state: Path) -> Read:
    """Every sample for a key of a role."""

    def found(role: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        with Store(state / NAME) as store, store.transaction():
            account = Accounts(store).named("Mum") or Accounts(store).add("Mum", Role.PARENT, PASSWORD)
            key = Sessions(store).make_token(account.id, "Monitor", Role(role), NOW)
        answer = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == 200
        assert answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
        families = text_string_to_metric_families(answer.text)
        return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}

    return found


def key(name: str, **labels: str) -> tuple[str, frozenset[tuple[str, str]]]:
    return f"filterdns_{name}", frozenset(labels.items())


def test_what_workers_and_lists_tell(read: Read, state: Path) -> None:
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", "filterdns.dns.prefork"]
    results.write(state, [ListState('own:"x"\\', "games", names=7, changed=5.5, result="left out")])
    with subprocess.Popen(command, stdin=subprocess.PIPE) as worker:
        told = {"pid": worker.pid, "worker": 1, "started": 9, "revision": 1, "names": 1234, "queries": 12, "blocked": 2,
                "answers": [[True, "category", 2], [False, "default", 10], [True, "illegal", 1]], "not_logged": 3,
                "upstreams": [{"server": "udp://9.9.9.9:53", "milliseconds": 1.5, "answered": 7, "failed": 1,
                               "down": True}]}  # fmt: skip
        (state / "run").mkdir(exist_ok=True)
        (state / "run" / "worker-1.json").write_text(json.dumps(told))
        found = read("viewer")
    assert found[key("queries_total", worker="1", action="block", reason="category")] == 2
    assert found[key("queries_total", worker="1", action="pass", reason="default")] == 10
    assert found[key("queries_total", worker="1", action="block", reason="no exception")] == 1
    assert found[key("worker_rules_revision", worker="1")] == found[key("rules_revision")] == 1
    assert found[key("log_lines_dropped_total", worker="1")] == 3
    assert found[key("upstream_failures_total", worker="1", upstream="udp://9.9.9.9:53")] == 1
    assert found[key("upstream_down", worker="1", upstream="udp://9.9.9.9:53")] == 1
    assert found[key("list_names", list='own:"x"\\', category="games")] == 7
    assert found[key("list_failed", list='own:"x"\\', category="games")] == 1
    assert found[key("list_changed_timestamp_seconds", list='own:"x"\\', category="games")] == 5.5


def test_without_anything_it_is_still_metrics(read: Read) -> None:
    found = read("viewer")
    assert found[key("requests_open")] == 0
    assert not any(name == "filterdns_queries_total" for name, _ in found)


def test_what_a_person_asked_is_for_a_parents_key(read: Read, state: Path) -> None:
    changes.edit(state, "x", "x", lambda home: edits.add_person(home, "Lea", 9))
    home = changes.read(state)
    lea = edits.person_of(home, "Lea").id
    with History(state / "history.db") as db:
        db._execute(
            "INSERT INTO days VALUES (?, ?, ?, 1, 5)", asked.day_of(NOW, home.timezone), lea, CATEGORIES["games"]
        )
    assert read("parent")[key("today_queries", person="Lea", category="games", outcome="blocked")] == 5
    assert not any(name == "filterdns_today_queries" for name, _ in read("helper"))


def test_it_takes_a_key_and_no_cookie(nobody: Browser, parent: Browser) -> None:
    assert nobody.get("/metrics").status_code == 401
    assert parent.get("/metrics").status_code == 401


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from('\n\\"'), max_size=20))
def test_any_label_comes_back_whole(value: str) -> None:
    (family,) = text_string_to_metric_families(exposition([Metric("x", "gauge", "About.", (({"a": value}, 1.5),))]))
    (sample,) = family.samples
    assert (sample.labels, sample.value) == ({"a": value}, 1.5)
