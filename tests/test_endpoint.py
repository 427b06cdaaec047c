"""Addresses and ports as people write them."""

import pytest

from filterdns import endpoint
from filterdns.endpoint import Endpoint


@pytest.mark.parametrize(
    ("text", "expected", "again"),
    [
        ("192.0.2.1:53", Endpoint("192.0.2.1", 53), "192.0.2.1:53"),
        ("[2001:DB8::0:1]:5354", Endpoint("2001:db8::1", 5354), "[2001:db8::1]:5354"),
        ("192.0.2.1", Endpoint("192.0.2.1", 53), "192.0.2.1:53"),
        ("[::]", Endpoint("::", 53), "[::]:53"),
    ],
)
def test_an_endpoint_is_read_and_written(text: str, expected: Endpoint, again: str) -> None:
    assert endpoint.parse(text, default_port=53) == expected
    assert str(expected) == again


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not an IPv4 address"),
        ("192.0.2.1:", "not a port"),
        ("192.0.2.1:٥٣", "not a port"),
        ("192.0.2.1:53 ", "not a port"),
        ("192.0.2.256", "not an IPv4 address"),
        ("example.org", "not an IPv4 address"),
        ("[fe80::1%eth0]:53", "not an IPv6 address"),
        ("[::1]53", "is not an address and port"),
        ("::1", "brackets"),
    ],
)
def test_what_is_no_endpoint(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        endpoint.parse(text, default_port=53)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("192.0.2.1", False), ("2001:db8::1", False)],
)
def test_own_addresses(text: str, *, expected: bool) -> None:
    assert endpoint.is_own_address(endpoint.parse_address(text)) is expected


def test_the_main_address_is_one_of_our_own() -> None:
    assert endpoint.is_own_address(endpoint.parse_address(endpoint.main_address()))
