import random
import struct
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.blocklists.compile import Compiled, Names, compile_table
from filterdns.blocklists.table import HEADER, DomainTable, Source
from filterdns.dname import from_text, is_below, to_text
from filterdns.policy.category import BITS, service_bit

LONG = "a" * 48  # a label whose length octet is the character "0"


@pytest.mark.parametrize(
    ("name", "categories"),
    [
        ("example.com", "adult games"),
        ("www.example.com", "adult games"),
        ("a.b.c.www.example.com", "adult games"),
        ("com", ""),
        (".", ""),
        ("notexample.com", ""),
        ("example.com.org", ""),
        ("ample.com", ""),
        ("open.example.com", "adult"),
        ("deep.open.example.com", "adult"),
        ("listed.open.example.com", "adult"),
        ("reopen.example.com", "adult games"),
        ("c.org", "games"),
        ("b.c.org", "adult games"),
        ("x.b.c.org", "adult games"),
        (f"{LONG}.com", "adult"),
        (f"x.{LONG}.com", "adult"),
        (f"y0{LONG}.com", ""),
        ("\\007example.com", ""),
        ("x.\\007example\\003com.net", ""),
        ("x\\007example.com", ""),
        ("example\\.com", ""),
        ("bücher.example.com", "adult games"),
        ("\\255.example.com", "adult games"),
    ],
)
def test_tags(table: Callable[..., DomainTable], name: str, categories: str):
    opened = table(
        ("adult", f"example.com www.example.com b.c.org {LONG}.com"),
        ("games", "example.com c.org listed.open.example.com", "open.example.com nowhere.net"),
    )
    assert opened.tags(from_text(name)) == sum(BITS[category] for category in categories.split())


def test_a_service_gives_its_bit_and_its_category(path: Path):
    roblox = Source("service:roblox", "service", "games", "Roblox", 75)
    compile_table(path, [Names(roblox, lambda: ["roblox.com"])])
    opened = DomainTable.open(path)
    assert opened.tags(from_text("www.roblox.com")) == BITS["games"] | service_bit(75)
    assert opened.sources == (replace(roblox, names=1),)


def test_holders_name_each_source_once_with_what_it_lists(table: Callable[..., DomainTable]):
    opened = table(
        ("adult", "example.com a.example.com"),
        ("games", "a.example.com", "b.a.example.com"),
        ("illegal", "a.example.com"),
    )
    assert opened.holders(from_text("x.a.example.com")) == [
        ("list:adult", "example.com"),
        ("list:games", "a.example.com"),
        ("list:illegal", ""),
    ]
    assert opened.holders(from_text("b.a.example.com")) == [("list:adult", "example.com"), ("list:illegal", "")]
    assert opened.holders(from_text("example.org")) == []


def test_special_names_and_inputs_come_back(table: Callable[..., DomainTable]):
    canary = from_text("use-application-dns.net")
    opened = table(("adult", "a.com"), special={canary: "nxdomain"}, inputs="digest")
    assert opened.special == {canary: "nxdomain"}
    assert opened.inputs == "digest"


def test_an_empty_table_holds_nothing(table: Callable[..., DomainTable]):
    opened = table()
    assert (opened.names, opened.tags(from_text("example.com"))) == (0, 0)


def test_a_closed_table_gives_its_file_back(table: Callable[..., DomainTable]):
    opened = table(("adult", "a.com"))
    opened.close()
    with pytest.raises(AttributeError):
        opened.tags(from_text("a.com"))


def test_a_table_outlives_its_replacement(table: Callable[..., DomainTable]):
    old = table(("adult", "old.com"))
    new = table(("adult", "new.com"))
    assert [opened.tags(from_text("old.com")) for opened in (old, new)] == [BITS["adult"], 0]


@pytest.fixture
def content(path: Path, compiled: Callable[..., Compiled]):
    compiled(("adult", "example.com a.org b.org"), ("games", "c.org a.org"), special={from_text("x.net"): "nxdomain"})
    return path.read_bytes()


def _refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^(is|has|does)") as error:
        DomainTable.open(path)
    return str(error.value)


