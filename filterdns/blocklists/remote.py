"""Lists that lie elsewhere: which of them a family wants, and when one of them is asked for again."""

import os
import random
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from filterdns.blocklists import catalogue
from filterdns.blocklists.results import ListState
from filterdns.policy.rules import Lists

PREFIX = "own:"
HOUR = 3600.0  # seconds
DAY = 24 * HOUR
STANDS = 3 * DAY
"""So long a server must offer a content that looked wrong, until it is taken for right."""


class RemoteList(NamedTuple):
    """One list, and where it is."""

    id: str  # of the catalogue, or "own:" and the name a parent gave it
    category: str
    title: str
    url: str
    syntax: str = ""  # "": to be detected
    lan: bool = False  # may it lie in the home's own network?
    fleeting: bool = False


def memory() -> int:
    """Octets that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def wanted(lists: Lists, memory: int) -> tuple[RemoteList, ...]:
    """What a family downloads on a machine with so many octets of memory."""
    public = (
        RemoteList(entry.id, entry.category, entry.project, entry.url, entry.syntax, fleeting=entry.fleeting)
        for entry in catalogue.chosen(lists, memory)
    )
    own = (RemoteList(f"{PREFIX}{own.name}", own.category, own.name, own.url, lan=own.lan) for own in lists.own)
    return (*public, *own)


def as_before(known: Iterable[ListState]) -> tuple[RemoteList, ...]:
    """The lists that were wanted at the last update, for when nobody can say what is wanted now."""
    return tuple(
        RemoteList(entry.id, entry.category, entry.title, entry.url, entry.syntax) for entry in known if entry.url
    )


def asked(entry: ListState, now: float) -> ListState:
    """The server has answered: the list is asked for again tomorrow."""
    return replace(entry, tried=now, due=now + DAY - HOUR)


def failed(entry: ListState, result: str, now: float) -> ListState:
    """It did not: asked for again after an hour, two, four, and in the end daily."""
    wait = min(HOUR * 2**entry.failures, DAY - HOUR) * random.uniform(0.9, 1.0)  # noqa: S311 - no secret
    return replace(entry, result=result, tried=now, due=now + wait, failures=min(entry.failures + 1, 10))


def refused(entry: ListState, names: int, now: float) -> ListState:
    """Another content was offered and looked wrong; if it is about as large as the first such, it stands since then."""
    same = entry.refused_since is not None and entry.refused_names <= names * 2 <= entry.refused_names * 4
    return entry if same else replace(entry, refused_since=now, refused_names=names)


def stands(entry: ListState, now: float) -> bool:
    """Has a refused content been offered for so long that it must be right?"""
    return entry.refused_since is not None and now - entry.refused_since >= STANDS
