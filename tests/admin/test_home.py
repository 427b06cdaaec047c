"""The front page: what stands for each person, and the taps of every day."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from filterdns.household import changes, edits
from filterdns.household.accounts import Role
from filterdns.household.requests import Requests
from filterdns.household.store import NAME, Store
from filterdns.policy.rules import EVERY_DAY, GUESTS, Grant, Household, NameRule, Person, RuleAction, Window
from tests.admin.browser import Browser, Clock

LogIn = Callable[[str, Role], Browser]

BEDTIME = Window("Bedtime", EVERY_DAY, 20 * 60, 7 * 60, internet_off=True)
HOMEWORK = Window("Homework", EVERY_DAY, 15 * 60, 17 * 60, block=frozenset({"games"}))


def at(clock: str) -> float:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 9, 21, hour, minute, tzinfo=UTC).timestamp()


@pytest.fixture
def lea(state: Path) -> Person:
    person = Person("Lea", 9, windows=(BEDTIME, HOMEWORK))
    changes.edit(state, "A parent", "Lea", lambda home: replace(home, timezone="UTC", people=(*home.people, person)))
    return edits.person_of(changes.read(state), "Lea")


def family(state: Path) -> Household:
    return changes.read(state)


def grants(state: Path) -> list[tuple[str, float]]:
    return [(grant.target, grant.until) for grant in edits.person_of(family(state), "Lea").grants]


@pytest.mark.parametrize(
    ("clock_says", "sentence"),
    [
        ("12:00", "Open until 3:00\u202fPM, then Homework"),
        ("15:30", "Homework until 5:00\u202fPM"),
        ("20:00", "Bedtime until Tue 7:00\u202fAM"),
    ],
)
def test_each_person_is_told_in_one_sentence(
    log_in: LogIn, lea: Person, clock: Clock, clock_says: str, sentence: str
) -> None:
    clock.epoch = at(clock_says)
    page = log_in("Mum", Role.PARENT).get("/").text
    assert sentence in page
    assert page.index(lea.name) < page.index("Guests")


def test_pause_and_resume_are_one_tap_each(parent: Browser, lea: Person, state: Path) -> None:
    assert parent.send(f"/people/{lea.id}/pause", "/").status_code == 303
    assert "Paused until you resume" in parent.get("/").text
    assert parent.send(f"/people/{lea.id}/resume", "/").status_code == 303
    assert not edits.person_of(family(state), "Lea").pauses
    with Store(state / NAME) as store:
        assert [row["title"] for row in store.changes()][:2] == ["Resumed Lea", "Paused Lea"]
        assert store.changes()[0]["who"] == "Mum"


def test_the_whole_house_is_paused_and_resumed(parent: Browser, lea: Person, state: Path) -> None:
    parent.send("/pause", "/")
    page = parent.get("/").text
    assert "paused for the whole house" in page
    assert f"/people/{lea.id}/resume" not in page
    parent.send("/resume", "/")
    assert not family(state).pauses


@pytest.mark.parametrize(
    ("now", "form", "until"),
    [
        ("20:10", {"minutes": "30"}, "20:40"),  # from now, while bedtime holds
        ("19:55", {"minutes": "30"}, "20:30"),  # bedtime begins soon: it is what is put off
        ("18:00", {"minutes": "15"}, "18:15"),
        ("15:30", {"until_off": "1"}, "20:00"),  # homework is lifted, bedtime is not
    ],
)
def test_more_time(  # noqa: PLR0917 - a row and its fixtures
    log_in: LogIn, lea: Person, state: Path, clock: Clock, now: str, form: dict[str, str], until: str
) -> None:
    clock.epoch = at(now)
    parent = log_in("Mum", Role.PARENT)
    assert parent.send(f"/people/{lea.id}/time", "/", **form).status_code == 303
    assert grants(state) == [("time", at(until))]
    assert "More time until" in parent.get("/").text


def test_more_time_adds_up_and_lasts_until_morning(log_in: LogIn, lea: Person, state: Path, clock: Clock) -> None:
    clock.epoch = at("20:10")
    parent = log_in("Mum", Role.PARENT)
    for _ in range(2):
        parent.send(f"/people/{lea.id}/time", "/", minutes="15")
    assert grants(state) == [("time", at("20:40"))]
    parent.send(f"/people/{lea.id}/pause", "/")
    parent.send(f"/people/{lea.id}/time", "/", until_off="1")
    assert grants(state) == [("time", at("07:00") + 86400)]
    assert not edits.person_of(family(state), "Lea").pauses


@pytest.mark.parametrize("form", [{}, {"minutes": "7"}, {"minutes": "-15"}, {"minutes": "x"}])
def test_other_times_are_refused(parent: Browser, lea: Person, state: Path, form: dict[str, str]) -> None:
    assert parent.send(f"/people/{lea.id}/time", "/", **form).status_code == 400
    assert not grants(state)


@pytest.mark.parametrize("path", ["/people/999/pause", "/people/999/resume", "/people/999/time"])
def test_nobody_by_that_number(parent: Browser, path: str) -> None:
    assert parent.send(path, "/", minutes="15").status_code == 404


def test_a_request_is_answered_with_one_tap(parent: Browser, lea: Person, state: Path, clock: Clock) -> None:
    with Store(state / NAME) as store, store.transaction():
        for target in ("name:a.example", "service:roblox", "time"):
            Requests(store).ask(lea.id, 0, target, "<b>please</b>", int(clock.epoch))
    page = parent.get("/").text
    assert "Lea asks for a.example" in page
    assert "Lea asks for Roblox" in page
    assert "&lt;b&gt;please" in page
    assert parent.send("/requests/1/allow", "/").status_code == 303
    assert grants(state) == [("name:a.example", clock.epoch + 3600)]
    parent.send("/requests/2/refuse", "/")
    parent.send("/requests/3/allow", "/")
    assert [target for target, _ in grants(state)] == ["name:a.example", "time"]
    assert "asks for" not in parent.get("/").text
    parent.send("/requests/1/allow", "/")
    assert "answered this already" in parent.get("/").text
    assert len(grants(state)) == 2


def test_the_last_change_is_undone_with_one_tap(parent: Browser, lea: Person, state: Path) -> None:
    changes.edit(state, "Mum", "A rule", lambda home: replace(home, rules=(NameRule("a.example", RuleAction.BLOCK),)))
    assert "Undo: A rule" in parent.get("/").text
    assert parent.send("/undo", "/").status_code == 303
    assert not family(state).rules
    assert lea.id == edits.person_of(family(state), "Lea").id


def test_who_may_do_what(helper: Browser, viewer: Browser, lea: Person, state: Path) -> None:
    assert "Pause" not in viewer.get("/").text
    assert viewer.send(f"/people/{lea.id}/pause", "/").status_code == 403
    assert helper.send(f"/people/{lea.id}/pause", "/").status_code == 303
    assert "Undo:" not in helper.get("/").text
    assert helper.send("/undo", "/").status_code == 403
    assert edits.person_of(family(state), "Lea").pauses


def test_guests_are_called_so_and_have_no_hours(parent: Browser, state: Path) -> None:
    guests = edits.person_of(family(state), GUESTS)
    changes.edit(state, "Mum", "More", lambda home: edits.grant(home, GUESTS, "time", 1 << 33, 1))
    assert edits.person_of(family(state), GUESTS).grants[0] == Grant("time", 1 << 33, 1)
    assert f"/people/{guests.id}/time" not in parent.get("/").text
