"""How a list gets in: its content comes aside, is looked through, held against what it was, and kept; or is refused.

Whatever goes wrong is the list's own: it keeps its last good content, and says what happened in plain words.
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

from filterdns.blocklists import local, remote
from filterdns.blocklists.content import Content, ListError, compare, read
from filterdns.blocklists.download import DownloadError, Fetched
from filterdns.blocklists.kept import Kept
from filterdns.blocklists.local import LocalList
from filterdns.blocklists.remote import RemoteList
from filterdns.blocklists.results import IN_USE, NOT_YET, ListState

Fetch = Callable[..., Fetched]
"""`download.fetch`, told already who resolves."""
Watch = Callable[[str, int, int | None], None]
"""Told which list comes in, how many octets of it came, and how many there will be if that is known."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What takes in the lists of one update."""

    kept: Kept
    now: float  # epoch seconds
    fetch: Fetch | None = None  # None: nothing is downloaded
    due_only: bool = False  # leave out downloads whose time has not come
    accept: frozenset[str] = frozenset()  # lists whose new content a parent vouches for
    watch: Watch = lambda *_: None

    def local(self, found: LocalList, known: ListState | None) -> ListState:
        """A file that somebody put in place."""
        entry = _without_result(known or self._new(found.id, found.category))
        if found.fault:
            return replace(entry, result=_result(entry, ListError(found.fault)))
        try:
            changed = local.changed(found.file)
            if entry.digest and local.digest(found.file) == entry.digest:
                return _without_refusal(replace(entry, changed=changed))
            with self.kept.aside() as aside:
                local.copy(found.file, aside)
                return self._take(aside, entry, changed)
        except (OSError, ListError) as error:
            return replace(entry, result=_result(entry, error))

    def remote(self, wanted: RemoteList, known: ListState | None) -> ListState:
        """A list that lies elsewhere, if it is to be asked for now."""
        known = known or self._new(wanted.id, wanted.category)
        moved = known.url != wanted.url
        entry = replace(known, category=wanted.category, title=wanted.title)
        if self.fetch is None or (self.due_only and not moved and self.now < known.due):
            return entry if entry.digest or entry.is_bad else replace(entry, result=NOT_YET)
        if moved or not entry.digest:
            entry = replace(entry, url=wanted.url, etag="", modified="")
        entry = _without_result(entry)
        try:
            with self.kept.aside() as aside:
                fetched = self.fetch(
                    wanted.url,
                    aside,
                    etag=entry.etag,
                    modified=entry.modified,
                    lan=wanted.lan,
                    progress=lambda came, of: self.watch(wanted.id, came, of),
                )
                if fetched.changed:
                    entry = self._take(aside, entry, self.now, wanted, has_moved=moved)
                else:
                    entry = _without_refusal(entry)
        except (DownloadError, ListError, OSError) as error:
            return remote.failed(entry, _result(entry, error), self.now)
        if entry.is_bad:
            return remote.asked(entry, self.now)
        found = replace(entry, etag=fetched.etag, modified=fetched.modified, reached=self.now, failures=0)
        return remote.asked(found, self.now)

    def _take(
        self,
        aside: Path,
        entry: ListState,
        changed: float,
        wanted: RemoteList | None = None,
        *,
        has_moved: bool = False,
    ) -> ListState:
        """Keep what lies aside if it can be the next content of the list, else say why not.

        Raises OSError, and ListError if it is no list at all.
        """
        new = read(aside, wanted.syntax if wanted else "")
        if new.syntax == "sha256" and entry.category != "illegal":
            raise ListError("gives digests instead of names, which only the category illegal takes")
        if new.digest == entry.digest:
            return _without_refusal(replace(entry, syntax=new.syntax))
        old = None if has_moved or entry.id in self.accept else self._content(entry)
        try:
            if old:
                compare(new, old, fleeting=bool(wanted and wanted.fleeting))
        except ListError as error:
            entry = remote.refused(entry, new.names, self.now)
            if not remote.stands(entry, self.now):
                hint = f"filterdns update --accept {quote(entry.id)} takes it"
                return replace(entry, result=f"{_result(entry, error)}; {hint}")
        self.kept.take(aside, entry.id, new.digest)
        taken = replace(entry, syntax=new.syntax, digest=new.digest, previous=entry.digest, changed=changed)
        return _without_refusal(taken)

    def _new(self, name: str, category: str) -> ListState:
        """A list of which nothing is known, but for content that is kept of it all the same."""
        entry = ListState(name, category, digest=self.kept.newest(name))
        content = self._content(entry)
        if content is None:
            return replace(entry, digest="")
        return replace(entry, syntax=content.syntax, changed=self.kept.path(entry).stat().st_mtime)

    def _content(self, entry: ListState) -> Content | None:
        """What a list holds now; None if there is nothing to compare with."""
        try:
            return read(self.kept.path(entry), entry.syntax) if entry.digest else None
        except ListError:
            return None


def _without_result(entry: ListState) -> ListState:
    return replace(entry, result=IN_USE)


def _without_refusal(entry: ListState) -> ListState:
    return replace(entry, refused_since=None, refused_names=0)


def _result(entry: ListState, error: Exception) -> str:
    reason = str(error)
    if isinstance(error, OSError):
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        reason = "cannot be taken in: the disk is full" if full else f"cannot be read: {error.strerror}"
    return f"{reason}; its content from before is in use" if entry.digest else f"left out: {reason}"
