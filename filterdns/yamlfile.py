"""YAML as people write it, read into values that know their line; what could hide something is refused.

No aliases, tags, merges, second documents or double keys, and no nesting deeper than a settings file has.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

MAX_DEPTH = 12
MAX_FAULTS = 200
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast, if it was built
_KINDS = {"bool": "yes or no", "null": "nothing", "int": "a number", "float": "a number", "timestamp": "a date"}


class YamlError(ValueError):
    """The text is not YAML that is accepted; the message begins with the line."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: its text as written, and what YAML 1.1 takes it for (text, int, float, bool, null, timestamp)."""

    line: int
    text: str
    kind: str

    @property
    def what(self) -> str:
        """In words, for messages."""
        return f'"{self.text}"' if self.kind == "text" else f"{self.text or 'nothing'} ({_KINDS[self.kind]})"


@dataclass(frozen=True, slots=True)
class Listing:
    """A sequence."""

    line: int
    items: "tuple[Node, ...]"
    what = "a list"


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys and values, in the order of the file."""

    line: int
    items: "dict[str, Node]"
    lines: dict[str, int]  # of the keys
    what = "a mapping (key: value)"


Node = Scalar | Listing | Mapping


class EnoughFaults(Exception):  # noqa: N818 - nothing is wrong with the program
    """So much is wrong that more would not help."""


class Faults:
    """Collects what is wrong with a file, each fault with its line and its place in the tree."""

    def __init__(self, source: str) -> None:
        self.source = source
        self._found: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, line: int, place: str, message: str) -> None:
        """`place` as in `people[0].age`; "" for the whole file. Raises EnoughFaults after MAX_FAULTS."""
        self._found.append((line, f"{self.source}:{line}: {place}{': ' if place else ''}{message}"))
        if len(self._found) == MAX_FAULTS:
            self._found.append((line, f"{self.source}:{line}: and perhaps more from here on"))
            raise EnoughFaults

    @property
    def lines(self) -> list[str]:
        """One line per fault, in the order of the file."""
        return [text for _, text in sorted(self._found, key=lambda fault: fault[0])]


class Reader:
    """Walks a tree; every method returns what is usable and notes what is wrong."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults

    def keys(self, node: Node | None, place: str, known: tuple[str, ...]) -> dict[str, Node]:
        """The values of a mapping; a key without a value counts as left out, one that is not known is a fault."""
        if node is None or is_null(node):
            return {}
        if not isinstance(node, Mapping):
            self.faults.add(node.line, place, f"needs keys ({', '.join(known)}), not {node.what}")
            return {}
        found = {}
        for key, value in node.items.items():
            if key not in known:
                self.faults.add(
                    node.lines[key], f"{place}.{key}" if place else key, f"unknown key{nearest(key, known)}"
                )
            elif not is_null(value):
                found[key] = value
        return found

    def items(self, node: Node | None, place: str) -> list[tuple[Node, str]]:
        """Each item of a list with its place."""
        if node is None:
            return []
        if not isinstance(node, Listing):
            self.faults.add(node.line, place, f"needs a list ([...]), not {node.what}")
            return []
        return [(item, f"{place}[{index}]") for index, item in enumerate(node.items)]

    def each(self, node: Node | None, place: str, read: Callable[[str], T]) -> tuple[T, ...]:
        """Each text of a list through `read`; those with faults are left out."""
        return tuple(value for item, where in self.items(node, place) for value in self.one(item, where, read))

    def one(self, node: Node | None, place: str, read: Callable[[str], T]) -> tuple[T, ...]:
        """(the text through `read`,); () without a node, or with a fault, which is what `read`'s ValueError says."""
        if node is None:
            return ()
        if not isinstance(node, Scalar) or node.kind == "null":
            self.faults.add(node.line, place, f"needs one text, not {node.what}")
            return ()
        try:
            return (read(node.text),)
        except ValueError as error:
            self.faults.add(node.line, place, str(error))
            return ()

    def number(self, node: Node | None, place: str, least: int, most: int, instead: str = "") -> int | None:
        """A whole number; None without a node or with a fault. `instead` names other values that may stand here."""
        if node is None:
            return None
        if isinstance(node, Scalar) and node.kind == "int" and node.text.isdigit() and least <= int(node.text) <= most:
            return int(node.text)
        self.faults.add(node.line, place, f"needs {instead}a number from {least} to {most}, not {node.what}")
        return None


def is_null(node: Node) -> bool:
    """Is it a key's missing value?"""
    return isinstance(node, Scalar) and node.kind == "null"


def read(content: bytes) -> Node | None:
    """Bytes of a file -> its tree; None for a file without any value. Raises YamlError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise YamlError(f"{line}: not UTF-8 text") from None
    try:
        return _read(iter(yaml.parse(text, Loader=_LOADER)))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise YamlError(f"{line}: not YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlError(f"{line}: not YAML: a control character") from None


def nearest(word: str, known: Iterable[str]) -> str:
    """' (did you mean "x"?)', or "" if no known word is near."""
    from difflib import get_close_matches  # noqa: PLC0415 - only wanted once something is wrong

    found = get_close_matches(word[:80], list(known), n=1)
    return f' (did you mean "{found[0]}"?)' if found else ""


def _read(events: "Iterator[yaml.Event]") -> Node | None:
    roots: list[Node] = []
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            if roots:
                raise YamlError(f"{_line(event)}: a second document (---) in one file")
        elif isinstance(event, yaml.NodeEvent):
            roots.append(_node(event, events, 1))
    root = roots[0] if roots else None
    return None if isinstance(root, Scalar) and root.kind == "null" else root


def _node(event: "yaml.Event", events: "Iterator[yaml.Event]", depth: int) -> Node:
    line = _line(event)
    if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent) or event.anchor:
        raise YamlError(f"{line}: anchors and aliases (& and *) are not accepted")
    if event.tag not in (None, "!"):
        raise YamlError(f"{line}: tags (!) are not accepted")
    if depth > MAX_DEPTH:
        raise YamlError(f"{line}: nested too deeply")
    if isinstance(event, yaml.ScalarEvent):
        return Scalar(line, event.value, _kind(event))
    if isinstance(event, yaml.SequenceStartEvent):
        return Listing(line, tuple(_until_end(events, depth, yaml.SequenceEndEvent)))
    return _mapping(line, _until_end(events, depth, yaml.MappingEndEvent))


def _until_end(events: "Iterator[yaml.Event]", depth: int, end: type["yaml.Event"]) -> "Iterator[Node]":
    for event in events:
        if isinstance(event, end):
            return
        yield _node(event, events, depth + 1)


def _mapping(line: int, nodes: "Iterator[Node]") -> Mapping:
    found: dict[str, Node] = {}
    lines: dict[str, int] = {}
    for key in nodes:
        if not isinstance(key, Scalar):
            raise YamlError(f"{key.line}: a key must be a word, not {key.what}")
        if key.text in found:
            raise YamlError(f'{key.line}: the key "{key.text}" is there twice')
        lines[key.text] = key.line
        found[key.text] = next(nodes)
    return Mapping(line, found, lines)


def _kind(event: "yaml.ScalarEvent") -> str:
    if not event.implicit[0]:
        return "text"
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, event.value, (True, False))  # type: ignore[no-untyped-call]
    kind = tag.rpartition(":")[2]
    return kind if kind in _KINDS else "text"


def _line(event: "yaml.Event") -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


_RESOLVER = yaml.resolver.Resolver()
