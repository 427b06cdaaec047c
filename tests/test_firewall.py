"""Rules for routers: what they say, that nft takes them, and what becomes of packets between namespaces."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from filterdns.endpoint import Endpoint
from filterdns.firewall import Box, nftables, openwrt

V4, V6 = Endpoint("198.51.100.2", 53), Endpoint("fd00:77::2", 53)
RESOLVERS = ("203.0.113.53", "192.0.2.0/24", "2001:db8:53::53", "2001:db8:54::/48")
BOXES = {
    "both": Box(V4, V6, "02:00:00:00:00:02", (V4.host, V6.host), RESOLVERS),
    "IPv4 alone": Box(V4, None, None, (V4.host, "198.51.100.9"), RESOLVERS),
    "IPv6 alone": Box(None, V6, None, (V6.host,), RESOLVERS),
    "another port": Box(Endpoint(V4.host, 5353), Endpoint(V6.host, 5353), None, (V4.host,), RESOLVERS),
    "no resolvers": Box(V4, V6, None, (V4.host,), ()),
}
NFT = shutil.which("nft", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
UNSHARE = shutil.which("unshare")
WIRE = Path(__file__).with_name("router_wire.py")


def chain(lines: list[str], name: str) -> list[str]:
    start = lines.index(f"    chain {name} {{")
    return [line.strip() for line in lines[start + 1 : lines.index("    }", start)]]


@pytest.fixture
def namespace() -> list[str]:
    """How a program is started in a network of its own, where only root may change anything."""
    if os.geteuid() != 0 or not NFT or not UNSHARE:
        pytest.skip("needs root, nftables and unshare")
    if subprocess.run([UNSHARE, "-n", NFT, "list", "ruleset"], capture_output=True, check=False).returncode:
        pytest.skip("no network namespace with nftables here")
    return [UNSHARE, "-n"]


def test_a_question_is_sent_here_unless_it_is_ours_or_comes_here_already() -> None:
    questions = chain(nftables(BOXES["both"]), "questions")
    assert questions == [
        "type nat hook prerouting priority dstnat - 10; policy accept;",
        "iifname != $house accept",
        "ether saddr 02:00:00:00:00:02 accept",
        "ip saddr { 198.51.100.2 } accept",
        "ip6 saddr { fd00:77::2 } accept",
        "ip daddr 198.51.100.2 meta l4proto { tcp, udp } th dport 53 accept",
        "meta nfproto ipv4 meta l4proto { tcp, udp } th dport 53 dnat ip to 198.51.100.2:53",
        "ip6 daddr fd00:77::2 meta l4proto { tcp, udp } th dport 53 accept",
        "meta nfproto ipv6 meta l4proto { tcp, udp } th dport 53 dnat ip6 to [fd00:77::2]:53",
    ]


def test_what_cannot_be_sent_here_is_refused() -> None:
    closed = chain(nftables(BOXES["IPv4 alone"]), "ways_round")
    assert closed[3:] == [
        "tcp dport 853 reject with tcp reset",
        "udp dport 853 reject",
        "ip daddr @resolvers4 tcp dport 443 reject with tcp reset",
        "ip daddr @resolvers4 udp dport 443 reject",
        "ip6 daddr @resolvers6 tcp dport 443 reject with tcp reset",
        "ip6 daddr @resolvers6 udp dport 443 reject",
        "meta nfproto ipv6 tcp dport 53 reject with tcp reset",
        "meta nfproto ipv6 udp dport 53 reject",
    ]
    assert closed[2] == "ip saddr { 198.51.100.2, 198.51.100.9 } accept"


def test_openwrt_holds_the_same_table_and_says_it_once_however_often() -> None:
    commands = openwrt(BOXES["both"])
    start, end = commands.index("cat > /etc/filterdns.nft <<'END'"), commands.index("END")
    table = nftables(BOXES["both"])
    assert commands[start + 1 : end] == table[table.index("# The interface or interfaces towards the house:") :]
    rest = [line for line in commands[end + 1 :] if line and not line.startswith("#")]
    for at, command in enumerate(rest):
        if command.startswith("uci add_list "):
            assert rest[at - 1] == command.replace("uci add_list", "uci -q del_list")
        if command == "uci set firewall.filterdns=include":
            assert rest[at - 1] == "uci -q delete firewall.filterdns"
    assert [command for command in rest if command.startswith("uci add_list")] == [
        "uci add_list dhcp.lan.dhcp_option='6,198.51.100.2'",
        "uci add_list dhcp.lan.dns='fd00:77::2'",
    ]
    assert [command for command in rest if "commit" in command or "restart" in command] == [
        "uci commit firewall",
        "uci commit dhcp",
        "service dnsmasq restart",
        "service odhcpd restart",
        "service firewall restart",
    ]


def test_a_port_that_devices_cannot_be_told_is_not_announced() -> None:
    assert not [line for line in openwrt(BOXES["another port"]) if "dhcp." in line]
    assert "uci set dhcp.lan.dns_service='0'" in openwrt(BOXES["IPv4 alone"])
    assert not [line for line in openwrt(BOXES["IPv6 alone"]) if "dhcp_option" in line]


@pytest.mark.parametrize("name", BOXES)
def test_a_shell_takes_the_commands(name: str) -> None:
    text = "\n".join(openwrt(BOXES[name])) + "\n"
    assert subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False).stderr == ""


@pytest.mark.parametrize("name", BOXES)
def test_nft_takes_the_rules_once_and_again(namespace: list[str], name: str, tmp_path: Path) -> None:
    path = tmp_path / "filterdns.nft"
    path.write_text("\n".join(nftables(BOXES[name])) + "\n")
    script = f"{NFT} -c -f {path} && {NFT} -f {path} && {NFT} -f {path} && {NFT} list tables"
    done = subprocess.run([*namespace, "sh", "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("table inet filterdns\n", "")


@pytest.mark.parametrize("version", [4, 6])
def test_on_the_wire(namespace: list[str], version: int, tmp_path: Path) -> None:
    """A client, a router, the filter and a resolver out in the world, each in a namespace of its own."""
    path = tmp_path / "filterdns.nft"
    box = BOXES["both"]._replace(mac=None)
    path.write_text("\n".join(nftables(box)) + "\n")
    argv = [*namespace, "-m", sys.executable, str(WIRE), str(NFT), str(path), str(version)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    found = dict(line.split(": ") for line in done.stdout.splitlines())
    before, after = "without rules", "with rules"
    assert {key: value for key, value in found.items() if key.startswith(before)} == {
        f"{before} {who} {what}": "world" for who in ("client", "filter") for what in
        ("udp 53", "tcp 53", "udp 853", "tcp 853", "udp 443", "tcp 443", "other tcp 443")
    }  # fmt: skip
    assert {key: value for key, value in found.items() if key.startswith(f"{after} client")} == {
        f"{after} client udp 53": "filter, asked by the router",
        f"{after} client tcp 53": "filter, asked by the router",
        f"{after} client udp 853": "refused",
        f"{after} client tcp 853": "refused",
        f"{after} client udp 443": "refused",
        f"{after} client tcp 443": "refused",
        f"{after} client other tcp 443": "world",
    }
    assert {value for key, value in found.items() if key.startswith(f"{after} filter")} == {"world"}
