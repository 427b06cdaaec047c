"""household.yaml becomes a Household and back, or faults with their places."""

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filterdns.household import document, export
from filterdns.household.document import DocumentError
from filterdns.policy import presets
from filterdns.policy.category import CHOICES, SECURITY
from filterdns.policy.rules import (
    GUESTS,
    LIST_CATEGORIES,
    BlockedAnswer,
    Device,
    Grant,
    Household,
    Lists,
    ListSize,
    NameRule,
    OwnList,
    Pause,
    Person,
    RuleAction,
    Window,
    YouTube,
)

SERVICES = ("roblox", "youtube", "tiktok")
CHILD = presets.preset(9)

CONTRACT = """\
household: {name: Home, timezone: Europe/Berlin, country: DE, language: en}
people:
  - name: Lea
    age: 9
    block: [games, social, service:roblox]
    allow_only: false
    safe_search: true
    youtube: strict
    windows:
      - {name: Bedtime,  days: [sun, mon, tue, wed, thu], from: "20:00", to: "07:00", internet: off}
      - {name: Homework, days: [mon, tue, wed, thu, fri], from: "15:00", to: "17:00", block: [games, social, video]}
    rules:
      - {name: wikipedia.org, action: allow}
  - name: Guests
devices:
  - {name: Lea's tablet, person: Lea, mac: "aa:bb:cc:dd:ee:01"}
  - {name: Console, person: Lea, address: 192.168.1.40}
rules:
  - {name: badsite.example, action: block}
"""


def read(text: str) -> Household:
    return document.read(text.encode(), "h.yaml", SERVICES)


def faults(text: str | bytes) -> list[str]:
    with pytest.raises(DocumentError) as caught:
        document.read(text.encode() if isinstance(text, str) else text, "h.yaml", SERVICES)
    return caught.value.lines


def household_or_faults(content: bytes) -> Household | list[str]:
    try:
        return document.read(content, "h.yaml", SERVICES)
    except DocumentError as error:
        return error.lines


def person(text: str, age: int = 9) -> Person:
    """The one person of a household, given by the inside of her mapping."""
    return read(f"people: [{{name: Lea, age: {age}, {text}}}]").people[0]


def test_the_contract_s_example() -> None:
    found = read(CONTRACT)
    lea, guests = found.people
    assert (found.name, found.timezone, found.country, found.language) == ("Home", "Europe/Berlin", "DE", "en")
    assert lea.block == CHILD.block | {"games", "social", "service:roblox"}
    assert lea.windows == (
        Window("Bedtime", (0, 1, 2, 3, 6), 1200, 420, internet_off=True),
        Window("Homework", (0, 1, 2, 3, 4), 900, 1020, block=frozenset({"games", "social", "video"})),
    )
    assert lea.rules == (NameRule("wikipedia.org", RuleAction.ALLOW),)
    assert lea.youtube is YouTube.STRICT
    assert guests == presets.apply(Person(GUESTS))
    assert found.devices == (
        Device("Lea's tablet", "Lea", mac="aa:bb:cc:dd:ee:01"),
        Device("Console", "Lea", address="192.168.1.40"),
    )
    assert found.rules == (NameRule("badsite.example", RuleAction.BLOCK),)


def test_lists() -> None:
    text = """\
lists:
  size: small
  without: [sw-adult]
  with: [ut1-games]
  own:
    - {name: School's list, url: "https://lists.example/a?b=c", category: games}
    - {name: Ours, url: "http://nas.lan:8080/x", category: allow, lan: yes}
"""
    assert read(text).lists == Lists(
        ListSize.SMALL,
        frozenset({"sw-adult"}),
        frozenset({"ut1-games"}),
        (
            OwnList("School's list", "https://lists.example/a?b=c", "games"),
            OwnList("Ours", "http://nas.lan:8080/x", "allow", lan=True),
        ),
    )
    assert read("lists:\nhousehold: {}").lists == read("household: {}").lists == Lists()
    assert "lists" not in export.write(read("household: {}"))


@pytest.mark.parametrize("age", [None, 3, 8, 11, 14, 17, 18, 40])
def test_an_age_alone_is_its_preset(age: int | None) -> None:
    text = f"people: [{{name: Lea{'' if age is None else f', age: {age}'}}}]"
    assert read(text).people[0] == presets.apply(Person("Lea", age))


