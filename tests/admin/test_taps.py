"""How many taps the tasks of every day take from the front page: what a parent touches, one after the other.

A step is a link that is followed ("/people/2"), a form that is sent ("POST /people/2/pause"), or something on the page
that is opened first ("open bedtime"). Each must stand on the page that the step before leads to; typing is no tap.
"""

import re
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from filterdns.clock import Zone
from filterdns.household import changes
from filterdns.household.batch import Batch, Mark, Span, Who
from filterdns.household.detail import Detail
from filterdns.household.history import NAME as HISTORY
from filterdns.household.history import History
from filterdns.household.requests import Requests
from filterdns.household.store import NAME, Store
from tests.admin.browser import NOW, Browser
from tests.admin.family import LEA, move_in, person

NEW = "00:00:f0:00:00:03"
Step = tuple[str, dict[str, object]]


@pytest.fixture(autouse=True)
def house(state: Path) -> None:
    """A family, a new device, and a child's request."""
    move_in(state)
    with History(state / HISTORY) as history:
        batch = Batch({}, Who(1, Detail.NAMES), Zone("UTC"), lambda _name: 0, int(NOW))
        batch.seen[Mark(NEW, ""), "192.168.1.9"] = Span(int(NOW), int(NOW))
        history.take(batch, (), (), int(NOW))
    with Store(state / NAME) as store, store.transaction():
        Requests(store).ask(LEA, 0, "name:example.net", "For school", int(NOW) - 60)


LEAS = f"/people/{LEA}"

TASKS: dict[str, tuple[int, list[Step]]] = {
    "pause": (1, [(f"POST {LEAS}/pause", {})]),
    "30 more minutes": (2, [(f"POST {LEAS}/time", {"minutes": 30})]),
    "a new device to a child": (2, [("POST /devices/give", {"home": 1, "mac": NEW, "person": LEA})]),
    "allow a site for good": (3, [(LEAS, {}), (f"POST {LEAS}/name", {"what": "example.org", "act": "allow"})]),
    "allow a site for an hour": (3, [(LEAS, {}), (f"POST {LEAS}/name", {"what": "example.org", "act": "hour"})]),
    "move bedtime": (3, [(LEAS, {}), ("open <summary>", {}),
                         (f"POST {LEAS}/hours/1/move", {"start": "21:00", "end": "06:30"})]),
    "block a service": (3, [(LEAS, {}), (f"POST {LEAS}/name", {"what": "YouTube", "act": "block"})]),
    "add a child": (3, [("/people/add", {}), ("POST /people/add", {"name": "Sam", "age": "12"})]),
    "answer a request": (1, [("POST /requests/1/allow", {})]),
    "undo": (1, [("POST /undo", {})]),
    "pause everybody": (1, [("POST /pause", {})]),
}  # fmt: skip


@pytest.mark.parametrize("task", TASKS)
def test_a_task_is_done_in_so_many_taps(parent: Browser, state: Path, task: str) -> None:
    most, steps = TASKS[task]
    assert len(steps) <= most
    before, here, at = changes.read(state), parent.get("/"), "/"
    for step, form in steps:
        here, at = tap(parent, here, at, step, form)
    assert here.status_code == 303
    assert parent.get(here.location).status_code == 200
    assert changes.read(state) != before


def tap(browser: Browser, here: TestResponse, at: str, step: str, form: dict[str, object]) -> tuple[TestResponse, str]:
    verb, _, path = step.rpartition(" ")
    if verb == "open":
        assert path in here.text.replace("<summary ", "<summary>")
        return here, at
    if verb == "POST":
        assert f'action="{path}"' in here.text
        return browser.send(path, at, **form), at
    assert re.search(f'href="{path}["#?]', here.text)
    return browser.get(path), path


def test_a_pause_is_ended_with_one_tap(parent: Browser, state: Path) -> None:
    parent.send(f"{LEAS}/pause", "/")
    assert f'action="{LEAS}/resume"' in parent.get("/").text
    parent.send(f"{LEAS}/resume", "/")
    assert person(state).pauses == ()


def test_what_is_in_force_for_whom_until_when_needs_no_tap(parent: Browser) -> None:
    page = parent.get("/").text
    assert "Open until 8:00\u202fPM, then Bedtime" in page
