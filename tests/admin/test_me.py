"""The page of whoever uses a device: who that is, what applies, why, asking, help; and nothing for others."""

from dataclasses import replace
from pathlib import Path

import pytest

from filterdns.blocklists.update import Orders, update
from filterdns.household import changes, edits
from filterdns.household.requests import MOST_OPEN, Requests
from filterdns.household.store import NAME, Store
from filterdns.policy.rules import Device, Household, Person, RuleAction
from tests.admin.browser import Browser, Clock


@pytest.fixture
def lea(state: Path, parent: Browser) -> Person:  # noqa: ARG001 - the page is set up
    """A nine-year-old whose device this is: the tests' browser comes from 127.0.0.1."""

    def told(home: Household) -> Household:
        home = edits.add_person(replace(home, timezone="UTC", country="DE"), "Lea", 9)
        return edits.claim(home, Device("Lea's tablet", "Lea", address="127.0.0.1"))

    changes.edit(state, "Mum", "Lea", told)
    update_names(state)
    return edits.person_of(changes.read(state), "Lea")


def waiting(state: Path, clock: Clock) -> list[tuple[int, str, str]]:
    with Store(state / NAME) as store:
        return [(one.person, one.target, one.reason) for one in Requests(store).open(int(clock.epoch))]


def test_a_child_reads_what_applies_and_where_there_is_help(nobody: Browser, lea: Person) -> None:
    page = nobody.get("/", follow_redirects=True).text
    for words in ("Hello, Lea", "Lea&#39;s tablet", "Open until 8:00", "then Bedtime", "Pornography",
                  'href="tel:116111"', "parents can see the names", "In danger, call"):  # fmt: skip
        assert words in page, words
    assert lea.name in page


def test_a_guest_is_told_so_and_cannot_ask(nobody: Browser, parent: Browser, state: Path, clock: Clock) -> None:
    assert parent.get("/me").status_code == 200
    page = nobody.get("/me").text
    assert "treated as a guest" in page
    assert "Ask your parents" not in page
    assert nobody.send("/me/ask", what="time").status_code == 422
    assert not waiting(state, clock)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("www.roblox.com", "Online games"),
        ("https://www.roblox.com/home?x=1", "Online games"),
        ("forbidden.example", "A rule of your parents blocks it"),
        ("nummergegenkummer.de", "Nobody sees that you look there"),
        ("example.org", "the reason is not this filter"),
        ("not a name", "not the name of a site"),
        ("<script>alert(1)</script>", "not the name of a site"),
    ],
)
def test_why(nobody: Browser, lea: Person, state: Path, name: str, words: str) -> None:
    changes.edit(state, "Mum", "x", lambda home: edits.put_rule(home, lea.name, "forbidden.example", RuleAction.BLOCK))
    update_names(state)
    page = nobody.get("/me", query_string={"name": name}).text
    assert words in page
    assert "<script>alert" not in page
    assert "forbidden" not in page or name == "forbidden.example"


def update_names(state: Path) -> None:
    update(state, Orders(0.0), lambda _step: None)


def test_asking_reaches_the_parents(nobody: Browser, lea: Person, state: Path, clock: Clock) -> None:
    assert (
        nobody.send("/me/ask", "/me", what="site", name="https://a.example/x", reason="for school").status_code == 303
    )
    assert nobody.send("/me/ask", "/me", what="time", reason="").status_code == 303
    assert waiting(state, clock) == [(lea.id, "name:a.example", "for school"), (lea.id, "time", "")]
    page = nobody.get("/me").text
    assert "waiting" in page
    assert "Your parents will see it" in page


@pytest.mark.parametrize("form", [{"what": "site"}, {"what": "site", "name": "not a name"}, {"what": "other"}, {}])
def test_what_cannot_be_asked_is_said(
    nobody: Browser, lea: Person, state: Path, clock: Clock, form: dict[str, str]
) -> None:
    answer = nobody.send("/me/ask", "/me", **form)
    assert answer.status_code == 422
    assert lea.name in answer.text
    assert not waiting(state, clock)


def test_an_illegal_name_is_neither_kept_nor_shown(
    nobody: Browser, parent: Browser, lea: Person, state: Path, clock: Clock
) -> None:
    folder = state / "lists" / "local" / "illegal"
    folder.mkdir(parents=True)
    (folder / "given.txt").write_text("illegal.example\n")
    update_names(state)
    answer = nobody.send("/me/ask", "/me", what="site", name="www.illegal.example")
    assert answer.status_code == 422
    assert "nobody can change that" in answer.text
    assert not waiting(state, clock)
    assert "illegal.example" not in parent.get("/").text
    assert lea.name in answer.text


def test_asking_has_an_end(nobody: Browser, lea: Person, state: Path) -> None:
    update_names(state)
    for number in range(MOST_OPEN):
        nobody.send("/me/ask", "/me", what="site", name=f"{number}.example")
    answer = nobody.send("/me/ask", "/me", what="time", reason="typed")
    assert answer.status_code == 422
    assert "asked three times" in answer.text
    assert "typed" in answer.text
    assert lea.name in answer.text


def test_in_allow_only_the_open_sites_are_tiles(nobody: Browser, lea: Person, state: Path) -> None:
    def told(home: Household) -> Household:
        home = edits.settle(home, lea.name, allow_only=True)
        return edits.put_rule(home, lea.name, "fragfinn.example", RuleAction.ALLOW)

    assert 'class="tiles"' not in nobody.get("/me").text
    changes.edit(state, "Mum", "x", told)
    assert 'href="https://fragfinn.example/"' in nobody.get("/me").text


def test_it_shows_nothing_of_others(nobody: Browser, lea: Person, state: Path) -> None:
    changes.edit(state, "Mum", "x", lambda home: edits.add_person(home, "Secret Sam", 15))
    page = nobody.get("/me").text
    assert "Secret Sam" not in page
    assert lea.name in page
    assert nobody.get("/people/2").status_code in (303, 404)
