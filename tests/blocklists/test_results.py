"""results.json: what is written is read, by older and newer versions too."""

import json
from pathlib import Path

import pytest

from filterdns.blocklists import results
from filterdns.blocklists.results import IN_USE, NOT_YET, ListState

FULL = ListState(
    "own:Ours", "games", "Ours", "https://a.example/", "hosts", 5, {"address": 1}, 1.5, "ab", "cd", "is empty",
    ("childline.org.uk",), '"1"', "Mon", 2.5, 3.5, 4.5, 6, 7.5, 8,
)  # fmt: skip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert results.read(tmp_path) == []
    results.write(tmp_path, [FULL, ListState("builtin:adult", "adult")])
    assert results.read(tmp_path) == [FULL, ListState("builtin:adult", "adult")]


def test_other_versions_know_more_or_less(tmp_path: Path) -> None:
    results.write(tmp_path, [])
    path = tmp_path / "lists" / "results.json"
    path.write_text(json.dumps([{"id": "a", "category": "games", "colour": "red"}]))
    assert results.read(tmp_path) == [ListState("a", "games")]


@pytest.mark.parametrize(
    "text", ["", "{", "5", "[5]", '["a"]', '[{"id": "a"}]', '{"a": 1}', '[{"id": "a", "would_block": 5}]']
)
def test_what_is_no_result_is_an_error_or_nothing(tmp_path: Path, text: str) -> None:
    results.write(tmp_path, [])
    (tmp_path / "lists" / "results.json").write_text(text)
    with pytest.raises(ValueError, match=r"results|line 1"):
        results.read(tmp_path)
    assert results.read_if_any(tmp_path) == []


def test_the_previous_results_stand_in(tmp_path: Path) -> None:
    results.write(tmp_path, [FULL])
    results.write(tmp_path, [])
    (tmp_path / "lists" / "results.json").write_text("{")
    assert results.read(tmp_path) == [FULL]


@pytest.mark.parametrize(("result", "bad"), [(IN_USE, False), (NOT_YET, False), ("is empty", True)])
def test_what_somebody_has_to_look_after(result: str, *, bad: bool) -> None:
    assert ListState("a", "games", result=result).is_bad == bad
