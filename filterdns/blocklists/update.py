"""Bring the published table up to date: what is built in, files that somebody put in place, lists from elsewhere.

The table is compiled from kept copies of the last good content of each list, so that one which turns bad, or cannot
be had, does not drop out; and only if something is another than in the table that is published.
"""

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import filterdns
from filterdns.blocklists import builtin, local, remote, results, suffixes
from filterdns.blocklists.compile import WORK, Names, compile_table
from filterdns.blocklists.intake import Fetch, Intake, Watch
from filterdns.blocklists.kept import Kept
from filterdns.blocklists.reading import Reading
from filterdns.blocklists.remote import RemoteList
from filterdns.blocklists.results import ListState
from filterdns.blocklists.source import Source
from filterdns.blocklists.table import FORMAT, DomainTable

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Orders:
    """What an update is told."""

    now: float  # epoch seconds
    remote: tuple[RemoteList, ...] | None = ()  # None: nobody can say, so those of the last update stay as they are
    fetch: Fetch | None = None  # None: nothing is downloaded
    due_only: bool = False  # leave out downloads whose time has not come
    accept: frozenset[str] = frozenset()  # ids of lists whose new content a parent vouches for
    own_names: tuple[str, ...] = ()  # of this filter itself
    watch: Watch = lambda *_: None


@dataclass(frozen=True, slots=True)
class Report:
    """What an update did."""

    published: bool  # is there a new table?
    names: int
    lists: tuple[ListState, ...]
    asked: int  # downloads that were asked for
    failed: int  # of these, how many brought nothing that could be used


def update(state: Path, orders: Orders, say: Say) -> Report:
    """Publish a table of everything under `state`, unless the published one is of exactly that; `say` gets each step.

    Only one update downloads at a time, and only one compiles; a second one waits. One that downloads nothing waits
    for no download. Raises OSError, leaving the published table as it was.
    """
    folder = state / "lists"
    kept = Kept(folder / "kept")
    with ExitStack() as alone:
        came: Sequence[ListState] = ()
        if orders.fetch is not None and orders.remote is not None:
            alone.enter_context(_only_one(folder / ".downloading", say))
            came = _download(orders, kept, results.read_if_any(state))
        alone.enter_context(_only_one(folder / ".lock", say))
        return _update(state, orders, kept, came, say)


