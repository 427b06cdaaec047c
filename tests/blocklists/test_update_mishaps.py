"""What happens to a house when an update is killed, has no room, no network, or company."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from filterdns import listing
from filterdns.blocklists import builtin, results
from filterdns.blocklists.download import DownloadError, Fetched
from filterdns.blocklists.remote import DAY, wanted
from filterdns.blocklists.table import DomainTable
from filterdns.blocklists.update import Orders, update
from filterdns.dname import from_text
from filterdns.policy.category import BITS, CHOICES
from filterdns.policy.rules import Lists, ListSize
from tests.blocklists.web import Web, answer

ROOT = Path(__file__).parents[2]
NOW = 1_790_000_000.0
MANY = 10_000
OLD = [f"n{number}.old.example" for number in range(MANY)]
NEW = [*OLD[: MANY // 2 + 10], *(f"n{number}.new.example" for number in range(MANY // 2))]


def once(state: Path, server: Web, now: float, out: int = subprocess.DEVNULL) -> subprocess.Popen[str]:
    words = [str(state), server.url(), str(server.port), str(now)]
    argv = [sys.executable, "-m", "tests.blocklists.update_once", *words]
    return subprocess.Popen(argv, stdout=out, stderr=out, text=True, cwd=ROOT)


def held(state: Path, names: list[str]) -> int:
    table = DomainTable.open(state / "published" / "domains")
    try:
        return sum(bool(table.tags(from_text(name)) & BITS["games"]) for name in names)
    finally:
        table.close()


def offer(server: Web, names: list[str]) -> None:
    server.says["/list"] = answer("\n".join(names).encode())


def test_an_update_that_is_killed_anywhere_leaves_the_house_whole(tmp_path: Path, server: Web):
    offer(server, OLD)
    begun = time.monotonic()
    assert once(tmp_path, server, NOW).wait(60) == 0
    whole = time.monotonic() - begun
    parts = 10
    killed = 0
    for part in range(parts):
        offer(server, NEW if part % 2 == 0 else OLD)
        running = once(tmp_path, server, NOW + part)
        try:
            running.wait(whole * (part + 1) / parts)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(30)
            killed += 1
        found = held(tmp_path, OLD), held(tmp_path, NEW)
        assert found in ((MANY, MANY // 2 + 10), (MANY // 2 + 10, len(NEW)))
        results.read(tmp_path)
    assert killed
    offer(server, NEW)
    assert once(tmp_path, server, NOW + DAY).wait(60) == 0
    assert held(tmp_path, NEW) == len(NEW)
    [entry] = [entry for entry in results.read(tmp_path) if entry.url]
    kept = {file.name.partition(".")[2] for file in (tmp_path / "lists" / "kept").iterdir()}
    assert kept == {digest[:32] for digest in (entry.digest, entry.previous) if digest}
    assert sorted(file.name for file in (tmp_path / "published").iterdir()) == ["domains", "domains.previous"]


def test_two_at_once_do_the_work_once(tmp_path: Path, server: Web):
    offer(server, OLD)
    running = [once(tmp_path, server, NOW, subprocess.PIPE) for _ in range(2)]
    said = [each.communicate(timeout=60)[0] for each in running]
    assert [each.returncode for each in running] == [0, 0]
    assert sorted(text.split()[-1] for text in said) == ["False", "True"]
    assert any("waiting for another update" in text for text in said)
    assert held(tmp_path, OLD) == MANY


def test_the_same_lists_give_the_same_octets(tmp_path: Path, server: Web):
    offer(server, OLD)
    for name in ("a", "b"):
        assert once(tmp_path / name, server, NOW).wait(60) == 0
    assert len({(tmp_path / name / "published" / "domains").read_bytes() for name in ("a", "b")}) == 1


def _mounts() -> bool:
    """May this user mount something in a namespace of its own?"""
    words = ["unshare", "-m", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"]
    return bool(shutil.which("unshare")) and subprocess.run(words, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("left", [0, 150_000, 400_000, 700_000])
def test_a_full_disk_changes_nothing(tmp_path: Path, server: Web, left: int):
    """The first list fits, the next comes on a disk with so little room, and in the end there is room again."""
    if not _mounts():
        pytest.skip("no right to mount a small file system")
    offer(server, OLD)
    server.says["/next"] = answer("\n".join(NEW).encode())
    words = [str(tmp_path), str(left), str(MANY // 2), server.url(), server.url("/next"), str(server.port)]
    argv = ["unshare", "-m", sys.executable, "-m", "tests.blocklists.full_disk", *words]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    first, full, after = (json.loads(line) for line in done.stdout.splitlines())
    assert first == {"said": "True", "blocked": MANY // 2, "result": "in use", "about": []}
    assert (full["blocked"], full["about"]) == (MANY // 2, [])
    said = f"{full['said']} {full['result']}"
    assert any(words in said for words in ("no room", "disk is full", "No space left")), full
    assert after == first


def _unreachable(*_: object, **__: object) -> Fetched:
    raise DownloadError("its server was not found: no upstream server says where lists.example is")


def test_without_a_network_the_first_start_filters_with_what_is_built_in(tmp_path: Path):
    for day in range(3):
        report = update(tmp_path, Orders(NOW + day * DAY, wanted(Lists(), 2 << 30), _unreachable), lambda _: None)
        assert report.failed == report.asked > 30
    canaries = [
        (name, BITS[part.source.category])
        for part in builtin.sources()
        if part.source.category in CHOICES
        for name in part.held()
    ]
    assert len(canaries) > 1000
    table = DomainTable.open(tmp_path / "published" / "domains")
    assert [name for name, bit in canaries if not table.tags(from_text(f"www.{name}")) & bit] == []
    table.close()
    assert "left out: its server was not found" in "\n".join(listing.lines(results.read(tmp_path), NOW))


def test_a_family_that_wants_no_list_asks_nobody(tmp_path: Path):
    assert wanted(Lists(size=ListSize.NONE), 8 << 30) == ()
    assert update(tmp_path, Orders(NOW, (), _unreachable), lambda _: None).asked == 0
