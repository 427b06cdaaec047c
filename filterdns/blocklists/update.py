"""Bring the published table up to date: what is built in, and the list files that somebody put in place.

A list file is `lists/local/<category>/<name>.txt` in the state folder, in any syntax. The table is compiled from
copies of the last good content of each, so that a file which turns bad does not drop out.
"""

import fcntl
import hashlib
import json
import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import filterdns
from filterdns import publish
from filterdns.blocklists import builtin
from filterdns.blocklists.compile import WORK, Compiled, Names, compile_table
from filterdns.blocklists.syntax import SAMPLE, Reading, detect
from filterdns.blocklists.table import FORMAT, DomainTable, Source
from filterdns.policy.category import CHOICES

CATEGORIES = (*CHOICES, "illegal")  # the last is for lists that an operator is given
TOO_FEW = 10  # more rejected lines than this for each name make a file something else than a list

IN_USE = "in use"


class ListError(ValueError):
    """A file that is no list; the message continues its name ("is empty")."""


@dataclass(frozen=True, slots=True)
class ListState:
    """What stands about one list in `lists/results.json`."""

    id: str  # "local:games/mine.txt", "builtin:adult"; "services" for all services together
    category: str
    syntax: str = ""
    names: int = 0
    rejects: Mapping[str, int] = field(default_factory=dict)  # reason -> lines
    changed: float | None = None  # epoch seconds of the content in use; None for what is built in
    digest: str = ""  # SHA-256 of that content
    result: str = IN_USE  # else what is wrong, and what was done about it

    @property
    def is_bad(self) -> bool:
        """Does somebody have to look after it?"""
        return self.result != IN_USE


@dataclass(frozen=True, slots=True)
class Report:
    """What an update did."""

    published: bool  # is there a new table?
    names: int
    lists: tuple[ListState, ...]


def update(state: Path, say: Callable[[str], None]) -> Report:
    """Publish a table of everything under `state`, unless the published one is of exactly that; `say` gets each step.

    Only one update runs at a time; a second one waits. Raises OSError, leaving the published table as it was.
    """
    folder = state / "lists"
    (folder / "local").mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _update(folder, state / "published" / "domains", say)


def lists_report(state: Path) -> list[ListState]:
    """What the last update found out about each list; [] before the first one. Raises OSError, ValueError."""
    try:
        found, _ = publish.open_newest(state / "lists" / "results.json", _read_results)
    except FileNotFoundError:
        return []
    return found


def _update(folder: Path, table: Path, say: Callable[[str], None]) -> Report:
    before = {entry.id: entry for entry in _results_before(folder.parent)}
    lists = [_take(folder, place, before) for place in _places(folder / "local", before)]
    _forget(folder / "kept", {entry.id for entry in lists if entry.digest})
    for entry in lists:
        if entry.is_bad:
            say(f"{entry.id}: {entry.result}")
    used = [entry for entry in lists if entry.digest]
    inputs = _inputs(used)
    standing = _standing(table, inputs)
    if standing:
        sources, names = standing
    else:
        say(f"compiling {len(used)} list{'' if len(used) == 1 else 's'} and what is built in")
        compiled = _compile(folder, table, used, inputs)
        sources, names = compiled.sources, compiled.names
        say(f"published {names:,} names in {compiled.size:,} octets")
    results = tuple(_results(lists, sources))
    if list(results) != list(before.values()):
        text = json.dumps([asdict(entry) for entry in results], indent=1)
        publish.publish(folder / "results.json", text.encode())
    return Report(not standing, names, results)


def _places(local: Path, before: Iterable[str]) -> Iterator[tuple[str, Path | str]]:
    """The id of everything in the folder of local lists, with the file, or with what is wrong."""
    for part in sorted(local.iterdir()):
        name = f"local:{part.name}"
        if not _is_plain(part.name):
            continue
        if not part.is_dir():
            yield name, "lists lie in a folder named after their category"
        elif part.name not in CATEGORIES:
            yield name, f"no such category; there are {', '.join(CHOICES)}"
        else:
            try:
                files = sorted(file for file in part.iterdir() if _is_plain(file.name))
            except OSError as error:
                yield name, f"cannot be read: {error.strerror}"
                files = [part / known.rpartition("/")[2] for known in before if known.startswith(f"{name}/")]
            for file in files:
                yield f"{name}/{file.name}", file if file.name.endswith(".txt") else "its name does not end in .txt"


def _is_plain(name: str) -> bool:
    return name.isprintable() and not name.startswith(".")


def _take(folder: Path, place: tuple[str, Path | str], before: Mapping[str, ListState]) -> ListState:
    """Look at one list file, keep a copy if it is new and good -> what is known of it."""
    name, file = place
    category = name.removeprefix("local:").partition("/")[0]
    if isinstance(file, str):
        return ListState(name, category, result=f"left out: {file}")
    kept = _kept(folder, name)
    known = before.get(name)
    try:
        return _keep(file, kept, ListState(name, category), known)
    except (OSError, ListError) as error:
        reason = str(error) if isinstance(error, ListError) else f"cannot be read: {error.strerror}"
        if known and known.digest and kept.exists():
            return replace(known, result=f"{reason}; its content from before is in use")
        return ListState(name, category, result=f"left out: {reason}")


