from collections.abc import Callable
from dataclasses import replace

import pytest

from filterdns import dname
from filterdns.policy import presets
from filterdns.policy.category import BITS, CHOICES, SECURITY, service_bit
from filterdns.policy.compile import Knowledge, compile_policy, target_bit
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
    RuleError,
    Window,
    YouTube,
)
from filterdns.policy.view import TimeGrant, View

MAC, ADDRESS = "aa:bb:cc:dd:ee:01", "192.168.1.4"
LEA = Person("Lea", 9, id=1)
NOON_OFF = Window("Nap", (0,), 720, 780, internet_off=True)


def test_the_household_is_carried_over(knowledge: Knowledge) -> None:
    household = Household("Home", "Europe/Berlin", "DE", "de", BlockedAnswer.PAGE)
    policy = compile_policy(household, knowledge, 12)
    assert (policy.revision, policy.timezone, policy.country, policy.language, policy.blocked_answer) == (
        12, "Europe/Berlin", "DE", "de", BlockedAnswer.PAGE
    )  # fmt: skip


def test_guests_are_always_there(knowledge: Knowledge) -> None:
    policy = compile_policy(Household(people=(LEA,)), knowledge, 1)
    assert [view.person for view in policy.views] == [GUESTS, "Lea"]
    assert policy.guests.blocked & BITS["gambling"]


def test_guests_with_rules_come_first(knowledge: Knowledge) -> None:
    guests = Person(GUESTS, block=frozenset({"video"}), id=9)
    policy = compile_policy(Household(people=(LEA, guests)), knowledge, 1)
    assert [view.person_id for view in policy.views] == [9, 1]
    assert policy.guests.blocked & BITS["video"]


@pytest.mark.parametrize(
    ("mac", "address", "device", "person"),
    [
        (MAC, "10.0.0.1", 3, "Lea"),
        (None, ADDRESS, 4, "Ben"),
        (MAC, ADDRESS, 3, "Lea"),
        ("aa:bb:cc:dd:ee:99", ADDRESS, 4, "Ben"),
        (None, "fe80::1", 5, GUESTS),
        (None, "10.0.0.1", 0, GUESTS),
        ("aa:bb:cc:dd:ee:99", "10.0.0.1", 0, GUESTS),
    ],
)
def test_view_for(mac: str | None, address: str, device: int, person: str, knowledge: Knowledge) -> None:
    devices = (
        Device("Tablet", "Lea", mac="AA-BB-CC-DD-EE-01", id=3),
        Device("Console", "Ben", address="::ffff:192.168.1.4", id=4),
        Device("Printer", None, address="FE80:0::1", id=5),
    )
    policy = compile_policy(Household(people=(LEA, Person("Ben")), devices=devices), knowledge, 1)
    number, view = policy.view_for(mac, address)
    assert (number, view.person) == (device, person)
    assert [(d.id, d.name, policy.views[d.view].person) for d in policy.devices] == [
        (3, "Tablet", "Lea"), (4, "Console", "Ben"), (5, "Printer", GUESTS)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("person", "adult"),
    [
        (Person("A", 17), False),
        (Person("A", 18), True),
        (Person("A", 18, block=frozenset({"games"})), True),
        (Person("A"), True),
        (Person("A", block=SECURITY, rules=(NameRule("example.org", RuleAction.BLOCK),)), True),
        (Person("A", block=frozenset({"games"})), False),
        (Person("A", allow_only=True), False),
        (Person("A", safe_search=True), False),
        (Person("A", youtube=YouTube.MODERATE), False),
        (Person("A", minutes=(("games", 5),)), False),
        (Person("A", windows=(NOON_OFF,)), False),
    ],
)
def test_who_is_an_adult(person: Person, *, adult: bool, view_of: Callable[[Person, Household], View]) -> None:
    assert view_of(person, Household()).adult is adult


