"""Why is it blocked: for whom, on which device, now and at another time; and allowed from there."""

import ast
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from filterdns.admin import why
from filterdns.admin.because import because, word
from filterdns.household import changes, edits
from filterdns.household.edits import person_of
from filterdns.policy import explain
from filterdns.policy.decide import Action, Decision, Reason
from filterdns.policy.rules import Household, NameRule, RuleAction
from tests.admin.browser import NOW, Browser
from tests.admin.hostile import MARKS, TEXTS
from tests.household.family import settle


@pytest.fixture
def state(tmp_path: Path) -> Path:
    settle(tmp_path)
    return tmp_path


def who(state: Path, name: str) -> str:
    household = changes.read(state)
    device = next((device for device in household.devices if device.name == name), None)
    return f"d{device.id}" if device else f"p{person_of(household, name).id}"


GAMES = "It is one of these, which are blocked: Online games."
FRIDAY = "2026-09-25T21:00"


@pytest.mark.parametrize(
    ("name", "whom", "at", "answer"),
    [
        ("game.example", "Lea", "", ("game.example is blocked for Lea", GAMES)),
        ("WWW.Game.Example.", "Lea", "", ("www.game.example is blocked for Lea", GAMES)),
        ("https://www.game.example:8443/a?b=c#d", "Lea", "", ("www.game.example is blocked for Lea", GAMES)),
        ("game.example", "Lea's tablet", "", ("game.example is blocked for Lea", GAMES)),
        ("game.example", "Eva", "", ("game.example is open for Eva", "Nothing speaks against it.")),
        ("game.example", "", "", ("game.example is blocked for Lea", GAMES)),
        ("plain.example", "Lea", "", ("plain.example is open for Lea", "Nothing speaks against it.")),
        ("plain.example", "Lea", FRIDAY, ("plain.example is blocked for Lea", "The internet is off: Weekend bedtime.",
                                          "This holds until Sat 7:00\u202fAM.", "on Fri, Sep", "25, 9:00\u202fPM")),
        ("help.example", "Lea", FRIDAY, ("help.example is open for Lea", "Help is always within reach")),
        ("illegal.example", "Eva", "", ("illegal.example is blocked for Eva", "there is no exception to it")),
        ("ads.example", "Guests", "", ("ads.example is open for Guests", "Nothing speaks against it.")),
        ("adult.example", "Guests", "", ("adult.example is blocked for Guests", "Pornography")),
    ],
)  # fmt: skip
def test_the_answer(state: Path, parent: Browser, name: str, whom: str, at: str, answer: tuple[str, ...]) -> None:  # noqa: PLR0917 - a row
    found = parent.get("/why", query_string={"name": name, "who": who(state, whom) if whom else "", "at": at})
    assert found.status_code == 200
    for words in answer:
        assert words in found.text


def test_an_illegal_name_shows_no_list_and_offers_nothing(parent: Browser) -> None:
    page = parent.get("/why?name=illegal.example").text
    assert "Lists that know it" not in page
    assert "Allow for" not in page
    assert "It is:" not in page


@pytest.mark.parametrize("name", ["..", "a b", "com", "<b>.example", "http://", "x" * 400, "[::1"])
def test_what_is_no_site_is_said_beside_the_field(parent: Browser, name: str) -> None:
    answer = parent.get("/why", query_string={"name": name})
    if name == "com":  # a top-level domain can be asked about
        assert answer.status_code == 200
        return
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text


@pytest.mark.parametrize("at", ["tomorrow", "2026-13-01T00:00", "<script>", "99999-01-01", "0001-01-01T00:00"])
def test_what_is_no_time_is_said_beside_the_field(parent: Browser, at: str) -> None:
    answer = parent.get("/why", query_string={"name": "a.example", "at": at})
    assert answer.status_code == 422
    assert "<script>" not in answer.text


def test_the_form_alone(parent: Browser) -> None:
    page = parent.get("/why").text
    assert "Lea&#39;s tablet, of Lea" in page
    assert "is blocked for" not in page
    assert parent.get("/why?who=p999&name=game.example").status_code == 200
    assert "Why is it blocked?" in parent.get("/").text


def test_without_lists_it_says_so(state: Path, parent: Browser) -> None:
    for path in (state / "published").glob("domains*"):
        path.unlink()
    assert "no lists to look into yet" in parent.get("/why?name=a.example").text


