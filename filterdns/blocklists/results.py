"""`lists/results.json`: what stands about each list, from one update to the next."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from filterdns import publish

IN_USE = "in use"
NOT_YET = "not downloaded yet"


@dataclass(frozen=True, slots=True)
class ListState:
    """One list. Times are epoch seconds, None for never."""

    id: str  # "sw-adult" of the catalogue, "own:Ours", "local:games/mine.txt", "builtin:adult"; "services" for all
    category: str
    title: str = ""
    url: str = ""  # "" for what does not come from elsewhere
    syntax: str = ""
    names: int = 0  # different ones
    rejects: Mapping[str, int] = field(default_factory=dict)  # reason -> lines
    changed: float | None = None  # since when this content is known
    digest: str = ""  # SHA-256 of the content in use; "" if there is none
    previous: str = ""  # of the content before it, which is kept too
    result: str = IN_USE  # else what is wrong, and what was done about it
    would_block: tuple[str, ...] = ()  # help, essentials and our own names that it holds, and that stay open
    etag: str = ""  # what the server called this content
    modified: str = ""
    tried: float | None = None  # when it was asked for last
    reached: float | None = None  # when that was answered last with this content or a newer one
    due: float = 0.0  # before this time it need not be asked for again
    failures: int = 0  # in a row
    refused_since: float | None = None  # since when the server has offered another content that was refused
    refused_names: int = 0  # how many names that had at first

    @property
    def is_bad(self) -> bool:
        """Does somebody have to look after it?"""
        return self.result not in (IN_USE, NOT_YET)


def read(state: Path) -> list[ListState]:
    """What the last update found out about each list; [] before the first one. Raises OSError, ValueError."""
    try:
        found, _ = publish.open_newest(_path(state), _read)
    except FileNotFoundError:
        return []
    return found


def read_if_any(state: Path) -> list[ListState]:
    """The same, [] too if it cannot be read."""
    try:
        return read(state)
    except (OSError, ValueError):
        return []


def write(state: Path, found: Iterable[ListState]) -> None:
    """Raises OSError."""
    text = json.dumps([asdict(entry) for entry in found], indent=1)
    publish.publish(_path(state), text.encode())


def _path(state: Path) -> Path:
    return state / "lists" / "results.json"


def _read(path: Path) -> list[ListState]:
    """Raises OSError, ValueError."""
    try:
        return [_state(entry) for entry in json.loads(path.read_bytes())]
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"{path}: is not a list of results: {error}") from None


def _state(entry: Mapping[str, object]) -> ListState:
    """What a version before this one did not know is left at its default; what a later one knows is passed over."""
    known = {name: entry[name] for name in ListState.__slots__ if name in entry}
    return ListState(**known | {"would_block": tuple(entry.get("would_block", ()))})  # type: ignore[arg-type]
