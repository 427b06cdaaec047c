"""How often passwords and codes may be guessed: pure, bounded, time is an argument.

After five failures an address waits a quarter of an hour, whomever it guessed for; to get in with one's own password
takes back one's own failures only, so that an account of a viewer gives no more guesses at a parent's. All addresses
together have thirty failures an hour, but whoever got in from an address before is let through there by its own count
alone: guessing from many devices keeps no parent out.
"""

from collections import OrderedDict, deque
from math import ceil
from typing import NamedTuple

FAILURES = 5
WAIT = 15 * 60
"""Failures of one address, and the seconds it then waits; as long a failure counts."""
FAILURES_OF_ALL = 30
HOUR = 3600
MOST_ADDRESSES = 1024


class Failure(NamedTuple):
    """A guess that was not right."""

    at: float  # monotonic
    name: str


class Throttle:
    """The memory of failures. Not for several threads at once."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, deque[Failure]] = OrderedDict()  # by address
        self._all: deque[float] = deque(maxlen=FAILURES_OF_ALL)
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()  # addresses, and who got in from there

    def attempt(self, address: str, name: str, now: float) -> int:
        """May `address` guess for `name` now? 0: yes, and it is a failure until `succeeded`; else the seconds to wait.

        `now` is monotonic.
        """
        if left := self._wait(address, name, now):
            return left
        self._failed.setdefault(address, deque(maxlen=FAILURES)).append(Failure(now, name))
        self._failed.move_to_end(address)
        self._all.append(now)
        if len(self._failed) > MOST_ADDRESSES:
            self._failed.popitem(last=False)
        return 0

    def succeeded(self, address: str, name: str) -> None:
        """Note that the last attempt for `name` was right."""
        if failed := self._failed.pop(address, None):
            self._all.pop()
            if others := [failure for failure in failed if failure.name != name]:
                self._failed[address] = deque(others, maxlen=FAILURES)
        self._known[address, name] = None
        self._known.move_to_end((address, name))
        if len(self._known) > MOST_ADDRESSES:
            self._known.popitem(last=False)

    def _wait(self, address: str, name: str, now: float) -> int:
        own = self._failed.get(address, deque())
        until = own[-1].at + WAIT if len(own) == FAILURES and own[-1].at - own[0].at < WAIT else now
        if (address, name) not in self._known and len(self._all) == FAILURES_OF_ALL:
            until = max(until, self._all[0] + HOUR)
        return max(0, ceil(until - now))
