"""Which lists would block help, and our own names in the table."""

from pathlib import Path

from filterdns.blocklists import builtin, protected
from filterdns.blocklists.compile import Names, compile_table
from filterdns.blocklists.table import DomainTable, Source


def test_what_lists_would_block(tmp_path: Path) -> None:
    def listed(name: str, held: str, excepted: str = "", kind: str = "list") -> Names:
        return Names(Source(name, kind, "games", name), held.split, excepted.split)

    own = protected.own(["Filter.Home.example", "filter"])
    built_in = [*builtin.sources(), *own]
    lists = [
        listed("the name", "childline.org.uk a.example"),
        listed("above", "home.example"),
        listed("below", "x.chat.childline.org.uk"),
        listed("excepted", "childline.org.uk", "childline.org.uk"),
        listed("beside", "xchildline.org.uk childline.org"),
        listed("built in", "childline.org.uk", kind="builtin"),
    ]
    compile_table(tmp_path / "table", [*built_in, *lists])
    table = DomainTable.open(tmp_path / "table")
    found = protected.would_block(table, protected.names(built_in))
    assert found == {
        "the name": ("childline.org.uk",),
        "above": ("filter.home.example",),
        "below": ("x.chat.childline.org.uk",),
    }
    table.close()


def test_no_names_of_our_own_are_no_source() -> None:
    assert protected.own([]) == ()
    assert protected.own(["filter"]) == ()


def test_every_helpline_is_protected() -> None:
    names = set(protected.names(builtin.sources()))
    assert {"childline.org.uk", "captive.apple.com"} < names
    assert "pornhub.com" not in names
