"""An update brings names and rules up to date, and one that fails does not keep the other from it."""

import errno
from dataclasses import replace
from pathlib import Path

import pytest

from filterdns import config, refresh
from filterdns.blocklists import results
from filterdns.blocklists.table import DomainTable
from filterdns.dname import from_text
from filterdns.household import changes
from filterdns.household.store import StoreError
from filterdns.policy import policyfile
from filterdns.policy.category import BITS
from filterdns.policy.rules import Lists, ListSize


def run(state: Path, said: list[str] | None = None, **wish: object) -> list[str]:
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


def test_what_is_to_be_accepted_must_be_known(tmp_path: Path) -> None:
    with pytest.raises(refresh.UnknownListError, match=r'there is no list "sw-adlt"; filterdns lists shows them'):
        run(tmp_path, accept=frozenset({"sw-adlt"}))
    run(tmp_path, accept=frozenset({"sw-adult"}))


def test_our_own_names_are_in_the_table(tmp_path: Path) -> None:
    machine = replace(config.BUILT_IN, state=tmp_path, web_hosts=("filter.home.example",))
    refresh.refresh(machine, refresh.Wish(local=True), print, print)
    table = DomainTable.open(tmp_path / "published" / "domains")
    assert table.tags(from_text("filter.home.example")) == BITS["essential"]
    table.close()


def test_what_the_family_says_of_lists_is_wanted(tmp_path: Path) -> None:
    run(tmp_path)
    waiting = {entry.id for entry in results.read(tmp_path) if entry.result == results.NOT_YET}
    assert "sw-adult" in waiting
    family = replace(changes.read(tmp_path), lists=Lists(ListSize.NONE, beside=frozenset({"ut1-games"})))
    changes.import_household(tmp_path, "test", "test", family)
    run(tmp_path)
    assert [entry.id for entry in results.read(tmp_path) if entry.result == results.NOT_YET] == ["ut1-games"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_in_plain_words(number: int) -> None:
    found = refresh.in_words(OSError(number, "No space left on device", "/x"))
    assert (found.errno, found.strerror) == (number, "the disk is full; the names that are in force stay")
    other = OSError(errno.EACCES, "Permission denied", "/x")
    assert refresh.in_words(other) is other


def test_hosts_of_lists_are_asked_of_those_first_that_filter_least() -> None:
    assert [str(server) for server in refresh._resolvers(config.BUILT_IN)][:2] == [
        "udp://9.9.9.9:53", "udp://149.112.112.112:53",
    ]  # fmt: skip
    family = replace(config.BUILT_IN, upstreams={"all": (config.parse_upstream("udp://192.0.2.1"),)})
    assert [str(server) for server in refresh._resolvers(family)] == ["udp://192.0.2.1:53"]


def test_a_host_is_asked_for_once_in_an_update() -> None:
    asked = []

    def resolve(host: str) -> list[str]:
        asked.append(host)
        if host == "gone.example":
            raise OSError(f"nobody knows {host}")
        return ["192.0.2.1"]

    once = refresh._once(resolve)
    assert [once("a.example") for _ in range(3)] == [["192.0.2.1"]] * 3
    for _ in range(3):
        with pytest.raises(OSError, match=r"nobody knows gone\.example"):
            once("gone.example")
    assert asked == ["a.example", "gone.example"]
