from collections.abc import Callable
from pathlib import Path

import pytest

from filterdns.blocklists import builtin
from filterdns.blocklists.compile import Compiled, Names, compile_table
from filterdns.blocklists.source import Source
from filterdns.blocklists.table import DomainTable


def test_names_under_a_name_of_the_same_source_are_left_out(path: Path, compiled: Callable[..., Compiled]):
    found = compiled(("games", "a.com b.a.com a.com c.org x-a.com"), ("adult", "b.a.com c.b.a.com"))
    assert found.names == 4
    assert [source.names for source in found.sources] == [4, 2]
    assert found.size == path.stat().st_size


@pytest.mark.parametrize(
    ("excepted", "count"),
    [("", 1), ("b.com", 1), ("x.a.com", 2), ("x.a.com y.x.a.com", 2), ("a.com", 0), ("com", 0)],
)
def test_exceptions_are_kept_only_where_they_matter(compiled: Callable[..., Compiled], excepted: str, count: int):
    assert compiled(("games", "a.com", excepted)).names == count


# In the order of names spelt backwards, in which they are met.
MANY_BELOW = [f"{one}{other}.childline.org.uk" for other in "abcdef" for one in "0123456789"]


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ("childline.org.uk a.example", "childline.org.uk"),
        ("home.example", "filter.home.example"),
        ("x.chat.childline.org.uk y.x.chat.childline.org.uk", "x.chat.childline.org.uk"),
        ("childline.org.uk x.chat.childline.org.uk", "childline.org.uk"),
        ("childline.org.uk -childline.org.uk", ""),
        ("childline.org.uk -chat.childline.org.uk", "childline.org.uk"),
        ("xchildline.org.uk childline.org", ""),
        (" ".join(MANY_BELOW), " ".join(MANY_BELOW[:50])),
    ],
)
def test_what_a_list_would_block(path: Path, listed: str, told: str):
    names = listed.split()
    held, excepted = ([name for name in names if name[0] != "-"], [name[1:] for name in names if name[0] == "-"])
    own = builtin.own(["Filter.Home.example", "filter"])
    each = Names(Source("list:x", "list", "games", ""), lambda: held, lambda: excepted)
    other = Names(Source("x", "builtin", "games", ""), lambda: ["childline.org.uk"])
    for parts in ([each, *builtin.sources(), *own, other], [*own, other, *builtin.sources(), each]):
        found = {source.id: source.would_block for source in compile_table(path, parts).sources}
        assert found.pop("list:x") == tuple(sorted(told.split()))
        assert not any(found.values())
        opened = DomainTable.open(path)
        assert {source.id: source.would_block for source in opened.sources}["list:x"] == tuple(sorted(told.split()))
        opened.close()
