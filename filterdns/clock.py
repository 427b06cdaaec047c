"""What time it is where the family lives."""

from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from filterdns.policy.schedule import FAR_AWAY, Moment

LONG_AGO = 1767225600
"""2026-01-01 00:00 UTC, before which this program was not."""

_DAY = 86400
_AHEAD = 800  # days to look for a transition; zones that have any have one a year
_TRUSTED = 400  # days for which "there is none" is believed


def is_plausible(epoch: float) -> bool:
    """Can this be now? A box without a battery starts in the past until it has asked for the time."""
    return epoch >= LONG_AGO


class Zone:
    """A time zone that keeps the offset in force and the span it is valid in."""

    def __init__(self, name: str) -> None:
        """Raises ValueError for a zone that is not known."""
        try:
            self._zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f'there is no time zone "{name}"; it is written like Europe/Berlin') from None
        self.name = name
        self._offset = 0
        self._from = self._to = self._steady_until = 0

    def moment(self, epoch: float) -> Moment:
        """The moment of a time in seconds since 1970."""
        now = int(epoch // 1)
        if not self._from <= now < self._to:
            self._look_up(now)
        return Moment(now, self._offset, self._steady_until)

    def _look_up(self, now: int) -> None:
        self._offset = self._offset_at(now)
        self._from = now
        for day in range(_AHEAD):
            later = now + (day + 1) * _DAY
            if self._offset_at(later) != self._offset:
                self._to = self._steady_until = self._transition(later - _DAY, later)
                return
        self._to = now + _TRUSTED * _DAY
        self._steady_until = FAR_AWAY

    def _transition(self, before: int, after: int) -> int:
        """The first second with another offset than `before`, which `after` has."""
        while after - before > 1:
            middle = (before + after) // 2
            if self._offset_at(middle) == self._offset:
                before = middle
            else:
                after = middle
        return after

    def _offset_at(self, epoch: int) -> int:
        """Seconds east of UTC."""
        offset = datetime.fromtimestamp(epoch, self._zone).utcoffset()
        return round(offset.total_seconds()) if offset is not None else 0
