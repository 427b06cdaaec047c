"""What the page orders is done by the next update, and how far it has come can be read while it runs."""

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filterdns import config, refresh, renewal
from filterdns.household import changes
from filterdns.policy.rules import Lists, ListSize
from filterdns.renewal import Telling


def test_orders_add_up_and_are_taken_once(tmp_path: Path) -> None:
    assert not renewal.ordered(tmp_path)
    assert renewal.asked(tmp_path) == 0
    assert renewal.take(tmp_path) is None
    renewal.order(tmp_path, frozenset({"b"}))
    first = renewal.asked(tmp_path)
    renewal.order(tmp_path, frozenset({"a"}))
    assert renewal.asked(tmp_path) >= first > 0
    assert renewal.ordered(tmp_path)
    assert renewal.take(tmp_path) == {"a", "b"}
    assert renewal.take(tmp_path) is None
    assert not renewal.ordered(tmp_path)
    assert [*(tmp_path / "run").iterdir()] == []


@given(content=st.binary(max_size=200) | st.sampled_from([b"[]", b"{}", b'{"accept": 7}', b'{"accept": [[]]}']))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_octets_are_an_order_and_no_progress(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "run").mkdir(exist_ok=True)
    (tmp_path / "run" / "update-wanted").write_bytes(content)
    (tmp_path / "run" / "update.json").write_bytes(content)
    assert renewal.progress(tmp_path) is None
    assert isinstance(renewal.take(tmp_path), frozenset)


def test_progress_is_told_seldom_and_ends_with_the_update(tmp_path: Path) -> None:
    at = 100.0
    with Telling(tmp_path, lambda: at) as telling:
        telling.wanted(7)
        told = json.loads((tmp_path / "run" / "update.json").read_text())
        assert (told["pid"], told["started"], told["of"]) == (os.getpid(), 100, 7)
        telling.came("a", 10, 100)
        telling.came("a", 20, 100)
        assert json.loads((tmp_path / "run" / "update.json").read_text())["came"] == 10
        at = 101.0
        telling.came("a", 30, 100)
        telling.came("b", 5, None)
        told = json.loads((tmp_path / "run" / "update.json").read_text())
        assert (told["lists"], told["name"], told["came"], told["size"]) == (2, "b", 5, None)
        telling.step("compiling")
        told = json.loads((tmp_path / "run" / "update.json").read_text())
        assert (told["name"], told["step"], told["lists"]) == ("", "compiling", 2)
    assert not (tmp_path / "run" / "update.json").exists()


def test_of_a_process_that_is_gone_there_is_no_progress(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    told = {"pid": 1 << 30, "started": 1, "lists": 0, "of": 0, "name": "", "came": 0, "size": None, "step": ""}
    (tmp_path / "run" / "update.json").write_text(json.dumps(told))
    assert renewal.progress(tmp_path) is None


def test_what_cannot_be_written_keeps_no_update_from_its_work(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("in the way")
    with Telling(tmp_path) as telling:
        telling.came("a", 1, None)
    with pytest.raises(OSError, match="exists"):
        renewal.order(tmp_path)


@pytest.fixture
def state(tmp_path: Path) -> Path:
    changes.publish_current(tmp_path)
    changes.edit(tmp_path, "test", "none", lambda home: replace(home, lists=Lists(ListSize.NONE)))
    return tmp_path


def test_an_update_takes_the_order_and_one_without_network_leaves_it(state: Path) -> None:
    renewal.order(state, frozenset({"gone-list"}))
    machine = replace(config.BUILT_IN, state=state)
    seen = []

    def look(_text: str) -> None:
        seen.append(json.loads((state / "run" / "update.json").read_text())["step"])

    refresh.refresh(machine, refresh.Wish(local=True), print, look)
    assert renewal.ordered(state)
    assert refresh.refresh(machine, refresh.Wish(due=True), print, look)
    assert not renewal.ordered(state)
    assert any(step.startswith("compiling") for step in seen)
