"""What was asked, as parents see it: lines, charts, a day, a file; allowed from where it stands; nothing hostile."""

import csv
import io
import re
from pathlib import Path

import pytest

from filterdns import dname
from filterdns.admin.asked import MOST_LINES
from filterdns.household import changes, collect, history
from filterdns.household.edits import person_of
from filterdns.household.history import History
from filterdns.policy.rules import GUESTS, Grant, Person
from tests.admin.browser import NOW, Browser, Clock
from tests.admin.hostile import MARKS, TEXTS, WIRES
from tests.household.family import line, settle, spool

HOUR = 3600


@pytest.fixture
def state(tmp_path: Path) -> Path:
    settle(tmp_path)
    return tmp_path


def ask(state: Path, *lines: str, file: str = "0-0.tsv") -> None:
    """Have something asked and written down."""
    spool(state, file, *lines)
    collect.collect(state, int(NOW))


@pytest.fixture
def day(state: Path) -> Path:
    """A day of the family: 16:13 in Berlin."""
    at = int(NOW)
    blocked = ("category", "category:games")
    ask(
        state,
        line("Lea", "www.wiki.example", at=at - 60, times=40),
        line("Lea", "a.game.example", *blocked, at=at - HOUR, times=3),
        line("Lea", "tv.example", "off", f"window:{bedtime(state)}", at=at - 10 * HOUR),
        line("Console", "b.game.example", *blocked, at=at - 2 * HOUR),
        line("Kim", "www.deep.site.example", at=at - 120),
        line("Sam", "secret.game.example", at=at - 120, times=7),
        line("Max", "secret.adult.example", "category", "category:adult", at=at - 60, times=2),
        line("Eva", "secret.example", at=at - 60),
        line("Guests", "_odd.guest.example", at=at - 60),
        line("Guests", "yesterday.example", at=at - 26 * HOUR),
    )
    return state


def bedtime(state: Path) -> int:
    return next(window.id for window in person(state, "Lea").windows if window.name == "Bedtime")


def person(state: Path, name: str) -> Person:
    return person_of(changes.read(state), name)


def names(page: str) -> list[str]:
    return re.findall(r'class="what"><span class="address">([^<]*)<', page)


def keys(page: str) -> list[str]:
    return re.findall(r'name="hour" value="(\d+)"', page)


def test_before_anything_is_written_down(parent: Browser) -> None:
    for path in ("/asked", "/people/2/day"):
        answer = parent.get(path)
        assert answer.status_code == 200
        assert "Nothing has been written down yet" in answer.text
    assert parent.get("/asked.csv").status_code == 404
    assert "Today:" in parent.get("/").text


@pytest.mark.usefixtures("day")
def test_the_newest_first_with_person_device_and_why(parent: Browser) -> None:
    page = parent.get("/asked").text
    assert sorted(names(page)[:2]) == ["_odd.guest.example", "www.wiki.example"]
    assert names(page)[2:] == [
        "site.example", "a.game.example", "b.game.example", "tv.example", "yesterday.example",
    ]  # fmt: skip
    for words in (
        "Lea&#39;s tablet",
        "Console",
        "40 times",
        "Bedtime",
        "Online games",
        "4:12\u202fPM",
        "Sun 2:13\u202fPM",
    ):
        assert words in page


@pytest.mark.parametrize("secret", ["secret", "deep", "Eva"])
def test_what_age_keeps_away_is_nowhere(day: Path, parent: Browser, secret: str) -> None:
    people = changes.read(day).people
    paths = ["/asked", "/asked.csv", *(f"/people/{one.id}/day" for one in people if one.name != "Eva")]
    for path in paths:
        assert secret not in parent.get(path).text.replace("Eva&#39;s phone", "").replace("Eva's phone", "")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("person=Lea", ["www.wiki.example", "a.game.example", "b.game.example", "tv.example"]),
        ("person=Sam", []),
        ("show=blocked", ["a.game.example", "b.game.example"]),
        ("show=off", ["tv.example"]),
        ("show=open&person=Kim", ["site.example"]),
        ("q=GAME", ["a.game.example", "b.game.example"]),
        ("q=%25", []),
        ("day=2026-09-20", ["yesterday.example"]),
        ("day=2026-09-19", []),
        ("day=9999-99-99&person=x&device=-1&show=all&before=y&q=wiki", ["www.wiki.example"]),
        ("day=9999-12-31&q=wiki", ["www.wiki.example"]),
        ("before=-5", []),
        ("device=99999999999999999999&q=wiki", ["www.wiki.example"]),
    ],
)
def test_what_is_chosen(day: Path, parent: Browser, query: str, found: list[str]) -> None:
    for one in changes.read(day).people:
        query = query.replace(f"person={one.name}", f"person={one.id}")
    answer = parent.get(f"/asked?{query}")
    assert answer.status_code == 200
    assert sorted(names(answer.text)) == sorted(found)


