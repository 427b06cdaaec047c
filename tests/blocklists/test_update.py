import json
import lzma
import os
import struct
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest

from filterdns.blocklists import results
from filterdns.blocklists.table import FORMAT, MAGIC, DomainTable
from filterdns.blocklists.update import Orders, update
from filterdns.dname import from_text
from filterdns.policy.category import BITS
from filterdns.publish import open_newest, previous


class House:
    """A state folder and what updates of it say."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.said: list[str] = []

    def put(self, place: str, content: str | bytes):
        file = self.state / "lists" / "local" / place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def update(self):
        return update(self.state, Orders(now=time.time()), self.said.append)

    def list(self, name: str = "games/mine.txt"):
        return {entry.id: entry for entry in results.read(self.state)}.get(f"local:{name}")

    def tags(self, name: str):
        table = DomainTable.open(self.state / "published" / "domains")
        found = table.tags(from_text(name))
        table.close()
        return found


@pytest.fixture
def house(tmp_path: Path):
    return House(tmp_path)


def test_a_box_without_lists_filters_with_what_is_built_in(house: House):
    report = house.update()
    assert report.published
    assert house.tags("www.pornhub.com") & BITS["adult"]
    assert house.tags("childline.org.uk") == BITS["helplines"]
    assert not any(entry.is_bad for entry in report.lists)


@pytest.mark.parametrize(
    ("content", "syntax"),
    [
        ("playground.example\n", "domains"),
        ("0.0.0.0 playground.example\n", "hosts"),
        ("! mine\n||playground.example^\n@@||open.playground.example^\n", "adblock"),
    ],
)
def test_a_local_list_is_in_force(house: House, content: str | bytes, syntax: str):
    house.put("games/mine.txt", content)
    house.update()
    assert house.tags("www.playground.example") == BITS["games"]
    assert bool(house.tags("open.playground.example")) == (syntax != "adblock")
    found = house.list()
    assert (found.category, found.syntax, found.names, found.result) == ("games", syntax, 1, "in use")


def test_a_list_of_unsafe_engines_takes_none_that_has_a_safe_form(house: House):
    """Such lists hold engines that others have no safe form for, by the domain that ours lies below."""
    house.put("unsafe_search/engines.txt", "ecosia.org\nsearch.brave.com\nstartpage.com\ngoogle.de\nsearx.example\n")
    house.update()
    assert house.tags("www.searx.example") == BITS["unsafe_search"]
    found = house.list("unsafe_search/engines.txt")
    assert (found.names, found.rejects) == (1, {"has a safe form": 4})
    for name in ("www.ecosia.org", "api.ecosia.org", "search.brave.com", "www.startpage.com", "www.google.de"):
        assert not house.tags(name), name


def test_no_list_closes_what_a_registry_gives_to_anybody(house: House):
    """A list of sites for adults that every home gets by default holds these two."""
    house.put("adult/mine.txt", "bologna.it\ntochigi.jp\nor.jp\ngouv.fr\nadult.or.jp\nduckdns.org\n")
    house.put("allow/good.txt", "gouv.fr\n")
    house.put("adult/hosts.txt", "0.0.0.0 other.example gouv.fr\n0.0.0.0 bologna.it\n")
    house.update()
    for name in ("comune.bologna.it", "www.pref.tochigi.jp", "www.or.jp", "service-public.gouv.fr"):
        assert not house.tags(name), name
    for name in ("www.adult.or.jp", "mine.duckdns.org", "www.other.example"):
        assert house.tags(name) == BITS["adult"], name
    found = house.list("adult/mine.txt")
    assert (found.names, found.rejects) == (2, {"public suffix": 4})
    assert house.list("adult/hosts.txt").rejects == {"public suffix": 2}
    assert house.list("allow/good.txt").names == 1


def test_nothing_is_written_when_nothing_changed(house: House):
    house.put("games/mine.txt", "playground.example\n")
    house.update()
    before = {file: file.stat().st_mtime_ns for file in house.state.rglob("*") if file.name != ".lock"}
    assert house.update().published is False
    assert {file: file.stat().st_mtime_ns for file in house.state.rglob("*") if file.name != ".lock"} == before


def test_a_changed_list_is_compiled_and_a_removed_one_forgotten(house: House):
    file = house.put("games/mine.txt", "one.example\n")
    house.update()
    file.write_text("two.example\n")
    assert house.update().published
    assert (house.tags("one.example"), house.tags("two.example")) == (0, BITS["games"])
    file.unlink()
    assert house.update().published
    assert house.tags("two.example") == 0
    assert house.list() is None


BAD = [
    (b"", "is empty"),
    (b" \n\n", "is empty"),
    (b"\xef\xbb\xbf", "is empty"),
    (b"<!DOCTYPE html><html>login</html>", "is a web page"),
    (b"\n  <html>", "is a web page"),
    ("one.example\n".encode("utf-16"), "is not text"),
    (b"\x7fELF\x00\x00" * 100, "is not text"),
    (b"# nothing but a comment\n", "holds no name"),
    (b'{"error": "not found"}', "is JSON"),
    (b'[{"a": 1}]', "is JSON"),
    (b"one.example\n" + b"some words of prose\n" * 50, "is not a list"),
    (b"com\n*\n.\n", "holds no name"),
]


@pytest.mark.parametrize(("content", "reason"), BAD)
def test_a_file_that_is_no_list_is_left_out(house: House, content: str | bytes, reason: str):
    house.put("games/mine.txt", content)
    house.put("games/other.txt", "other.example\n")
    house.update()
    assert house.list().result.startswith(f"left out: {reason}")
    assert house.tags("other.example") == BITS["games"]
    assert any(reason in line for line in house.said)


@pytest.mark.parametrize(("content", "reason"), BAD)
def test_a_list_that_turns_bad_keeps_its_last_good_content(house: House, content: str | bytes, reason: str):
    house.put("games/mine.txt", "good.example\n")
    house.update()
    house.put("games/mine.txt", content)
    assert house.update().published is False
    assert house.tags("good.example") == BITS["games"]
    assert house.list().result.startswith(reason)
    assert house.list().result.endswith("its content from before is in use")
    (house.state / "published" / "domains").unlink()
    house.update()
    assert house.tags("good.example") == BITS["games"]


def test_a_list_that_is_no_file_any_more_keeps_its_last_good_content(house: House):
    file = house.put("games/mine.txt", "good.example\n")
    house.update()
    file.unlink()
    os.mkfifo(file)
    house.update()
    assert house.list().result == "is not a file; its content from before is in use"
    assert house.tags("good.example") == BITS["games"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_cannot_be_read_keeps_its_lists(house: House):
    folder = house.put("games/mine.txt", "good.example\n").parent
    house.update()
    folder.chmod(0)
    try:
        house.update()
    finally:
        folder.chmod(0o700)
    assert house.tags("good.example") == BITS["games"]


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("gamez/mine.txt", "no such category"),
        ("helplines/mine.txt", "no such category"),
        ("mine.txt", "named after their category"),
        ("games/mine.list", "does not end in .txt"),
    ],
)
def test_what_lies_in_the_wrong_place_is_said(house: House, place: str, reason: str):
    house.put(place, "one.example\n")
    house.update()
    assert house.tags("one.example") == 0
    bad = [entry for entry in results.read(house.state) if entry.is_bad]
    assert len(bad) == 1
    assert reason in bad[0].result


@pytest.mark.parametrize("content", ["hush-hush.example\n", f"{sha256(b'hush-hush.example').hexdigest()} # 1\n"])
def test_names_that_are_never_shown_are_in_nothing_but_the_operator_s_own_file(house: House, content: str):
    house.put("illegal/operator.txt", content)
    house.update()
    assert house.tags("x.hush-hush.example") == BITS["illegal"]
    assert house.list("illegal/operator.txt").names == 1
    copies = list((house.state / "lists" / "kept").iterdir())
    assert [file.stat().st_mode & 0o077 for file in copies] == [0]
    own = {house.state / "lists" / "local" / "illegal" / "operator.txt", *copies}
    files = {file for file in house.state.rglob("*") if file.is_file()} - own
    assert not [file for file in files if b"hush" in file.read_bytes()]
    assert not [line for line in house.said if "hush" in line]


def test_digests_are_for_illegal_material_only(house: House):
    house.put("games/mine.txt", sha256(b"playground.example").hexdigest())
    house.update()
    assert "only the category illegal takes" in house.list().result
    assert house.tags("playground.example") == 0


@pytest.mark.parametrize("content", ["open.playground.example", "@@||open.playground.example^\n"])
def test_an_allow_list_opens_what_other_lists_hold(house: House, content: str):
    house.put("games/mine.txt", "playground.example\n")
    house.put("allow/mine.txt", content)
    house.update()
    assert house.tags("playground.example") == BITS["games"]
    assert house.tags("x.open.playground.example") == 0
    found = house.list("allow/mine.txt")
    assert (found.category, found.names, found.result) == ("allow", 1, "in use")


def test_a_table_of_an_older_format_is_compiled_again(house: House):
    house.put("games/mine.txt", "playground.example\n")
    house.update()
    path = house.state / "published" / "domains"
    for file in (path, previous(path)):
        file.write_bytes(MAGIC + struct.pack("<H", FORMAT - 1) + path.read_bytes()[10:])
    with pytest.raises(ValueError, match=f"has format {FORMAT - 1}, this program reads format {FORMAT}"):
        open_newest(path, DomainTable.open)
    assert house.update().published
    assert house.tags("playground.example") == BITS["games"]


@pytest.mark.parametrize("damage", [b"", b"junk", None])
def test_a_damaged_table_is_compiled_again(house: House, damage: bytes | None):
    house.update()
    path = house.state / "published" / "domains"
    if damage is None:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        damage = content
    path.write_bytes(damage)
    assert house.update().published
    assert house.tags("www.pornhub.com")


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'[{"id": 1}]', b"\xff\xff"])
def test_damaged_results_are_found_out_again(house: House, damage: bytes | None):
    house.put("games/mine.txt", "good.example\n")
    house.update()
    results = house.state / "lists" / "results.json"
    results.write_bytes(damage)
    house.update()
    assert house.list().result == "in use"


def test_what_a_killed_run_left_is_cleared_away(house: House):
    house.update()
    left = house.state / "published" / ".domains.compiling.abc"
    left.mkdir()
    (left / "run0").write_bytes(b"x")
    house.put("games/mine.txt", "good.example\n")
    house.update()
    assert not left.exists()


def test_two_updates_at_once_wait_for_each_other(house: House):
    house.put("games/mine.txt", "\n".join(f"n{number}.example" for number in range(20_000)))
    code = "import sys; from pathlib import Path; from filterdns.blocklists.update import Orders, update; "
    code += "print(update(Path(sys.argv[1]), Orders(now=0), lambda line: None).published)"
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(house.state)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert sorted(run.communicate()[0].strip() for run in runs) == ["False", "False", "True"]


def test_a_report_before_the_first_update_is_empty(tmp_path: Path):
    assert results.read(tmp_path) == []


def test_results_lie_in_a_file_of_json(house: House):
    house.put("games/mine.txt", "good.example\n1.2.3.4\n")
    house.update()
    found = json.loads((house.state / "lists" / "results.json").read_text())
    assert found[0]["rejects"] == {"address": 1}


@pytest.mark.parametrize("list_name", ["sw-adult.domains", "sw-gambling.domains", "blp-drugs.hosts"])
def test_lists_that_block_help_do_not_block_it(house: House, shared_data: Path, list_name: str):
    """What public lists are known to misfile has the bit that stands above all categories."""
    content = lzma.decompress((shared_data / "lists" / f"{list_name}.txt.xz").read_bytes())
    house.put("adult/big.txt", content)
    house.update()
    rows = (shared_data / "safety" / "false-positives-found.tsv").read_text().splitlines()[1:]
    for row in rows:
        assert house.tags(row.split("\t")[0]) & BITS["helplines"]


@pytest.mark.parametrize(
    ("list_name", "would_block"),
    [
        ("sw-adult.domains", "scarleteen.com"),
        ("sw-gambling.domains", "gamblersanonymous.org"),
        ("blp-drugs.hosts", "talktofrank.com"),
    ],
)
def test_what_a_real_list_would_have_blocked_of_help_is_told(
    house: House, shared_data: Path, list_name: str, would_block: str
):
    content = lzma.decompress((shared_data / "lists" / f"{list_name}.txt.xz").read_bytes())
    house.put("adult/big.txt", content)
    house.update()
    assert would_block in house.list("adult/big.txt").would_block
