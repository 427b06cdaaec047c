"""What a request works on: the machine's settings, the family's rules read once, the time, words for the next page."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from flask import current_app, g

from filterdns.config import Config
from filterdns.household import changes
from filterdns.household.collect import Collector
from filterdns.household.store import NAME, Store, StoreError
from filterdns.household.throttle import Throttle
from filterdns.policy.rules import Household
from filterdns.policy.view import Policy

Kind = Literal["good", "wait", "bad"]

_MOST_READERS = 256
_PATIENCE = 3.0  # seconds to wait for another program's change, which takes milliseconds


@dataclass(slots=True)
class Page:
    """What all requests share; one process serves them."""

    config: Config
    clock: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic
    throttle: Throttle = field(default_factory=Throttle)
    lock: threading.Lock = field(default_factory=threading.Lock)
    said: OrderedDict[str, list[tuple[Kind, str]]] = field(default_factory=OrderedDict)
    collector: Collector | None = None  # None: another program writes what was asked down, or none


def page() -> Page:
    """What all requests share."""
    found: Page = current_app.extensions["filterdns"]
    return found


def state() -> Path:
    """The state folder."""
    return page().config.state


def now() -> float:
    """Epoch seconds; the same during one request."""
    if "now" not in g:
        g.now = page().clock()
    return float(g.now)


def look() -> None:
    """Somebody looks at what was asked: it is written down more often meanwhile."""
    if (collector := page().collector) is not None:
        collector.look()


def is_written_down() -> bool:
    """Is what is asked written down, or does something keep it from it just now?"""
    collector = page().collector
    return collector is None or not collector.fault


def household() -> Household:
    """The family's rules as rules.db has them. Raises StoreError."""
    if "fault" in g:
        raise g.fault
    if "household" not in g:
        g.household = changes.read(state())
    found: Household = g.household
    return found


def policy() -> Policy:
    """The rules compiled. Raises StoreError and RuleError."""
    if "policy" not in g:
        g.policy = changes.compile_current(state())
    found: Policy = g.policy
    return found


def give_up(fault: StoreError) -> None:
    """Read the household no more during this request, whose page says why: each try may wait for seconds."""
    g.fault = fault


def forget() -> None:
    """After a change: what was read of the household is read anew."""
    g.pop("household", None)
    g.pop("policy", None)


@contextmanager
def opened() -> Iterator[Store]:
    """rules.db, to read what is no rule: accounts, sessions, requests. Raises StoreError."""
    with Store(state() / NAME, patience=_PATIENCE) as store:
        yield store


@contextmanager
def writing() -> Iterator[Store]:
    """The same, to write all that is written inside, or nothing. Raises StoreError."""
    with Store(state() / NAME) as store, store.transaction():
        yield store


def say(kind: Kind, text: str) -> None:
    """Show a sentence at the top of the next page that this browser opens."""
    shared = page()
    with shared.lock:
        shared.said.setdefault(g.browser, []).append((kind, text))
        shared.said.move_to_end(g.browser)
        if len(shared.said) > _MOST_READERS:
            shared.said.popitem(last=False)


def heard() -> list[tuple[Kind, str]]:
    """What was said to this browser and not yet shown."""
    shared = page()
    with shared.lock:
        return shared.said.pop(g.get("browser", ""), [])
