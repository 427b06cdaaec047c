"""Devices out of three places, each once."""

from filterdns.admin.sightings import NEW_FOR, Sighting, join, newcomers
from filterdns.household import seen
from filterdns.lan import Seen
from filterdns.policy.rules import Device

NOW = 1_790_000_000
A, B, C = "00:00:f0:00:00:01", "02:00:00:00:00:02", "00:00:f0:00:00:03"


def remembered(mac: str, *addresses: str, ago: int = 0) -> seen.Device:
    return seen.Device(1, mac, addresses, NOW - ago, NOW - ago, NOW - ago, "", False, 0, "", "Guests")  # noqa: FBT003


def test_each_device_is_one_entry() -> None:
    known = [
        Device("Tablet", "Lea", A, id=7),
        Device("Radio", None, address="192.168.1.20", id=8),
        Device("Gone", "Lea", C, id=9),
    ]
    before = [
        remembered(A, "192.168.1.8", ago=500),
        remembered("", "192.168.1.20", ago=90),
        remembered(B, "192.168.1.9"),
    ]
    here = [Seen(A, ("192.168.1.88",)), Seen("00:00:0c:00:00:01", ("192.168.1.1",))]
    found = {one.mac or one.addresses: one for one in join(known, before, here, "192.168.1.1", NOW)}
    assert len(found) == 5
    tablet = found[A]
    assert (tablet.id, tablet.name, tablet.person, tablet.addresses, tablet.is_here, tablet.asked) == (
        7, "Tablet", "Lea", ("192.168.1.88",), True, NOW - 500)  # fmt: skip
    assert found["192.168.1.20",].id == 8
    assert (found[C].id, found[C].present) == (9, 0)
    assert (found[B].id, found[B].is_random) == (0, True)
    assert found["00:00:0c:00:00:01"].is_router


def test_a_device_under_two_marks_is_shown_as_it_was_last() -> None:
    known = [Device("Tablet", "Lea", A, address="192.168.1.8", id=7)]
    before = [remembered("", "192.168.1.8", ago=900), remembered(A, "192.168.1.7", ago=50)]
    [tablet] = join(known, before, [], "", NOW)
    assert tablet.addresses == ("192.168.1.7",)


def test_newcomers_are_unclaimed_lately_here_and_no_router() -> None:
    found = [
        Sighting(mac=A, present=NOW),
        Sighting(mac=B, present=NOW - NEW_FOR),
        Sighting(mac=C, present=NOW, id=7),
        Sighting(mac="00:00:0c:00:00:01", present=NOW, is_router=True),
    ]
    assert newcomers(found, NOW) == found[:1]
