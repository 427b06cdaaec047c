"""`filterdns admin`: the page in a process of its own; DNS does not notice when it ends."""

import contextlib
import ctypes
import gc
import logging
import sys
from collections.abc import Callable
from typing import Any

import waitress

from filterdns import setupcode
from filterdns.admin import backup
from filterdns.admin.app import create_app
from filterdns.admin.house import Page
from filterdns.config import Config
from filterdns.household.collect import Collector
from filterdns.start import see_that_page_can_listen

_ARENA_MAX = -8
MOST_CONNECTIONS = 800
"""Enough that hundreds which say nothing keep nobody out for the ten seconds that they are given; below 1024 files."""
REST_EVERY = 2.0  # seconds
MOST_BODY = backup.MOST_BYTES + (128 << 10)
"""The largest that any view takes; the gate tells it apart for each."""


def run(config: Config) -> None:
    """Serve until told to stop. Raises CannotStartError if an address cannot be listened on."""
    _share_memory_among_threads()
    logging.getLogger("waitress").setLevel(logging.ERROR)
    see_that_page_can_listen(config)
    _tell_code(config)
    app = create_app(config)
    shared: Page = app.extensions["filterdns"]
    shared.collector = Collector(config.state, give_memory_back)
    shared.collector.start()
    gc.collect()
    gc.freeze()  # what stays as long as the page does need not be looked through for what does not
    app.teardown_request(_Rest(shared.steady))
    addresses = " ".join(map(str, config.web_listen))
    waitress.serve(
        app,
        listen=addresses,
        ident=None,
        threads=4,
        connection_limit=MOST_CONNECTIONS,
        channel_timeout=10,
        cleanup_interval=5,
        asyncore_use_poll=True,
        max_request_header_size=16 << 10,
        max_request_body_size=MOST_BODY,
        **behind(config.web_proxy),
    )


def _share_memory_among_threads() -> None:
    """One heap for all threads (mallopt(3)): with one each, memory that a thread gave back is lost to the others."""
    with contextlib.suppress(OSError, AttributeError):  # a C library without it
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def behind(proxy: str) -> dict[str, Any]:
    """What a web server before this one is believed: who asks, and whether by https; without one, nobody is."""
    if not proxy:
        return {}
    return {
        "trusted_proxy": proxy,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
        "clear_untrusted_proxy_headers": True,
    }


class _Rest:
    """After a request, now and then."""

    def __init__(self, steady: Callable[[], float]) -> None:
        self._steady = steady
        self._at = 0.0

    def __call__(self, _error: BaseException | None) -> None:
        if self._steady() >= self._at:
            self._at = self._steady() + REST_EVERY
            give_memory_back()


def give_memory_back() -> None:
    """What was needed for a moment: in circles (gc), or between what still is (malloc_trim(3)); five of sixty MB."""
    gc.collect()
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _tell_code(config: Config) -> None:
    """Alone, without `serve` which tells it: a set-up code for who reads the log, while nobody has an account."""
    if setupcode.is_good(config.state, setupcode.now()):
        return
    try:
        code = setupcode.renew(config.state, setupcode.now())
    except OSError:
        return  # a full disk keeps the page from nothing else
    if code:
        sys.stdout.write(f"Set-up code: {code} (good for half an hour)\n")
        sys.stdout.flush()
