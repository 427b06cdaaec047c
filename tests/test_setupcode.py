"""The set-up code: made at each start, kept as a hash, gone when set-up is done."""

import json
import re
from pathlib import Path

import pytest

from filterdns import setupcode


def test_a_code_is_known_by_its_hash_only(tmp_path: Path) -> None:
    for _ in range(50):  # enough for every letter to come up
        code = setupcode.renew(tmp_path, 100)
        assert code
        assert re.fullmatch(r"[2-9A-HJKMNP-TW-Z]{4}-[2-9A-HJKMNP-TW-Z]{4}", code)
    path = tmp_path / "setup-code.json"
    assert path.stat().st_mode & 0o777 == 0o600
    assert code not in path.read_text()
    assert code.replace("-", "") not in path.read_text()
    assert setupcode.matches(tmp_path, code, 100)
    assert setupcode.matches(tmp_path, f" {code.lower().replace('-', ' ')} ", 100)
    assert not setupcode.matches(tmp_path, code[:-1] + ("A" if code[-1] != "A" else "B"), 100)


def test_a_new_code_ends_the_old_one(tmp_path: Path) -> None:
    first, second = setupcode.renew(tmp_path, 100), setupcode.renew(tmp_path, 100)
    assert first
    assert second
    assert first != second
    assert not setupcode.matches(tmp_path, first, 100)
    assert setupcode.matches(tmp_path, second, 100)


def test_none_once_set_up(tmp_path: Path) -> None:
    (tmp_path / "setup-code.json").write_text(json.dumps({"done": True}))
    assert setupcode.renew(tmp_path, 100) is None
    assert not setupcode.matches(tmp_path, "", 100)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"hash": "zz", "salt": 5}', '{"hash": "00"}'])
def test_a_damaged_file_matches_nothing_and_is_replaced(tmp_path: Path, content: str) -> None:
    (tmp_path / "setup-code.json").write_text(content)
    assert not setupcode.matches(tmp_path, "7KQ2-M9XD", 100)
    code = setupcode.renew(tmp_path, 100)
    assert code
    assert setupcode.matches(tmp_path, code, 100)


@pytest.mark.parametrize(("at", "good"), [(100, True), (1899, True), (1900, False), (99, False), (0, False)])
def test_a_code_is_good_for_half_an_hour_of_this_run_of_the_machine(tmp_path: Path, at: float, *, good: bool) -> None:
    code = setupcode.renew(tmp_path, 100)
    assert code
    assert setupcode.is_good(tmp_path, at) == good
    assert setupcode.matches(tmp_path, code, at) == good


def test_when_somebody_has_set_it_up_there_is_no_code_any_more(tmp_path: Path) -> None:
    code = setupcode.renew(tmp_path, 100)
    assert code
    setupcode.finish(tmp_path)
    assert not setupcode.matches(tmp_path, code, 100)
    assert setupcode.renew(tmp_path, 200) is None
