"""The lists that are in use, with what a parent wants to know of each: from results.json and the family's choice."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from filterdns import listing
from filterdns.admin.language import gettext as _
from filterdns.admin.language import when
from filterdns.admin.texts import TEXTS, category_name
from filterdns.blocklists import catalogue, local, remote
from filterdns.blocklists.results import NOT_YET, ListState
from filterdns.policy.rules import LIST_CATEGORIES, Lists, ListSize


class Kind(StrEnum):
    """Where a list is from."""

    PUBLIC = "public"
    OWN = "own"  # from an address that a parent gave
    LOCAL = "local"  # a file
    BUILT_IN = "built in"


@dataclass(frozen=True, slots=True)
class Row:
    """One list."""

    entry: ListState
    kind: Kind
    title: str
    about: str = ""
    homepage: str = ""

    @property
    def is_refused(self) -> bool:
        """Does a content wait that looks wrong, and could be right?"""
        return self.entry.is_bad and self.entry.refused_since is not None

    @property
    def fault(self) -> str:
        """What is wrong with it, in plain words; "" for nothing."""
        return _fault(self) if self.entry.is_bad else ""

    @property
    def state(self) -> str:
        """How it stands, in a few words."""
        entry = self.entry
        if entry.result == NOT_YET:
            return _("not here yet")
        if entry.is_bad:
            return _("older content in use") if entry.digest else _("not in use")
        return _("of %(time)s", time=when(entry.changed)) if entry.changed else ""


@dataclass(frozen=True, slots=True)
class Group:
    """A category and its lists."""

    category: str
    title: str
    rows: list[Row]
    without: str  # why there is no public list; "" if there is one

    @property
    def names(self) -> int:
        """Of all lists; a name on several counts for each."""
        return sum(row.entry.names for row in self.rows)

    @property
    def is_choosable(self) -> bool:
        """Are there public lists of it?"""
        return any(entry.category == self.category for entry in catalogue.entries().values())


def title_of(category: str) -> str:
    """A category of lists, in the reader's language."""
    return _("Never block these") if category == "allow" else category_name(category)


def rows(state: Path, lists: Lists) -> list[Row]:
    """Everything that is loaded, or is to be. Raises OSError."""
    known = {entry.id: entry for entry in listing.read(state)}
    wanted = remote.wanted(lists, remote.memory())
    found = [_remote(each, known) for each in wanted]
    taken = {row.entry.id for row in found}
    found += [
        Row(entry, Kind.LOCAL, name.removeprefix(local.PREFIX).rpartition("/")[2].removesuffix(".txt"))
        for name, entry in known.items()
        if name.startswith(local.PREFIX)
    ]
    built_in = [entry for name, entry in known.items() if name.startswith("builtin:") and name not in taken]
    return [*found, *(Row(entry, Kind.BUILT_IN, _("Built in")) for entry in built_in)]


def groups(found: list[Row]) -> list[Group]:
    """By category, in the order of the catalogue's; those that nothing is known of are left out."""
    order = [*dict.fromkeys((*TEXTS, *LIST_CATEGORIES))]
    return [
        Group(category, title_of(category), mine, catalogue.reason(category) if category in _choosable() else "")
        for category in order
        if (mine := [row for row in found if row.entry.category == category]) or category in _choosable()
    ]


def troubles(found: list[Row]) -> list[tuple[str, list[Row]]]:
    """(what is wrong, with which lists); what a parent can do something about comes first, each by itself."""
    bad = [row for row in found if row.entry.is_bad]
    single = [row for row in bad if row.is_refused or row.kind is Kind.LOCAL]
    others = [row for row in bad if row not in single]
    missing = [row for row in others if not row.entry.digest]
    older = [row for row in others if row.entry.digest]
    said = [
        (_("These lists cannot be had, so they are left out; they are tried again by themselves."), missing),
        (_("These lists cannot be renewed. Their last good content is in use; they are tried again."), older),
    ]
    together = [(rows[0].fault if len(rows) == 1 else sentence, rows) for sentence, rows in said if rows]
    return [*((row.fault, [row]) for row in single), *together]


def sizes() -> list[tuple[ListSize, str, str]]:
    """(size, title, hint) to choose from."""
    fits = catalogue.size_for(remote.memory())
    names = {ListSize.SMALL: _("Small"), ListSize.NORMAL: _("Normal"), ListSize.LARGE: _("Large")}
    return [
        (ListSize.AUTO, _("What fits this box"), _("Now: %(size)s", size=names[fits])),
        (ListSize.SMALL, _("Small"), _("The best list of each kind. For boxes with 512 MB of memory.")),
        (ListSize.NORMAL, _("Normal"), _("About a million names. For boxes with 1 GB or more.")),
        (ListSize.LARGE, _("Large"), _("Several million names, and more mistakes among them. For 4 GB or more.")),
        (ListSize.NONE, _("None"), _("Nothing is downloaded; what is built in and your own lists stay.")),
    ]


def _choosable() -> tuple[str, ...]:
    return tuple(category for category in LIST_CATEGORIES if category not in ("illegal", "allow"))


def _remote(each: remote.RemoteList, known: dict[str, ListState]) -> Row:
    entry = known.get(each.id) or ListState(each.id, each.category, each.title, each.url, result=NOT_YET)
    public = catalogue.entries().get(each.id)
    if public is None:
        return Row(entry, Kind.OWN, each.title)
    return Row(entry, Kind.PUBLIC, public.project, public.about, public.homepage)


def _fault(row: Row) -> str:
    entry = row.entry
    if row.is_refused:
        return _(
            "What came last looks wrong: it is quite another list than before. The content from before stays. If it is "
            "still offered after three days, it is taken by itself."
        )
    if row.kind is Kind.LOCAL:
        return (
            _("The file cannot be read as a list any more; its content from before is in use.")
            if entry.digest
            else _("The file cannot be read as a list, so it is left out.")
        )
    if entry.digest and entry.reached is not None:
        since = when(entry.reached)
        said = _(
            "It could not be renewed since %(time)s. Its content from then is in use; it is tried again by itself."
        )
        return said % {"time": since}
    if entry.digest:
        return _("It cannot be renewed. Its last good content is in use; it is tried again by itself.")
    return _("It cannot be had, so it is left out; it is tried again by itself.")
