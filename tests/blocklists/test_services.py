"""The catalogue of services: complete, its numbers kept, each domain one service's, each service whole."""

import hashlib
import json
import lzma
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from filterdns.blocklists import builtin
from filterdns.blocklists.compile import compile_table
from filterdns.blocklists.table import DomainTable
from filterdns.dname import from_text, is_host, parents, to_text
from filterdns.policy.category import BITS, CHOICES, service_bit
from filterdns.policy.compile import compile_policy
from filterdns.policy.decide import Action, Decision, Reason, decide
from filterdns.policy.rules import Grant, Household, Person
from filterdns.policy.schedule import Moment
from filterdns.policy.view import View

DATA = yaml.safe_load(builtin.content("services"))
SERVICES: Mapping[str, Mapping[str, Any]] = DATA["services"]
DOMAINS = {name: entry["domains"].split() for name, entry in SERVICES.items()}
SHARED = {name: entry.get("shared", "").split() for name, entry in SERVICES.items()}
NOW = Moment(epoch=1_795_435_200, offset=3600, steady_until=1_806_196_800)

RISK_GROUPS = {
    "chat rooms / random chat": "chat",
    "instant messaging": "messengers",
    "P2P file sharing": "p2p",
    "webcams / live streaming": "live",
    "multiplayer games": "games",
    "teen/social sites": "social",
    "adult dating": "dating",
    "pornography": "adult",
    "AI companions / chatbots": "companions",
    "proxy/VPN bypass": "bypass",
}
INSIDE_ANOTHER = {"Snapchat My AI": "snapchat"}  # no name of its own

NOT_ITS_OWN = [  # asked by homes and counted to a service by others, but no way into it
    "appsflyersdk.com",  # measuring
    "browser-intake-datadoghq.com",  # measuring
    "ingest.sentry.io",  # measuring
    "map.fastly.net",  # what a CDN's customers are aliases of; the service's name is asked first
    "cdn.cloudflare.net",  # likewise
]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DomainTable]:
    path = tmp_path_factory.mktemp("table") / "domains"
    compile_table(path, builtin.sources())
    table = DomainTable.open(path)
    yield table
    table.close()


