"""A whole filter on loopback for tests: a stub upstream, a state folder, `filterdns serve` as a real process."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import dns.message
import dns.query
import dns.rrset

T = TypeVar("T")

PATIENCE = 30.0
"""Seconds after which something that is waited for will not come."""

HOUSEHOLD = """
household: {name: Test house, timezone: UTC}
people:
  - name: Child
    block: [games]
    safe_search: true
    rules: [{name: forbidden.example, action: block}]
  - name: Parent
devices:
  - {name: Tablet, person: Child, address: 127.0.1.1}
  - {name: Phone, person: Parent, address: 127.0.1.2}
lists: {size: none}    # a test downloads nothing
"""


class Upstream:
    """Answers every A question with 192.0.2.1 and a TTL of 300, by UDP, from a thread."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.asked: list[str] = []
        threading.Thread(target=self._answer, daemon=True).start()

    def _answer(self) -> None:
        while True:
            try:
                packet, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            query = dns.message.from_wire(packet)
            name = query.question[0].name
            self.asked.append(name.to_text(omit_final_dot=True).lower())
            reply = dns.message.make_response(query, recursion_available=True)
            if query.question[0].rdtype == 1:
                reply.answer.append(dns.rrset.from_text(name, 300, "IN", "A", "192.0.2.1"))
            self._socket.sendto(reply.to_wire(), peer)

    def close(self) -> None:
        self._socket.close()


class House:
    """One state folder and what runs on it."""

    def __init__(self, folder: Path, upstream: Upstream, listen: str = "127.0.0.1") -> None:
        self.folder = folder
        self.state = folder / "state"
        self.port, self.web, self.upstream_port = free_port(listen), free_port("127.0.0.1"), upstream.port
        self.listen = listen
        host = f"[{listen}]" if ":" in listen else listen
        self.config = folder / "config.yaml"
        self.config.write_text(
            f"dns:\n  listen: ['{host}:{self.port}']\n  upstreams: ['udp://127.0.0.1:{upstream.port}']\n  workers: 2\n"
            f"web:\n  listen: ['127.0.0.1:{self.web}']\nstate: {self.state}\n"
        )
        self.process: subprocess.Popen[str] | None = None
        self.log: list[str] = []

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One verb, to its end."""
        verb, *rest = words
        argv = [sys.executable, "-m", "filterdns", verb, "-c", str(self.config), *rest]
        return subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE, check=False)

    def serve(self, verb: str = "serve", **environment: str) -> list[str]:
        """Start, and wait until it answers; returns the lines that it printed."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "filterdns", verb, "-c", str(self.config)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=os.environ | environment,
        )  # fmt: skip
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()
        wait_until(self.answers, self.tail)
        return list(self.log)

    def _listen(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.log.append(line.rstrip("\n"))

    def tail(self) -> str:
        return "\n".join(self.log[-20:])

    def answers(self) -> bool:
        try:
            self.ask("healthcheck.example")
        except (OSError, dns.exception.Timeout):
            return False
        return True

    def ask(self, name: str, kind: str = "A", source: str | None = None, *, tcp: bool = False) -> dns.message.Message:
        query = dns.message.make_query(name, kind, use_edns=True)
        send = dns.query.tcp if tcp else dns.query.udp
        return send(query, self.listen, port=self.port, timeout=5, source=source)

    def address(self, name: str, source: str | None = None, *, tcp: bool = False) -> str:
        """The first address of a name, "" if it has none."""
        reply = self.ask(name, source=source, tcp=tcp)
        return next((str(item) for rrset in reply.answer for item in rrset if rrset.rdtype == 1), "")

    def children(self) -> list[int]:
        """The processes below the one that was started."""
        assert self.process is not None
        with contextlib.suppress(FileNotFoundError):
            text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
            return [int(pid) for pid in text.split()]
        return []

    def stop(self) -> int:
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                self.process.kill()
            self._reader.join(PATIENCE)
            if self.process.stdout is not None:
                self.process.stdout.close()


def free_port(host: str) -> int:
    """A port that nobody has, by UDP and TCP."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tcp:
        tcp.bind((host, 0))
        return int(tcp.getsockname()[1])


def wait_until(holds: Callable[[], T], explain: Callable[[], str] = str) -> T:
    """Ask again until it holds, and return what it is; after PATIENCE fail with an explanation."""
    deadline = time.monotonic() + PATIENCE
    pause = threading.Event()
    while not (found := holds()):
        assert time.monotonic() < deadline, explain()
        pause.wait(0.02)
    return found


def is_alive(pid: int) -> bool:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


@contextlib.contextmanager
def house(folder: Path, listen: str = "127.0.0.1") -> Iterator[tuple[House, Upstream]]:
    """A house with a family and a local list, not yet running."""
    upstream = Upstream()
    home = House(folder, upstream, listen)
    listed = home.state / "lists" / "local" / "malware"
    listed.mkdir(parents=True)
    (listed / "ours.txt").write_text("# our own\n0.0.0.0 evil.example\n")
    (folder / "household.yaml").write_text(HOUSEHOLD)
    done = home.run("household", "import", str(folder / "household.yaml"))
    assert done.returncode == 0, done.stderr
    try:
        yield home, upstream
    finally:
        home.stop()
        upstream.close()
