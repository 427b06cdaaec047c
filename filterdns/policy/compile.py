"""Rules -> Policy: everything a parent said, in the form that a query is decided by. Pure."""

from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from types import MappingProxyType
from typing import NamedTuple

from filterdns.policy import presets
from filterdns.policy.category import BITS, CHOICES, SECURITY, service_bit
from filterdns.policy.rules import (
    GUESTS,
    Device,
    Grant,
    Household,
    NameRule,
    Pause,
    Person,
    RuleError,
    Window,
    YouTube,
    canonical_address,
    canonical_mac,
    name_of,
)
from filterdns.policy.schedule import Excepted, Hours, timeline
from filterdns.policy.view import Budget, KnownDevice, Owners, Permission, Policy, RuleAction, Term, TimeGrant, View

ADULT_AGE = 18


class Service(NamedTuple):
    """An entry of the services catalogue."""

    number: int  # append-only
    category: str
    name: str


class Knowledge(NamedTuple):
    """What compiling needs of the built-in catalogues."""

    services: Mapping[str, Service]  # by id
    safe_search: Mapping[bytes, bytes]  # exact wire name -> wire name of its safe form, YouTube not among them
    youtube: frozenset[bytes]  # wire names
    youtube_strict: bytes
    youtube_moderate: bytes
    further_forms: Mapping[bytes, tuple[bytes, ...]] = MappingProxyType({})  # safe form -> its other names, in order


def compile_policy(household: Household, knowledge: Knowledge, revision: int) -> Policy:
    """Compile; the first person of the result is Guests. Raises RuleError, naming the person and the rule.

    Whether the time zone exists is for `filterdns.clock.Zone` to say.
    """
    guests = [person for person in household.people if person.name == GUESTS]
    people = [*(guests or [presets.apply(Person(GUESTS))]), *(p for p in household.people if p.name != GUESTS)]
    index = {person.name: at for at, person in enumerate(people)}
    by_mac, by_address = _by_device(household.devices, index)
    return Policy(
        revision=revision,
        timezone=household.timezone,
        country=household.country,
        language=household.language,
        blocked_answer=household.blocked_answer,
        views=tuple(_view(person, household, knowledge) for person in people),
        by_mac=by_mac,
        by_address=by_address,
        devices=tuple(KnownDevice(d.id, d.name, index[d.person or GUESTS]) for d in household.devices),
        further_forms=knowledge.further_forms,
    )


def target_bit(target: str, knowledge: Knowledge) -> int:
    """The tag bit of a category ("games") or service ("service:roblox"). Raises RuleError."""
    if target.startswith("service:"):
        service = knowledge.services.get(target.removeprefix("service:"))
        if service is None:
            raise RuleError(f'there is no service "{target.removeprefix("service:")}"')
        return service_bit(service.number)
    if target not in CHOICES:
        raise RuleError(f'there is no category "{target}" to choose (a service is written "service:{target}")')
    return BITS[target]


def _by_device(devices: Iterable[Device], index: Mapping[str, int]) -> tuple[Owners, Owners]:
    by_mac: Owners = {}
    by_address: Owners = {}
    for device in devices:
        owner = device.person or GUESTS
        for key, held in ((device.mac and canonical_mac(device.mac), by_mac),
                          (device.address and canonical_address(device.address), by_address)):  # fmt: skip
            if key and key in held:
                raise RuleError(f'device "{device.name}": another device has {key} already')
            if key:
                held[key] = (device.id, index[owner])
    return by_mac, by_address


def _view(person: Person, household: Household, knowledge: Knowledge) -> View:
    try:
        return _checked_view(person, household, knowledge)
    except RuleError as error:
        raise RuleError(f"{person.name}: {error}") from None


