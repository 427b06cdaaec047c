"""What a worker leaves for others: bounded, one line an event, nothing in it that could be taken for another line."""

import json
from pathlib import Path

import pytest

from filterdns.dname import from_labels
from filterdns.dns.memory import Client
from filterdns.dns.spool import FILE_BYTES, MOST_FILES, Spool
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.decide import Reason
from filterdns.policy.rules import Household

VIEW = compile_policy(Household(), Knowledge({}, {}, frozenset(), b"\0", b"\0"), 1).guests
WHO = Client("192.168.1.7", "02:00:00:00:00:07", 3, VIEW).who


LINE = ((WHO, from_labels([b"a", b"example"]), 1, False, Reason.DEFAULT, None), 1)


def lines(folder: Path) -> list[str]:
    return [line for path in sorted((folder / "spool").iterdir()) for line in path.read_text().splitlines()]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "spool").iterdir())


@pytest.mark.parametrize(
    "label", [b"a\tb", b"a\nb", b"a\x1b[31mb", b"\x00", b"\xe2\x80\xae", b"<script>", b"=1+1", b'"', b"\\", b"a.b"]
)
def test_hostile_names_are_one_plain_line(tmp_path: Path, label: bytes) -> None:
    name = from_labels([label, b"example"])
    Spool(tmp_path, 0).write([((WHO, name, 1, True, Reason.CATEGORY, "category:adult"), 4)], 1700000000.9)
    (line,) = lines(tmp_path)
    fields = line.split("\t")
    assert fields[:4] == ["1700000000", "192.168.1.7", "02:00:00:00:00:07", "3"]
    assert fields[5:] == ["1", "block", "category", "category:adult", "4"]
    assert all(" " < char <= "~" for char in fields[4])
    assert not set("<>=\"'") & set(fields[4])


def test_a_name_that_must_not_be_stored_is_empty(tmp_path: Path) -> None:
    Spool(tmp_path, 0).write([((WHO, b"", 1, True, Reason.ILLEGAL, None), 1)], 5.0)
    assert lines(tmp_path)[0].split("\t")[4] == ""


def test_it_is_bounded_and_counts_what_it_drops(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0)
    some = [((WHO, from_labels([b"x" * 60, b"%d" % n]), 1, False, Reason.DEFAULT, None), 2) for n in range(1000)]
    for _ in range(60):
        spool.write(some, 5.0)
    size = sum(path.stat().st_size for path in (tmp_path / "spool").iterdir())
    assert size <= MOST_FILES * (FILE_BYTES + 200_000)
    assert spool.dropped == (60_000 - len(lines(tmp_path))) * 2


def test_a_file_is_closed_after_a_minute_and_another_begun(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1)
    spool.write([LINE], 1000.0)
    for epoch, seen in ((1059.0, ["1.open"]), (1060.0, ["1-0.tsv"]), (1200.0, ["1-0.tsv"])):
        spool.close(epoch)
        assert files(tmp_path) == seen
    spool.write([LINE], 1201.0)
    assert files(tmp_path) == ["1-0.tsv", "1.open"]
    spool.close(1000.0)  # the clock was set back
    assert files(tmp_path) == ["1-0.tsv", "1-1.tsv"]


def test_what_a_dead_worker_left_open_its_successor_closes(tmp_path: Path) -> None:
    Spool(tmp_path, 0).write([LINE], 1000.0)
    successor = Spool(tmp_path, 0)
    successor.close(1001.0)
    successor.write([LINE], 1001.0)
    assert files(tmp_path) == ["0-0.tsv", "0.open"]
    assert len(lines(tmp_path)) == 2


def test_when_nobody_reads_little_is_left_in_few_files(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0)
    for minute in range(1000):
        spool.write([LINE], minute * 60.0)
        spool.close(minute * 60.0 + 60.0)
    assert len(files(tmp_path)) == MOST_FILES // 2 + 1
    assert len(lines(tmp_path)) == 1000
    assert spool.dropped == 0


def test_a_reader_that_takes_files_makes_room(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0)
    some = [((WHO, from_labels([b"x" * 60, b"%d" % n]), 1, False, Reason.DEFAULT, None), 1) for n in range(1000)]
    for _ in range(60):
        spool.write(some, 5.0)
        for path in (tmp_path / "spool").iterdir():
            path.unlink()
    assert spool.dropped == 0


def test_a_folder_that_is_gone_costs_lines_and_nothing_else(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0)
    (tmp_path / "spool").rmdir()
    spool.write([((WHO, b"\x01a\x00", 1, False, Reason.DEFAULT, None), 3)], 5.0)
    spool.close(500.0)
    assert spool.dropped == 3


def test_a_folder_that_was_emptied_is_written_to_again(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 0)
    spool.write([LINE], 1000.0)
    (tmp_path / "spool" / "0.open").unlink()
    spool.close(1060.0)
    spool.write([LINE], 1060.0)
    assert files(tmp_path) == ["0.open"]


def test_status_is_replaced_whole(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 2)
    spool.status({"revision": 1})
    spool.status({"revision": 2})
    assert json.loads((tmp_path / "worker-2.json").read_text()) == {"revision": 2}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["worker-2.json"]
