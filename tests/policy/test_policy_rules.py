"""Half-valid rules cannot be built."""

from collections.abc import Callable
from dataclasses import asdict

import pytest

from filterdns.policy import presets
from filterdns.policy.category import CHOICES
from filterdns.policy.rules import (
    GUESTS,
    Device,
    Grant,
    Household,
    Lists,
    NameRule,
    OwnList,
    Person,
    RuleAction,
    RuleError,
    Window,
    canonical_address,
    canonical_mac,
    name_of,
)

MAC = "aa:bb:cc:dd:ee:01"
LEA = Person("Lea")


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: Window("", (0,), 0, 60, internet_off=True), "name of a window"),
        (lambda: Window("B", (), 0, 60, internet_off=True), 'window "B": the days'),
        (lambda: Window("B", (7,), 0, 60, internet_off=True), 'window "B": the days'),
        (lambda: Window("B", (1, 1), 0, 60, internet_off=True), 'window "B": the days'),
        (lambda: Window("B", (0,), 1440, 60, internet_off=True), 'window "B": the times'),
        (lambda: Window("B", (0,), 0, -1, internet_off=True), 'window "B": the times'),
        (lambda: Window("B", (0,), 0, 60), 'window "B": it changes nothing'),
        (lambda: Window("B", (0,), 0, 60, block=frozenset({"ai"}), allow=frozenset({"ai"})), "ai is both blocked"),
        (lambda: Window("B", (0,), 0, 60, allow=frozenset({"malware"})), "malware is blocked for everybody"),
        (lambda: NameRule("http://example.org/", RuleAction.BLOCK), "is not a name"),
        (lambda: Grant("name:*.example.org", 1), "is not a name"),
        (lambda: Grant("phishing", 1), "phishing: it is blocked for everybody"),
        (lambda: Person(" "), "name of a person"),
        (lambda: Person("a\nb"), "name of a person"),
        (lambda: Person("a" * 81), "name of a person"),
        (lambda: Person("Lea", -1), "Lea: an age"),
        (lambda: Person("Lea", 151), "Lea: an age"),
        (lambda: Person("Lea", block=frozenset({"service:x"}), allow=frozenset({"service:x"})), "both blocked and"),
        (lambda: Person("Lea", allow=frozenset({"games"})), 'Lea: only services are allowed by hand .* not "games"'),
        (lambda: Person("Lea", minutes=(("games", 0),)), "Lea: minutes of games a day"),
        (lambda: Person("Lea", minutes=(("games", 1441),)), "Lea: minutes of games a day"),
        (lambda: Person("Lea", minutes=(("games", 5), ("games", 6))), 'minutes of "games": it is there twice'),
        (lambda: Device("D"), 'device "D": it needs a mac or an address'),
        (lambda: Device("", mac=MAC), "name of a device"),
        (lambda: Device("D", mac="aa:bb"), 'device "D": "aa:bb" is not a MAC'),
        (lambda: Device("D", address="192.168.1"), 'device "D": "192.168.1" is not an IP address'),
        (lambda: Device("D", address="fe80::1%eth0"), "without the interface"),
        (lambda: OwnList("", "https://a.example/", "ads"), "name of a list"),
        (lambda: OwnList("A", "https://a.example/", "helplines"), 'list "A": there is no category "helplines"'),
        (lambda: OwnList("A", "http://a.example/", "ads"), 'list "A": its address begins with https://'),
        (lambda: OwnList("A", "https://a.example/a b", "ads"), 'list "A": its address'),
        (lambda: OwnList("A", "ftp://nas.lan/", "ads", lan=True), 'list "A": its address'),
        (lambda: OwnList("A", "https://me@a.example/", "ads"), 'list "A": its address'),
        (lambda: OwnList("A", "https:///x", "ads"), 'list "A": its address'),
        (lambda: OwnList("A", "https://a.example/" + "x" * 2001, "ads"), 'list "A": its address'),
        (lambda: OwnList("A", "https://a.example/\n", "ads"), 'list "A": its address'),
        (lambda: Lists(without=frozenset("a"), beside=frozenset("a")), "list a is both taken and left out"),
        (
            lambda: Lists(own=(OwnList("A", "https://a.example/", "ads"), OwnList("a", "https://b.example/", "ai"))),
            'list "a": it is there twice',
        ),
        (lambda: Household(""), "name of the household"),
        (lambda: Household(timezone=""), "needs a time zone"),
        (lambda: Household(country="de"), '"de" is not a country'),
        (lambda: Household(language="German"), '"German" is not a language'),
        (lambda: Household(people=(LEA, Person("LEA"))), 'person "LEA": it is there twice'),
        (
            lambda: Household(devices=(Device("D", mac=MAC), Device("d", address="::1"))),
            'device "d": it is there twice',
        ),
        (lambda: Household(devices=(Device("D", "Ben", MAC),)), 'device "D": there is no person "Ben"'),
    ],
)
def test_refused(build: Callable[[], object], reason: str) -> None:
    with pytest.raises(RuleError, match=reason):
        build()


def test_a_device_may_be_the_guests_although_nobody_wrote_them_down() -> None:
    assert Household(devices=(Device("D", GUESTS, MAC),)).people == ()


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("Example.ORG", b"\x07example\x03org\x00"),
        ("example.org.", b"\x07example\x03org\x00"),
        ("zip", b"\x03zip\x00"),
        ("_dmarc.example", b"\x06_dmarc\x07example\x00"),
        ("bücher.example", b"\x0dxn--bcher-kva\x07example\x00"),
    ],
)
def test_name_of(text: str, wire: bytes) -> None:
    assert name_of(text) == wire


@pytest.mark.parametrize(
    "text", ["", ".", "a..b", "a b", "*.example.org", "192.168.1.1", "a/b", "-a.example", "a" * 64, "\\"]
)
def test_not_a_name(text: str) -> None:
    with pytest.raises(RuleError, match="is not a name"):
        name_of(text)


@pytest.mark.parametrize("text", ["aa:bb:cc:dd:ee:01", "AA:BB:CC:DD:EE:01", "aa-bb-cc-dd-ee-01"])
def test_canonical_mac(text: str) -> None:
    assert canonical_mac(text) == "aa:bb:cc:dd:ee:01"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("192.168.1.4", "192.168.1.4"),
        ("::FFFF:192.168.1.4", "192.168.1.4"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
    ],
)
def test_canonical_address(text: str, canonical: str) -> None:
    assert canonical_address(text) == canonical


@pytest.mark.parametrize("age", [None, *range(20)])
def test_presets_are_rules(age: int | None) -> None:
    person = presets.apply(Person("Lea", age, id=3))
    assert (person.name, person.age, person.id) == ("Lea", age, 3)
    assert person.block <= set(CHOICES)
    assert asdict(presets.apply(person)) == asdict(person)
