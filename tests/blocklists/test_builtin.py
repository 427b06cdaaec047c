import csv
from pathlib import Path

import pytest
import yaml
from publicsuffixlist import PublicSuffixList

from filterdns.blocklists import builtin
from filterdns.blocklists.compile import Names, compile_table
from filterdns.blocklists.table import DomainTable
from filterdns.dname import from_text, is_below, is_host, parents, to_text
from filterdns.policy.category import BITS, CHOICES

SHARED_HOSTS = [
    "google.com",
    "googleapis.com",
    "gstatic.com",
    "googleusercontent.com",
    "ggpht.com",
    "l.google.com",
    "blogspot.com",
    "apple.com",
    "icloud.com",
    "apple-dns.net",
    "microsoft.com",
    "live.com",
    "windows.com",
    "windows.net",
    "azureedge.net",
    "azurefd.net",
    "msedge.net",
    "office.com",
    "amazonaws.com",
    "cloudfront.net",
    "a2z.com",
    "ssl-images-amazon.com",
    "media-amazon.com",
    "akamaihd.net",
    "akamaized.net",
    "akamai.net",
    "akamaiedge.net",
    "edgekey.net",
    "edgesuite.net",
    "fastly.net",
    "fastly-edge.com",
    "fastlylb.net",
    "cloudflare.com",
    "cloudflare.net",
    "cloudflare-ipfs.com",
    "llnwi.net",
    "hwcdn.net",
    "cdn77.org",
    "jsdelivr.net",
    "unpkg.com",
    "wp.com",
    "wordpress.com",
    "github.com",
    "github.io",
    "githubusercontent.com",
    "zendesk.com",
    "helpshift.com",
    "appsflyersdk.com",
    "arkoselabs.com",
    "app.link",
    "sentry.io",
    "livekit.cloud",
    "imgix.net",
    "omtrdc.net",
    "yandex.ru",
    "yandex.net",
    "yahoo.com",
    "aol.com",
    "bing.com",
    "naver.com",
    "daum.net",
    "daumcdn.net",
    "qq.com",
    "gtimg.com",
    "nvidia.com",
    "verizon.com",
    "wikipedia.org",
    "mozilla.org",
    "mozilla.com",
    "firefox.com",
    "xn--p1ai",
    "amazon.com",
    "skype.com",
    "meta.com",
    "live-video.net",
    "bamgrid.com",
    "byteoversea.com",
    "ibyteimg.com",
    "snssdk.com",
    "playfabapi.com",
    "vivox.com",
    "photonengine.io",
    "co.uk",
    "com.au",
    "com.br",
    "co.jp",
]

PARTS = list(builtin.sources())
PROTECTED = {"helplines", "essential"}
BLOCKING = [(part.source, name) for part in PARTS if part.source.category not in PROTECTED for name in part.held()]
PROTECTING = [(part.source, name) for part in PARTS if part.source.category in PROTECTED for name in part.held()]


def test_every_name_is_a_host_name_in_its_canonical_form():
    for source, name in BLOCKING + PROTECTING:
        assert is_host(from_text(name)), f"{source.id}: {name}"
        assert to_text(from_text(name)) == name, f"{source.id}: {name}"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.source.id)
def test_no_source_holds_a_name_twice_or_under_another_of_its_names(part: Names):
    names = list(map(from_text, part.held()))
    twice = [
        (name, apex) for at, name in enumerate(names) for apex in names[:at] + names[at + 1 :] if name.endswith(apex)
    ]
    assert not [pair for pair in twice if is_below(*pair)]


def test_ids_and_numbers_are_unique():
    services = builtin.knowledge().services
    assert len({part.source.id for part in PARTS}) == len(PARTS)
    assert sorted(service.number for service in services.values()) == list(range(len(services)))
    assert len({service.name for service in services.values()}) == len(services)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.source.id)
def test_every_source_has_a_known_category(part: Names):
    choosable = part.source.kind == "service" or part.source.id.startswith("builtin:")
    assert part.source.category in BITS
    assert choosable
    if part.source.kind == "service":
        assert part.source.category in CHOICES
        assert list(part.held()), "a service without names"


def test_nothing_blocks_help_or_what_devices_cannot_do_without():
    blocking = {from_text(name): source.id for source, name in BLOCKING}
    protecting = {from_text(name): source.id for source, name in PROTECTING}
    above = [(name, blocking[apex]) for name in protecting for apex in parents(name) if apex in blocking]
    below = [(name, protecting[apex]) for name in blocking for apex in parents(name) if apex in protecting]
    assert above + below == []


@pytest.mark.parametrize("apex", SHARED_HOSTS)
def test_no_name_holds_what_many_share(apex: str):
    assert [source.id for source, name in BLOCKING + PROTECTING if is_below(from_text(apex), from_text(name))] == []


