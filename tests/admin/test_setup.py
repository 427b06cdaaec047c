"""The first quarter of an hour: every step, what is refused in it, and coming back to it."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from filterdns import arrivals, config
from filterdns.admin import connect, places
from filterdns.blocklists import builtin
from filterdns.endpoint import parse
from filterdns.household import changes
from filterdns.policy.rules import Household
from tests.admin.browser import Browser, Clock
from tests.dns.namespace import run_in_namespace


def household(state: Path) -> Household:
    return changes.read(state)


def test_all_steps_in_a_row(parent: Browser, state: Path) -> None:
    assert "Setting up is not finished" in parent.get("/").text
    path = "/setup/house"
    answer = parent.send(path, path, timezone="Europe/Vienna", country="AT", language="en")
    assert answer.headers["Location"] == "/setup/children"
    answer = parent.send("/setup/children", "/setup/children", name=["Mum", "Lea", "Sam", ""], age=["", "9", "15", ""])
    assert answer.headers["Location"] == "/setup/devices"
    known = household(state)
    assert (known.timezone, known.country, known.language) == ("Europe/Vienna", "AT", "en")
    assert [(person.name, person.age) for person in known.people] == [
        ("Guests", None), ("Mum", None), ("Lea", 9), ("Sam", 15),
    ]  # fmt: skip
    answer = parent.send("/setup/devices", "/setup/devices", mac="AA-BB-CC-DD-EE-01", person="lea", name="Tablet")
    assert answer.headers["Location"] == "/setup/devices"
    [device] = household(state).devices
    assert (device.name, device.person, device.mac) == ("Tablet", "Lea", "aa:bb:cc:dd:ee:01")
    assert parent.send("/setup/devices", "/setup/devices").headers["Location"] == "/setup/router"
    assert parent.send("/setup/router", "/setup/router").headers["Location"] == "/setup/check"
    assert parent.send("/setup/check", "/setup/check").headers["Location"] == "/"
    assert "Setting up is not finished" not in parent.get("/").text


def test_a_step_can_be_left_and_come_back_to(parent: Browser) -> None:
    parent.send("/setup/router", "/setup/router")
    page = parent.get("/").text
    assert 'href="/setup/house"' in page
    page = parent.get("/setup/children").text
    assert page.count('class="done"') == 1
    assert re.search(r'aria-current="step"><a href="/setup/children"', page)


@pytest.mark.parametrize(
    ("names", "ages", "fault"),
    [
        (["Lea", "lea"], ["9", "10"], "There is a person"),
        (["Lea"], ["nine"], "Lea: an age is a number of years"),
        (["Lea"], ["-1"], "Lea: an age is a number of years"),
        (["Lea"], ["151"], "Lea: an age is a number of years"),
        (["Lea"], ["٩"], "Lea: an age is a number of years"),
        (["x" * 81], ["9"], "A name has 1 to 80 letters."),
        ([""], ["9"], "A name has 1 to 80 letters."),
        (["Guests"], [""], "There is another Guests already."),
        (["Le\x00a"], ["9"], "A name has 1 to 80 letters."),
    ],
)
def test_what_is_no_child_is_said_and_what_was_typed_stays(
    parent: Browser, state: Path, names: list[str], ages: list[str], fault: str
) -> None:
    before = household(state)
    answer = parent.send("/setup/children", "/setup/children", name=["Sam", *names], age=["15", *ages])
    assert answer.status_code == 422
    assert fault in answer.text or fault.lower() in answer.text.lower()
    assert 'value="Sam"' in answer.text
    assert household(state) == before


def test_one_more_row_keeps_what_was_typed(parent: Browser) -> None:
    answer = parent.send("/setup/children", "/setup/children", name=["Lea"] * 4, age=["9"] * 4, more="1")
    assert answer.status_code == 200
    assert answer.text.count('name="age"') == 5
    assert answer.text.count('value="Lea"') == 4


def test_the_parent_is_offered_as_the_first_and_a_slip_is_taken_back(parent: Browser, state: Path) -> None:
    assert 'value="Mum"' in parent.get("/setup/children").text
    parent.send("/setup/children", "/setup/children", name=["Lea"], age=["9"])
    page = parent.get("/setup/children").text
    assert 'value="Mum"' not in page
    assert "9 years · bedtime 8:00\u202fPM · safe search" in page
    parent.send("/setup/children/remove", "/setup/children", name="Lea")
    assert [person.name for person in household(state).people] == ["Guests"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("timezone", "Moon/Base"), ("timezone", "../../etc/passwd"), ("country", "xx"), ("country", "DEU")],
)
def test_a_place_that_is_none_is_refused(parent: Browser, state: Path, field: str, value: str) -> None:
    before = household(state)
    given = {"timezone": "Europe/Vienna", "country": "AT", "language": "en"} | {field: value}
    assert parent.send("/setup/house", "/setup/house", **given).status_code == 422
    assert household(state) == before


@pytest.mark.parametrize(
    ("zone", "country", "accepted", "guessed"),
    [
        ("UTC", "", ["de-AT", "de"], ("Europe/Vienna", "AT")),
        ("UTC", "", ["de"], ("UTC", "")),
        ("Europe/Paris", "", ["en-US"], ("Europe/Paris", "FR")),
        ("UTC", "JP", ["en-US"], ("Asia/Tokyo", "JP")),
        ("America/Bogota", "ES", [], ("America/Bogota", "ES")),
        ("UTC", "", ["xx-YY", "x"], ("UTC", "")),
        ("Etc/UTC", "", ["de-DE"], ("Europe/Berlin", "DE")),  # as Debian says it
        ("Etc/UTC", "ZZ", ["en-US"], ("America/New_York", "US")),
        ("GMT", "", ["es-ES", "es"], ("Europe/Madrid", "ES")),
        ("Etc/GMT-4", "", ["de-DE"], ("Etc/GMT-4", "DE")),
    ],
)
def test_a_guess(zone: str, country: str, accepted: list[str], guessed: tuple[str, str]) -> None:
    assert places.guess(zone, country, accepted) == guessed


def test_zones_are_the_readers_and_ones_own_can_be_kept(app: Flask) -> None:
    with app.test_request_context("/", headers={"Accept-Language": "de"}):
        app.preprocess_request()
        assert ("Europe/Vienna", "Wien") in places.zones("UTC")["Europa"]
        assert ("Etc/GMT-4", "Etc/GMT-4") in places.zones("Etc/GMT-4")["Etc/GMT-4"]
        assert "Etc/GMT-4" not in places.zones("Europe/Berlin")


def test_every_zone_that_can_be_chosen_is_one(app: Flask, state: Path) -> None:
    with app.test_request_context("/"):
        app.preprocess_request()
        chosen = [zone for places_ in places.zones("UTC").values() for zone, _ in places_]
    assert len(chosen) > 300
    for zone in chosen:
        changes.check(replace(household(state), timezone=zone))


@pytest.mark.parametrize(
    ("mac", "person"), [("not a mac", "Lea"), ("aa:bb:cc:dd:ee:01", "Nobody"), ("aa:bb:cc:dd:ee:01", "")]
)
def test_a_device_that_cannot_be_given(parent: Browser, state: Path, mac: str, person: str) -> None:
    parent.send("/setup/children", "/setup/children", name=["Lea"], age=["9"])
    answer = parent.send("/setup/devices", "/setup/devices", mac=mac, person=person)
    assert answer.headers["Location"] == "/setup/devices"
    assert 'role="alert"' in parent.get("/setup/devices").text
    assert household(state).devices == ()


PROGRAM = """
import re, sys
from dataclasses import replace
from pathlib import Path
from filterdns import config
from filterdns.admin.app import create_app
from filterdns.household import changes
from filterdns.household.accounts import Accounts, Role
from filterdns.household.sessions import Sessions
from filterdns.household.store import Store
import tempfile, time
state = Path(tempfile.mkdtemp())
changes.publish_current(state)
with Store(state / "rules.db") as store, store.transaction():
    mum = Accounts(store).add("Mum", Role.PARENT, "correct horse")
    key = Sessions(store).begin(mum.id, time.time(), address="", browser="")
