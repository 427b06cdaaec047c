"""The page: shows the status, answers to its own names only, and hands the browser strict rules."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.admin.browser import Browser

STATIC = Path(__file__).parents[2] / "filterdns" / "admin" / "static"


def test_it_says_when_the_filter_does_not_run(parent: Browser) -> None:
    answer = parent.get("/")
    assert answer.status_code == 200
    assert "The filter is not running" in answer.text


@pytest.fixture
def worker() -> Iterator[int]:
    """The number of a process that looks like a worker."""
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", "filterdns.dns.prefork"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield process.pid


def test_it_shows_what_status_shows(parent: Browser, tmp_path: Path, worker: int) -> None:
    (tmp_path / "run").mkdir()
    upstreams = [
        {"server": "udp://9.9.9.9:53", "milliseconds": 12.5, "answered": 7, "failed": 1, "down": False},
        {"server": "udp://<script>", "milliseconds": 0, "answered": 0, "failed": 3, "down": True},
    ]
    told = {"pid": worker, "started": 1, "revision": 1, "names": 54321, "queries": 2000, "blocked": 30,
            "upstreams": upstreams}  # fmt: skip
    left = tmp_path / "run" / "worker-0.json"
    left.write_text(json.dumps(told))
    page = parent.get("/").text
    for words in ("everywhere", "54,321", "2,000", "30", "udp://9.9.9.9:53", "12.5 ms",
                  "does not answer", "udp://&lt;script&gt;"):  # fmt: skip
        assert words in page
    left.write_text(json.dumps(told | {"revision": 0}))
    assert "not in force everywhere yet" in parent.get("/").text


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8053", 200),
        ("localhost:8053", 200),
        ("LOCALHOST", 200),
        ("[::1]:8053", 200),
        ("filter.home", 200),
        ("Filter.Home.:8053", 200),
        ("evil.example", 421),
        ("filter.home.evil.example", 421),
        ("xfilter.home", 421),
        ("192.0.2.1", 421),
        ("127.0.0.1.nip.example", 421),
        ("127.0.0.1@evil.example", 421),
        ("evil.example/127.0.0.1", 421),
        ("[::1", 421),
        ("127.0.0.1:port", 421),
        ("2130706433", 421),
        ("", 421),
    ],
)
@pytest.mark.parametrize("path", ["/setup", "/static/page.css"])
def test_it_answers_to_its_own_names_only(nobody: Browser, host: str, status: int, path: str) -> None:
    nobody.headers = {"Host": host}
    with nobody.get(path) as answer:
        assert answer.status_code == status


def test_the_style_sheet_is_sent_small_and_whole_and_a_page_never_compressed(nobody: Browser) -> None:
    for accepted, coding in ((None, None), ("gzip, br", "gzip")):
        with nobody.client.get("/static/page.css", headers={"Accept-Encoding": accepted or "identity"}) as answer:
            assert answer.headers.get("Content-Encoding") == coding
            assert answer.headers["Vary"] == "Accept-Encoding"
            assert (gzip.decompress(answer.data) if coding else answer.data) == (STATIC / "page.css").read_bytes()
    assert "Content-Encoding" not in nobody.client.get("/setup", headers={"Accept-Encoding": "gzip"}).headers


@pytest.mark.parametrize("path", ["/", "/setup", "/static/page.css", "/nothing", "/static/../app.py"])
def test_every_answer_has_the_strict_headers(nobody: Browser, path: str) -> None:
    with nobody.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_a_page_is_not_kept_by_the_browser_and_a_file_is(nobody: Browser) -> None:
    assert nobody.get("/setup").headers["Cache-Control"] == "no-store"
    with nobody.get("/static/page.css") as answer:
        assert "max-age=31536000" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("path", ["/", "/setup", "/login", "/nothing"])
def test_a_page_needs_nothing_from_elsewhere_and_is_small(parent: Browser, nobody: Browser, path: str) -> None:
    wanted = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in ("iframe", "object", "style")
            assert tag != "script" or dict(attrs).get("src")
            assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
            if tag != "a":  # a link is followed by who taps it, and loads nothing
                wanted.extend(value or "" for name, value in attrs if name in ("src", "href", "action"))

    for browser in (parent, nobody):
        page = browser.get(path, follow_redirects=True).text
        Reader().feed(page)
        assert len(page.encode()) + sum(file.stat().st_size for file in STATIC.iterdir()) < 60_000
    assert [link for link in wanted if link.startswith("//") or not link.startswith(("/", "#"))] == []
    style = (STATIC / "page.css").read_text()
    assert "url(" not in style
    assert "@import" not in style


def test_without_rules_it_says_so_and_shows_no_path(nobody: Browser, state: Path) -> None:
    (state / "rules.db").write_bytes(b"no rules")
    answer = nobody.get("/login")
    assert answer.status_code == 503
    assert "cannot be read" in answer.text
    assert str(state) not in answer.text
