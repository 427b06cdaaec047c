"""Help for children: what the data says, that it opens nothing else, and that no list of the real world closes it."""

import csv
import datetime as dt
import io
import lzma
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from publicsuffixlist import PublicSuffixList

from filterdns.blocklists import builtin
from filterdns.blocklists.compile import Names, compile_table
from filterdns.blocklists.reading import Reading, detect
from filterdns.blocklists.source import Source
from filterdns.blocklists.table import DomainTable
from filterdns.clock import Zone
from filterdns.dname import from_text, is_host, to_text
from filterdns.policy.category import CHOICES
from filterdns.policy.compile import compile_policy
from filterdns.policy.decide import Action, Reason, decide
from filterdns.policy.rules import Household, NameRule, Pause, Person, RuleAction, Window
from filterdns.policy.view import View

DATA = yaml.safe_load(builtin.content("helplines"))
COUNTRIES = DATA["countries"]
NATIONAL = [
    (country, part, entry) for country, found in COUNTRIES.items()
    for part in ("helplines", "reporting") for entry in found.get(part, ())
]  # fmt: skip
SHARED = [*DATA["directories"], *DATA["harmonised"]]
DOMAINS = {
    category: sorted(name for part in builtin.sources() if part.source.category == category for name in part.held())
    for category in ("helplines", "essential")
}
WHOLE_GOVERNMENTS = {"gov", "gob", "gouv", "gub", "govt", "go", "gc"}
EUROPEAN_UNION = (
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()  # noqa: SIM905
)


def test_there_is_help_in_a_hundred_countries_and_a_place_to_report_for_every_row_of_the_directory():
    assert len([country for country, found in COUNTRIES.items() if found.get("helplines")]) >= 100
    assert len([entry for _, part, entry in NATIONAL if part == "reporting"]) == 33  # and two directories
    assert {"childhelplineinternational.org", "inhope.org"} <= {
        domain for entry in DATA["directories"] for domain in entry["domains"]
    }


@pytest.mark.parametrize("country", sorted(COUNTRIES))
def test_every_entry_says_what_it_is_who_says_so_and_when_that_was_looked_at(country: str):
    found = COUNTRIES[country]
    assert country.isalpha()
    assert (len(country), country) == (2, country.upper())
    assert set(found) <= {"emergency", "helplines", "reporting"}
    if "emergency" in found:
        assert set(found["emergency"]) == {"number", "sources", "checked"}
        assert found["emergency"]["number"].isdigit()
    entries = [entry for of, _, entry in NATIONAL if of == country]
    assert entries
    for entry in entries:
        assert set(entry) <= {"name", "number", "text", "url", "domains", "sources", "checked"}
        assert entry["name"]
        assert entry["sources"]
        assert set(entry["sources"]) <= set(DATA["sources"])
        assert isinstance(entry["checked"], dt.date)
    names = [entry["name"] for entry in entries]
    assert len(set(names)) == len(names)


def test_a_number_is_given_only_where_two_sources_agree():
    numbered = [found["emergency"] for found in COUNTRIES.values() if "emergency" in found]
    numbered += [entry for _, _, entry in NATIONAL if "number" in entry] + DATA["harmonised"]
    for entry in numbered:
        assert len(set(entry["sources"])) >= 2 or entry["sources"] == ["L"], entry
        assert all(character.isdigit() or character in " -" for character in entry["number"]), entry
    for _, part, entry in NATIONAL:
        if part == "helplines" and "number" not in entry:
            assert not any(character.isdigit() for character in entry["name"]), f"a number by the back door: {entry}"


def test_the_european_numbers_stand_where_the_law_says():
    assert sorted(
        country for country in COUNTRIES if COUNTRIES[country].get("emergency", {}).get("sources") == ["L"]
    ) == (EUROPEAN_UNION)
    assert {COUNTRIES[country]["emergency"]["number"] for country in EUROPEAN_UNION} == {"112"}
    (missing,) = DATA["harmonised"]
    assert (missing["number"], missing["countries"]) == ("116 000", EUROPEAN_UNION)


def test_numbers_are_those_of_the_shared_table(shared_data: Path):
    with (shared_data / "safety" / "helplines.tsv").open() as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    known = {(row["cc"], row["number"].replace(" ", "").partition("(")[0]): row for row in rows}
    assert {row["cc"] for row in rows} - {"EU"} == {country for country, part, _ in NATIONAL if part == "helplines"}
    for country, part, entry in NATIONAL:
        if part == "helplines" and "number" in entry:
            row = known[country, entry["number"].replace(" ", "")]
            assert row["agreement"] != "1 source" or {"K", "M"} & set(entry["sources"]), row


