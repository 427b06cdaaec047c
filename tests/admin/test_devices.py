"""Devices: new ones given with a tap, known ones renamed, merged, forgotten."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from filterdns.clock import Zone
from filterdns.household import changes, edits
from filterdns.household.batch import Batch, Mark, Span, Who
from filterdns.household.detail import Detail
from filterdns.household.history import NAME as HISTORY
from filterdns.household.history import History
from filterdns.policy.rules import Device
from tests.admin.browser import NOW, Browser
from tests.admin.family import LEA, move_in

TABLET, RANDOM, NEW = "00:00:f0:00:00:01", "02:00:00:00:00:02", "00:00:f0:00:00:03"

Remember = Callable[..., None]


@pytest.fixture(autouse=True)
def family(state: Path) -> None:
    move_in(state)
    changes.edit(state, "Mum", "A tablet", lambda known: edits.claim(known, Device("Tablet", "Lea", TABLET)))


@pytest.fixture
def remember(state: Path) -> Remember:
    """What was seen before: (mac, address, epoch) with a question, or without one."""

    def put(*found: tuple[str, str, float], asked: bool = True) -> None:
        with History(state / HISTORY) as history:
            if asked:
                batch = Batch({}, Who(1, Detail.NAMES), Zone("UTC"), lambda _name: 0, int(NOW))
                for mac, address, epoch in found:
                    batch.seen[Mark(mac, ""), address] = Span(int(epoch), int(epoch))
                history.take(batch, (), (), int(NOW))
            else:
                history.note_present({(mac, address): int(epoch) for mac, address, epoch in found})

    return put


def devices(state: Path) -> dict[str, Device]:
    return {device.name: device for device in changes.read(state).devices}


def test_without_a_network_and_a_history_known_devices_are_there(parent: Browser) -> None:
    page = parent.get("/devices").text
    assert "Tablet" in page
    assert "not seen yet" in page


def test_a_new_device_is_given_from_the_front_page_with_one_tap(
    parent: Browser, state: Path, remember: Remember
) -> None:
    remember((NEW, "192.168.1.9", NOW - 60), (TABLET, "192.168.1.8", NOW))
    page = parent.get("/").text
    assert f'name="mac" value="{NEW}"' in page
    assert f'name="mac" value="{TABLET}"' not in page
    answer = parent.send("/devices/give", "/", home=1, mac=NEW, person=LEA)
    assert answer.location == "/"
    given = next(device for device in devices(state).values() if device.mac == NEW)
    assert given.person == "Lea"
    assert NEW not in parent.get("/").text


def test_guests_keep_a_device_that_is_nobodys(parent: Browser, state: Path, remember: Remember) -> None:
    remember((NEW, "192.168.1.9", NOW - 60))
    parent.send("/devices/give", "/devices", mac=NEW, name=" Old   phone ", person=0)
    assert devices(state)["Old phone"].person is None
    assert NEW not in parent.get("/").text


def test_a_device_known_by_its_address_alone(parent: Browser, state: Path) -> None:
    parent.send("/devices/give", "/devices", mac="", address="192.168.1.77", name="Radio", person=LEA)
    assert devices(state)["Radio"].address == "192.168.1.77"


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"mac": "nonsense", "person": "2"}, 303),
        ({"mac": "", "address": "", "person": "2"}, 303),
        ({"mac": NEW, "person": "99"}, 404),
        ({"mac": NEW, "person": ""}, 400),
        ({"mac": NEW, "name": "N" * 81, "person": "2"}, 303),
    ],
)
def test_what_is_no_device_changes_nothing(parent: Browser, state: Path, form: dict[str, str],
                                           status: int) -> None:  # fmt: skip
    before = changes.read(state)
    assert parent.send("/devices/give", "/devices", **form).status_code == status
    assert changes.read(state) == before


def test_nobody_else_is_offered_new_devices(helper: Browser, remember: Remember) -> None:
    remember((NEW, "192.168.1.9", NOW - 60))
    assert NEW not in helper.get("/").text
    assert "devices/give" not in helper.get("/devices").text
    assert helper.send("/devices/give", "/devices", mac=NEW, person=LEA).status_code == 403


def test_the_history_says_when_and_who_is_silent(parent: Browser, remember: Remember) -> None:
    remember((TABLET, "192.168.1.8", NOW - 9 * 3600))
    remember((TABLET, "192.168.1.8", NOW - 600), asked=False)
    page = parent.get("/devices").text
    assert "last here 10 minutes ago" in page
    assert "asks nothing" in page
    [tablet] = devices_of(parent)
    assert "has asked nothing for hours" in parent.get(tablet).text


def devices_of(browser: Browser) -> list[str]:
    return re.findall(r'href="(/devices/\d+)"', browser.get("/devices").text)


def test_a_stranger_of_long_ago_is_not_offered(parent: Browser, remember: Remember) -> None:
    remember((NEW, "192.168.1.9", NOW - 8 * 86400))
    assert NEW not in parent.get("/").text
    assert "Others that were seen" in parent.get("/devices").text


def test_a_made_up_address_is_explained(parent: Browser, state: Path, remember: Remember) -> None:
    remember((RANDOM, "192.168.1.10", NOW - 60))
    parent.send("/devices/give", "/devices", mac=RANDOM, name="Phone", person=LEA)
    assert "made up for this network" in parent.get(f"/devices/{devices(state)['Phone'].id}").text
    assert "made up for this network" not in parent.get(f"/devices/{devices(state)['Tablet'].id}").text


def test_a_device_is_given_renamed_and_forgotten(parent: Browser, state: Path) -> None:
    path = f"/devices/{devices(state)['Tablet'].id}"
    parent.send(f"{path}/give", path, person=0)
    assert devices(state)["Tablet"].person is None
    parent.send(f"{path}/rename", path, name="Big tablet")
    assert devices(state)["Big tablet"].mac == TABLET
    parent.send(f"{path}/forget", path)
    assert devices(state) == {}
    assert parent.get(path).status_code == 404


@pytest.mark.parametrize(("name", "fault"), [("", "A name is missing"), ("radio", "There is another radio already"),
                                             ("R" * 81, "1 to 80")])  # fmt: skip
def test_a_name_that_cannot_be(parent: Browser, state: Path, name: str, fault: str) -> None:
    changes.edit(state, "Mum", "A radio", lambda known: edits.claim(known, Device("Radio", None, NEW)))
    path = f"/devices/{devices(state)['Tablet'].id}"
    answer = parent.send(f"{path}/rename", path, name=name)
    assert answer.status_code == 422
    assert fault in answer.text


def test_two_entries_are_one_device(parent: Browser, state: Path) -> None:
    changes.edit(state, "Mum", "A radio",
                 lambda known: edits.claim(known, Device("Radio", None, address="192.168.1.20")))  # fmt: skip
    both = devices(state)
    path = f"/devices/{both['Tablet'].id}"
    assert "Radio" in parent.get(path).text
    parent.send(f"{path}/merge", path, other=both["Radio"].id)
    [left] = devices(state).values()
    assert (left.mac, left.address) == (TABLET, "192.168.1.20")
