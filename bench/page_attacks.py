"""Attacks on the page within one process: each tells how much it tried and what got through."""

import hashlib
import itertools
import os
import re
import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from filterdns import config
from filterdns.admin import gate
from filterdns.admin.app import create_app
from filterdns.household import changes
from filterdns.household.accounts import Account, Accounts, Role
from filterdns.household.sessions import Sessions
from filterdns.household.store import NAME, Store
from filterdns.household.throttle import Throttle
from tests.admin.browser import NOW, PASSWORD, Browser, Clock
from tests.admin.crawl import routes

HOSTS = """attacker.example 192.168.1.2.attacker.example localhost.attacker.example attacker.example. evil
127.0.0.1.evil.example 127.0.0.1@evil.example evil.example/127.0.0.1 [::1 127.0.0.1:port 2130706433 0x7f.1 127.1
0177.0.0.1 localhost:99999 localhost:-1 filter.home.evil.example xfilter.home filter.homex FILTER.HOME.EVIL.EXAMPLE
[::ffff:192.0.2.99] 192.0.2.99 198.51.100.7 [2001:db8::1] [fe80::1%25eth0] [fe80::1%eth0] localhost%00 localhost%2eevil
localhost#x localhost?x localhost\\evil localhost;evil localhost,evil localhost,localhost *.home * .. . :80 @
http://localhost //localhost localhost// [] [x] [::] 0 00 1 a:b:c:d xn--80ak6aa92e.example \u0660.0.0.0
\u24dbocalhost \uff4cocalhost""".split()


@dataclass
class Result:
    """Of one attack."""

    name: str
    tried: int = 0
    through: list[str] = field(default_factory=list)
    allowed: int = 0

    @property
    def is_fine(self) -> bool:
        """Nothing got through but what may."""
        return len(self.through) <= self.allowed

    def __str__(self) -> str:
        said = f"{'fine' if self.is_fine else 'BAD '}  {len(self.through)} of {self.tried:,}: {self.name}"
        return "\n    ".join([said, *([] if self.is_fine else self.through[:5])])


@dataclass
class House:
    """A page with a household, a parent, and a clock that the attack sets."""

    state: Path
    clock: Clock
    app: Flask
    mum: Account

    @classmethod
    def build(cls, state: Path) -> "House":
        """A new one in an empty folder."""
        changes.publish_current(state)
        with Store(state / NAME) as store, store.transaction():
            mum = Accounts(store).add("Mum", Role.PARENT, PASSWORD)
        clock = Clock(NOW)
        settings = replace(config.BUILT_IN, state=state, web_hosts=("filter.home",))
        app = create_app(settings, lambda: clock.epoch, lambda: clock.steady)
        app.logger.disabled = True
        return cls(state, clock, app, mum)

    def parent(self) -> Browser:
        """A browser of the parent's."""
        with Store(self.state / NAME) as store, store.transaction():
            key = Sessions(store).begin(self.mum.id, self.clock.epoch, address="127.0.0.1", browser="a browser")
        client = self.app.test_client()
        client.set_cookie(gate.COOKIE, key)
        return Browser(client)

    def fingerprint(self) -> str:
        """Of the family's memory."""
        return hashlib.sha256((self.state / NAME).read_bytes()).hexdigest()


def hosts(house: House) -> Result:
    """Names and addresses that are not this machine's."""
    result = Result("Host headers that are not ours and got an answer")
    client = house.app.test_client()
    for host in HOSTS:
        result.tried += 1
        environ = {"HTTP_HOST": host.encode().decode("latin-1")}
        if client.get("/login", environ_overrides=environ).status_code == 200:
            result.through.append(host)
    return result