client = create_app(replace(config.BUILT_IN, state=state)).test_client()
client.set_cookie("filterdns", key)
def get(path):
    return client.get(path, environ_base={"REMOTE_ADDR": "192.168.7.30"}).text
page = get("/setup/children")
token = re.search(r'name="csrf" value="(\\w+)"', page)[1]
client.post("/setup/children", data={"csrf": token, "name": ["Lea"], "age": ["9"]})
print(get("/setup/devices"))
print(get("/setup/router"))
"""


def test_devices_seen_and_addresses_of_the_box() -> None:
    pages = run_in_namespace(
        PROGRAM,
        "addr add 192.168.7.2/24 dev lan",
        "addr add fd00:7::2/64 dev lan nodad",
        "route add default via 192.168.7.1 dev lan",
        "neigh add 192.168.7.1 lladdr 00:00:0c:00:00:01 nud permanent dev lan",
        "neigh add 192.168.7.20 lladdr 00:00:0c:00:00:20 nud permanent dev lan",
        "neigh add 192.168.7.30 lladdr 02:00:00:00:00:30 nud permanent dev lan",
    )
    devices = re.findall(r'name="mac" value="([^"]+)"', pages)
    assert devices == ["02:00:00:00:00:30", "00:00:0c:00:00:20"]
    assert pages.index("in your hand") < pages.index("00:00:0c:00:00:20")
    assert pages.count("Uses a private address") == 1
    assert "Cisco" in pages
    assert pages.count('<button name="person" value="Lea"') == 2
    assert '<dd class="big">192.168.7.2</dd>' in pages
    assert '<dd class="big">fd00:7::2</dd>' in pages
    assert 'href="http://192.168.7.1/"' in pages
    assert "as local DNS server 192.168.7.2." in pages


@pytest.mark.parametrize(
    ("listen", "reach"),
    [(["127.0.0.1:5354"], "machine"), (["[::1]:53"], "machine"), (["0.0.0.0:53", "[::]:53"], "house"),
     (["192.168.7.2:5353"], "port"), (["127.0.0.1:53", "192.168.7.2:53"], "house")],
)  # fmt: skip
def test_how_far_it_answers(listen: list[str], reach: str) -> None:
    assert connect.reach_of(replace(config.BUILT_IN, listen=tuple(map(parse, listen)))) == reach


def spool(state: Path, clock: Clock, *rows: tuple[str, str, str]) -> None:
    """Leave what a worker would: rows of address, name and verdict."""
    folder = state / "run" / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        f"{int(clock.epoch)}\t{address}\t\t0\t{name}\t1\t{verdict}\tDEFAULT\t\t1\n" for address, name, verdict in rows
    ]
    (folder / "0.open").write_text("".join(lines))


def test_the_check_shows_what_arrived(parent: Browser, state: Path, clock: Clock) -> None:
    answer = parent.get("/setup/check")
    path = answer.headers["Location"]
    assert re.fullmatch(r"/setup/check\?word=[0-9a-f]{10}", path)
    word = path[-10:]
    page = parent.get(path).text
    assert f'<link rel="dns-prefetch" href="//{word}.{arrivals.CHECK}">' in page
    assert "Not seen yet" in page
    spool(
        state, clock,
        ("192.168.7.20", f"{word}.{arrivals.CHECK}", "pass"),
        ("192.168.7.20", f"{word}.{arrivals.ADULT}", "block"),
        ("192.168.7.21", "example.org", "pass"),
    )  # fmt: skip
    page = parent.get(path).text
    assert "It asked from 192.168.7.20." in page
    assert "From 2 devices in the last five minutes." in page
    assert "A harmless name" in page
    spool(state, clock, ("fd00::20", f"{word}.{arrivals.ADULT}", "pass"))
    page = parent.get(path).text
    assert "It is open on this device." in page
    assert "From 1 address in the last five minutes." in page


@pytest.mark.parametrize("word", ["", "x", "A" * 10, "abcdefghi<", "abcdefghijk", "é" * 10])
def test_the_word_of_a_check_is_ours(parent: Browser, word: str) -> None:
    assert parent.get("/setup/check", query_string={"word": word}).status_code == 303


def test_the_test_name_counts_as_adult() -> None:
    [adult] = [names for names in builtin.sources() if names.source.id == "builtin:adult"]
    assert arrivals.ADULT in adult.held()


def test_only_parents_set_up(helper: Browser, viewer: Browser, nobody: Browser) -> None:
    for path in ("/setup/house", "/setup/children", "/setup/devices", "/setup/router"):
        assert helper.get(path).status_code == 403
        assert viewer.get(path).status_code == 403
        assert nobody.get(path).status_code == 303
