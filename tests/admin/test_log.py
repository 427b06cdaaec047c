"""The log of changes."""

from pathlib import Path

from filterdns.household.store import NAME, Store
from tests.admin.browser import NOW, Browser
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
