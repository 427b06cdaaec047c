"""One worker: the sockets, the clocks, the swap, the spool around the pure resolver."""

import _thread
import gc
import os
import signal
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from filterdns.clock import Zone, is_plausible
from filterdns.dns.clients import Clients
from filterdns.dns.lastgood import LastGood
from filterdns.dns.loop import Loop
from filterdns.dns.memory import Asked
from filterdns.dns.message import Answer
from filterdns.dns.published import Published
from filterdns.dns.resolver import Groups, Resolver
from filterdns.dns.spool import Spool
from filterdns.dns.tcp import TcpServer
from filterdns.dns.udp import Sender, UdpServer, give
from filterdns.dns.upstream import Upstreams
from filterdns.dns.waiting import Forward, Now, Snapshot
from filterdns.dns.wire import failure
from filterdns.policy.unknown_time import for_unknown_time

TICK = 0.25
"""Seconds between looks at the published files, the upstreams' deadlines and the clocks."""
RECHECK_EVERY = 2.0
"""Seconds after which an address that became another device's is noticed."""
REPORT_EVERY = 5.0
"""Seconds between what goes to the spool and the status file."""
SPOOL_AT_ONCE = 128
"""Lines written at each look, so that nobody waits for long."""
SWITCH = 0.0005
"""Seconds for which the thread that verifies newer files may keep the interpreter from the one that answers."""
COLLECT_EVERY = 600.0
"""Seconds between looks for reference cycles, which walk over thousands of objects: nothing here makes any."""
MOST_FAULTS = 20
CLOCK_GRAIN = 0.001
"""Seconds for which one reading of the clocks serves a burst of answers."""
CLOCK_STEP = 0.5
"""Seconds by which the wall clock must jump for every remembered verdict to be forgotten."""
CLOCK_IS_WRONG = "the clock says {}: until it is set, hours keep nobody off and let nobody on; all other rules hold"
CLOCK_IS_SET = "the clock is set; hours are in force"


class Settings(NamedTuple):
    """What a worker needs of the configuration."""

    number: int
    state: Path
    groups: list[list[str]]  # upstream URLs by group
    serving: Groups
    clients: list[str]
    cache_bytes: int


