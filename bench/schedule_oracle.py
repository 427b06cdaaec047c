"""Compare schedules with the tests' oracle in full: `python -m bench.schedule_oracle`.

Every minute within a day of every change of the clocks of every zone in 2026 and 2027, and a million random
cases (zone, second of 2024 to 2037, schedule). Exits 1 if anything differs.
"""

import random
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from zoneinfo import available_timezones

from filterdns.clock import Zone
from tests.policy.oracle import compare_around, compare_at, random_schedule, transitions

SEED = 2026
RANDOM_CASES = 1_000_000
FIRST, LAST = 1704067200, 2145916800  # 2024-01-01, 2038-01-01
MINUTES = 2 * 1440
SHOWN = 10


def around_changes(zone: str) -> tuple[int, list[str]]:
    """Compare around every change of a zone; the number of changes and what differs."""
    dice = random.Random(f"{SEED} {zone}")
    changes = list(transitions(zone, 2026, 2027))
    return len(changes), [fault for change in changes for fault in compare_around(zone, change, random_schedule(dice))]


def at_random(task: tuple[str, int]) -> tuple[int, list[str]]:
    """Compare random seconds of a zone; the number of them and what differs."""
    zone, count = task
    dice = random.Random(f"{SEED} random {zone}")
    ours = Zone(zone)
    seconds = sorted(dice.randrange(FIRST, LAST) for _ in range(count))
    return count, [fault for second in seconds for fault in compare_at(zone, ours, second, random_schedule(dice))]


def main() -> int:
    """Run both comparisons and print their figures."""
    zones = sorted(available_timezones())
    share, rest = divmod(RANDOM_CASES, len(zones))
    tasks = [(zone, share + (n < rest)) for n, zone in enumerate(zones)]
    begun = time.monotonic()
    with ProcessPoolExecutor() as pool:
        around = list(pool.map(around_changes, zones))
        number = sum(count for count, _ in around)
        changing = sum(count > 0 for count, _ in around)
        faults = [fault for _, found in around for fault in found]
        print(f"{changing} of {len(zones)} zones change their clocks, {number} times")
        print(f"{number * MINUTES} minutes, {len(faults)} mismatches", flush=True)
        more = [fault for _, found in pool.map(at_random, tasks) for fault in found]
        print(f"{RANDOM_CASES} random cases, {len(more)} mismatches")
    print(f"{time.monotonic() - begun:.0f} s")
    for fault in (*faults, *more)[:SHOWN]:
        print(fault)
    return 1 if faults or more else 0


if __name__ == "__main__":
    sys.exit(main())