@pytest.mark.parametrize("name", DOMAINS["helplines"])
def test_a_domain_opens_help_and_nothing_else(name: str):
    suffixes = PublicSuffixList()
    assert is_host(from_text(name))
    assert to_text(from_text(name)) == name
    assert not suffixes.is_public(name), "a public suffix"
    first, *rest = name.split(".")
    assert first not in WHOLE_GOVERNMENTS
    assert rest not in (["com"], ["org"]) or first not in {"facebook", "instagram", "google", "youtube", "unicef"}


def test_places_are_reached_by_https_within_their_domains():
    for entry in [entry for _, part, entry in NATIONAL if part == "reporting"] + DATA["directories"]:
        host = entry["url"].removeprefix("https://").partition("/")[0]
        assert any(f".{host}".endswith(f".{domain}") for domain in entry["domains"]), entry


def test_help_for_a_country():
    germany = builtin.helplines("de")
    assert (germany.emergency, germany.helplines[0].number) == ("112", "116 111")
    assert germany.helplines[0].domains == ("nummergegenkummer.de",)
    assert germany.helplines[-1].number == "116 000"
    assert germany.reporting[0].url.startswith("https://www.jugendschutz.net/")
    nowhere = builtin.helplines("XX")
    assert (nowhere.emergency, nowhere.helplines, nowhere.reporting) == ("", (), ())
    assert nowhere.directories == germany.directories
    assert all(builtin.helplines(country).helplines or builtin.helplines(country).reporting for country in COUNTRIES)


def strictest() -> dict[str, View]:
    """Views of which each keeps somebody from everything that it may be kept from."""
    always = Window("Always", tuple(range(7)), 0, 0, internet_off=True)
    block_rules = tuple(NameRule(name, RuleAction.BLOCK) for names in DOMAINS.values() for name in names)
    people = (
        Person("Blocked", block=frozenset(CHOICES), safe_search=True),
        Person("Paused", pauses=(Pause(None),)),
        Person("Off", windows=(always,)),
        Person("Alone", allow_only=True),
        Person("Ruled", rules=block_rules),
    )
    return {view.person: view for view in compile_policy(Household(people=people), builtin.knowledge(), 1).views}


def real_lists(folder: Path) -> Iterator[Names]:
    """Every block list of the shared data, as category "adult"; its allow lists are left out."""
    for path in sorted(folder.glob("*.xz")):
        if not path.name.endswith(".tar.xz"):
            yield real_list(path.name, lzma.decompress(path.read_bytes()))
            continue
        with tarfile.open(path) as tree:
            for member in tree:
                name = Path(member.name)
                if member.isfile() and name.name == "domains" and not name.parent.name.startswith("liste_"):
                    yield real_list(f"UT1/{name.parent.name}", tree.extractfile(member).read())


def real_list(name: str, content: bytes) -> Names:
    reading = Reading(io.BytesIO(content), "domains" if name.startswith("UT1/") else detect(content))
    return Names(Source(name, "list", "adult", name), reading.held, lambda: reading.excepted)


def test_no_list_of_the_real_world_keeps_anybody_from_help_or_essentials(shared_data: Path, path: Path):
    compile_table(path, [*builtin.sources(), *real_lists(shared_data / "lists")])
    table = DomainTable.open(path)
    moment = Zone("Europe/Berlin").moment(1_800_000_000)
    would_block: dict[str, set[str]] = {}
    for category, reason in (("helplines", Reason.HELPLINE), ("essential", Reason.ESSENTIAL)):
        for name in DOMAINS[category]:
            for asked in (name, f"www.{name}", f"chat.cdn.{name}"):
                wire = from_text(asked)
                for view in strictest().values():
                    decision = decide(view, wire, table.tags(wire), moment)
                    assert (decision.action, decision.reason) == (Action.PASS, reason), f"{asked}: {view.person}"
            for holder in table.holders(from_text(name)):
                if holder.source.kind == "list":
                    would_block.setdefault(name, set()).add(holder.source.id.partition(".")[0])
    with (shared_data / "safety" / "false-positives-found.tsv").open() as file:
        found = {
            row["domain"]: row["blocked_by_list_on_disk"].split(", ") for row in csv.DictReader(file, delimiter="\t")
        }
    spelled = {"sw-adult": "ShadowWhisperer/Adult", "sw-gambling": "ShadowWhisperer/Gambling",
               "blp-drugs": "BlockListProject/drugs"}  # fmt: skip
    assert {name: {spelled.get(source, source) for source in sources} for name, sources in would_block.items()} == {
        name: set(sources) for name, sources in found.items()
    }