def guesses(house: House) -> list[Result]:
    """Ten thousand guesses of one address in a quarter of an hour, and of a hundred in an hour, by the clock given."""
    alone = Result("guesses of one address looked at in 15 min (6 are allowed)", allowed=6)
    together = Result("guesses of a hundred addresses looked at in an hour (30 are allowed)", allowed=30)
    throttle = Throttle()
    for step in range(10_000):
        alone.tried += 1
        if not throttle.attempt("10.0.0.9", "Mum", step * 0.09):
            alone.through.append(f"guess {step}")
    throttle = Throttle()
    for step in range(10_000):
        together.tried += 1
        if not throttle.attempt(f"10.0.0.{step % 100}", "Mum", step * 0.36):
            together.through.append(f"guess {step}")
    client = house.app.test_client()
    token = Browser(client).token()
    form = {"csrf": token, "name": "Mum", "password": "wrong horse"}
    looked_at = sum("not right" in client.post("/login", data=form).text for _ in range(200))
    live = Result("guesses on the page itself looked at (6 are allowed)", 200, ["a guess"] * looked_at, 6)
    return [alone, together, live]


def fixations(house: House, times: int) -> Result:
    """A key that somebody chose before the log-in, and one from before the log-out, opens nothing."""
    result = Result("old or chosen keys that were a session")
    for _ in range(times):
        client = house.app.test_client()
        chosen = os.urandom(32).hex()[:43]
        client.set_cookie(gate.COOKIE, chosen)
        browser = Browser(client)
        browser.send("/login", name="Mum", password=PASSWORD)
        first = _key(client)
        browser.send("/logout", "/account")
        for old in (chosen, first):
            result.tried += 1
            client.set_cookie(gate.COOKIE, old)
            if client.get("/account").status_code == 200:
                result.through.append(old)
    return result


def crossings(house: House, times: int) -> Result:
    """People who log in at once each get their own session."""
    result = Result("sessions of somebody else's after logging in at once", times)
    with Store(house.state / NAME) as store, store.transaction():
        names = [f"Aunt {number}" for number in range(8)]
        for name in names:
            Accounts(store).named(name) or Accounts(store).add(name, Role.VIEWER, PASSWORD)

    def log_in(name: str, share: int) -> None:
        for _ in range(share):
            client = house.app.test_client()
            client.environ_base["REMOTE_ADDR"] = (
                f"10.0.0.{names.index(name)}"  # five of one address wait for each other
            )
            browser = Browser(client)
            browser.send("/login", name=name, password=PASSWORD)
            if f"<h1>{name}</h1>" not in browser.get("/account").text:
                result.through.append(name)

    threads = [threading.Thread(target=log_in, args=(name, times // len(names))) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return result


def looks(house: House, rounds: int) -> Result:
    """Reading every page changes nothing."""
    result = Result("pages that changed something when looked at")
    parent = house.parent()
    parent.get("/")
    before = house.fingerprint()
    for _, route in itertools.product(range(rounds), [one for one in routes(house.app) if one.method == "GET"]):
        result.tried += 1
        parent.get(route.path).close()
        if house.fingerprint() != before:
            result.through.append(route.path)
            before = house.fingerprint()
    return result


def errors(house: House, most: int) -> Result:
    """What goes wrong tells nothing of the inside."""
    result = Result("answers with a trace, a path or what was sent in them")
    parent = house.parent()
    sent = ["<script>xq7()</script>", "%00", "../../etc/passwd", "\u202e", "'", "{{7*7}}", "%(x)s", "x" * 3000]
    asked = itertools.product(range(99), sent, [one for one in routes(house.app) if one.method == "GET"])
    for number, text, route in itertools.islice(asked, most):
        result.tried += 1
        path = f"{route.path.rstrip('/')}/{text}" if number % 2 else route.path
        with parent.client.get(path, query_string={"q": text, "person": text, "day": text, "at": text}) as answer:
            body = answer.get_data(as_text=True)
        if re.search(r"Traceback|/site-packages/|File \"|<script>xq7", body) or str(house.state) in body:
            result.through.append(path)
    return result


def _key(client: FlaskClient) -> str:
    cookie = client.get_cookie(gate.COOKIE)
    return cookie.value if cookie else ""