@contextmanager
def _only_one(lock: Path, say: Say) -> Iterator[None]:
    with lock.open("wb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another update to end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _download(orders: Orders, kept: Kept, before: Iterable[ListState]) -> list[ListState]:
    """What is known of every list from elsewhere, after it was asked for."""
    known = {entry.id: kept.sound(entry) for entry in before}
    intake = Intake(kept, orders.now, orders.fetch, orders.due_only, orders.accept, orders.watch)
    return [intake.remote(each, known.get(each.id)) for each in orders.remote or ()]


def _update(state: Path, orders: Orders, kept: Kept, came: Sequence[ListState], say: Say) -> Report:
    """Take in what is on this machine, compile, remember; `came` are the lists that were downloaded."""
    before = results.read_if_any(state)
    known = {entry.id: kept.sound(entry) for entry in before}
    intake = Intake(kept, orders.now, accept=orders.accept)
    try:
        lists = [intake.local(each, known.get(each.id)) for each in local.found(state / "lists" / "local", known)]
        wanted = remote.as_before(known.values()) if orders.remote is None else orders.remote
        lists += came or [intake.remote(each, known.get(each.id)) for each in wanted]
        for entry in lists:
            if entry.is_bad:
                say(f"{entry.id}: {entry.result}")
        report = _publish(state, orders, kept, lists, say)
        if list(report.lists) != before:
            results.write(state, report.lists)
    except OSError:
        _clear(orders, kept, before)  # a full disk is not left fuller than it was
        raise
    _clear(orders, kept, report.lists)
    return report


def _clear(orders: Orders, kept: Kept, used: Iterable[ListState]) -> None:
    """Remove contents that nothing uses; not while another update may be downloading some."""
    if orders.fetch is not None and orders.remote is not None:
        kept.clear(used)


def _publish(state: Path, orders: Orders, kept: Kept, lists: list[ListState], say: Say) -> Report:
    """Compile what is used, unless it is in the table already. Raises OSError."""
    path = state / "published" / "domains"
    own = builtin.own(orders.own_names)
    used = [entry for entry in lists if entry.digest]
    inputs = _inputs(used, own)
    table = _standing(path, inputs)
    published = table is None
    if table is None:
        say(f"compiling {len(used)} list{'' if len(used) == 1 else 's'} and what is built in")
        for left_over in path.parent.glob(f".{path.name}{WORK}*"):
            shutil.rmtree(left_over, ignore_errors=True)
        parts = [*builtin.sources(), *own, *(_names(kept, entry) for entry in used)]
        compiled = compile_table(path, parts, special=builtin.special_names(), inputs=inputs)
        say(f"published {compiled.names:,} names in {compiled.size:,} octets")
        table = DomainTable.open(path)
    try:
        found = tuple(_results(lists, table.sources))
        asked = [entry for entry in lists if entry.url and entry.tried == orders.now]
        failed = sum(entry.is_bad for entry in asked)
        return Report(published, table.names, found, len(asked), failed)
    finally:
        table.close()


def _inputs(lists: list[ListState], own: tuple[Names, ...]) -> str:
    """A digest of all that a table is made of."""
    names = " ".join(name for part in own for name in part.held())
    digest = hashlib.sha256(f"{filterdns.__version__} {FORMAT}\n{names}\n".encode())
    digest.update(" ".join(sorted(suffixes.registries())).encode())
    for name in builtin.FILES:
        digest.update(hashlib.sha256(builtin.content(name)).digest())
    for entry in lists:
        digest.update(f"{entry.id}\n{entry.category} {entry.title}\n{entry.syntax} {entry.digest}\n".encode())
    return digest.hexdigest()


def _standing(path: Path, inputs: str) -> DomainTable | None:
    """The published table, if it is intact and made of `inputs`."""
    try:
        table = DomainTable.open(path)
    except (OSError, ValueError):
        return None
    if table.inputs == inputs:
        return table
    table.close()
    return None


def _names(kept: Kept, entry: ListState) -> Names:
    """A list as the table is compiled from it."""
    readings: list[Reading] = []
    refused = _refused(entry.category)

    def held() -> Iterator[str]:
        with kept.path(entry).open("rb") as file:
            readings.append(Reading(file, entry.syntax, refused))
            yield from readings[-1].held()

    title = entry.title or entry.id.partition("/")[2].removesuffix(".txt")
    kind = "allow" if entry.category == "allow" else "list"
    source = Source(entry.id, kind, entry.category, title, syntax=entry.syntax)
    return Names(source, held, lambda: readings[-1].excepted, lambda: readings[-1].rejects)


def _refused(category: str) -> Mapping[str, str]:
    """What no list of a category may hold, and why.

    Of search engines without a safe form others know some that do have one here: those are led to it, not blocked.
    """
    if category == "allow":
        return {}
    refused = dict.fromkeys(suffixes.registries(), "public suffix")
    if category == "unsafe_search":
        refused |= dict.fromkeys(builtin.with_safe_form(), "has a safe form")
    return refused


def _results(lists: list[ListState], sources: tuple[Source, ...]) -> Iterator[ListState]:
    """What is known of each list, then of what is built in."""
    by_id = {source.id: source for source in sources}
    for entry in lists:
        source = by_id.get(entry.id)
        if source is None:
            yield replace(entry, names=0, rejects={}, would_block=())
        else:
            rejects = dict(sorted(source.rejects.items()))
            yield replace(entry, names=source.names, rejects=rejects, would_block=source.would_block)
    for source in sources:
        if source.kind == "builtin":
            yield ListState(source.id, source.category, names=source.names)
    yield ListState("services", "", names=sum(source.names for source in sources if source.kind == "service"))
