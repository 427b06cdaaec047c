"""The log of changes."""

import re
from pathlib import Path

from filterdns.household import changes, edits
from filterdns.household.store import NAME, Store
from tests.admin.browser import NOW, PASSWORD, Browser
from tests.admin.family import LEA, move_in


def test_who_changed_what_is_listed_and_the_last_can_be_undone(parent: Browser, state: Path) -> None:
    move_in(state)
    parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what="example.org", act="block")
    page = parent.get("/log").text
    assert page.index("Lea: example.org blocked") < page.index("The family") < page.index("A new household")
    assert page.count('action="/undo"') == 1
    parent.send("/undo", "/log")
    assert "Undone: Lea: example.org blocked" in parent.get("/log").text


def test_who_only_helps_sees_it_and_undoes_nothing(helper: Browser, viewer: Browser, state: Path) -> None:
    move_in(state)
    for browser in (helper, viewer):
        page = browser.get("/log").text
        assert "The family" in page
        assert 'action="/undo"' not in page


def test_a_long_log_shows_the_latest(parent: Browser, state: Path) -> None:
    with Store(state / NAME) as store, store.transaction():
        for number in range(205):
            store.record("Mum", f"Change {number}.", number + 2, int(NOW))
    page = parent.get("/log").text
    assert "Change 204." in page
    assert "Change 4." not in page
    assert "The latest 200 changes" in page


def test_accounts_and_keys_are_in_the_log_and_leave_what_can_be_undone(parent: Browser, state: Path) -> None:
    move_in(state)
    parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what="example.org", act="block")
    parent.send("/parents", "/parents", name="Gran", password=PASSWORD, role="helper")
    parent.send("/parents/2/role", "/parents", role="viewer")
    parent.send("/parents/2/remove", "/parents")
    parent.send("/parents/2/remove", "/parents")  # is not there any more: no change, no line
    parent.send("/programs", "/programs", name="Heating", role="viewer")
    parent.send("/programs/1/remove", "/programs")
    parent.send("/account/password", "/account", password=PASSWORD, new="another horse")
    page = parent.get("/log").text
    for title in ("Gran: account (Helper)", "Gran: account (Viewer)", "Gran: account removed", "Key for Heating made",
                  "Key for Heating taken away", "Mum: another password"):  # fmt: skip
        assert page.count(f"<strong>{title}</strong>") == 1, title
    assert 'title="Undo: Lea: example.org blocked"' in page
    parent.send("/undo", "/log")
    assert "Undone: Lea: example.org blocked" in parent.get("/log").text


def test_undoing_an_undoing_is_doing_it_again(parent: Browser, state: Path) -> None:
    move_in(state)
    parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what="example.org", act="block")
    for _ in range(3):
        parent.send("/undo", "/log")
    with Store(state / NAME) as store:
        titles = [row["title"] for row in store.changes(3)]
    what = "Lea: example.org blocked"
    assert titles == [f"Undone: {what}", f"Done again: {what}", f"Undone: {what}"]


def test_what_another_parent_did_meanwhile_is_not_undone_unseen(parent: Browser, state: Path) -> None:
    move_in(state)
    page = parent.get("/").text
    [revision] = re.findall(r'name="revision" value="(\d+)"', page)
    changes.edit(state, "Dad", "Added Sam", lambda home: edits.add_person(home, "Sam", 12))
    assert parent.send("/undo", "/", revision=revision).status_code == 303
    assert "Something else was changed meanwhile" in parent.get("/").text
    assert any(one.name == "Sam" for one in changes.read(state).people)
