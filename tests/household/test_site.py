import subprocess
import sys

import pytest

from filterdns.household.site import site_of


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
