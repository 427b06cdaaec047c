"""An update brings names and rules up to date, and one that fails does not keep the other from it."""

from dataclasses import replace
from pathlib import Path

import pytest

from filterdns import config, refresh
from filterdns.blocklists.table import DomainTable
from filterdns.dname import from_text
from filterdns.household import changes
from filterdns.household.store import StoreError
from filterdns.policy import policyfile


def run(state: Path, said: list[str] | None = None, **wish: bool) -> list[str]:
    said = [] if said is None else said
    wanted = refresh.Wish(local=True, **wish)
    assert refresh.refresh(replace(config.BUILT_IN, state=state), wanted, said.append, lambda _: None)
    return said


def test_a_first_update_makes_everything_and_a_second_nothing(tmp_path: Path) -> None:
    names, new, rules = run(tmp_path)
    assert names.startswith("names: ")
    assert names.endswith("published")
    assert new == "rules: a new household, everybody is a guest"
    assert rules == "rules: revision 1, published"
    table = DomainTable.open(tmp_path / "published" / "domains")
    assert table.tags(from_text("www.pornhub.com"))
    table.close()
    assert [line.rpartition(" ")[2] for line in run(tmp_path)] == ["unchanged", "unchanged"]
    assert run(tmp_path, quiet=True) == []


def test_rules_are_published_although_names_fail(tmp_path: Path) -> None:
    (tmp_path / "lists").write_text("in the way")
    said: list[str] = []
    with pytest.raises(OSError, match=r"exists|directory"):
        run(tmp_path, said)
    assert policyfile.from_bytes(changes.policy_path(tmp_path).read_bytes()).revision == 1


def test_names_are_published_although_rules_fail(tmp_path: Path) -> None:
    (tmp_path / "rules.db").write_bytes(b"noise" * 500)
    with pytest.raises(StoreError, match="damaged"):
        run(tmp_path)
    DomainTable.open(tmp_path / "published" / "domains").close()