def _keep(file: Path, kept: Path, entry: ListState, known: ListState | None) -> ListState:
    """Copy `file` to `kept` if it differs and is a list. Raises OSError, ListError."""
    about = file.stat()
    if not stat.S_ISREG(about.st_mode):
        raise ListError("is not a file")
    entry = replace(entry, changed=about.st_mtime)
    if known and kept.exists() and known.digest == _digest(file):
        return replace(entry, syntax=known.syntax, digest=known.digest)
    kept.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=kept.parent, prefix=".new.")
    aside = Path(name)
    try:
        with file.open("rb") as content, os.fdopen(handle, "wb") as copy:
            shutil.copyfileobj(content, copy, 1 << 20)
            copy.flush()
            os.fsync(copy.fileno())
        entry = replace(entry, syntax=_syntax(aside), digest=_digest(aside))
        publish.replace(aside, kept, keep_previous=False)
    finally:
        aside.unlink(missing_ok=True)
    return entry


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _syntax(file: Path) -> str:
    """The syntax of a list. Raises ListError if the file is none."""
    with file.open("rb") as content:
        start = content.read(SAMPLE)
        _check_start(start)
        syntax = detect(start)
        content.seek(0)
        reading = Reading(content, syntax)
        names = sum(1 for _ in reading.held()) + len(reading.excepted)
    if not names:
        raise ListError("holds no name")
    if reading.rejects.total() > names * TOO_FEW:
        raise ListError("is not a list: hardly any line of it gives a name")
    return syntax


def _check_start(start: bytes) -> None:
    """Raises ListError if a list cannot begin so."""
    text = start.removeprefix(b"\xef\xbb\xbf").strip()
    if not text:
        raise ListError("is empty")
    if b"\x00" in start:
        raise ListError("is not text in UTF-8")
    if text[:1] == b"<":
        raise ListError("is a web page, not a list")


def _kept(folder: Path, name: str) -> Path:
    return folder / "kept" / name.removeprefix("local:")


def _forget(kept: Path, wanted: set[str]) -> None:
    """Remove the copies of lists that somebody took away."""
    for file in kept.glob("*/*"):
        if f"local:{file.parent.name}/{file.name}" not in wanted:
            file.unlink()


def _inputs(lists: list[ListState]) -> str:
    """A digest of all that a table is made of."""
    digest = hashlib.sha256(f"{filterdns.__version__} {FORMAT}\n".encode())
    for name in builtin.FILES:
        digest.update(hashlib.sha256(builtin.content(name)).digest())
    for entry in lists:
        digest.update(f"{entry.id}\n{entry.syntax} {entry.digest}\n".encode())
    return digest.hexdigest()


def _standing(path: Path, inputs: str) -> tuple[tuple[Source, ...], int] | None:
    """The sources and the number of names of the published table, if it is intact and made of `inputs`."""
    try:
        table = DomainTable.open(path)
    except (OSError, ValueError):
        return None
    try:
        return (table.sources, table.names) if table.inputs == inputs else None
    finally:
        table.close()


def _compile(folder: Path, table: Path, lists: list[ListState], inputs: str) -> Compiled:
    for left_over in table.parent.glob(f".{table.name}{WORK}*"):
        shutil.rmtree(left_over, ignore_errors=True)
    parts = [*builtin.sources(), *(_list_names(folder, entry) for entry in lists)]
    return compile_table(table, parts, special=builtin.special_names(), inputs=inputs)


def _list_names(folder: Path, entry: ListState) -> Names:
    readings: list[Reading] = []

    def held() -> Iterator[str]:
        with _kept(folder, entry.id).open("rb") as file:
            readings.append(Reading(file, entry.syntax))
            yield from readings[-1].held()

    title = entry.id.partition("/")[2].removesuffix(".txt")
    source = Source(entry.id, "list", entry.category, title, syntax=entry.syntax)
    return Names(source, held, lambda: readings[-1].excepted, lambda: readings[-1].rejects)


def _results(lists: list[ListState], sources: tuple[Source, ...]) -> Iterator[ListState]:
    """What is known of each local list, then of what is built in."""
    by_id = {source.id: source for source in sources}
    for entry in lists:
        source = by_id.get(entry.id)
        yield replace(entry, names=source.names, rejects=dict(sorted(source.rejects.items()))) if source else entry
    for source in sources:
        if source.kind == "builtin":
            yield ListState(source.id, source.category, names=source.names)
    yield ListState("services", "", names=sum(source.names for source in sources if source.kind == "service"))


def _results_before(state: Path) -> list[ListState]:
    try:
        return lists_report(state)
    except (OSError, ValueError):
        return []


def _read_results(path: Path) -> list[ListState]:
    """Raises OSError, ValueError."""
    try:
        return [ListState(**entry) for entry in json.loads(path.read_bytes())]
    except TypeError as error:
        raise ValueError(f"{path}: is not a list of results: {error}") from None
