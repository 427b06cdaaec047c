"""A real house, served, and Debian's Chromium in front of it."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, sync_playwright

from filterdns.household import changes
from tests.browser.family import Home, has_page, log_in, move_in
from tests.browser.walk import PATIENCE_MS, PHONE, Walk, Watch
from tests.house import house, wait_until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Ends with its module: while Playwright runs, no other test could run an event loop."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


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
