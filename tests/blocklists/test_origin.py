from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filterdns.blocklists.limits import DownloadError
from filterdns.blocklists.origin import Origin, is_private, read, why_forbidden
from filterdns.endpoint import Address


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://lists.example.org/adult.txt", ("lists.example.org", 443, "/adult.txt", "")),
        ("HTTPS://Lists.Example.ORG./A?b=C", ("lists.example.org", 443, "/A?b=C", "")),
        ("https://lists.example.org", ("lists.example.org", 443, "/", "")),
        ("https://lists.example.org?x", ("lists.example.org", 443, "/?x", "")),
        ("https://lists.example.org:8443/l", ("lists.example.org", 8443, "/l", "")),
        ("https://lists.example.org/a.tar.gz#adult", ("lists.example.org", 443, "/a.tar.gz", "adult")),
        ("https://cdn.example.net/gh/lists@latest/a", ("cdn.example.net", 443, "/gh/lists@latest/a", "")),
        ("https://9.9.9.9/l", ("9.9.9.9", 443, "/l", "")),
        ("https://[2606:4700:0:0::1111]/l", ("2606:4700::1111", 443, "/l", "")),
        ("https://a.b2c3/l", ("a.b2c3", 443, "/l", "")),
    ],
)  # fmt: skip
def test_an_address_is_taken_apart(url: str, origin: tuple[object, ...]):
    found = read(url)
    assert found == Origin(True, *origin)  # noqa: FBT003 - with TLS
    assert read(f"{found}#{found.folder}") == found
    assert (found.address is not None) == (url[8:9] in "9[")


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:///etc/passwd", "does not begin with https://"),
        ("http://lists.example.org/l", "begins with http://"),
        ("lists.example.org/l", "does not begin with https://"),
        ("https:lists.example.org/l", "is not one such as"),
        ("https:///l", "is not one such as"),
        ("https://user@lists.example.org/l", "is not one such as"),
        ("https://lists.example.org:53/l", "port 53 is not one of a web server"),
        ("https://lists.example.org:99999/l", "port 99999"),
        ("https://lists.example.org:/l", "is not one such as"),
        ("https://lists example.org/l", "characters that do not belong there"),
        ("https://lists.example.org/\r\nX: y", "characters that do not belong there"),
        ("https://bücher.example/l", "characters that do not belong there"),
        ("https://lists.example.org/" + "x" * 2048, "too long"),
        ("", "too long, or"),
        ("https://nas/l", "its server nas is not a name of the internet"),
        ("https://a..example/l", "is not a name of the internet"),
        ("https://-a.example/l", "is not a name of the internet"),
        ("https://localhost/l", "is not a name of the internet"),
        ("https://a.localhost./l", "is not a name of the internet"),
        ("https://127.1/l", "is neither a name nor an IP address"),
        ("https://0x7f.0x1/l", "is neither a name nor an IP address"),
        ("https://[1.2.3.4]:443:443/l", "is not one such as"),
        ("https://[:::1]/l", "is neither a name nor an IP address"),
    ],
)
def test_an_address_that_is_not_right_is_refused_with_its_reason(url: str, reason: str):
    with pytest.raises(DownloadError, match=r"^[a-z]") as error:
        read(url)
    assert reason in str(error.value)


@pytest.mark.parametrize("url", ["http://192.168.1.2/l", "http://nas.lan:5000/l", "https://nas.lan:5001/l"])
def test_a_source_in_the_home_network_may_use_more(url: str):
    with pytest.raises(DownloadError):
        read(url)
    assert str(read(url, lan=True)) == url


@pytest.mark.parametrize(
    "url", [*(f"http://nas.lan:{port}/l" for port in (0, 22, 53, 1023, 5353, 65536, 70000)), "ftp://nas.lan/l"]
)
def test_not_even_there_everything_is_asked(url: str):
    with pytest.raises(DownloadError):
        read(url, lan=True)


ADDRESSES = [
    ("unspecified", "0.0.0.0 0.1.2.3 ::"),
    ("loopback", "127.0.0.1 127.255.255.254 ::1"),
    ("private", "10.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 fc00::1 fdff::1"),
    ("shared", "100.64.0.1 100.127.255.255"),
    ("link-local", "169.254.169.254 fe80::1 febf::1"),
    ("multicast", "224.0.0.251 239.255.255.250 ff02::fb"),
    ("in the form of IPv6", "::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b:1::1 2001::1 2002:7f00:1::1 192.88.99.1"),
    ("reserved", "192.0.0.9 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 240.0.0.1 255.255.255.255"),
    ("reserved", "::7f00:1 100::1 2001:2::1 2001:10::1 2001:db8::1 3fff::1 4000::1 5f00::1 fec0::1"),
    ("loopback", "64:ff9b::127.0.0.1"),
    ("private", "64:ff9b::192.168.1.1"),
    ("link-local", "64:ff9b::a9fe:a9fe"),
    ("", "9.9.9.9 1.0.0.3 11.0.0.1 100.128.0.1 172.32.0.1 192.0.1.1 223.255.255.255 64:ff9b::9.9.9.9"),
    ("", "2606:4700::1111 2620:fe::fe 2001:200::1 2a00::1"),
]


@pytest.mark.parametrize(("reason", "address"), [(why, text) for why, texts in ADDRESSES for text in texts.split()])
def test_only_addresses_of_the_internet_are_connected_to(reason: str, address: str):
    found = why_forbidden(ip_address(address))
    assert reason in found
    assert bool(reason) == bool(found)
    in_home = why_forbidden(ip_address(address), lan=True)
    assert (in_home == "") == (reason == "" or (reason == "private" and not address.startswith("64:")))
    assert is_private(ip_address(address)) == (reason == "private")


@given(st.ip_addresses())
def test_no_more_is_allowed_than_pythons_own_table_allows(address: Address):
    assert why_forbidden(address) or address.is_global


@given(st.text() | st.from_regex(r"https?://[\w.:@\[\]/\\#?%-]{0,40}", fullmatch=True), st.booleans())
def test_any_text_is_an_address_or_an_error(text: str, lan: bool):  # noqa: FBT001 - a column
    try:
        found = read(text, lan=lan)
    except DownloadError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either is right
    else:
        assert found.tls or lan
        assert found.target.startswith("/")
        assert found.address is not None or found.host.count(".")
        assert read(str(found), lan=lan) == found._replace(folder="")