def test_guests_are_always_there() -> None:
    assert [each.name for each in read("people: [{name: Lea}]").people] == ["Lea", GUESTS]
    assert read("household: {}").people == (presets.apply(Person(GUESTS)),)
    assert [each.name for each in read("people: [{name: guests}]").people] == [GUESTS]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("block: [ads]", {"block": CHILD.block | {"ads"}}),
        ("allow: [games]", {"block": CHILD.block - {"games"}}),
        ("allow: [service:roblox]", {"allow": frozenset({"service:roblox"})}),
        ("allow: [ads]", {}),
        ("windows: []", {"windows": ()}),
        ("windows: ", {}),
        ("minutes: {games: 60, service:tiktok: 5}", {"minutes": (("games", 60), ("service:tiktok", 5))}),
        ("minutes: {}", {"minutes": ()}),
        ("allow_only: true", {"allow_only": True}),
        ("allow_only: Yes", {"allow_only": True}),
        ("safe_search: off", {"safe_search": False}),
        ("safe_search: 'off'", {"safe_search": False}),
        ("youtube: moderate", {"youtube": YouTube.MODERATE}),
        ("youtube: off", {"youtube": YouTube.OFF}),
        ("youtube: 'off'", {"youtube": YouTube.OFF}),
        ("pauses: [{until: never}]", {"pauses": (Pause(None),)}),
        ("pauses: [{until: 1800000000}]", {"pauses": (Pause(1800000000),)}),
        ("pauses: [{until: 2026-12-24T20:00:00Z}]", {"pauses": (Pause(1798142400),)}),
        ("pauses: [{until: '2026-12-24 21:00+01:00'}]", {"pauses": (Pause(1798142400),)}),
        ("grants: [{target: time, until: 1800000000}]", {"grants": (Grant("time", 1800000000),)}),
        ("grants: [{target: 'name:a.example', until: 1}]", {"grants": (Grant("name:a.example", 1),)}),
        ("grants: [{target: service:roblox, until: 1}]", {"grants": (Grant("service:roblox", 1),)}),
    ],
)
def test_what_a_person_s_keys_change(text: str, expected: dict[str, object]) -> None:
    assert person(text) == replace(presets.apply(Person("Lea", 9)), **expected)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('from: "20:00", to: "07:00", internet: off', (1200, 420, True)),
        ('from: "20:00", to: "07:00", internet: "off"', (1200, 420, True)),
        ('from: "20:00", to: 07:00, internet: no', (1200, 420, True)),
        ('from: "0:00", to: "23:59", internet: false', (0, 1439, True)),
        ('from: "0:00", to: "23:59", internet: on, block: [games]', (0, 1439, False)),
    ],
)
def test_times_and_off_in_all_forms(text: str, expected: tuple[int, int, bool]) -> None:
    (window,) = person(f"windows: [{{name: W, {text}}}]").windows
    assert (window.start, window.end, window.internet_off) == expected
    assert window.days == (0, 1, 2, 3, 4, 5, 6)


def test_a_time_without_offset_is_the_household_s() -> None:
    found = read("household: {timezone: Europe/Berlin}\npauses: [{until: '2026-12-24 21:00'}]")
    assert found.pauses == (Pause(1798142400),)


def test_words_that_yaml_takes_for_something_else() -> None:
    found = read("household: {country: NO, language: no}\ndevices: [{name: X, mac: 11:22:33:44:55:06}]")
    assert (found.country, found.language) == ("NO", "no")
    assert found.devices[0].mac == "11:22:33:44:55:06"


def test_devices_are_written_in_one_form() -> None:
    found = read("devices: [{name: A, mac: AA-BB-CC-DD-EE-FF, address: '2001:DB8:0::1', person: guests}, {name: B, "
                 "address: '::ffff:10.0.0.1', person: }]")  # fmt: skip
    assert found.devices == (
        Device("A", GUESTS, "aa:bb:cc:dd:ee:ff", "2001:db8::1"),
        Device("B", None, None, "10.0.0.1"),
    )


