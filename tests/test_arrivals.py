"""Questions that arrived: read from a worker's own spool, from half-written files too."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns import arrivals
from filterdns.arrivals import ADULT, CHECK, Arrival
from filterdns.blocklists import builtin
from filterdns.dname import from_text
from filterdns.dns.memory import Client
from filterdns.dns.spool import Spool
from filterdns.policy.compile import compile_policy
from filterdns.policy.decide import Reason
from filterdns.policy.rules import Household, Person

NOW = 1_790_000_000


def test_what_a_worker_wrote_down(tmp_path: Path) -> None:
    view = compile_policy(Household(people=(Person("Guests"),)), builtin.knowledge(), 1).guests
    spool = Spool(tmp_path / "run", 0)
    phone, router = Client("192.168.7.20", None, 0, view).who, Client("fd00::1", "02:00:00:00:00:01", 0, view).who
    lines = [
        ((phone, from_text(f"Abc.{CHECK}"), 1, False, Reason.DEFAULT, None), 1),
        ((phone, from_text(f"abc.{ADULT}"), 1, True, Reason.CATEGORY, "adult"), 2),
        ((router, from_text("example.org"), 28, False, Reason.DEFAULT, None), 1),
        ((router, b"", 1, True, Reason.ILLEGAL, None), 1),
    ]
    spool.write(lines, NOW)
    for path in (tmp_path / "run" / "spool").iterdir():
        os.utime(path, (NOW, NOW))
    found = arrivals.read(tmp_path, NOW + 5)
    assert Arrival(NOW, "192.168.7.20", f"abc.{CHECK}", is_blocked=False) in found
    assert len(found) == 4
    said = arrivals.summary(found, "abc", ["192.168.7.2"])
    assert (said.ipv4, said.ipv6) == ({"192.168.7.20"}, {"fd00::1"})
    assert said.check
    assert said.adult
    assert said.adult.is_blocked
    assert arrivals.summary(found, "other", []).check is None
    assert arrivals.read(tmp_path, NOW + arrivals.LATELY + 1) == []


def test_our_own_questions_do_not_count() -> None:
    found = [Arrival(NOW, address, "example.org", is_blocked=False) for address in ("127.0.0.1", "::1", "192.168.7.2")]
    said = arrivals.summary(found, "abc", ["192.168.7.2"])
    assert not said.ipv4
    assert not said.ipv6


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\t" * 9,
        "x\t" * 10,
        f"{NOW}\t192.168.7.20",
        f"{NOW}\ta\tb\tc\td\te\tf\tg\th",
        "-1\t1\t2\t3\t4\t5\t6\t7\t8\t9",
    ],
)
def test_half_lines_are_left_out(line: str) -> None:
    assert list(arrivals.parse([line])) == []


@given(st.binary(max_size=400))
def test_any_bytes(content: bytes) -> None:
    found = arrivals.parse(content.decode(errors="replace").splitlines())
    arrivals.summary(found, "abc", [])


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    assert arrivals.read(tmp_path, NOW) == []
