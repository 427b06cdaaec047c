"""What is in force and how it goes: read from the status files that the workers leave."""

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from filterdns.alive import runs
from filterdns.policy import policyfile
from filterdns.publish import open_newest


@dataclass(frozen=True, slots=True)
class Worker:
    """One running worker's own words."""

    pid: int
    started: int  # epoch
    revision: int
    names: int
    queries: int
    blocked: int
    upstreams: tuple[dict[str, Any], ...]
    clock_plausible: bool
    number: int = 0
    answers: tuple[tuple[bool, str, int], ...] = ()  # is it blocked, the reason, how often
    not_logged: int = 0


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server that is asked, over all workers."""

    server: str
    milliseconds: float | None  # the median worker's
    answered: int
    failed: int
    is_down: bool  # for every worker


@dataclass(frozen=True, slots=True)
class Status:
    """All of it."""

    revision: int | None  # what is published; None: nothing that verifies
    fault: str  # what is wrong with the newest published policy, "" for nothing
    workers: tuple[Worker, ...]
    upstreams: tuple[Upstream, ...]

    @property
    def in_force_on(self) -> int:
        """Workers that obey the published revision."""
        return sum(worker.revision == self.revision for worker in self.workers)

    @property
    def queries(self) -> int:
        """Since the workers started."""
        return sum(worker.queries for worker in self.workers)

    @property
    def blocked(self) -> int:
        """Of them."""
        return sum(worker.blocked for worker in self.workers)


def read(state: Path) -> Status:
    """Look at the state folder; whatever cannot be read counts as not there."""
    try:
        revision, fault = open_newest(state / "published" / "policy", _revision)
    except (OSError, ValueError) as error:
        revision, fault = None, f"no policy: {getattr(error, 'strerror', None) or error}"
    workers = tuple(filter(None, (_worker(path) for path in sorted((state / "run").glob("worker-*.json")))))
    return Status(revision, fault, workers, _upstreams(workers))


def lines(status: Status) -> list[str]:
    """The status in words, a line each."""
    if not status.workers:
        return ["FilterDNS is not running.", *([status.fault] if status.fault else [])]
    running = len(status.workers)
    share = f" ({100 * status.blocked / status.queries:.1f} %)" if status.queries else ""
    found = [
        f"FilterDNS is running: {running} {'worker' if running == 1 else 'workers'}.",
        f"Rules: revision {status.revision}, in force on {status.in_force_on} of {running}.",
        f"Names known: {max(worker.names for worker in status.workers):,}.",
        f"Queries: {status.queries:,}; blocked: {status.blocked:,}{share}.",
    ]
    found += [f"Upstream {_upstream_line(upstream)}" for upstream in status.upstreams]
    if status.fault:
        found.append(f"Rules file: {status.fault}")
    if not all(worker.clock_plausible for worker in status.workers):
        found.append("The clock of this machine is wrong: bedtimes and other hours cannot be kept.")
    return found


def as_json(status: Status) -> dict[str, Any]:
    """The status for other programs."""
    return {
        "running": bool(status.workers),
        "revision": status.revision,
        "fault": status.fault,
        "workers": [
            {"pid": worker.pid, "started": worker.started, "revision": worker.revision, "names": worker.names,
             "queries": worker.queries, "blocked": worker.blocked}
            for worker in status.workers
        ],
        "in_force_on": status.in_force_on,
        "queries": status.queries,
        "blocked": status.blocked,
        "upstreams": [
            {"server": upstream.server, "milliseconds": upstream.milliseconds, "answered": upstream.answered,
             "failed": upstream.failed, "down": upstream.is_down}
            for upstream in status.upstreams
        ],
    }  # fmt: skip


def _upstream_line(upstream: Upstream) -> str:
    if upstream.is_down:
        return f"{upstream.server}: does not answer; {upstream.answered:,} answered, {upstream.failed:,} failed."
    speed = f"{upstream.milliseconds:g} ms; " if upstream.answered and upstream.milliseconds is not None else ""
    return f"{upstream.server}: {speed}{upstream.answered:,} answered, {upstream.failed:,} failed."


def _revision(path: Path) -> int:
    """Of a policy that verifies. Raises OSError and ValueError."""
    stat = path.stat()
    return _revision_of(path, stat.st_ino, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4)
def _revision_of(path: Path, *_mark: int) -> int:
    """Read once for each publication: a page asks every few seconds."""
    return policyfile.from_bytes(path.read_bytes()).revision


def _worker(path: Path) -> Worker | None:
    """The worker that left this file, if it still runs."""
    try:
        told = json.loads(path.read_bytes())
        worker = Worker(
            pid=int(told["pid"]),
            started=int(told["started"]),
            revision=int(told["revision"]),
            names=int(told.get("names", 0)),
            queries=int(told["queries"]),
            blocked=int(told["blocked"]),
            upstreams=tuple(dict(upstream) for upstream in told["upstreams"]),
            clock_plausible=bool(told.get("clock_plausible", True)),
            number=int(told.get("worker", 0)),
            answers=tuple((bool(blocked), str(why), int(times)) for blocked, why, times in told.get("answers", ())),
            not_logged=int(told.get("not_logged", 0)),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return worker if runs(worker.pid) else None


def _upstreams(workers: tuple[Worker, ...]) -> tuple[Upstream, ...]:
    told: dict[str, list[dict[str, Any]]] = {}
    for worker in workers:
        for upstream in worker.upstreams:
            told.setdefault(str(upstream.get("server", "?")), []).append(upstream)
    return tuple(_merged(server, each) for server, each in told.items())


def _merged(server: str, told: list[dict[str, Any]]) -> Upstream:
    speeds = sorted(float(each["milliseconds"]) for each in told if each.get("milliseconds") is not None)
    return Upstream(
        server,
        speeds[len(speeds) // 2] if speeds else None,
        sum(int(each.get("answered", 0)) for each in told),
        sum(int(each.get("failed", 0)) for each in told),
        all(bool(each.get("down")) for each in told),
    )
