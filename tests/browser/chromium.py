"""Debian's Chromium, without a window."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, sync_playwright

PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")
MISSING = "chromium is not installed: apt install chromium"

_SANDBOX = ["--no-sandbox"] if os.geteuid() == 0 else []
BLOCKED = "blocked.example"
"""A name that leads to this machine, as a blocked one does with `blocked_answer: page`."""
_ALONE = f"--host-resolver-rules=MAP {BLOCKED} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
# and to no other: its makers are not told that it runs


@contextmanager
def running() -> Iterator[Browser]:
    """One of it, which knows nobody but this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=PROGRAM, args=[*_SANDBOX, _ALONE])
        yield browser
        browser.close()


@contextmanager
def of_somebody(profile: Path, **options: Any) -> Iterator[BrowserContext]:  # noqa: ANN401 - Playwright's many options
    """One with a profile, which looks names up ahead as private windows do not, in the network of this thread."""
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            profile, executable_path=PROGRAM, args=_SANDBOX, **options
        )
        yield context
        context.close()
