"""`python -m bench.history [FOLDER]`: what the parents' log costs the disk, and how long its pages' queries take.

1. A day of 100 000 queries, from the spool to history.db as the page's program collects it: octets that this process
   has the disk write (/proc/self/io), the spool's own apart. FOLDER must lie on a disk, not in memory.
2. 3 000 000 rows of seven days, then each query that a page makes, 40 times, each on a new connection.
3. The page as a real process above that: every address that it has, and searches among all rows, 40 times each; the
   process's memory. Exits 1 if an address takes more than 200 ms (p95) or the process more than 60 MB.
"""

import itertools
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from bench import page_flood, process
from bench.parent import House, Parent, log_in
from bench.process import BenchError
from filterdns import config
from filterdns.admin.app import create_app
from filterdns.blocklists import builtin
from filterdns.blocklists.compile import compile_table
from filterdns.clock import Zone
from filterdns.dname import from_text
from filterdns.dns.memory import Client
from filterdns.dns.spool import Spool
from filterdns.household import asked, changes, collect, history, seen
from filterdns.household.asked import Search
from filterdns.household.batch import Batch, Line, Outcome, Who
from filterdns.household.detail import Detail
from filterdns.household.history import DAY, History
from filterdns.policy import presets
from filterdns.policy.category import BITS, CHOICES
from filterdns.policy.decide import Reason
from filterdns.policy.rules import Device, Household, Person
from tests.admin.crawl import routes

QUERIES = 100_000
ROWS = 3_000_000
DAYS = 7
WORKERS = 2
REPORT = 5  # seconds between a worker's reports, as in dns/worker.py
START = int(time.time()) // DAY * DAY - (DAYS - 1) * DAY  # midnight (UTC), so that the last day is today
NIGHT, WAKING = 0.2, 1.2  # how much is asked at night and from 7 to 22 o'clock
AGES = {"Lea": 8, "Kim": 11, "Sam": 14, "Max": 16, "Eva": 40}
DEVICES = 15
SITES = 4000
NAMES = 20_000
TIMES = 40
_P95 = int(TIMES * 0.95)
MOST_MS, MOST_MB = 200, 60
HOSTS = "www api cdn img static edge m login a1 push".split()


def home(state: Path) -> Household:
    """Five people with three devices each, and two devices that nobody has claimed."""
    people = tuple(presets.apply(Person(name, age)) for name, age in AGES.items())
    devices = tuple(Device(f"Device {n}", people[n % 5].name, mac=_mac(n)) for n in range(DEVICES))
    changes.publish_current(state)
    changes.import_household(state, "bench", "bench", Household(people=people, devices=devices))
    compile_table(state / "published" / "domains", [*builtin.sources()])
    return changes.read(state)


def names() -> tuple[list[str], list[float]]:
    """Names, and how often each is asked for, added up: a few very often, most rarely."""
    found = [f"{HOSTS[n % len(HOSTS)]}{n // 50}.site{n % SITES}.com" for n in range(NAMES)]
    return found, list(itertools.accumulate(1 / (rank + 5) for rank in range(NAMES)))


