"""A source of names, and what follows from its kind and category: the bits it gives, what it may do to others."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from filterdns.policy import category


class Source(NamedTuple):
    """Where names come from: a list, a service of the catalogue or a built-in collection."""

    id: str
    kind: str  # "list", "service", "builtin" or "allow"
    category: str  # "allow" for that kind
    title: str
    service: int | None = None  # catalogue number, for kind "service"
    names: int = 0  # different names it holds
    syntax: str = ""
    rejects: Mapping[str, int] = MappingProxyType({})  # reason -> lines
    would_block: tuple[str, ...] = ()  # for kind "list": what it holds of protected names and of those below them

    @property
    def tags(self) -> int:
        """The bits a name has because this source holds it. Raises ValueError for a category nobody knows."""
        if self.kind == "allow":
            return 0
        if self.category not in category.BITS:
            raise ValueError(f"unknown category {self.category!r}")
        service = 0 if self.service is None else category.service_bit(self.service)
        return category.BITS[self.category] | service

    @property
    def is_secret(self) -> bool:
        """May no name of it ever be shown?"""
        return self.category == "illegal"

    @property
    def is_exact(self) -> bool:
        """Is a name of it never to be taken for another? Of what opens names, and of what nobody can open."""
        return self.kind == "allow" or self.is_protected or self.is_secret

    @property
    def is_protected(self) -> bool:
        """May no list block its names? Help, what devices cannot do without, our own."""
        return self.kind == "builtin" and self.category in {"helplines", "essential"}

    @property
    def yields(self) -> bool:
        """Does an allow list take names out of this source?

        It corrects lists, those of malware too, and the built-in names of what a parent may choose. What is illegal,
        help, essential, a service or a search engine without a safe form is not for it to say, and the built-in ways
        round the filter stay closed to a list that somebody else writes.
        """
        if self.kind == "builtin":
            return self.category in category.CHOICES and self.category != "bypass"
        return self.kind == "list" and not self.is_secret


class Holder(NamedTuple):
    """A source that lists a name, or one that encloses it."""

    source: Source
    listed: str  # of several enclosing names the outermost
    is_overruled: bool  # an allow list, which is among the holders too, takes the name out of this source


def is_exact(held_excepted: tuple[tuple[int, ...], tuple[int, ...]], sources: Sequence[Source]) -> bool:
    """Must a name of this set stand in the file in full?"""
    held, excepted = held_excepted
    return bool(excepted) or any(sources[number].is_exact for number in held)
