"""Names that no list may block: help, what devices cannot do without, our own; and which lists would have."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from filterdns.blocklists.compile import Names
from filterdns.blocklists.table import DomainTable, Source
from filterdns.dname import from_text

CATEGORIES = frozenset({"helplines", "essential"})
MOST = 50
"""So many names are told of each list."""


def own(names: Iterable[str]) -> tuple[Names, ...]:
    """The names of this filter itself, as the table is compiled from them; () if there are none."""
    held = sorted({name.lower() for name in names if "." in name})  # no list holds a single label
    source = Source("builtin:own", "builtin", "essential", "This filter itself", syntax="domains")
    return (Names(source, lambda: held),) if held else ()


def names(parts: Iterable[Names]) -> Iterator[str]:
    """All of them that these parts of the table hold."""
    for part in parts:
        if part.source.kind == "builtin" and part.source.category in CATEGORIES:
            yield from part.held()


def would_block(table: DomainTable, protected: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """The id of each list -> what it holds of these names and of those below them, which stay open all the same."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for name in protected:
        holding: set[str] = set()
        for listed in (name, *table.below(from_text(name))):
            sources = (holder.source for holder in table.holders(from_text(listed)))
            lists = {source.id for source in sources if source.kind == "list"} - holding
            for each in lists:
                found[each].add(listed)
            holding |= lists if listed == name else set()
    return {key: tuple(sorted(held)[:MOST]) for key, held in found.items()}
