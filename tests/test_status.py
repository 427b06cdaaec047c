"""What the workers' status files say, put together; a file that nobody keeps up counts as nothing."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from filterdns import status
from filterdns.household import changes


@pytest.fixture
def running() -> Iterator[list[int]]:
    """Two processes that look like workers."""
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", "filterdns.dns.prefork"]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE) for _ in range(2)]
    yield [process.pid for process in processes]
    for process in processes:
        process.communicate()


def told(pid: int, **other: object) -> dict[str, object]:
    upstreams = [
        {"server": "udp://9.9.9.9:53", "milliseconds": 12.5, "answered": 7, "failed": 1, "down": False},
        {"server": "udp://1.1.1.3:53", "milliseconds": 0.0, "answered": 0, "failed": 3, "down": True},
    ]
    return {"pid": pid, "started": 1_790_000_000, "revision": 1, "names": 1234, "table": "x", "queries": 100,
            "blocked": 25, "clock_plausible": True, "upstreams": upstreams, **other}  # fmt: skip


def leave(state: Path, worker: int, words: object) -> None:
    (state / "run").mkdir(exist_ok=True)
    text = words if isinstance(words, str) else json.dumps(words)
    (state / "run" / f"worker-{worker}.json").write_text(text)


def test_nothing_at_all(tmp_path: Path) -> None:
    found = status.read(tmp_path)
    assert found.workers == ()
    assert status.lines(found)[0] == "FilterDNS is not running."


def test_two_workers_put_together(tmp_path: Path, running: list[int]) -> None:
    changes.publish_current(tmp_path)
    leave(tmp_path, 0, told(running[0]))
    leave(tmp_path, 1, told(running[1], revision=0, queries=300, blocked=15))
    found = status.read(tmp_path)
    assert (found.revision, found.in_force_on, found.queries, found.blocked) == (1, 1, 400, 40)
    assert status.lines(found) == [
        "FilterDNS is running: 2 workers.",
        "Rules: revision 1, in force on 1 of 2.",
        "Names known: 1,234.",
        "Queries: 400; blocked: 40 (10.0 %).",
        "Upstream udp://9.9.9.9:53: 12.5 ms; 14 answered, 2 failed.",
        "Upstream udp://1.1.1.3:53: does not answer; 0 answered, 6 failed.",
    ]
    assert json.loads(json.dumps(status.as_json(found)))["in_force_on"] == 1


def test_a_wrong_clock_is_said(tmp_path: Path, running: list[int]) -> None:
    changes.publish_current(tmp_path)
    leave(tmp_path, 0, told(running[0], clock_plausible=False))
    assert "clock" in status.lines(status.read(tmp_path))[-1]


@pytest.mark.parametrize("words", ["", "{", "[]", "{}", "null", {"pid": "x"}, {"pid": 1}])
def test_a_file_that_makes_no_sense_is_no_worker(tmp_path: Path, words: object) -> None:
    leave(tmp_path, 0, words)
    assert status.read(tmp_path).workers == ()


def test_a_worker_that_ended_is_no_worker(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    leave(tmp_path, 0, told(ended.pid))
    assert status.read(tmp_path).workers == ()


def test_a_number_that_another_program_has_now_is_no_worker(tmp_path: Path) -> None:
    with subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE) as other:
        leave(tmp_path, 0, told(other.pid))
        assert status.read(tmp_path).workers == ()
