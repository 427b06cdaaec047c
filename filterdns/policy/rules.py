"""What a parent says: the household as plain, immutable data, checked as it is built.

A *target* names what a rule is about: a category id ("games"), a service ("service:roblox"), and in
grants also a name ("name:example.org") or the clock itself ("time").
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from filterdns import dname
from filterdns.policy.category import CHOICES, SECURITY
from filterdns.policy.view import BlockedAnswer, RuleAction

EVERY_DAY = (0, 1, 2, 3, 4, 5, 6)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
GUESTS = "Guests"
MINUTES_A_DAY = 1440
LONGEST_NAME = 80  # characters
OLDEST = 150  # years
LONGEST_HISTORY = 30  # days
# Engines that safe search cannot reach; lists an operator is given; names that no list may block.
LIST_CATEGORIES = (*CHOICES, "unsafe_search", "illegal", "allow")

_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_COUNTRY = re.compile(r"([A-Z]{2})?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_URL = re.compile(r"https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/?][!-~]{0,2000})?")


class RuleError(ValueError):
    """A rule that cannot be; the message says which and why, in words a parent can follow."""


def name_of(text: str) -> bytes:
    """The wire name of a rule about a name: a host's or a top-level domain's. Raises RuleError."""
    try:
        wire = dname.from_text(text)
    except dname.DNameError as error:
        raise RuleError(f'"{text}" is not a name: {error}') from None
    if not dname.is_host(b"\x01x" + wire):
        raise RuleError(f'"{text}" is not a name such as example.org, which covers everything below it too')
    return wire


def canonical_mac(text: str) -> str:
    """A MAC in the form "aa:bb:cc:dd:ee:ff". Raises RuleError."""
    mac = text.lower().replace("-", ":")
    if not _MAC.fullmatch(mac):
        raise RuleError(f'"{text}" is not a MAC address such as aa:bb:cc:dd:ee:ff')
    return mac


def canonical_address(text: str) -> str:
    """An IP address in its one canonical form. Raises RuleError."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise RuleError(f'"{text}" is not an IP address such as 192.168.1.40') from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            raise RuleError(f'"{text}": write the address without the interface after %')
        address = address.ipv4_mapped or address
    return str(address)


class YouTube(StrEnum):
    """Restricted mode of YouTube."""

    OFF = "off"
    MODERATE = "moderate"
    STRICT = "strict"


@dataclass(frozen=True, slots=True)
class Window:
    """Weekly hours that change something; wall-clock minutes of the day, half-open, owned by the day they start on."""

    name: str
    days: tuple[int, ...]  # 0 = Monday
    start: int  # minutes after midnight, 0..1439
    end: int  # minutes after midnight, 0..1439; at or before start: it ends on the next day
    internet_off: bool = False
    block: frozenset[str] = frozenset()  # targets blocked more
    allow: frozenset[str] = frozenset()  # targets allowed more: lifts the person's own blocks of them
    id: int = 0

    def __post_init__(self) -> None:
        """Raises RuleError."""
        _check_name(self.name, "a window")
        if not self.days or len(set(self.days)) != len(self.days) or not set(self.days) <= set(EVERY_DAY):
            raise RuleError(f'window "{self.name}": the days are one or more of 0 (Monday) to 6, each once')
        if not (0 <= self.start < MINUTES_A_DAY and 0 <= self.end < MINUTES_A_DAY):
            raise RuleError(f'window "{self.name}": the times are from 00:00 to 23:59')
        if not (self.internet_off or self.block or self.allow):
            raise RuleError(f'window "{self.name}": it changes nothing; it may turn the internet off, block or allow')
        _check_apart(self.block, self.allow, f'window "{self.name}"')
        for target in sorted(self.allow & SECURITY):
            raise RuleError(f'window "{self.name}": {target} is blocked for everybody')


@dataclass(frozen=True, slots=True)
class NameRule:
    """Allow or block a name and everything below it."""

    name: str
    action: RuleAction
    id: int = 0

    def __post_init__(self) -> None:
        """Raises RuleError."""
        name_of(self.name)


@dataclass(frozen=True, slots=True)
class Pause:
    """The internet is off until a time, or until somebody resumes it."""

    until: int | None  # epoch seconds
    id: int = 0


@dataclass(frozen=True, slots=True)
class Grant:
    """A parent's permission for a target, until a time."""

    target: str
    until: int  # epoch seconds
    id: int = 0

    def __post_init__(self) -> None:
        """Raises RuleError."""
        if self.target.startswith("name:"):
            name_of(self.target.removeprefix("name:"))
        if self.target in SECURITY:
            raise RuleError(f"a grant for {self.target}: it is blocked for everybody; grant the one name")


