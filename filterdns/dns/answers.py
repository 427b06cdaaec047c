"""The answer cache: unfiltered answers by question, bounded in bytes. Pure; time is passed in."""

import struct
from typing import Final

from filterdns.dns.message import Answer

_PER_ENTRY: Final = 150
"""Octets that CPython spends on an entry: the heads of two objects, and its share of a dictionary that grows."""
_HEAD: Final = struct.Struct("=dIHHHHB?")  # stored, lifetime, answers, authorities, TTLs, aliases, RCODE, private?
_END: Final = struct.Struct("=dI")
_PLACE: Final = struct.Struct("=H")
_TTL: Final = struct.Struct("!I")

Packed = bytes
"""An answer and when it was stored in one object, which takes a quarter of the memory of its parts."""


def pack(answer: Answer, stored: float) -> Packed:
    """One object of an answer; `stored` in monotonic seconds."""
    ttls, aliases = answer.ttls, answer.aliases
    head = _HEAD.pack(
        stored, answer.lifetime, answer.answers, answer.authorities, len(ttls), len(aliases), answer.rcode,
        answer.private,
    )  # fmt: skip
    parts = [head, *[_PLACE.pack(at) for at, _ in ttls]]
    for name in aliases:
        parts += [bytes((len(name),)), name]
    parts.append(answer.records)
    return b"".join(parts)


def unpack(packed: Packed) -> tuple[Answer, float]:
    """The answer, and when it was stored; its TTLs are read out of its records."""
    stored, lifetime, answers, authorities, many, targets, rcode, private = _HEAD.unpack_from(packed)
    places = struct.unpack_from(f"={many}H", packed, _HEAD.size)
    at = _HEAD.size + 2 * many
    aliases = []
    for _ in range(targets):
        end = at + 1 + packed[at]
        aliases.append(packed[at + 1 : end])
        at = end
    records = packed[at:]
    ttls = [(place, _TTL.unpack_from(records, place)[0]) for place in places]
    return Answer(rcode, records, answers, authorities, ttls, lifetime, aliases, private), stored


class AnswerCache:
    """Two generations of dictionaries: what is asked again moves to the young one, the old one is dropped whole.

    That keeps about the most recently used half without any order to maintain on a hit.
    """

    def __init__(self, most_bytes: int) -> None:
        self._half = most_bytes // 2
        self._young: dict[bytes, Packed] = {}
        self._old: dict[bytes, Packed] = {}
        self._young_bytes = 0

    def get(self, key: bytes, now: float) -> Packed | None:
        """The answer, while its lifetime lasts; `now` in monotonic seconds."""
        found = self._young.get(key)
        is_old = found is None
        if is_old:
            found = self._old.pop(key, None)
        if found is None or now >= sum(_END.unpack_from(found)):
            return None
        if is_old:
            self._insert(key, found)
        return found

    def put(self, key: bytes, answer: Answer, now: float) -> None:
        """Keep an answer; one with no lifetime is not kept."""
        if answer.lifetime > 0:
            self._insert(key, pack(answer, now))

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _insert(self, key: bytes, packed: Packed) -> None:
        size = _PER_ENTRY + len(key) + len(packed)
        if self._young_bytes + size > self._half:
            self._old, self._young, self._young_bytes = self._young, {}, 0
        if (replaced := self._young.get(key)) is not None:
            self._young_bytes -= _PER_ENTRY + len(key) + len(replaced)
        self._young_bytes += size
        self._young[key] = packed
