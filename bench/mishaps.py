"""`python -m bench.mishaps`: what DNS loses when the page dies, is flooded or guessed at, or disk and databases fail.

`filterdns serve` with its state on a small file system of its own (in a namespace, so without root). Each mishap lasts
as long as 100,000 queries of a home's mix from its twenty devices take at an even pace; every one must be answered. p99
may grow to 1.2 times that without a mishap where the page is busy. Afterwards the page must answer and a change come
into force. Exits 1 if not.
"""

import http.client
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench import client, home, page_flood, process, queries
from bench.names import listed
from bench.page_attacks import Result
from bench.parent import House, Parent, everything, log_in
from bench.process import BenchError
from bench.turns import NULL
from filterdns.household import changes, history
from filterdns.household.store import NAME, StoreError

if TYPE_CHECKING:
    from multiprocessing.queues import Queue

QUERIES, RATE = 100_000, 2000
LASTS = QUERIES / RATE  # seconds
DISK = "64m"
SLOWER = 1.2
GRACE = 5.0  # milliseconds by which p99 may grow in any case: two processors are shared with the attacker
NAMES = 5000  # of the mix


@dataclass
class Trial:
    """A running house, what it is asked, and what went wrong."""

    house: House
    disk: Path
    lines: list[str]
    nine: int  # the number of the nine-year-old
    failed: bool = False
    quiet: float = 0.0  # p99 without a mishap, ms

    def suffer(self, name: str, mishap: Callable[["Trial"], str], *, paced: bool = False) -> None:
        """Ask while it lasts, tell what was lost; then see that all is well again."""
        context = multiprocessing.get_context("fork")
        results: Queue[client.Latencies] = context.Queue()
        asker = context.Process(target=_ask, args=(self.house.port, self.lines, results))
        asker.start()
        said = mishap(self)
        seen = results.get(timeout=LASTS + 60)
        asker.join(30)
        p99 = seen.percentile(0.99)
        self.quiet = self.quiet or p99
        is_slow = paced and p99 > max(self.quiet * SLOWER, self.quiet + GRACE)
        fault = self._fault_afterwards()
        is_bad = bool(seen.lost or is_slow or fault)
        self.failed |= is_bad
        print(f"{'BAD ' if is_bad else 'fine'}  {seen.lost} of {seen.asked:,} queries lost, p99 {p99:.2f} ms, longest "
              f"{seen.percentile(1):.0f} ms: {name}; {said}{fault}", flush=True)  # fmt: skip

    def _fault_afterwards(self) -> str:
        """Does a parent get in, and is a change in force?"""
        name = f"after-{time.monotonic_ns()}.example"
        try:
            status = log_in(self.house).tap(f"/people/{self.nine}/name", what=name, act="block", target=f"name:{name}")
            client.wait_for(self.house.port, name, NULL, home.CHILD_ADDRESS, limit=5)
        except (BenchError, StoreError, OSError, http.client.HTTPException) as error:
            return f"; AFTERWARDS: {error or type(error).__name__}"
        return "" if status == http.client.SEE_OTHER else f"; AFTERWARDS: {status}"


def nothing(_trial: Trial) -> str:
    """For comparison."""
    time.sleep(LASTS)
    return "as ever"


def killed(trial: Trial) -> str:
    """SIGKILL for the page, again and again."""
    many, until = 0, time.monotonic() + LASTS
    while time.monotonic() < until:
        with suppress(BenchError, ProcessLookupError):
            os.kill(trial.house.page_pid(), signal.SIGKILL)
            many += 1
        time.sleep(1)
    return f"killed {many} times"


def flooded(trial: Trial) -> str:
    """What `python -m bench.page` does to the page's memory, once more."""
    until = time.monotonic() + LASTS
    results: list[Result] = []
    while time.monotonic() < until:
        results += page_flood.too_much(trial.house.web)
    bad = [str(result) for result in results if not result.is_fine]
    return f"{len(results)} floods, {len(bad)} answered wrongly"


