"""What a parent does: each edit on a small family, what it changes and what it refuses."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from filterdns.household import edits
from filterdns.policy import presets
from filterdns.policy.rules import (
    GUESTS,
    Device,
    Grant,
    Household,
    NameRule,
    Pause,
    Person,
    RuleAction,
    RuleError,
    Window,
)

NOW = 1_000_000
HOMEWORK = Window("Homework", (0,), 900, 1020, block=frozenset({"video"}), id=3)
LEA = Person(
    "Lea", 9, block=frozenset({"games", "social"}), windows=(HOMEWORK,),
    rules=(NameRule("a.example", RuleAction.BLOCK, 5),), grants=(Grant("games", NOW - 1, 7),), id=2,
)  # fmt: skip
TABLET = Device("Tablet", "Lea", "aa:bb:cc:dd:ee:01", id=1)
CONSOLE = Device("Console", "Lea", address="192.0.2.4", id=2)
HOME = Household(people=(presets.apply(Person(GUESTS)), LEA), devices=(TABLET, CONSOLE))


def lea(household: Household) -> Person:
    return edits.person_of(household, "lea")


def test_a_pause_takes_the_place_of_others_and_is_resumed() -> None:
    paused = edits.pause(edits.pause(HOME, "Lea", None), "Lea", NOW + 60)
    assert lea(paused).pauses == (Pause(NOW + 60),)
    assert lea(edits.resume(paused, "Lea")).pauses == ()
    assert edits.pause(HOME, None, None).pauses == (Pause(None),)
    assert edits.resume(edits.pause(HOME, None, None), None) == HOME


def test_a_grant_ends_the_pause_and_drops_what_has_run_out() -> None:
    given = edits.grant(edits.pause(HOME, "Lea", None), "Lea", "name:a.example", NOW + 3600, NOW)
    assert lea(given).pauses == ()
    assert lea(given).grants == (Grant("name:a.example", NOW + 3600),)
    again = edits.grant(given, "Lea", "name:a.example", NOW + 60, NOW)
    assert lea(again).grants == (Grant("name:a.example", NOW + 60),)


def test_more_time_adds_to_what_is_running() -> None:
    once = edits.more_time(HOME, "Lea", 900, NOW)
    assert lea(once).grants == (Grant("time", NOW + 900),)
    assert lea(edits.more_time(once, "Lea", 1800, NOW + 60)).grants == (Grant("time", NOW + 2700),)
    assert lea(edits.more_time(once, "Lea", 60, NOW + 900)).grants == (Grant("time", NOW + 960),)


@pytest.mark.parametrize(
    ("target", "category", "on", "block", "allow"),
    [
        ("video", None, True, {"games", "social", "video"}, set()),
        ("games", None, False, {"social"}, set()),
        ("service:roblox", "games", False, {"games", "social"}, {"service:roblox"}),
        ("service:twitch", "live", False, {"games", "social"}, set()),
        ("service:roblox", "games", True, {"games", "social", "service:roblox"}, set()),
    ],
)
def test_switches(target: str, category: str | None, *, on: bool, block: set[str], allow: set[str]) -> None:
    changed = lea(edits.block(HOME, "Lea", target, category, on=on))
    assert (changed.block, changed.allow) == (block, allow)
    back = lea(edits.block(edits.block(HOME, "Lea", target, category, on=on), "Lea", target, category, on=True))
    assert target in back.block
    assert not back.allow


def test_people_come_are_renamed_grow_and_go() -> None:
    more = edits.add_person(HOME, "Sam", 15)
    assert edits.person_of(more, "Sam") == presets.apply(Person("Sam", 15))
    renamed = edits.rename(HOME, "Lea", "Leonie")
    assert [device.person for device in renamed.devices] == ["Leonie", "Leonie"]
    assert edits.person_of(renamed, "Leonie") == replace(LEA, name="Leonie")
    assert lea(edits.set_age(HOME, "Lea", 10, preset=False)) == replace(LEA, age=10)
    older = lea(edits.set_age(HOME, "Lea", 16, preset=True))
    assert older.block == presets.preset(16).block
    assert older.rules == LEA.rules
    gone = edits.remove_person(HOME, "Lea")
    assert [person.name for person in gone.people] == [GUESTS]
    assert [device.person for device in gone.devices] == [None, None]


def test_windows_are_added_changed_and_taken_away() -> None:
    later = replace(HOMEWORK, end=1080)
    assert lea(edits.put_window(HOME, "Lea", later)).windows == (later,)
    new = replace(HOMEWORK, name="Music", id=0)
    assert lea(edits.put_window(HOME, "Lea", new)).windows == (HOMEWORK, new)
    assert lea(edits.remove_window(HOME, "Lea", 3)).windows == ()


def test_one_name_has_one_rule() -> None:
    changed = edits.put_rule(HOME, "Lea", "A.example.", RuleAction.ALLOW)
    assert lea(changed).rules == (NameRule("a.example", RuleAction.ALLOW),)
    assert edits.put_rule(HOME, None, "b.example", RuleAction.BLOCK).rules == (NameRule("b.example", RuleAction.BLOCK),)
    assert lea(edits.remove_rule(HOME, "Lea", 5)).rules == ()


def test_a_device_is_claimed_by_what_is_known_of_it() -> None:
    taken = edits.claim(HOME, Device("anything", None, "aa:bb:cc:dd:ee:01"))
    assert taken.devices == (replace(TABLET, person=None), CONSOLE)
    new = edits.claim(HOME, Device("Tablet", "Lea", "aa:bb:cc:dd:ee:09"))
    assert new.devices[-1] == Device("Tablet 2", "Lea", "aa:bb:cc:dd:ee:09")


def test_devices_are_renamed_merged_and_forgotten() -> None:
    renamed = edits.change_device(HOME, 1, lambda device: replace(device, name="Slate"))
    assert renamed.devices[0] == replace(TABLET, name="Slate")
    assert edits.merge_devices(HOME, 1, 2).devices == (replace(TABLET, address="192.0.2.4"),)
    assert edits.forget_device(HOME, 1).devices == (CONSOLE,)


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda home: edits.pause(home, "Nobody", None), 'no person "Nobody"'),
        (lambda home: edits.grant(home, "Lea", "time", NOW, NOW), "in the future"),
        (lambda home: edits.grant(home, "Lea", "malware", NOW + 1, NOW), "blocked for everybody"),
        (lambda home: edits.revoke(home, "Lea", 99), "no longer there"),
        (lambda home: edits.add_person(home, "lea", 9), "already"),
        (lambda home: edits.rename(home, GUESTS, "Us"), "claimed"),
        (lambda home: edits.rename(home, "Lea", GUESTS), "claimed"),
        (lambda home: edits.remove_person(home, GUESTS), "cannot be removed"),
        (lambda home: edits.put_window(home, "Lea", replace(HOMEWORK, id=99)), "no longer there"),
        (lambda home: edits.remove_window(home, "Lea", 99), "no longer there"),
        (lambda home: edits.put_rule(home, "Lea", "not a name", RuleAction.BLOCK), "not a name"),
        (lambda home: edits.remove_rule(home, None, 5), "no longer there"),
        (lambda home: edits.forget_device(home, 99), "no longer there"),
        (lambda home: edits.merge_devices(home, 1, 1), "two different"),
        (
            lambda home: edits.merge_devices(
                edits.change_device(home, 2, lambda one: replace(one, mac="aa:bb:cc:dd:ee:02")), 1, 2
            ),
            "hardware address",
        ),
    ],
)
def test_what_cannot_be_is_refused(edit: Callable[[Household], Household], said: str) -> None:
    with pytest.raises(RuleError, match=said):
        edit(HOME)
