"""rules.db: what is put in comes out, and a file that does not read well is left alone."""

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from filterdns.household.store import NAME, Store, StoreError
from filterdns.policy import presets
from filterdns.policy.rules import (
    GUESTS,
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
)

LEA = replace(
    presets.apply(Person("Lea", 9)),
    allow=frozenset({"service:youtube"}),
    minutes=(("games", 60), ("video", 30)),
    rules=(NameRule("wikipedia.org", RuleAction.ALLOW),),
    pauses=(Pause(None), Pause(1800000000)),
    grants=(Grant("time", 1800000000), Grant("name:a.example", 1800000001)),
)
FAMILY = Household(
    name="Haus am See ☀",
    timezone="Europe/Berlin",
    country="DE",
    language="de",
    blocked_answer=BlockedAnswer.NODATA,
    history_days=3,
    people=(LEA, presets.apply(Person(GUESTS))),
    devices=(Device("Tablet", "Lea", mac="aa:bb:cc:dd:ee:01"), Device("TV", None, address="192.168.1.40")),
    rules=(NameRule("badsite.example", RuleAction.BLOCK),),
    pauses=(Pause(1800000000),),
    lists=Lists(
        ListSize.SMALL,
        frozenset({"sw-adult"}),
        frozenset({"ut1-games", "a-list-that-is-gone"}),
        (OwnList("Z", "https://z.example/", "allow", lan=True), OwnList("A", "https://a.example/x", "games")),
    ),
)


