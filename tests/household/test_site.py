import subprocess
import sys

import pytest

from filterdns.household.site import is_suffix, site_of


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("example.org", "example.org"),
        ("a.b.example.org", "example.org"),
        ("www.example.co.uk", "example.co.uk"),
        ("co.uk", "co.uk"),
        ("org", "org"),
        (".", "."),
        ("somebody.github.io", "github.io"),
        ("printer", "printer"),
        ("tv.lan", "tv.lan"),
        ("a.tv.lan", "tv.lan"),
        ("www.xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("4.3.2.1.in-addr.arpa", "4.3.2.1.in-addr.arpa"),
        (r"a\046b.example.org", r"a\046b.example.org"),
        ("_dns.resolver.arpa", "_dns.resolver.arpa"),
    ],
)
def test_sites(name: str, site: str) -> None:
    assert site_of(name) == site


def test_the_list_of_suffixes_is_read_only_when_it_is_needed() -> None:
    code = "import sys, filterdns.household.site; print('publicsuffixlist' in sys.modules)"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "False"


@pytest.mark.parametrize(
    ("name", "is_ending"),
    [
        ("org", True),
        ("co.uk", True),
        ("example.org", False),
        ("example.co.uk", False),
        ("github.io", False),
        (".", True),
    ],
)
def test_endings(name: str, *, is_ending: bool) -> None:
    assert is_suffix(name) is is_ending