ONE_FAULT = [
    ("peple: []", "h.yaml:1: peple:", 'did you mean "people"?'),
    ("[1]", "h.yaml:1: ", "needs keys"),
    ("people: {name: Lea}", "h.yaml:1: people:", "needs a list"),
    ("people: [Lea]", "h.yaml:1: people[0]:", "needs keys"),
    ("people: [{age: 9}]", "h.yaml:1: people[0]:", "name is missing"),
    ("people: [{name: 7}]", "h.yaml:1: people[0].name:", "put it in quotes"),
    ("people: [{name: Yes}]", "h.yaml:1: people[0].name:", "put it in quotes"),
    ("people: [{name: ''}]", "h.yaml:1: people[0].name:", "1 to 80 printable characters"),
    ("people: [{name: [Lea]}]", "h.yaml:1: people[0].name:", "needs one text"),
    ("people:\n- name: Lea\n- name: LEA", "h.yaml:3: people[1].name:", 'another "LEA"'),
    ("people: [{name: Lea, agee: 9}]", "h.yaml:1: people[0].agee:", 'did you mean "age"?'),
    ("people: [{name: Lea, age: -1}]", "h.yaml:1: people[0].age:", "from 0 to 150"),
    ("people: [{name: Lea, age: 9.5}]", "h.yaml:1: people[0].age:", "from 0 to 150"),
    ("people: [{name: Lea, age: '9'}]", "h.yaml:1: people[0].age:", "from 0 to 150"),
    ("people: [{name: Lea, age: true}]", "h.yaml:1: people[0].age:", "from 0 to 150"),
    ("people: [{name: Lea, block: games}]", "h.yaml:1: people[0].block:", "needs a list"),
    ("people: [{name: Lea, block: [gmes]}]", "h.yaml:1: people[0].block[0]:", 'did you mean "games"?'),
    ("people: [{name: Lea, block: [roblox]}]", "h.yaml:1: people[0].block[0]:", 'did you mean "service:roblox"?'),
    ("people: [{name: Lea, block: [service:robloks]}]", "people[0].block[0]:", 'did you mean "service:roblox"?'),
    ("people: [{name: Lea, block: [illegal]}]", "people[0].block[0]:", "neither a category nor a service"),
    ("people: [{name: Lea, block: [[games]]}]", "people[0].block[0]:", "needs one text"),
    ("people: [{name: Lea, allow: [malware]}]", "people[0].allow:", "blocked for everybody"),
    ("people: [{name: Lea, block: [games], allow: [games]}]", "people[0].allow:", "both blocked and allowed"),
    ("people: [{name: Lea, allow_only: maybe}]", "people[0].allow_only:", "neither on nor off"),
    ("people: [{name: Lea, safe_search: 1}]", "people[0].safe_search:", "neither on nor off"),
    ("people: [{name: Lea, youtube: strickt}]", "people[0].youtube:", 'did you mean "strict"?'),
    ("people: [{name: Lea, minutes: 60}]", "people[0].minutes:", "needs pairs"),
    ("people: [{name: Lea, minutes: {games: 0}}]", "people[0].minutes.games:", "from 1 to 1440"),
    ("people: [{name: Lea, minutes: {game: 5}}]", "people[0].minutes.game:", 'did you mean "games"?'),
    ("people: [{name: Lea, grants: [{target: tim, until: 1}]}]", "people[0].grants[0].target:", "neither"),
    ("people: [{name: Lea, grants: [{target: malware, until: 1}]}]", "grants[0].target:", "blocked for everybody"),
    ("people: [{name: Lea, grants: [{target: 'name:a b', until: 1}]}]", "grants[0].target:", "is not a name"),
    ("people: [{name: Lea, grants: [{target: time}]}]", "people[0].grants[0]:", "until is missing"),
    ("people: [{name: Lea, pauses: [{until: soon}]}]", "people[0].pauses[0].until:", "is not a time"),
    ("pauses: [{until: 99999999999999}]", "pauses[0].until:", "is not a time"),
    ("pauses: [{until: 1900-01-01}]", "pauses[0].until:", "out of reach"),
    ("pauses: [{}]", "pauses[0]:", "until is missing"),
    ("household: {timezone: Europe/Berlon}", "household.timezone:", 'did you mean "Europe/Berlin"?'),
    ("household: {timezone: ../etc/passwd}", "household.timezone:", "not a time zone"),
    ("household: {country: Germany}", "household.country:", "is not a country"),
    ("household: {language: ENGLISH}", "household.language:", "is not a language"),
    ("household: {history_days: 31}", "household.history_days:", "a number from 0 to 30"),
    ("household: {history_days: -1}", "household.history_days:", "a number from 0 to 30"),
    ("household: {blocked_answer: zeros}", "household.blocked_answer:", 'did you mean "zero"?'),
    ("household: {name: 5}", "household.name:", "put it in quotes"),
    ("devices: [{name: X}]", "devices[0]:", "needs a mac or an address"),
    ("devices: [{name: X, mac: 'aa:bb'}]", "devices[0].mac:", "is not a MAC address"),
    ("devices: [{name: X, address: 192.168.1}]", "devices[0].address:", "is not an IP address"),
    ("devices: [{name: X, address: 10.0.0.1, person: Leo}]", "devices[0].person:", 'no person "Leo"'),
    ("people: [{name: Lea}]\ndevices: [{name: X, address: 10.0.0.1, person: Leah}]", "h.yaml:2: devices[0].person:",
     'did you mean "Lea"?'),
    ("devices:\n- {name: X, mac: 'aa:bb:cc:dd:ee:01'}\n- {name: Y, mac: AA-BB-CC-DD-EE-01}", "h.yaml:3: devices[1]:",
     "both have aa:bb:cc:dd:ee:01"),
    ("devices:\n- {name: X, address: 10.0.0.1}\n- {name: x, address: 10.0.0.2}", "devices[1]:", "both have x"),
    ("rules: [{name: a..b, action: block}]", "rules[0].name:", "is not a name"),
    ("rules: [{name: a.example, action: deny}]", "rules[0].action:", "none of allow, block"),
    ("rules: [{name: a.example}]", "rules[0]:", "action is missing"),
    ("rules: [{action: block}]", "rules[0]:", "name is missing"),
    ("lists: {size: medium}", "lists.size:", "none of auto, none, small, normal, large"),
    ("lists: {with: [ut1-gams]}", "lists.with[0]:", 'did you mean "ut1-games"?'),
    ("lists: {without: sw-adult}", "lists.without:", "needs a list"),
    ("lists: {with: [ut1-games], without: [ut1-games]}", "lists.with:", "stands in without too"),
    ("lists: {own: [{name: A, url: 'https://a.example/'}]}", "lists.own[0]:", "category is missing"),
    ("lists: {own: [{name: A, category: ads}]}", "lists.own[0]:", "url is missing"),
    ("lists: {own: [{url: 'https://a.example/', category: ads}]}", "lists.own[0]:", "name is missing"),
    ("lists: {own: [{name: A, url: 'http://a.example/', category: ads}]}", "lists.own[0]:", "begins with https://"),
    ("lists: {own: [{name: A, url: 'https://me:pw@a.example/', category: ads}]}", "lists.own[0]:", "no password"),
    ("lists: {own: [{name: A, url: 'file:///etc/passwd', category: ads}]}", "lists.own[0]:", "begins with https://"),
    ("lists: {own: [{name: A, url: 'https://a.example/', category: add}]}", "lists.own[0].category:",
     'did you mean "ads"?'),
    ("lists: {own: [{name: A, url: 'https://a.example/', category: ads, lan: 1}]}", "lists.own[0].lan:", "neither"),
    ("lists: {own: [{name: A, url: 'https://a', category: ads}, {name: a, url: 'https://b', category: ai}]}",
     "lists.own[1].name:", 'another "a"'),
    ("", "h.yaml: ", "is empty"),
    ("a: &x 1\nb: *x", "h.yaml:1: ", "aliases"),
    ("people: !!set {}", "h.yaml:1: ", "tags"),
    ("[" * 500_000, "h.yaml:1: ", "nest"),
    ("{a: " * 500_000, "h.yaml:1: ", "nest"),
    ("a: b: c", "h.yaml:1: ", "not YAML"),
    (b"people: \xff", "h.yaml:1: ", "not UTF-8"),
    (b"#" * (16 << 20) + b"#", "h.yaml: ", "larger than 16 MiB"),
]  # fmt: skip

