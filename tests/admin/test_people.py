"""A person's page, a new person, name and age."""

from dataclasses import replace
from pathlib import Path

import pytest

from filterdns.household import changes, edits
from filterdns.policy.rules import Device
from tests.admin.browser import Browser
from tests.admin.family import LEA, move_in, person

PAGES = ("", "/about", "/about?age=12", "/remove", "/blocked", "/blocked/games", "/blocked/gambling", "/hours/0",
         "/hours/1", "/name?what=rob&act=block")  # fmt: skip


@pytest.fixture(autouse=True)
def family(state: Path) -> None:
    move_in(state)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_of_a_person_is_there_and_small(parent: Browser, state: Path, page: str, language: str) -> None:
    changes.edit(state, "Mum", "A language", lambda known: replace(known, language=language))
    answer = parent.get(f"/people/{LEA}{page}")
    assert answer.status_code == 200
    assert len(answer.data) < 40_000
    assert f'lang="{language}"' in answer.text


def test_the_page_says_what_applies(parent: Browser, state: Path) -> None:
    changes.edit(
        state, "Mum", "A tablet", lambda known: edits.claim(known, Device("Tablet", "Lea", "02:00:00:00:00:01"))
    )
    page = parent.get(f"/people/{LEA}").text
    for words in ("Lea", "Pornography", "Online games", "Bedtime", "8:00\u202fPM", "Mon to Thu, Sun", "no internet",
                  "strict", "9 years", "Tablet", "Open until"):  # fmt: skip
        assert words in page, words


@pytest.mark.parametrize("page", [*PAGES, "/nothing"])
def test_nobody_else_is_there(parent: Browser, page: str) -> None:
    assert parent.get(f"/people/99{page}").status_code == 404


@pytest.mark.parametrize("page", ["/about", "/remove", "/blocked/none", "/hours/77"])
def test_what_guests_do_not_have_is_not_there(parent: Browser, page: str) -> None:
    assert parent.get(f"/people/1{page}").status_code == 404


@pytest.mark.parametrize(
    ("page", "path"),
    [("", "/age"), ("", "/rename"), ("", "/remove"), ("", "/blocked"), ("", "/search"), ("", "/minutes"),
     ("", "/hours/0"), ("", "/hours/1/move"), ("", "/hours/1/remove"), ("", "/only"), ("", "/name/remove")],
)  # fmt: skip
def test_who_only_helps_changes_no_rules(helper: Browser, viewer: Browser, state: Path, page: str, path: str) -> None:
    before = changes.read(state)
    for browser in (helper, viewer):
        assert browser.get(f"/people/{LEA}{page}").status_code == 200
        assert browser.send(f"/people/{LEA}{path}", "/", name="Max", age="3").status_code == 403
    assert changes.read(state) == before


def test_a_child_is_added_by_name_and_age(parent: Browser, state: Path) -> None:
    assert parent.send("/people/add", "/people/add", name="  Sam ", age="15").location == "/"
    sam = person(state, "Sam")
    assert sam.age == 15
    assert sam.safe_search
    assert "Added Sam" in parent.get("/").text


@pytest.mark.parametrize(
    ("name", "age", "fault"),
    [
        ("", "9", "A name is missing"),
        ("lea", "9", "There is another lea already"),
        ("Guests", "9", "There is another Guests already"),
        ("Sam", "nine", "a number of years"),
        ("Sam", "151", "a number of years"),
        ("Sam", "-1", "a number of years"),
        ("Sam", "²", "a number of years"),
        ("S" * 81, "9", "1 to 80"),
        ("Sam\x00", "9", "1 to 80"),
    ],
)
def test_what_is_wrong_with_somebody_new_is_said_beside_what_was_typed(parent: Browser, state: Path, name: str,
                                                                       age: str, fault: str) -> None:  # fmt: skip
    before = changes.read(state)
    answer = parent.send("/people/add", "/people/add", name=name, age=age)
    assert answer.status_code == 422
    assert fault in answer.text
    assert f'value="{age}"' in answer.text
    assert changes.read(state) == before


def test_another_age_is_shown_before_it_is_done(parent: Browser, state: Path) -> None:
    page = parent.get(f"/people/{LEA}/about?age=12").text
    for words in (
        "Not blocked any more: Online games",
        "8:30\u202fPM to 7:00\u202fAM",
        "Online games: 60 minutes a day",
    ):
        assert words in page, words
    assert person(state).age == 9
    assert "Nothing would change" in parent.get(f"/people/{LEA}/about?age=9").text
    assert "a number of years" in parent.get(f"/people/{LEA}/about?age=old").text


@pytest.mark.parametrize(("form", "blocks_games"), [({"age": "12"}, True), ({"age": "12", "preset": "1"}, False)])
def test_another_age_comes_with_or_without_its_rules(parent: Browser, state: Path, form: dict[str, str], *,
                                                     blocks_games: bool) -> None:  # fmt: skip
    assert parent.send(f"/people/{LEA}/age", "/people/add", **form).status_code == 303
    assert person(state).age == 12
    assert ("games" in person(state).block) is blocks_games


def test_somebody_is_renamed_and_keeps_the_devices(parent: Browser, state: Path) -> None:
    changes.edit(
        state, "Mum", "A tablet", lambda known: edits.claim(known, Device("Tablet", "Lea", "02:00:00:00:00:01"))
    )
    assert parent.send(f"/people/{LEA}/rename", "/people/add", name="Lea Marie").status_code == 303
    assert changes.read(state).devices[0].person == "Lea Marie"
    answer = parent.send(f"/people/{LEA}/rename", "/people/add", name="Anna")
    assert answer.status_code == 422
    assert "There is another Anna already" in answer.text


def test_somebody_is_removed_after_a_question(parent: Browser, state: Path) -> None:
    assert "Remove Lea?" in parent.get(f"/people/{LEA}/remove").text
    assert parent.send(f"/people/{LEA}/remove", "/people/add").location == "/"
    assert [one.name for one in changes.read(state).people] == ["Guests", "Anna"]


def test_hours_of_a_preset_are_called_in_the_reader_s_language(parent: Browser, state: Path) -> None:
    changes.edit(state, "Mum", "German", lambda known: replace(known, language="de"))
    for page in ("/", f"/people/{LEA}", f"/people/{LEA}/about?age=12", f"/people/{LEA}/hours/1"):
        text = parent.get(page).text
        assert "Schlafenszeit" in text
        assert "edtime" not in text