def test_truncations_are_refused(path: Path, content: bytes):
    for size in (*range(200), *range(200, len(content) - 200, 13), *range(len(content) - 200, len(content))):
        assert _refused(path, content[:size]) == ("is cut short" if size else "is empty")


def test_flipped_bits_are_refused(path: Path, content: bytes):
    for at in (*range(200), *range(200, len(content) - 200, 13), *range(len(content) - 200, len(content))):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        _refused(path, damaged)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content + b"\x00", "has something after its end"),
        (lambda content: content + content, "has something after its end"),
        (lambda content: b"GIF89a, " + content[8:], "is not a table of names"),
        (lambda content: content[:8] + struct.pack("<H", 2) + content[10:], "has format 2"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "does not match its checksum"),
        (
            lambda content: HEADER.pack(content[:8], 1, 1, 2**32 - 1, 2**64 - 1, 2**64 - 1) + content[36:],
            "is cut short",
        ),
        (lambda content: random.Random(1).randbytes(len(content)), "is not a table of names"),
    ],
)
def test_other_damage_is_refused_with_its_reason(
    path: Path, content: bytes, change: Callable[[bytes], bytes], reason: str
):
    assert reason in _refused(path, change(content))


def test_a_missing_file_is_an_os_error(tmp_path: Path):
    with pytest.raises(FileNotFoundError):
        DomainTable.open(tmp_path / "none")


LABEL = st.sampled_from(["a", "b", "ab", "a-b", "0", "x" * 45, "x" * 48, "0" + "x" * 48, "x" * 57])
NAME = st.lists(LABEL, min_size=1, max_size=3).map(lambda labels: ".".join([*labels, "com"]))
LISTS = st.lists(st.tuples(st.lists(NAME, max_size=8), st.lists(NAME, max_size=3)), max_size=4)


@given(LISTS, st.lists(NAME, min_size=1, max_size=8))
def test_a_table_says_what_its_lists_say(
    tmp_path_factory: pytest.TempPathFactory, lists: list[tuple[list[str], list[str]]], asked: list[str]
):
    """The oracle is the definition: held at or above the name, and no exception of that list at or above it."""
    path = tmp_path_factory.mktemp("table") / "domains"
    categories = ["adult", "games", "chat", "p2p"]
    parts = [names_of(category, *part) for category, part in zip(categories, lists, strict=False)]
    compiled = compile_table(path, parts)
    opened = DomainTable.open(path)
    listed_names = [name for part in lists for held_or_excepted in part for name in held_or_excepted]
    for name in map(from_text, asked + listed_names):
        expected = {
            f"list:{category}"
            for category, (held, excepted) in zip(categories, lists, strict=False)
            if any(is_below(name, from_text(listed)) for listed in held)
            and not any(is_below(name, from_text(listed)) for listed in excepted)
        }
        holders = opened.holders(name)
        assert {source for source, _ in holders} == expected
        assert opened.tags(name) == sum(BITS[source.removeprefix("list:")] for source in expected)
        for source, listed in holders:
            assert is_below(name, from_text(listed))
            assert listed in lists[categories.index(source.removeprefix("list:"))][0]
    assert [source.names for source in compiled.sources] == [len(set(held)) for held, _ in lists]
    opened.close()


def names_of(category: str, held: list[str], excepted: list[str]):
    return Names(Source(f"list:{category}", "list", category, category), lambda: held, lambda: excepted)


def test_names_of_a_large_table_are_all_found(path: Path):
    dice = random.Random(5)
    listed = {f"{dice.randbytes(4).hex()}.{dice.choice(['com', 'org', 'co.uk'])}" for _ in range(20_000)}
    compile_table(path, [names_of("adult", sorted(listed), [])])
    opened = DomainTable.open(path)
    assert opened.names == len(listed)
    assert all(opened.tags(from_text(name)) for name in listed)
    assert not any(opened.tags(from_text(f"no-{name}")) for name in listed)
    assert to_text(from_text(opened.holders(from_text(f"x.{min(listed)}"))[0][1])) == min(listed)
