"""Who looks at the page without a login: the device that a request comes from, and whose it is."""

import contextlib
from typing import NamedTuple

from flask import request

from filterdns.admin import house
from filterdns.dns.neighbours import neighbours
from filterdns.policy.rules import GUESTS, Person, RuleError, canonical_address
from filterdns.policy.view import View


class Visitor(NamedTuple):
    """A device on the way to the page."""

    address: str
    mac: str | None
    device: int  # id; 0: nobody has claimed it
    device_name: str  # "" for those
    person: Person
    view: View

    @property
    def is_guest(self) -> bool:
        """Has nobody said whose device this is?"""
        return self.person.name == GUESTS


def visitor() -> Visitor:
    """Found as the resolver finds who asks: by hardware address, else by address. Raises StoreError."""
    address = request.remote_addr or ""
    with contextlib.suppress(RuleError):
        address = canonical_address(address.partition("%")[0])
    mac = None
    with contextlib.suppress(OSError):
        mac = neighbours().get(address)
    policy, household = house.policy(), house.household()
    device, view = policy.view_for(mac, address)
    name = next((known.name for known in policy.devices if known.id == device), "") if device else ""
    person = next((one for one in household.people if one.id == view.person_id), Person(GUESTS))
    return Visitor(address, mac, device, name, person, view)