def _checked_view(person: Person, household: Household, knowledge: Knowledge) -> View:
    own = {target: target_bit(target, knowledge) for target in person.block | SECURITY}
    block_rules = [(bit, _rule_of(target)) for target, bit in own.items()]
    if person.safe_search:
        block_rules.append((BITS["unsafe_search"], "safe_search"))
    youtube_form = {YouTube.STRICT: knowledge.youtube_strict, YouTube.MODERATE: knowledge.youtube_moderate}.get(
        person.youtube
    )
    aliases = dict(knowledge.safe_search) if person.safe_search else {}
    if youtube_form is not None:
        aliases |= dict.fromkeys(sorted(knowledge.youtube), youtube_form)
    time_grants = [grant for grant in person.grants if grant.target == "time"]
    return View(
        person_id=person.id,
        person=person.name,
        adult=_is_adult(person),
        blocked=reduce(or_, (bit for bit, _ in block_rules)),
        block_rules=tuple(sorted(block_rules, key=_naming_order)),
        excepted=_excepted(person.allow, knowledge),
        timeline=timeline([_hours(window, knowledge) for window in person.windows]),
        rules=_name_rules(household.rules) | _name_rules(person.rules),
        allow_only=person.allow_only,
        aliases=aliases,
        youtube_form=youtube_form,
        pause=_last_pause((*person.pauses, *household.pauses)),
        grants=tuple(_permission(grant, knowledge) for grant in person.grants if grant.target != "time"),
        time_grant=max((TimeGrant(g.until, f"grant:{g.id}") for g in time_grants), default=None),
        budgets=tuple(Budget(target_bit(t, knowledge), n, f"minutes:{t}") for t, n in person.minutes),
    )


def _rule_of(target: str) -> str:
    return target if target.startswith("service:") else f"category:{target}"


def _naming_order(rule: tuple[int, str]) -> tuple[bool, bool, int]:
    """Security first, because it is answered differently; then services, which say more than categories."""
    bit, name = rule
    return name.removeprefix("category:") not in SECURITY, not name.startswith("service:"), bit


def _is_adult(person: Person) -> bool:
    """From 18 years; without an age, a person other than Guests whom nothing but security keeps from anything."""
    if person.age is not None:
        return person.age >= ADULT_AGE
    restricted = (
        person.block - SECURITY or person.allow_only or person.safe_search or person.windows or person.minutes
        or person.youtube is not YouTube.OFF
    )  # fmt: skip
    return person.name != GUESTS and not restricted


def _hours(window: Window, knowledge: Knowledge) -> Hours:
    try:
        return Hours(
            days=window.days,
            start=window.start,
            end=window.end,
            off=window.internet_off,
            block=reduce(or_, (target_bit(target, knowledge) for target in window.block), 0),
            allow=reduce(or_, (target_bit(target, knowledge) for target in window.allow), 0),
            excepted=_excepted(window.allow, knowledge),
            rule=f"window:{window.id}",
        )
    except RuleError as error:
        raise RuleError(f'window "{window.name}": {error}') from None


def _excepted(targets: Iterable[str], knowledge: Knowledge) -> tuple[Excepted, ...]:
    services = [target for target in targets if target.startswith("service:")]
    return tuple(
        sorted(
            Excepted(target_bit(target, knowledge), BITS[knowledge.services[target.removeprefix("service:")].category])
            for target in services
        )
    )


def _name_rules(rules: Iterable[NameRule]) -> dict[bytes, tuple[RuleAction, str]]:
    """One owner's rules by wire name; at the same name block wins."""
    found: dict[bytes, tuple[RuleAction, str]] = {}
    for rule in rules:
        name = name_of(rule.name)
        if name not in found or (rule.action is RuleAction.BLOCK and found[name][0] is RuleAction.ALLOW):
            found[name] = rule.action, f"rule:{rule.id}"
    return found


def _permission(grant: Grant, knowledge: Knowledge) -> Permission:
    if grant.target.startswith("name:"):
        return Permission(0, name_of(grant.target.removeprefix("name:")), grant.until, f"grant:{grant.id}")
    return Permission(target_bit(grant.target, knowledge), None, grant.until, f"grant:{grant.id}")


def _last_pause(pauses: Iterable[Pause]) -> Term | None:
    """Choose the one that ends last; it covers the others, because all have begun."""
    last = max(pauses, key=lambda pause: (pause.until is None, pause.until or 0), default=None)
    return Term(last.until, f"pause:{last.id}") if last else None
