"""The compiled policy: all that a query is decided by, one `View` a person. Pure.

Plain tuples, because a worker holds no more than it needs.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple

from filterdns import dname
from filterdns.policy.schedule import Excepted, Timeline

Owners = dict[str, tuple[int, int]]
"""MAC or address -> device id, view index."""


class RuleAction(StrEnum):
    """What a name rule does."""

    ALLOW = "allow"
    BLOCK = "block"


class BlockedAnswer(StrEnum):
    """The form of the answer to what is blocked."""

    ZERO = "zero"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    REFUSED = "refused"
    PAGE = "page"


class Term(NamedTuple):
    """Something that runs from now on until a time."""

    until: int | None  # epoch; None: no end
    rule: str


class TimeGrant(NamedTuple):
    """More time: what the clock took away is lifted."""

    until: int  # epoch
    rule: str


class Permission(NamedTuple):
    """A grant for what a tag bit holds, or for a name and all below it."""

    bit: int  # 0 when it is about a name
    name: bytes | None
    until: int  # epoch
    rule: str

    def is_about(self, name: bytes, tags: int) -> bool:
        """Does the grant name this name?"""
        return dname.is_below(name, self.name) if self.name else tags & self.bit != 0


class Budget(NamedTuple):
    """Minutes a day for what a tag bit holds."""

    bit: int
    minutes: int
    rule: str


class View(NamedTuple):
    """One person's part of the policy."""

    person_id: int
    person: str
    adult: bool  # asks the open upstreams, not the family's
    blocked: int  # tag bits of the person's own blocks, security always among them
    block_rules: tuple[tuple[int, str], ...]  # (bit, rule id) of the same, in the order of naming
    excepted: tuple[Excepted, ...]  # services the person may use although their category is blocked
    timeline: Timeline
    rules: dict[bytes, tuple[RuleAction, str]]  # wire name -> action, rule id; person and household merged
    allow_only: bool
    aliases: dict[bytes, bytes]  # exact wire name -> wire name of its safe form
    youtube_form: bytes | None  # which of the safe forms is YouTube's
    pause: Term | None  # of several the one that ends last
    grants: tuple[Permission, ...]
    time_grant: TimeGrant | None  # of several the one that ends last
    budgets: tuple[Budget, ...]


class KnownDevice(NamedTuple):
    """A device for status and history."""

    id: int
    name: str
    view: int  # index


class Policy(NamedTuple):
    """All that the workers obey; views[0] is the Guests'."""

    revision: int
    timezone: str
    country: str
    language: str
    blocked_answer: BlockedAnswer
    views: tuple[View, ...]
    by_mac: Owners  # "aa:bb:cc:dd:ee:ff"
    by_address: Owners  # canonical text
    devices: tuple[KnownDevice, ...]
    further_forms: Mapping[bytes, tuple[bytes, ...]]  # safe form -> further names of it, tried in order

    @property
    def guests(self) -> View:
        """The view of devices that nobody has claimed."""
        return self.views[0]

    def view_for(self, mac: str | None, address: str) -> tuple[int, View]:
        """Device id (0: unknown) and view of whoever asks: by MAC, else by address, else Guests."""
        found = (self.by_mac.get(mac) if mac else None) or self.by_address.get(address)
        if found is None:
            return 0, self.views[0]
        return found[0], self.views[found[1]]
