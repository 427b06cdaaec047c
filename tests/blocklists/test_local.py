"""What lies in the folder of local lists. What becomes of it: test_update."""

import os
from pathlib import Path

import pytest

from filterdns.blocklists import local
from filterdns.blocklists.content import ListError


def put(folder: Path, place: str, content: str = "one.example\n") -> Path:
    file = folder / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)
    return file


def test_everything_is_found_in_order(tmp_path: Path) -> None:
    folder = tmp_path / "local"
    assert list(local.found(folder, ())) == []
    for place in (
        "games/b.txt",
        "games/a.txt",
        "allow/ok.txt",
        "illegal/x.txt",
        "games/.hidden.txt",
        "games/no\nname.txt",
    ):
        put(folder, place)
    assert [each.id for each in local.found(folder, ())] == [
        "local:allow/ok.txt", "local:games/a.txt", "local:games/b.txt", "local:illegal/x.txt",
    ]  # fmt: skip
    assert {each.fault for each in local.found(folder, ())} == {""}


@pytest.mark.parametrize(
    ("place", "name", "fault"),
    [
        ("gamez/mine.txt", "local:gamez", "no such category"),
        ("essential/mine.txt", "local:essential", "no such category"),
        ("mine.txt", "local:mine.txt", "named after their category"),
        ("games/mine.list", "local:games/mine.list", "does not end in .txt"),
    ],
)
def test_what_lies_wrong_says_so(tmp_path: Path, place: str, name: str, fault: str) -> None:
    put(tmp_path, place)
    [each] = local.found(tmp_path, ())
    assert each.id == name
    assert fault in each.fault


def test_a_copy_is_whole_and_only_of_files(tmp_path: Path) -> None:
    file = put(tmp_path, "a.txt", "x\n" * 1_000_000)
    local.copy(file, tmp_path / "b")
    assert local.digest(tmp_path / "b") == local.digest(file)
    assert local.changed(file) == file.stat().st_mtime
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ListError, match="is not a file"):
        local.changed(tmp_path / "pipe")
