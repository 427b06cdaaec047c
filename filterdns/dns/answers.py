"""The answer cache: unfiltered answers by question, bounded in bytes. Pure; time is passed in."""

from filterdns.dns.message import Answer

_PER_ENTRY = 700
_PER_RECORD = 150
"""Octets that CPython spends on an entry and on each record's TTL, beside the records themselves."""


class AnswerCache:
    """Two generations of dictionaries: what is asked again moves to the young one, the old one is dropped whole.

    That keeps about the most recently used half without any order to maintain on a hit.
    """

    def __init__(self, most_bytes: int) -> None:
        self._half = most_bytes // 2
        self._young: dict[bytes, tuple[Answer, float]] = {}
        self._old: dict[bytes, tuple[Answer, float]] = {}
        self._young_bytes = 0

    def get(self, key: bytes, now: float) -> tuple[Answer, float] | None:
        """The answer and when it was stored (monotonic seconds), while its lifetime lasts."""
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None)
            if found is None:
                return None
            if now < found[1] + found[0].lifetime:
                self._insert(key, found)
        if now < found[1] + found[0].lifetime:
            return found
        return None

    def put(self, key: bytes, answer: Answer, now: float) -> None:
        """Keep an answer; one with no lifetime is not kept."""
        if answer.lifetime > 0:
            self._insert(key, (answer, now))

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old, self._young_bytes = {}, {}, 0

    def __len__(self) -> int:
        return len(self._young) + len(self._old)

    def _insert(self, key: bytes, stored: tuple[Answer, float]) -> None:
        if self._young_bytes > self._half:
            self._old, self._young, self._young_bytes = self._young, {}, 0
        if (replaced := self._young.get(key)) is not None:
            self._young_bytes -= _size(key, replaced[0])
        self._young_bytes += _size(key, stored[0])
        self._young[key] = stored


def _size(key: bytes, answer: Answer) -> int:
    return _PER_ENTRY + len(key) + len(answer.records) + _PER_RECORD * len(answer.ttls)
