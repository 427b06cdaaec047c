"""What a parent does, one function each: a household in, the changed household out. Pure; raises RuleError.

People are named, windows and rules have ids, devices are known by MAC or address. `person` None is the whole house.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from filterdns.policy import presets, rules
from filterdns.policy.rules import GUESTS, Device, Grant, Household, NameRule, Pause, Person, RuleError, Window
from filterdns.policy.view import RuleAction

T = TypeVar("T", Window, NameRule, Grant)


def person_of(household: Household, name: str) -> Person:
    """The person of this name."""
    for person in household.people:
        if person.name.casefold() == name.casefold():
            return person
    raise RuleError(f'there is no person "{name}"')


def pause(household: Household, person: str | None, until: int | None) -> Household:
    """The internet is off for a person or the house until a time, or until it is resumed; other pauses end."""
    if person is None:
        return replace(household, pauses=(Pause(until),))
    return _with(household, person, lambda one: replace(one, pauses=(Pause(until),)))


def resume(household: Household, person: str | None) -> Household:
    """End every pause of a person or of the house."""
    if person is None:
        return replace(household, pauses=())
    return _with(household, person, lambda one: replace(one, pauses=()))


def grant(household: Household, person: str, target: str, until: int, now: int) -> Household:
    """Allow a target until a time, in the place of a grant for the same; it ends the person's own pause."""
    if until <= now:
        raise RuleError("a permission ends in the future")

    def granted(one: Person) -> Person:
        left = tuple(held for held in one.grants if held.until > now and held.target != target)
        return replace(one, pauses=(), grants=(*left, Grant(target, until)))

    return _with(household, person, granted)


def more_time(household: Household, person: str, seconds: int, now: int) -> Household:
    """Lift the clock for `seconds` more: from now, or from the end of a grant of time that is running."""
    running = [held.until for held in person_of(household, person).grants if held.target == "time" and held.until > now]
    return grant(household, person, "time", max(running, default=now) + seconds, now)


def revoke(household: Household, person: str, key: int) -> Household:
    """End a grant by its id."""
    return _with(household, person, lambda one: replace(one, grants=_without(one.grants, key, "permission")))


def block(household: Household, person: str, target: str, category: str | None = None, *, on: bool) -> Household:
    """Block a category or service, or stop blocking it; `category` is the service's.

    A service that is let out of its blocked category becomes an exception of it.
    """

    def changed(one: Person) -> Person:
        if on:
            return replace(one, block=one.block | {target}, allow=one.allow - {target})
        allow = one.allow | {target} if category in one.block else one.allow
        return replace(one, block=one.block - {target}, allow=allow)

    return _with(household, person, changed)


def settle(household: Household, person: str, **settings: object) -> Household:
    """Change settings of a person: allow_only, safe_search, youtube, minutes."""
    return _with(household, person, lambda one: replace(one, **settings))  # type: ignore[arg-type]


def add_person(household: Household, name: str, age: int | None) -> Household:
    """A new person, with everything that the age brings."""
    if any(person.name.casefold() == name.casefold() for person in household.people):
        raise RuleError(f'there is a person "{name}" already')
    return replace(household, people=(*household.people, presets.apply(Person(name, age))))


def rename(household: Household, person: str, name: str) -> Household:
    """Another name for a person, who keeps devices and rules; Guests keep their name."""
    known = person_of(household, person)
    if GUESTS in (known.name, name):
        raise RuleError(f"{GUESTS} is the name of whoever uses a device that nobody has claimed")
    return replace(
        household,
        people=tuple(replace(one, name=name) if one is known else one for one in household.people),
        devices=tuple(
            replace(device, person=name) if device.person == known.name else device for device in household.devices
        ),
    )


def set_age(household: Household, person: str, age: int | None, *, preset: bool) -> Household:
    """Another age; with `preset` everything that the age decides is set anew, own names and pauses stay."""

    def aged(one: Person) -> Person:
        return presets.apply(replace(one, age=age)) if preset else replace(one, age=age)

    return _with(household, person, aged)


def remove_person(household: Household, person: str) -> Household:
    """Forget a person; the devices become the guests'."""
    known = person_of(household, person)
    if known.name == GUESTS:
        raise RuleError(f"{GUESTS} cannot be removed: they are whoever uses a device that nobody has claimed")
    return replace(
        household,
        people=tuple(one for one in household.people if one is not known),
        devices=tuple(
            replace(device, person=None) if device.person == known.name else device for device in household.devices
        ),
    )


