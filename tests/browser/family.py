"""A family at home: as it was at first, as it is after some weeks, and the pages it looks at."""

import contextlib
import socket
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from playwright.sync_api import Browser, StorageState

from filterdns.household import changes, collect, edits
from filterdns.household.accounts import Accounts, Role
from filterdns.household.requests import Requests
from filterdns.household.store import NAME, Store
from filterdns.policy.rules import Household
from tests.browser.chromium import BLOCKED
from tests.browser.walk import Walk
from tests.house import House

PARENT, PASSWORD = "Anna", "three words together"
TABLET, PHONE_OF_MAX, ANNAS = "127.0.1.1", "127.0.1.3", "127.0.1.2"
STRANGER, HERE = "127.0.1.9", "127.0.0.1"


def zone_where_it_is(hour: int) -> str:
    """A time zone whose clocks show this hour now, so that no evening of the real world changes what is tried."""
    west = (datetime.now(UTC).hour - hour + 12) % 24 - 12
    return f"Etc/GMT{west:+d}" if west else "UTC"


FAMILY = f"""
household: {{name: Test house, timezone: {zone_where_it_is(12)}, country: DE}}
people:
  - name: Lea
    age: 9
    rules: [{{name: forbidden.example, action: block}}]
  - {{name: Max, age: 15}}
  - name: Anna
devices:
  - {{name: Lea's tablet, person: Lea, address: {TABLET}}}
  - {{name: Max's phone, person: Max, address: {PHONE_OF_MAX}}}
  - {{name: Anna's phone, person: Anna, address: {ANNAS}}}
lists: {{size: none}}
"""


@dataclass
class Home:
    """A running house, and the family that lived there at first."""

    house: House
    family: Household
    cookies: StorageState | None = None

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.house.web}"

    def change(self, household: Household) -> None:
        """Put these rules in force, whatever they are now."""
        changes.edit(self.house.state, "test", "Another family", lambda _now: household)

    def is_open(self, name: str, source: str = TABLET) -> bool:
        return self.house.address(name, source) == "192.0.2.1"

    def key(self, person: str) -> int:
        return edits.person_of(changes.read(self.house.state), person).id


def move_in(served: House, family: str = FAMILY) -> None:
    (served.folder / "household.yaml").write_text(family)
    done = served.run("household", "import", str(served.folder / "household.yaml"))
    assert done.returncode == 0, done.stderr
    with Store(served.state / NAME) as store, store.transaction():
        Accounts(store).add(PARENT, Role.PARENT, PASSWORD)


def has_page(served: House, host: str = "127.0.0.1") -> bool:
    """Does the page answer yet? DNS comes first."""
    with contextlib.suppress(OSError), socket.create_connection((host, served.web)):
        return True
    return False


def log_in(chromium: Browser, origin: str) -> StorageState:
    context = chromium.new_context()
    walk = Walk(context.new_page(), origin)
    walk.begin("/login")
    walk.write("Name", PARENT)
    walk.write("Password", PASSWORD)
    walk.button("Log in")
    assert walk.path == "/"
    cookies = context.storage_state()
    context.close()
    return cookies


NOBODY = "nobody-"
"""How pages are called that are looked at without a login: on a child's device, which this machine's address is."""

LARGE = f"""
household: {{name: Unser Zuhause, timezone: {zone_where_it_is(12)}, country: DE}}
people:
  - name: Annika-Friederike
    age: 9
    block: ["service:roblox", "service:youtube"]
    minutes: {{games: 60}}
    rules:
      - {{name: forbidden.example, action: block}}
      - {{name: eine-sehr-lange-bezeichnung-ohne-jeden-umbruch.schule.example, action: allow}}
    windows:
      - {{name: Bedtime, from: "20:00", to: "07:00", internet: off}}
      - {{name: Hausaufgabenbetreuung, from: "11:00", to: "17:30", block: [games, social]}}
  - {{name: Max, age: 15}}
  - {{name: Mia, age: 4, allow_only: true, rules: [{{name: kids.example, action: allow}}]}}
  - {{name: Zed, age: 12}}
  - name: Anna
devices:
  - {{name: Annika-Friederikes Schultablet, person: Annika-Friederike, address: {TABLET}}}
  - {{name: Annikas altes Telefon, person: Annika-Friederike, address: {HERE}}}
  - {{name: Max's phone, person: Max, mac: "00:1a:11:00:00:03", address: {PHONE_OF_MAX}}}
  - {{name: Anna's phone, person: Anna, address: {ANNAS}}}
lists: {{size: none}}
"""
"""A family that has used everything: long names, hours, permissions, pauses, requests."""


