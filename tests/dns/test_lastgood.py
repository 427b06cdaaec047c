"""Safe forms across a restart: what is written is read again, and what somebody else put there is not believed."""

import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filterdns.dname import from_text
from filterdns.dns.lastgood import MOST_BYTES, WRITE_EVERY, LastGood

sys.path.insert(0, str(Path(__file__).parents[1]))
from house import free_port, house, wait_until

FORM = from_text("forcesafesearch.google.com")
V4, V6 = bytes((192, 0, 2, 1)), bytes.fromhex("20010db9") + bytes(12)


def test_what_is_written_is_read_by_every_worker(tmp_path: Path) -> None:
    LastGood(tmp_path, 0).write({FORM: (V4, V6)}, 1.0)
    LastGood(tmp_path, 1).write({from_text("strict.bing.com"): (V4,)}, 1.0)
    assert LastGood(tmp_path, 2).read() == {FORM: (V4, V6), from_text("strict.bing.com"): (V4,)}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["safe-forms-0.json", "safe-forms-1.json"]


def test_it_is_written_when_there_is_news_and_seldom(tmp_path: Path) -> None:
    kept, path = LastGood(tmp_path, 0), tmp_path / "safe-forms-0.json"
    kept.write({}, 1.0)
    assert not path.exists()
    kept.write({FORM: (V4,)}, 1.0)
    before = path.read_bytes()
    kept.write({FORM: (V6,)}, WRITE_EVERY)
    assert path.read_bytes() == before
    kept.write({FORM: (V6,)}, WRITE_EVERY + 1)
    assert path.read_bytes() != before
    path.unlink()
    kept.write({FORM: (V6,)}, 9 * WRITE_EVERY)
    assert not path.exists()


def test_a_folder_that_cannot_be_written_is_no_fault(tmp_path: Path) -> None:
    LastGood(tmp_path / "missing", 0).write({FORM: (V4,)}, 1.0)
    assert LastGood(tmp_path / "missing", 0).read() == {}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"forcesafesearch.google.com": "192.0.2.1"}',
        b'{"forcesafesearch.google.com": []}',
        b'{"forcesafesearch.google.com": 1}',
        b'{"forcesafesearch.google.com": {"a": 1}}',
        b'{"forcesafesearch.google.com": ["10.0.0.1"]}',
        b'{"forcesafesearch.google.com": ["192.0.2.1", "127.0.0.1"]}',
        b'{"forcesafesearch.google.com": ["0.0.0.0"]}',
        b'{"forcesafesearch.google.com": ["fe80::1%eth0"]}',
        b'{"forcesafesearch.google.com": [16909060]}',
        b'{"not a name": ["192.0.2.1"]}',
        b'{"com": ["192.0.2.1"]}',
        b"[" * 60_000,
        b'{"a.example": ["192.0.2.1"], "b.example": ["' + b"1" * MOST_BYTES + b'"]}',
    ],
)
def test_what_should_not_be_there_is_left_out(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "safe-forms-0.json").write_bytes(content)
    assert LastGood(tmp_path, 0).read() == {}


def test_nothing_but_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(json.dumps({"a.example": ["192.0.2.1"]}))
    (tmp_path / "safe-forms-0.json").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "safe-forms-1.json").mkdir()
    os.mkfifo(tmp_path / "safe-forms-2.json")
    assert LastGood(tmp_path, 0).read() == {}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300) | st.dictionaries(st.text(), st.lists(st.text() | st.integers())).map(json.dumps))
def test_any_content_is_read_or_left_out(tmp_path: Path, content: bytes | str) -> None:
    data = content if isinstance(content, bytes) else content.encode()
    (tmp_path / "safe-forms-0.json").write_bytes(data)
    for addresses in LastGood(tmp_path, 0).read().values():
        assert all(len(packed) in (4, 16) for packed in addresses)


def test_a_restart_without_an_upstream_still_finds_safe_search(tmp_path: Path) -> None:
    with house(tmp_path) as (home, upstream):
        home.serve("resolver")
        assert home.address("www.google.com", "127.0.1.1") == "192.0.2.1"
        wait_until(lambda: list((home.state / "published").glob("safe-forms-*.json")), home.tail)
        home.stop()
        nobody = f":{free_port('127.0.0.1')}'"
        home.config.write_text(home.config.read_text().replace(f":{upstream.port}'", nobody))
        home.serve("resolver")
        for _ in range(8):  # either worker
            reply = home.ask("www.google.fr", source="127.0.1.1")
            assert [rrset.to_text() for rrset in reply.answer] == [
                "www.google.fr. 30 IN CNAME forcesafesearch.google.com.",
                "forcesafesearch.google.com. 30 IN A 192.0.2.1",
            ]
        assert home.address("www.google.fr", "127.0.1.2") == ""
