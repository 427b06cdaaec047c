"""Ways round the filter: what is known of them. Who is kept from them is in tests/scenarios/ways_round.yaml."""

from ipaddress import ip_network

import pytest
import yaml

from filterdns.blocklists import builtin
from filterdns.blocklists.compile import compile_table
from filterdns.blocklists.table import DomainTable
from filterdns.dname import from_text, to_text
from filterdns.policy.category import BITS

DATA = yaml.safe_load(builtin.content("bypass"))
NETWORKS = [ip_network(text) for entry in DATA["addresses"] for text in (*entry["v4"], *entry["v6"])]


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> DomainTable:
    path = tmp_path_factory.mktemp("table") / "domains"
    compile_table(path, builtin.sources(), special=builtin.special_names())
    return DomainTable.open(path)


@pytest.mark.parametrize(
    "name",
    """use-application-dns.net mask.icloud.com mask-h2.icloud.com mask-canary.icloud.com mask-api.icloud.com
    mask.apple-dns.net doh.dns.apple.com mozilla.cloudflare-dns.com chrome.cloudflare-dns.com cloudflare-dns.com
    one.one.one.one dns.google dns64.dns.google dns.quad9.net doh.opendns.com dns.nextdns.io firefox.dns.nextdns.io
    dns.adguard-dns.com family.adguard-dns.com freedns.controld.com doh.cleanbrowsing.org dns.mullvad.net
    doh.xfinity.com child.joindns4.eu protonvpn.com expressvpn.com nordvpn.com windscribe.com www.torproject.org
    psiphon.ca www.croxyproxy.com hola.org getlantern.org""".split(),  # noqa: SIM905
)
def test_the_well_known_ones_are_known(table: DomainTable, name: str) -> None:
    assert table.tags(from_text(name)) & BITS["bypass"]


@pytest.mark.parametrize(
    "name",
    """icloud.com www.icloud.com gateway.icloud.com apple.com apple-dns.net www.google.com translate.google.com
    translate.googleapis.com goog duckduckgo.com www.mozilla.org addons.mozilla.org www.cloudflare.com
    one.one www.yandex.net proton.me mail.proton.me fdn.fr powerdns.org nic.cz switch.ch restena.lu""".split(),  # noqa: SIM905
)
def test_what_lies_beside_them_is_not_one(table: DomainTable, name: str) -> None:
    assert not table.tags(from_text(name)) & BITS["bypass"]


def test_a_blocked_canary_does_not_exist(table: DomainTable) -> None:
    assert {to_text(name) for name in table.special} == set(DATA["canaries"])
    assert set(table.special.values()) == {"nxdomain"}


def test_no_name_stands_in_two_parts() -> None:
    names = [*DATA["canaries"], *DATA["resolvers"], *DATA["vpn"], *DATA["proxies"]]
    assert sorted(set(names)) == sorted(names)


def test_addresses_of_resolvers_are_public_narrow_and_different() -> None:
    assert [entry["name"] for entry in DATA["addresses"]] == sorted(entry["name"] for entry in DATA["addresses"])
    for at, network in enumerate(NETWORKS):
        assert network.is_global
        assert network.prefixlen >= (24 if network.version == 4 else 31)
        assert not [other for other in NETWORKS[:at] if other.version == network.version and other.overlaps(network)]


@pytest.mark.parametrize(
    "address",
    """8.8.8.8 8.8.4.4 1.1.1.1 1.0.0.1 9.9.9.9 149.112.112.112 208.67.222.222 208.67.220.220 94.140.14.14 94.140.15.15
    76.76.2.0 76.76.10.0 94.140.14.15 1.1.1.3 185.228.168.168 208.67.222.123 76.76.2.4 86.54.11.12
    2001:4860:4860::8888 2606:4700:4700::1111 2620:fe::fe 2620:119:35::35 2a10:50c0::ad1:ff 2606:1a40::4
    2a10:50c0::bad1:ff 2606:4700:4700::1113 2a0d:2a00:1:: 2620:119:53::123 2a13:1001::86:54:11:12""".split(),  # noqa: SIM905
)
def test_addresses_of_well_known_resolvers_are_known(address: str) -> None:
    one = ip_network(address)
    assert [network for network in NETWORKS if network.version == one.version and one.subnet_of(network)]