def guessed(trial: Trial) -> str:
    """Passwords, as fast as the page answers, on four connections."""
    until = time.monotonic() + LASTS
    parent, many = log_in(trial.house), 0
    while time.monotonic() < until:
        parent.tap("/login", name="Mum", password=f"wrong horse {many}")
        many += 1
    return f"{many:,} passwords tried"


def full(trial: Trial) -> str:
    """Not an octet is free on the disk of the state folder; a parent looks and taps meanwhile."""
    filler = trial.disk / "filler"
    parent = log_in(trial.house)
    began = time.monotonic()
    with filler.open("wb", buffering=0) as out, suppress(OSError):
        while True:
            out.write(bytes(4096))
    said = _looks_and_taps(parent, trial.nine)
    while time.monotonic() < began + LASTS:
        time.sleep(1)
        with filler.open("ab", buffering=0) as out, suppress(OSError):  # what was freed meanwhile
            out.write(bytes(1 << 20))
    filler.unlink()
    return said


def locked(trial: Trial) -> str:
    """Another program has both databases to itself."""
    parent = log_in(trial.house)
    began = time.monotonic()
    books = [sqlite3.connect(trial.house.state / name, timeout=30) for name in (NAME, history.NAME)]
    for book in books:
        book.execute("BEGIN EXCLUSIVE")
    said = _looks_and_taps(parent, trial.nine)
    time.sleep(max(0.0, began + LASTS - time.monotonic()))
    for book in books:
        book.close()
    return said


def _looks_and_taps(parent: Parent, nine: int) -> str:
    """What a parent is answered, and after how long."""
    said = []
    asks: dict[str, Callable[[], int]] = {
        "the front page": lambda: parent.get("/")[0],
        "a tap": lambda: parent.tap(f"/people/{nine}/pause"),
    }
    for title, ask in asks.items():
        began = time.monotonic()
        try:
            said.append(f"{title} {ask()} after {time.monotonic() - began:.1f} s")
        except (OSError, http.client.HTTPException) as error:
            said.append(f"{title} {type(error).__name__}")
            parent.connection.close()
    return ", ".join(said)


def _ask(port: int, lines: list[str], results: "Queue[client.Latencies]") -> None:
    results.put(client.paced(port, home.ADDRESSES, lines, RATE, LASTS))


@contextmanager
def _small_disk() -> Iterator[Path]:
    """A file system of DISK, in this process's own namespace: it is gone with it."""
    with tempfile.TemporaryDirectory(prefix="filterdns-bench-") as folder:
        disk = Path(folder) / "disk"
        disk.mkdir()
        mount = [process.find("mount") or "mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk)]
        subprocess.run(mount, check=True)  # noqa: S603 - our own words
        try:
            yield disk
        finally:
            subprocess.run([process.find("umount") or "umount", "-l", str(disk)], check=False)  # noqa: S603


def main() -> None:
    """A line for each mishap; exit code 1 if a query was lost."""
    if "--inside" not in sys.argv:
        inside = [process.find("unshare") or "unshare", "--user", "--map-root-user", "--mount", sys.executable, "-m"]
        os.execv(inside[0], [*inside, "bench.mishaps", "--inside"])  # noqa: S606 - our own words
    process.pin_self()
    lines = queries.mixes(listed(NAMES)).mixed
    with _small_disk() as disk, everything(disk.parent, disk / "state") as house:
        nine = next(person.id for person in changes.read(house.state).people if person.name == "Nine")
        trial = Trial(house, disk, list(lines), nine)
        trial.suffer("nothing", nothing)
        trial.suffer("the page is killed", killed)
        trial.suffer("the page is flooded", flooded, paced=True)
        trial.suffer("passwords are guessed", guessed, paced=True)
        trial.suffer("the disk is full", full)
        trial.suffer("the databases are locked", locked)
    sys.exit(trial.failed)


if __name__ == "__main__":
    main()
