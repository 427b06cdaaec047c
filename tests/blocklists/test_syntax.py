import hashlib
import io
import lzma
import tarfile
import time
from collections import Counter
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


def outcome(line: str, syntax: str) -> str:
    """What becomes of one line: its names, "open " and the names it excepts, or the reason it is counted under."""
    held, excepted, rejects = read(line, syntax)
    assert sum(map(bool, (held, excepted, rejects))) <= 1
    if rejects:
        assert sum(rejects.values()) == 1
        return REJECTED + next(iter(rejects))
    return f"open {' '.join(excepted)}" if excepted else " ".join(held)


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
        ("domains", "co.uk", REJECTED + "public suffix"),
        ("domains", "*.co.uk.", REJECTED + "public suffix"),
        ("domains", "x.co.uk", "x.co.uk"),
        ("domains", "co.com", "co.com"),
        ("domains", "\ufeffexample.org", "example.org"),
        ("domains", "ex\x00ample.org", REJECTED + "not a name"),
        ("domains", "example.org\x00", REJECTED + "not a name"),
        ("domains", "e\x00x\x00a\x00.\x00o\x00r\x00g\x00", REJECTED + "not a name"),
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
        ("hosts", "0.0.0.0 com.br", REJECTED + "public suffix"),
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
        # v2fly
        ("v2fly", "example.org", "example.org"),
        ("v2fly", "domain:Example.org", "example.org"),
        ("v2fly", "full:www.example.org", "www.example.org"),
        ("v2fly", "example.org @ads", "example.org"),
        ("v2fly", "full:www.example.org @!cn @ads &other # why", "www.example.org"),
        ("v2fly", "domain:bücher.example", "xn--bcher-kva.example"),
        ("v2fly", "domain:co.uk", REJECTED + "public suffix"),
        ("v2fly", "domain:com", REJECTED + "single label"),
        ("v2fly", "keyword:casino", REJECTED + "pattern"),
        ("v2fly", r"regexp:^(?:ads|track)\d+\.example\.org$", REJECTED + "pattern"),
        ("v2fly", "include:category-ads @ads", REJECTED + "another list"),
        ("v2fly", "example.org ads", REJECTED + "not a name"),
        ("v2fly", "other:example.org", REJECTED + "not a name"),
        ("v2fly", "@ads", REJECTED + "single label"),
        ("v2fly", "# include:x", ""),
        # digests
        ("sha256", "0123456789abcdef" * 4, "0123456789abcdef" * 4),
        ("sha256", "0123456789ABCDEF" * 4 + "  # 2026-11", "0123456789abcdef" * 4),
        ("sha256", "0123456789abcdef" * 4 + " example.org", REJECTED + "not a name"),
        ("sha256", "0123456789abcde" * 4, REJECTED + "single label"),
        ("sha256", "0123456789abcdef" * 3, REJECTED + "single label"),
        ("sha256", "0" * 65, REJECTED + "not a name"),
        ("sha256", "g" * 64, REJECTED + "not a name"),
        ("sha256", "example.org # in clear", "example.org"),
        ("domains", "0123456789abcdef" * 4, REJECTED + "not a name"),
    ],
)
@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_line(syntax: str, line: str, expected: str, end: str):
    assert outcome(line + end, syntax) == expected


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
        if syntax == "sha256" and "." not in name:
            assert len(bytes.fromhex(name)) == 32
            continue
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
    "v2fly": "full:{} @attribute",
}


@pytest.mark.parametrize(("syntax", "form"), LIKE.items())
def test_plain_lines_of_every_syntax_are_known_and_read_alike(syntax: str, form: str):
    names = ["example.org", "a.b-c.example.co.uk", "x_y.net", "xn--bcher-kva.example", "1and1.com"]
    content = "# head\n" + "\n".join(map(form.format, names)) + "\n"
    assert detect(content.encode()) == syntax
    assert read(content, syntax)[0] == names


def test_lists_of_digests_are_known_by_them():
    digests = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(50)]
    assert detect("\n".join(digests).encode()) == "sha256"
    assert read("\n".join([*digests, "example.org"]), "sha256") == ([*digests, "example.org"], [], {})
    assert detect("\n".join([*(f"n{number}.example" for number in range(99)), digests[0]]).encode()) == "sha256"
    assert detect(b"example.org\n") == "domains"


def test_a_suffix_among_plain_lines_takes_nothing_else_with_it():
    names = [f"n{number}.example.org" for number in range(1000)]
    assert read("\n".join([*names, "co.uk", "after.example"]), "domains") == (
        [*names, "after.example"],
        [],
        {"public suffix": 1},
    )


FORMS = {"dnsmasq286": "dnsmasq", "dnsmasq-address": "dnsmasq", "adblock-tricky": "adblock", "regex": "domains"}
LINES_OF_A_NAME = {"rpz": 2}  # the name, and all names below it
NO_RULE = {"gen-vaping.rpz.db": 2, "gen-vaping.unbound.conf": 1}  # "@ SOA", "@ NS" and "server:" are counted there
REJECTS = {"gen-vaping.regex.txt": {"pattern": 108}}


