"""Every page as people meet it: small, quiet, for every eye and thumb, by day and by night, in both languages."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Browser, Page

from filterdns.admin.app import create_app
from filterdns.config import BUILT_IN
from filterdns.household import changes
from tests.browser import examine
from tests.browser.family import NOBODY, Home, live, pages
from tests.browser.walk import PHONE, Watch

MOST_BYTES = 60_000
"""Of a page with its style sheet, script and headers, over the wire."""
ELSEWHERE = {"static", "asked.table", "backup.download", "metrics.all", "setup.begin"}
"""Answered with a file, or looked at in the first quarter of an hour."""


class Visit(NamedTuple):
    """A page as a browser meets it that was never here."""

    octets: int
    kinds: Counter[str]  # of requests
    faults: list[str]


@pytest.fixture(scope="module")
def lived_in(home: Home) -> dict[str, str]:
    """A house in which everything has happened: what each page is called -> its path."""
    live(home)
    return pages(home)


@pytest.fixture(scope="module")
def visits(chromium: Browser, home: Home, lived_in: dict[str, str], pictures: Path | None) -> dict[str, Visit]:
    """Each page once, as everybody meets it."""
    found = {}
    for name, path in lived_in.items():
        address = urljoin(home.origin, path)
        watch = Watch("{0.scheme}://{0.netloc}".format(urlsplit(address)))
        context = chromium.new_context(**_phone_of(home, name), locale="en-GB")
        page = context.new_page()
        watch.over(page)
        octets, kinds = _load(page, address)
        faults = examine.faults(page, name, pictures)
        found[name] = Visit(octets, kinds, faults + watch.faults)
        context.close()
    return found


def test_every_page_is_looked_at(lived_in: dict[str, str]) -> None:
    routes = create_app(BUILT_IN).url_map
    ours = (path.partition("?")[0] for path in lived_in.values() if path.startswith("/") and path != "/nothing")
    seen = {routes.bind("").match(path)[0] for path in ours}
    there = {rule.endpoint for rule in routes.iter_rules() if "GET" in (rule.methods or ())}
    assert seen == {endpoint for endpoint in there - ELSEWHERE if not endpoint.startswith("api.")}


def test_every_eye_and_thumb(visits: dict[str, Visit]) -> None:
    found = [fault for visit in visits.values() for fault in visit.faults]
    assert not found, "\n".join(found)


def test_a_page_is_small_and_comes_at_once(visits: dict[str, Visit]) -> None:
    for name, visit in visits.items():
        bare = {"document": 1} if name.endswith("elsewhere") else {"document": 1, "stylesheet": 1, "script": 1}
        assert visit.kinds - Counter(other=1) == bare, name  # other: the icon
    print(*(f"{visit.octets:6} {name}" for name, visit in visits.items()), sep="\n")  # noqa: T201 - by pytest -rP
    assert {name: visit.octets for name, visit in visits.items() if visit.octets > MOST_BYTES} == {}


def test_german_fits(chromium: Browser, home: Home, lived_in: dict[str, str], pictures: Path | None) -> None:
    known, found = changes.read(home.house.state), []
    home.change(replace(known, language="de"))
    for names in (
        [name for name in lived_in if not name.startswith(NOBODY)],
        [name for name in lived_in if name.startswith(NOBODY)],
    ):
        context = chromium.new_context(**_phone_of(home, names[0]), locale="de-DE")
        page = context.new_page()
        for name in names:
            page.set_viewport_size(PHONE)
            page.goto(urljoin(home.origin, lived_in[name]))
            assert page.locator("html").get_attribute("lang") == "de"
            assert "Bedtime" not in page.inner_text("body"), name
            if pictures:
                examine.picture(page, pictures / f"{name}-390-de.png")
            found += examine.too_wide(page, name)
        context.close()
    home.change(known)
    assert not found, "\n".join(found)


def test_the_way_past_what_is_on_every_page(chromium: Browser, home: Home) -> None:
    context = chromium.new_context(**_phone_of(home, "home"))
    page = context.new_page()
    page.goto(home.origin)
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("() => document.activeElement.id") == "content"
    context.close()


def _phone_of(home: Home, name: str) -> dict[str, Any]:
    """What a browser on a phone begins with: of a parent who is logged in, or of nobody."""
    return {
        "storage_state": None if name.startswith(NOBODY) else home.cookies,
        "viewport": PHONE,
        "reduced_motion": "reduce",
    }


def _load(page: Page, address: str) -> tuple[int, Counter[str]]:
    """Octets over the wire, and how many requests of which kind, of a browser that was never here."""
    done = []
    page.on("requestfinished", lambda request: done.append(request))  # noqa: PLW0108 - a built-in holds no mark
    page.goto(address)
    assert page.locator("script:not([defer])").count() == 0
    sizes = [request.sizes() for request in done]
    octets = sum(size["responseHeadersSize"] + size["responseBodySize"] for size in sizes)
    return octets, Counter(request.resource_type for request in done)
