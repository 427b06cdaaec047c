"""`filterdns lists`: what the last update found out about each list."""

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from filterdns.blocklists import results
from filterdns.blocklists.remote import DAY
from filterdns.blocklists.results import ListState

_AGES = ((86400, "d"), (3600, "h"), (60, "min"))
_WARN_AFTER = 7 * DAY
_INDENT = "    "


def read(state: Path) -> list[ListState]:
    """Every list; [] before the first update. Raises OSError."""
    try:
        return results.read(state)
    except ValueError as error:
        raise OSError(str(error)) from None


def lines(found: list[ListState], now: float, width: int | None = None) -> list[str]:
    """A table: list, category, names, age, last result; what does not fit into `width` goes on below, indented."""
    if not found:
        return ["No list yet: run filterdns update"]
    rows = [("list", "category", "names", "age", "last result")]
    rows += [(entry.id, entry.category or "-", f"{entry.names:,}", age(entry, now), entry.result) for entry in found]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    shown = []
    for row, entry in zip(rows, [None, *found], strict=True):
        head = f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}"
        more = [*_more(entry, now)] if entry else []
        if width is not None and len(head) + 2 + len(row[4]) > width:
            shown += [*_folded(head, width), *_folded(_INDENT + row[4], width)]
        else:
            shown.append(f"{head}  {row[4]}")
        for line in more:
            shown += _folded(_INDENT + line, width)
    return shown


def age(entry: ListState, now: float) -> str:
    """How old the content in use is, in the largest unit that fits; "-" for what is built in, or is not there."""
    if entry.changed is None:
        return "-"
    seconds = max(0, int(now - entry.changed))
    return next((f"{seconds // length} {unit}" for length, unit in _AGES if seconds >= length), "new")


def as_json(found: list[ListState], now: float) -> list[dict[str, Any]]:
    """The lists for other programs; ages in seconds."""
    return [
        asdict(entry) | {"age": None if entry.changed is None else max(0, int(now - entry.changed))} for entry in found
    ]


def _more(entry: ListState, now: float) -> Iterator[str]:
    """What else there is to say about a list."""
    if entry.rejects:
        most_first = sorted(entry.rejects.items(), key=lambda reject: (-reject[1], reject[0]))
        yield f"lines without a name: {', '.join(f'{lines:,} {reason}' for reason, lines in most_first)}"
    if entry.digest and entry.reached is not None and now - entry.reached >= _WARN_AFTER:
        yield f"not renewed for {int((now - entry.reached) // DAY)} days"
    if entry.would_block:
        yield f"would block: {', '.join(entry.would_block)} (they stay open)"


def _folded(line: str, width: int | None) -> list[str]:
    if width is None or len(line) <= width:
        return [line]
    return textwrap.wrap(line, max(width, 20), subsequent_indent=_INDENT, break_long_words=True, break_on_hyphens=False)
