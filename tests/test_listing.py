"""`filterdns lists` in words."""

from dataclasses import replace
from pathlib import Path

import pytest

from filterdns import config, listing, refresh
from filterdns.blocklists.results import ListState


@pytest.mark.parametrize(
    ("changed", "expected"),
    [(None, "-"), (1000.0, "new"), (2000.0, "new"), (940.0, "1 min"), (1000.0 - 7300, "2 h"), (1000.0 - 9e5, "10 d")],
)
def test_ages(changed: float | None, expected: str) -> None:
    assert listing.age(ListState("a", "games", changed=changed), 1000.0) == expected


def test_a_table_of_lists_with_what_is_wrong(tmp_path: Path) -> None:
    assert listing.lines(listing.read(tmp_path), 0) == ["No list yet: run filterdns update"]
    folder = tmp_path / "lists" / "local" / "games"
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("game.example\nplay.example\n192.0.2.1\n192.0.2.2\nco.uk\n")
    (folder / "bad.txt").write_text("<html>")
    said: list[str] = []
    refresh.refresh(replace(config.BUILT_IN, state=tmp_path), refresh.Wish(local=True), said.append, print)
    assert any("bad.txt" in line and "web page" in line for line in said)
    found = listing.read(tmp_path)
    lines = listing.lines(found, (folder / "mine.txt").stat().st_mtime + 120)
    (mine,) = [line for line in lines if "mine.txt" in line]
    assert mine.split() == ["local:games/mine.txt", "games", "2", "2", "min", "in", "use"]
    assert lines[lines.index(mine) + 1].strip() == "lines without a name: 2 address, 1 public suffix"
    assert any("bad.txt" in line and "web page" in line for line in lines)
    assert {entry["id"] for entry in listing.as_json(found, 0)} == {entry.id for entry in found}


def test_results_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "results.json").write_text("{")
    with pytest.raises(OSError, match=r"line 1 column"):
        listing.read(tmp_path)


LONG = ListState(
    "own:A list with a name that somebody thought about for long", "games", "A title", names=1_234_567, changed=0.0,
    digest="x", reached=0.0, would_block=("rataufdraht.at", "talktofrank.com"),
    result="the server has no such list (any more) (status 404); its content from before is in use",
)  # fmt: skip


@pytest.mark.parametrize("width", [20, 32, 60, 80, 200, None])
def test_long_names_in_a_terminal_of_any_width(width: int | None) -> None:
    lines = listing.lines([LONG, ListState("sw-adult", "adult", names=5, changed=9 * 86400.0)], 9 * 86400.0, width)
    assert all(len(line) <= (width or 999) for line in lines)
    text = " ".join(" ".join(lines).split())
    for words in ("1,234,567", "status 404", "not renewed for 9 days", "sw-adult"):
        assert words in text
    assert "would block: rataufdraht.at, talktofrank.com (they stay open)" in text


def test_what_was_reached_this_week_is_not_old() -> None:
    fresh = replace(LONG, reached=3 * 86400.0)
    assert "not renewed" not in " ".join(listing.lines([fresh], 9 * 86400.0))


def test_programs_are_told_everything() -> None:
    [told] = listing.as_json([LONG], 60.0)
    assert (told["age"], told["would_block"], told["result"]) == (60, LONG.would_block, LONG.result)