def put_window(household: Household, person: str, window: Window) -> Household:
    """A new window (id 0), or another form of the one with this id."""

    def changed(one: Person) -> Person:
        if not window.id:
            return replace(one, windows=(*one.windows, window))
        if all(held.id != window.id for held in one.windows):
            raise RuleError("that window is no longer there")
        return replace(one, windows=tuple(window if held.id == window.id else held for held in one.windows))

    return _with(household, person, changed)


def remove_window(household: Household, person: str, key: int) -> Household:
    """Take a window away by its id."""
    return _with(household, person, lambda one: replace(one, windows=_without(one.windows, key, "window")))


def put_rule(household: Household, person: str | None, name: str, action: RuleAction) -> Household:
    """Allow or block a name for good, in the place of what was said of the same name before."""
    wire = rules.name_of(name)
    new = NameRule(name.strip().rstrip(".").lower(), action)

    def changed(held: tuple[NameRule, ...]) -> tuple[NameRule, ...]:
        return (*(rule for rule in held if rules.name_of(rule.name) != wire), new)

    if person is None:
        return replace(household, rules=changed(household.rules))
    return _with(household, person, lambda one: replace(one, rules=changed(one.rules)))


def remove_rule(household: Household, person: str | None, key: int) -> Household:
    """Take a name rule away by its id."""
    if person is None:
        return replace(household, rules=_without(household.rules, key, "rule"))
    return _with(household, person, lambda one: replace(one, rules=_without(one.rules, key, "rule")))


def claim(household: Household, device: Device) -> Household:
    """Give a device to a person (None: to nobody): one already known by MAC or address, or a new one."""
    known = _find(household.devices, device.mac, device.address)
    if known is None:
        name = _free_name(household.devices, device.name)
        return replace(household, devices=(*household.devices, replace(device, name=name)))
    given = replace(known, person=device.person)
    return replace(household, devices=tuple(given if held is known else held for held in household.devices))


def change_device(household: Household, key: int, change: Callable[[Device], Device]) -> Household:
    """Another form of the device with this id."""
    if all(device.id != key for device in household.devices):
        raise RuleError("that device is no longer there")
    return replace(
        household,
        devices=tuple(change(device) if device.id == key else device for device in household.devices),
    )


def merge_devices(household: Household, kept: int, other: int) -> Household:
    """Two entries are one device: the kept one takes over what only the other knows, and the other goes."""
    by_id = {device.id: device for device in household.devices}
    if kept not in by_id or other not in by_id or kept == other:
        raise RuleError("choose two different devices")
    lost = by_id[other]
    if by_id[kept].mac and lost.mac:
        raise RuleError("both have a hardware address of their own: a device here has one; forget one of the two")
    left = forget_device(household, other)
    return change_device(
        left, kept, lambda one: replace(one, mac=one.mac or lost.mac, address=one.address or lost.address)
    )


def forget_device(household: Household, key: int) -> Household:
    """Take a device away by its id; if it asks again, it is a new one."""
    devices = tuple(device for device in household.devices if device.id != key)
    if len(devices) == len(household.devices):
        raise RuleError("that device is no longer there")
    return replace(household, devices=devices)


def _with(household: Household, person: str, change: Callable[[Person], Person]) -> Household:
    known = person_of(household, person)
    return replace(household, people=tuple(change(one) if one is known else one for one in household.people))


def _without(held: tuple[T, ...], key: int, what: str) -> tuple[T, ...]:
    left = tuple(one for one in held if one.id != key)
    if len(left) == len(held):
        raise RuleError(f"that {what} is no longer there")
    return left


def _find(devices: Iterable[Device], mac: str | None, address: str | None) -> Device | None:
    for device in devices:
        if (mac and device.mac == mac) or (address and device.address == address):
            return device
    return None


def _free_name(devices: Iterable[Device], wanted: str) -> str:
    """The wanted name, with a number if another device has it."""
    taken = {device.name.casefold() for device in devices}
    return next(name for name in _numbered(wanted) if name.casefold() not in taken)


def _numbered(name: str) -> Iterable[str]:
    yield name
    number = 2
    while True:
        yield f"{name} {number}"
        number += 1
