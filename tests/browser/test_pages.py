"""Every page as people meet it: small, quiet, for every eye and thumb, by day and by night, in both languages."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from filterdns.admin.app import create_app
from filterdns.config import BUILT_IN
from filterdns.household import changes
from tests.browser import examine
from tests.browser.family import Home, live, pages
from tests.browser.walk import PHONE, Watch

MOST_BYTES = 60_000
"""Of a page with its style sheet, script and headers, over the wire."""
ELSEWHERE = {"static", "asked.table", "backup.download", "metrics.all", "session.login", "setup.begin"}
"""Answered with a file, or looked at before anybody is logged in."""


@pytest.fixture(scope="module")
def lived_in(home: Home) -> dict[str, str]:
    """A house in which everything has happened: what each page is called -> its path."""
    live(home)
    return pages(home)


@pytest.fixture(scope="module")
def anna(chromium: Browser, home: Home) -> Iterator[BrowserContext]:
    made = chromium.new_context(storage_state=home.cookies, locale="en-GB", reduced_motion="reduce", viewport=PHONE)
    yield made
    made.close()


def test_every_page_is_looked_at(lived_in: dict[str, str]) -> None:
    routes = create_app(BUILT_IN).url_map
    seen = {routes.bind("").match(path.partition("?")[0])[0] for path in lived_in.values() if path != "/nothing"}
    there = {rule.endpoint for rule in routes.iter_rules() if "GET" in (rule.methods or ())}
    assert seen == {endpoint for endpoint in there - ELSEWHERE if not endpoint.startswith("api.")}


def test_every_eye_and_thumb(home: Home, anna: BrowserContext, lived_in: dict[str, str], pictures: Path | None) -> None:
    found, watch = [], Watch(home.origin)
    for name, path in lived_in.items():
        page = anna.new_page()
        watch.over(page)
        page.goto(home.origin + path)
        found += examine.faults(page, name, pictures)
        page.close()
    assert not found + watch.faults, "\n".join(found + watch.faults)


def test_german_fits(home: Home, anna: BrowserContext, lived_in: dict[str, str], pictures: Path | None) -> None:
    known, found = changes.read(home.house.state), []
    home.change(replace(known, language="de"))
    page = anna.new_page()
    for name, path in lived_in.items():
        page.goto(home.origin + path)
        assert page.locator("html").get_attribute("lang") == "de"
        page.set_viewport_size(PHONE)
        if pictures:
            examine.picture(page, pictures / f"{name}-390-de.png")
        found += examine.too_wide(page, name)
    home.change(known)
    assert not found, "\n".join(found)


def test_a_page_is_small_and_comes_at_once(chromium: Browser, home: Home, lived_in: dict[str, str]) -> None:
    sizes = {}
    for name, path in lived_in.items():
        first_visit = chromium.new_context(storage_state=home.cookies)
        page = first_visit.new_page()
        sizes[name], kinds = _load(page, home.origin + path)
        assert kinds - Counter(other=1) == {"document": 1, "stylesheet": 1, "script": 1}, name  # other: the icon
        assert page.locator("script:not([defer])").count() == 0
        first_visit.close()
    print(*(f"{size:6} {name}" for name, size in sizes.items()), sep="\n")  # noqa: T201 - shown by pytest -rP
    assert {name: size for name, size in sizes.items() if size > MOST_BYTES} == {}


def test_the_way_past_what_is_on_every_page(home: Home, anna: BrowserContext) -> None:
    page = anna.new_page()
    page.goto(home.origin)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "content"


def _load(page: Page, address: str) -> tuple[int, Counter[str]]:
    """Octets over the wire, and how many requests of which kind, of a browser that was never here."""
    done = []
    page.on("requestfinished", lambda request: done.append(request))  # noqa: PLW0108 - a built-in holds no mark
    page.goto(address)
    sizes = [request.sizes() for request in done]
    octets = sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes)
    return octets, Counter(request.resource_type for request in done)
