"""The public lists that can be downloaded (catalogue.yaml), and which of them a household gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from filterdns.policy.rules import Lists, ListSize

GIB = 1 << 30
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast, if it was built
_LITTLE, _SOME = 1 * GIB, 4 * GIB  # octets of memory


@dataclass(frozen=True, slots=True)
class Entry:
    """A public list, and whose it is."""

    id: str
    category: str
    names: int  # about
    syntax: str
    url: str  # behind "#" the folder of an archive
    about: str  # in a few words, for parents
    project: str
    homepage: str
    licence: str
    fleeting: bool = False  # are most of its names others after a few weeks?


@cache
def entries() -> Mapping[str, Entry]:
    """Every list by its id, in the catalogue's order."""
    data = _load()
    found = {}
    for name, entry in data["lists"].items():
        project = data["projects"][entry["project"]]
        about = project | entry | {"id": name, "project": project["name"]}
        found[name] = Entry(**{key: about[key] for key in Entry.__slots__ if key in about})
    return found


def defaults(category: str, size: ListSize) -> tuple[str, ...]:
    """The ids of the lists that a box of this size (not AUTO) gets for a category."""
    given = _load()["defaults"][category]
    return () if isinstance(given, str) or size is ListSize.NONE else tuple(given[str(size)])


def reason(category: str) -> str:
    """Why there is no list for a category; "" if there is one."""
    given = _load()["defaults"][category]
    return given if isinstance(given, str) else ""


def chosen(lists: Lists, memory: int) -> tuple[Entry, ...]:
    """What a household gets on a machine with so many octets of memory; ids that nobody knows are passed over."""
    size = size_for(memory) if lists.size is ListSize.AUTO else lists.size
    by_default = {name for category in _load()["defaults"] for name in defaults(category, size)}
    wanted = (by_default - lists.without) | lists.beside
    return tuple(entry for name, entry in entries().items() if name in wanted)


def size_for(memory: int) -> ListSize:
    """The size that fits a machine with so many octets of memory."""
    if memory < _LITTLE:
        return ListSize.SMALL
    return ListSize.NORMAL if memory < _SOME else ListSize.LARGE


@cache
def _load() -> Any:  # noqa: ANN401 - its shape is checked by the test of the data
    content = (files(__package__) / "catalogue.yaml").read_bytes()
    return yaml.load(content, Loader=_LOADER)  # noqa: S506 - it is the safe loader
