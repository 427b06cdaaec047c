import gzip
import io
import lzma
import random
import tarfile
import zlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.blocklists.limits import LIMITS, DownloadError, Limits
from filterdns.blocklists.unpack import RATIO_FROM, text

gzipped = partial(gzip.compress, mtime=0)  # the same octets whenever tests are collected

LIST = b"one.example\ntwo.example\n"


def unpacked(
    data: bytes, step: int = 65536, *, coded: bool = False, folder: str = "", limits: Limits = LIMITS
) -> bytes:
    parts = (data[at : at + step] for at in range(0, len(data), step))
    return b"".join(text(parts, limits, coded=coded, folder=folder))


def archive(*members: tuple[str, bytes], form: int = tarfile.GNU_FORMAT, kind: bytes = tarfile.REGTYPE) -> bytes:
    """A tar of files; `kind` is that of those whose name begins with "!"."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=form) as tar:
        for name, content in members:
            about = tarfile.TarInfo(name.removeprefix("!"))
            if name.startswith("!"):
                about.type, about.linkname, about.size = kind, content.decode(), 600  # which is not there
                tar.addfile(about)
            else:
                about.size, about.mtime = len(content), 1.5
                tar.addfile(about, io.BytesIO(content))
    return made.getvalue()


@pytest.mark.parametrize("step", [1, 7, 65536])
@pytest.mark.parametrize(
    ("data", "coded"),
    [
        (LIST, False),
        (gzipped(LIST), False),
        (gzipped(LIST), True),
        (gzipped(gzipped(LIST)), True),
        (gzipped(LIST[:7]) + gzipped(LIST[7:]) + bytes(2000), False),
        (gzipped(b"") + gzipped(LIST), False),
    ],
)
def test_text_comes_out_as_it_was(data: bytes, coded: bool, step: int):  # noqa: FBT001 - a column
    assert unpacked(data, step, coded=coded) == LIST


def test_nothing_is_an_empty_text():
    assert unpacked(b"") == b""
    assert unpacked(gzipped(b"")) == b""


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("step", [1, 511, 65536])
def test_an_archive_gives_its_list_and_nothing_else(form: int, step: int):
    data = archive(
        ("adult/urls", b"no.example/path\n" * 99), ("adult/usage", b"black\n"), ("README", b"no.example\n"),
        ("adult/domains.0", b"a.example\nb.example"), ("adult/domains.1", b"c.example\n"), ("adult/very_domains", b"n"),
        ("adult/domains.bak", b"no.example\n"), ("x/" * 60 + "file", b"no.example\n"), form=form,
    )  # fmt: skip
    assert unpacked(data, step) == b"a.example\nb.example\nc.example\n\n"
    assert unpacked(gzipped(data), step) == b"a.example\nb.example\nc.example\n\n"


def test_of_an_archive_with_several_lists_one_is_named():
    data = archive(("all/adult/domains", b"a.example\n"), ("all/games/domains", b"g.example\n"))
    with pytest.raises(DownloadError, match="holds several lists; write # and the folder's name"):
        unpacked(data)
    assert unpacked(data, folder="games") == b"g.example\n\n"
    with pytest.raises(DownloadError, match='no file "domains" in a folder chat'):
        unpacked(data, folder="chat")


@pytest.mark.parametrize("name", ["/domains", "/etc/domains", "../domains", "a/../../domains", "a/../domains"])
def test_a_member_that_leads_elsewhere_is_passed_over(name: str):
    data = archive((name, b"evil.example\n"), ("adult/domains", b"a.example\n"))
    assert unpacked(data) == b"a.example\n\n"


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE]
)
def test_links_and_devices_are_passed_over(kind: bytes):
    data = archive(("!porn/domains", b"/etc/passwd"), ("adult/domains", b"a.example\n"), kind=kind)
    assert unpacked(data) == b"a.example\n\n"


PACKED = gzipped(LIST * 50)
TAR = archive(("adult/domains", LIST * 50))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (PACKED[:-1], "its gzip data ends too soon"),
        (PACKED[:20], "its gzip data ends too soon"),
        (PACKED[:2], "its gzip data ends too soon"),
        (PACKED + b"more", "its gzip data is damaged"),
        (PACKED[:-8] + b"\x00" + PACKED[-7:], "its gzip data is damaged"),
        (gzipped(b"") * 10_001, "in too many pieces"),
        (TAR[:1000], "its archive ends too soon"),
        (TAR[:600], "its archive ends too soon"),
        (TAR[:2048], "its archive ends too soon"),
        (TAR[:2048] + LIST * 50, "its archive is damaged"),
        (archive(("adult/urls", LIST)), 'its archive holds no file "domains"'),
        (gzipped(TAR)[:-1], "its gzip data ends too soon"),
        (gzipped(TAR[:-9000]), "its archive ends too soon"),
    ],
)
def test_what_is_damaged_is_refused(data: bytes, reason: str):
    with pytest.raises(DownloadError, match=reason):
        unpacked(data)


def test_what_http_should_have_packed_but_did_not_is_refused():
    with pytest.raises(DownloadError, match="its gzip data is damaged"):
        unpacked(LIST, coded=True)


def test_a_bomb_is_found_by_its_ratio():
    zeros = gzipped(bytes(RATIO_FROM + 65536))
    with pytest.raises(DownloadError, match="more than 30 times its size"):
        unpacked(zeros)
    with pytest.raises(DownloadError, match="more than 30 times its size"):
        unpacked(gzipped(zeros), coded=True)
    with pytest.raises(DownloadError, match="more than 30 times its size"):
        unpacked(gzipped(archive(("a/urls", bytes(2 * RATIO_FROM)), ("a/domains", LIST))))


def test_a_bomb_is_found_by_its_size():
    noise = random.Random(1).randbytes(300_000)
    with pytest.raises(DownloadError, match="more than 0 MiB"):
        unpacked(gzipped(noise), limits=replace(LIMITS, decoded=200_000))
    assert unpacked(gzipped(noise), limits=replace(LIMITS, decoded=300_000)) == noise


def test_a_list_that_is_pressed_well_is_no_bomb():
    """Small enough for any ratio, or of the ratio that lists have."""
    assert len(unpacked(gzipped(bytes(RATIO_FROM)))) == RATIO_FROM
    names = b"".join(b"0.0.0.0 www.site%d.example\n" % number for number in range(100_000))
    assert unpacked(gzipped(names, 9)) == names


def test_real_lists_are_far_from_the_ratio(shared_data: Path):
    lists = sorted((shared_data / "lists").glob("*.txt.xz"))
    assert lists
    for path in lists:
        content = lzma.decompress(path.read_bytes())
        assert unpacked(gzipped(content, 6), coded=True, limits=replace(LIMITS, ratio=15)) == content, path.name


@given(st.binary(max_size=2000), st.integers(1, 700), st.booleans())
def test_any_bytes_are_text_or_an_error(data: bytes, step: int, coded: bool):  # noqa: FBT001 - a column
    try:
        found = unpacked(data, step, coded=coded)
    except DownloadError:
        assert coded or data[:2] == b"\x1f\x8b"
    else:
        assert found == data


@given(st.data(), st.sampled_from([PACKED, TAR, gzipped(TAR)]), st.integers(1, 700))
def test_damage_anywhere_is_text_or_an_error_and_the_same_in_any_pieces(data: st.DataObject, whole: bytes, step: int):
    content = bytearray(whole)
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=3)):
        content[at] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.integers(0, len(whole)) | st.just(len(whole)))]

    def outcome(size: int) -> bytes | None:
        try:
            return unpacked(bytes(content), size)
        except DownloadError:
            return None

    assert outcome(step) == outcome(65536)


FILES = st.tuples(st.sampled_from(["a/domains", "a/domains.0", "a/urls", "domains2", "a/b", "./a/domains.12"]),
                  st.binary(max_size=1500))  # fmt: skip


@given(st.lists(FILES, max_size=6), st.sampled_from([0, 1, 2]), st.integers(0, 9))
def test_archives_are_read_as_pythons_own_reader_does(files: list[tuple[str, bytes]], form: int, level: int):
    data = archive(*files, form=form)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        wanted = [member for member in tar if member.name.split("/")[-1] in ("domains", "domains.0", "domains.12")]
        expected = b"".join(tar.extractfile(member).read() + b"\n" for member in wanted)
    if not files:
        assert unpacked(zlib.compress(data, level, 31)) == data
    elif wanted:
        assert unpacked(zlib.compress(data, level, 31)) == expected
    else:
        with pytest.raises(DownloadError, match="no file"):
            unpacked(zlib.compress(data, level, 31))
