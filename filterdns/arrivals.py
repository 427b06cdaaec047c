"""Do questions arrive here? Read from what the workers wrote down lately, whether or not somebody fetches it."""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

LATELY = 300
"""Seconds for which an arrival counts as one of now."""
CHECK = "check.filterdns.test"
ADULT = "adult.filterdns.test"
"""Names below these are asked for only to see that they arrive; the second is a member of the category adult.

".test" never leaves a house whose questions arrive here, and is nobody's anywhere else (RFC 6761 section 6.2).
"""
_MOST_BYTES = 1 << 18
_COLUMNS = 10


class Arrival(NamedTuple):
    """A question as a worker wrote it down."""

    at: int  # epoch
    address: str
    name: str
    is_blocked: bool


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What arrived lately."""

    ipv4: frozenset[str]  # addresses in the home that asked
    ipv6: frozenset[str]
    check: Arrival | None  # the question of this check
    adult: Arrival | None


def read(state: Path, now: float) -> list[Arrival]:
    """The latest arrivals, oldest first, of all workers; what cannot be read counts as not there."""
    lines: list[str] = []
    for path in sorted((state / "run" / "spool").glob("*")):
        try:
            if now - path.stat().st_mtime < LATELY:
                with path.open("rb") as file:
                    file.seek(max(0, path.stat().st_size - _MOST_BYTES))
                    lines += file.read(_MOST_BYTES).decode(errors="replace").splitlines()
        except OSError:
            continue  # fetched meanwhile
    return sorted(arrival for arrival in parse(lines) if arrival.at > now - LATELY)


def parse(lines: Iterable[str]) -> Iterable[Arrival]:
    """Lines of a spool; half of one is left out."""
    for line in lines:
        columns = line.split("\t")
        if len(columns) != _COLUMNS or not columns[0].isdecimal():
            continue
        yield Arrival(int(columns[0]), columns[1], columns[4].lower(), columns[6] == "block")


def summary(arrivals: Iterable[Arrival], word: str, own: Iterable[str]) -> Arrivals:
    """What there is to say of them: `word` is the label that this check's names begin with, `own` our addresses."""
    found = list(arrivals)
    others = {arrival.address for arrival in found} - {*own}
    return Arrivals(
        frozenset(address for address in others if ":" not in address and not _is_loopback(address)),
        frozenset(address for address in others if ":" in address and not _is_loopback(address)),
        next((one for one in reversed(found) if one.name == f"{word}.{CHECK}"), None),
        next((one for one in reversed(found) if one.name == f"{word}.{ADULT}"), None),
    )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return True
