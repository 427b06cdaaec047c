"""What a parent can do, and how short the way is: every row from the front page, on a phone, with taps counted."""

import time

import pytest

from filterdns.household import changes
from filterdns.household.edits import person_of
from filterdns.household.requests import Requests
from filterdns.household.store import NAME, Store
from tests.browser.family import PHONE_OF_MAX, STRANGER, TABLET, Home, remember
from tests.browser.walk import Walk, seconds_until

GAME, SITE, OPEN = "www.roblox.com", "forbidden.example", "example.org"


def comes_in_force(walk: Walk) -> None:
    """Load the front page again until it says so: a worker tells in its own time what it goes by."""
    seconds_until(lambda: _is_in_force(walk))


def _is_in_force(walk: Walk) -> bool:
    walk.begin()
    return walk.card("The whole house").get_by_text("everywhere").is_visible()


def said(walk: Walk) -> str:
    """What the page answers to what was done."""
    return walk.page.locator("main > .notice").first.inner_text()


def comes(home: Home, name: str, *, is_open: bool) -> float:
    """Ask the house until a name on Lea's tablet is open or not: how long that took."""
    return seconds_until(lambda: home.is_open(name) == is_open)


def test_pause_and_resume_one_tap_each(walk: Walk, home: Home) -> None:
    comes(home, OPEN, is_open=True)
    walk.button("Pause the internet for Lea")
    assert walk.taps == 1
    comes(home, OPEN, is_open=False)
    assert walk.card("Lea").get_by_text("Paused until you resume").is_visible()
    comes_in_force(walk)
    walk.button("Resume the internet for Lea")
    assert walk.taps == 1
    comes(home, OPEN, is_open=True)
    comes_in_force(walk)


def test_pause_everybody_and_resume_one_tap_each(walk: Walk, home: Home) -> None:
    walk.button("Pause everybody")
    assert walk.taps == 1
    comes(home, OPEN, is_open=False)
    walk.begin()
    walk.button("Resume the internet for the whole house")
    assert walk.taps == 1
    comes(home, OPEN, is_open=True)


def test_more_time_two_taps(walk: Walk) -> None:
    walk.button("30 more minutes for Lea")
    assert walk.taps <= 2
    assert "More time until" in walk.card("Lea").locator(".stands").inner_text()


def test_what_is_in_force_no_tap(walk: Walk) -> None:
    for child in ("Lea", "Max"):
        assert walk.card(child).locator(".stands").inner_text().startswith("Open until")
    house = walk.card("The whole house").inner_text()
    assert "The servers on the internet that are asked answer." in house
    assert "No block list was downloaded; what is built in filters." in house
    assert walk.taps == 0


@pytest.mark.parametrize(("act", "says"), [("Allow for an hour", "allowed until"), ("Allow", "allowed")])
def test_allow_a_site_three_taps(walk: Walk, home: Home, act: str, says: str) -> None:
    comes(home, SITE, is_open=False)
    walk.link("Lea", walk.card("Lea"))
    walk.write("A site, an app or a game", f"https://{SITE}/page")
    walk.button(act)
    assert walk.taps <= 3
    assert says in said(walk)
    comes(home, SITE, is_open=True)
    comes_in_force(walk)


def test_move_bedtime_three_taps(walk: Walk) -> None:
    walk.link("Lea", walk.card("Lea"))
    walk.tap(walk.card("Hours").locator("summary").filter(has_text="Bedtime").first)
    window = walk.card("Hours").locator("details[open]")
    walk.write("From", "21:15", window)
    walk.button("Save", window)
    assert walk.taps <= 3
    assert "9:15\u202fPM" in walk.card("Hours").inner_text()


def test_block_a_service_three_taps(walk: Walk, home: Home) -> None:
    walk.link("Max", walk.card("Max"))
    walk.write("A site, an app or a game", "Discord")
    walk.button("Block")
    assert walk.taps <= 3
    seconds_until(lambda: not home.is_open("discord.com", PHONE_OF_MAX))
    comes_in_force(walk)


def test_add_a_child_three_taps(walk: Walk, home: Home) -> None:
    walk.link("Add a child or somebody else")
    walk.write("Name", "Mia")
    walk.write("Age in years", "6")
    walk.button("Add")
    assert walk.taps <= 3
    assert "then Bedtime" in walk.card("Mia").locator(".stands").inner_text()
    mia = person_of(changes.read(home.house.state), "Mia")
    assert (mia.age, mia.safe_search, "adult" in mia.block) == (6, True, True)


def test_answer_a_request_one_tap(walk: Walk, home: Home) -> None:
    with Store(home.house.state / NAME) as store, store.transaction():
        Requests(store).ask(home.key("Lea"), 0, f"name:{SITE}", "Please, for school", int(time.time()))
    walk.begin()
    assert walk.page.get_by_text("Please, for school").is_visible()
    walk.button("Allow for an hour")
    assert walk.taps == 1
    comes(home, SITE, is_open=True)


def test_undo_one_tap(walk: Walk, home: Home) -> None:
    walk.button("Pause the internet for Lea")
    comes(home, OPEN, is_open=False)
    walk.begin()
    walk.button("Undo: Paused Lea")
    assert walk.taps == 1
    comes(home, OPEN, is_open=True)


def test_why_a_site_is_blocked_two_taps(walk: Walk) -> None:
    walk.link("Why is it blocked?")
    walk.write("Site", f"https://www.{SITE}/page")
    walk.write("For whom, or on which device", "Lea")
    walk.write("When", "2030-01-04T21:00")  # a Friday at nine
    walk.button("Find out")
    assert walk.taps <= 2
    assert walk.page.get_by_role("heading", name=f"www.{SITE} is blocked for Lea").is_visible()
    assert walk.page.locator(".stands").inner_text().startswith("The internet is off: Weekend bedtime.")


def test_a_childs_day_one_tap(walk: Walk, home: Home) -> None:
    walk.tap(walk.card("Lea").get_by_role("link", name="Today:"))
    assert walk.taps == 1
    assert walk.path == f"/people/{home.key('Lea')}/day"


def test_give_a_new_device_two_taps(walk: Walk, home: Home) -> None:
    remember(home, [(int(time.time()), STRANGER, "", 0, OPEN, 1, "pass", "default", "", 1)])
    walk.begin()
    walk.button("Lea", walk.page.locator("form").filter(has_text=STRANGER))
    assert walk.taps <= 2
    owners = {device.address: device.person for device in changes.read(home.house.state).devices}
    assert owners[STRANGER] == "Lea"
    comes_in_force(walk)


def test_allow_what_was_asked_three_taps(walk: Walk, home: Home) -> None:
    comes(home, SITE, is_open=False)
    lea = person_of(changes.read(home.house.state), "Lea")
    tablet = next(device.id for device in changes.read(home.house.state).devices if device.person == "Lea")
    now = int(time.time())
    remember(home, [(now, TABLET, "", tablet, SITE, 1, "block", "name rule", f"rule:{lea.rules[0].id}", 1)])
    walk.tap(walk.page.get_by_role("navigation", name="Main").get_by_role("link", name="Asked"))
    walk.tap(walk.page.locator(".lines").get_by_text(SITE, exact=True).first)
    walk.button("Allow for an hour")
    assert walk.taps <= 3
    assert "until" in said(walk)
    comes(home, SITE, is_open=True)
