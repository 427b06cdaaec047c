"""A real house, served, and Debian's Chromium in front of it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from filterdns.household import changes
from tests.browser import chromium as chromium_
from tests.browser.family import Home, has_page, log_in, move_in
from tests.browser.walk import PATIENCE_MS, PHONE, Walk, Watch
from tests.house import house, wait_until


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ends with its module: while Playwright runs, no other test could run an event loop."""
    if chromium_.PROGRAM is None:
        pytest.skip(chromium_.MISSING)
    with chromium_.running() as browser:
        yield browser


@pytest.fixture(scope="module")
def home(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """The family at home, with Anna logged in through the form once."""
    with house(tmp_path_factory.mktemp("house")) as (served, _upstream):
        move_in(served)
        served.serve()
        wait_until(lambda: has_page(served), served.tail)
        there = Home(served, changes.read(served.state))
        there.cookies = log_in(chromium, there.origin)
        yield there


@pytest.fixture(params=["with JavaScript", "without"])
def scripts(request: pytest.FixtureRequest) -> bool:
    return request.param == "with JavaScript"


@pytest.fixture
def context(chromium: Browser, home: Home, scripts: bool) -> Iterator[BrowserContext]:  # noqa: FBT001 - a fixture
    made = chromium.new_context(
        java_script_enabled=scripts, viewport=PHONE, storage_state=home.cookies, locale="en-GB", reduced_motion="reduce"
    )
    made.set_default_timeout(PATIENCE_MS)
    yield made
    made.close()


@pytest.fixture
def walk(context: BrowserContext, home: Home) -> Iterator[Walk]:
    """Anna with her phone on the front page, in a family as it was at first."""
    home.change(home.family)
    page = context.new_page()
    watch = Watch(home.origin)
    watch.over(page)
    made = Walk(page, home.origin)
    made.begin()
    yield made
    assert watch.faults == []


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where screenshots go: the folder FILTERDNS_SCREENSHOTS, or nowhere."""
    folder = os.environ.get("FILTERDNS_SCREENSHOTS")
    if not folder:
        return None
    Path(folder).mkdir(parents=True, exist_ok=True)
    return Path(folder)
