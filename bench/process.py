"""Processes of a measurement: started on one processor, measured as a tree, ended by their own numbers."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU = CPUS[0]
CLIENT_CPU = CPUS[-1]


class BenchError(Exception):
    """A measurement that cannot be made; the message is one line for whoever runs it."""


@dataclass(frozen=True)
class Memory:
    """Of one process or several, in MB (a million bytes)."""

    rss: float
    pss: float


def pinned(cpu: int, command: Sequence[str]) -> list[str]:
    """The command, bound to one processor where there are two to tell apart."""
    return ["taskset", "-c", str(cpu), *command] if len(CPUS) > 1 else list(command)


def pin_self() -> None:
    """Keep this process, the client, off the servers' processor."""
    os.sched_setaffinity(0, {CLIENT_CPU})


def start(command: Sequence[str], cpu: int, log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, its output in a file.

    It is started where the file is: beside our source an installed copy would find that instead of itself.
    Linux shares processors between sessions first (sched(7), "autogroup"): the new one gets the share that ours has, so
    that whoever must measure beside other work can ask for a larger one for all: `echo -8 > /proc/self/autogroup`.
    """
    with log.open("ab") as out:
        started = subprocess.Popen(  # noqa: S603 - the bench's own fixed commands
            pinned(cpu, command),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=log.parent,
            start_new_session=True,
            env=os.environ | environment,
        )
    with contextlib.suppress(OSError):
        share = Path("/proc/self/autogroup").read_text().split()[-1]
        if share != "0":
            Path(f"/proc/{started.pid}/autogroup").write_text(share)
    return started


def stop(process: subprocess.Popen[bytes], patience: float = 10) -> None:
    """End a server that `start` started, and the processes in its session, politely and then for good."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(patience)


def run(command: Sequence[str], log: Path, limit: float) -> tuple[float, float]:
    """Run to its end -> (seconds, peak resident MB of the largest process in it). Raises BenchError."""
    began = time.perf_counter()
    process = start(command, SERVER_CPU, log)
    peak = 0
    while process.poll() is None:
        peak = max([peak, *map(_high_water, tree(process.pid))])
        if time.perf_counter() - began > limit:
            stop(process)
            raise BenchError(f"{command[-1]} took more than {limit:.0f} s")
        time.sleep(0.005)
    if process.returncode:
        raise BenchError(f"`{' '.join(command[-4:])}` ended with {process.returncode}: {last_line(log)}")
    return time.perf_counter() - began, peak / 1e6


def _high_water(pid: int) -> int:
    """Most octets a process ever had resident, 0 once it is gone (rusage would count the one it was forked from)."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def tree(pid: int) -> list[int]:
    """A process and all below it, parents first."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            tasks = Path(f"/proc/{each}/task").iterdir()
            found += [int(child) for task in tasks for child in (task / "children").read_text().split()]
    return found


def processor_seconds(pids: Sequence[int]) -> float:
    """Processor time these processes have used so far, in steps of 10 ms."""
    ticks = 0
    for pid in pids:
        after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(after_name[11]) + int(after_name[12])  # utime, stime: proc(5)
    return ticks / os.sysconf("SC_CLK_TCK")


def memory(pids: Sequence[int]) -> Memory:
    """Resident and proportional memory of these processes together."""
    totals = {"Rss": 0, "Pss": 0}
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]:
            key, _, value = line.partition(":")
            if key in totals:
                totals[key] += int(value.split()[0]) * 1024
    return Memory(totals["Rss"] / 1e6, totals["Pss"] / 1e6)


def free_ports(many: int) -> list[int]:
    """Loopback ports that nobody has, neither for UDP nor for TCP."""
    with contextlib.ExitStack() as held:
        found: list[int] = []
        for _ in range(200):
            udp = held.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            udp.bind(("127.0.0.1", 0))
            tcp = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                tcp.bind(udp.getsockname())
                found.append(udp.getsockname()[1])
            if len(found) == many:
                return found
    raise BenchError("no free ports on 127.0.0.1")


def missing(programs: dict[str, str]) -> str | None:
    """One line saying which of these programs (name -> Debian package) are not installed."""
    packages = sorted({package for program, package in programs.items() if not find(program)})
    return f"missing: install Debian's {' '.join(packages)}" if packages else None


def find(program: str) -> str | None:
    """The path of a program; the administrator's folders are looked through too."""
    return shutil.which(program, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin")))


def last_line(log: Path) -> str:
    """What a program said last."""
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing"