@pytest.fixture(scope="module")
def catalogue(shared_data: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((shared_data / "services" / "services-catalogue.json").read_text())
    assert len(rows) == 202
    return rows


def own(name: str) -> int:
    """The tags of a service's domains."""
    return BITS[SERVICES[name]["category"]] | service_bit(SERVICES[name]["number"])


def owners(domain: str) -> list[str]:
    """The services that hold a domain or one enclosing it, the closest first."""
    enclosing = [to_text(name) for name in parents(from_text(domain))]
    return [name for apex in enclosing for name, domains in DOMAINS.items() if apex in domains]


@pytest.mark.parametrize("name", SERVICES)
def test_an_entry_is_complete(name: str):
    entry = SERVICES[name]
    assert set(entry) - {"shared"} == {"number", "group", "category", "name", "about", "domains"}
    assert entry["group"] in DATA["groups"]
    assert entry["category"] in CHOICES
    assert 3 <= len(entry["about"]) <= 100
    assert not entry["about"].endswith(".")
    assert DOMAINS[name]
    for shared in SHARED[name]:
        assert is_host(from_text(shared))
        assert to_text(from_text(shared)) == shared
    assert len(set(SHARED[name])) == len(SHARED[name])


def test_names_differ():
    assert len({entry["name"].casefold() for entry in SERVICES.values()}) == len(SERVICES)


def test_a_number_once_given_is_kept():
    """Published files and rules hold the numbers: add services at the end, and their count and digest here."""
    by_number = sorted(SERVICES, key=lambda name: SERVICES[name]["number"])
    assert [SERVICES[name]["number"] for name in by_number] == list(range(len(SERVICES)))
    given = {
        226: "efa382e254deca85",
        386: "c9b319ee5f77efa8",
    }
    for count, digest in given.items():
        assert hashlib.sha256(" ".join(by_number[:count]).encode()).hexdigest()[:16] == digest
    assert max(given) == len(SERVICES)


def test_the_file_says_where_it_is_from_and_when():
    assert all(word in builtin.content("services") for word in (b"November 2026", b"v2fly", b"MIT"))


def test_every_category_has_services_or_a_reason_why_not():
    filled = {entry["category"] for entry in SERVICES.values()}
    assert filled.isdisjoint(DATA["without_services"])
    assert filled | DATA["without_services"].keys() == set(CHOICES)


@pytest.mark.parametrize(
    ("name", "year"),
    [("omegle", 2023), ("rarbg", 2023), ("skype", 2025), ("icq", 2024), ("askfm", 2024), ("popcorntime", 2022),
     ("wickr", 2023)],
)  # fmt: skip
def test_a_service_that_has_closed_says_so(name: str, year: int):
    assert "closed" in SERVICES[name]["about"]
    assert str(year) in SERVICES[name]["about"]


def test_services_are_listed_in_order_of_group_and_name():
    listed = builtin.services()
    assert [*builtin.service_groups()] == [*RISK_GROUPS.values(), "video", "shopping", "ai"]
    assert {service.id for service in listed} == set(SERVICES)
    assert list(dict.fromkeys(service.group for service in listed)) == [*builtin.service_groups()]
    assert [service.name for service in listed if service.group == "p2p"][:4] == [
        "1337x", "4shared", "Anna's Archive", "BitTorrent",
    ]  # fmt: skip
    [kakao] = [service for service in listed if service.id == "kakaotalk"]
    assert kakao[1:4] == ("KakaoTalk", "messengers", "messengers")
    assert "accounts.kakao.com" in kakao.shared


@pytest.mark.parametrize("name", SERVICES)
def test_a_domain_is_one_services_own(table: DomainTable, name: str):
    """Or lies below another's, which the file then names among what is shared."""
    for domain in DOMAINS[name]:
        held_by = owners(domain)
        assert held_by[0] == name
        for outer in held_by[1:]:
            assert set(DOMAINS[outer]) & set(SHARED[name]), f"{domain} is {outer}'s as well, and {name} does not say so"
        expected = own(name)
        for outer in held_by[1:]:
            expected |= own(outer)
        assert table.tags(from_text(domain)) == expected
        assert table.tags(from_text(f"deep.below.{domain}")) == expected


@pytest.mark.parametrize("name", [name for name in SERVICES if SHARED[name]])
def test_what_a_service_shares_is_left_alone(table: DomainTable, name: str):
    for shared in SHARED[name]:
        assert not table.tags(from_text(shared)) & service_bit(SERVICES[name]["number"]), shared


def test_built_in_names_do_not_repeat_services():
    """The ways round alone are named twice, because their blocked answer has a form of its own."""
    seeds = [name for names in yaml.safe_load(builtin.content("seeds")).values() for name in names.split()]
    above = {to_text(apex) for domains in DOMAINS.values() for name in domains for apex in parents(from_text(name))}
    assert [name for name in seeds if owners(name) or name in above] == []


def test_the_catalogue_is_held_in_its_risk_groups(catalogue: list[dict[str, Any]]):
    found = {}
    for row in catalogue:
        sharing = [name for name in SERVICES if row["primary_domain"] in SHARED[name]]
        found[row["name"]] = INSIDE_ANOTHER.get(row["name"]) or [*owners(row["primary_domain"]), *sharing][0]
        if row["name"] not in INSIDE_ANOTHER:
            assert SERVICES[found[row["name"]]]["group"] == RISK_GROUPS[row["risk_group"]], row["name"]
    assert len(set(found.values())) == 199  # Monkey and X are there with two names each, Snapchat with My AI
    assert sum(row["gap"] for row in catalogue) == 39


def test_what_homes_ask_of_a_service_belongs_to_it_or_is_shared(catalogue: list[dict[str, Any]], shared_data: Path):
    counted = {domain for row in catalogue for domain in row["v2fly_domains"]}
    shared = {name for names in SHARED.values() for name in names}
    missing = []
    asked = 0
    with lzma.open(shared_data / "popularity" / "umbrella-top20k-tiers.tsv.xz", "rt") as file:
        for name in (line.split("\t")[0] for line in file if not line.startswith("#")):
            enclosing = {to_text(apex) for apex in parents(from_text(name))}
            if enclosing & counted:
                asked += 1
                if not (owners(name) or enclosing & shared or enclosing & set(NOT_ITS_OWN)):
                    missing.append(name)
    assert missing == []
    assert asked > 1000


def view(*, block: set[str], allow: set[str] = frozenset(), grant: str = "") -> View:  # type: ignore[assignment]
    grants = (Grant(grant, NOW.epoch + 3600, 1),) if grant else ()
    person = Person("Lea", id=1, block=frozenset(block), allow=frozenset(allow), grants=grants)
    return compile_policy(Household(people=(person,)), builtin.knowledge(), 1).views[1]


WHOLE = ["roblox", "fortnite", "discord", "tiktok", "instagram", "kakaotalk", "youtube", "characterai", "mozilladns"]


@pytest.mark.parametrize("name", WHOLE)
def test_a_blocked_service_is_blocked_whole_and_nothing_else(table: DomainTable, name: str):
    lea = view(block={f"service:{name}"})
    for other, domains in DOMAINS.items():
        for domain in map(from_text, domains):
            decision = decide(lea, domain, table.tags(domain), NOW)
            if other == name:
                assert (decision.action, decision.reason) == (Action.BLOCK, Reason.CATEGORY), domain
                assert decision.rule == f"service:{name}", domain
            else:
                assert decision.action is Action.PASS, domain


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("by", ["grant", "allow"])
def test_a_granted_service_is_open_whole_and_nothing_else(table: DomainTable, name: str, by: str):
    category = SERVICES[name]["category"]
    target = f"service:{name}"
    lea = view(block={category}, grant=target) if by == "grant" else view(block={category}, allow={target})
    for other, domains in DOMAINS.items():
        for domain in map(from_text, domains):
            decision: Decision = decide(lea, domain, table.tags(domain), NOW)
            open_to_her = other == name or SERVICES[other]["category"] != category
            assert decision.action is (Action.PASS if open_to_her else Action.BLOCK), domain
            if other == name and by == "grant":
                assert decision.reason is Reason.GRANTED


@pytest.mark.parametrize(
    ("name", "service"),
    [
        ("www.roblox.com", "roblox"),
        ("rr3---sn-4g5e6nzz.googlevideo.com", "youtube"),
        ("gateway.discord.gg", "discord"),
        ("v16-webapp.tiktok.com", "tiktok"),
        ("edge.fortnite.com", "fortnite"),
        ("mobile.yellw.co", "yubo"),
        ("cdn.bereal.network", "bereal"),
        ("api.prod.textnow.me", "textnow"),
        ("cdn.polyspeak.ai", "polybuzz"),
    ],
)
def test_names_seen_at_home_belong_to_their_service(table: DomainTable, name: str, service: str):
    assert table.tags(from_text(name)) == own(service)


@pytest.mark.parametrize("name", ["accounts.kakao.com", "access.line.me", "config.edge.skype.com", "api.amazon.com",
                                  "espn.api.edge.bamgrid.com", "abc.playback.live-video.net"])  # fmt: skip
def test_logins_and_servers_of_others_stay_open(table: DomainTable, name: str):
    assert table.tags(from_text(name)) == 0
