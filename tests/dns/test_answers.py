import random
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.dns.answers import AnswerCache, pack, unpack
from filterdns.dns.message import Answer

MIB = 1 << 20


def answer(lifetime: int, size: int = 16, mark: int = 0) -> Answer:
    records = bytes(6) + lifetime.to_bytes(4, "big") + bytes((mark,)) * (size - 10)
    return Answer(0, records, 1, 0, [6], lifetime, [], private=False)


@st.composite
def answers_of_any_form(draw: st.DrawFn) -> Answer:
    """Octets with TTLs between them, as the walk of a message leaves them."""
    u16 = st.integers(0, 65_535)
    seconds = st.integers(0, 86_400)
    records, places = b"", []
    for before, ttl in draw(st.lists(st.tuples(st.binary(max_size=300), seconds), max_size=40)):
        records += before
        places.append(len(records))
        records += ttl.to_bytes(4, "big")
    aliases = draw(st.lists(st.binary(max_size=255), max_size=12))
    rcode, lifetime, private = draw(st.integers(0, 15)), draw(seconds), draw(st.booleans())
    return Answer(rcode, records, draw(u16), draw(u16), places, lifetime, aliases, private)


@given(answers_of_any_form(), st.floats(allow_nan=False))
def test_an_answer_comes_out_as_it_went_in(whole: Answer, stored: float) -> None:
    found, since = unpack(pack(whole, stored))
    assert since == stored
    for part in ("rcode", "records", "answers", "authorities", "places", "lifetime", "aliases", "private"):
        assert getattr(found, part) == getattr(whole, part)


@pytest.mark.parametrize(
    ("lifetime", "later", "kept"),
    [(300, 0.0, True), (300, 299.9, True), (300, 300.0, False), (1, 0.5, True), (1, 1.0, False), (0, 0.0, False)],
)
def test_an_answer_is_kept_for_its_lifetime(lifetime: int, later: float, *, kept: bool) -> None:
    cache = AnswerCache(MIB)
    cache.put(b"key", answer(lifetime), 1000.0)
    assert cache.get(b"key", 1000.0 + later) == (pack(answer(lifetime), 1000.0) if kept else None)
    assert cache.get(b"other", 1000.0) is None


def test_a_newer_answer_takes_the_place() -> None:
    cache = AnswerCache(MIB)
    cache.put(b"key", answer(10, mark=1), 0.0)
    cache.put(b"key", answer(20, mark=2), 5.0)
    assert cache.get(b"key", 12.0) == pack(answer(20, mark=2), 5.0)
    assert len(cache) == 1


def test_what_is_asked_again_stays_while_many_others_pass() -> None:
    cache = AnswerCache(MIB)
    hot = [b"hot%d" % number for number in range(100)]
    for key in hot:
        cache.put(key, answer(10_000), 0.0)
    for number in range(20_000):
        cache.put(b"cold%d" % number, answer(10_000), 0.0)
        assert cache.get(hot[number % 100], 0.0) is not None
    assert cache.get(b"cold0", 0.0) is None


@pytest.mark.parametrize("in_turn", [True, False])
def test_what_is_asked_again_and_again_stays_while_it_fills_three_quarters(*, in_turn: bool) -> None:
    dice = random.Random(1)
    cache = AnswerCache(MIB)
    keys = [b"%06d" % number for number in range(MIB * 3 // 4 // 180)]
    for key in keys:
        cache.put(key, answer(10_000), 0.0)
    for _ in range(5):
        assert all(cache.get(key, 0.0) for key in (keys if in_turn else dice.sample(keys, len(keys))))


def test_an_answer_larger_than_a_generation_is_not_kept() -> None:
    cache = AnswerCache(MIB // 4)
    cache.put(b"key", answer(10), 0.0)
    cache.put(b"key", answer(10, size=60_000), 1.0)
    assert cache.get(b"key", 2.0) is None


def test_what_expired_in_an_old_generation_is_forgotten() -> None:
    cache = AnswerCache(MIB)
    cache.put(b"key", answer(10), 0.0)
    for number in range(600):
        cache.put(b"cold%d" % number, answer(1000, size=1000), 0.0)
    before = len(cache)
    assert cache.get(b"key", 11.0) is None
    assert len(cache) == before - 1


@pytest.mark.parametrize("keys", [400, 100_000])
def test_memory_stays_within_its_bound(keys: int) -> None:
    dice = random.Random(1)
    cache = AnswerCache(MIB)
    tracemalloc.start()
    try:
        for number in range(10_000):
            size = dice.choice((16, 100, 1200, 60_000)) if number > 1000 else 16
            cache.put(b"%d" % dice.randrange(keys), answer(1000, size), float(number))
        assert tracemalloc.get_traced_memory()[1] < MIB + 2 * 60_000  # and one on its way in, as it came and packed
    finally:
        tracemalloc.stop()
