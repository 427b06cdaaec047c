import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from filterdns.blocklists import compile as compiling
from filterdns.blocklists.compile import Compiled, Names, compile_table
from filterdns.blocklists.source import Source
from filterdns.blocklists.table import DomainTable
from filterdns.dname import from_text


def rows(seed: int, count: int):
    dice = random.Random(seed)
    words = [dice.randbytes(2).hex() for _ in range(count)]
    return [f"{dice.choice(words)}.{dice.choice(words)}.{dice.choice(('com', 'net'))}" for _ in range(count)]


def parts():
    return [
        Names(Source(f"{kind}:{category}", kind, category, ""), lambda seed=seed: rows(seed, 3000), lambda: ["a.com"])
        for seed, (kind, category) in enumerate(
            (("list", "games"), ("list", "chat"), ("list", "illegal"), ("allow",) * 2)
        )
    ]


def test_the_same_names_give_the_same_octets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    files = []
    for run in (200_000, 700, 100):
        monkeypatch.setattr(compiling, "RUN", run)
        files.append(tmp_path / str(run))
        compile_table(files[-1], parts())
    assert len({file.read_bytes() for file in files}) == 1


def test_other_inputs_make_another_key(tmp_path: Path):
    """Else somebody could look for a name that is taken for another."""
    for name in "ab":
        compile_table(tmp_path / name, parts(), inputs=name)
    one, other = (DomainTable.open(tmp_path / name) for name in "ab")
    assert one._key != other._key
    asked = [from_text(f"x.{name}") for name in rows(0, 3000)]
    assert [one.tags(name) for name in asked] == [other.tags(name) for name in asked]
    assert any(one.tags(name) for name in asked)


def test_many_sources_need_wider_set_numbers(path: Path):
    sources = [
        Names(Source(f"list:{number}", "list", "games", ""), lambda number=number: [f"n{number}.com"])
        for number in range(300)
    ]
    compile_table(path, sources)
    opened = DomainTable.open(path)
    assert [opened.holders(b"\x04n" + str(n).encode() + b"\x03com\x00")[0].source.id for n in (111, 299, 256)] == [
        "list:111",
        "list:299",
        "list:256",
    ]


def test_the_previous_table_is_kept_and_nothing_else_lies_about(path: Path, compiled: Callable[..., Compiled]):
    compiled(("games", "a.com"))
    first = path.read_bytes()
    compiled(("games", "b.com"))
    assert sorted(file.name for file in path.parent.iterdir()) == ["domains", "domains.previous"]
    assert path.with_name("domains.previous").read_bytes() == first


def test_a_source_that_fails_leaves_what_was_published(path: Path, compiled: Callable[..., Compiled]):
    compiled(("games", "a.com"))
    before = path.read_bytes()

    def torn() -> Iterator[str]:
        yield "b.com"
        raise OSError("the card was pulled")

    with pytest.raises(OSError, match="pulled"):
        compile_table(path, [Names(Source("list:x", "list", "games", ""), torn)])
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["domains"]


def test_rejects_are_read_after_the_names(path: Path):
    rejects = {}

    def held() -> Iterator[str]:
        yield "a.com"
        rejects["address"] = 3

    compile_table(path, [Names(Source("list:x", "list", "games", ""), held, rejects=lambda: rejects)])
    assert DomainTable.open(path).sources[0].rejects == {"address": 3}


def test_names_of_illegal_material_are_in_no_file_of_a_compilation(path: Path, monkeypatch: pytest.MonkeyPatch):
    """A compilation that is killed leaves its folder behind."""
    monkeypatch.setattr(compiling, "RUN", 1)
    seen: list[bytes] = []

    def held() -> Iterator[str]:
        seen.extend(file.read_bytes() for file in path.parent.rglob("*") if file.is_file())
        yield "hush.example"
        seen.extend(file.read_bytes() for file in path.parent.rglob("*") if file.is_file())

    operator = Source("list:illegal", "list", "illegal", "")
    compile_table(path, [Names(operator, ["hush.example", "hush-hush.example"].__iter__), Names(operator, held)])
    assert len(seen) >= 5
    assert not [content for content in seen if b"hush" in content or b"hsuh" in content]


MANY = """
import random, re, sys
from pathlib import Path
from filterdns.blocklists.compile import Compiled, Names, compile_table
from filterdns.blocklists.source import Source

def held():
    dice = random.Random(2)
    for _ in range(300_000):
        yield f"{dice.randbytes(5).hex()}.com"

compile_table(Path(sys.argv[1]), [Names(Source("list:x", "list", "games", ""), held)])
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def test_memory_stays_bounded(tmp_path: Path):
    """300,000 names as Python strings in a set alone would take 40 MB; a run and the table take less than 70."""
    ran = subprocess.run(
        [sys.executable, "-c", MANY, str(tmp_path / "domains")], capture_output=True, check=True, text=True
    )
    assert int(ran.stdout) < 70
