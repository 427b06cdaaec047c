"""The catalogue's data, and which lists a household gets from it."""

import re
from urllib.parse import urlsplit

import pytest
import yaml

from filterdns.blocklists import builtin, catalogue
from filterdns.blocklists.syntax import SYNTAXES
from filterdns.dname import from_text, is_host
from filterdns.policy.rules import LIST_CATEGORIES, Lists, ListSize

SIZES = (ListSize.SMALL, ListSize.NORMAL, ListSize.LARGE)
MOST = {ListSize.SMALL: 300_000, ListSize.NORMAL: 1_500_000, ListSize.LARGE: 5_000_000}
CATEGORIES = tuple(category for category in LIST_CATEGORIES if category not in ("illegal", "allow"))
MEMORY = {ListSize.SMALL: 512 << 20, ListSize.NORMAL: 2 << 30, ListSize.LARGE: 8 << 30}


def ids(lists: Lists, size: ListSize = ListSize.NORMAL) -> set[str]:
    return {entry.id for entry in catalogue.chosen(lists, MEMORY[size])}


def test_it_is_large_enough_to_choose_from() -> None:
    assert len(catalogue.entries()) >= 30
    assert len({entry.project for entry in catalogue.entries().values()}) >= 12


@pytest.mark.parametrize("entry", catalogue.entries().values(), ids=lambda entry: entry.id)
def test_every_entry_is_whole(entry: catalogue.Entry) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", entry.id)
    assert entry.category in CATEGORIES
    assert entry.syntax in SYNTAXES
    assert entry.names > 0
    for text in (entry.about, entry.project, entry.licence):
        assert text.strip() == text
        assert text
        assert "\n" not in text
    assert len(entry.about) <= 120
    assert not entry.about.endswith(".")
    assert entry.homepage.startswith("https://")
    url = urlsplit(entry.url)
    assert (url.scheme, url.username, url.port) == ("https", None, None)
    assert is_host(from_text(url.hostname or ""))
    assert bool(url.fragment) == url.path.endswith((".tar.gz", ".tar", ".tgz"))


def test_no_list_is_there_twice() -> None:
    places = [entry.url for entry in catalogue.entries().values()]
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("category", CATEGORIES)
def test_every_category_has_a_choice_for_each_size_or_a_reason(category: str) -> None:
    chosen = [catalogue.defaults(category, size) for size in SIZES]
    if reason := catalogue.reason(category):
        assert chosen == [(), (), ()]
        assert len(reason) <= 100
    for names in chosen:
        assert bool(names) != bool(reason)
        assert len(set(names)) == len(names)
        assert all(catalogue.entries()[name].category == category for name in names)


@pytest.mark.parametrize("size", SIZES)
def test_the_defaults_of_a_size_fit(size: ListSize) -> None:
    chosen = catalogue.chosen(Lists(size=size), 0)
    assert sum(entry.names for entry in chosen) <= MOST[size]
    assert ids(Lists(), size) == {entry.id for entry in chosen}


def test_a_larger_box_gets_no_less() -> None:
    def names(size: ListSize, category: str) -> int:
        return sum(catalogue.entries()[name].names for name in catalogue.defaults(category, size))

    for category in CATEGORIES:
        assert names(ListSize.SMALL, category) <= names(ListSize.NORMAL, category) <= names(ListSize.LARGE, category)


@pytest.mark.parametrize("name", ["ut1-games", "ut1-social", "ut1-video", "ut1-resolvers", "blp-drugs", "hagezi-adult"])
def test_lists_known_to_misfile_are_nobody_s_default(name: str) -> None:
    assert name in catalogue.entries()
    assert not any(name in ids(Lists(size=size)) for size in SIZES)


def test_what_a_household_says_counts() -> None:
    normal = ids(Lists())
    assert ids(Lists(size=ListSize.NONE)) == set()
    assert ids(Lists(size=ListSize.NONE, beside=frozenset({"ut1-games"}))) == {"ut1-games"}
    assert ids(Lists(beside=frozenset({"ut1-games"}))) == normal | {"ut1-games"}
    assert ids(Lists(without=frozenset({"sw-adult"}))) == normal - {"sw-adult"}
    assert ids(Lists(beside=frozenset({"a-list-of-tomorrow"}))) == normal
    order = list(catalogue.entries())
    chosen = [entry.id for entry in catalogue.chosen(Lists(), MEMORY[ListSize.NORMAL])]
    assert chosen == sorted(chosen, key=order.index)


@pytest.mark.parametrize(
    ("gib", "size"), [(0.43, "small"), (0.9, "small"), (1.8, "normal"), (3.7, "normal"), (7.6, "large")]
)
def test_the_size_follows_the_memory(gib: float, size: str) -> None:
    assert catalogue.size_for(int(gib * catalogue.GIB)) == size


def test_the_file_has_no_key_twice() -> None:
    text = (catalogue.files("filterdns.blocklists") / "catalogue.yaml").read_text()
    keys = re.findall(r"^  ([a-z0-9_-]+):$", text, re.MULTILINE)
    sections = yaml.safe_load(text)
    assert len(keys) == sum(len(sections[name]) for name in ("projects", "lists")) + sum(
        isinstance(given, dict) for given in sections["defaults"].values()
    )
    assert "catalogue" not in builtin.FILES  # what it says is no part of the table
