"""The answer cache: unfiltered answers by question, bounded in bytes. Pure; time is passed in."""

import struct
from collections import deque
from typing import Final

from filterdns.dns.message import Answer

GENERATIONS: Final = 5
"""More let what is used last fill more of the memory, fewer are quicker to look through for what is in none."""
_OLDEST: Final = GENERATIONS - 2
"""Place of the one to be dropped next among those that are older than the youngest."""
_PER_ENTRY: Final = 120
"""Octets that CPython spends on an entry: the heads of two objects, and its share of a dictionary that grows."""
_HEAD: Final = struct.Struct("=dIHHHHB?")  # stored, lifetime, answers, authorities, TTLs, aliases, RCODE, private?
_END: Final = struct.Struct("=dI")
_PLACE: Final = struct.Struct("!H")

Packed = bytes
"""An answer and when it was stored in one object, which takes a quarter of the memory of its parts."""


def pack(answer: Answer, stored: float) -> Packed:
    """One object of an answer; `stored` in monotonic seconds."""
    places, aliases = answer.places, answer.aliases
    head = _HEAD.pack(
        stored, answer.lifetime, answer.answers, answer.authorities, len(places), len(aliases), answer.rcode,
        answer.private,
    )  # fmt: skip
    parts = [head, *[_PLACE.pack(at) for at in places]]
    for name in aliases:
        parts += [bytes((len(name),)), name]
    parts.append(answer.records)
    return b"".join(parts)


def unpack(packed: Packed) -> tuple[Answer, float]:
    """The answer, and when it was stored."""
    stored, lifetime, answers, authorities, many, targets, rcode, private = _HEAD.unpack_from(packed)
    at = _HEAD.size
    places: list[int] = []
    for _ in range(many):  # put together here, because compiled a struct takes some 100 ns for each
        places.append(packed[at] << 8 | packed[at + 1])
        at += 2
    aliases = []
    for _ in range(targets):
        end = at + 1 + packed[at]
        aliases.append(packed[at + 1 : end])
        at = end
    return Answer(rcode, packed[at:], answers, authorities, places, lifetime, aliases, private), stored


class AnswerCache:
    """A few generations of dictionaries: what is asked again moves from the oldest to the youngest before that goes.

    That keeps what is used without any order to maintain on a hit. Were answers moved earlier, the youngest would fill
    with what is held already, and answers would go though there is room. One larger than a generation is not kept.
    """

    def __init__(self, most_bytes: int) -> None:
        self._share = most_bytes // GENERATIONS
        self._young: dict[bytes, Packed] = {}
        self._older: deque[dict[bytes, Packed]] = deque()  # the youngest of them first
        self._gone: dict[bytes, Packed] = {}  # the generation dropped last, let go of a little at a time
        self._young_bytes = 0

    def get(self, key: bytes, now: float) -> Packed | None:
        """The answer, while its lifetime lasts; `now` in monotonic seconds."""
        found = self._young.get(key)
        if found is not None:
            return found if now < sum(_END.unpack_from(found)) else None
        for age, generation in enumerate(self._older):
            if (found := generation.get(key)) is not None:
                if now >= sum(_END.unpack_from(found)):
                    del generation[key]
                    return None
                if age == _OLDEST:
                    del generation[key]
                    self._insert(key, found)
                return found
        return None

    def put(self, key: bytes, answer: Answer, now: float) -> None:
        """Keep an answer; one with no lifetime is not kept."""
        if answer.lifetime > 0:
            self._insert(key, pack(answer, now))

    def __len__(self) -> int:
        return len(self._young) + sum(map(len, self._older))

    def _insert(self, key: bytes, packed: Packed) -> None:
        size = _PER_ENTRY + len(key) + len(packed)
        if size > self._share:
            self._young.pop(key, None)
            return
        if self._young_bytes + size > self._share:
            self._older.appendleft(self._young)
            self._young, self._young_bytes = {}, 0
            if len(self._older) == GENERATIONS:
                self._gone = self._older.pop()
        if (replaced := self._young.get(key)) is not None:
            self._young_bytes -= _PER_ENTRY + len(key) + len(replaced)
        self._young_bytes += size
        self._young[key] = packed
        least, gone = 2 * size, self._gone  # more than comes: all of it at once would keep everybody waiting
        while gone and least > 0:
            old, held = gone.popitem()
            least -= _PER_ENTRY + len(old) + len(held)
