"""A parent's change: one transaction that compiles before it commits, then published for the workers."""

import contextlib
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import available_timezones

from filterdns import publish, renewal
from filterdns.blocklists import builtin
from filterdns.clock import Zone
from filterdns.household import document, export
from filterdns.household.store import NAME, Before, Store, StoreError
from filterdns.policy import policyfile, presets
from filterdns.policy.compile import compile_policy
from filterdns.policy.rules import GUESTS, Device, Household, Person, RuleError
from filterdns.policy.view import Policy

_ZONE_LINK = Path("/etc/localtime")


class PublishError(Exception):
    """The change is kept, but the workers do not have it yet; `publish_current` makes up for it."""

    def __init__(self, revision: int, reason: str) -> None:
        super().__init__(f"revision {revision} is kept but not in force yet: {reason}")
        self.revision = revision


class ChangedMeanwhileError(RuleError):
    """What should be undone is not the last change any more."""

    def __init__(self) -> None:
        super().__init__("something else was changed meanwhile")


@dataclass(frozen=True, slots=True)
class Published:
    """What `publish_current` found and did."""

    revision: int
    people: int
    devices: int
    is_new_household: bool
    was_current: bool


def apply(state: Path, who: str, title: str, edit: Callable[[Store], None]) -> int:
    """Make a change and put it in force -> the new revision.

    Raises RuleError or StoreError if nothing was changed, and PublishError if the change is kept but the file
    for the workers could not be written.
    """
    with _alone(state), Store(state / NAME) as store:
        with store.transaction():
            before = store.household()
            edit(store)
            revision = store.revision + 1
            after = store.household()
            policy = _compile(after, revision)
            store.record(who, title, revision, int(time.time()), _before(before))
        if after.lists != before.lists:
            _ask_for_update(state)
        try:
            publish.publish(policy_path(state), policyfile.to_bytes(policy))
        except OSError as error:
            raise PublishError(revision, error.strerror or str(error)) from None
        return revision


def publish_current(state: Path) -> Published:
    """See that the workers' file is what rules.db says, which is made with a default household if it is missing.

    Raises StoreError, RuleError and PublishError.
    """
    with _alone(state):
        is_new = not (state / NAME).exists()
        if is_new:
            Store.create(state / NAME, first_household(), "FilterDNS", "A new household", int(time.time()))
        with Store(state / NAME) as store:
            household, revision = store.household(), store.revision
        content = policyfile.to_bytes(_compile(household, revision))
        found = _read(policy_path(state))
        was_current = found == content
        if not was_current:
            try:
                publish.publish(policy_path(state), content, keep_previous=_verifies(found))
            except OSError as error:
                raise PublishError(revision, error.strerror or str(error)) from None
        return Published(revision, len(household.people), len(household.devices), is_new, was_current)


def import_household(state: Path, who: str, title: str, household: Household) -> int:
    """Put `household` in the place of everything, as `apply` does; people and devices already known keep their ids."""
    return apply(state, who, title, lambda store: store.replace(with_known_ids(household, store.household())))


def edit(state: Path, who: str, title: str, change: Callable[[Household], Household]) -> int:
    """Make a change that is a function of the household (household.edits), as `apply` does."""
    return apply(state, who, title, lambda store: store.replace(change(store.household())))


def undo(state: Path, who: str, title: Callable[[str], str], revision: int | None = None) -> int:
    """Put back what was before the last change; `title` makes this change's name of that one's.

    `revision` is the one that whoever undoes has seen last. Undoing twice does again what was undone. Raises what
    `apply` does; RuleError if there is nothing to undo, ChangedMeanwhileError if there is something newer.
    """
    with Store(state / NAME) as store:
        last = store.last_change()
    if last is None:
        raise RuleError("there is nothing to undo")
    if revision not in (None, last.revision):
        raise ChangedMeanwhileError
    household = document.read(last.before.text.encode(), "before", builtin.knowledge().services)

    def put_back(store: Store) -> None:
        if store.revision != last.revision:
            raise ChangedMeanwhileError
        store.replace(_with_ids(household, last.before, store.household()))

    return apply(state, who, title(last.title), put_back)


def with_known_ids(household: Household, known: Household) -> Household:
    """The household with the ids of `known`: of people by name, of devices by MAC, address or name."""
    people = {person.name.casefold(): person.id for person in known.people}
    devices = {key: device.id for device in known.devices for key in _marks(device)}
    found = []
    for device in household.devices:
        number = next((devices[key] for key in _marks(device) if devices.get(key)), 0)
        devices = {key: value for key, value in devices.items() if value != number}  # one id, one device
        found.append(replace(device, id=number))
    return replace(
        household,
        people=tuple(replace(person, id=people.get(person.name.casefold(), 0)) for person in household.people),
        devices=tuple(found),
    )


def read(state: Path) -> Household:
    """The household as rules.db has it. Raises StoreError."""
    with Store(state / NAME) as store:
        return store.household()


def compile_current(state: Path) -> Policy:
    """The policy of rules.db. Raises StoreError and RuleError."""
    with Store(state / NAME) as store:
        return _compile(store.household(), store.revision)


def policy_path(state: Path) -> Path:
    """The file that the workers obey."""
    return state / "published" / "policy"


def first_household() -> Household:
    """What holds before a parent has said anything: everybody is a guest, in this machine's time zone."""
    return Household(timezone=_system_zone(), people=(presets.apply(Person(GUESTS)),))


def check(household: Household) -> None:
    """Would these rules compile? Raises RuleError."""
    _compile(household, 0)


def _before(household: Household) -> Before:
    return Before(
        export.write(household), ([one.id for one in household.people], [one.id for one in household.devices])
    )


def _with_ids(household: Household, before: Before, known: Household) -> Household:
    """With the ids of then, also where somebody was renamed or removed since: what was asked hangs on them."""
    people, devices = before.ids or ([], [])
    if (len(people), len(devices)) != (len(household.people), len(household.devices)):
        return with_known_ids(household, known)
    return replace(
        household,
        people=tuple(replace(one, id=key) for one, key in zip(household.people, people, strict=True)),
        devices=tuple(replace(one, id=key) for one, key in zip(household.devices, devices, strict=True)),
    )


def _ask_for_update(state: Path) -> None:
    """Other lists are wanted."""
    with contextlib.suppress(OSError):
        renewal.ask(state)


def _marks(device: Device) -> list[str]:
    return [mark for mark in (device.mac, device.address, device.name.casefold()) if mark]


def _compile(household: Household, revision: int) -> Policy:
    try:
        Zone(household.timezone)
    except ValueError as error:
        raise RuleError(str(error)) from None
    return compile_policy(household, builtin.knowledge(), revision)


def _system_zone() -> str:
    with contextlib.suppress(OSError):
        name = str(_ZONE_LINK.readlink()).rpartition("zoneinfo/")[2]
        if name in available_timezones():
            return name
    return "UTC"


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _verifies(content: bytes) -> bool:
    try:
        policyfile.from_bytes(content)
    except ValueError:
        return False
    return True


@contextlib.contextmanager
def _alone(state: Path) -> Iterator[None]:
    """One change at a time, over all programs, so that no older policy is published over a newer one."""
    try:
        state.mkdir(parents=True, exist_ok=True)
        handle = os.open(state / "rules.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StoreError(f"{state}: {(error.strerror or str(error)).lower()}") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
