"""Switches of kinds of sites and services, searching, minutes."""

from pathlib import Path

import pytest

from filterdns.household import changes, edits
from filterdns.household.store import NAME, Store
from filterdns.policy.rules import YouTube
from tests.admin.browser import Browser
from tests.admin.family import LEA, move_in, person


@pytest.fixture(autouse=True)
def family(state: Path) -> None:
    move_in(state)


def last_title(state: Path) -> str:
    with Store(state / NAME) as store:
        return str(store.changes()[0]["title"])


def test_several_switches_are_one_change_with_a_plain_title(parent: Browser, state: Path) -> None:
    before = person(state).block
    now = sorted(before - {"games", "ai"} | {"video"})
    parent.send(f"/people/{LEA}/blocked", f"/people/{LEA}/blocked", was=" ".join(before), block=now)
    assert person(state).block == before - {"games", "ai"} | {"video"}
    assert last_title(state) == "Lea: Films and videos blocked, Online games, AI chats and pictures allowed"


def test_a_long_title_names_the_first(parent: Browser, state: Path) -> None:
    before = person(state).block
    parent.send(f"/people/{LEA}/blocked", f"/people/{LEA}/blocked", was=" ".join(before))
    assert last_title(state).startswith("Lea: Pornography, Dating and ")
    assert person(state).block == {"malware", "phishing"}


def test_what_somebody_else_switched_meanwhile_stays(parent: Browser, state: Path) -> None:
    before = person(state).block
    changes.edit(state, "Dad", "Lea: shopping", lambda known: edits.block(known, "Lea", "shopping", on=True))
    parent.send(f"/people/{LEA}/blocked", "/", was=" ".join(before), block=sorted(before | {"video"}))
    assert {"shopping", "video"} <= person(state).block


@pytest.mark.parametrize("target", ["malware", "illegal", "helplines", "nothing", "service:roblox"])
def test_only_what_the_page_shows_can_be_switched(parent: Browser, state: Path, target: str) -> None:
    before = changes.read(state)
    for form in ({"was": "", "block": [target]}, {"was": target}):
        parent.send(f"/people/{LEA}/blocked", "/", **form)
    assert changes.read(state) == before


def test_a_service_is_let_out_of_its_kind_and_taken_back(parent: Browser, state: Path) -> None:
    path = f"/people/{LEA}/blocked/games"
    page = parent.get(path).text
    assert 'value="service:roblox" checked' in page
    parent.send(path, path, was="service:roblox service:minecraft", block=["service:minecraft"])
    assert person(state).allow == {"service:roblox"}
    assert 'value="service:roblox">' in parent.get(path).text
    assert "except Roblox" in parent.get(f"/people/{LEA}/blocked").text
    assert last_title(state) == "Lea: Roblox allowed"
    parent.send(path, path, was="", block=["service:roblox"])
    assert person(state).allow == frozenset()


def test_one_service_of_an_open_kind_is_blocked(parent: Browser, state: Path) -> None:
    path = f"/people/{LEA}/blocked/video"
    parent.send(path, path, was="", block=["service:youtube"])
    assert "service:youtube" in person(state).block
    assert "only YouTube" in parent.get(f"/people/{LEA}/blocked").text


def test_nothing_switched_is_no_change(parent: Browser, state: Path) -> None:
    parent.send(f"/people/{LEA}/blocked", "/", was="games", block=["games"])
    assert last_title(state) == "The family"


@pytest.mark.parametrize("category", ["gambling", "malware"])
def test_a_kind_without_services_says_what_it_is(parent: Browser, category: str) -> None:
    assert "What this cannot do." in parent.get(f"/people/{LEA}/blocked/{category}").text


def test_searching(parent: Browser, state: Path) -> None:
    parent.send(f"/people/{LEA}/search", "/", youtube="moderate")
    assert (person(state).safe_search, person(state).youtube) == (False, YouTube.MODERATE)
    assert last_title(state) == "Lea: safe search off, YouTube's restricted mode: moderate"
    assert parent.send(f"/people/{LEA}/search", "/", youtube="much").status_code == 400


@pytest.mark.parametrize(
    ("what", "minutes", "held"),
    [("Roblox", "45", (("service:roblox", 45),)), ("online games", "60", (("games", 60),)), ("games", "", ())],
)
def test_minutes(parent: Browser, state: Path, what: str, minutes: str, held: object) -> None:
    parent.send(f"/people/{LEA}/minutes", "/", what=what, minutes=minutes)
    assert person(state).minutes == held


@pytest.mark.parametrize(
    ("what", "minutes", "fault"),
    [
        ("example.org", "60", "not for a single site"),
        ("mess", "60", "such as"),
        ("xyzzyplugh", "60", "is not known here"),
        ("games", "1441", "up to 1440"),
        ("games", "-5", "up to 1440"),
        ("games", "many", "up to 1440"),
    ],
)
def test_minutes_that_cannot_be(parent: Browser, state: Path, what: str, minutes: str, fault: str) -> None:
    answer = parent.send(f"/people/{LEA}/minutes", "/", what=what, minutes=minutes)
    assert (answer.status_code, person(state).minutes) == (422, ())
    assert fault in answer.text