WINDOW_FAULTS = [
    ('name: W, days: [mon], from: 20:00, to: "07:00", internet: off', ".from:", 'in quotes, such as "20:00": YAML'),
    ('name: W, days: [mon], from: 1200, to: "07:00", internet: off', ".from:", "in quotes"),
    ('name: W, days: [mon], from: "24:00", to: "07:00", internet: off', ".from:", "is not a time"),
    ('name: W, days: [mon], from: "20:00", to: "7", internet: off', ".to:", "is not a time"),
    ('name: W, days: [mon], to: "07:00", internet: off', ".from:", "is missing"),
    ('name: W, days: [monday], from: "20:00", to: "07:00", internet: off', ".days[0]:", 'did you mean "mon"?'),
    ('name: W, days: [0], from: "20:00", to: "07:00", internet: off', ".days[0]:", "is not a day: the days are mon,"),
    ('name: W, days: [], from: "20:00", to: "07:00", internet: off', ".days:", "is empty"),
    ('name: W, days: [mon, Mon], from: "20:00", to: "07:00", internet: off', ".days:", "twice"),
    ('name: W, days: mon, from: "20:00", to: "07:00", internet: off', ".days:", "needs a list"),
    ('name: W, days: [mon], from: "20:00", to: "07:00"', ":", "it changes nothing"),
    ('name: W, days: [mon], from: "20:00", to: "07:00", internet: on', ":", "it changes nothing"),
    ('name: W, days: [mon], from: "20:00", to: "07:00", internet: none', ".internet:", "neither on nor off"),
    ('name: W, days: [mon], from: "20:00", to: "07:00", block: [x]', ".block[0]:", "neither a category"),
    ('name: W, from: "20:00", to: "07:00", block: [games], allow: [games]', ".allow:", "both blocked and allowed"),
    ('days: [mon], from: "20:00", to: "07:00", internet: off', ":", "name is missing"),
    ('name: W, form: "20:00", from: "20:00", to: "07:00", internet: off', ".form:", 'did you mean "from"?'),
]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    ONE_FAULT
    + [
        (f"people:\n- name: Lea\n  windows:\n  - {{{window}}}", f"h.yaml:4: people[0].windows[0]{place}", words)
        for window, place, words in WINDOW_FAULTS
    ],
)
def test_a_fault_has_its_place(text: str | bytes, place: str, words: str) -> None:
    (line,) = faults(text)
    assert place in line
    assert words in line
    assert "\n" not in line


