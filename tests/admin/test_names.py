"""What was typed is blocked, allowed, or allowed for an hour; where several things can be meant, the page asks."""

from pathlib import Path

import pytest

from filterdns.household import changes, edits
from filterdns.policy.rules import GUESTS, RuleAction
from tests.admin.browser import NOW, Browser
from tests.admin.family import LEA, move_in, person


@pytest.fixture(autouse=True)
def family(state: Path) -> None:
    move_in(state)


def rules(state: Path) -> dict[str, RuleAction]:
    return {rule.name: rule.action for rule in person(state).rules}


@pytest.mark.parametrize(
    ("what", "name"),
    [
        ("example.org", "example.org"),
        (" WWW.Example.ORG. ", "example.org"),
        ("https://www.example.org/a/page?b=c", "example.org"),
        ("http://example.org:8080", "example.org"),
        ("bücher.example", "xn--bcher-kva.example"),
    ],
)
@pytest.mark.parametrize("act", [RuleAction.BLOCK, RuleAction.ALLOW])
def test_a_site_for_good(parent: Browser, state: Path, what: str, name: str, act: RuleAction) -> None:
    answer = parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what=what, act=act.value)
    assert answer.location == f"/people/{LEA}#names"
    assert rules(state) == {name: act}


def test_a_site_for_an_hour(helper: Browser, state: Path) -> None:
    helper.send(f"/people/{LEA}/name", f"/people/{LEA}", what="example.org", act="hour")
    [grant] = person(state).grants
    assert (grant.target, grant.until) == ("name:example.org", int(NOW) + 3600)
    helper.send(f"/people/{LEA}/name/end", f"/people/{LEA}", grant=grant.id)
    assert person(state).grants == ()


@pytest.mark.parametrize("act", ["block", "allow"])
def test_who_only_helps_decides_nothing_for_good(helper: Browser, state: Path, act: str) -> None:
    assert helper.send(f"/people/{LEA}/name", "/", what="example.org", act=act).status_code == 403
    assert rules(state) == {}


def test_services_and_kinds_by_name(parent: Browser, state: Path) -> None:
    for what, act in (("youtube", "block"), ("Minecraft", "allow"), ("Social media", "allow"), ("shopping", "block")):
        parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what=what, act=act)
    lea = person(state)
    assert {"service:youtube", "shopping"} <= lea.block
    assert "social" not in lea.block
    assert lea.allow == {"service:minecraft"}


def test_a_part_of_a_site_is_asked_about_and_the_whole_site_offered(parent: Browser, state: Path) -> None:
    answer = parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what="a.b.example.co.uk", act="allow")
    page = parent.get(answer.location).text
    for target in ("name:example.co.uk", "name:a.b.example.co.uk"):
        assert f'value="{target}"' in page
    form = {"what": "a.b.example.co.uk", "act": "allow", "target": "name:example.co.uk"}
    parent.send(f"/people/{LEA}/name", f"/people/{LEA}", **form)
    assert rules(state) == {"example.co.uk": RuleAction.ALLOW}


def test_a_part_of_a_name_is_asked_about(parent: Browser) -> None:
    answer = parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what="snap", act="block")
    assert "Snapchat" in parent.get(answer.location).text


@pytest.mark.parametrize(
    ("form", "fault"),
    [
        ({"what": "co.uk"}, "the ending of many"),
        ({"what": "org."}, "the ending of many"),
        ({"what": ""}, "Type the name"),
        ({"what": "xyzzyplugh"}, "is not known here"),
        ({"what": "not a name.example"}, "not a site"),
        ({"what": "192.0.2.1"}, "not a site"),
        ({"what": "http://[.example"}, "not a site"),
        ({"what": "<script>.example"}, "not a site"),
        ({"what": "x", "target": "name:co.uk"}, "the ending of many"),
        ({"what": "x", "target": "name:www.example.org"}, "neither blocked nor allowed"),
        ({"what": "x", "target": "malware"}, "neither blocked nor allowed"),
        ({"what": "x", "target": "service:none"}, "neither blocked nor allowed"),
    ],
)
def test_what_is_no_site_is_said(parent: Browser, state: Path, form: dict[str, str], fault: str) -> None:
    before = changes.read(state)
    answer = parent.send(f"/people/{LEA}/name", f"/people/{LEA}", act="block", **form)
    assert answer.status_code == 422
    assert fault in answer.text
    assert "<script>." not in answer.text
    assert changes.read(state) == before


def test_an_act_that_is_none(parent: Browser) -> None:
    assert parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what="example.org", act="burn").status_code == 400


def test_a_rule_is_removed(parent: Browser, state: Path) -> None:
    parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what="example.org", act="block")
    [rule] = person(state).rules
    parent.send(f"/people/{LEA}/name/remove", f"/people/{LEA}", rule=rule.id)
    assert rules(state) == {}
    assert parent.send(f"/people/{LEA}/name/remove", f"/people/{LEA}", rule=rule.id).status_code == 404


def test_allow_only_is_switched_and_then_takes_sites_alone(parent: Browser, state: Path) -> None:
    parent.send(f"/people/{LEA}/only", f"/people/{LEA}", on=1)
    assert person(state).allow_only
    answer = parent.send(f"/people/{LEA}/name", f"/people/{LEA}", what="Roblox", act="allow")
    assert "Only sites by name" in answer.text
    parent.send(f"/people/{LEA}/only", f"/people/{LEA}")
    assert not person(state).allow_only


def test_guests_have_names_too(parent: Browser, state: Path) -> None:
    parent.send("/people/1/name", "/people/1", what="example.org", act="block")
    assert [rule.name for rule in edits.person_of(changes.read(state), GUESTS).rules] == ["example.org"]
