"""Words that mean something to a shell, a database, a log or a file format, in every field of every form."""

import sqlite3
import sys
from contextlib import closing
from html.parser import HTMLParser
from itertools import islice, product
from pathlib import Path

from bench import home
from bench.page_attacks import House, Result
from filterdns.blocklists import builtin
from filterdns.household import changes, document, export
from filterdns.household.store import NAME
from tests.admin.browser import Browser
from tests.admin.crawl import routes

_SEEDS = """;id `id` $(id) |id &&id ||id >x <x ${IFS}id %0aid %00 {{7*7}} {%raw%} ${7*7} ../../x /etc/passwd file:///x
' " \\ '; -- "; '|| 'OR'1'='1 1;DROP&TABLE&x UNION&SELECT&1 !!python/object:os.system &a *a [ { : # - ? @ % ~ null
=1+1 <script> \\x00 \\u2028 javascript:x""".split()
_SEEDS += [
    "\n",
    "\r\nid",
    "\0",
    "\t",
    "\x1b[31m",
    "\x7f",
    "\x85",
    "\u2028",
    "\u2029",
    "\u202e",
    "\ufeff",
    "\uffff",
    "a" * 65_536,
]
_WORDS = """Lea 7 Mo 63 example.org 08:00 https://example.org/x service:roblox category:games aa:bb:cc:dd:ee:01
192.168.1.7""".split()
_WORDS.append("")
TEXTS = [(word + seed, seed + word, seed + word + seed)[way] for way, word, seed in product(range(3), _WORDS, _SEEDS)]
_TYPED = frozenset({"text", "search", "number", "time", "date", "datetime-local", "url", "email", "textarea", "select"})
_STARTS = (
    "subprocess.Popen",
    "os.system",
    "os.exec",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "pty.spawn",
)
_STEERS = frozenset(map(chr, [*range(9), *range(11, 32), *range(127, 160), 0x2028, 0x2029, 0x202E, 0xFEFF]))
_EACH = 100
"""Words sent between two looks at the pages, of which some go and others come."""


class _Forms(HTMLParser):
    """The forms of a page that change something: where each goes, and what it sends as it stands."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], list[str]]] = []  # address, fields as they stand, those typed into
        self._is_in = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a form, or a field of the form that is open."""
        given = {key: value or "" for key, value in attrs}
        if tag == "form":
            self._is_in = given.get("method") == "post" and "enctype" not in given
            if self._is_in:
                self.found.append((given.get("action", ""), {}, []))
        elif self._is_in and tag in {"input", "select", "textarea"} and (name := given.get("name")):
            self.found[-1][1][name] = given.get("value", "")
            if given.get("type", "text" if tag == "input" else tag) in _TYPED:
                self.found[-1][2].append(name)

    def handle_endtag(self, tag: str) -> None:
        """Note the end of a form."""
        self._is_in = self._is_in and tag != "form"


def typed(house: House, most: int) -> Result:
    """Type each into one field after the other: nothing is started, broken, or kept that steers anything."""
    result = Result(f"words typed into forms that started, broke or steered something ({most} words)")
    started: list[str] = []
    sys.addaudithook(lambda event, _: started.append(event) if event.startswith(_STARTS) else None)
    family = document.read(home.household().encode(), "family", builtin.knowledge().services)
    changes.import_household(house.state, "bench", "bench", family)
    parent, fields = house.parent(), []
    for number, text in enumerate(islice(TEXTS, most)):
        if number % _EACH == 0:
            result.through += _kept_wrong(house.state)
            parent = house.parent()
            fields = _fields(house, parent)
        page, action, standing, name = fields[number % len(fields)]
        answer = parent.send(action or page, page, **{**standing, name: text})
        result.tried += 1
        if answer.status_code >= 500 or "Traceback" in answer.text:
            result.through.append(f"{answer.status_code}: {action} {name}={text[:60]!r}")
    result.through += [*_kept_wrong(house.state), *(f"{event} was called" for event in started)]
    return result


def _fields(house: House, parent: Browser) -> list[tuple[str, str, dict[str, str], str]]:
    """Every field that is typed into: page, address, what else is sent, name."""
    found: dict[tuple[str, str], tuple[str, str, dict[str, str], str]] = {}
    with_hours = [person.id for person in changes.read(house.state).people if person.windows]
    for route, person in product(routes(house.app), with_hours[:1] or [1]):
        path = route.path.replace("/people/1", f"/people/{person}")
        if route.method != "GET":
            continue
        forms = _Forms()
        with closing(parent.get(path)) as answer:
            if answer.status_code == 200 and answer.mimetype == "text/html":
                forms.feed(answer.text)
        for action, standing, names in forms.found:
            standing.pop("csrf", None)
            for name in names:
                found.setdefault((action or path, name), (path, action, standing, name))
    return list(found.values())


def _kept_wrong(state: Path) -> list[str]:
    """What the family's memory now holds that it must not: a broken file, rules that cannot be read, odd characters."""
    with closing(sqlite3.connect(state / NAME)) as db:
        wrong = [f"rules.db: {said}" for (said,) in db.execute("PRAGMA integrity_check") if said != "ok"]
        kept = "".join(db.iterdump())
    try:
        document.read(export.write(changes.read(state)).encode(), "kept", builtin.knowledge().services)
    except document.DocumentError as error:
        wrong.append(f"not read back: {error}")
    return wrong + sorted({f"kept {char!r}" for char in kept if char in _STEERS})