def test_page_by_page(state: Path, parent: Browser) -> None:
    ask(state, *(line("Lea", f"n{number:03}.example", at=int(NOW) - number) for number in range(120)))
    seen: list[str] = []
    path = "/asked?q=example"
    while path:
        page = parent.get(path).text
        seen += names(page)
        further = re.search(r'href="([^"]*before=[^"]*)"', page)
        path = further[1].replace("&amp;", "&") if further else ""
    assert seen == [f"n{number:03}.example" for number in range(120)]


def test_charts_have_their_numbers_in_a_table(day: Path, parent: Browser) -> None:
    page = parent.get(f"/people/{person(day, 'Lea').id}/day").text
    assert page.count('<svg viewBox="0 0 240 40"') == 1
    assert 'role="img" aria-label="Hour by hour"' in page
    assert "<title>Hour by hour</title><desc>" in page
    rows = re.findall(r'<tr><th scope="row">([^<]*)</th><td>(\d+)</td><td>(\d+)</td><td>(\d+)</td></tr>', page)
    assert [numbers for _, *numbers in rows] == [["0", "0", "1"], ["0", "1", "0"], ["0", "3", "0"], ["40", "0", "0"]]
    assert "45 questions, 4 blocked." in page


@pytest.mark.parametrize(
    ("name", "line_of_day", "kept"),
    [
        ("Lea", "45 questions, 4 blocked", "names that were asked"),
        ("Kim", "1 question", "the sites that were asked"),
        ("Sam", "7 questions, mostly Online games", "which kind, and no names"),
        ("Max", "Dangerous things blocked: 2", "how often something dangerous"),
        (GUESTS, "1 question", "names that were asked"),
    ],
)
def test_today_in_one_line_is_one_tap_from_home(
    day: Path, parent: Browser, name: str, line_of_day: str, kept: str
) -> None:
    home = parent.get("/").text
    path = f"/people/{person(day, name).id}/day"
    shown = re.search(rf'href="{path}"><span>Today: ([^<]*)</span>', home)
    assert shown
    assert shown[1] == line_of_day
    page = parent.get(path).text
    assert line_of_day in page
    assert kept in page


def test_grown_ups_have_no_day(day: Path, parent: Browser) -> None:
    key = person(day, "Eva").id
    assert f"/people/{key}/day" not in parent.get("/").text
    assert "nothing is written down" in parent.get(f"/people/{key}/day").text


@pytest.mark.parametrize(
    "query", ["", "?day=2026-09-20", "?day=1900-01-01", "?day=2999-01-01", "?day=x", "?day=9999-12-31"]
)
def test_days_before_and_after(day: Path, parent: Browser, query: str) -> None:
    answer = parent.get(f"/people/{person(day, GUESTS).id}/day{query}")
    assert answer.status_code == 200
    assert ("yesterday.example" in answer.text) is (query == "?day=2026-09-20")
    assert parent.get(f"/people/999/day{query}").status_code == 404


def test_allowed_for_an_hour_in_two_taps(day: Path, parent: Browser) -> None:
    page = parent.get("/asked?show=blocked").text
    answer = parent.send("/asked/allow", "/asked?show=blocked", hour=keys(page)[0], show="blocked", q="a.game")
    assert answer.status_code == 303
    assert answer.location == "/asked?show=blocked&q=a.game"
    [grant] = person(day, "Lea").grants
    assert grant == Grant("name:a.game.example", int(NOW) + HOUR, grant.id)
    assert "Allowed a.game.example for Lea until" in parent.get("/asked").text


def test_allowed_for_good(day: Path, parent: Browser) -> None:
    key = keys(parent.get("/asked?show=blocked").text)[1]
    assert parent.send("/asked/allow", "/asked", good=key).status_code == 303
    assert [(rule.name, rule.action) for rule in person(day, "Lea").rules] == [("b.game.example", "allow")]


@pytest.mark.parametrize("form", [{}, {"hour": "0"}, {"hour": "x"}, {"good": "-1"}, {"hour": "99999999999999999999"}])
def test_what_is_no_line_is_not_allowed(day: Path, parent: Browser, form: dict[str, str]) -> None:
    before = changes.read(day)
    assert parent.send("/asked/allow", "/asked", **form).status_code == 404
    assert changes.read(day) == before


def test_only_parents_see_it(day: Path, helper: Browser, viewer: Browser, nobody: Browser) -> None:
    key = person(day, "Lea").id
    for path in ("/asked", "/asked.csv", f"/people/{key}/day"):
        assert helper.get(path).status_code == 403
        assert viewer.get(path).status_code == 403
        assert nobody.get(path).status_code == 303
    assert helper.send("/asked/allow", "/", hour="1").status_code == 403
    for browser in (helper, viewer):
        home = browser.get("/").text
        assert "Today:" not in home
        assert 'href="/asked"' not in home