@dataclass(frozen=True, slots=True)
class Person:
    """Whoever owns devices; all rules in force, spelled out (an age preset was applied when the person was made)."""

    name: str
    age: int | None = None
    block: frozenset[str] = frozenset()  # targets
    allow: frozenset[str] = frozenset()  # services excepted from their blocked category
    allow_only: bool = False
    safe_search: bool = False
    youtube: YouTube = YouTube.OFF
    minutes: tuple[tuple[str, int], ...] = ()  # (target, minutes a day), sorted
    windows: tuple[Window, ...] = ()
    rules: tuple[NameRule, ...] = ()
    pauses: tuple[Pause, ...] = ()
    grants: tuple[Grant, ...] = ()
    id: int = 0

    def __post_init__(self) -> None:
        """Raises RuleError."""
        _check_name(self.name, "a person")
        if self.age is not None and not 0 <= self.age <= OLDEST:
            raise RuleError(f"{self.name}: an age is 0 to {OLDEST} years")
        _check_apart(self.block, self.allow, self.name)
        for target in sorted(self.allow):
            if not target.startswith("service:"):
                raise RuleError(f'{self.name}: only services are allowed by hand ("service:..."), not "{target}"')
        for target, minutes in self.minutes:
            if not 1 <= minutes <= MINUTES_A_DAY:
                raise RuleError(f"{self.name}: minutes of {target} a day are 1 to {MINUTES_A_DAY}")
        _check_once((target for target, _ in self.minutes), f"{self.name}: minutes of")


@dataclass(frozen=True, slots=True)
class Device:
    """A device by MAC ("aa:bb:cc:dd:ee:ff") or by address; `person` is a name, None while nobody has claimed it."""

    name: str
    person: str | None = None
    mac: str | None = None
    address: str | None = None
    id: int = 0

    def __post_init__(self) -> None:
        """Raises RuleError."""
        _check_name(self.name, "a device")
        if self.mac is None and self.address is None:
            raise RuleError(f'device "{self.name}": it needs a mac or an address')
        try:
            if self.mac is not None:
                canonical_mac(self.mac)
            if self.address is not None:
                canonical_address(self.address)
        except RuleError as error:
            raise RuleError(f'device "{self.name}": {error}') from None


class ListSize(StrEnum):
    """How much of the catalogue of public lists a household downloads."""

    AUTO = "auto"  # by this machine's memory
    NONE = "none"
    SMALL = "small"
    NORMAL = "normal"
    LARGE = "large"


@dataclass(frozen=True, slots=True)
class OwnList:
    """A list from an address that a parent gave; `lan` lets it lie in the home's own network, without TLS too."""

    name: str
    url: str
    category: str
    lan: bool = False

    def __post_init__(self) -> None:
        """Raises RuleError."""
        _check_name(self.name, "a list")
        if not _URL.fullmatch(self.url) or not (self.lan or self.url.startswith("https:")):
            raise RuleError(f'list "{self.name}": its address begins with https:// and a host, and holds no password')
        if self.category not in LIST_CATEGORIES:
            raise RuleError(f'list "{self.name}": there is no category "{self.category}"')


@dataclass(frozen=True, slots=True)
class Lists:
    """Which public lists to download."""

    size: ListSize = ListSize.AUTO
    without: frozenset[str] = frozenset()  # ids of the catalogue, of the defaults of that size
    beside: frozenset[str] = frozenset()  # ids of the catalogue, beside the defaults ("with" in a file)
    own: tuple[OwnList, ...] = ()

    def __post_init__(self) -> None:
        """Raises RuleError."""
        for name in sorted(self.without & self.beside):
            raise RuleError(f"the list {name} is both taken and left out")
        _check_once((own.name for own in self.own), "list")


@dataclass(frozen=True, slots=True)
class Household:
    """All that parents said."""

    name: str = "Home"
    timezone: str = "UTC"
    country: str = ""
    language: str = "en"
    blocked_answer: BlockedAnswer = BlockedAnswer.ZERO
    history_days: int = 7  # for which what was asked is kept; 0: nothing is written down
    people: tuple[Person, ...] = ()
    devices: tuple[Device, ...] = ()
    rules: tuple[NameRule, ...] = ()
    pauses: tuple[Pause, ...] = ()
    lists: Lists = field(default_factory=Lists)

    def __post_init__(self) -> None:
        """Raises RuleError."""
        _check_name(self.name, "the household")
        if not self.timezone:
            raise RuleError("the household needs a time zone such as Europe/Berlin")
        if not _COUNTRY.fullmatch(self.country):
            raise RuleError(f'"{self.country}" is not a country such as DE')
        if not _LANGUAGE.fullmatch(self.language):
            raise RuleError(f'"{self.language}" is not a language such as en')
        if not 0 <= self.history_days <= LONGEST_HISTORY:
            raise RuleError(f"what was asked is kept for 0 to {LONGEST_HISTORY} days")
        _check_once((person.name for person in self.people), "person")
        _check_once((device.name for device in self.devices), "device")
        people = {GUESTS, *(person.name for person in self.people)}
        for device in self.devices:
            if device.person is not None and device.person not in people:
                raise RuleError(f'device "{device.name}": there is no person "{device.person}"')


def _check_name(name: str, owner: str) -> None:
    if not name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        raise RuleError(f"the name of {owner} is 1 to {LONGEST_NAME} printable characters, not {name[:LONGEST_NAME]!r}")


def _check_apart(block: frozenset[str], allow: frozenset[str], owner: str) -> None:
    for target in sorted(block & allow):
        raise RuleError(f"{owner}: {target} is both blocked and allowed")


def _check_once(names: Iterable[str], kind: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name.casefold() in seen:
            raise RuleError(f'{kind} "{name}": it is there twice')
        seen.add(name.casefold())