def test_no_name_is_a_public_suffix():
    """Neither a registry's ("co.uk") nor one below which a company lets others publish ("github.io").

    But for a name for every page there is, translated, and for those that say themselves what all below them is.
    """
    suffixes = PublicSuffixList()
    assert sorted(name for _, name in BLOCKING + PROTECTING if suffixes.is_public(name)) == [
        "bet.br", "game.tw", "sex.hu", "sex.pl", "szex.hu", "translate.goog",
    ]  # fmt: skip


def test_lists_own_mistakes_are_not_ours(shared_data: Path):
    with (shared_data / "safety" / "false-positives-found.tsv").open() as file:
        found = [row["domain"] for row in csv.DictReader(file, delimiter="\t")]
    assert len(found) == 6
    blocking = {name for _, name in BLOCKING}
    assert [name for name in found for apex in parents(from_text(name)) if to_text(apex) in blocking] == []


def test_no_essential_name_is_a_whole_company():
    assert {name for source, name in PROTECTING if source.category == "essential" and name.count(".") == 1} == {
        "msftncsi.com",
        "msftconnecttest.com",
        "lencr.org",
        "pki.goog",
        "ipv4only.arpa",
    }


def test_every_category_that_a_parent_may_choose_holds_something():
    filled = {source.category for source, _ in BLOCKING}
    assert set(CHOICES) <= filled


@pytest.mark.parametrize(
    "name",
    [
        "rataufdraht.at",
        "filsantejeunes.com",
        "internetmatters.org",
        "scarleteen.com",
        "talktofrank.com",
        "gamblersanonymous.org",
        "childline.org.uk",
        "nummergegenkummer.de",
        "988lifeline.org",
        "findahelpline.com",
        "report.iwf.org.uk",
        "report.cybertip.org",
        "takeitdown.ncmec.org",
        "samaritans.org",
    ],
)
def test_help_is_known(name: str):
    assert name in {held for source, held in PROTECTING if source.category == "helplines"}


def test_safe_forms():
    known = builtin.knowledge()
    assert len([name for name in known.safe_search if name.startswith(b"\x03www\x06google\x03com")]) >= 1
    assert known.safe_search[from_text("www.google.co.uk")] == from_text("forcesafesearch.google.com")
    assert known.safe_search[from_text("duckduckgo.com")] == from_text("safe.duckduckgo.com")
    assert known.safe_search[from_text("www.yandex.com.tr")] == from_text("familysearch.yandex.ru")
    assert from_text("google.com") not in known.safe_search
    assert sum(target == from_text("forcesafesearch.google.com") for target in known.safe_search.values()) == 194
    assert not known.youtube & known.safe_search.keys()
    assert sum(target == from_text("familysearch.yandex.ru") for target in known.safe_search.values()) == 2 * 26
    assert len(known.youtube) == 5
    assert known.youtube_strict != known.youtube_moderate
    assert known.further_forms[from_text("forcesafe.search.brave.com")] == (from_text("safe.search.brave.com"),)
    for name in (*known.safe_search, *known.youtube):
        assert is_host(name)
        assert to_text(name).partition(".")[0] not in {"accounts", "play", "maps", "mail", "apis"}
        assert name not in known.safe_search.values(), "a form of a form"


def test_no_engine_stands_twice():
    data = yaml.safe_load(builtin.content("safesearch"))
    names = [name for name, _ in builtin._safe_forms()] + data["youtube"]["names"] + data["without_safe_form"]
    assert sorted(set(names)) == sorted(names)
    targets = [target for engine in data["engines"].values() for target in engine["targets"]]
    assert sorted(set(targets)) == sorted(targets)
    assert "explicit.bing.net" in data["without_safe_form"]


def test_no_safe_form_is_blocked_for_having_none(path: Path):
    compile_table(path, builtin.sources())
    table = DomainTable.open(path)
    known = builtin.knowledge()
    further = [name for names in known.further_forms.values() for name in names]
    for name in [*known.safe_search, *known.safe_search.values(), *further, known.youtube_strict]:
        assert not table.tags(name) & BITS["unsafe_search"], to_text(name)


def test_special_names_are_ways_round(path: Path):
    compile_table(path, builtin.sources(), special=builtin.special_names())
    table = DomainTable.open(path)
    assert table.special[from_text("use-application-dns.net")] == "nxdomain"
    assert all(table.tags(name) & BITS["bypass"] for name in table.special)


def test_no_names_of_our_own_are_no_source() -> None:
    assert builtin.own([]) == ()
    assert builtin.own(["filter"]) == ()


def test_every_helpline_is_protected() -> None:
    names = {name for part in builtin.sources() if part.source.is_protected for name in part.held()}
    assert {"childline.org.uk", "captive.apple.com"} < names
    assert "pornhub.com" not in names