@pytest.mark.parametrize("guests", [Person(GUESTS), presets.apply(Person(GUESTS))])
def test_guests_are_no_adults(guests: Person, knowledge: Knowledge) -> None:
    assert not compile_policy(Household(people=(guests,)), knowledge, 1).guests.adult


@pytest.mark.parametrize("category", CHOICES)
def test_target_bit_of_a_category(category: str, knowledge: Knowledge) -> None:
    assert target_bit(category, knowledge) == BITS[category]


def test_target_bit_of_a_service(knowledge: Knowledge) -> None:
    assert target_bit("service:minecraft", knowledge) == service_bit(1) > max(BITS.values())


def test_security_is_always_blocked(knowledge: Knowledge) -> None:
    for view in compile_policy(Household(people=(Person("Ann", 40),)), knowledge, 1).views:
        assert view.blocked & BITS["malware"]
        assert view.blocked & BITS["phishing"]


def test_of_grants_of_time_the_last_is_kept(view_of: Callable[[Person, Household], View]) -> None:
    grants = (Grant("time", 5, 1), Grant("time", 9, 2), Grant("time", 7, 3), Grant("games", 99, 4))
    view = view_of(replace(LEA, grants=grants), Household())
    assert view.time_grant == TimeGrant(9, "grant:2")
    assert [grant.rule for grant in view.grants] == ["grant:4"]


def test_person_rules_lie_over_the_households(view_of: Callable[[Person, Household], View]) -> None:
    house = Household(rules=(NameRule("a.example", RuleAction.BLOCK, 1), NameRule("b.example", RuleAction.BLOCK, 2)))
    view = view_of(replace(LEA, rules=(NameRule("A.example.", RuleAction.ALLOW, 3),)), house)
    assert view.rules == {
        dname.from_text("a.example"): (RuleAction.ALLOW, "rule:3"),
        dname.from_text("b.example"): (RuleAction.BLOCK, "rule:2"),
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"block": frozenset({"service:robloks"})}, 'Lea: there is no service "robloks"'),
        ({"block": frozenset({"roblox"})}, 'Lea: there is no category "roblox" to choose .*"service:roblox"'),
        ({"block": frozenset({"illegal"})}, 'Lea: there is no category "illegal" to choose'),
        ({"allow": frozenset({"service:x"})}, 'Lea: there is no service "x"'),
        ({"minutes": (("gmaes", 60),)}, 'Lea: there is no category "gmaes"'),
        ({"grants": (Grant("x", 1),)}, 'Lea: there is no category "x"'),
        ({"windows": (Window("Play", (0,), 0, 60, block=frozenset({"x"})),)}, 'Lea: window "Play": there is no .*"x"'),
        ({"windows": (Window("Play", (0,), 0, 60, allow=frozenset({"helplines"})),)}, 'window "Play": .*helplines'),
    ],
)
def test_rules_that_do_not_compile(change: dict[str, object], reason: str, knowledge: Knowledge) -> None:
    person = replace(LEA, **change)  # type: ignore[arg-type]
    with pytest.raises(RuleError, match=reason):
        compile_policy(Household(people=(person,)), knowledge, 1)


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ({"mac": MAC}, {"mac": MAC.upper()}, MAC),
        ({"address": ADDRESS}, {"address": f"::ffff:{ADDRESS}"}, ADDRESS),
    ],
)
def test_two_devices_that_are_one(one: dict[str, str], other: dict[str, str], key: str, knowledge: Knowledge) -> None:
    devices = (Device("Tablet", **one), Device("Phone", **other))  # type: ignore[arg-type]
    with pytest.raises(RuleError, match=f'device "Phone": another device has {key} already'):
        compile_policy(Household(devices=devices), knowledge, 1)


def test_an_endless_pause_outlasts_the_others(view_of: Callable[[Person, Household], View]) -> None:
    view = view_of(replace(LEA, pauses=(Pause(99, 1), Pause(None, 2))), Household(pauses=(Pause(1 << 40, 3),)))
    assert view.pause is not None
    assert view.pause.rule == "pause:2"
