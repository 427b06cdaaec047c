"""A person with a phone: goes where links lead, and every tap is counted."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import ConsoleMessage, Dialog, Locator, Page, Request

PATIENCE_MS = 20_000
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}


@dataclass
class Watch:
    """What a page may never do, written down as it happens."""

    origin: str
    faults: list[str] = field(default_factory=list)

    def over(self, page: Page) -> None:
        """Look at everything that this page does from now on."""
        page.on("request", self._request)
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.faults.append(f"error in a script: {error}"))
        page.on("dialog", self._dialog)

    def _request(self, request: Request) -> None:
        if not request.url.startswith(f"{self.origin}/"):
            self.faults.append(f"request to {request.url}")

    def _console(self, message: ConsoleMessage) -> None:
        expected = "status of 4" in message.text and message.type == "error"  # a refused form is said there too
        if message.type in ("error", "warning") and not expected:
            self.faults.append(f"console: {message.text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@dataclass
class Walk:
    """One walk of one person through the pages of one house."""

    page: Page
    origin: str
    runs_scripts: bool = True
    taps: int = 0

    def begin(self, path: str = "/") -> None:
        """Stand on a page; what was tapped on the way there does not count."""
        self.page.goto(self.origin + path)
        self.taps = 0

    def tap(self, what: Locator) -> None:
        """One tap, on the only thing that is meant; a page that it leads to is there afterwards."""
        what.click()
        self.page.wait_for_load_state()
        self.taps += 1

    def button(self, name: str, within: Locator | None = None) -> None:
        self.tap((within or self.page.locator("main")).get_by_role("button", name=name, exact=True))

    def link(self, name: str, within: Locator | None = None) -> None:
        self.tap((within or self.page.locator("main")).get_by_role("link", name=name, exact=True))

    def write(self, label: str, text: str, within: Locator | None = None) -> None:
        """Typing is free, and choosing from a list is typing."""
        found = (within or self.page.locator("main")).get_by_label(label, exact=True)
        if found.evaluate("element => element.tagName") == "SELECT":
            found.select_option(label=text)
        else:
            found.fill(text)

    def card(self, title: str) -> Locator:
        """The section with this title."""
        return self.page.get_by_role("region", name=title, exact=True)

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path


def seconds_until(holds: Callable[[], bool]) -> float:
    """Look again until it holds: how long that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < PATIENCE_MS / 1000
    return time.monotonic() - began
