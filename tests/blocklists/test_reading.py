import hashlib
import lzma
import tarfile
import time
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.blocklists.reading import detect
from filterdns.blocklists.syntax import SYNTAXES
from filterdns.dname import from_text, is_host, to_text
from tests.blocklists.lists import read


def test_a_list_is_read_whole_whatever_lies_between_its_lines():
    content = "\ufeff# head\n\na.org\nBAD LINE\n b.org\n# note\n1.1.1.1\n\n\n" + "c" * 63 + ".org\nd.org"
    assert read(content, "domains") == (
        ["a.org", "b.org", "c" * 63 + ".org", "d.org"],
        [],
        {"not a name": 1, "address": 1},
    )


def test_a_mark_of_byte_order_is_no_part_of_the_first_name():
    assert read(b"\xef\xbb\xbfexample.org\n", "domains")[0] == ["example.org"]


def test_lines_across_the_edges_of_blocks_are_whole():
    names = [f"n{number}.example.org" for number in range(60_000)]
    assert read("\n".join(names), "domains") == (names, [], {})


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    "content",
    [b"a." * 5_000_000, b"||" + b"a-" * 5_000_000, b" " * 10_000_000, b"0.0.0.0 " * 1_250_000, b"\xff" * 10_000_000],
    ids=["labels", "hyphens", "spaces", "addresses", "no text"],
)
def test_ten_megabytes_in_one_line_are_one_rejected_line(syntax: str, content: bytes):
    started = time.process_time()
    assert read(content + b"\nexample.org\n", syntax)[2]["line too long"] == 1
    assert time.process_time() - started < 2


@pytest.mark.parametrize("syntax", SYNTAXES)
@given(
    content=st.binary(max_size=400) | st.text("ab.-_*#|^@$/=:\"' \t\r\n0;1\ud7ff\u212aü", max_size=200).map(str.encode)
)
def test_any_octets_give_host_names_or_counted_lines(syntax: str, content: bytes):
    held, excepted, rejects = read(content, syntax)
    for name in held + excepted:
        if syntax == "sha256" and "." not in name:
            assert len(bytes.fromhex(name)) == 32
            continue
        assert is_host(from_text(name))
        assert to_text(from_text(name)) == name
    assert sum(rejects.values()) <= content.count(b"\n") + 1
    assert detect(content) in SYNTAXES


LIKE = {
    "domains": "{}",
    "wildcard": "*.{}",
    "hosts": "0.0.0.0 {}",
    "adblock": "||{}^",
    "dnsmasq": "address=/{}/0.0.0.0",
    "unbound": 'local-zone: "{}" always_nxdomain',
    "rpz": "{} CNAME .",
    "v2fly": "full:{} @attribute",
}


@pytest.mark.parametrize(("syntax", "form"), LIKE.items())
def test_plain_lines_of_every_syntax_are_known_and_read_alike(syntax: str, form: str):
    names = ["example.org", "a.b-c.example.co.uk", "x_y.net", "xn--bcher-kva.example", "1and1.com"]
    content = "# head\n" + "\n".join(map(form.format, names)) + "\n"
    assert detect(content.encode()) == syntax
    assert read(content, syntax)[0] == names


def test_lists_of_digests_are_known_by_them():
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(50)]
    assert detect("\n".join(digests).encode()) == "sha256"
    assert read("\n".join([*digests, "example.org"]), "sha256") == ([*digests, "example.org"], [], {})
    assert detect("\n".join([*(f"n{number}.example" for number in range(99)), digests[0]]).encode()) == "sha256"
    assert detect(b"example.org\n") == "domains"


def test_a_suffix_among_plain_lines_takes_nothing_else_with_it():
    names = [f"n{number}.example.org" for number in range(1000)]
    assert read("\n".join([*names, "co.uk", "after.example"]), "domains") == (
        [*names, "after.example"],
        [],
        {"public suffix": 1},
    )


FORMS = {"dnsmasq286": "dnsmasq", "dnsmasq-address": "dnsmasq", "adblock-tricky": "adblock", "regex": "domains"}
LINES_OF_A_NAME = {"rpz": 2}  # the name, and all names below it
NO_RULE = {"gen-vaping.rpz.db": 2, "gen-vaping.unbound.conf": 1}  # "@ SOA", "@ NS" and "server:" are counted there
REJECTS = {"gen-vaping.regex.txt": {"pattern": 108}}


def test_real_lists_give_what_the_manifest_counts(shared_data: Path):
    """Each entry of each file is a name or a reject with its reason, and as many as its publisher counts."""
    rows = [line.split(" | ") for line in (shared_data / "MANIFEST.md").read_text().splitlines()]
    files = {
        row[0].removeprefix("| lists/"): int(row[2])
        for row in rows
        if row[0].endswith(("txt.xz", "conf.xz", "db.xz")) and row[0].startswith("| lists/")
    }
    assert len(files) == 24
    for file, entries in files.items():
        name, form = file.removesuffix(".xz"), file.split(".")[1]
        syntax = FORMS.get(form, form)
        content = lzma.decompress((shared_data / "lists" / file).read_bytes())
        assert detect(content) == syntax, name
        held, excepted, rejects = read(content, syntax)
        if form != "adblock-tricky":  # line by line below
            lines = len(set(held)) * LINES_OF_A_NAME.get(syntax, 1) + len(excepted) + sum(rejects.values())
            assert lines + NO_RULE.get(name, 0) == entries, name
            assert rejects == REJECTS.get(name, {}), name


def test_the_same_list_in_four_syntaxes_holds_the_same_names(shared_data: Path):
    forms = {"adblock.txt": "adblock", "dnsmasq.conf": "dnsmasq", "domains.txt": "domains", "hosts.txt": "hosts"}
    sets = [
        frozenset(read(lzma.decompress((shared_data / "lists" / f"blp-drugs.{end}.xz").read_bytes()), syntax)[0])
        for end, syntax in forms.items()
    ]
    assert len(set(sets)) == 1


def test_a_tree_of_lists_gives_every_line_as_a_name_or_counted(shared_data: Path):
    """UT1 as it ships: a folder a category, lines of names with bare addresses among them."""
    rejected: Counter[str] = Counter()
    held = lines = 0
    with tarfile.open(shared_data / "lists" / "ut1-family-2026-08-17.tar.xz") as tree:
        for member in tree:
            if member.isfile() and member.name.endswith("/domains"):
                content = tree.extractfile(member).read()
                found, excepted, rejects = read(content, "domains")
                assert len(found) + sum(rejects.values()) == len(content.split()), member.name
                assert (len(set(found)), excepted) == (len(found), [])
                held += len(found)
                lines += len(content.split())
                rejected += Counter(rejects)
    assert (held, lines) == (219_624, 242_874)
    assert rejected == {"address": 23_238, "not a name": 2, "public suffix": 10}


def test_a_tree_of_v2fly_lists_gives_every_line_as_a_name_or_counted(shared_data: Path):
    rejected: Counter[str] = Counter()
    held = lines = 0
    with tarfile.open(shared_data / "services" / "v2fly-domain-list-community-2026-08-19.tar.xz") as tree:
        for member in tree:
            if member.isfile() and member.name.startswith("data/"):
                content = tree.extractfile(member).read()
                found, excepted, rejects = read(content, "v2fly")
                assert excepted == []
                held += len(found)
                lines += sum(1 for line in content.decode().splitlines() if line.partition("#")[0].strip())
                rejected += Counter(rejects)
    assert (held, lines) == (37_551, 40_448)
    assert rejected == {"another list": 1712, "single label": 1011, "pattern": 163, "public suffix": 11}
