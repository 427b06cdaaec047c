import io
import lzma
import tarfile
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.blocklists.syntax import SYNTAXES, Reading, detect
from filterdns.dname import from_text, is_host, to_text


def read(content: str | bytes, syntax: str) -> tuple[list[str], list[str], dict[str, int]]:
    """-> (held, excepted, rejects) of a list given as text or octets."""
    reading = Reading(io.BytesIO(content.encode() if isinstance(content, str) else content), syntax)
    held = list(reading.held())
    return held, reading.excepted, dict(reading.rejects)


REJECTED = "rejected: "


@pytest.mark.parametrize(
    ("syntax", "line", "expected"),
    [
        # every syntax: form of the name
        ("domains", "example.org", "example.org"),
        ("domains", "EXAMPLE.Org", "example.org"),
        ("domains", "example.org.", "example.org"),
        ("domains", "  example.org\t", "example.org"),
        ("domains", "example.org\r", "example.org"),
        ("domains", "_spf.example.org", "_spf.example.org"),
        ("domains", "xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
        ("domains", "bücher.example", "xn--bcher-kva.example"),
        ("domains", "ВЕЙП.рф", "xn--b1agmy.xn--p1ai"),
        ("domains", "faceboo\u212a.com", "facebook.com"),
        ("domains", f"{'a' * 63}.com", f"{'a' * 63}.com"),
        ("domains", f"{'a' * 64}.com", REJECTED + "not a name"),
        ("domains", ".".join(["a" * 49] * 5) + ".com", ".".join(["a" * 49] * 5) + ".com"),
        ("domains", ".".join(["a" * 49] * 5) + ".comm", REJECTED + "not a name"),
        ("domains", "-bad-.com", REJECTED + "not a name"),
        ("domains", "bad..com", REJECTED + "not a name"),
        ("domains", ".com", REJECTED + "not a name"),
        ("domains", ".", REJECTED + "single label"),
        ("domains", "com", REJECTED + "single label"),
        ("domains", "localhost", REJECTED + "single label"),
        ("domains", "localhost.example.org", "localhost.example.org"),
        ("domains", "*", REJECTED + "pattern"),
        ("domains", "*.com", REJECTED + "single label"),
        ("domains", "1.2.3.4", REJECTED + "address"),
        ("domains", "2001:db8::1", REJECTED + "address"),
        ("domains", "1.2.3.400", REJECTED + "not a name"),
        ("domains", "http://example.org/path", REJECTED + "pattern"),
        ("domains", "example.org/path", REJECTED + "pattern"),
        ("domains", "example.org:8080", REJECTED + "not a name"),
        ("domains", "ex\\097mple.org", REJECTED + "pattern"),
        ("domains", "exa mple.org", REJECTED + "not a name"),
        ("domains", "example\u3002org", "example.org"),
        ("domains", "", ""),
        ("domains", "# example.org", ""),
        ("domains", "! example.org", ""),
        ("domains", "example.org # why", "example.org"),
        ("domains", "*.example.org", "example.org"),
        ("domains", "a" * 5000 + ".org", REJECTED + "line too long"),
        ("wildcard", "*.example.org", "example.org"),
        ("wildcard", "example.org", "example.org"),
        ("wildcard", "ads.*.example.org", REJECTED + "pattern"),
        # hosts
        ("hosts", "0.0.0.0 example.org", "example.org"),
        ("hosts", "127.0.0.1\texample.org", "example.org"),
        ("hosts", "::1 example.org", "example.org"),
        ("hosts", "6.6.6.6 bank.example", "bank.example"),
        ("hosts", "fe80::1%lo0 example.org", "example.org"),
        ("hosts", "0.0.0.0 a.org b.org\tc.org # three", "a.org b.org c.org"),
        ("hosts", "0.0.0.0 a.org localhost b.org", "a.org b.org"),
        ("hosts", "0.0.0.0 0.0.0.0", REJECTED + "address"),
        ("hosts", "::1 localhost", REJECTED + "single label"),
        ("hosts", "::", REJECTED + "no name behind the address"),
        ("hosts", "example.org", REJECTED + "no address before the name"),
        # adblock
        ("adblock", "||example.org^", "example.org"),
        ("adblock", "||example.org", "example.org"),
        ("adblock", "|example.org^", "example.org"),
        ("adblock", "||example.org^|", "example.org"),
        ("adblock", "||*.example.org^", "example.org"),
        ("adblock", "||ВЕЙП.рф^", "xn--b1agmy.xn--p1ai"),
        ("adblock", "||example.org^$important", "example.org"),
        ("adblock", "||example.org^$dnsrewrite=NXDOMAIN;;", "example.org"),
        ("adblock", "||example.org^$third-party", REJECTED + "condition"),
        ("adblock", "||example.org^$dnstype=~CNAME", REJECTED + "condition"),
        ("adblock", "||example.org^$denyallow=wx.qq.com|weixin.qq.com", REJECTED + "condition"),
        ("adblock", "||example.org^$client=192.168.1.5", REJECTED + "condition"),
        ("adblock", "||example.org^$dnsrewrite=6.6.6.6", REJECTED + "condition"),
        ("adblock", "||example.org^$badfilter", REJECTED + "condition"),
        ("adblock", "||slack-files.com ^", REJECTED + "pattern"),
        ("adblock", "||example.org/ad.js", REJECTED + "pattern"),
        ("adblock", "||com^", REJECTED + "single label"),
        ("adblock", "||1.2.3.4^", REJECTED + "address"),
        ("adblock", "*vod-adaptive.akamaized.net^", REJECTED + "pattern"),
        ("adblock", "|cdn*-epicgames-*.file.myqcloud.com^", REJECTED + "pattern"),
        ("adblock", "/_spotify-connect._tcp.local/", REJECTED + "pattern"),
        ("adblock", "/^vape[0-9]+\\./", REJECTED + "pattern"),
        ("adblock", "blog.example.org##.ad", REJECTED + "rule for pages"),
        ("adblock", "0.0.0.0 example.org # inline", "example.org"),
        ("adblock", "example.org", "example.org"),
        ("adblock", "@@||example.org^", "open example.org"),
        ("adblock", "@@||example.org^$client=1.2.3.4", REJECTED + "condition"),
        ("adblock", "@@example", REJECTED + "pattern"),
        ("adblock", "[Adblock Plus]", ""),
        ("adblock", "! Title: x", ""),
        # dnsmasq
        ("dnsmasq", "server=/example.org/", "example.org"),
        ("dnsmasq", "local=/example.org/", "example.org"),
        ("dnsmasq", "address=/example.org/0.0.0.0", "example.org"),
        ("dnsmasq", "address=/example.org/", "example.org"),
        ("dnsmasq", "address=/example.org/#", "example.org"),
        ("dnsmasq", "address=/example.org/6.6.6.6", "example.org"),
        ("dnsmasq", "address=/.example.org/::", "example.org"),
        ("dnsmasq", "address = /a.org/b.org/ # two", "a.org b.org"),
        ("dnsmasq", "server=/example.org/#", "open example.org"),
        ("dnsmasq", "server=/example.org/9.9.9.9", REJECTED + "not a block"),
        ("dnsmasq", "address=/#/0.0.0.0", REJECTED + "pattern"),
        ("dnsmasq", "conf-dir=/etc/dnsmasq.d", REJECTED + "not a block"),
        ("dnsmasq", "server=9.9.9.9", REJECTED + "not a block"),
        # unbound
        ("unbound", 'local-zone: "example.org." always_nxdomain', "example.org"),
        ("unbound", "local-zone: example.org static", "example.org"),
        ("unbound", 'local-zone: "example.org" always_transparent', "open example.org"),
        ("unbound", 'local-zone: "example.org" what', REJECTED + "not a block"),
        ("unbound", 'local-data: "example.org. A 0.0.0.0"', "example.org"),
        ("unbound", 'forward-addr: "9.9.9.9"', REJECTED + "not a block"),
        ("unbound", "server:", ""),
        # response policy zones
        ("rpz", "example.org CNAME .", "example.org"),
        ("rpz", "*.example.org CNAME .", "example.org"),
        ("rpz", "example.org 300 IN CNAME *.", "example.org"),
        ("rpz", "example.org CNAME rpz-drop.", "example.org"),
        ("rpz", "example.org A 0.0.0.0 ; why", "example.org"),
        ("rpz", "example.org CNAME rpz-passthru.", "open example.org"),
        ("rpz", "example.org CNAME walled.garden.", REJECTED + "not a block"),
        ("rpz", "32.4.3.2.1.rpz-ip CNAME .", REJECTED + "pattern"),
        ("rpz", "ns.example.org.rpz-nsdname CNAME .", REJECTED + "pattern"),
        ("rpz", "shop.vip CNAME .", "shop.vip"),
        ("rpz", "example.org. CNAME .", REJECTED + "pattern"),
        ("rpz", "@ SOA localhost. root.localhost. 1 43200 3600 86400 300", ""),
        ("rpz", "@ IN NS localhost.", ""),
        ("rpz", "$TTL 60", ""),
        ("rpz", "; comment", ""),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_line(syntax: str, line: str, expected: str, end: str):
    held, excepted, rejects = read(line + end, syntax)
    if expected.startswith(REJECTED):
        assert (held, excepted, rejects) == ([], [], {expected.removeprefix(REJECTED): 1})
    elif expected.startswith("open "):
        assert (held, excepted, rejects) == ([], [expected.removeprefix("open ")], {})
    else:
        assert (held, excepted, rejects) == (expected.split(), [], {})


def test_a_list_is_read_whole_whatever_lies_between_its_lines():
    content = "\ufeff# head\n\na.org\nBAD LINE\n b.org\n# note\n1.1.1.1\n\n\n" + "c" * 63 + ".org\nd.org"
    assert read(content, "domains") == (
        ["a.org", "b.org", "c" * 63 + ".org", "d.org"],
        [],
        {"not a name": 1, "address": 1},
    )


def test_a_mark_of_byte_order_is_no_part_of_the_first_name():
    assert read(b"\xef\xbb\xbfexample.org\n", "domains")[0] == ["example.org"]


def test_lines_across_the_edges_of_blocks_are_whole():
    names = [f"n{number}.example.org" for number in range(60_000)]
    assert read("\n".join(names), "domains") == (names, [], {})


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    "content",
    [b"a." * 5_000_000, b"||" + b"a-" * 5_000_000, b" " * 10_000_000, b"0.0.0.0 " * 1_250_000, b"\xff" * 10_000_000],
    ids=["labels", "hyphens", "spaces", "addresses", "no text"],
)
def test_ten_megabytes_in_one_line_are_one_rejected_line(syntax: str, content: bytes):
    started = time.process_time()
    assert read(content + b"\nexample.org\n", syntax)[2]["line too long"] == 1
    assert time.process_time() - started < 2


@pytest.mark.parametrize("syntax", SYNTAXES)
@given(
    content=st.binary(max_size=400) | st.text("ab.-_*#|^@$/=:\"' \t\r\n0;1\ud7ff\u212aü", max_size=200).map(str.encode)
)
def test_any_octets_give_host_names_or_counted_lines(syntax: str, content: bytes):
    held, excepted, rejects = read(content, syntax)
    for name in held + excepted:
        assert is_host(from_text(name))
        assert to_text(from_text(name)) == name
    assert sum(rejects.values()) <= content.count(b"\n") + 1
    assert detect(content) in SYNTAXES


LIKE = {
    "domains": "{}",
    "wildcard": "*.{}",
    "hosts": "0.0.0.0 {}",
    "adblock": "||{}^",
    "dnsmasq": "address=/{}/0.0.0.0",
    "unbound": 'local-zone: "{}" always_nxdomain',
    "rpz": "{} CNAME .",
}


@pytest.mark.parametrize(("syntax", "form"), LIKE.items())
def test_plain_lines_of_every_syntax_are_known_and_read_alike(syntax: str, form: str):
    names = ["example.org", "a.b-c.example.co.uk", "x_y.net", "xn--bcher-kva.example", "1and1.com"]
    content = "# head\n" + "\n".join(map(form.format, names)) + "\n"
    assert detect(content.encode()) == syntax
    assert read(content, syntax)[0] == names


@pytest.mark.parametrize(
    ("name", "syntax", "held", "rejected"),
    [
        ("blp-drugs.adblock.txt", "adblock", 26029, 0),
        ("blp-drugs.dnsmasq.conf", "dnsmasq", 26029, 0),
        ("blp-drugs.domains.txt", "domains", 26029, 0),
        ("blp-drugs.hosts.txt", "hosts", 26029, 0),
        ("sw-adult.domains.txt", "domains", 219522, 0),
        ("sw-gambling.domains.txt", "domains", 9604, 0),
        ("gen-vaping.dnsmasq-address.conf", "dnsmasq", 108, 0),
        ("gen-vaping.dnsmasq286.conf", "dnsmasq", 108, 0),
        ("gen-vaping.unbound.conf", "unbound", 108, 0),
        ("gen-vaping.wildcard.txt", "wildcard", 108, 0),
        ("gen-vaping.rpz.db", "rpz", 108, 0),
        ("gen-vaping.adblock-tricky.txt", "adblock", 11, 13),
        ("gen-vaping.regex.txt", "domains", 0, 108),
    ],
)
def test_real_lists(shared_data: Path, name: str, syntax: str, held: int, rejected: int):
    content = lzma.decompress((shared_data / "lists" / f"{name}.xz").read_bytes())
    assert detect(content) == syntax
    found, _, rejects = read(content, syntax)
    assert (len(set(found)), sum(rejects.values())) == (held, rejected)


def test_the_same_list_in_four_syntaxes_holds_the_same_names(shared_data: Path):
    forms = {"adblock.txt": "adblock", "dnsmasq.conf": "dnsmasq", "domains.txt": "domains", "hosts.txt": "hosts"}
    sets = [
        frozenset(read(lzma.decompress((shared_data / "lists" / f"blp-drugs.{end}.xz").read_bytes()), syntax)[0])
        for end, syntax in forms.items()
    ]
    assert len(set(sets)) == 1


def test_trees_of_lists_hold_hardly_anything_but_names_and_addresses(shared_data: Path):
    with tarfile.open(shared_data / "lists" / "ut1-family-2026-08-17.tar.xz") as tree:
        for member in tree:
            if member.isfile() and member.name.endswith("/domains"):
                content = tree.extractfile(member).read()
                held, _, rejects = read(content, "domains")
                rejects.pop("address", None)
                assert sum(rejects.values()) <= len(held) / 50 + 1, member.name
