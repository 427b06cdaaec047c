import lzma
from pathlib import Path

import pytest

from tests.blocklists.lists import read

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
