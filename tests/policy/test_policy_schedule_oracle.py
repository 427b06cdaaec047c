"""A sample of the comparison that bench/schedule_oracle.py makes in full."""

import random

import pytest

from filterdns.clock import Zone
from tests.policy.oracle import compare_around, compare_at, random_schedule, transitions

ODD_ZONES = [
    "Africa/Cairo",  # changes at midnight
    "Africa/Casablanca",  # goes back for Ramadan
    "America/Havana",
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Antarctica/Troll",  # two hours
    "Asia/Beirut",
    "Australia/Lord_Howe",  # half an hour
    "Europe/Berlin",
    "Pacific/Chatham",
]


@pytest.mark.parametrize("zone", ODD_ZONES)
def test_every_minute_within_a_day_of_a_change(zone: str) -> None:
    dice = random.Random(zone)
    changes = list(transitions(zone, 2026, 2026))
    assert changes
    for change in changes:
        assert compare_around(zone, change, random_schedule(dice)) == []


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", *ODD_ZONES])
def test_random_minutes(zone: str) -> None:
    dice = random.Random(zone)
    ours = Zone(zone)
    for epoch in sorted(dice.randrange(1704067200, 2145916800) for _ in range(200)):
        assert compare_at(zone, ours, epoch, random_schedule(dice)) == []
