import asyncio
import os
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from filterdns.dname import from_text
from filterdns.dns import tcp_upstream
from filterdns.dns.loop import Loop
from filterdns.dns.message import Answer
from filterdns.dns.noise import LOWEST_PORT
from filterdns.dns.resolver import Forward
from filterdns.dns.upstream import ATTEMPT, ATTEMPTS, TCP_ATTEMPT, Upstreams
from tests.dns.packets import record
from tests.dns.stub import TALK, Say, a_loop, honest, nobody, say_honest, say_nothing, settle, stub

WWW = from_text("www.example.org")
END = len(WWW) + 16
GOOD = [b"\xc0\x00\x02\x01"]


class Way:
    """One group of servers, and questions that are waited for."""

    def __init__(self, loop: Loop, *urls: str) -> None:
        self.out: dict[bytes, asyncio.Future[Answer | None]] = {}
        self.ways = Upstreams([list(urls)], self._done, loop)

    def start(self, qname: bytes = WWW, now: float | None = None) -> "asyncio.Future[Answer | None]":
        key = os.urandom(8)
        self.out[key] = answer = asyncio.get_running_loop().create_future()
        now = monotonic() if now is None else now
        self.ways.ask(Forward(key, 0, qname, 1, do=False, cd=False), now)
        self.ways.flush(now)
        return answer

    async def ask(self, qname: bytes = WWW) -> Answer | None:
        async with asyncio.timeout(TALK):
            return await self.start(qname)

    def expire(self, now: float) -> None:
        self.ways.expire(now)
        self.ways.flush(now)

    def _done(self, forward: Forward, answer: Answer | None, _: float) -> None:
        self.out.pop(forward.key).set_result(answer)  # a second call for one question fails here


@asynccontextmanager
async def way(*urls: str) -> AsyncIterator[Way]:
    with a_loop(lambda: made.ways.flush(monotonic())) as loop:
        made = Way(loop, *urls)
        try:
            yield made
        finally:
            made.ways.close()
            await settle()


def udp(port: int) -> str:
    return f"udp://127.0.0.1:{port}"


def tcp(port: int) -> str:
    return f"tcp://127.0.0.1:{port}"


