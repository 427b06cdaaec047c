"""Contents of lists on disk: named after what they hold, found again, cleared away."""

import hashlib
from pathlib import Path

import pytest

from filterdns.blocklists.kept import Kept
from filterdns.blocklists.results import ListState


def keep(kept: Kept, name: str, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()
    with kept.aside() as aside:
        aside.write_bytes(content)
        kept.take(aside, name, digest)
    return digest


@pytest.fixture
def kept(tmp_path: Path) -> Kept:
    return Kept(tmp_path / "kept")


@pytest.mark.parametrize("name", ["sw-adult", "own:School's list", "own:../../etc/x", "own:ä" * 20, "local:a/b.txt"])
def test_a_file_has_a_safe_name_and_is_private(kept: Kept, tmp_path: Path, name: str):
    digest = keep(kept, name, b"one.example\n")
    path = kept.path(ListState(name, "games", digest=digest))
    assert path.read_bytes() == b"one.example\n"
    assert path.parent == tmp_path / "kept"
    assert set(path.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert len(path.name) < 110
    assert path.stat().st_mode & 0o777 == 0o600


def test_lists_whose_names_look_alike_have_files_of_their_own(kept: Kept):
    places = {kept.path(ListState(name, "games", digest="0" * 64)) for name in ("own:a b", "own:a-b", "own:A b")}
    assert len(places) == 3


def test_what_is_not_used_is_cleared_away(kept: Kept, tmp_path: Path):
    first, second, third = (keep(kept, "a", b"%d.example\n" % number) for number in range(3))
    keep(kept, "b", b"x.example\n")
    (tmp_path / "kept" / ".new.left").write_bytes(b"half")
    kept.clear([ListState("a", "games", digest=third, previous=second)])
    assert {file.name.partition(".")[2] for file in (tmp_path / "kept").iterdir()} == {third[:32], second[:32]}
    assert first not in {third, second}


def test_a_damaged_content_gives_way_to_the_one_before(kept: Kept):
    old, new = keep(kept, "a", b"old.example\n"), keep(kept, "a", b"new.example\n")
    entry = ListState("a", "games", digest=new, previous=old, etag='"2"', due=5.0)
    assert kept.sound(entry) == entry
    kept.path(entry).write_bytes(b"nex.example\n")
    sound = kept.sound(entry)
    assert (sound.digest, sound.previous, sound.etag, sound.due) == (old, "", "", 0.0)
    kept.path(sound).unlink()
    assert kept.sound(entry).digest == ""


def test_the_newest_intact_content_of_a_list_is_found(kept: Kept):
    assert kept.newest("a") == ""
    old = keep(kept, "a", b"old.example\n")
    new = keep(kept, "a", b"new.example\n")
    keep(kept, "b", b"other.example\n")
    assert kept.newest("a") in {old, new}
    kept.path(ListState("a", "games", digest=new)).write_bytes(b"damaged")
    assert kept.newest("a") == old


def test_what_is_aside_is_removed_when_it_is_not_taken(kept: Kept, tmp_path: Path):
    with kept.aside() as aside:
        aside.write_bytes(b"half")
    assert list((tmp_path / "kept").iterdir()) == []