def test_real_lists_give_what_the_manifest_counts(shared_data: Path):
    """Each entry of each file is a name or a reject with its reason, and as many as its publisher counts."""
    rows = [line.split(" | ") for line in (shared_data / "MANIFEST.md").read_text().splitlines()]
    files = {
        row[0].removeprefix("| lists/"): int(row[2])
        for row in rows
        if row[0].endswith(("txt.xz", "conf.xz", "db.xz")) and row[0].startswith("| lists/")
    }
    assert len(files) == 24
    for file, entries in files.items():
        name, form = file.removesuffix(".xz"), file.split(".")[1]
        syntax = FORMS.get(form, form)
        content = lzma.decompress((shared_data / "lists" / file).read_bytes())
        assert detect(content) == syntax, name
        held, excepted, rejects = read(content, syntax)
        if form != "adblock-tricky":  # line by line below
            lines = len(set(held)) * LINES_OF_A_NAME.get(syntax, 1) + len(excepted) + sum(rejects.values())
            assert lines + NO_RULE.get(name, 0) == entries, name
            assert rejects == REJECTS.get(name, {}), name


TRICKY = (
    "advertise.vaping360.com",
    "amp.westcoastvapesupply.com",  # important
    "open api.buysellvape.com",
    "apps.giantvapes.com",  # a star in front
    "assets1.vaping360.com",  # one bar
    REJECTED + "condition",  # a type of record
    REJECTED + "condition",  # a client
    REJECTED + "condition",  # another site's pages only
    REJECTED + "rule for pages",
    REJECTED + "pattern",
    "blog.vapordna.com",  # a hosts line
    "blog.westcoastvapesupply.com bovaping.com",
    REJECTED + "single label",  # localhost
    REJECTED + "address",
    "xn--b1agmy.xn--p1ai",
    "xn--80ak6aa92e.com",
    REJECTED + "public suffix",
    REJECTED + "single label",
    REJECTED + "address",
    REJECTED + "not a name",  # a label of 64 octets
    REJECTED + "not a name",  # hyphens at its ends
    "under_score.example",
    "bom.example",  # a mark of byte order in the middle of the file
    REJECTED + "pattern",  # an address of the web
)


def test_every_line_of_the_tricky_list_has_its_outcome(shared_data: Path):
    content = lzma.decompress((shared_data / "lists" / "gen-vaping.adblock-tricky.txt.xz").read_bytes()).decode()
    lines = [line for line in content.split("\n") if line.strip() and line[0] not in "!["]
    assert len(lines) == len(TRICKY) == 24
    for line, expected in zip(lines, TRICKY, strict=True):
        assert outcome(line, "adblock") == expected, line


def test_the_same_list_in_four_syntaxes_holds_the_same_names(shared_data: Path):
    forms = {"adblock.txt": "adblock", "dnsmasq.conf": "dnsmasq", "domains.txt": "domains", "hosts.txt": "hosts"}
    sets = [
        frozenset(read(lzma.decompress((shared_data / "lists" / f"blp-drugs.{end}.xz").read_bytes()), syntax)[0])
        for end, syntax in forms.items()
    ]
    assert len(set(sets)) == 1


def test_a_tree_of_lists_gives_every_line_as_a_name_or_counted(shared_data: Path):
    """UT1 as it ships: a folder a category, lines of names with bare addresses among them."""
    rejected: Counter[str] = Counter()
    held = lines = 0
    with tarfile.open(shared_data / "lists" / "ut1-family-2026-08-17.tar.xz") as tree:
        for member in tree:
            if member.isfile() and member.name.endswith("/domains"):
                content = tree.extractfile(member).read()
                found, excepted, rejects = read(content, "domains")
                assert len(found) + sum(rejects.values()) == len(content.split()), member.name
                assert (len(set(found)), excepted) == (len(found), [])
                held += len(found)
                lines += len(content.split())
                rejected += Counter(rejects)
    assert (held, lines) == (219_624, 242_874)
    assert rejected == {"address": 23_238, "not a name": 2, "public suffix": 10}


def test_a_tree_of_v2fly_lists_gives_every_line_as_a_name_or_counted(shared_data: Path):
    rejected: Counter[str] = Counter()
    held = lines = 0
    with tarfile.open(shared_data / "services" / "v2fly-domain-list-community-2026-08-19.tar.xz") as tree:
        for member in tree:
            if member.isfile() and member.name.startswith("data/"):
                content = tree.extractfile(member).read()
                found, excepted, rejects = read(content, "v2fly")
                assert excepted == []
                held += len(found)
                lines += sum(1 for line in content.decode().splitlines() if line.partition("#")[0].strip())
                rejected += Counter(rejects)
    assert (held, lines) == (37_551, 40_448)
    assert rejected == {"another list": 1712, "single label": 1011, "pattern": 163, "public suffix": 11}