def live(home: Home) -> None:
    """Some weeks later: everything that can stand on a page stands there."""
    (home.house.folder / "large.yaml").write_text(LARGE)
    done = home.house.run("household", "import", str(home.house.folder / "large.yaml"))
    assert done.returncode == 0, done.stderr
    state, now = home.house.state, int(time.time())
    changes.edit(state, PARENT, "A pause", lambda known: edits.pause(known, "Max", None))
    changes.edit(state, PARENT, "More time", lambda known: edits.grant(known, "Zed", "time", now + 5400, now))
    changes.edit(state, PARENT, "A site", lambda known: edits.grant(known, "Zed", "name:a.example", now + 90, now))
    with Store(state / NAME) as store, store.transaction():
        asked = Requests(store)
        asked.ask(home.key("Annika-Friederike"), 0, "time", "", now)
        asked.ask(
            home.key("Max"), 0, "name:forbidden.example", "Bitte, wir brauchen das morgen in der Schule! " * 4, now
        )
    remember(home, _week(home, now))


def remember(home: Home, lines: list[tuple[int | str, ...]]) -> None:
    """Lines of a worker's spool, written down; the columns are those of `dns/spool.py`."""
    aside = home.house.state / "run" / "spool" / "test.aside"
    aside.write_text("".join("\t".join(map(str, line)) + "\n" for line in lines))
    aside.rename(aside.with_name("9-0.tsv"))
    collect.collect(home.house.state, int(time.time()))


def _week(home: Home, now: int) -> list[tuple[int | str, ...]]:
    """What was asked in a week, of every length and outcome."""
    known = changes.read(home.house.state)
    ids = {device.person: device.id for device in known.devices}
    window = edits.person_of(known, "Annika-Friederike").windows[0].id
    causes = [
        ("pass", "default", ""),
        ("block", "category", "category:games"),
        ("block", "off", f"window:{window}"),
        ("block", "name rule", "rule:1"),
        ("pass", "safe search", "youtube"),
        ("block", "used up", "minutes:games"),
    ]
    names = [
        "www.wikipedia.org",
        "www.roblox.com",
        "forbidden.example",
        "_dns.odd.example",
        "a-name-without-any-hyphenation-whatsoever-abcdefghijklmnopqrstuvwxyz.of-a-content-network.example",
    ]
    devices = [(TABLET, ids["Annika-Friederike"]), (PHONE_OF_MAX, ids["Max"]), (STRANGER, 0)]
    lines: list[tuple[int | str, ...]] = []
    for step in range(400):
        (address, device), (action, reason, rule) = devices[step % 3], causes[step % len(causes)]
        name = names[step % len(names)]
        lines.append((now - step * 1500, address, "", device, name, 1, action, reason, rule, step % 7 + 1))
    return lines


def pages(home: Home) -> dict[str, str]:
    """What each page of that family is called -> its path, or its address if that is another."""
    held = changes.read(home.house.state)
    child = edits.person_of(held, "Annika-Friederike")
    one, window = f"/people/{child.id}", child.windows[0].id
    return {
        "home": "/",
        "person": one,
        "person-paused": f"/people/{home.key('Max')}",
        "person-allow-only": f"/people/{home.key('Mia')}",
        "guests": "/people/1",
        "person-add": "/people/add",
        "person-about": f"{one}/about",
        "person-about-preview": f"{one}/about?age=12",
        "person-remove": f"{one}/remove",
        "person-blocked": f"{one}/blocked",
        "person-kind": f"{one}/blocked/games",
        "person-hours": f"{one}/hours/{window}",
        "person-hours-new": f"{one}/hours/0",
        "person-name": f"{one}/name?what=rob&act=block",
        "asked": "/asked",
        "asked-chosen": f"/asked?person={child.id}&show=blocked&q=example",
        "day": f"{one}/day",
        "day-without-names": f"/people/{home.key('Max')}/day",
        "why": "/why",
        "why-answer": f"/why?name=https://www.roblox.com/&who=p{child.id}&at=2030-01-02T12:30",
        "devices": "/devices",
        "device": f"/devices/{held.devices[0].id}",
        "log": "/log",
        "lists": "/lists",
        "lists-kind": "/lists/adult",
        "parents": "/parents",
        "programs": "/programs",
        "account": "/account",
        "account-code": "/account/code",
        "backup": "/backup",
        "me-of-a-parent": "/me",
        "setup-house": "/setup/house",
        "setup-children": "/setup/children",
        "setup-devices": "/setup/devices",
        "setup-router": "/setup/router",
        "setup-check": "/setup/check?word=abcdefghij",
        "no-such-page": "/nothing",
        f"{NOBODY}login": "/login",
        f"{NOBODY}me": "/me",
        f"{NOBODY}me-why": "/me?name=www.roblox.com",
        f"{NOBODY}elsewhere": f"http://{BLOCKED}:{home.house.web}/",
    }
