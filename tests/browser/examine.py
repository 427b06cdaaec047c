"""One page looked at as many people meet it: on a phone and a desk, by day and by night, by eye, ear and keyboard."""

from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.walk import DESK, PHONE

SMALLEST = {"width": 320, "height": 640}
_JUDGED = ((PHONE, "light"), (DESK, "dark"))
"""Both widths and both schemes by axe; the other pairs bring no rule of the style sheet that these do not."""
_AXE = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"
_OPEN_ALL = "() => document.querySelectorAll('details:not(.menu)').forEach(one => { one.open = true })"
_TOO_WIDE = """() => {
  const most = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= most) return [];
  return [...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > most + 1)
    .map(one => one.outerHTML.slice(0, 120)).slice(0, 3);
}"""
_STOPS = """() =>
  [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
  .filter(one => one.tabIndex >= 0 && !one.disabled && one.checkVisibility())
  .map(one => [one.tabIndex, one.className])"""


def faults(page: Page, name: str, pictures: Path | None) -> list[str]:
    """What is wrong with the page that this browser shows; a picture of each sight of it is left in a folder."""
    found = []
    if pictures:
        for size in (PHONE, DESK):
            for scheme in ("light", "dark"):
                _look(page, size, scheme)
                picture(page, pictures / f"{name}-{size['width']}-{scheme}.png")
    page.evaluate(AXE_SCRIPT)
    page.evaluate(_OPEN_ALL)
    for size, scheme in _JUDGED:
        _look(page, size, scheme)
        found += [f"{name} {size['width']} {scheme}: {_said(one)}" for one in page.evaluate(_AXE)]
    return found + too_wide(page, name) + _keyboard(page, name)


def too_wide(page: Page, name: str) -> list[str]:
    """What has to be scrolled sideways on the smallest screen."""
    page.set_viewport_size(SMALLEST)
    page.evaluate(_OPEN_ALL)
    return [f"{name} is too wide: {element}" for element in page.evaluate(_TOO_WIDE)]


def picture(page: Page, path: Path) -> None:
    """All of a page, on a screen as high as it is, so that what stays at the edge of a screen covers nothing."""
    size = page.viewport_size
    assert size
    height = page.evaluate("() => document.documentElement.scrollHeight")
    page.set_viewport_size({**size, "height": max(size["height"], height)})
    page.screenshot(path=path)
    page.set_viewport_size(size)


def _look(page: Page, size: dict[str, int], scheme: str) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)


def _said(violation: dict[str, Any]) -> str:
    return f"{violation['id']}: {violation['help']}: " + " | ".join(
        node["html"][:160] for node in violation["nodes"][:3]
    )


def _keyboard(page: Page, name: str) -> list[str]:
    """The order of the tab key is the order of the page, and begins with the way past what is on every page."""
    stops = page.evaluate(_STOPS)
    found = [f"{name}: a stop out of order: {stop}" for stop in stops if stop[0] > 0]
    return found if stops[0][1] == "skip" or len(stops) == 1 else [*found, f"{name}: the first stop is {stops[0]}"]
