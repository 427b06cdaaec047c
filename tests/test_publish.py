import os
import stat
from pathlib import Path

import pytest

from filterdns.publish import open_newest, previous, publish, replace


def read(path: Path) -> bytes:
    content = path.read_bytes()
    if content.startswith(b"bad"):
        raise ValueError(f"{content.decode()} does not verify")
    return content


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_publish_makes_the_folder(tmp_path: Path) -> None:
    path = tmp_path / "published" / "policy"
    publish(path, b"one")
    assert path.read_bytes() == b"one"
    assert names(path.parent) == ["policy"]


def test_publish_keeps_the_previous_one(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    for content in (b"one", b"two", b"three"):
        publish(path, content)
    assert path.read_bytes() == b"three"
    assert previous(path).read_bytes() == b"two"
    assert names(tmp_path) == ["policy", "policy.previous"]


def test_publish_without_keeping(tmp_path: Path) -> None:
    path = tmp_path / "status"
    publish(path, b"one", keep_previous=False)
    publish(path, b"two", keep_previous=False)
    assert names(tmp_path) == ["status"]
    assert path.read_bytes() == b"two"


def test_a_reader_keeps_what_it_opened(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    publish(path, b"one")
    with path.open("rb") as reader:
        publish(path, b"two")
        publish(path, b"three")
        assert reader.read() == b"one"


def test_a_new_publication_is_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    publish(path, b"one")
    before = path.stat().st_ino
    publish(path, b"one")
    assert path.stat().st_ino != before
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_a_power_cut_left_is_no_hindrance(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    publish(path, b"one")
    os.link(path, tmp_path / ".policy.older")
    os.link(path, previous(path))
    publish(path, b"two")
    publish(path, b"three")
    assert (path.read_bytes(), previous(path).read_bytes()) == (b"three", b"two")
    assert names(tmp_path) == ["policy", "policy.previous"]


def test_a_failed_publication_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "policy"
    path.mkdir()
    (path / "inside").touch()
    with pytest.raises(OSError, match="policy"):
        publish(path, b"one", keep_previous=False)
    assert names(tmp_path) == ["policy"]


def test_replace_with_a_finished_file(tmp_path: Path) -> None:
    path, aside = tmp_path / "domains", tmp_path / "aside"
    publish(path, b"one")
    aside.write_bytes(b"two")
    replace(aside, path)
    assert (path.read_bytes(), previous(path).read_bytes()) == (b"two", b"one")
    assert not aside.exists()


@pytest.mark.parametrize(
    ("newest", "older", "value", "fault"),
    [
        (b"new", b"old", b"new", ""),
        (b"new", None, b"new", ""),
        (b"bad one", b"old", b"old", "bad one does not verify"),
        (None, b"old", b"old", "No such file"),
    ],
)
def test_open_newest(newest: bytes | None, older: bytes | None, value: bytes, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "policy"
    for place, content in ((path, newest), (previous(path), older)):
        if content is not None:
            place.write_bytes(content)
    found, said = open_newest(path, read)
    assert found == value
    assert fault in said
    assert bool(said) == bool(fault)
    assert not said or str(path) in said


@pytest.mark.parametrize("older", [b"bad two", None])
def test_open_newest_says_what_is_wrong_with_the_newest(older: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "policy"
    path.write_bytes(b"bad one")
    if older is not None:
        previous(path).write_bytes(older)
    with pytest.raises(ValueError, match="bad one"):
        open_newest(path, read)