def run(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run a test's story; whatever the loop would log as an error fails it."""
    faults: list[dict[str, Any]] = []

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
        await test()

    try:
        asyncio.run(story())
    finally:
        assert faults == []


def test_honest() -> None:
    async def story() -> None:
        async with stub() as server, way(udp(server.port)) as out:
            answer = await out.ask()
            assert answer is not None
            assert (answer.addresses, answer.lifetime) == (GOOD, 300)
            assert (len(server.by_udp), len(server.by_tcp)) == (1, 0)

    run(story)


def flags(query: bytes, high: int, low: int, counts: bytes = b"\x00\x01\x00\x00\x00\x00\x00\x00") -> bytes:
    return query[:2] + bytes((high, low)) + counts + query[12:END]


def one_record(query: bytes, data: bytes) -> bytes:
    return query[:2] + b"\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00" + query[12:END] + data


HOSTILE = {
    "honest": honest,
    "wrong id": lambda query: bytes((query[0] ^ 1,)) + honest(query)[1:],
    "another name": lambda query: honest(query[:12] + b"\x03wwx" + query[16:]),
    "another type": lambda query: honest(query[: END - 3] + b"\x1c" + query[END - 2 :]),
    "another class": lambda query: honest(query[: END - 1] + b"\x03" + query[END:]),
    "another letter case": lambda query: honest(query[:12] + query[12 : END - 4].swapcase() + query[END - 4 :]),
    "a query": lambda query: query,
    "opcode NOTIFY": lambda query: flags(query, 0xA1, 0x80),
    "no question": lambda query: query[:2] + b"\x81\x80" + bytes(8),
    "two questions": lambda query: flags(query, 0x81, 0x80, b"\x00\x02\x00\x00\x00\x00\x00\x00") + query[12:END],
    "no question, SERVFAIL": lambda query: query[:2] + b"\x81\x82" + bytes(8),
    "cut in the header": lambda query: honest(query)[:7],
    "cut in the question": lambda query: honest(query)[: END - 2],
    "cut in a record": lambda query: honest(query)[:-1],
    "garbage": lambda query: query[:2] + b"\xff" * 40,
    "the id alone": lambda query: query[:2],
    "empty": lambda _: b"",
    "above what we take": lambda query: honest(query) + bytes(1300),
    "class CH in a record": lambda query: one_record(query, record(1, b"\x06\x06\x06\x06", klass=3)),
    "off the chain": lambda query: one_record(query, record(1, b"\x06\x06\x06\x06", owner=b"\x04evil\x00")),
    "pointer loop": lambda query: one_record(query, record(1, bytes(4), owner=(0xC000 | END).to_bytes(2, "big"))),
    "more records than there are": lambda query: flags(query, 0x81, 0x80, b"\x00\x01\x00\x05\x00\x00\x00\x00"),
    "truncated, empty": lambda query: flags(query, 0x83, 0x80),
    "truncated, with a record": lambda query: one_record(query, record(1, b"\x06\x06\x06\x06")).replace(
        b"\x81\x80", b"\x83\x80", 1
    ),
}
OVER_TCP = {"wrong id", "empty", "above what we take", "truncated, empty", "truncated, with a record"}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_reply_comes_first(kind: str) -> None:
    async def story() -> None:
        def say(query: bytes) -> list[tuple[float, bytes]]:
            return [(0, HOSTILE[kind](query)), (0.05, honest(query))]

        async with stub(say) as server, way(udp(server.port)) as out:
            answer = await out.ask()
            assert answer is not None
            assert (answer.rcode, answer.addresses) == (0, GOOD)
            assert (len(server.by_udp), len(server.by_tcp)) == (1, int(kind in OVER_TCP))

    run(story)


def test_after_a_wrong_id_no_datagram_counts() -> None:
    async def story() -> None:
        def spray(query: bytes) -> list[tuple[float, bytes]]:
            return [
                (0, bytes((query[0] ^ bit,)) + honest(query)[1:].replace(GOOD[0], b"\x06" * 4)) for bit in (1, 2, 4)
            ] + [(0, honest(query).replace(GOOD[0], b"\x06" * 4))]

        async with stub(spray) as server, way(udp(server.port)) as out:
            for _ in range(20):
                answer = await out.ask()
                assert answer is not None
                assert answer.addresses == GOOD
            assert (len(server.by_udp), len(server.by_tcp)) == (20, 20)
            assert {query[12:14] for query in server.by_tcp} <= {b"\x03w", b"\x03W"}
            assert server.connections == 1

    run(story)


@pytest.mark.parametrize("rcode", [1, 2, 4, 5])
def test_a_failure_moves_on_at_once(rcode: int) -> None:
    async def story() -> None:
        def fail(query: bytes) -> list[tuple[float, bytes]]:
            return [(0, flags(query, 0x81, 0x80 | rcode))]

        async with stub(fail) as bad, stub() as good, way(udp(bad.port), udp(good.port)) as out:
            answer = await out.ask()  # nobody calls expire: only the reply itself can have moved it on
            assert answer is not None
            assert (answer.addresses, len(bad.by_udp), len(good.by_udp)) == (GOOD, 1, 1)

    run(story)


def test_servers_that_refuse_are_not_asked_first_again() -> None:
    async def story() -> None:
        def fail(query: bytes) -> list[tuple[float, bytes]]:
            return [(0, flags(query, 0x81, 0x85))]

        async with stub(fail) as bad, stub() as good, way(udp(bad.port), udp(good.port)) as out:
            for _ in range(20):
                assert await out.ask() is not None
            assert len(bad.by_udp) == 1

    run(story)


def test_all_fail() -> None:
    async def story() -> None:
        async with stub(lambda query: [(0, flags(query, 0x81, 0x82))]) as bad, way(udp(bad.port)) as out:
            assert await out.ask() is None
            assert len(bad.by_udp) == ATTEMPTS

    run(story)


@pytest.mark.parametrize("rcode", [0, 3])
def test_negative_answers_are_answers(rcode: int) -> None:
    async def story() -> None:
        async with stub(lambda query: [(0, flags(query, 0x81, 0x80 | rcode))]) as server, way(udp(server.port)) as out:
            answer = await out.ask()
            assert answer is not None
            assert (answer.rcode, answer.addresses, answer.lifetime) == (rcode, [], 0)

    run(story)


def test_a_silent_server_costs_one_attempt() -> None:
    async def story() -> None:
        async with stub(say_nothing) as silent, stub() as good, way(udp(silent.port), udp(good.port)) as out:
            now = monotonic()
            asked = out.start(now=now)
            await silent.asked(1)
            out.expire(now + ATTEMPT - 0.01)
            assert (asked.done(), good.by_udp) == (False, [])
            out.expire(now + ATTEMPT)
            async with asyncio.timeout(TALK):
                answer = await asked
            assert answer is not None
            assert (answer.addresses, len(good.by_udp)) == (GOOD, 1)
            for _ in range(30):  # it is not asked first again
                assert await out.ask() is not None
            assert (len(silent.by_udp), len(good.by_udp)) == (1, 31)

    run(story)


def test_the_first_server_may_still_answer_while_the_second_is_asked() -> None:
    async def story() -> None:
        late: list[bytes] = []

        def say_later(query: bytes) -> list[tuple[float, bytes]]:
            late.append(query)
            return [(0.05, honest(query))]

        async with stub(say_later) as first, stub(say_nothing) as second, way(udp(first.port), udp(second.port)) as out:
            now = monotonic()
            asked = out.start(now=now)
            out.expire(now + ATTEMPT)
            async with asyncio.timeout(TALK):
                assert await asked is not None
            assert (len(first.by_udp), len(second.by_udp)) == (1, 1)

    run(story)


def test_all_are_silent() -> None:
    async def story() -> None:
        async with stub(say_nothing) as one, stub(say_nothing) as other, way(udp(one.port), udp(other.port)) as out:
            now = monotonic()
            asked = out.start(now=now)
            for attempt in range(1, ATTEMPTS + 1):
                assert not asked.done()
                out.expire(now + attempt * (ATTEMPT + 0.001))
            assert asked.done()
            assert asked.result() is None
            await one.asked(1)
            await other.asked(1)

    run(story)


def test_nobody_listens_there() -> None:
    async def story() -> None:
        async with stub() as good, way(udp(nobody()), udp(good.port)) as out:
            for _ in range(10):  # nobody calls expire: the ICMP error moves it on
                answer = await out.ask()
                assert answer is not None
                assert answer.addresses == GOOD
        async with way(udp(nobody())) as out:
            assert await out.ask() is None

    run(story)


def test_no_way_to_any_server() -> None:
    async def story() -> None:
        async with way("udp://255.255.255.255:53") as out:
            assert await out.ask() is None

    run(story)


def test_ports_ids_and_letters_are_random() -> None:
    async def story() -> None:
        async with stub() as server, way(udp(server.port)) as out:
            for _ in range(1000):
                assert await out.ask() is not None
            ports = [port for port, _ in server.by_udp]
            # Open ports differ; of those closed and opened anew, more than three twins in sixty come by no chance.
            assert min(len(set(ports[at : at + 60])) for at in range(len(ports) - 60)) >= 57
            assert len(set(ports)) >= 300
            assert min(ports) >= LOWEST_PORT
            assert max(ports) - min(ports) > 40_000
            assert len({query[:2] for _, query in server.by_udp}) >= 970
            spelled = b"".join(query[12 : END - 4] for _, query in server.by_udp)
            letters = [octet for octet in spelled if chr(octet).isalpha()]
            assert sum(chr(octet).isupper() for octet in letters) / len(letters) == pytest.approx(0.5, abs=0.02)
            assert len({query[12:END] for _, query in server.by_udp}) > 900
            assert {query[END:] for _, query in server.by_udp} == {b"\x00\x00\x29\x04\xd0" + bytes(6)}

    run(story)


def test_many_at_once_and_a_late_duplicate_harms_nobody() -> None:
    async def story() -> None:
        def twice(query: bytes) -> list[tuple[float, bytes]]:
            return [(0, honest(query)), (0.001, honest(query))]

        async with stub(twice) as server, way(udp(server.port)) as out:
            for _ in range(3):
                names = [from_text(f"n{number}.example.org") for number in range(200)]
                answers = await asyncio.gather(*(out.ask(name) for name in names))
                assert all(answer is not None and answer.addresses == GOOD for answer in answers)
            assert len(server.by_udp) >= 600

    run(story)


def test_questions_over_tcp_share_a_connection_and_are_answered_in_any_order() -> None:
    async def story() -> None:
        held: list[bytes] = []

        def backwards(query: bytes) -> list[tuple[float, bytes]]:
            held.append(query)
            return [(0, honest(each)) for each in reversed(held)] if len(held) == 20 else []

        async with stub(tcp=backwards) as server, way(tcp(server.port)) as out:
            names = [from_text(f"n{number}.example.org") for number in range(20)]
            answers = await asyncio.gather(*(out.ask(name) for name in names))
            assert all(answer is not None and answer.addresses == GOOD for answer in answers)
            assert (server.connections, len(server.by_tcp), server.by_udp) == (1, 20, [])
            assert len({query[:2] for query in server.by_tcp}) == 20

    run(story)


def test_a_connection_is_renewed_after_its_share() -> None:
    async def story() -> None:
        async with stub() as server, way(tcp(server.port)) as out:
            for _ in range(2 * tcp_upstream.MOST_PIPELINED + 1):
                assert await out.ask() is not None
            assert server.connections == 3

    run(story)


def test_a_server_that_hangs_up_after_each_answer() -> None:
    async def story() -> None:
        async with stub(most_per_connection=1) as server, way(tcp(server.port)) as out:
            for _ in range(10):
                answer = await out.ask()
                assert answer is not None
                assert answer.addresses == GOOD
            assert 10 <= server.connections <= 20

    run(story)


@pytest.mark.parametrize(
    "say",
    [
        lambda query: [(0, flags(query, 0x83, 0x80))],
        lambda query: [(0, flags(query, 0x81, 0x82))],
        lambda query: [(0, honest(query)[:-1])],
        lambda query: [(0, honest(query[:12] + b"\x03wwx" + query[16:]))],
    ],
    ids=["truncated again", "SERVFAIL", "cut short", "another name"],
)
def test_no_use_over_tcp_either(say: Say) -> None:
    async def story() -> None:
        async with stub(lambda query: [(0, flags(query, 0x83, 0x80))], say) as server, way(udp(server.port)) as out:
            assert await out.ask() is None
            assert (len(server.by_udp), len(server.by_tcp)) == (1, ATTEMPTS)
            assert server.connections <= ATTEMPTS

    run(story)


def test_a_server_that_always_hangs_up() -> None:
    async def story() -> None:
        async with stub(most_per_connection=0) as server, way(tcp(server.port)) as out:
            assert await out.ask() is None
            assert server.connections <= ATTEMPTS

    run(story)


def test_another_server_takes_over_by_tcp() -> None:
    async def story() -> None:
        async with stub() as good, way(tcp(nobody()), tcp(good.port)) as out:
            answer = await out.ask()
            assert answer is not None
            assert (answer.addresses, len(good.by_tcp)) == (GOOD, 1)

    run(story)


def test_a_connection_on_which_nothing_comes_is_given_up() -> None:
    async def story() -> None:
        says = [say_nothing, say_honest]

        def take_turns(query: bytes) -> list[tuple[float, bytes]]:
            return says.pop(0)(query)

        async with stub(tcp=take_turns) as server, way(tcp(server.port)) as out:
            now = monotonic()
            asked = out.start(now=now)
            await server.asked(1)
            out.expire(now + TCP_ATTEMPT - 0.01)
            assert (asked.done(), server.connections) == (False, 1)
            out.expire(now + TCP_ATTEMPT)
            async with asyncio.timeout(TALK):
                answer = await asked
            assert answer is not None
            assert (answer.addresses, server.connections) == (GOOD, 2)

    run(story)


def test_a_connection_that_others_are_answered_on_stays() -> None:
    async def story() -> None:
        silent = from_text("silent.example.org")

        def say(query: bytes) -> list[tuple[float, bytes]]:
            return [] if b"silent" in query.lower() else say_honest(query)

        async with stub(tcp=say) as server, way(tcp(server.port)) as out:
            now = monotonic()
            asked = out.start(silent, now)
            await server.asked(1)
            assert await out.ask() is not None
            for attempt in range(1, ATTEMPTS + 1):
                assert not asked.done()
                out.expire(now + attempt * (TCP_ATTEMPT + 0.001))
                assert await out.ask() is not None
            assert asked.result() is None
            assert server.connections == 1

    run(story)


def test_an_idle_connection_is_closed() -> None:
    async def story() -> None:
        async with stub() as server, way(tcp(server.port)) as out:
            for connections, later in ((1, tcp_upstream.IDLE - 1), (1, tcp_upstream.IDLE), (2, 0)):
                assert await out.ask() is not None
                assert server.connections == connections
                out.expire(monotonic() + later)

    run(story)


def test_a_connection_that_does_not_open_is_given_up() -> None:
    async def story() -> None:
        with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as held:
            for _ in range(3):  # nobody takes them, so the kernel lets no other connection open
                waits = held.enter_context(socket.socket())
                waits.setblocking(False)  # noqa: FBT003 - its only form
                waits.connect_ex(full.getsockname())
            async with way(tcp(full.getsockname()[1])) as out:
                asked = [out.start() for _ in range(5)]
                for _ in range(ATTEMPTS):
                    assert not any(each.done() for each in asked)
                    out.expire(monotonic() + tcp_upstream.OPENING)
                assert [each.result() for each in asked] == [None] * 5

    run(story)


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_what_is_open_at_the_end_is_closed() -> None:
    async def story() -> None:
        before = open_files()
        async with stub(say_nothing, say_nothing) as server, way(udp(server.port), tcp(server.port)) as out:
            for _ in range(10):
                out.start()
            await server.asked(10)
        await asyncio.sleep(0)
        for _ in range(1000):
            if open_files() <= before:
                return
            await asyncio.sleep(0.005)
        assert open_files() <= before

    run(story)
