"""The parent of the workers: binds, opens what is published, forks, replaces the dead, runs the other programs.

`python -m filterdns.dns.prefork JSON` with the machine's configuration; it is started in an interpreter of its
own, so that workers hold nothing that only the command line needs.
"""

import contextlib
import errno
import gc
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from filterdns import renewal
from filterdns.dname import from_text
from filterdns.dns.published import Published
from filterdns.dns.resolver import Groups
from filterdns.dns.worker import Settings, Worker, say

CANNOT_RUN = 3
MOST_AUTOMATIC_WORKERS = 4
BESIDE = 10
"""Niceness of the other programs: while a page starts or hashes a password, queries go first."""
RESTART_AFTER = 1.0
"""Seconds before a program that died is started again; for a worker, since its own start."""
UPDATE_EVERY = 24 * 3600
UPDATE_AGAIN = 3600  # when it did not bring everything
UPDATE_FIRST = 20  # when the network had time to come up
UPDATE_JITTER = 0.05
"""The largest share of these that is waited more, so that not every home asks at the same minute."""
_RECEIVE_BUFFER = 1 << 20
_BACKLOG = 128


class CannotRunError(Exception):
    """Why nothing can be served, in one line."""


class Prefork:
    """Sockets are bound once, here: a dead worker's queries wait in them for the next."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._state = Path(config["state"])
        self._workers: dict[int, tuple[int, float]] = {}  # pid -> number, started (monotonic)
        self._programs: dict[int, list[str]] = {}  # pid -> argv
        self._due: list[tuple[float, int | list[str]]] = []
        self._update_at = _later(UPDATE_FIRST)
        self._asked = renewal.asked(self._state)
        self._stopping = False
        self._published = Published(self._state, say)

    def run(self) -> int:
        """Serve until told to stop; returns the exit code."""
        listen, count = without_missing_family(self._config["listen"]), self._config["workers"]
        if count == "auto":
            count = min(os.cpu_count() or 1, MOST_AUTOMATIC_WORKERS)
        try:
            self._snapshot = self._published.open()
        except (OSError, ValueError) as error:
            folder = self._state / "published"
            raise CannotRunError(f"nothing to obey in {folder}: {error}; run filterdns update") from None
        see_that_ports_are_free(listen)
        self._sockets = [bind(listen) for _ in range(count)]
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, self._stop)
        gc.collect()
        gc.freeze()
        for number in range(count):
            self._fork(number)
        for argv in self._config.get("programs", []):
            self._spawn(argv)
        for line in self._config.get("announce", []):
            sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        self._watch()
        return 0

    def _watch(self) -> None:
        """Wait for children, and start again whatever died."""
        while not self._stopping:
            now = time.monotonic()
            for _, what in [due for due in self._due if due[0] <= now]:
                self._fork(what) if isinstance(what, int) else self._spawn(what)
            self._due = [due for due in self._due if due[0] > now]
            if self._may_update() and (self._is_update_asked() or now >= self._update_at):
                self._update_at = _later(UPDATE_EVERY)
                self._run_update()
            self._reap(now)
            if self._published.has_changed():
                self._snapshot = self._published.newer(self._snapshot)
            signal.sigtimedwait([signal.SIGCHLD], 0.5)
        self._end()

    def _reap(self, now: float) -> None:
        while self._workers or self._programs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            if pid in self._workers:
                number, started = self._workers.pop(pid)
                say(f"worker {number} ended ({_how(status)}); starting another")
                self._due.append((max(now, started + RESTART_AFTER), number))
            elif pid in self._programs:
                argv = self._programs.pop(pid)
                if argv == self._config.get("update"):
                    self._update_at = _later(UPDATE_AGAIN) if status else self._update_at
                else:
                    say(f"{_verb(argv)} ended ({_how(status)}); starting it again")
                    self._due.append((now + RESTART_AFTER, argv))

    def _end(self) -> None:
        for pid in (*self._workers, *self._programs):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + 5
        left = {*self._workers, *self._programs}
        while left and time.monotonic() < deadline:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            left.discard(pid)
            if not pid:
                signal.sigtimedwait([signal.SIGCHLD], 0.1)
        for pid in left:
            os.kill(pid, signal.SIGKILL)

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _fork(self, number: int) -> None:
        self._snapshot = self._published.newer(self._snapshot)
        pid = os.fork()
        if pid:
            self._workers[pid] = number, time.monotonic()
            return
        code = 1
        try:
            self._work(number)
            code = 0
        except BaseException as error:  # noqa: BLE001 - a child must not return into the parent's loop
            say(f"worker {number}: {type(error).__name__}: {error}")
        finally:
            os._exit(code)

    def _work(self, number: int) -> None:
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(signum, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGCHLD])
        for other, (udp, tcp) in enumerate(self._sockets):
            if other != number:
                for sock in (*udp, *tcp):
                    sock.close()
        udp, tcp = self._sockets[number]
        settings = _settings(self._config, number)
        Worker(settings, udp, tcp, self._published, self._snapshot).run()

    def _may_update(self) -> bool:
        """One at a time: what is asked for meanwhile is seen when it has ended, and none waits in memory."""
        update = self._config.get("update")
        return bool(update) and update not in self._programs.values()

    def _is_update_asked(self) -> bool:
        """Has a parent chosen other lists since it was looked at last?"""
        before, self._asked = self._asked, renewal.asked(self._state)
        return self._asked != before

    def _run_update(self) -> None:
        """The update runs when nothing else wants the processor or the disk."""
        pid = self._spawn(self._config["update"])
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0))

    def _spawn(self, argv: list[str]) -> int:
        pid = os.posix_spawn(argv[0], argv, os.environ, setsigmask=[], setsigdef=[signal.SIGTERM, signal.SIGINT])
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, pid, BESIDE)
        self._programs[pid] = argv
        return pid


def _verb(argv: list[str]) -> str:
    """What a program is called: the word after `-m filterdns`."""
    return argv[argv.index("filterdns") + 1] if "filterdns" in argv[:-1] else argv[-1]


def bind(listen: list[list[Any]]) -> tuple[list[socket.socket], list[socket.socket]]:
    """UDP and TCP sockets of one worker on every address. Raises CannotRunError."""
    udp: list[socket.socket] = []
    tcp: list[socket.socket] = []
    for host, port in listen:
        for kind, made in ((socket.SOCK_DGRAM, udp), (socket.SOCK_STREAM, tcp)):
            sock = _socket(host, kind)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            _bind(sock, host, port)
            if kind == socket.SOCK_STREAM:
                sock.listen(_BACKLOG)
            else:
                _prepare_udp(sock, host)
            sock.setblocking(False)  # noqa: FBT003 - its only form
            made.append(sock)
    return udp, tcp


def without_missing_family(listen: list[list[Any]]) -> list[list[Any]]:
    """Leave out every IPv6 address, and say so, where the kernel has no IPv6 and something else is left."""
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).close()
    except OSError:
        left = [[host, port] for host, port in listen if ":" not in host]
        if left and left != listen:
            say("this machine has no IPv6: answering by IPv4 only")
            return left
    return listen


def see_that_ports_are_free(listen: list[list[Any]]) -> None:
    """See that nobody else has the ports: SO_REUSEPORT would share them in silence. Raises CannotRunError."""
    for host, port in listen:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
            with _socket(host, kind) as sock:
                _bind(sock, host, port)


def _socket(host: str, kind: socket.SocketKind) -> socket.socket:
    six = ":" in host
    try:
        sock = socket.socket(socket.AF_INET6 if six else socket.AF_INET, kind)
    except OSError as error:
        raise CannotRunError(f"cannot listen on {host}: {error.strerror}") from None
    if six:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if kind == socket.SOCK_STREAM:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return sock


def _bind(sock: socket.socket, host: str, port: int) -> None:
    try:
        sock.bind((host, port))
    except PermissionError:
        sock.close()
        raise CannotRunError(
            f"no right to listen on {host} port {port}: use a port from 1024 on, or run as the system service"
        ) from None
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRINUSE:
            raise CannotRunError(
                f"{host} port {port} is taken by another program: stop it or choose another port"
            ) from None
        raise CannotRunError(f"cannot listen on {host} port {port}: {error.strerror}") from None


def _prepare_udp(sock: socket.socket, host: str) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
    if host == "0.0.0.0":  # noqa: S104 - asked, not bound
        sock.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO: which address was asked
    elif host == "::":
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)


def _later(seconds: float) -> float:
    """The monotonic time in so many seconds, and some more."""
    return time.monotonic() + seconds * (1 + UPDATE_JITTER * os.urandom(1)[0] / 255)


def _settings(config: dict[str, Any], number: int) -> Settings:
    upstreams = config["upstreams"]
    family, adults = (upstreams.get("all") or upstreams[which] for which in ("family", "open"))
    groups = [family] if set(family) == set(adults) else [family, adults]  # the same servers, the same answers
    local = {}
    first_local = len(groups)
    for domain, url in sorted(config["local_domains"].items()):
        local[from_text(domain)] = len(groups)
        groups.append([url])
    serving = Groups(0, first_local - 1, local, first_local)
    return Settings(number, Path(config["state"]), groups, serving, config["clients"], config["cache_mib"] << 20)


def _how(status: int) -> str:
    if os.WIFSIGNALED(status):
        return signal.Signals(os.WTERMSIG(status)).name
    return f"exit {os.waitstatus_to_exitcode(status)}"


def main(argv: list[str]) -> int:
    """Run from one JSON argument; 3 if nothing can be served."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    try:
        return Prefork(json.loads(argv[0])).run()
    except CannotRunError as error:
        say(str(error))
        return CANNOT_RUN


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
