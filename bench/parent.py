"""`filterdns serve` with two workers, and a parent who is logged in to its page by real requests."""

import http.client
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from bench import client, home, own, peers, process
from bench.process import BenchError
from bench.turns import PLAIN_NAME, serving
from filterdns.household.accounts import Accounts, Role
from filterdns.household.sessions import Sessions
from filterdns.household.store import NAME, Store

WORKERS = 2


@dataclass(frozen=True)
class House:
    """What runs, and where."""

    state: Path
    port: int  # of DNS
    web: int
    pid: int  # of `serve`, which has the workers and the page below it

    def page_pid(self) -> int:
        """The process of the page, which may have been started again. Raises BenchError."""
        for pid in process.tree(self.pid)[1:]:
            if b"\0admin\0" in Path(f"/proc/{pid}/cmdline").read_bytes():  # workers have the word in their settings
                return pid
        raise BenchError("the page does not run")


@dataclass
class Parent:
    """A browser's part of the work: a session, the token of its forms, one connection."""

    connection: http.client.HTTPConnection
    key: str
    token: str = ""

    def get(self, path: str) -> tuple[int, bytes]:
        """A page -> status and content."""
        self.connection.request("GET", path, headers={"Cookie": f"filterdns={self.key}"})
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def tap(self, path: str, **form: str) -> int:
        """Send a form -> status; a connection that the page closed meanwhile is opened again."""
        if not self.token:
            found = re.search(rb'name="csrf" value="(\w+)"', self.get("/account")[1])
            self.token = found[1].decode() if found else ""
        headers = {"Cookie": f"filterdns={self.key}", "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request("POST", path, urlencode({"csrf": self.token, **form}), headers)
        answer = self.connection.getresponse()
        answer.read()
        return answer.status


@contextmanager
def everything(folder: Path, state: Path | None = None, **environment: str) -> Iterator[House]:
    """Resolver and page of a family of six, with the stub upstream. Raises BenchError."""
    upstream, port, web = process.free_ports(3)
    log, config = folder / "log", home.config(folder / "home", port, web, upstream, workers=WORKERS)
    if state is not None:
        config.write_text(config.read_text().replace(str(folder / "home" / "state"), str(state)))
    state = state or folder / "home" / "state"
    family = folder / "household.yaml"
    family.write_text(home.household())
    own.verb(log, "household", "-c", str(config), "import", str(family))
    with (
        serving(peers.stub(folder / "stub", upstream), process.CLIENT_CPU, log),
        serving(peers.filterdns(config, port, "serve"), process.SERVER_CPU, log, **environment) as pid,
    ):
        client.wait_for(port, PLAIN_NAME, peers.STUB_ADDRESS, home.ADDRESSES[0], limit=60)
        yield House(state, port, web, pid)


def log_in(house: House) -> Parent:
    """A parent's account and session, made past the form. Raises BenchError if the page does not answer in time."""
    with Store(house.state / NAME) as store, store.transaction():
        accounts = Accounts(store)
        mum = accounts.named("Mum") or accounts.add("Mum", Role.PARENT, "correct horse")
        key = Sessions(store).begin(mum.id, time.time(), address="127.0.0.1", browser="a bench")
    until = time.monotonic() + 30
    while time.monotonic() < until:
        parent = Parent(http.client.HTTPConnection("127.0.0.1", house.web, timeout=60), key)
        try:
            if parent.get("/account")[0] == http.client.OK:
                return parent
        except OSError:
            time.sleep(0.1)
    raise BenchError("the page does not answer")
