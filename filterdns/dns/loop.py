"""The loop of a worker: calls whoever's socket is ready or whose time has come (epoll(7)).

asyncio does more, for three megabytes and twenty microseconds a wake-up; a worker needs this much.
"""

import select
from bisect import insort
from collections.abc import Callable
from time import monotonic
from typing import Final

IN, OUT = select.EPOLLIN, select.EPOLLOUT
MOST_EVENTS: Final = 128
"""Descriptors served at one wake-up, before whatever they caused leaves."""

Ready = Callable[[int, int], None]
"""Called with a descriptor and the events it has: IN, OUT, and unasked what poll(2) says of errors and hang-ups."""


class Loop:
    """Descriptors and times, each with what is to be called; all in one thread."""

    def __init__(self, settle: Callable[[], None], failed: Callable[[Exception], None]) -> None:
        """`settle` is called after everything that one wake-up brought, `failed` with what a call raised."""
        self._settle = settle
        self._failed = failed
        self._poll = select.epoll()
        self._calls: dict[int, Ready] = {}
        self._due: list[tuple[float, int, Callable[[], None]]] = []  # by monotonic time, then as they came
        self._came = 0
        self._stopped = False

    def fileno(self) -> int:
        """Its own descriptor, which is readable when `turn` has something to do; no times are in it."""
        return self._poll.fileno()

    def watch(self, handle: int, ready: Ready, events: int = IN) -> None:
        """Call `ready` whenever the descriptor has one of the events; a second time: other events."""
        if handle in self._calls:
            self._poll.modify(handle, events)
        else:
            self._poll.register(handle, events)
        self._calls[handle] = ready

    def forget(self, handle: int) -> None:
        """Watch a descriptor no more that stays open."""
        if self._calls.pop(handle, None) is not None:
            self._poll.unregister(handle)

    def close_soon(self, handle: int) -> None:
        """Watch a descriptor no more that is closed next: the kernel forgets it then, and its number is another's."""
        self._calls.pop(handle, None)

    def later(self, seconds: float, call: Callable[[], None]) -> None:
        """Call once, after so many seconds."""
        self._came += 1
        insort(self._due, (monotonic() + seconds, self._came, call))

    def stop(self) -> None:
        """Let `run` return after this wake-up; at most until the next time that is due, if a signal calls it."""
        self._stopped = True

    def run(self) -> None:
        """Serve until `stop`."""
        while not self._stopped:
            self.turn(max(0.0, self._due[0][0] - monotonic()) if self._due else -1)

    def turn(self, longest: float = 0) -> None:
        """One wake-up: wait at most so many seconds (-1: for ever), then call everybody whose turn it is."""
        for handle, events in self._poll.poll(longest, MOST_EVENTS):
            ready = self._calls.get(handle)
            if ready is None:  # one before it has closed it
                continue
            try:
                ready(handle, events)
            except Exception as error:  # noqa: BLE001 - as in _guard
                self._failed(error)
        while self._due and self._due[0][0] <= monotonic():
            self._guard(self._due.pop(0)[2])
        self._guard(self._settle)

    def close(self) -> None:
        """Let go of the descriptor of its own."""
        self._poll.close()

    def _guard(self, call: Callable[[], None]) -> None:
        """The fault of one is that one's alone."""
        try:
            call()
        except Exception as error:  # noqa: BLE001 - whatever it is, others are to be answered
            self._failed(error)
