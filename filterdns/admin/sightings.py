"""The devices of the house: what the family knows, what asked lately, and what is in the network just now, in one."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from filterdns import lan
from filterdns.admin import house
from filterdns.household import history, seen
from filterdns.household.history import HistoryError
from filterdns.household.makers import is_random, maker_of
from filterdns.policy.rules import Device

NEW_FOR = 7 * 86400
"""Seconds for which the front page offers a device that nobody has claimed."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """A device that is known or was seen."""

    id: int = 0  # in the household; 0: not known there
    name: str = ""  # what the household calls it
    person: str | None = None  # whose it is
    mac: str = ""
    addresses: tuple[str, ...] = ()  # the latest first
    first: int = 0  # epoch at which it was seen first; 0: just now, or never
    asked: int = 0  # epoch of its last question; 0: none that is remembered
    present: int = 0  # epoch at which it was last in the network; 0: not remembered
    is_here: bool = False  # in the network just now
    is_silent: bool = False  # here, and asks nothing
    is_router: bool = False

    @property
    def maker(self) -> str:
        """By its hardware address; empty if nobody knows."""
        return maker_of(self.mac) if self.mac else ""

    @property
    def is_random(self) -> bool:
        """Did it make its hardware address up?"""
        return bool(self.mac) and is_random(self.mac)


def all_of_them() -> list[Sighting]:
    """Everything, what was here last first. Raises StoreError and RuleError."""
    try:
        with history.reading(house.state()) as db:
            remembered = seen.devices(db, house.policy())
    except HistoryError:
        remembered = []  # there is none yet, or it cannot be read: the network and the rules say enough
    return join(house.household().devices, remembered, lan.devices(), lan.router(), int(house.now()))


def join(
    known: Iterable[Device], remembered: Iterable[seen.Device], here: Iterable[lan.Seen], router: str, now: int
) -> list[Sighting]:
    """One entry a device, out of what the family knows, what was seen, and what the network has now (epoch)."""
    known = tuple(known)
    by_mark = {mark: device for device in known for mark in (device.mac, device.address) if mark}
    found = {one.mac or one.addresses or one.id: _remembered(one) for one in remembered}
    for one in here:
        before = found.get(one.mac, Sighting(mac=one.mac))
        found[one.mac] = replace(before, addresses=one.addresses, present=now, is_here=True)
    owned = [replace(_owned(one, by_mark), is_router=router in one.addresses) for one in found.values()]
    met = {one.id for one in owned}
    owned += [_never_seen(device) for device in known if device.id not in met]
    return sorted(_one_each(owned), key=lambda one: (-one.present, one.name.casefold(), one.mac))


def newcomers(found: Iterable[Sighting], now: float) -> list[Sighting]:
    """Those that nobody has claimed and that were here lately."""
    return [one for one in found if not one.id and not one.is_router and one.present > now - NEW_FOR]


def _remembered(one: seen.Device) -> Sighting:
    return Sighting(
        mac=one.mac,
        addresses=one.addresses,
        first=one.first,
        asked=one.asked,
        present=one.present,
        is_silent=one.is_silent,
    )


def _owned(one: Sighting, by_mark: dict[str, Device]) -> Sighting:
    """With what the household says of it, by its hardware address before its addresses."""
    device = next((by_mark[mark] for mark in (one.mac, *one.addresses) if mark in by_mark), None)
    return replace(one, id=device.id, name=device.name, person=device.person) if device else one


def _never_seen(device: Device) -> Sighting:
    return Sighting(
        id=device.id,
        name=device.name,
        person=device.person,
        mac=device.mac or "",
        addresses=(device.address,) if device.address else (),
    )


def _one_each(found: Iterable[Sighting]) -> list[Sighting]:
    """A device of the household that was seen under several marks is one: the latest of them."""
    latest: dict[object, Sighting] = {}
    for number, one in enumerate(sorted(found, key=lambda one: one.present)):
        latest[one.id or -number - 1] = one
    return list(latest.values())