def test_twenty_faults_are_twenty_lines() -> None:
    text = """\
household: {timezone: Mars/Base, country: Germany, blocked_answer: none, colour: red}
people:
  - name: Lea
    age: nine
    block: [gamess]
    youtube: hard
    windows:
      - {name: Bedtime, days: [sunday], from: 20:00, to: "25:00", internet: maybe}
    rules:
      - {name: "a b", action: permit}
  - name: Lea
    minutes: {games: 9999}
devices:
  - {name: Tablet, person: Leo, mac: "zz"}
  - {name: Tablet, address: 10.0.0.300}
  - {mac: "aa:bb:cc:dd:ee:01"}
rules:
  - {name: x.example, action: block, extra: 1}
pauses: 5
"""
    found = faults(text)
    places = [line.split(": ")[1] for line in found]
    assert sorted(places) == sorted(
        [
            "household.timezone", "household.country", "household.blocked_answer", "household.colour",
            "people[0].age", "people[0].block[0]", "people[0].youtube",
            "people[0].windows[0].days[0]", "people[0].windows[0].from", "people[0].windows[0].to",
            "people[0].windows[0].internet", "people[0].rules[0].name", "people[0].rules[0].action",
            "people[1].name", "people[1].minutes.games",
            "devices[0].person", "devices[0].mac", "devices[1].address", "devices[2]", "rules[0].extra", "pauses",
        ]
    )  # fmt: skip
    numbers = [int(line.split(":")[1]) for line in found]
    assert numbers == sorted(numbers)


def test_a_file_full_of_faults_ends_early() -> None:
    begun = time.monotonic()
    found = faults("rules:\n" + "- {name: a..b, action: nothing}\n" * 5000)
    assert len(found) == 201
    assert "perhaps more" in found[-1]
    assert time.monotonic() - begun < 20


targets = st.frozensets(st.sampled_from([*CHOICES, *(f"service:{service}" for service in SERVICES)]))
names = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=20).filter(
    lambda text: text.strip() and text.isprintable()
)
epochs = st.integers(0, 253402300799)
minutes_of_day = st.integers(0, 1439)
name_rules = st.lists(
    st.builds(NameRule, st.sampled_from(["a.example", "xn--bcher-kva.example", "org"]), st.sampled_from(RuleAction)),
    max_size=3,
).map(tuple)
budgets = st.dictionaries(st.sampled_from(CHOICES), st.integers(1, 1440), max_size=3)
pauses = st.lists(st.builds(Pause, st.none() | epochs), max_size=2).map(tuple)


