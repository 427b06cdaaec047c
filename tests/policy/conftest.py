"""A small catalogue and a way to build one person's view of it."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from filterdns import dname
from filterdns.policy.category import CHOICES, SECURITY
from filterdns.policy.compile import Knowledge, Service, compile_policy
from filterdns.policy.rules import (
    GUESTS,
    BlockedAnswer,
    Device,
    Grant,
    Household,
    NameRule,
    Pause,
    Person,
    RuleAction,
    Window,
    YouTube,
)
from filterdns.policy.view import View

KNOWLEDGE = Knowledge(
    services={
        "roblox": Service(0, "games", "Roblox"),
        "minecraft": Service(1, "games", "Minecraft"),
        "youtube": Service(2, "video", "YouTube"),
        "discord": Service(3, "messengers", "Discord"),
    },
    safe_search={
        dname.from_text("www.google.com"): dname.from_text("forcesafesearch.google.com"),
        dname.from_text("www.bing.com"): dname.from_text("strict.bing.com"),
    },
    youtube=frozenset({dname.from_text("www.youtube.com"), dname.from_text("m.youtube.com")}),
    youtube_strict=dname.from_text("restrict.youtube.com"),
    youtube_moderate=dname.from_text("restrictmoderate.youtube.com"),
)


TARGETS = (*CHOICES, *(f"service:{service}" for service in KNOWLEDGE.services))
NAMES = ("example.org", "www.example.org", "b.example.org", "google.com", "xn--bcher-kva.example", "_tcp.local", "zip")


def _targets(*without: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from([target for target in TARGETS if target not in without]), max_size=3)


@st.composite
def _windows(draw: st.DrawFn) -> Window:
    block = draw(_targets())
    allow = draw(_targets(*SECURITY)) - block
    return Window(
        name=draw(st.sampled_from(["Bedtime", "Homework", "Frühstück"])),
        days=tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1)))),
        start=draw(st.integers(0, 1439)),
        end=draw(st.integers(0, 1439)),
        internet_off=draw(st.booleans()) or not (block or allow),
        block=block,
        allow=allow,
        id=draw(st.integers(0, 99)),
    )


_RULES = st.lists(
    st.builds(NameRule, st.sampled_from(NAMES), st.sampled_from(RuleAction), st.integers(0, 99)), max_size=3
)
_PAUSES = st.lists(st.builds(Pause, st.none() | st.integers(0, 1 << 32), st.integers(0, 99)), max_size=2)
_GRANTS = st.lists(
    st.builds(
        Grant,
        st.sampled_from(["time", "name:example.org", *(target for target in TARGETS if target not in SECURITY)]),
        st.integers(0, 1 << 32),
        st.integers(0, 99),
    ),
    max_size=2,
)


@st.composite
def _people(draw: st.DrawFn, name: str) -> Person:
    block = draw(_targets())
    return Person(
        name=name,
        age=draw(st.none() | st.integers(0, 99)),
        block=block,
        allow=frozenset(target for target in draw(_targets()) if target.startswith("service:")) - block,
        allow_only=draw(st.booleans()),
        safe_search=draw(st.booleans()),
        youtube=draw(st.sampled_from(YouTube)),
        minutes=tuple((target, draw(st.integers(1, 1440))) for target in sorted(draw(_targets()))),
        windows=tuple(draw(st.lists(_windows(), max_size=2))),
        rules=tuple(draw(_RULES)),
        pauses=tuple(draw(_PAUSES)),
        grants=tuple(draw(_GRANTS)),
        id=draw(st.integers(0, 99)),
    )


@st.composite
def _households(draw: st.DrawFn) -> Household:
    names = draw(st.lists(st.sampled_from(["Lea", "Zoë", GUESTS]), unique=True, max_size=2))
    owners = st.none() | st.sampled_from([*names, GUESTS])
    return Household(
        timezone=draw(st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe"])),
        country=draw(st.sampled_from(["", "DE"])),
        blocked_answer=draw(st.sampled_from(BlockedAnswer)),
        people=tuple(draw(_people(name)) for name in names),
        devices=tuple(
            Device(f"device {n}", draw(owners), mac=f"aa:bb:cc:dd:ee:{n:02x}", address=f"fe80::{n:x}", id=n)
            for n in range(draw(st.integers(0, 4)))
        ),
        rules=tuple(draw(_RULES)),
        pauses=tuple(draw(_PAUSES)),
    )


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return KNOWLEDGE


@pytest.fixture(scope="session")
def households() -> st.SearchStrategy[Household]:
    return _households()


@pytest.fixture(scope="session")
def view_of() -> Callable[[Person, Household], View]:
    def view(person: Person, household: Household) -> View:
        return compile_policy(replace(household, people=(person,)), KNOWLEDGE, 1).views[1]

    return view
