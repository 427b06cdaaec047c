"""How often passwords and codes may be guessed: pure, bounded, time is an argument.

After five failures an address waits a quarter of an hour. All addresses together have thirty failures an hour, but
whoever got in from an address before is let through there by its own count alone: guessing from many devices keeps
no parent out.
"""

from collections import OrderedDict, deque
from math import ceil

FAILURES = 5
WAIT = 15 * 60
"""Failures of one address, and the seconds it then waits; as long a failure counts."""
FAILURES_OF_ALL = 30
HOUR = 3600
MOST_ADDRESSES = 1024


class Throttle:
    """The memory of failures. Not for several threads at once."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[float]] = OrderedDict()
        self._all: deque[float] = deque(maxlen=FAILURES_OF_ALL)
        self._known: OrderedDict[str, None] = OrderedDict()

    def attempt(self, address: str, now: float) -> int:
        """May `address` guess now? 0: yes, and it counts as a failure until `succeeded`; else the seconds to wait.

        `now` is monotonic.
        """
        if left := self._wait(address, now):
            return left
        self._failed.setdefault(address, deque(maxlen=FAILURES)).append(now)
        self._failed.move_to_end(address)
        self._all.append(now)
        if len(self._failed) > MOST_ADDRESSES:
            self._failed.popitem(last=False)
        return 0

    def succeeded(self, address: str) -> None:
        """Note that the last attempt was right."""
        if self._failed.pop(address, None):
            self._all.pop()
        self._known[address] = None
        self._known.move_to_end(address)
        if len(self._known) > MOST_ADDRESSES:
            self._known.popitem(last=False)

    def _wait(self, address: str, now: float) -> int:
        own = self._failed.get(address, deque())
        until = own[-1] + WAIT if len(own) == FAILURES and own[-1] - own[0] < WAIT else now
        if address not in self._known and len(self._all) == FAILURES_OF_ALL:
            until = max(until, self._all[0] + HOUR)
        return max(0, ceil(until - now))
