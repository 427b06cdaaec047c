import random
import struct
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh32_intdigest

from filterdns.blocklists.compile import Compiled, Names, compile_table
from filterdns.blocklists.source import Source
from filterdns.blocklists.table import FORMAT, HEADER, DomainTable, fingerprint, place, secret_key
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


@pytest.mark.parametrize(
    ("name", "categories"),
    [("zip", "adult"), ("a.zip", "adult"), ("b.a.zip", "adult games"), ("zipp", ""), ("a.zipp", ""), (".", "")],
)
def test_a_whole_top_level_domain(table: Callable[..., DomainTable], name: str, categories: str):
    opened = table(("adult", "zip"), ("games", "b.a.zip"))
    assert opened.tags(from_text(name)) == sum(BITS[category] for category in categories.split())


def test_a_service_gives_its_bit_and_its_category(path: Path):
    roblox = Source("service:roblox", "service", "games", "Roblox", 75)
    compile_table(path, [Names(roblox, lambda: ["roblox.com"])])
    opened = DomainTable.open(path)
    assert opened.tags(from_text("www.roblox.com")) == BITS["games"] | service_bit(75)
    assert opened.sources == (roblox._replace(names=1),)


def held_by(table: DomainTable, name: str) -> list[str]:
    """Each holder as "source as listed name", those in force first word of all "on"."""
    return [
        f"{'off' if holder.is_overruled else 'on'} {holder.source.id} as {holder.listed}"
        for holder in table.holders(from_text(name))
    ]


def test_holders_name_each_source_once_with_what_it_lists(table: Callable[..., DomainTable]):
    opened = table(
        ("adult", "example.com a.example.com"),
        ("games", "a.example.com", "b.a.example.com"),
        ("illegal", "a.example.com"),
    )
    assert held_by(opened, "x.a.example.com") == ["on list:adult as example.com", "on list:games as a.example.com"]
    assert held_by(opened, "b.a.example.com") == ["on list:adult as example.com"]
    assert held_by(opened, "example.org") == []


ALLOWED = "allowed.net"
ALLOW = Names(Source("allow:mine", "allow", "allow", "Mine"), f"www.{ALLOWED} {ALLOWED}".split, "also.net".split)


@pytest.mark.parametrize(
    ("kind", "category", "is_taken_out"),
    [
        ("list", "adult", True),
        ("list", "bypass", True),
        ("list", "malware", True),
        ("list", "illegal", False),
        ("service", "games", False),
        ("builtin", "adult", True),
        ("builtin", "bypass", False),
        ("builtin", "unsafe_search", False),
        ("builtin", "helplines", False),
        ("builtin", "essential", False),
    ],
)
@pytest.mark.parametrize("listed", [ALLOWED, f"x.{ALLOWED}", "net-is-not-enclosing.net"])
@pytest.mark.parametrize("name", [ALLOWED, f"x.{ALLOWED}", f"y.x.{ALLOWED}"])
@pytest.mark.parametrize("allow_first", [False, True])
def test_an_allow_list_takes_names_out_of_lists(
    path: Path, kind: str, category: str, name: str, listed: str, *, is_taken_out: bool, allow_first: bool
):
    other = Source("other", kind, category, "", 5 if kind == "service" else None)
    parts = [Names(other, lambda: [listed]), ALLOW]
    compile_table(path, parts[::-1] if allow_first else parts)
    opened = DomainTable.open(path)
    is_held = is_below(from_text(name), from_text(listed))
    assert opened.tags(from_text(name)) == (0 if is_taken_out or not is_held else other.tags)
    shown = [f"{'off' if is_taken_out else 'on'} other as {listed}"] if is_held and category != "illegal" else []
    expected = [*shown, f"on allow:mine as {ALLOWED}"]
    assert held_by(opened, name) == (expected[::-1] if allow_first else expected)