def test_allowed_from_there_for_an_hour(state: Path, helper: Browser, viewer: Browser) -> None:
    page = f"/why?name=www.game.example&who={who(state, 'Lea')}"
    assert "Allow for an hour" in helper.get(page).text
    assert "Allow for good" not in helper.get(page).text
    assert "Allow for an hour" not in viewer.get(page).text
    form = {"who": who(state, "Lea"), "hour": "game.example"}
    assert viewer.send("/why/allow", "/why", **form).status_code == 403
    answer = helper.send("/why/allow", page, **form)
    assert answer.location == f"/why?name=game.example&who={who(state, 'Lea')}"
    [grant] = person_of(changes.read(state), "Lea").grants
    assert (grant.target, grant.until) == ("name:game.example", int(NOW) + 3600)
    page = helper.get(answer.location).text
    assert "game.example is open for Lea" in page
    assert "You have allowed it for a while." in page


def test_allowed_from_there_for_good_by_parents(state: Path, parent: Browser, helper: Browser) -> None:
    form = {"who": who(state, "Lea's tablet"), "good": "game.example"}
    assert helper.send("/why/allow", "/why?name=game.example", **form).status_code == 403
    answer = parent.send("/why/allow", "/why?name=game.example", **form)
    assert "You have allowed game.example." in parent.get(answer.location).text
    assert parent.send("/why/allow", "/why?name=game.example", good="game.example").status_code == 404


@pytest.mark.parametrize("name", [*TEXTS[:40:4], "", "com.", "a b", "x" * 500])
def test_what_cannot_be_allowed_is_refused(state: Path, parent: Browser, name: str) -> None:
    before = changes.read(state)
    answer = parent.send("/why/allow", "/why?name=game.example", who=who(state, "Lea"), hour=name)
    if changes.read(state) != before:
        assert name == "com."
        return
    assert answer.status_code == 303
    page = parent.get("/").text
    assert 'class="notice bad"' in page
    assert not [mark for mark in MARKS if mark in page]


def test_nothing_hostile_comes_back(parent: Browser) -> None:
    for text in TEXTS[::5]:
        answer = parent.get("/why", query_string={"name": text, "who": text, "at": text})
        assert answer.status_code in (200, 422)
        assert not [mark for mark in MARKS if mark in answer.text]


def test_every_phrase_of_the_explanation_has_words_for_people() -> None:
    tree = ast.parse(Path(explain.__file__).read_text())
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.Lambda)]
    docstrings = {ast.get_docstring(node) for node in functions if isinstance(node, ast.FunctionDef)}
    said = {
        node.value
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    } - docstrings
    assert said | {explain.LIFTED} == {*why.PASSED_BY, ""}
    assert [row[0] for row in explain._ROWS] == [*why.ROWS]


@pytest.mark.parametrize("reason", list(Reason))
@pytest.mark.parametrize("action", list(Action))
def test_every_verdict_has_a_sentence(app, reason: Reason, action: Action) -> None:  # noqa: ANN001 - a Flask
    with app.test_request_context("/"):
        app.preprocess_request()
        for rule in (None, "category:games", "service:roblox", "window:9", "safe_search"):
            said = because(Decision(action, reason, rule, None), Household())
            assert said.endswith(".")
            assert "%(" not in said
            assert ":" not in word(reason, rule or "", Household())


def test_rules_are_called_by_their_names(app, state: Path) -> None:  # noqa: ANN001 - a Flask
    changes.edit(state, "x", "x", lambda home: replace(home, rules=(NameRule("own.example", RuleAction.BLOCK),)))
    household = changes.read(state)
    [rule] = household.rules
    with app.test_request_context("/"):
        app.preprocess_request()
        said = because(Decision(Action.BLOCK, Reason.NAME_RULE, f"rule:{rule.id}", None), household)
        assert said == "You have blocked own.example."
        window = edits.person_of(household, "Lea").windows[0]
        assert word("off", f"window:{window.id}", household) == "Bedtime"
        assert word("off", "window:999", household) == "hours that have changed since"


def test_now_is_the_time_of_these_tests() -> None:
    assert datetime.fromtimestamp(NOW, UTC).isoformat() == "2026-09-21T14:13:20+00:00"
