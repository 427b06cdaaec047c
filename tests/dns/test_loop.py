"""The loop: who is called, when, in which order, and what a fault in one of them leaves of the others."""

import os
import signal
import socket
from collections.abc import Callable, Iterator

import pytest

from filterdns.dns.loop import IN, MOST_EVENTS, OUT, Loop

PATIENCE = 10.0
"""Seconds after which a wake-up that does not come has failed its test."""


class Kept:
    """What happened, in order."""

    def __init__(self) -> None:
        self.said: list[object] = []
        self.loop = Loop(lambda: self.said.append("settled"), lambda error: self.said.append(str(error)))

    def note(self, what: object) -> Callable[..., None]:
        return lambda *_: self.said.append(what)

    def fail(self, *_: object) -> None:
        raise ValueError("a fault")


@pytest.fixture
def kept() -> Iterator[Kept]:
    made = Kept()
    yield made
    made.loop.close()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        yield one, other


def test_a_ready_socket_is_called_with_its_descriptor_and_events(
    kept: Kept, pair: tuple[socket.socket, socket.socket]
) -> None:
    one, other = pair
    kept.loop.watch(one.fileno(), lambda handle, events: kept.said.append((handle, events)))
    kept.loop.turn(0)
    other.send(b"x")
    kept.loop.turn(PATIENCE)
    kept.loop.watch(one.fileno(), lambda handle, events: kept.said.append((handle, events)), IN | OUT)
    kept.loop.turn(PATIENCE)
    kept.loop.forget(one.fileno())
    kept.loop.turn(0)
    handle = one.fileno()
    assert kept.said == ["settled", (handle, IN), "settled", (handle, IN | OUT), "settled", "settled"]


def test_everything_ready_is_called_before_it_settles(kept: Kept) -> None:
    pipes = [os.pipe() for _ in range(10)]
    for number, (reader, writer) in enumerate(pipes):
        kept.loop.watch(reader, kept.note(number))
        os.write(writer, b"x")
    kept.loop.turn(PATIENCE)
    assert sorted(kept.said[:-1], key=str) == list(range(10))
    assert kept.said[-1] == "settled"
    for handle in sum(pipes, ()):
        os.close(handle)


def test_one_that_is_closed_by_another_of_the_same_wake_up_is_not_called(kept: Kept) -> None:
    pipes = [os.pipe() for _ in range(2)]

    def close_the_other(handle: int, _: int) -> None:
        kept.said.append("called")
        other = next(reader for reader, _ in pipes if reader != handle)
        kept.loop.forget(other)
        os.close(other)

    for reader, writer in pipes:
        kept.loop.watch(reader, close_the_other)
        os.write(writer, b"x")
    kept.loop.turn(PATIENCE)
    assert kept.said == ["called", "settled"]


def test_forgetting_what_is_not_watched_is_nothing(kept: Kept) -> None:
    kept.loop.forget(0)
    kept.loop.turn(0)
    assert kept.said == ["settled"]


def test_times_come_in_order_and_once(kept: Kept) -> None:
    for seconds in (0.002, 0.0, 0.001, 0.0, 3600.0):
        kept.loop.later(seconds, kept.note(seconds))
    kept.loop.later(0.003, kept.loop.stop)
    kept.loop.run()
    assert [what for what in kept.said if what != "settled"] == [0.0, 0.0, 0.001, 0.002]


def test_equal_times_come_as_they_were_said(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("filterdns.dns.loop.monotonic", lambda: 5.0)
    for number in range(5):
        kept.loop.later(0, kept.note(number))
    kept.loop.turn(0)
    assert kept.said == [0, 1, 2, 3, 4, "settled"]


def test_a_fault_is_told_and_the_others_are_served(kept: Kept, pair: tuple[socket.socket, socket.socket]) -> None:
    one, other = pair
    kept.loop.watch(one.fileno(), kept.fail)
    other.send(b"x")
    kept.loop.later(0, kept.fail)
    kept.loop.later(0, kept.note("later"))
    kept.loop.turn(PATIENCE)
    assert kept.said == ["a fault", "a fault", "later", "settled"]


def test_no_more_than_a_share_at_one_wake_up(kept: Kept) -> None:
    reader, writer = os.pipe()
    os.write(writer, b"x")
    copies = [os.dup(reader) for _ in range(MOST_EVENTS + 10)]
    for handle in copies:
        kept.loop.watch(handle, kept.note("read"))
    kept.loop.turn(PATIENCE)
    assert kept.said.count("read") == MOST_EVENTS
    kept.loop.turn(PATIENCE)
    assert kept.said.count("read") == 2 * MOST_EVENTS
    for handle in (reader, writer, *copies):
        os.close(handle)


def test_a_signal_stops_it(kept: Kept) -> None:
    before = signal.signal(signal.SIGUSR1, lambda *_: kept.loop.stop())
    try:
        kept.loop.later(0, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        kept.loop.run()
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert kept.said == ["settled"]
