"""Hostile words in every place where the page shows words that people or devices gave."""

import contextlib
import random
from collections.abc import Iterator
from dataclasses import replace

from bench.page_attacks import House, Result
from filterdns import dname
from filterdns.dns.memory import Client
from filterdns.dns.spool import Spool
from filterdns.household import changes
from filterdns.household.accounts import AccountError, Accounts, Role
from filterdns.household.batch import parse
from filterdns.household.requests import Requests
from filterdns.household.sessions import Sessions
from filterdns.household.store import NAME, Store
from filterdns.policy.rules import Device, Household, OwnList, Person, RuleError, Window
from tests.admin.crawl import routes
from tests.admin.hostile import MARKS, TEXTS

SEED = 5
BATCH = 20
"""Texts planted at once, so that each page shows many."""
PLACES = 12
"""Person, device, window, list, household, account, key, browser, request; typed name, address, search."""


def escapes(house: House, most: int) -> Result:
    """Plant each text everywhere and look at every page."""
    result = Result(f"pages that showed a text unescaped ({most} texts x {PLACES} places)")
    texts = TEXTS[:most]
    for at in range(0, len(texts), BATCH):
        batch = texts[at : at + BATCH]
        plant(house, batch)
        for path, page in _pages(house, batch):
            result.tried += 1
            result.through += [f"{path}: {mark}" for mark in MARKS if mark in page]
    return result


def spooled(house: House, most: int) -> Result:
    """Names of any octets, as a worker writes them down: a line for each, and no octet that steers anything."""
    result = Result("names that broke a line of the spool, or were not read back", most)
    dice = random.Random(SEED)
    view = changes.compile_current(house.state).guests
    who = Client("192.168.1.7", None, 0, view).who
    spool = Spool(house.state / "run", 0)
    for number in range(0, most, BATCH):
        names = [
            dname.from_labels([dice.randbytes(dice.randrange(1, 60)).lower(), b"%d" % (number + each)])
            for each in range(BATCH)
        ]
        spool.write([((who, name, 1, False, "default", None), 1) for name in names], 1_790_000_000)
        content = (house.state / "run" / "spool" / "0.open").read_bytes()
        (house.state / "run" / "spool" / "0.open").write_bytes(b"")
        lines = content.decode("ascii").splitlines()
        read = [found.name for line in lines if (found := parse(line))]
        if read != [dname.to_text(name) for name in names] or any(
            octet < 32 and octet not in b"\t\n" for octet in content
        ):
            result.through.append(f"among names {number} to {number + BATCH}")
    return result


def plant(house: House, texts: list[str]) -> None:
    """Put them wherever a family, a device or a browser may leave words."""
    first = changes.first_household()
    people = [person for number, text in enumerate(texts) for person in _people(number, text)]
    devices = [device for number, text in enumerate(texts) for device in _devices(number, text, people)]
    lists = [own for number, text in enumerate(texts) for own in _lists(number, text)]
    household = replace(first, people=(*first.people, *people), devices=tuple(devices))
    household = replace(household, lists=replace(household.lists, own=tuple(lists)), name=_shown(texts[0]) or "Home")
    changes.edit(house.state, _shown(texts[0]) or "Mum", _shown(texts[-1]) or "A change", lambda _known: household)
    known = changes.read(house.state)
    with Store(house.state / NAME) as store, store.transaction():
        accounts, sessions = Accounts(store), Sessions(store)
        for other in accounts.all()[1:]:
            accounts.remove(other.id)
        for token in sessions.tokens():
            sessions.remove_token(token.id)
        accounts.end_sessions(house.mum.id)
        store.execute("DELETE FROM requests")
        for text in texts[:5]:
            row = {"name": text, "role": str(Role.VIEWER), "password": "none", "language": "", "totp_step": 0}
            store.insert("parents", row)
            with contextlib.suppress(AccountError):  # refused at the door, which is as good
                sessions.make_token(house.mum.id, text, Role.VIEWER, house.clock.epoch)
            sessions.begin(house.mum.id, house.clock.epoch, address=text, browser=text)
        for person, text in zip(known.people, texts, strict=False):
            Requests(store).ask(person.id, 0, "time", text, int(house.clock.epoch))


def _pages(house: House, texts: list[str]) -> Iterator[tuple[str, str]]:
    parent = house.parent()
    known = changes.read(house.state)
    numbers = [str(person.id) for person in known.people][:3] + [str(device.id) for device in known.devices][:2]
    for route in routes(house.app):
        if route.method != "GET" or route.path.startswith("/static"):
            continue
        for number in numbers if "/1" in route.path else ["1"]:
            path = route.path.replace("/1", f"/{number}")
            with parent.get(path) as answer:
                if answer.mimetype == "text/html":
                    yield path, answer.get_data(as_text=True)
    for text in texts:
        for path in ("/asked", "/why", "/setup/check", f"/{text}"):
            with parent.client.get(path, query_string={"q": text, "name": text, "at": text, "word": text}) as answer:
                yield f"{path}?q=", answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        for path in ("/setup/children", "/parents", "/login", "/programs"):
            form = {"name": [text, text], "age": ["x", "x"], "password": text, "role": text, "person": text}
            yield path, parent.send(path, "/account", **form).text
    for path in ("/", "/parents"):
        yield path, parent.get(path).text


def _people(number: int, text: str) -> list[Person]:
    try:
        nights = (Window(f"{number}{text}"[:80], (0, 1), 1200, 420, internet_off=True),)
        return [Person(f"{number}{text}"[:80], 9, windows=nights)]
    except RuleError:
        return []


def _devices(number: int, text: str, people: list[Person]) -> list[Device]:
    try:
        owner = people[number % len(people)].name if people else None
        return [Device(f"{number}{text}"[:80], owner, mac=f"aa:bb:cc:dd:ee:{number:02x}")]
    except RuleError:
        return []


def _lists(number: int, text: str) -> list[OwnList]:
    try:
        return [OwnList(f"{number}{text}"[:80], f"https://lists.example/{number}", "adult")]
    except RuleError:
        return []


def _shown(text: str) -> str:
    """The text if it may be a name, else nothing."""
    try:
        return Household(name=text).name
    except RuleError:
        return ""
