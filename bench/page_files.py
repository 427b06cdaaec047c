"""Hostile households put back: nothing by half, and a sentence that can be read."""

import io
import random
import zipfile

from bench import home
from bench.page_attacks import House, Result
from filterdns.blocklists import builtin
from filterdns.household import changes, document, export
from filterdns.household.store import canonical
from filterdns.policy.rules import Household

SEED = 4
_BITS = (b"\0", b"[", b"]", b":", b"\n", b"&a ", b"- ", b"\xff", b"'")


def restores(house: House, most: int) -> Result:
    """Look at and put back files that are damaged, wrong or made to do harm."""
    result = Result("hostile files that changed something by half, or were refused without a word")
    dice = random.Random(SEED)
    family = document.read(home.household().encode(), "family", builtin.knowledge().services)
    changes.import_household(house.state, "bench", "bench", family)
    parent = house.parent()
    good = export.write(changes.read(house.state)).encode()
    put_back = 0
    outside = sorted(path.name for path in house.state.parent.iterdir())
    for number in range(most):
        content = _hostile(good, number, dice)
        result.tried += 1
        before = house.fingerprint()
        answer = parent.upload("/backup/look", content, f"../../x{number}.yaml")
        digest = answer.text.partition('name="digest" value="')[2][:64]
        if house.fingerprint() != before:
            result.through.append(f"file {number}: looking changed something")
        if answer.status_code == 422 and 'role="alert"' not in answer.text:
            result.through.append(f"file {number}: refused without a word")
        if answer.status_code >= 500 or "Traceback" in answer.text:
            result.through.append(f"file {number}: {answer.status_code}")
        if digest:
            put_back += 1
            parent.send("/backup/restore", "/backup", digest=digest)
            wanted = document.read(content, "file", builtin.knowledge().services)
            if _as_kept(wanted) != _as_kept(changes.read(house.state)):
                result.through.append(f"file {number}: half put back")
    if sorted(path.name for path in house.state.parent.iterdir()) != outside:
        result.through.append("a file outside of the state folder")
    result.name += f"; {put_back} were households after all, and put back whole"
    return result


def _as_kept(household: Household) -> str:
    """What a household comes to once it is kept: with guests, and what is always blocked."""
    return export.write(canonical(household))


def _hostile(good: bytes, number: int, dice: random.Random) -> bytes:
    ready = [
        b"", b"\0" * 5000, b"[" * 9000, b"a: &a [x]\nb: [" + b"*a," * 9000 + b"]", b"people: !!python/name:os.system",
        b"people: [{name: Lea, age: .nan}]", b'people: [{name: "\\uD800"}]', b"SQLite format 3\0CREATE TRIGGER x",
        b"revision: 99\nschema: 99", b"--- 1\n--- 2", b"people:\n" + b"- {name: x}\n" * 9000, _slipped(),
        b"devices:\n" + b"- {name: x, mac: 'aa:bb:cc:dd:ee:01'}\n" * 9000, b"\x1f\x8b" + b"\0" * 999, b"x" * (1 << 20),
    ]  # fmt: skip
    if number < len(ready):
        return ready[number]
    if number % 2:  # cut and mixed by lines, of which some are households after all
        lines = good.splitlines(keepends=True)
        at, to = sorted(dice.sample(range(len(lines)), 2))
        return b"".join(dice.choice([lines[:at] + lines[to:], lines[:to] + lines[at:], lines[:at] + lines[at + 1 :]]))
    damaged = bytearray(good)
    for _ in range(dice.randint(1, 6)):
        at = dice.randrange(len(damaged))
        damaged[at : at + dice.randint(0, 3)] = dice.choice(_BITS)
    return bytes(damaged)


def _slipped() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../../etc/cron.d/x", "x")
    return packed.getvalue()
