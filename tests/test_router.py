"""What `filterdns router` finds out and says; the rules themselves are in test_firewall.py."""

import json
import sys
from pathlib import Path

import pytest

from filterdns import config, router
from filterdns.config import Config, ConfigError, Upstream
from filterdns.endpoint import Endpoint
from filterdns.firewall import Box

sys.path.insert(0, str(Path(__file__).parent / "dns"))
from namespace import run_in_namespace

FIND = """
import json
from filterdns import router
from filterdns.config import Config, ConfigError
from filterdns.endpoint import Endpoint
try:
    box = router.find(Config(listen={listen}))
    print(json.dumps([box.ipv4, box.ipv6, box.mac, box.exempt]))
except ConfigError as error:
    print(json.dumps(str(error)))
"""
FAULT = "filterdns: dns.listen: no other device reaches {}; let it name 0.0.0.0:53 (see config.example.yaml)"
EVERYWHERE = (Endpoint("0.0.0.0", 53), Endpoint("::", 53))  # noqa: S104 - it serves a home
MAC = "02:00:00:00:00:05"
SET_UP = f"link set dev lan address {MAC}"
WAY, WAY6 = "route add default via 198.51.100.1", "-6 route add default via fd00:77::1"
LAN4 = "address add 198.51.100.2/24 dev lan"
ULA = "address add fd00:77::2/64 dev lan nodad"
GLOBAL = "address add 2001:db8:7::2/64 dev lan nodad"


@pytest.mark.parametrize(
    ("listen", "network", "expected"),
    [
        (EVERYWHERE, [LAN4, WAY], [["198.51.100.2", 53], None, MAC, ["198.51.100.2"]]),
        (
            EVERYWHERE, [LAN4, WAY, GLOBAL, ULA],
            [["198.51.100.2", 53], ["fd00:77::2", 53], MAC, ["198.51.100.2", "2001:db8:7::2", "fd00:77::2"]],
        ),
        (EVERYWHERE, [GLOBAL], [None, ["2001:db8:7::2", 53], MAC, ["2001:db8:7::2"]]),
        (EVERYWHERE, [LAN4, WAY, "link add other type bridge", "link set other up",
                      "address add fd00:99::1/64 dev other nodad"],
         [["198.51.100.2", 53], None, MAC, ["198.51.100.2"]]),
        ((Endpoint("198.51.100.2", 5353), Endpoint("0.0.0.0", 53)), [LAN4, WAY],  # noqa: S104 - as above
         [["198.51.100.2", 53], None, MAC, ["198.51.100.2"]]),
        ((Endpoint("127.0.0.1", 5354), Endpoint("198.51.100.2", 5353)), [LAN4, WAY],
         [["198.51.100.2", 5353], None, MAC, ["198.51.100.2"]]),
        ((Endpoint("127.0.0.1", 5354), Endpoint("::1", 53), Endpoint("fe80::1", 53)), [LAN4, WAY],
         FAULT.format("127.0.0.1:5354, [::1]:53, [fe80::1]:53")),
        ((Endpoint("0.0.0.0", 53),), [],  # noqa: S104 - as above
         FAULT.format("0.0.0.0:53")),
    ],
)  # fmt: skip
def test_addresses_are_found_as_they_are_now(
    listen: tuple[Endpoint, ...], network: list[str], expected: object
) -> None:
    assert json.loads(run_in_namespace(FIND.format(listen=repr(listen)), SET_UP, *network)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("00000000000000000000000000000001 01 80 10 80       lo\n", []),
        ("fe800000000000000000000000000001 02 40 20 80     eth0\n", []),
        ("fd000077000000000000000000000002 02 40 00 80     eth0\n", ["fd00:77::2"]),
        ("fd000077000000000000000000000002 02 40 00 c0     eth0\n", []),  # not yet sure that nobody else has it
        ("fd000077000000000000000000000002 02 40 00 a0     eth0\n", []),  # about to go
        (
            """\
20010db8000700000000000000000009 02 40 00 01     eth0
20010db8000700000000000000000002 02 40 00 00     eth0
fd000077000000000000000000000002 02 40 00 00     eth0
""",
            ["fd00:77::2", "2001:db8:7::2", "2001:db8:7::9"],
        ),
    ],
)
def test_the_address_to_be_told_is_local_and_lasts(text: str, expected: list[str]) -> None:
    assert [str(own.address) for own in router.own_ipv6(text)] == expected


def test_servers_in_the_house_that_are_asked_may_ask_the_world() -> None:
    found = router.find(
        Config(
            listen=(Endpoint("198.51.100.2", 53),),
            upstreams={"all": (config.parse_upstream("udp://192.168.1.5"), config.parse_upstream("udp://9.9.9.9"))},
            local_domains={"lan": Upstream("udp", Endpoint("192.168.1.1", 53)), "x": config.parse_upstream("udp://[fd00::5]")},
        )
    )  # fmt: skip
    assert found.exempt[:3] == ("192.168.1.1", "192.168.1.5", "198.51.100.2")
    assert "fd00::5" in found.exempt
    assert "9.9.9.9" not in found.exempt
    assert "9.9.9.9" in found.resolvers


@pytest.mark.parametrize(
    ("box", "said", "unsaid"),
    [
        (
            Box(Endpoint("192.168.1.2", 53), Endpoint("fd00::2", 53), MAC, ("192.168.1.2", "fd00::2"), ("9.9.9.9",)),
            ["at 192.168.1.2:53 and [fd00::2]:53.", f"hardware address {MAC}", "enter 192.168.1.2.", "enter fd00::2.",
             "for all but this machine (192.168.1.2, fd00::2):", "  6. If it can block", "IPv6 too): 9.9.9.9"],
            ["ULA", "told a port"],
        ),
        (
            Box(Endpoint("192.168.1.2", 53), None, None, ("192.168.1.2", "192.168.1.5"), ()),
            ["at 192.168.1.2:53.", "no IPv6 address to be told", "this machine (192.168.1.2) and 192.168.1.5:"],
            ["hardware", "told a port"],
        ),
        (
            Box(None, Endpoint("2001:db8::2", 5353), None, ("2001:db8::2",), ()),
            ["told a port", "enter 2001:db8::2. It changes"],
            ["second field"],
        ),
    ],
)  # fmt: skip
def test_plain_words(box: Box, said: list[str], unsaid: list[str]) -> None:
    text = " ".join(" ".join(router.words(box)).split())
    assert [words for words in said if " ".join(words.split()) not in text] == []
    assert [words for words in unsaid if words in text] == []
    assert all(len(line) <= 100 for line in router.words(box))


def test_each_form_is_given_and_without_one_what_there_is() -> None:
    here = Config(listen=(Endpoint("198.51.100.2", 53),))
    assert router.lines(here, "nftables")[0].startswith("# FilterDNS, for a router that runs nftables.")
    assert router.lines(here, "openwrt")[0].startswith("# FilterDNS, for a router with OpenWrt")
    assert router.lines(here, "words")[0] == "The filter answers at 198.51.100.2:53."
    everything = router.lines(here)
    assert everything[-len(router.lines(here, "words")) :] == router.lines(here, "words")
    assert [line.split()[2] for line in everything if line.startswith("    filterdns router")] == [
        "--openwrt",
        "--nftables",
    ]


def test_a_filter_that_only_this_machine_reaches_says_so() -> None:
    with pytest.raises(ConfigError, match="no other device reaches"):
        router.lines(config.BUILT_IN)