@pytest.mark.usefixtures("day")
def test_a_file_of_it(parent: Browser) -> None:
    answer = parent.get("/asked.csv?q=game")
    assert answer.mimetype == "text/csv"
    rows = list(csv.reader(io.StringIO(answer.text)))
    assert rows[0] == ["Time", "Person", "Device", "Name", "Category", "Outcome", "Reason", "Times"]
    assert [row[1:] for row in rows[1:]] == [
        ["Lea", "Lea's tablet", "a.game.example", "Online games", "blocked", "Online games", "3"],
        ["Lea", "Console", "b.game.example", "Online games", "blocked", "Online games", "1"],
    ]
    assert rows[1][0] == "2026-09-21 15:13:20"


def test_a_file_is_bounded_and_whole(state: Path, parent: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(state, *(line("Lea", f"n{number}.example", at=int(NOW) - number) for number in range(2500)))
    assert len(parent.get("/asked.csv").text.splitlines()) == 2501
    monkeypatch.setattr("filterdns.admin.asked.MOST_LINES", 1700)
    assert len(parent.get("/asked.csv").text.splitlines()) == 1701
    assert MOST_LINES > 2500


def test_nothing_hostile_gets_through_as_it_is(state: Path, parent: Browser) -> None:
    """500 names through the spool, the lines, a day, the file and the page that says why."""
    ask(state, *(line("Guests", dname.to_text(wire), at=int(NOW) - number) for number, wire in enumerate(WIRES)))
    pages, path = [], "/asked"
    while path:
        pages.append(parent.get(path).text)
        further = re.search(r'href="([^"]*before=[^"]*)"', pages[-1])
        path = further[1].replace("&amp;", "&") if further else ""
    assert sum(len(names(page)) for page in pages) == 500
    pages.append(parent.get(f"/people/{person(state, GUESTS).id}/day").text)
    rows = list(csv.reader(io.StringIO(parent.get("/asked.csv").text)))
    assert len(rows) == 501
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert any(row[3].startswith("'-") for row in rows)
    for page in (*pages, "\n".join(map(",".join, rows))):
        assert not [mark for mark in MARKS if mark in page]


@pytest.mark.usefixtures("day")
@pytest.mark.parametrize("where", ["q", "person", "device", "show", "day", "before"])
def test_nothing_hostile_comes_back_from_the_address(parent: Browser, where: str) -> None:
    for text in TEXTS[::23]:
        answer = parent.get("/asked", query_string={where: text})
        assert answer.status_code == 200
        assert not [mark for mark in MARKS if mark in answer.text]


def test_pages_are_small(state: Path, parent: Browser) -> None:
    name = "a-very-long-name-of-some-node.of-some-content-delivery.network.in-a-place.example"
    blocked = ("category", "category:games")
    ask(state, *(line("Lea", f"{number}.{name}", *blocked, at=int(NOW) - number) for number in range(60)))
    static = sum(path.stat().st_size for path in Path("filterdns/admin/static").iterdir())
    for path in ("/asked", f"/people/{person(state, 'Lea').id}/day"):
        assert len(parent.get(path).data) + static < 60_000


def test_a_damaged_or_locked_log_is_said_calmly(day: Path, parent: Browser) -> None:
    (day / history.NAME).write_bytes(b"damaged" * 1000)
    for path in ("/asked", f"/people/{person(day, 'Lea').id}/day"):
        assert "cannot be read just now" in parent.get(path).text
    assert parent.get("/").status_code == 200


def test_how_long_it_is_kept(day: Path, parent: Browser, helper: Browser) -> None:
    assert '<option value="7" selected>7 days' in parent.get("/asked").text
    assert parent.send("/asked/keep", "/asked", days="1").status_code == 303
    assert changes.read(day).history_days == 1
    assert "What was asked is kept for 1 day" in parent.get("/asked").text
    collect.collect(day, int(NOW))
    assert "yesterday.example" not in parent.get("/asked").text
    for days in ("2", "-1", "x", ""):
        assert parent.send("/asked/keep", "/asked", days=days).status_code == 400
    assert helper.send("/asked/keep", "/", days="30").status_code == 403
    assert parent.send("/asked/keep", "/asked", days="0").status_code == 303
    collect.collect(day, int(NOW) + 1)
    assert names(parent.get("/asked").text) == []


def test_looking_wakes_the_collector(day: Path, parent: Browser) -> None:
    page = parent.client.application.extensions["filterdns"]
    page.collector = collect.Collector(day)
    parent.get("/asked")
    assert page.collector._looked_at.is_set()
    page.collector.fault = "disk is full"
    assert "not being written down just now" in parent.get("/asked").text


def test_looking_changes_nothing(day: Path, parent: Browser, clock: Clock) -> None:
    files = [day / "rules.db", day / history.NAME]
    paths = ["/asked", "/asked.csv", f"/people/{person(day, 'Lea').id}/day", "/why?name=a.game.example"]
    parent.get("/")
    before = [file.read_bytes() for file in files]
    for path in paths:
        parent.get(path)
    assert [file.read_bytes() for file in files] == before
    assert clock.epoch == NOW
    with History(day / history.NAME) as book:
        book.check()
