"""household.yaml -> Household: strict, every fault with its place, all at once.

An age chooses a preset. A person's `block` adds to what it blocks and `allow` takes away from it; `windows`,
`minutes` and the switches stand in the place of the preset's.
"""

import contextlib
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Any

from filterdns import yamlfile
from filterdns.household import words
from filterdns.household.listchoice import ListsReader
from filterdns.policy import presets, rules
from filterdns.policy.category import CHOICES, SECURITY
from filterdns.policy.rules import EVERY_DAY, GUESTS, Device, Grant, Household, NameRule, Pause, Person, Window, YouTube
from filterdns.policy.view import BlockedAnswer, RuleAction
from filterdns.yamlfile import Faults, Listing, Node, Scalar, nearest

MAX_BYTES = 16 << 20
_SERVICE = "service:"


class DocumentError(Exception):
    """The text is no household; `lines` has one line per fault."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def read(content: bytes, source: str, services: Collection[str]) -> Household:
    """The bytes of a file -> Household; `services` are the ids of the catalogue. Raises DocumentError."""
    if len(content) > MAX_BYTES:
        raise DocumentError([f"{source}: larger than 16 MiB, which no household is"])
    try:
        tree = yamlfile.read(content)
    except yamlfile.YamlError as error:
        raise DocumentError([f"{source}:{error}"]) from None
    if tree is None:
        raise DocumentError([f"{source}: is empty"])
    reader = _DocumentReader(Faults(source), services)
    found = None
    with contextlib.suppress(yamlfile.EnoughFaults):
        found = reader.household(tree)
    if found is None:
        raise DocumentError(reader.faults.lines)
    return found


class _DocumentReader(ListsReader):
    def __init__(self, faults: Faults, services: Collection[str]) -> None:
        super().__init__(faults)
        self._services = services
        self._zone = "UTC"

    def household(self, tree: Node) -> Household | None:
        top = self.keys(tree, "", ("household", "people", "devices", "rules", "pauses", "lists"))
        head = self._head(top.get("household"))
        people = self._people(top.get("people"))
        devices = self._devices(top.get("devices"), [person.name for person in people])
        name_rules = self._rules(top.get("rules"), "rules")
        pauses = self._pauses(top.get("pauses"), "pauses")
        lists = self._lists(top.get("lists"))
        if len(self.faults):
            return None
        return replace(head, people=people, devices=devices, rules=name_rules, pauses=pauses, lists=lists)

    def _head(self, node: Node | None) -> Household:
        keys = ("name", "timezone", "country", "language", "blocked_answer", "history_days")
        given = self.keys(node, "household", keys)
        found: dict[str, Any] = {}
        for name in self._name(given.get("name"), "household.name"):
            found["name"] = name
        for zone in self.one(given.get("timezone"), "household.timezone", words.zone):
            self._zone = found["timezone"] = zone
        for answer in self._choice(given.get("blocked_answer"), "household.blocked_answer", BlockedAnswer):
            found["blocked_answer"] = answer
        days = self.number(given.get("history_days"), "household.history_days", 0, rules.LONGEST_HISTORY)
        if days is not None:
            found["history_days"] = days
        for key in ("country", "language"):
            for value in self.one(given.get(key), f"household.{key}", partial(words.setting, key)):
                found[key] = value
        return Household(**found)

    def _people(self, node: Node | None) -> tuple[Person, ...]:
        found: dict[str, Person] = {}
        for item, place in self.items(node, "people"):
            for person in self._person(item, place):
                if person.name.casefold() in found:
                    self.faults.add(item.line, f"{place}.name", f'there is another "{person.name}" already')
                found.setdefault(person.name.casefold(), person)
        if GUESTS.casefold() not in found:
            found[GUESTS.casefold()] = presets.apply(Person(GUESTS))
        return tuple(found.values())

    def _person(self, node: Node, place: str) -> list[Person]:
        given = self.keys(
            node,
            place,
            ("name", "age", "block", "allow", "allow_only", "safe_search", "youtube", "minutes", "windows", "rules",
             "pauses", "grants"),
        )  # fmt: skip
        age = self.number(given.get("age"), f"{place}.age", 0, rules.OLDEST)
        names = self._needed_name(node, given, place)
        name = names[0] if names else "?"
        person = presets.apply(Person(GUESTS if name.casefold() == GUESTS.casefold() else name, age))
        block = self._targets(given.get("block"), f"{place}.block")
        allow = self._targets(given.get("allow"), f"{place}.allow")
        self._check_apart(given.get("allow"), f"{place}.allow", block, allow)
        person = replace(
            person,
            block=(person.block - allow) | block,
            allow=frozenset(target for target in allow - block if target.startswith(_SERVICE)),
            rules=self._rules(given.get("rules"), f"{place}.rules"),
            pauses=self._pauses(given.get("pauses"), f"{place}.pauses"),
            grants=self._grants(given.get("grants"), f"{place}.grants"),
        )
        instead: dict[str, Any] = {}
        for key in ("allow_only", "safe_search"):
            for value in self._switch(given.get(key), f"{place}.{key}"):
                instead[key] = value
        for level in self._choice(given.get("youtube"), f"{place}.youtube", YouTube):
            instead["youtube"] = level
        if "minutes" in given:
            instead["minutes"] = self._minutes(given["minutes"], f"{place}.minutes")
        if "windows" in given:
            instead["windows"] = self._windows(given["windows"], f"{place}.windows")
        person = replace(person, **instead)
        return [person] if names else []

    def _windows(self, node: Node, place: str) -> tuple[Window, ...]:
        return tuple(window for item, where in self.items(node, place) for window in self._window(item, where))

    def _window(self, node: Node, place: str) -> tuple[Window, ...]:
        before = len(self.faults)
        given = self.keys(node, place, ("name", "days", "from", "to", "internet", "block", "allow"))
        names = self._needed_name(node, given, place)
        days = self._days(given.get("days"), f"{place}.days")
        times = [self._time(node, given.get(key), f"{place}.{key}") for key in ("from", "to")]
        block = self._targets(given.get("block"), f"{place}.block")
        allow = self._targets(given.get("allow"), f"{place}.allow")
        self._check_apart(given.get("allow"), f"{place}.allow", block, allow)
        internet = self._switch(given.get("internet"), f"{place}.internet") or (True,)
        if len(self.faults) > before:
            return ()
        build = partial(
            Window, names[0], days, times[0], times[1], internet_off=not internet[0], block=block, allow=allow
        )
        return self._build(build, node, place)

    def _rules(self, node: Node | None, place: str) -> tuple[NameRule, ...]:
        return tuple(rule for item, where in self.items(node, place) for rule in self._rule(item, where))

    def _rule(self, node: Node, place: str) -> tuple[NameRule, ...]:
        given = self.keys(node, place, ("name", "action"))
        for key in ("name", "action"):
            self._need(node, given, place, key)
        names = self.one(given.get("name"), f"{place}.name", words.domain)
        actions = self._choice(given.get("action"), f"{place}.action", RuleAction)
        return (NameRule(names[0], actions[0]),) if names and actions else ()

    def _pauses(self, node: Node | None, place: str) -> tuple[Pause, ...]:
        found = []
        for item, where in self.items(node, place):
            given = self.keys(item, where, ("until",))
            self._need(item, given, where, "until")
            until = given.get("until")
            if isinstance(until, Scalar) and until.text == "never":
                found.append(Pause(None))
            else:
                found += [Pause(epoch) for epoch in self.one(until, f"{where}.until", self._epoch)]
        return tuple(found)

    def _grants(self, node: Node | None, place: str) -> tuple[Grant, ...]:
        found = []
        for item, where in self.items(node, place):
            given = self.keys(item, where, ("target", "until"))
            for key in ("target", "until"):
                self._need(item, given, where, key)
            targets = self.one(given.get("target"), f"{where}.target", self._grant_target)
            untils = self.one(given.get("until"), f"{where}.until", self._epoch)
            found += [Grant(target, until) for target in targets for until in untils]
        return tuple(found)

    def _devices(self, node: Node | None, people: list[str]) -> tuple[Device, ...]:
        found: list[Device] = []
        taken: dict[str, str] = {}
        for item, place in self.items(node, "devices"):
            for device in self._device(item, place, people):
                for key in filter(None, (device.name.casefold(), device.mac, device.address)):
                    if key in taken:
                        self.faults.add(item.line, place, f'"{device.name}" is like {taken[key]}: both have {key}')
                    taken.setdefault(key, place)
                found.append(device)
        return tuple(found)

    def _device(self, node: Node, place: str, people: list[str]) -> tuple[Device, ...]:
        before = len(self.faults)
        given = self.keys(node, place, ("name", "person", "mac", "address"))
        names = self._needed_name(node, given, place)
        owners = self.one(given.get("person"), f"{place}.person", partial(words.owner, people))
        macs = self.one(given.get("mac"), f"{place}.mac", rules.canonical_mac)
        addresses = self.one(given.get("address"), f"{place}.address", rules.canonical_address)
        if len(self.faults) > before:
            return ()
        person, mac, address = (found[0] if found else None for found in (owners, macs, addresses))
        return self._build(partial(Device, names[0], person, mac, address), node, place)

    def _targets(self, node: Node | None, place: str) -> frozenset[str]:
        return frozenset(self.each(node, place, self._target))

    def _target(self, text: str) -> str:
        if text in CHOICES or (text.startswith(_SERVICE) and text.removeprefix(_SERVICE) in self._services):
            return text
        known = [*CHOICES, *(f"{_SERVICE}{service}" for service in self._services)]
        hint = f' (did you mean "{_SERVICE}{text}"?)' if text in self._services else nearest(text, known)
        raise ValueError(f'"{text}" is neither a category nor a service{hint}')

    def _grant_target(self, text: str) -> str:
        if text == "time":
            return text
        if text.startswith("name:"):
            return f"name:{words.domain(text.removeprefix('name:'))}"
        return Grant(self._target(text), 0).target

    def _check_apart(self, node: Node | None, place: str, block: frozenset[str], allow: frozenset[str]) -> None:
        for target in sorted(block & allow):
            self.faults.add(node.line if node else 0, place, f"{target} is both blocked and allowed")
        for target in sorted(allow & SECURITY):
            self.faults.add(node.line if node else 0, place, f"{target} is blocked for everybody")

    def _minutes(self, node: Node, place: str) -> tuple[tuple[str, int], ...]:
        if not isinstance(node, yamlfile.Mapping):
            self.faults.add(node.line, place, f"needs pairs such as games: 60, not {node.what}")
            return ()
        found = {}
        for key, value in node.items.items():
            where = f"{place}.{key}"
            minutes = self.number(value, where, 1, rules.MINUTES_A_DAY)
            for target in self.one(Scalar(node.lines[key], key, "text"), where, self._target):
                found[target] = minutes or 1
        return tuple(sorted(found.items()))

    def _days(self, node: Node | None, place: str) -> tuple[int, ...]:
        if node is None:
            return EVERY_DAY
        days = self.each(node, place, words.day)
        if isinstance(node, Listing) and not node.items:
            self.faults.add(node.line, place, "is empty; leave it out for every day")
        if len(set(days)) < len(days):
            self.faults.add(node.line, place, "names a day twice")
        return tuple(sorted(days))

    def _time(self, owner: Node, node: Node | None, place: str) -> int:
        """Minutes after midnight."""
        if node is None:
            self.faults.add(owner.line, place, 'is missing; a time such as "20:00"')
        elif isinstance(node, Scalar) and node.kind == "int":
            self.faults.add(
                node.line,
                place,
                f'write the time in quotes, such as "20:00": YAML reads a bare {node.text} as a number',
            )
        else:
            return next(iter(self.one(node, place, words.time)), 0)
        return 0

    def _epoch(self, text: str) -> int:
        return words.epoch(text, self._zone)
