"""The `lists` of a household file: which public lists the family downloads."""

from functools import partial

from filterdns.blocklists import catalogue
from filterdns.household.reading import ValueReader
from filterdns.policy.rules import LIST_CATEGORIES, Lists, ListSize, OwnList
from filterdns.yamlfile import Node, nearest


class ListsReader(ValueReader):
    """Reads what is said about lists."""

    def _lists(self, node: Node | None) -> Lists:
        given = self.keys(node, "lists", ("size", "without", "with", "own"))
        size = self._choice(given.get("size"), "lists.size", ListSize)
        without, beside = (frozenset(self.each(given.get(key), f"lists.{key}", _known)) for key in ("without", "with"))
        own: dict[str, OwnList] = {}
        for item, place in self.items(given.get("own"), "lists.own"):
            for found in self._own(item, place):
                if found.name.casefold() in own:
                    self.faults.add(item.line, f"{place}.name", f'there is another "{found.name}" already')
                own.setdefault(found.name.casefold(), found)
        for name in sorted(without & beside):
            self.faults.add(given["with"].line, "lists.with", f"{name} stands in without too")
        return Lists(size[0] if size else ListSize.AUTO, without, beside - without, tuple(own.values()))

    def _own(self, node: Node, place: str) -> tuple[OwnList, ...]:
        before = len(self.faults)
        given = self.keys(node, place, ("name", "url", "category", "lan"))
        names = self._needed_name(node, given, place)
        for key in ("url", "category"):
            self._need(node, given, place, key)
        urls = self.one(given.get("url"), f"{place}.url", str)
        categories = self.one(given.get("category"), f"{place}.category", _category)
        lan = self._switch(given.get("lan"), f"{place}.lan") or (False,)
        if len(self.faults) > before:
            return ()
        return self._build(partial(OwnList, names[0], urls[0], categories[0], lan[0]), node, place)


def _known(text: str) -> str:
    if text not in catalogue.entries():
        raise ValueError(f'there is no list "{text}" in the catalogue{nearest(text, catalogue.entries())}')
    return text


def _category(text: str) -> str:
    if text not in LIST_CATEGORIES:
        raise ValueError(f'there is no category "{text}"{nearest(text, LIST_CATEGORIES)}')
    return text
