"""A browser sent here by another name learns that, and gets nothing that a page of the web could use."""

from pathlib import Path

import pytest

from tests.admin.browser import Browser


@pytest.mark.parametrize("path", ["/", "/login", "/setup", "/me", "/api/v1/people", "/metrics", "/any/thing?x=1"])
@pytest.mark.parametrize("host", ["games.example", "Games.Example.:80"])
def test_it_says_so_and_links_by_address(parent: Browser, path: str, host: str) -> None:
    parent.headers = {"Host": host}
    answer = parent.get(path)
    assert answer.status_code == 421
    assert "games.example is not open here" in answer.text
    assert 'href="http://127.0.0.1' in answer.text
    assert "/me?name=games.example" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    for secret in ("<form", "csrf", "Mum", "Guests"):
        assert secret not in answer.text


def test_it_speaks_the_browsers_language(nobody: Browser) -> None:
    nobody.headers = {"Host": "games.example", "Accept-Language": "de"}
    assert "ist hier nicht offen" in nobody.get("/").text


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "[2001:db8::1]", "", "x", "a b.example", "<b>.example", "a@b.example", "b.example/x",
             "a" * 64 + ".example", "a." + "b" * 15_000 + "!", "b.example:port", "..", "1.2.3.4.5.6:x"]
)  # fmt: skip
def test_what_is_no_name_is_told_in_one_line(nobody: Browser, host: str) -> None:
    nobody.headers = {"Host": host}
    answer = nobody.get("/")
    assert (answer.status_code, answer.mimetype) == (421, "text/plain")


def test_nothing_can_be_sent_to_it(parent: Browser) -> None:
    token = parent.token("/")
    answer = parent.client.post("/pause", data={"csrf": token}, headers={"Host": "games.example"})
    assert (answer.status_code, answer.mimetype) == (421, "text/plain")


def test_it_needs_no_rules(nobody: Browser, state: Path) -> None:
    (state / "rules.db").write_bytes(b"no rules")
    nobody.headers = {"Host": "games.example"}
    assert nobody.get("/").status_code == 421
