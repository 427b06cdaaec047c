"""Hours: moved in a few taps, made, changed, removed."""

from pathlib import Path

import pytest

from filterdns.policy.rules import Window
from tests.admin.browser import Browser
from tests.admin.family import LEA, move_in, person


@pytest.fixture(autouse=True)
def family(state: Path) -> None:
    move_in(state)


def windows(state: Path) -> dict[str, Window]:
    return {window.name: window for window in person(state).windows}


def test_bedtime_is_moved_and_keeps_everything_else(parent: Browser, state: Path) -> None:
    old = windows(state)["Bedtime"]
    answer = parent.send(f"/people/{LEA}/hours/{old.id}/move", f"/people/{LEA}", start="20:45", end="06:30")
    assert answer.location == f"/people/{LEA}#hours"
    new = windows(state)["Bedtime"]
    assert (new.start, new.end, new.days, new.internet_off) == (20 * 60 + 45, 6 * 60 + 30, old.days, True)
    assert "Lea: Bedtime from 8:45\u202fPM to 6:30\u202fAM" in parent.get("/").text


HOMEWORK = {"name": "Homework", "day": ["0", "3"], "start": "14:00", "end": "16:00", "block": ["games", "video"],
            "block_services": "YouTube, snapchat", "allow_services": ""}  # fmt: skip


def test_new_hours(parent: Browser, state: Path) -> None:
    assert parent.send(f"/people/{LEA}/hours/0", f"/people/{LEA}", **HOMEWORK).status_code == 303
    new = windows(state)["Homework"]
    assert (new.days, new.start, new.end, new.internet_off) == ((0, 3), 840, 960, False)
    assert new.block == {"games", "video", "service:youtube", "service:snapchat"}
    page = parent.get(f"/people/{LEA}/hours/{new.id}").text
    assert 'value="Snapchat, YouTube"' in page
    assert 'name="block" value="games" checked' in page


@pytest.mark.parametrize(
    ("typed", "fault"),
    [
        ({"name": " "}, "A name is missing"),
        ({"start": ""}, "A time is missing"),
        ({"end": "25:00"}, "A time is missing"),
        ({"day": []}, "Choose at least one day"),
        ({"day": ["7"]}, "Choose at least one day"),
        ({"block": [], "block_services": ""}, "Choose what these hours change"),
        ({"block": ["malware"], "block_services": ""}, "Choose what these hours change"),
        ({"allow": ["games"]}, "both blocked and allowed"),
        ({"block_services": "Nothing Known"}, "is not known here"),
        ({"block_services": "example.org"}, "not for single sites"),
        ({"name": "H" * 81}, "1 to 80"),
    ],
)
def test_hours_that_cannot_be_are_shown_again(parent: Browser, state: Path, typed: dict[str, object],
                                              fault: str) -> None:  # fmt: skip
    before = person(state)
    form = HOMEWORK | typed
    answer = parent.send(f"/people/{LEA}/hours/0", f"/people/{LEA}", **form)
    assert answer.status_code == 422
    assert fault in answer.text
    assert f'value="{form["start"]}"' in answer.text
    assert person(state) == before


def test_a_move_without_a_time_says_so(parent: Browser, state: Path) -> None:
    old = windows(state)["Bedtime"]
    answer = parent.send(f"/people/{LEA}/hours/{old.id}/move", f"/people/{LEA}", start="", end="06:30")
    assert answer.status_code == 422
    assert windows(state)["Bedtime"] == old


def test_hours_are_removed(parent: Browser, state: Path) -> None:
    old = windows(state)["Weekend bedtime"]
    assert parent.send(f"/people/{LEA}/hours/{old.id}/remove", f"/people/{LEA}").status_code == 303
    assert [*windows(state)] == ["Bedtime"]
    assert parent.send(f"/people/{LEA}/hours/{old.id}/remove", f"/people/{LEA}").status_code == 404