class Worker:
    """Everything of one process; `run` returns when it is told to stop."""

    def __init__(
        self,
        settings: Settings,
        udp: list[socket.socket],
        tcp: list[socket.socket],
        published: Published,
        first: Snapshot,
    ) -> None:
        self._settings = settings
        self._udp = udp
        self._tcp = tcp
        self._published = published.quiet()
        self._snapshot = first
        self._resolver = Resolver(first, settings.serving, settings.cache_bytes)
        self._knows_time = True
        self._recheck_at = self._report_at = self._collect_at = 0.0
        self._clients = Clients(settings.clients)
        self._spool = Spool(settings.state / "run", settings.number)
        self._is_loading = False
        self._loaded = os.eventfd(0, os.EFD_CLOEXEC)  # tells the loop that newer files were looked at
        self._newer = first
        self._faults: set[str] = set()
        self._outbox: list[tuple[Sender, bytes]] = []
        self._lines: dict[Asked, int] = {}  # what was asked, on its way to the spool
        self._started = time.time()
        self._answers: Counter[tuple[bool, str]] = Counter()  # is it blocked, and why
        self._step = time.time() - time.monotonic()
        self._now: Now
        self._zone: Zone
        self._last_good = LastGood(settings.state / "published", settings.number)
        self._obey(first)
        self._resolver.safe_forms.remember(self._last_good.read())
        self._loop = Loop(self._flush, self._say_fault)
        self._upstreams = Upstreams(settings.groups, self._answered, self._loop)
        self._streams = TcpServer(self._ask_stream, self._loop)

    def run(self) -> None:
        """Serve until SIGTERM or until the parent is gone."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        datagrams = UdpServer(self._resolver, self._ask, self._read_clocks)
        for sock in self._udp:
            datagrams.listen(sock, self._loop)
        for sock in self._tcp:
            self._streams.listen(sock)
        self._loop.watch(self._loaded, self._take_newer)
        self._parent = os.getppid()
        gc.disable()
        sys.setswitchinterval(SWITCH)
        self._loop.later(0, self._tick)
        self._loop.run()
        self._streams.close()
        self._upstreams.close()
        while self._resolver.settle():
            pass
        self._write_lines([*self._lines.items(), *self._resolver.take_asked().items()])
        self._lines = {}
        self._report()

    def _told_to_stop(self, _number: int, _frame: object) -> None:
        self._loop.stop()

    def _tick(self) -> None:
        """A few times a second: deadlines, a stepped clock, newer published files, the spool, our own garbage."""
        self._loop.later(TICK, self._tick)
        if os.getppid() != self._parent:
            self._loop.stop()
            return
        now = self._read_clocks()
        self._upstreams.expire(now.mono)
        self._streams.expire(now.mono)
        if abs(now.epoch - now.mono - self._step) > CLOCK_STEP:
            self._step = now.epoch - now.mono
            self._obey(self._snapshot)
        if self._published.has_changed() and not self._is_loading:
            self._is_loading = True
            _thread.start_new_thread(self._load, ())
        if now.mono >= self._recheck_at:
            for host in self._clients.changed(self._resolver.memory.clients, now.mono):
                self._resolver.memory.forget_client(host)
            self._recheck_at = now.mono + RECHECK_EVERY
        if now.mono >= self._report_at:
            self._report()
            self._report_at = now.mono + REPORT_EVERY
        elif self._lines:
            self._write_spool()
        if now.mono >= self._collect_at:
            gc.collect()
            self._collect_at = now.mono + COLLECT_EVERY

    def _ask(self, packet: bytes, host: str, sender: Sender, now: Now, *, stream: bool = False) -> bytes | None:
        """A question that is not remembered: who asks, then the resolver; None: later, or never."""
        resolver = self._resolver
        known = resolver.memory.clients
        client = known.get(host)
        if client is None:
            if host in known:
                return None
            client = self._clients.identify(known, host, resolver.snapshot.policy, now.mono)
            if client is None:
                return None
        try:
            result = resolver.receive_query(packet, client, sender, now, stream=stream)
        except Exception as error:  # noqa: BLE001 - the fault of one query is that query's alone
            return self._failed(packet, error)
        if isinstance(result, Forward):
            self._upstreams.ask(result, now.mono)
            return None
        return result

    def _ask_stream(self, packet: bytes, host: str, send: Callable[[bytes], None]) -> None:
        """The same for TCP; the reply goes to `send`."""
        reply = self._ask(packet, host, (_to_stream, send), self._read_clocks(), stream=True)
        if reply is not None:
            send(reply)

    def _answered(self, forward: Forward, answer: Answer | None, mono: float) -> None:
        now = self._now if mono - self._now.mono < CLOCK_GRAIN else self._read_clocks()
        for waiter in self._resolver.receive_answer(forward, answer, now):
            try:
                reply: bytes | Forward | None = self._resolver.reply_to(waiter, forward, answer, now)
            except Exception as error:  # noqa: BLE001 - as above
                reply = self._failed(waiter.packet, error)
            if isinstance(reply, Forward):
                self._upstreams.ask(reply, now.mono)
            elif reply is not None:
                self._outbox.append((waiter.sender, reply))

    def _failed(self, packet: bytes, error: Exception) -> bytes:
        """SERVFAIL: what cannot be decided is not let through."""
        self._say_fault(error)
        return failure(packet)

    def _say_fault(self, error: Exception) -> None:
        """Each kind is said once."""
        fault = f"{type(error).__name__}: {error}"
        if fault not in self._faults and len(self._faults) < MOST_FAULTS:
            self._faults.add(fault)
            say(f"a fault of the program, whoever asked gets SERVFAIL or nothing: {fault} (at {_place(error)})")

    def _flush(self) -> None:
        """Send what has gathered: questions to upstreams, replies to clients; then remember it, and count a little."""
        self._upstreams.flush(self._now.mono)
        outbox, self._outbox = self._outbox, []
        for (send, peer), reply in outbox:
            give(send, peer, reply)
        self._resolver.settle()

    def _read_clocks(self) -> Now:
        """One reading of both clocks; the household's moment is made once a second."""
        mono, epoch = time.monotonic(), time.time()
        moment = self._now.moment
        if int(epoch) != moment.epoch:
            moment = self._zone.moment(epoch)
        self._now = Now(mono, epoch, moment)
        return self._now

    def _load(self) -> None:
        """Verify newer files, in a thread of its own."""
        try:
            self._newer = self._published.newer(self._snapshot)
        finally:
            os.eventfd_write(self._loaded, 1)

    def _take_newer(self, _handle: int, _events: int) -> None:
        """Swap one reference, if newer files stood their test."""
        os.eventfd_read(self._loaded)
        self._is_loading = False
        if self._newer is not self._snapshot:
            self._obey(self._newer)
            self._report()

    def _obey(self, snapshot: Snapshot) -> None:
        """Put a snapshot in force, without its hours while the clock cannot be right."""
        self._snapshot = snapshot
        self._zone = Zone(snapshot.policy.timezone)
        epoch = time.time()
        self._now = Now(time.monotonic(), epoch, self._zone.moment(epoch))
        if is_plausible(epoch) != self._knows_time:
            self._knows_time = not self._knows_time
            if self._settings.number == 0:
                year = time.strftime("%Y", time.gmtime(epoch))
                say(CLOCK_IS_SET if self._knows_time else CLOCK_IS_WRONG.format(year))
        if not self._knows_time:
            snapshot = Snapshot(for_unknown_time(snapshot.policy), snapshot.table)
        self._resolver.swap(snapshot)

    def _write_spool(self) -> None:
        """Write some of what was asked; the rest has to wait."""
        lines = self._lines
        self._write_lines([lines.popitem() for _ in range(min(len(lines), SPOOL_AT_ONCE))])

    def _write_lines(self, some: list[tuple[Asked, int]]) -> None:
        for line, times in some:
            self._answers[line[3], line[4]] += times
        self._spool.write(some, self._now.epoch)

    def _report(self) -> None:
        """Take what was asked, for the spool, and leave the state of this worker in its status file."""
        resolver = self._resolver
        if not self._lines and (asked := resolver.take_asked()):
            self._lines = asked
            self._write_spool()
        self._spool.close(self._now.epoch)
        self._last_good.write(resolver.safe_forms.good, self._now.mono)
        policy, table = resolver.snapshot.policy, resolver.snapshot.table
        self._spool.status(
            {
                "pid": os.getpid(),
                "worker": self._settings.number,
                "started": int(self._started),
                "revision": policy.revision,
                "names": table.names,
                "table": table.inputs,
                "queries": self._answers.total(),
                "blocked": sum(times for (is_blocked, _), times in self._answers.items() if is_blocked),
                "answers": [[*answer, times] for answer, times in self._answers.items()],
                "not_logged": self._spool.dropped + resolver.tally.dropped,
                "clock_plausible": self._knows_time,
                "upstreams": [
                    {
                        "server": server.name,
                        "milliseconds": round(server.rtt * 1000, 1),
                        "answered": server.answered,
                        "failed": server.failed,
                        "down": server.down_until > self._now.mono,
                    }
                    for server in self._upstreams.servers
                ],
            }
        )


def say(text: str) -> None:
    """One line for whoever reads the log."""
    sys.stderr.write(f"filterdns: {text}\n")
    sys.stderr.flush()


def _place(error: Exception) -> str:
    """Where an exception came from: file and line."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else "?"


def _to_stream(reply: bytes, send: Callable[[bytes], None]) -> None:
    send(reply)
