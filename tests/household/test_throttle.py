"""Guesses are few, whoever makes them from wherever, and nobody who knows the password is kept out by others."""

import pytest

from filterdns.household.throttle import FAILURES, FAILURES_OF_ALL, HOUR, MOST_ADDRESSES, WAIT, Throttle


def guesses(throttle: Throttle, addresses: list[str], seconds: float, every: float) -> list[float]:
    """Wrong guesses from addresses in turn -> when each was looked at."""
    times = [step * every for step in range(int(seconds / every))]
    return [at for step, at in enumerate(times) if not throttle.attempt(addresses[step % len(addresses)], "Mum", at)]


def test_ten_thousand_guesses_from_one_address() -> None:
    looked_at = guesses(Throttle(), ["10.0.0.9"], 15 * 60, 0.09)
    assert len(looked_at) == FAILURES
    looked_at = guesses(Throttle(), ["10.0.0.9"], 24 * HOUR, 1)
    assert len(looked_at) <= 24 * 4 * (FAILURES + 1)
    assert max(sum(at <= later < at + WAIT for later in looked_at) for at in looked_at) <= FAILURES + 1


def test_a_hundred_addresses_have_thirty_an_hour_together() -> None:
    looked_at = guesses(Throttle(), [f"10.0.0.{number}" for number in range(100)], 5 * HOUR, 0.5)
    assert max(sum(at <= later < at + HOUR for later in looked_at) for at in looked_at[:200]) <= FAILURES_OF_ALL


def test_another_address_still_gets_in() -> None:
    throttle = Throttle()
    guesses(throttle, ["10.0.0.9"], 600, 1)
    assert throttle.attempt("10.0.0.9", "Mum", 600) > 0
    assert throttle.attempt("10.0.0.2", "Mum", 600) == 0


def test_who_got_in_before_gets_in_while_a_hundred_addresses_guess() -> None:
    throttle = Throttle()
    assert throttle.attempt("10.0.0.2", "Mum", 0) == 0
    throttle.succeeded("10.0.0.2", "Mum")
    guesses(throttle, [f"10.0.1.{number}" for number in range(100)], 600, 1)
    assert throttle.attempt("10.0.1.200", "Mum", 600) > 0
    assert throttle.attempt("10.0.0.2", "Mum", 600) == 0


@pytest.mark.parametrize(("after", "wait"), [(0, WAIT), (1, WAIT - 1), (WAIT - 0.5, 1), (WAIT, 0), (2 * WAIT, 0)])
def test_how_long_to_wait(after: float, wait: int) -> None:
    throttle = Throttle()
    for _ in range(FAILURES):
        assert throttle.attempt("10.0.0.9", "Mum", 50) == 0
    assert throttle.attempt("10.0.0.9", "Mum", 50 + after) == wait


def test_the_right_one_is_no_failure() -> None:
    throttle = Throttle()
    for step in range(100):
        assert throttle.attempt("10.0.0.2", "Mum", step) == 0
        throttle.succeeded("10.0.0.2", "Mum")


def test_ones_own_password_gives_no_more_guesses_at_anothers() -> None:
    throttle = Throttle()
    looked_at = 0
    for step in range(1000):
        looked_at += throttle.attempt("10.0.0.9", "Mum", step * 0.5) == 0
        if throttle.attempt("10.0.0.9", "Kim", step * 0.5) == 0:
            throttle.succeeded("10.0.0.9", "Kim")
    assert looked_at <= FAILURES


def test_who_got_in_with_another_account_waits_with_all_others() -> None:
    throttle = Throttle()
    assert throttle.attempt("10.0.0.2", "Kim", 0) == 0
    throttle.succeeded("10.0.0.2", "Kim")
    guesses(throttle, [f"10.0.1.{number}" for number in range(100)], 600, 1)
    assert throttle.attempt("10.0.0.2", "Mum", 600) > 0
    assert throttle.attempt("10.0.0.2", "Kim", 600) == 0


def test_it_stays_small() -> None:
    throttle = Throttle()
    for number in range(10 * MOST_ADDRESSES):
        throttle.attempt(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", "Mum", number * HOUR)
        throttle.succeeded(f"fd00::{number:x}", "Mum")
    assert len(throttle._failed) <= MOST_ADDRESSES
    assert len(throttle._known) <= MOST_ADDRESSES
