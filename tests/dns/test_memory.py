"""What clients were told lately: given again, counted, bounded."""

import weakref
from itertools import pairwise

from filterdns.dns.memory import Client, Memory, Remembered
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.rules import Household

VIEW = compile_policy(Household(), Knowledge({}, {}, frozenset(), b"\0", b"\0"), 1).guests


def somebody(memory: Memory) -> Client:
    client = Client("192.168.1.7", None, 0, VIEW)
    memory.clients["192.168.1.7"] = client
    return client


def entry(client: Client, tail: bytes, until: float, rule: str | None = None) -> Remembered:
    remembered = Remembered(tail, until)
    remembered.asked = (client.who, b"\0", 1, False, "default", rule)
    return remembered


def test_given_again_with_the_id_of_the_question_until_its_end() -> None:
    memory = Memory(1 << 20)
    client = somebody(memory)
    memory.keep(client, b"question", entry(client, b"tail", 10.0))
    assert memory.recall(b"\x12\x34question", "192.168.1.7", 9.9) == b"\x12\x34tail"
    assert memory.recall(b"\x12\x34question", "192.168.1.7", 10.0) is None
    assert memory.recall(b"\x12\x34another", "192.168.1.7", 9.9) is None
    assert memory.recall(b"\x12\x34question", "192.168.1.8", 9.9) is None


def test_hits_are_counted_once() -> None:
    memory = Memory(1 << 20)
    client = somebody(memory)
    memory.keep(client, b"q", entry(client, b"tail", 10.0))
    for _ in range(3):
        memory.recall(b"\0\0q", "192.168.1.7", 1.0)
    assert [times for _, times in memory.take_hits()] == [3]
    assert memory.take_hits() == []


def test_what_is_asked_again_stays_and_the_rest_goes() -> None:
    memory = Memory(200_000)
    client = somebody(memory)
    memory.keep(client, b"often", entry(client, b"tail", 1e9))
    for number in range(10_000):
        memory.keep(client, b"%d" % number, entry(client, b"tail", 1e9))
        if number % 50 == 0:
            often = b"\0\0often"
            found = memory.recall(often, "192.168.1.7", 1.0) or memory.recall_older(client, often, 1.0)
            assert found == b"\0\0tail"
    assert len(client.remembered) + len(client.older) < 500
    assert b"1" not in client.remembered


class Rule(str):
    """One that says when it is gone."""

    __slots__ = ("__weakref__",)


def test_hits_are_taken_some_at_a_time_and_none_twice() -> None:
    memory = Memory(1 << 20)
    client = somebody(memory)
    names = [b"%d" % number for number in range(100)]
    for name in names:
        memory.keep(client, name, entry(client, b"tail", 10.0))
    taken = []
    for _ in range(5):
        for name in names:
            memory.recall(b"\0\0" + name, "192.168.1.7", 1.0)
        taken.append([times for _, times in memory.take_hits()])
    assert all(0 < len(some) < 30 for some in taken)
    while memory.waiting_hits:
        taken.append([times for _, times in memory.take_hits()])
    assert sum(map(sum, taken)) == 500


def test_what_is_let_go_of_does_not_wait_to_be_counted() -> None:
    memory = Memory(100_000)
    client = somebody(memory)
    live: weakref.WeakSet[Rule] = weakref.WeakSet()
    for number in range(20_000):
        live.add(rule := Rule(f"rule:{number}"))
        key = b"%012d" % number
        memory.keep(client, key, entry(client, bytes(20), 1e9, rule))
        del rule
        memory.recall(b"\0\0" + key, "192.168.1.7", 1.0)
        if number % 64 == 0:  # as many as come at one wake-up
            memory.take_hits()
    assert len(live) < 100_000 / 432 + 600


def test_a_client_that_is_forgotten_is_let_go_of_a_little_at_a_time() -> None:
    memory = Memory(1 << 20)
    client = somebody(memory)
    memory.keep(client, b"q", entry(client, b"tail", 1e9))
    memory.forget_client("192.168.1.7")
    assert not memory.clients
    assert not client.remembered
    assert memory.recall(b"\0\0q", "192.168.1.7", 1.0) is None


def test_memory_stays_within_its_bound_while_it_is_let_go_of() -> None:
    most = 1 << 20
    memory = Memory(most)
    client = somebody(memory)
    live: weakref.WeakSet[Rule] = weakref.WeakSet()
    sizes = []
    for number in range(20_000):
        live.add(rule := Rule(f"rule:{number}"))
        remembered = entry(client, bytes(20), 1e9, rule)
        memory.keep(client, b"%012d" % number, remembered)
        sizes.append(len(live))
        del rule, remembered
    assert max(sizes) * (400 + 12 + 20) <= most + 1000
    assert max(before - after for before, after in pairwise(sizes)) <= 2


def test_what_is_forgotten_is_gone_after_half_as_many_others() -> None:
    memory = Memory(1 << 20)
    client = somebody(memory)
    rules = [Rule(f"rule:{number}") for number in range(100)]
    gone = weakref.WeakSet(rules)
    for number in range(100):
        remembered = entry(client, bytes(20), 1e9, rules.pop())
        memory.keep(client, b"%02d" % number, remembered)
    del client, remembered
    memory.forget()
    client = somebody(memory)
    for number in range(51):
        memory.keep(client, b"%02d" % number, entry(client, bytes(20), 1e9))
    assert not gone


def test_forgetting() -> None:
    memory = Memory(1 << 20)
    client = somebody(memory)
    memory.keep(client, b"q", entry(client, b"tail", 1e9))
    memory.forget()
    assert memory.recall(b"\0\0q", "192.168.1.7", 1.0) is None