def test_an_allow_list_may_be_written_as_exceptions(path: Path):
    compile_table(path, [names_of("adult", ["also.net", "net.net"], []), ALLOW])
    opened = DomainTable.open(path)
    assert [opened.tags(from_text(name)) for name in ("x.also.net", "net.net")] == [0, BITS["adult"]]
    assert opened.sources[1].names == 3


HUSHED = "hidden-from-all.example.org"


@pytest.mark.parametrize("listed", [HUSHED, sha256(HUSHED.encode()).hexdigest()])
@pytest.mark.parametrize(
    ("name", "is_held"),
    [
        (HUSHED, True),
        (f"x.{HUSHED}", True),
        (f"y.x.{HUSHED}", True),
        (f"{LONG}.{HUSHED}", True),
        ("example.org", False),
        (f"x-{HUSHED}", False),
        (f"{HUSHED}.org", False),
        ("org", False),
        (".", False),
        ("hidden-from-all\\.example.org", False),
    ],
)
def test_names_that_nobody_may_read_are_found_and_not_shown(path: Path, listed: str, name: str, *, is_held: bool):
    operator = Source("list:operator", "list", "illegal", "Operator")
    compile_table(path, [Names(operator, lambda: [listed], lambda: [HUSHED]), names_of("adult", ["example.org"], [])])
    opened = DomainTable.open(path)
    adult = BITS["adult"] * is_below(from_text(name), from_text("example.org"))
    assert opened.tags(from_text(name)) == adult | BITS["illegal"] * is_held
    assert {holder.source.id for holder in opened.holders(from_text(name))} <= {"list:adult"}
    assert opened.sources[0].names == 1
    text = path.read_bytes()
    assert not [part for part in ("hidden", "from-all", "neddih", "lla-morf") if part.encode() in text]


def test_the_digest_of_a_top_level_domain_holds_nothing(path: Path):
    operator = Source("list:operator", "list", "illegal", "Operator")
    compile_table(path, [Names(operator, lambda: [sha256(b"org").hexdigest()])])
    assert DomainTable.open(path).tags(from_text("example.org")) == 0


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
    with pytest.raises(ValueError, match=r"closed|released"):
        opened.tags(from_text("a.com"))


def test_a_table_outlives_its_replacement(table: Callable[..., DomainTable]):
    old = table(("adult", "old.com"))
    new = table(("adult", "new.com"))
    assert [opened.tags(from_text("old.com")) for opened in (old, new)] == [BITS["adult"], 0]


@pytest.fixture
def content(path: Path, compiled: Callable[..., Compiled]):
    rows = ("adult", "example.com a.org b.org"), ("games", "c.org a.org", "b.c.org"), ("illegal", "d.org")
    compiled(*rows, special={from_text("x.net"): "nxdomain"})
    return path.read_bytes()


def _refused(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"^(is|has|does)") as error:
        DomainTable.open(path)
    return str(error.value)


def test_truncations_are_refused(path: Path, content: bytes):
    for size in range(len(content)):
        assert _refused(path, content[:size]) == ("is cut short" if size else "is empty")


