"""A family with a child of every stage of detail, its names, and a spool for it."""

from pathlib import Path

from filterdns.blocklists.compile import Names, compile_table
from filterdns.blocklists.source import Source
from filterdns.household import changes, document

NOW = 1_767_780_000  # 2026-01-07 10:00 UTC, 11:00 in Berlin, a Wednesday
TODAY = 20_460  # the local day

HOUSEHOLD = b"""\
household: {timezone: Europe/Berlin}
people:
  - {name: Lea, age: 8}
  - {name: Kim, age: 11}
  - {name: Sam, age: 14}
  - {name: Max, age: 16}
  - {name: Eva, age: 40}
  - {name: Nan}
devices:
  - {name: Lea's tablet, person: Lea, mac: "00:00:00:00:00:01"}
  - {name: Kim's phone, person: Kim, mac: "00:00:00:00:00:02"}
  - {name: Sam's laptop, person: Sam, mac: "00:00:00:00:00:03"}
  - {name: Max's phone, person: Max, mac: "00:00:00:00:00:04"}
  - {name: Eva's phone, person: Eva, mac: "00:00:00:00:00:05"}
  - {name: Nan's phone, person: Nan, mac: "00:00:00:00:00:06"}
  - {name: Console, person: Lea, address: 192.168.1.40}
"""
DEVICES = {"Lea": 1, "Kim": 2, "Sam": 3, "Max": 4, "Eva": 5, "Nan": 6, "Guests": 0, "Console": 7}
NAMES = {
    "games": "game.example",
    "adult": "adult.example",
    "ads": "ads.example",
    "illegal": "illegal.example",
    "helplines": "help.example",
}


def settle(state: Path) -> None:
    """Rules and names for a new household."""
    changes.publish_current(state)
    changes.import_household(state, "test", "test", document.read(HOUSEHOLD, "household.yaml", {}))
    sources = [Names(Source(kind, "list", kind, kind), held.split) for kind, held in NAMES.items()]
    compile_table(state / "published" / "domains", sources)


def line(  # noqa: PLR0917 - the fields of a line, most left out in a test
    who: str, name: str, reason: str = "default", rule: str = "", at: int = NOW, times: int = 1, qtype: int = 1,
) -> str:  # fmt: skip
    """A line as a worker writes it; a `reason` that blocks makes it a blocked one."""
    number = DEVICES[who]
    mac = "" if who == "Console" else f"00:00:00:00:00:{number:02x}"
    address = "192.168.1.40" if who == "Console" else f"192.168.1.{number + 10}"
    action = "pass" if reason in {"default", "granted", "essential", "safe search"} else "block"
    return f"{at}\t{address}\t{mac}\t{number}\t{name}\t{qtype}\t{action}\t{reason}\t{rule}\t{times}\n"


def spool(state: Path, file: str, *lines: str) -> Path:
    """Leave a file in the spool."""
    folder = state / "run" / "spool"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    path.write_text("".join(lines))
    return path
