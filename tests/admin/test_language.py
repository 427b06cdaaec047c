"""Every text that people read is there in every language, whole; times, numbers and directions are the reader's."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from babel import Locale
from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from flask import Flask, g

import filterdns
from filterdns.admin import language
from filterdns.admin.change import RULES, sentence
from filterdns.blocklists import builtin, catalogue
from filterdns.household import changes, edits, list_edits
from filterdns.policy.rules import GUESTS, LIST_CATEGORIES, Household, RuleError
from tests.admin.browser import NOW, Browser

ROOT = Path(filterdns.__file__).parent
WAYS = [("**.py", "python"), ("admin/templates/**.html", "jinja2")]
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None, "AccountError": None}
LANGUAGES = [path.name for path in language.FOLDER.iterdir()]
PLACES = re.compile(r"%\(\w+\)[a-z]|%%")


def extracted() -> Catalog:
    found = Catalog()
    for file, line, text, comments, _ in extract_from_dir(ROOT, WAYS, keywords=KEYWORDS):
        found.add(text, None, [(file, line)], auto_comments=comments)
    for text in of_data():
        found.add(text, None, [("data", 0)])
    return found


def of_data() -> set[str]:
    """What the pages show of the data about names."""
    lists = catalogue.entries().values()
    return {
        *(service.about for service in builtin.services()),
        *(text for entry in lists for text in (entry.about, entry.licence)),
        *(catalogue.reason(category) for category in LIST_CATEGORIES if category not in ("illegal", "allow")),
        *(place.about for place in builtin.helplines("").directories),
    } - {""}


def test_texts_are_found() -> None:
    found = extracted()
    for text in ("Log in", "Skip to the content", "A password has at least %(least)s characters."):
        assert text in found


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_text_is_translated(code: str) -> None:
    known = language.catalog(code)
    missing = [
        f"{message.locations}: {message.id}"
        for message in extracted()
        if message.id and (message.id not in known or not all(texts_of(known[message.id].string)))
    ]
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_translation_is_fuzzy_or_double_or_of_a_text_that_is_gone(code: str) -> None:
    wanted, seen = extracted(), {}
    for path in (language.FOLDER / code).glob("*.po"):
        with path.open("rb") as file:
            messages = [message for message in pofile.read_po(file, locale=code) if message.id]
        for message in messages:
            assert message.id in wanted, f"{path.name}: {message.id} is not in use"
            assert not message.fuzzy, f"{path.name}: {message.id}"
            assert seen.setdefault(message.id, message.string) == message.string, f"{message.id} has two translations"


@pytest.mark.parametrize("code", LANGUAGES)
def test_translations_hold_what_is_put_into_them(code: str) -> None:
    for message in language.catalog(code):
        if message.id:
            wanted = {*PLACES.findall(texts_of(message.id)[-1])}
            for text in texts_of(message.string):
                assert {*PLACES.findall(text)} <= wanted, text
                assert len(wanted - {*PLACES.findall(text)} - {"%(num)s"}) == 0, text


def texts_of(text: str | tuple[str, ...]) -> tuple[str, ...]:
    return text if isinstance(text, tuple) else (text,)


@pytest.mark.parametrize(
    ("wanted", "title"),
    [("de", "Anmelden"), ("de-AT,en;q=0.5", "Anmelden"), ("xx, en;q=0.5", "Log in"), ("xx", "Log in"), ("", "Log in")],
)
def test_somebody_unknown_is_spoken_to_as_the_browser_says(nobody: Browser, parent: Browser, wanted: str,
                                                           title: str) -> None:  # fmt: skip
    assert parent.get("/").status_code == 200  # there is somebody who could log in
    nobody.headers = {"Accept-Language": wanted}
    assert f"<h1>{title}</h1>" in nobody.get("/login").text


def test_until_the_family_says_what_it_speaks_its_browsers_do(parent: Browser) -> None:
    parent.headers = {"Accept-Language": "de"}
    assert "<h1>Wo wohnst du?</h1>" in parent.get("/setup/house").text
    parent.send("/setup/house", "/setup/house", timezone="Europe/Berlin", country="DE", language="en")
    assert "Who belongs to the family?" in parent.get("/setup/children").text


def test_whoever_is_logged_in_is_spoken_to_as_the_family(parent: Browser, state: Path) -> None:
    parent.headers = {"Accept-Language": "en"}
    changes.edit(state, "Mum", "German", lambda household: replace(household, language="de"))
    assert ">Übersicht</h1>" in parent.get("/").text


def test_numbers_and_times_are_the_readers_and_the_households(app: Flask, parent: Browser, state: Path) -> None:
    changes.edit(state, "Mum", "German", lambda house: replace(house, language="de", timezone="Europe/Berlin"))
    cookie = parent.client.get_cookie("filterdns")
    assert cookie
    with app.test_request_context("/", headers={"Cookie": f"filterdns={cookie.value}"}):
        app.preprocess_request()
        assert language.number(12345) == "12.345"
        assert language.percent(0.125) == "12\xa0%"
        assert language.clock(NOW) == "16:13"
        assert language.when(NOW) == "16:13"
        assert language.when(NOW + 3 * 86400) == "Do. 16:13"
        assert language.when(NOW - 40 * 86400) == "12.08.2026 16:13"
        assert language.ago(NOW - 300) == "vor 5 Minuten"
        assert language.day(NOW) == "Mo., 21. September"


@pytest.mark.parametrize(
    "edit",
    [
        lambda home: edits.forget_device(home, 9),
        lambda home: edits.change_device(home, 9, lambda device: device),
        lambda home: edits.merge_devices(home, 9, 9),
        lambda home: edits.remove_window(home, GUESTS, 9),
        lambda home: edits.remove_rule(home, GUESTS, 9),
        lambda home: edits.revoke(home, GUESTS, 9),
        lambda home: edits.grant(home, GUESTS, "time", 1, 2),
        lambda home: list_edits.remove_own(home, "x"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_in_the_readers_language(
    app: Flask, edit: Callable[[Household], Household]
) -> None:
    with pytest.raises(RuleError) as caught:
        edit(changes.first_household())
    with app.test_request_context():
        g.locale = Locale("de")
        said = sentence(caught.value)
    assert str(caught.value) in RULES
    assert said != sentence_of(str(caught.value))


def sentence_of(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
