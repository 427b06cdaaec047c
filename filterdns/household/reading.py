"""Values that many parts of a household file hold: names, switches, choices, what a rule's own check refuses."""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import TypeVar

from filterdns import yamlfile
from filterdns.household import words
from filterdns.policy import rules
from filterdns.yamlfile import Node, Reader, Scalar

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class ValueReader(Reader):
    """Every method gives a tuple of one value, or an empty one without a node or with a fault."""

    def _switch(self, node: Node | None, place: str) -> tuple[bool, ...]:
        """(on or off,): yes and no in all of YAML's words, in quotes too."""
        return self.one(node, place, words.switch)

    def _choice(self, node: Node | None, place: str, kind: type[E]) -> tuple[E, ...]:
        return self.one(node, place, partial(words.choice, kind))

    def _name(self, node: Node | None, place: str) -> tuple[str, ...]:
        if isinstance(node, Scalar) and node.kind not in ("text", "null"):
            self.faults.add(node.line, place, f"needs a text, not {node.what}: put it in quotes")
            return ()
        return self.one(node, place, partial(words.setting, "name"))

    def _needed_name(self, node: Node, given: dict[str, Node], place: str) -> tuple[str, ...]:
        self._need(node, given, place, "name")
        return self._name(given.get("name"), f"{place}.name")

    def _need(self, node: Node, given: dict[str, Node], place: str, key: str) -> None:
        if key not in given and isinstance(node, yamlfile.Mapping):
            self.faults.add(node.line, place, f"{key} is missing")

    def _build(self, build: Callable[[], T], node: Node, place: str) -> tuple[T, ...]:
        try:
            return (build(),)
        except rules.RuleError as error:
            self.faults.add(node.line, place, str(error))
            return ()
