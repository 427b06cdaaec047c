"""`filterdns lists`: what the last update found out about each list."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from filterdns.blocklists.update import ListState, lists_report

_AGES = ((86400, "d"), (3600, "h"), (60, "min"))


def read(state: Path) -> list[ListState]:
    """Every list; [] before the first update. Raises OSError."""
    try:
        return lists_report(state)
    except ValueError as error:
        raise OSError(str(error)) from None


def lines(found: list[ListState], now: float) -> list[str]:
    """A table: list, category, names, age, last result."""
    if not found:
        return ["No list yet: run filterdns update"]
    rows = [("list", "category", "names", "age", "last result")]
    rows += [(entry.id, entry.category or "-", f"{entry.names:,}", age(entry, now), entry.result) for entry in found]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}  {row[4]}"
        for row in rows
    ]


def age(entry: ListState, now: float) -> str:
    """How old the content in use is, in the largest unit that fits; "-" for what is built in."""
    if entry.changed is None:
        return "-"
    seconds = max(0, int(now - entry.changed))
    return next((f"{seconds // length} {unit}" for length, unit in _AGES if seconds >= length), "new")


def as_json(found: list[ListState], now: float) -> list[dict[str, Any]]:
    """The lists for other programs; ages in seconds."""
    return [
        asdict(entry) | {"age": None if entry.changed is None else max(0, int(now - entry.changed))} for entry in found
    ]
