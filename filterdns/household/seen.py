"""Devices seen in the network: which MAC had which address, since when, when it asked last, when it was there last.

They are tables of history.db. A device that is there and asks nothing may have found another resolver.
"""

import sqlite3
from collections.abc import Mapping
from typing import NamedTuple

from filterdns.household.batch import Mark, Span
from filterdns.household.makers import is_random, maker_of
from filterdns.policy.view import Policy

SCHEMA = (
    """
    CREATE TABLE devices (
        id INTEGER PRIMARY KEY AUTOINCREMENT, mac TEXT NOT NULL, address TEXT NOT NULL,
        first INTEGER NOT NULL, asked INTEGER NOT NULL, present INTEGER NOT NULL, UNIQUE (mac, address)
    ) STRICT
    """,
    """
    CREATE TABLE addresses (
        device INTEGER, address TEXT, first INTEGER NOT NULL, last INTEGER NOT NULL, PRIMARY KEY (device, address)
    ) STRICT, WITHOUT ROWID
    """,
)
"""Times are epoch seconds; 0: never."""

SILENT_AFTER = 6 * 3600
"""Seconds of presence without a question after which a device counts as silent."""

_MOST_DEVICES, _MOST_ADDRESSES = 2000, 10_000
_KEEP = 90 * 86400
_KEEP_ADDRESSES = 30 * 86400
_NOTICED_AFTER = 3600  # seconds by which presence must be newer to be written down


class Device(NamedTuple):
    """A device that was seen."""

    id: int
    mac: str  # "" if it is known by its address only
    addresses: tuple[str, ...]  # the latest first; none if they are of long ago
    first: int  # epoch
    asked: int  # epoch of its last question; 0: none
    present: int  # epoch at which it was last seen in the network
    maker: str  # "" if nobody knows
    is_random: bool  # the address is made up: the device may come with another one
    known: int  # id in the household; 0: nobody has claimed it
    name: str  # what the household calls it; "" if it does not know it
    person: str  # whose it is

    @property
    def is_silent(self) -> bool:
        """Is it there without asking for long?"""
        return self.present - self.asked >= SILENT_AFTER


def note(db: sqlite3.Connection, found: Mapping[tuple[Mark, str], Span]) -> dict[Mark, int]:
    """Write down who asked from where, within a transaction -> the devices' ids here."""
    ids: dict[Mark, int] = {}
    for (mark, address), span in found.items():
        ids[mark] = _note(db, mark, address, span, span.last)
    return ids


def note_present(db: sqlite3.Connection, present: Mapping[tuple[str, str], int]) -> None:
    """Write down when a (MAC, address) was last there, within a transaction; what is hardly newer is left."""
    known = {
        (mac, address): last
        for mac, address, last in db.execute(
            "SELECT d.mac, a.address, a.last FROM addresses AS a JOIN devices AS d ON d.id = a.device"
        )
    }
    for (mac, address), epoch in present.items():
        if epoch - known.get((mac, address), 0) >= _NOTICED_AFTER:
            _note(db, Mark(mac, ""), address, Span(epoch, epoch), 0)


def prune(db: sqlite3.Connection, now: int) -> None:
    """Forget what was not seen for long, and beyond the bounds what was seen least lately."""
    db.execute("DELETE FROM devices WHERE present < ? OR present > ?", (now - _KEEP, now + 86400))
    db.execute(
        "DELETE FROM devices WHERE id IN (SELECT id FROM devices ORDER BY present DESC LIMIT -1 OFFSET ?)",
        (_MOST_DEVICES,),
    )
    db.execute(
        "DELETE FROM addresses WHERE last < ? OR device NOT IN (SELECT id FROM devices)", (now - _KEEP_ADDRESSES,)
    )
    db.execute(
        "DELETE FROM addresses WHERE (device, address) IN "
        "(SELECT device, address FROM addresses ORDER BY last DESC LIMIT -1 OFFSET ?)",
        (_MOST_ADDRESSES,),
    )


def devices(db: sqlite3.Connection, policy: Policy) -> list[Device]:
    """Every device seen, the latest first, with its owner by the policy."""
    addresses: dict[int, list[str]] = {}
    for number, address in db.execute("SELECT device, address FROM addresses ORDER BY last DESC"):
        addresses.setdefault(number, []).append(address)
    rows = db.execute("SELECT id, mac, address, first, asked, present FROM devices ORDER BY present DESC, id")
    names = {device.id: device.name for device in policy.devices}
    return [_device(row, tuple(addresses.get(row[0], ())), policy, names) for row in rows]


def _note(db: sqlite3.Connection, mark: Mark, address: str, span: Span, asked: int) -> int:
    """Update a device and its address, or insert them -> the device's id."""
    row = db.execute(
        "UPDATE devices SET asked = max(asked, ?), present = max(present, ?) "
        "WHERE mac = ? AND address = ? RETURNING id",
        (asked, span.last, *mark),
    ).fetchone()
    if row is None:
        row = db.execute(
            "INSERT INTO devices (mac, address, first, asked, present) VALUES (?, ?, ?, ?, ?) RETURNING id",
            (*mark, span.first, asked, span.last),
        ).fetchone()
    db.execute(
        "INSERT INTO addresses VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET last = max(last, excluded.last)",
        (row[0], address, *span),
    )
    return int(row[0])


def _device(
    row: tuple[int, str, str, int, int, int], addresses: tuple[str, ...], policy: Policy, names: Mapping[int, str]
) -> Device:
    number, mac, only, first, asked, present = row
    latest = [
        next((address for address in (*addresses, only) if (":" in address) is is_six), "") for is_six in (False, True)
    ]
    owners = [policy.view_for(mac or None, address) for address in latest]
    known, view = next((found for found in owners if found[0]), (0, policy.guests))
    maker, made_up = (maker_of(mac), is_random(mac)) if mac else ("", False)
    return Device(
        number, mac, addresses, first, asked, present, maker, made_up, known, names.get(known, ""), view.person
    )