def written() -> int:
    """Octets that this process has had written to disks."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("write_bytes"))


def day(state: Path, queries: int) -> None:
    """Live through a day and say what it cost."""
    ids = [*(device.id for device in home(state).devices), 0, 0]
    view = changes.compile_current(state).guests
    clients = [Client(f"192.168.1.{n + 10}", _mac(n), number, view).who for n, number in enumerate(ids)]
    spools = [Spool(state / "run", number) for number in range(WORKERS)]
    dice = random.Random(1)
    known_names, weights = names()
    wires = [from_text(name) for name in known_names]
    of_spool = of_history = lines = 0
    taken = 0.0
    for now in range(START, START + DAY, REPORT):
        pace = queries * REPORT / DAY * _busy(now) / ((9 * NIGHT + 15 * WAKING) / 24) / WORKERS
        before = written()
        for spool in spools:
            heard: dict[object, int] = {}
            for _ in range(int(pace + dice.random())):
                is_blocked = dice.random() < 0.1
                reason, rule = (Reason.CATEGORY, "category:ads") if is_blocked else (Reason.DEFAULT, None)
                [name] = dice.choices(wires, cum_weights=weights)
                line = (dice.choice(clients), name, dice.choice((1, 28, 65)), is_blocked, reason, rule)
                heard[line] = heard.get(line, 0) + 1
            spool.write(list(heard.items()), now)  # type: ignore[arg-type]
            spool.close(now)
            lines += len(heard)
        of_spool += written() - before
        if (now - START) % collect.EVERY == 0:
            before, began = written(), time.perf_counter()
            collect.collect(state, now)
            of_history, taken = of_history + written() - before, taken + time.perf_counter() - began
    size = (state / history.NAME).stat().st_size
    dropped = sum(spool.dropped for spool in spools)
    print(f"a day of {queries:,} queries, {lines:,} lines of the spool, {dropped} dropped")
    print(f"  history.db   {of_history / 1e6:6.1f} MB written, every {collect.EVERY:.0f} s, {size / 1e6:.1f} MB large, "
          f"{taken:.1f} s of work")  # fmt: skip
    print(f"  spool        {of_spool / 1e6:6.1f} MB written, where it lies on a disk and not in memory")


def fill(state: Path, rows: int) -> None:
    """Rows of seven days, ten minutes at a time."""
    known_names, weights = names()
    dice = random.Random(2)
    tags = {from_text(name): dice.choice([0, 0, 0, *(BITS[category] for category in CHOICES)]) for name in known_names}
    who = {n + 1: Who(n % 5 + 2, Detail.NAMES) for n in range(DEVICES)}
    steps = DAYS * 144
    began = time.perf_counter()
    with History(state / history.NAME) as book:
        for step in range(steps):
            at = START + step * 600
            batch = Batch(who, Who(1, Detail.NAMES), Zone("UTC"), tags.__getitem__, at + 600)
            for line in _lines(dice, known_names, weights, at):
                batch.add(line)
                if len(batch.rows) * steps >= rows:
                    break
            book.take(batch, [], [], at + 600)
    size = (state / history.NAME).stat().st_size
    print(f"{rows:,} rows, {size / 1e6:.0f} MB, made in {time.perf_counter() - began:.0f} s")


def look(state: Path) -> None:
    """Time what pages ask."""
    today = START // DAY + DAYS - 1
    first, until = asked.span_of(today, "UTC")
    queries: dict[str, Callable[..., object]] = {
        "newest first": lambda db: asked.entries(db, Search()),
        "a week back": lambda db: asked.entries(db, Search(until=START + DAY)),
        "of one person": lambda db: asked.entries(db, Search(person=3)),
        "of one device": lambda db: asked.entries(db, Search(device=3)),
        "of nobody": lambda db: asked.entries(db, Search(person=99)),
        "only blocked": lambda db: asked.entries(db, Search(outcome=Outcome.BLOCKED)),
        "a name's part": lambda db: asked.entries(db, Search(part="site77")),
        "a part that is nowhere": lambda db: asked.entries(db, Search(part="nowhere")),
        "hours of a day": lambda db: asked.by_hour(db, today, Search(person=3)),
        "categories of a day": lambda db: asked.by_category(db, today, Search(person=3)),
        "categories of a device": lambda db: asked.by_category(db, today, Search(device=3)),
        "today of each": lambda db: asked.by_person(db, today),
        "fourteen days": lambda db: asked.by_day(db, range(today - 13, today + 1), 3),
        "sites of the house": lambda db: asked.top_sites(db, Search(first=first, until=until)),
        "sites of one person": lambda db: asked.top_sites(db, Search(person=3, first=first, until=until)),
        "devices": lambda db: seen.devices(db, changes.compile_current(state)),
    }
    for title, query in queries.items():
        times = sorted(_timed(state, query) for _ in range(40))
        print(f"  {title:24} median {times[20] * 1000:6.1f} ms   p95 {times[37] * 1000:6.1f} ms")


def pages(state: Path) -> bool:
    """Time every page of a real process -> was one too slow, or the process too large?"""
    with page_flood.serving(state) as (port, pid):
        house = House(state, 0, port, pid)
        parent = log_in(house)
        times = {path: sorted(_page_times(parent, path)) for path in _paths(state)}
        resident = process.memory([pid]).rss
        began = time.perf_counter()
        status, file = parent.get("/asked.csv")
        file_time = time.perf_counter() - began
        after_file = process.memory([pid]).rss
    slowest = sorted(times, key=lambda path: -times[path][_P95])
    for path in slowest[:12]:
        print(f"  {path:58} median {times[path][TIMES // 2]:6.1f} ms   p95 {times[path][_P95]:6.1f} ms")
    print(f"  {len(times)} addresses; RSS of the page afterwards {resident:.1f} MB")
    print(f"  /asked.csv, {len(file) / 1e6:.1f} MB as it comes: {file_time:.1f} s, RSS {after_file:.1f} MB")
    is_whole = status == HTTPStatus.OK
    return not is_whole or times[slowest[0]][_P95] > MOST_MS or max(resident, after_file) > MOST_MB


def _page_times(parent: Parent, path: str) -> Iterator[float]:
    for _ in range(TIMES):
        began = time.perf_counter()
        status, _ = parent.get(path)
        if status != HTTPStatus.OK:
            raise BenchError(f"{path} answered {status}")
        yield (time.perf_counter() - began) * 1000


def _paths(state: Path) -> list[str]:
    """Every address that answers a parent with 200, with somebody who is there, and searches of what was asked."""
    household = changes.read(state)
    person = next(one for one in household.people if one.name == "Lea")
    filled = {
        "/people/1": f"/people/{person.id}",
        "/hours/1": f"/hours/{person.windows[0].id}",
        "/devices/1": f"/devices/{household.devices[0].id}",
        "/x": "/games",
        "/name": "/name?what=example.org&act=block",
    }
    found = []
    for route in routes(create_app(replace(config.BUILT_IN, state=state))):
        is_asked = not route.endpoint.startswith(("api.", "metrics.", "static", "session.", "setup.", "connect."))
        if route.method == "GET" and is_asked and route.endpoint != "asked.table":
            path = route.path
            for gap, filling in filled.items():
                path = path.replace(gap, filling)
            found.append(path)
    yesterday = asked.date_of(START // DAY + DAYS - 2).isoformat()
    found += [f"/people/{person.id}/day?day={yesterday}", f"/asked?person={person.id}", "/asked?show=blocked",
              "/asked?q=site17", "/asked?q=nowhere-at-all", f"/asked?person={person.id}&q=site17",
              f"/asked?before={(START + DAY) * history.SECOND}", "/why?name=www0.site17.com",
              f"/why?name=steampowered.com&person={person.id}",
              f"/asked?q=site17&before={(START + DAY) * history.SECOND}"]  # fmt: skip
    return found


def _timed(state: Path, query: Callable[..., object]) -> float:
    began = time.perf_counter()
    with history.reading(state) as db:
        query(db)
    return time.perf_counter() - began


def _lines(dice: random.Random, known_names: list[str], weights: list[float], at: int) -> Iterator[Line]:
    while True:
        device = dice.randrange(DEVICES + 2)
        [name] = dice.choices(known_names, cum_weights=weights)
        is_blocked = dice.random() < 0.1
        reason, rule = ("name rule", f"rule:{dice.randrange(400)}") if is_blocked else ("default", "")
        number = device + 1 if device < DEVICES else 0
        yield Line(at + dice.randrange(600), f"192.168.1.{device + 10}", _mac(device), number, name,
                   dice.choice((1, 16)), is_blocked, reason, rule, dice.randrange(1, 9))  # fmt: skip


def _busy(now: int) -> float:
    return WAKING if 7 <= (now - START) / 3600 < 22 else NIGHT


def _mac(number: int) -> str:
    return f"00:00:00:00:00:{number:02x}"


def main() -> None:
    """Both, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        day(Path(folder), QUERIES)
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as folder:
        home(Path(folder))
        fill(Path(folder), ROWS)
        look(Path(folder))
        sys.exit(pages(Path(folder)))


if __name__ == "__main__":
    main()