def test_flipped_bits_are_refused(path: Path, content: bytes):
    for at in range(len(content)):
        damaged = bytearray(content)
        damaged[at] ^= 1 << at % 8
        _refused(path, damaged)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda content: content + b"\x00", "has something after its end"),
        (lambda content: content + content, "has something after its end"),
        (lambda content: b"GIF89a, " + content[8:], "is not a table of names"),
        (
            lambda content: content[:8] + struct.pack("<H", 1) + content[10:],
            "has format 1, this program reads format 5",
        ),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "does not match its checksum"),
        (
            lambda content: HEADER.pack(content[:8], FORMAT, 1, *[2**32 - 1] * 4, 2**64 - 1) + content[HEADER.size :],
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
HELD = st.tuples(st.lists(NAME, max_size=8), st.lists(NAME, max_size=3))
KINDS = [("list", "adult"), ("list", "games"), ("builtin", "chat"), ("service", "video"), ("allow", "allow")]
KINDS += [("list", "illegal")]
LISTS = st.permutations(KINDS).flatmap(lambda kinds: st.tuples(*(st.tuples(st.just(kind), HELD) for kind in kinds)))


@given(LISTS, st.lists(NAME, min_size=1, max_size=8))
def test_a_table_says_what_its_lists_say(
    tmp_path_factory: pytest.TempPathFactory,
    lists: tuple[tuple[tuple[str, str], tuple[list[str], list[str]]], ...],
    asked: list[str],
):
    """The oracle is the definition: held at or above the name, no exception of that list, and no allow list, there."""
    path = tmp_path_factory.mktemp("table") / "domains"
    parts = [
        Names(
            Source(category, kind, category, "", 7 if kind == "service" else None),
            lambda p=part: p[0],
            lambda p=part: p[1],
        )
        for (kind, category), part in lists
    ]
    compiled = compile_table(path, parts)
    opened = DomainTable.open(path)
    held = {category: part[0] + part[1] * (category == "allow") for (_, category), part in lists}
    excepted = {category: part[1] * (category not in {"allow", "illegal"}) for (_, category), part in lists}
    for name in map(from_text, [*asked, *(name for part in lists for names in part[1] for name in names)]):
        holding = {
            part.source.id: part.source
            for part in parts
            if any(is_below(name, from_text(listed)) for listed in held[part.source.id])
            and not any(is_below(name, from_text(listed)) for listed in excepted[part.source.id])
        }
        overruled = {"adult", "games", "chat"} if "allow" in holding else set()
        holders = {holder.source.id: holder for holder in opened.holders(name)}
        assert holders.keys() == holding.keys() - {"illegal"}
        assert {source for source, holder in holders.items() if holder.is_overruled} == overruled & holders.keys()
        assert opened.tags(name) == sum(holding[source].tags for source in holding.keys() - overruled)
        for source, holder in holders.items():
            assert is_below(name, from_text(holder.listed))
            assert holder.listed in held[source]
    assert [source.names for source in compiled.sources] == [len(set(held[source.id])) for source in compiled.sources]
    opened.close()


def names_of(category: str, held: list[str], excepted: list[str]):
    return Names(Source(f"list:{category}", "list", category, category), lambda: held, lambda: excepted)


def test_names_of_a_large_table_are_all_found(path: Path):
    dice = random.Random(5)
    endings = ("com", "org", "co.uk")
    listed = {f"{dice.randbytes(4).hex()}.{dice.choice(endings)}" for _ in range(20_000)}
    compile_table(path, [names_of("adult", sorted(listed), [])])
    opened = DomainTable.open(path)
    assert opened.names == len(listed)
    assert all(opened.tags(from_text(name)) for name in listed)
    assert not any(opened.tags(from_text(f"no-{name}")) for name in listed)
    assert to_text(from_text(opened.holders(from_text(f"x.{min(listed)}"))[0].listed)) == min(listed)


def test_every_name_of_a_large_allow_list_opens_and_no_other(path: Path):
    """These stand in the file in full, several a bucket, one of them the longest there can be."""
    longest = ".".join(["x" * 61, "y" * 63, "z" * 63, "a" * 63])
    listed = [f"n{number}.a{number}.example" for number in range(2000)]
    opening = [name for number, name in enumerate(listed) if number % 2] + [longest]
    allow = Names(Source("allow:mine", "allow", "allow", ""), lambda: opening)
    compile_table(path, [names_of("adult", [*listed, longest], []), allow])
    opened = DomainTable.open(path)
    assert len(from_text(longest)) == 255
    assert {name for name in [*listed, longest] if not opened.tags(from_text(name))} == set(opening)
    assert not any(opened.tags(from_text(f"www.{name}")) for name in opening[:-1])


def test_the_filter_knows_most_strangers(path: Path):
    """Both bits that are looked at together are clear."""
    names = [f"n{number}.example{number}.com" for number in range(0, 5000, 4)]
    names += [f"example{number}.org" for number in range(5000) if number % 4]
    compile_table(path, [names_of("adult", names, [])])
    opened = DomainTable.open(path)

    def may_be_listed(name: str) -> bool:
        bit = place(xxh32_intdigest(from_text(name), opened._key), opened._bits)
        return opened._mapped[opened._filter + (bit >> 3)] >> (bit & 6) & 3 != 0

    assert all(may_be_listed(name) for name in names)
    assert 0 < sum(may_be_listed(f"stranger{number}.com") for number in range(5000)) < 5000 * 0.25


def test_only_a_whole_entry_is_a_match(path: Path):
    """A fingerprint across two entries, which a name in a million might have, is none."""
    compile_table(path, [names_of("adult", ["a.com"], []), names_of("games", ["b.com"], [])])
    content = bytearray(path.read_bytes())
    opened = DomainTable.open(path)
    mark = fingerprint(from_text("b.com"), opened._key)
    entries = opened._entries
    assert content[entries + 5 : entries + 9] == mark, "the last of two entries"
    content[entries : entries + 5] = b"?" + mark
    rewrite(path, content)
    assert DomainTable.open(path).tags(from_text("b.com")) == BITS["games"]


def rewrite(path: Path, content: bytearray) -> None:
    """The file with this content, but for its checksum."""
    content[-32:] = sha256(content[:-32]).digest()
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("kind", "category", "excepted", "tags"),
    [
        ("list", "adult", "", "adult"),  # once in a thousand years, and nothing is opened by it
        ("builtin", "helplines", "", ""),
        ("builtin", "essential", "", ""),
        ("allow", "allow", "", ""),
        ("list", "illegal", "", ""),
        ("list", "adult", "good.sister.example", "adult games"),
    ],
)
def test_a_name_taken_for_another_is_neither_opened_nor_blocked_for_good(
    path: Path, kind: str, category: str, excepted: str, tags: str
):
    """Somebody made a name below a blocked one that has the fingerprint of a name that opens."""
    evil = "x123456.sister.example"
    held = "sister.example" if excepted else "held.example"
    parts = [
        Names(Source("one", kind, category, ""), held.split, excepted.split),
        names_of("games", ["sister.example"] if excepted else [], []),
    ]
    compile_table(path, parts)
    opened = DomainTable.open(path)
    first, size = opened._entries, opened._entry
    likeness = secret_key(evil) if category == "illegal" else evil
    wire = likeness.encode() if category == "illegal" else from_text(evil)
    content = bytearray(path.read_bytes())
    content[opened._filter : first] = b"\xff" * (first - opened._filter)
    taken_for = excepted or held
    other = secret_key(taken_for).encode() if category == "illegal" else from_text(taken_for)
    for at in range(first, first + opened.names * size, size):
        if content[at : at + 4] == fingerprint(other, opened._key):
            content[at : at + 4] = fingerprint(wire, opened._key)
    rewrite(path, content)
    assert DomainTable.open(path).tags(from_text(evil)) == sum(BITS[each] for each in tags.split())


@pytest.mark.parametrize("kind", ["adult", "illegal"])
def test_illegal_and_other_names_are_never_taken_for_each_other(path: Path, kind: str):
    compile_table(path, [names_of("adult", ["a.example"], []), names_of("illegal", ["b.example"], [])])
    opened = DomainTable.open(path)
    content = bytearray(path.read_bytes())
    content[opened._filter : opened._entries] = b"\xff" * (opened._entries - opened._filter)
    secret, plain = (
        fingerprint(secret_key("b.example").encode(), opened._key),
        fingerprint(from_text("a.example"), opened._key),
    )
    at = content.index(secret if kind == "illegal" else plain, opened._entries)
    taken = from_text("c.example") if kind == "illegal" else secret_key("c.example").encode()
    content[at : at + 4] = fingerprint(taken, opened._key)
    rewrite(path, content)
    assert DomainTable.open(path).tags(from_text("c.example")) == 0
    assert DomainTable.open(path).holders(from_text("c.example")) == []
