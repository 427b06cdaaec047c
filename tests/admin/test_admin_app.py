"""The page: shows the status, answers to its own names only, changes nothing, and hands the browser strict rules."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from filterdns import config
from filterdns.admin.app import create_app
from filterdns.household import changes

STATIC = Path(__file__).parents[2] / "filterdns" / "admin" / "static"


@pytest.fixture
def client(tmp_path: Path) -> FlaskClient:
    return create_app(replace(config.BUILT_IN, state=tmp_path, web_hosts=("filter.home",))).test_client()


def test_it_says_when_the_filter_does_not_run(client: FlaskClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "The filter is not running" in answer.text


@pytest.fixture
def worker() -> Iterator[int]:
    """The number of a process that looks like a worker."""
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", "filterdns.dns.prefork"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        yield process.pid


def test_it_shows_what_status_shows(client: FlaskClient, tmp_path: Path, worker: int) -> None:
    changes.publish_current(tmp_path)
    (tmp_path / "run").mkdir()
    upstreams = [
        {"server": "udp://9.9.9.9:53", "milliseconds": 12.5, "answered": 7, "failed": 1, "down": False},
        {"server": "udp://<script>", "milliseconds": 0, "answered": 0, "failed": 3, "down": True},
    ]
    told = {"pid": worker, "started": 1, "revision": 1, "names": 54321, "queries": 2000, "blocked": 30,
            "upstreams": upstreams}  # fmt: skip
    left = tmp_path / "run" / "worker-0.json"
    left.write_text(json.dumps(told))
    page = client.get("/").text
    for words in ("rules are in force", "54,321", "2,000", "30", "1 of 1 workers", "udp://9.9.9.9:53", "12.5 ms",
                  "does not answer", "udp://&lt;script&gt;"):  # fmt: skip
        assert words in page
    left.write_text(json.dumps(told | {"revision": 0}))
    assert "not in force everywhere yet" in client.get("/").text


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
@pytest.mark.parametrize("path", ["/", "/static/style.css"])
def test_it_answers_to_its_own_names_only(client: FlaskClient, host: str, status: int, path: str) -> None:
    with client.get(path, headers={"Host": host}) as answer:
        assert answer.status_code == status


@pytest.mark.parametrize("path", ["/", "/static/style.css", "/nothing", "/static/../app.py"])
def test_every_answer_has_the_strict_headers(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        headers = answer.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in headers


def test_a_page_is_not_kept_by_the_browser(client: FlaskClient) -> None:
    assert client.get("/").headers["Cache-Control"] == "no-store"


def test_no_route_changes_anything(client: FlaskClient) -> None:
    methods = {method for rule in client.application.url_map.iter_rules() for method in rule.methods or ()}
    assert methods == {"GET", "HEAD", "OPTIONS"}
    assert client.post("/").status_code == 405


def test_the_page_needs_nothing_from_elsewhere_and_no_script(client: FlaskClient) -> None:
    wanted = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag not in ("script", "iframe", "object", "form")
            assert not [name for name, _ in attrs if name.startswith("on") or name == "style"]
            wanted.extend(value for name, value in attrs if name in ("src", "href"))

    Reader().feed(client.get("/").text)
    assert set(wanted) == {"/", "/static/style.css"}
    style = (STATIC / "style.css").read_text()
    assert "url(" not in style
    assert "@import" not in style
