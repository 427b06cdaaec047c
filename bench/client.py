"""Our own small DNS client: one question built, one answer waited for, and many questions paced and timed."""

import contextlib
import select
import socket
import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from bench.process import BenchError
from filterdns import dname

KINDS = {"A": 1, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "HTTPS": 65, "ANY": 255}
_SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>; the socket module does not name it
_TIMESPEC = struct.Struct("@ll")
_HEADER = struct.Struct("!HHHHHH")
_OPT = b"\x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00"  # EDNS, 1232 octets
_WINDOW = 1 << 16


@dataclass(frozen=True)
class Latencies:
    """Of a paced run: how many were asked and answered, and the times of the answered, sorted, in milliseconds."""

    asked: int
    times: tuple[float, ...]
    opened: int = 0  # answers that end with the address that is looked for

    @property
    def lost(self) -> int:
        """Questions without an answer."""
        return self.asked - len(self.times)

    def percentile(self, share: float) -> float:
        """The time within which this share (0..1) of the answered ones came."""
        return self.times[min(len(self.times) - 1, int(share * len(self.times)))] if self.times else float("nan")


def question(name: str, kind: str = "A", number: int = 0, *, edns: bool = False) -> bytes:
    """A query in wire form (RFC 1035 section 4.1, RFC 6891 section 6.1)."""
    header = _HEADER.pack(number, 0x0100, 1, 0, 0, int(edns))
    return header + dname.from_text(name) + struct.pack("!HH", KINDS[kind], 1) + (_OPT if edns else b"")


def ask(port: int, name: str, *, source: str = "127.0.0.1", patience: float = 1.0) -> bytes | None:
    """One A question by UDP -> the answer, or None in time."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.connect(("127.0.0.1", port))
        sock.settimeout(patience)
        number = time.monotonic_ns() & 0xFFFF
        with contextlib.suppress(OSError):
            sock.send(question(name, number=number))
            answer = sock.recv(4096)
            if answer[:2] == struct.pack("!H", number):
                return answer
    return None


def address_in(answer: bytes | None) -> str | None:
    """The IPv4 address at the end of a short answer's first record, None without one."""
    if answer is None or len(answer) < 12 or answer[6:8] == b"\x00\x00":
        return None
    at = answer.find(b"\x00\x01\x00\x01", answer.index(b"\x00\x00\x01\x00\x01", 12) + 5)  # TYPE A, CLASS IN
    return socket.inet_ntoa(answer[at + 10 : at + 14]) if at > 0 else None


def wait_for(port: int, name: str, expect: str, source: str = "127.0.0.1", *, limit: float) -> float:
    """Ask every few milliseconds until the right answer comes -> seconds it took. Raises BenchError."""
    began = time.perf_counter()
    got = None
    while (spent := time.perf_counter() - began) < limit:
        asked = time.perf_counter()
        got = address_in(ask(port, name, source=source, patience=0.2))
        if got == expect:
            return time.perf_counter() - began
        time.sleep(max(0.0, 0.005 - (time.perf_counter() - asked)))
    raise BenchError(f"after {spent:.0f} s the answer for {name} is {got or 'none'}, not {expect}")


def paced(  # noqa: PLR0913, PLR0917 - where, what and how fast
    port: int, sources: Sequence[str], lines: Sequence[str], rate: int, seconds: float, look_for: bytes = b""
) -> Latencies:
    """Ask "name TYPE" lines at an even rate, from each source in turn; arrival is the kernel's own time stamp.

    Answers that end with `look_for`, the octets of an address, are counted.
    """
    with contextlib.ExitStack() as held:
        socks = [held.enter_context(_stamped(source, port)) for source in sources]
        return _pace(socks, lines, rate, int(rate * seconds), look_for)


def _pace(socks: Sequence[socket.socket], lines: Sequence[str], rate: int, many: int, look_for: bytes) -> Latencies:
    """It sleeps between questions: the stub upstream, on the same processor, is to answer when it is asked."""
    words = (line.split() for line in islice(cycle(lines), many))
    asked = [question(name, kind, at % _WINDOW) for at, (name, kind) in enumerate(words)]
    turns = cycle(socks)
    sent: dict[int, int] = {}  # query number -> nanoseconds; a late answer to a number used again is not counted
    times: list[float] = []
    ends: list[bytes] = []
    gap = 1 / rate
    due = time.perf_counter()
    for at, (query, sock) in enumerate(zip(asked, turns, strict=False)):
        while (left := due - time.perf_counter()) > 0:
            _collect(select.select(socks, [], [], left)[0], sent, times, ends)
        sent[at % _WINDOW] = time.clock_gettime_ns(time.CLOCK_REALTIME)
        with contextlib.suppress(OSError):
            sock.send(query)
        due += gap
    until = time.perf_counter() + 2
    while sent and (left := until - time.perf_counter()) > 0:
        _collect(select.select(socks, [], [], left)[0], sent, times, ends)
    return Latencies(many, tuple(sorted(times)), ends.count(look_for) if look_for else 0)


def _collect(ready: Sequence[socket.socket], sent: dict[int, int], times: list[float], ends: list[bytes]) -> None:
    for sock in ready:
        with contextlib.suppress(OSError):
            while True:
                data, extra, _, _ = sock.recvmsg(4096, 64)
                seconds, nanos = _TIMESPEC.unpack(extra[0][2][: _TIMESPEC.size])
                began = sent.pop(int.from_bytes(data[:2]), None)
                if began is not None:
                    ends.append(data[-4:])
                    times.append((seconds * 1_000_000_000 + nanos - began) / 1e6)


def _stamped(source: str, port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
    sock.bind((source, 0))
    sock.connect(("127.0.0.1", port))
    sock.setblocking(False)  # noqa: FBT003 - the socket module takes it by place only
    return sock
