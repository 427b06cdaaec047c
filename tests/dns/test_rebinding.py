from ipaddress import ip_address

import pytest

from filterdns.dns.rebinding import is_private


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1", "127.255.255.254", "10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1",
        "192.168.255.255", "169.254.169.254", "100.64.0.1", "100.127.255.255", "0.0.0.1", "0.255.0.1",
        "::1", "fd00::1", "fc00::1", "fdff:ffff::1", "fe80::1", "febf::1", "fec0::1", "::ffff:127.0.0.1",
        "::ffff:192.168.1.1", "::ffff:0.0.0.0", "::10.0.0.1", "::2", "64:ff9b::10.0.0.1", "64:ff9b::0.0.0.0",
        "64:ff9b:1::1", "2002:c0a8:0101::1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_private(text: str) -> None:
    assert is_private(ip_address(text).packed)


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "1.0.0.1", "9.255.255.255", "11.0.0.1", "126.0.0.1", "128.0.0.1", "172.15.0.1", "172.32.0.1",  # noqa: S104
        "192.167.1.1", "192.169.1.1", "169.253.1.1", "169.255.1.1", "100.63.0.1", "100.128.0.1", "8.8.8.8",
        "::", "2001:db8::1", "2606:4700::1111", "fb00::1", "fe00::1", "fe7f::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8",
        "2002:808:808::1", "64:ff9c::10.0.0.1",
    ],
)  # fmt: skip
def test_public(text: str) -> None:
    assert not is_private(ip_address(text).packed)