@st.composite
def windows(draw: st.DrawFn) -> Window:
    block = draw(targets)
    allow = draw(targets) - block - SECURITY
    days = draw(st.sets(st.integers(0, 6), min_size=1))
    off = draw(st.booleans()) or not (block or allow)
    return Window(draw(names), tuple(sorted(days)), draw(minutes_of_day), draw(minutes_of_day), off, block, allow)


@st.composite
def people(draw: st.DrawFn, name: str) -> Person:
    block = draw(targets) | SECURITY
    return Person(
        name=name,
        age=draw(st.none() | st.integers(0, 150)),
        block=block,
        allow=frozenset(target for target in draw(targets) - block if target.startswith("service:")),
        allow_only=draw(st.booleans()),
        safe_search=draw(st.booleans()),
        youtube=draw(st.sampled_from(YouTube)),
        minutes=tuple(sorted(draw(budgets).items())),
        windows=tuple(draw(st.lists(windows(), max_size=3))),
        rules=draw(name_rules),
        pauses=draw(pauses),
        grants=tuple(Grant(target, until) for target, until in draw(st.lists(st.tuples(
            st.sampled_from(["time", "games", "service:roblox", "name:a.example"]), epochs), max_size=3))),
    )  # fmt: skip


@st.composite
def lists(draw: st.DrawFn) -> Lists:
    chosen = draw(st.dictionaries(st.sampled_from(["sw-adult", "ut1-games", "hagezi-light"]), st.booleans()))
    own = draw(st.lists(names, max_size=3, unique_by=str.casefold))
    places = st.sampled_from(["https://a.example", "https://[2001:db8::1]:8443/x?y=z#w", "https://b.example/%7E'\""])
    return Lists(
        draw(st.sampled_from(ListSize)),
        frozenset(name for name, beside in chosen.items() if not beside),
        frozenset(name for name, beside in chosen.items() if beside),
        tuple(OwnList(name, draw(places), draw(st.sampled_from(LIST_CATEGORIES)), draw(st.booleans())) for name in own),
    )


@st.composite
def households(draw: st.DrawFn) -> Household:
    called = draw(st.lists(names, max_size=3, unique_by=str.casefold).filter(
        lambda found: GUESTS.casefold() not in [name.casefold() for name in found]))  # fmt: skip
    everybody = [draw(people(name)) for name in [*called, GUESTS]]
    owners = st.none() | st.sampled_from([person.name for person in everybody])
    things = draw(st.lists(names, max_size=3, unique_by=str.casefold))
    return Household(
        name=draw(names),
        timezone=draw(st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"])),
        country=draw(st.sampled_from(["", "NO", "DE"])),
        language=draw(st.sampled_from(["en", "no", "pt-BR"])),
        blocked_answer=draw(st.sampled_from(BlockedAnswer)),
        history_days=draw(st.integers(0, 30)),
        people=tuple(everybody),
        devices=tuple(
            Device(thing, draw(owners), f"11:22:33:44:55:0{number}", draw(st.none() | st.just(f"fd00::{number + 1}")))
            for number, thing in enumerate(things)
        ),
        rules=draw(name_rules),
        pauses=draw(pauses),
        lists=draw(lists()),
    )


@settings(max_examples=80)
@given(households())
def test_an_export_is_read_as_the_same_household(household: Household) -> None:
    text = export.write(household)
    again = read(text)
    assert again == household
    assert export.write(again) == text


@settings(max_examples=300)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_a_household_or_faults(content: bytes) -> None:
    assert household_or_faults(content)


@settings(max_examples=200)
@given(st.integers(0, len(CONTRACT) - 1), st.sampled_from(list("[]{}:,-'\"&*!\n\t#0aä")))
def test_one_letter_changed_is_a_household_or_faults(at: int, letter: str) -> None:
    found = household_or_faults((CONTRACT[:at] + letter + CONTRACT[at + 1 :]).encode())
    assert isinstance(found, Household) or all(line.startswith("h.yaml") for line in found)
