# ruff: noqa: T201 - it prints its figures
"""Kill a program that writes changes, again and again; count what it had acknowledged and is not there afterwards.

python tests/household/kill_writers.py FOLDER KILLS
"""

import contextlib
import random
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from filterdns.household import changes
from filterdns.household.store import NAME, Store, StoreError
from filterdns.policy import policyfile
from filterdns.policy.rules import NameRule, RuleAction


def write(state: Path, names: str) -> None:
    """Add rules without end; each name that is kept is said on standard output."""
    number = 0
    while True:
        name = f"n{number % 50}.{names}.example"
        changes.apply(state, "test", name, lambda store, name=name: _put(store, name))  # type: ignore[misc]
        print(number, flush=True)
        number += 1


def _put(store: Store, name: str) -> None:
    found = store.household()
    store.replace(replace(found, rules=(*found.rules[-40:], NameRule(name, RuleAction.BLOCK))))


def kill_one(state: Path, names: str, chance: random.Random) -> int:
    """Start a writer, kill it at a random moment -> how many changes it had acknowledged."""
    command = [sys.executable, __file__, str(state), names, "write"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout
        said = [writer.stdout.readline()]  # it runs: from here on any moment will do
        timer = time.monotonic() + chance.uniform(0, 0.08)
        while time.monotonic() < timer:
            pass
        writer.kill()
        said += writer.stdout.readlines()
    return sum(line.endswith("\n") for line in said)


def main(state: Path, kills: int) -> int:
    """Kill and look, `kills` times; 1 if anything was lost or damaged."""
    chance = random.Random(7)
    changes.publish_current(state)
    acknowledged = lost = damaged = 0
    for number in range(kills):
        before = _revision(state)
        kept = kill_one(state, f"w{number}", chance)
        acknowledged += kept
        try:
            after = _revision(state)
            lost += max(0, before + kept - after)
            changes.publish_current(state)
            policy = policyfile.from_bytes((state / "published" / "policy").read_bytes())
            damaged += policy.revision != after
        except (StoreError, ValueError) as error:
            print(error)
            damaged += 1
    print(f"{kills} kills, {acknowledged} changes acknowledged, {lost} lost, {damaged} damaged")
    return int(bool(lost or damaged))


def _revision(state: Path) -> int:
    with Store(state / NAME) as store:
        store.household()
        return store.revision


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    if sys.argv[3:] == ["write"]:
        with contextlib.suppress(KeyboardInterrupt):
            write(folder, sys.argv[2])
    sys.exit(main(folder, int(sys.argv[2])))