def without_ids(household: Household) -> Household:
    def bare(person: Person) -> Person:
        parts = {
            name: tuple(replace(part, id=0) for part in getattr(person, name))
            for name in ("windows", "rules", "pauses", "grants")
        }
        return replace(person, id=0, **parts)

    return replace(
        household,
        people=tuple(map(bare, household.people)),
        devices=tuple(replace(device, id=0) for device in household.devices),
        rules=tuple(replace(rule, id=0) for rule in household.rules),
        pauses=tuple(replace(pause, id=0) for pause in household.pauses),
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    Store.create(path, FAMILY, "FilterDNS", "A new household", 1_790_000_000)
    return path


def test_what_is_put_in_comes_out(path: Path) -> None:
    with Store(path) as store:
        found = store.household()
        assert without_ids(found) == FAMILY
        assert store.revision == 1
        assert store.changes() == [
            {"id": 1, "at": 1_790_000_000, "who": "FilterDNS", "title": "A new household", "revision": 1}
        ]
        assert all(part.id for person in found.people for part in (person, *person.windows, *person.rules))


def test_replacing_keeps_ids_and_gives_new_things_new_ones(path: Path) -> None:
    with Store(path) as store, store.transaction():
        before = store.household()
        lea = before.people[0]
        changed = replace(
            before,
            people=(
                replace(lea, windows=(*lea.windows, Window("Nap", (0,), 0, 60, internet_off=True))),
                before.people[1],
            ),
            devices=before.devices[1:],
        )
        store.replace(changed)
        after = store.household()
        store.replace(replace(after, devices=(*after.devices, Device("New", None, address="192.168.1.41"))))
        last = store.household()
    assert [person.id for person in after.people] == [person.id for person in before.people]
    assert after.people[0].windows[:-1] == lea.windows
    assert after.people[0].windows[-1].id > max(window.id for window in lea.windows)
    assert after.devices == before.devices[1:]
    assert last.devices[-1].id > max(device.id for device in before.devices)


def test_the_order_of_people_and_devices_is_kept(path: Path) -> None:
    with Store(path) as store, store.transaction():
        found = store.household()
        turned = replace(found, people=found.people[::-1], devices=found.devices[::-1])
        store.replace(turned)
        assert store.household() == turned


def test_addresses_are_kept_in_one_form_and_guests_and_security_are_always_there(path: Path) -> None:
    with Store(path) as store, store.transaction():
        store.replace(
            Household(people=(Person("Mia"),), devices=(Device("A", None, "AA-BB-CC-DD-EE-FF", "FD00::0:1"),))
        )
        found = store.household()
    assert without_ids(found).devices == (Device("A", None, "aa:bb:cc:dd:ee:ff", "fd00::1"),)
    assert without_ids(found).people == (presets.apply(Person("Mia")), presets.apply(Person(GUESTS)))


def test_a_transaction_is_all_or_nothing(path: Path) -> None:
    with Store(path) as store:
        with pytest.raises(StoreError):
            _replace_and_fail(store)
        assert without_ids(store.household()) == FAMILY
        assert store.revision == 1


def _replace_and_fail(store: Store) -> None:
    with store.transaction():
        store.replace(Household())
        store.record("x", None, 2, 0)  # type: ignore[arg-type]


def test_the_same_mac_twice_is_refused(path: Path) -> None:
    twice = (Device("A", None, mac="aa:bb:cc:dd:ee:01"), Device("B", None, mac="AA:BB:CC:DD:EE:01"))
    with Store(path) as store:
        with pytest.raises(StoreError, match="cannot be kept"), store.transaction():
            store.replace(replace(FAMILY, devices=twice))
        assert without_ids(store.household()) == FAMILY


def test_the_file_is_private_and_written_to_the_disk_at_once(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [NAME]
    with Store(path) as store:
        asked = {
            pragma: store._db.execute(f"PRAGMA {pragma}").fetchone()[0]
            for pragma in ("journal_mode", "synchronous", "foreign_keys", "trusted_schema")
        }
    assert asked == {"journal_mode": "delete", "synchronous": 2, "foreign_keys": 1, "trusted_schema": 0}


def test_a_second_household_is_not_made_over_the_first(path: Path) -> None:
    with pytest.raises(StoreError, match="one already"):
        Store.create(path, Household(), "x", "y", 0)
    with Store(path) as store:
        assert without_ids(store.household()) == FAMILY


DAMAGES = {
    "empty": lambda _: b"",
    "no database": lambda _: b"this is not a database, not at all" * 200,
    "cut short": lambda content: content[: len(content) // 2],
    "a page of nothing": lambda content: content[:4096] + bytes(4096) + content[8192:],
    "a page of noise": lambda content: content[:8192] + b"\xa5" * 4096 + content[12288:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_left_as_it_is(path: Path, damage: str) -> None:
    content = DAMAGES[damage](path.read_bytes())
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"rules\.db: is (damaged|empty)") as caught:
        Store(path)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE people SET age = 900",
        "UPDATE household SET blocked_answer = 'nonsense'",
        "UPDATE windows SET days = '[9]'",
        "UPDATE devices SET address = 'zz' WHERE mac IS NULL",
        "UPDATE own_lists SET url = 'http://z.example/'",
        "UPDATE household SET list_size = 'huge'",
        "DELETE FROM household",
    ],
)
def test_rows_that_are_no_rules_are_said(path: Path, sql: str) -> None:
    with sqlite3.connect(path) as db:
        db.execute(sql)
    db.close()
    with Store(path) as store, pytest.raises(StoreError, match="not a rule"):
        store.household()


def test_a_file_of_an_older_version_is_brought_up_to_date(path: Path) -> None:
    """What later versions ask has an answer, and nothing else is changed."""
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM _sqlite_migrations WHERE name = 'lists'")
        db.execute("DROP TABLE own_lists")
        for column in ("list_size", "lists_without", "lists_beside"):
            db.execute(f"ALTER TABLE household DROP COLUMN {column}")
    db.close()
    for _ in range(2):
        with Store(path) as store:
            assert without_ids(store.household()) == replace(FAMILY, lists=Lists())


def test_a_file_of_a_newer_version_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO _sqlite_migrations (migration_set, name, applied_at) VALUES ('rules', 'ninth', '')")
    db.close()
    with pytest.raises(StoreError, match="newer FilterDNS"):
        Store(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such file"):
        Store(tmp_path / NAME)


def test_a_locked_file_says_so_without_calling_it_damaged(path: Path) -> None:
    other = sqlite3.connect(path)
    other.execute("BEGIN EXCLUSIVE")
    try:
        with pytest.raises(StoreError, match="locked"):
            Store(path, patience=0.05)
    finally:
        other.close()


def test_a_full_disk_changes_nothing(path: Path) -> None:
    with Store(path) as store:
        store._db.execute("PRAGMA max_page_count = 1")  # SQLite's own word for a full disk; it grants what is used
        rules = tuple(NameRule(f"n{number}.example", RuleAction.BLOCK) for number in range(5000))
        with pytest.raises(StoreError, match="nothing was changed"), store.transaction():
            store.replace(replace(FAMILY, rules=rules))
        assert without_ids(store.household()) == FAMILY
