"""Devices seen: what is known of each, whose it is, and which are there without asking."""

from pathlib import Path

import pytest

from filterdns.household import history, seen
from filterdns.household.batch import Batch, Mark, Span
from filterdns.household.history import DAY, History
from filterdns.household.seen import Device
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.rules import Device as Known
from filterdns.policy.rules import Household, Person
from filterdns.policy.view import Policy

NOW = 1_767_780_300
POLICY = compile_policy(
    Household(
        people=(Person("Lea", id=2),),
        devices=(
            Known("Tablet", "Lea", mac="00:00:00:00:00:01", id=5),
            Known("Console", "Lea", address="192.168.1.40", id=6),
            Known("Printer", None, mac="00:00:00:00:00:09", id=7),
        ),
    ),
    Knowledge({}, {}, frozenset(), b"\0", b"\0"),
    1,
)
TABLET, CONSOLE, PHONE = (Mark(f"{start}:00:00:00:00:01", "") for start in ("00", "3c", "3e"))


@pytest.fixture
def book(tmp_path: Path) -> History:
    return History(tmp_path / history.NAME)


def asking(*found: tuple[Mark, str, int]) -> Batch:
    batch = Batch.__new__(Batch)
    batch.rows, batch.hours, batch.days = {}, {}, {}  # type: ignore[assignment]
    batch.seen = {(mark, address): Span(at, at) for mark, address, at in found}
    return batch


def devices(book: History, policy: Policy = POLICY) -> list[Device]:
    with history.reading(book._path.parent) as db:
        return seen.devices(db, policy)


def test_a_device_keeps_its_addresses_and_its_times(book: History) -> None:
    book.take(asking((TABLET, "192.168.1.7", NOW - 500), (TABLET, "fe80::7", NOW - 400)), ["1"], [], NOW)
    book.take(asking((TABLET, "192.168.1.8", NOW - 100), (TABLET, "fe80::7", NOW - 300)), ["2"], [], NOW)
    book.take(asking((TABLET, "192.168.1.8", NOW - 450)), ["3"], [], NOW)
    (device,) = devices(book)
    assert device == Device(
        1, "00:00:00:00:00:01", ("192.168.1.8", "fe80::7", "192.168.1.7"), NOW - 500, NOW - 100, NOW - 100, "Xerox",
        False, 5, "Tablet", "Lea",  # noqa: FBT003
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mark", "addresses", "known", "person", "maker", "is_random"),
    [
        (TABLET, ["192.168.1.40"], "Tablet", "Lea", "Xerox", False),
        (CONSOLE, ["192.168.1.40"], "Console", "Lea", "", False),
        (CONSOLE, ["fe80::1", "192.168.1.40"], "Console", "Lea", "", False),
        (CONSOLE, ["192.168.1.40", "192.168.1.41"], "", "Guests", "", False),  # had the console's address, long ago
        (PHONE, ["192.168.1.50"], "", "Guests", "", True),
        (Mark("", "192.168.1.40"), ["192.168.1.40"], "Console", "Lea", "", False),
        (Mark("", "192.168.1.41"), ["192.168.1.41"], "", "Guests", "", False),
        (Mark("00:00:00:00:00:09", ""), ["192.168.1.9"], "Printer", "Guests", "Xerox", False),
    ],
)
def test_whose_it_is(  # noqa: PLR0917 - a table
    book: History,
    mark: Mark,
    addresses: list[str],
    known: str,
    person: str,
    maker: str,
    is_random: bool,  # noqa: FBT001
) -> None:
    for number, address in enumerate(addresses):
        book.take(asking((mark, address, NOW + number)), [str(number)], [], NOW)
    (device,) = devices(book)
    assert (device.name, device.person, device.is_random) == (known, person, is_random)
    if mark is not CONSOLE:
        assert device.maker == maker


def test_a_device_that_is_there_and_asks_nothing_is_silent(book: History) -> None:
    book.take(asking((TABLET, "192.168.1.7", NOW), (CONSOLE, "192.168.1.40", NOW)), ["1"], [], NOW)
    for hours in range(1, 9):
        at = NOW + hours * 3600
        present = {(mark.mac, address): at for mark, address in ((TABLET, "192.168.1.7"), (PHONE, "192.168.1.9"))}
        book.note_present(present)
        if hours < 8:
            book.take(asking((TABLET, "192.168.1.7", at)), [str(hours)], [], at)
    found = {device.mac: (device.asked, device.present, device.is_silent) for device in devices(book)}
    assert found == {
        TABLET.mac: (NOW + 7 * 3600, NOW + 8 * 3600, False),
        CONSOLE.mac: (NOW, NOW, False),  # neither asks nor is there
        PHONE.mac: (0, NOW + 8 * 3600, True),  # there, and never asked
    }


def test_what_was_not_seen_for_long_is_forgotten(book: History) -> None:
    book.take(asking((TABLET, "192.168.1.7", NOW), (PHONE, "192.168.1.9", NOW)), ["1"], [], NOW)
    book.take(asking((TABLET, "192.168.1.8", NOW + 50 * DAY)), ["2"], [], NOW + 50 * DAY)
    book.prune(NOW + 60 * DAY, 7)
    assert {device.mac: device.addresses for device in devices(book)} == {
        TABLET.mac: ("192.168.1.8",),
        PHONE.mac: (),
    }
    book.prune(NOW + 100 * DAY, 7)
    assert [device.mac for device in devices(book)] == [TABLET.mac]


def test_a_flood_of_addresses_pushes_out_what_was_seen_least_lately(
    book: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "_MOST_DEVICES", 20)
    monkeypatch.setattr(seen, "_MOST_ADDRESSES", 30)
    for number in range(100):
        flood = Mark(f"02:00:00:00:00:{number:02x}", "")
        at = NOW + number
        book.take(asking((flood, f"10.0.0.{number}", at), (TABLET, f"2001:db8::{number}", at)), ["x"], [], at)
    book.prune(NOW + 100, 7)
    found = devices(book)
    assert len(found) == 20
    assert TABLET.mac in {device.mac for device in found}
    assert sum(len(device.addresses) for device in found) <= 30
    assert found[0].addresses[0] in {"10.0.0.99", "2001:db8::99"}
