"""`python -m bench.mutate`: broken queries by the million against a running FilterDNS, a sound one in every thousand.

Fails when a sound one is not answered, when the program ends, grows by more than 5 MB or logs a traceback.
"""

import argparse
import random
import socket
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import client, home, process
from bench.names import SEED
from bench.own import running

BURST = 50
PROBE_EVERY = 1000
RATE = 5000  # queries a second
GROWTH_LIMIT = 5.0  # MB

_NAMES = (
    *("example.com", "www.example.org", "a.b.c.d.e.f.example.net", "xn--bcher-kva.example", "wikipedia.org"),
    *("google.com", "youtube.com", "1.0.168.192.in-addr.arpa", "use-application-dns.net", "_dns.resolver.arpa"),
    ".".join(["x" * 60] * 4),
)
_OPTIONS = (
    struct.pack("!HHHBB4s", 8, 8, 1, 32, 0, bytes(4)),  # client subnet (RFC 7871)
    struct.pack("!HH8s", 10, 8, bytes(range(8))),  # cookie (RFC 7873)
    struct.pack("!HH32s", 12, 32, bytes(32)),  # padding (RFC 7830)
)
_ODD_OCTETS = (0x00, 0x01, 0x3F, 0x40, 0x7F, 0x80, 0xBF, 0xC0, 0xC1, 0xFF)


@dataclass(frozen=True)
class Outcome:
    """What the probes saw."""

    probes: int
    answered: int
    slowest: float  # seconds


def seeds() -> list[bytes]:
    """Sound queries of all kinds, with and without EDNS and its options."""
    plain = [client.question(name, kind, 7) for name in _NAMES for kind in client.KINDS]
    edns = [client.question(name, "A", 7, edns=True) for name in _NAMES]
    options = [query[:-2] + struct.pack("!H", len(option)) + option for query in edns for option in _OPTIONS]
    return plain + edns + options


def mutated(query: bytes, other: bytes, dice: random.Random) -> bytes:
    """One to four changes to a query: octets, lengths, counts, ends, pieces of another."""
    data = bytearray(query)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(data)) if data else 0
        dice.choice(_CHANGES)(data, at, other, dice)
    return bytes(data[:4096])


def send(port: int, many: int, rate: int = RATE) -> Outcome:
    """Send mutated queries in bursts at an even rate, probing in between."""
    dice = random.Random(SEED)
    sound = seeds()
    times: list[float | None] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((home.CHILD_ADDRESS, 0))
        sock.setblocking(False)  # noqa: FBT003 - the socket module takes it by place only
        due = time.perf_counter()
        for at in range(many):
            _send_one(sock, mutated(dice.choice(sound), dice.choice(sound), dice), port)
            if at % BURST == BURST - 1:
                _drain(sock)
                due += BURST / rate
                time.sleep(max(0.0, due - time.perf_counter()))
            if at % PROBE_EVERY == PROBE_EVERY - 1:
                times.append(_probe(port))
    answered = [spent for spent in times if spent is not None]
    return Outcome(len(times), len(answered), max(answered, default=0.0))


def main() -> None:
    """Start FilterDNS with its stub, or use the one at --port; one line, exit code 1 on failure."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutate", description=sys.modules[__name__].__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=RATE, help="queries a second")
    parser.add_argument("--port", type=int, help="of a FilterDNS on 127.0.0.1 that runs already")
    options = parser.parse_args()
    if options.port:
        outcome, more = send(options.port, options.count, options.rate), ""
        failed = outcome.answered < outcome.probes
    else:
        try:
            outcome, more, failed = _against_our_own(options.count, options.rate)
        except process.BenchError as error:
            print(error)
            sys.exit(1)
    print(
        f"{options.count:,} mutated queries: {outcome.answered:,} of {outcome.probes:,} probes answered, "
        f"slowest after {outcome.slowest * 1000:.0f} ms{more}"
    )
    sys.exit(failed)


def _against_our_own(many: int, rate: int) -> tuple[Outcome, str, bool]:
    with (
        tempfile.TemporaryDirectory(prefix="filterdns-bench-") as folder,
        running(Path(folder), cache_mib=1) as (port, pid),
    ):
        send(port, min(many, 50_000), rate)  # fills the small cache, so that only a leak is growth
        workers = process.tree(pid)
        before = process.memory(workers).rss
        outcome = send(port, many, rate)
        alive = process.tree(pid) == workers
        growth = process.memory(workers).rss - before if alive else 0.0
        tracebacks = (Path(folder) / "log").read_text(errors="replace").count("Traceback")
    more = f", {growth:+.1f} MB, {tracebacks} tracebacks" + ("" if alive else ", a process ended")
    failed = outcome.answered < outcome.probes or not alive or growth > GROWTH_LIMIT or tracebacks > 0
    return outcome, more, failed


def _probe(port: int) -> float | None:
    """Seconds until a sound query was answered, asked a second time if need be."""
    began = time.perf_counter()
    for _ in range(2):
        if client.ask(port, "probe.example.com", source=home.ADDRESSES[0], patience=0.5):
            return time.perf_counter() - began
    return None


def _send_one(sock: socket.socket, query: bytes, port: int) -> None:
    try:
        sock.sendto(query, ("127.0.0.1", port))
    except BlockingIOError:
        _drain(sock)


def _drain(sock: socket.socket) -> None:
    try:
        for _ in range(10 * BURST):
            sock.recv(4096)
    except BlockingIOError:
        return


_Change = Callable[[bytearray, int, bytes, random.Random], None]


def _flip(data: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    if data:
        data[at] ^= 1 << dice.randrange(8)


def _odd_octet(data: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    if data:
        data[at] = dice.choice(_ODD_OCTETS)


def _cut(data: bytearray, at: int, _: bytes, __: random.Random) -> None:
    del data[at:]


def _remove(data: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    del data[at : at + dice.randint(1, 8)]


def _insert(data: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    data[at:at] = dice.randbytes(dice.randint(1, 64))


def _repeat(data: bytearray, at: int, _: bytes, dice: random.Random) -> None:
    data[at:at] = bytes(data[at : at + 40]) * dice.randint(1, 30)


def _splice(data: bytearray, at: int, other: bytes, _: random.Random) -> None:
    data[at:] = other[min(at, len(other)) :]


def _count(data: bytearray, _: int, __: bytes, dice: random.Random) -> None:
    if len(data) >= 12:
        struct.pack_into("!H", data, dice.choice((2, 4, 6, 8, 10)), dice.choice((0, 1, 2, 255, 256, 0xFFFF)))


_CHANGES: tuple[_Change, ...] = (_flip, _odd_octet, _cut, _remove, _insert, _repeat, _splice, _count)

if __name__ == "__main__":
    main()
