"""The verdict in words: who is meant, which time is meant, what decided, until when."""

import hashlib
import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from filterdns import config, refresh, verdict
from filterdns.blocklists import builtin
from filterdns.household import changes, document
from filterdns.verdict import AskedWrongError, Books, NothingPublishedError, parse_at

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=BERLIN).timestamp()

HOUSEHOLD = b"""\
household: {timezone: Europe/Berlin}
people:
  - name: Lea
    age: 9
    block: [service:discord]
    allow: [service:youtube]
    youtube: strict
    windows:
      - {name: Bedtime, days: [mon, tue, wed, thu, sun], from: "20:00", to: "07:00", internet: off}
      - {name: Homework, days: [mon], from: "15:00", to: "17:00", block: [video]}
    rules:
      - {name: wikipedia.org, action: allow}
  - {name: Tom, age: 5}
  - {name: Anna, age: 40}
  - {name: Max, age: 16, windows: [], pauses: [{until: never}]}
devices:
  - {name: Tablet, person: Lea, mac: "aa:bb:cc:dd:ee:01"}
  - {name: Console, person: Lea, address: 192.168.1.40}
"""

LISTS = {
    "games/mine.txt": "playground.example\n",
    "adult/theirs.txt": "deep.playground.example\n",
    "allow/mine.txt": "open.playground.example\n",
    "illegal/operator.txt": hashlib.sha256(b"hush.playground.example").hexdigest() + "\n",
}


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Books:
    state = tmp_path_factory.mktemp("state")
    for place, content in LISTS.items():
        file = state / "lists" / "local" / place
        file.parent.mkdir(parents=True)
        file.write_text(content)
    refresh.refresh(replace(config.BUILT_IN, state=state), refresh.Wish(local=True), print, print)
    household = document.read(HOUSEHOLD, "h.yaml", builtin.knowledge().services)
    changes.import_household(state, "test", "test", household)
    return verdict.open_books(state)


@pytest.mark.parametrize(
    ("name", "asked", "sentence"),
    [
        ("example.org", {}, "is open for Guests: nothing speaks against it (Guests: devices nobody has claimed)."),
        ("example.org", {"device": "192.168.1.99"}, "is open for Guests: nothing speaks against it."),
        ("example.org", {"person": "Anna"}, "is open for Anna: nothing speaks against it."),
        ("example.org", {"person": "Lea"}, "is open for Lea until 15:00: nothing speaks against it."),
        ("de.wikipedia.org", {"person": "lea"}, 'is open for Lea until 15:00: a rule says so ("allow wikipedia.org").'),
        ("example.org", {"device": "tablet", "at": "mon 21:00"},
         'is blocked for Lea until Tue 07:00: the internet is off ("Bedtime").'),
        ("example.org", {"device": "AA-BB-CC-DD-EE-01", "at": "2026-12-24 21:00"},
         'is blocked for Lea until Fri 07:00: the internet is off ("Bedtime").'),
        ("www.roblox.com", {"device": "192.168.1.40"}, "is blocked for Lea until 15:00: it belongs to games."),
        ("gateway.discord.gg", {"person": "Lea"}, "is blocked for Lea until 15:00: it belongs to Discord."),
        ("www.youtube.com", {"person": "Lea"},
         "is answered in its safe form for Lea until 15:00: safe search is on (restrict.youtube.com)."),
        ("www.youtube.com", {"person": "Lea", "at": "mon 16:00"},
         'is blocked for Lea until 17:00: the window "Homework" blocks it.'),
        ("search.yahoo.com", {"person": "Lea"},
         "is blocked for Lea until 15:00: it is a search engine without a safe form."),
        ("example.org", {"person": "Tom"}, "is blocked for Tom until 19:30: only what is on the list is open."),
        ("example.org", {"person": "Max"}, "is blocked for Max: the internet is paused."),
        ("nummergegenkummer.de", {"person": "Max"}, "is open for Max: help is always within reach."),
        ("captive.apple.com", {"person": "Max"}, "is open for Max: devices need it to work."),
    ],
)  # fmt: skip
def test_the_sentence(books: Books, name: str, asked: dict[str, str], sentence: str) -> None:
    found = verdict.judge(books, name, MONDAY_NOON, **asked)  # type: ignore[arg-type]
    assert found.sentence == f"{name} {sentence}"
    assert verdict.lines(found)[0] == found.sentence
    json.dumps(verdict.as_json(found))


def test_every_row_to_the_deciding_one_is_shown(books: Books) -> None:
    lines = verdict.lines(verdict.judge(books, "www.roblox.com", MONDAY_NOON, person="Lea"))
    assert "  on service:roblox (Roblox, games) as roblox.com" in lines
    rows = [line.split()[0] for line in lines if line.strip()[0].isdigit()]
    assert rows == [str(number) for number in range(1, 10)]
    assert lines[-1].endswith("blocks (category:games)")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("example.org", []),
        ("www.playground.example", ["on local:games/mine.txt (mine, games) as playground.example", "belongs to games"]),
        ("x.deep.playground.example", [
            "on local:adult/theirs.txt (theirs, adult) as deep.playground.example",
            "on local:games/mine.txt (mine, games) as playground.example",
            "belongs to adult, games",
        ]),
        ("open.playground.example", [
            "on local:allow/mine.txt (mine, allow list) as open.playground.example",
            "on local:games/mine.txt (mine, games) as playground.example, but an allow list takes it out",
        ]),
        ("www.roblox.com", [
            "on service:roblox (Roblox, games) as roblox.com", "belongs to games, service:roblox",
        ]),
        ("www.childline.org.uk", [
            "on builtin:helplines (Help for children, helplines) as childline.org.uk", "belongs to helplines",
        ]),
    ],
)  # fmt: skip
def test_who_holds_a_name_is_shown(books: Books, name: str, expected: list[str]) -> None:
    found = verdict.judge(books, name, MONDAY_NOON, person="Anna")
    assert [line.strip() for line in verdict.lines(found)[2:] if not line.strip()[0].isdigit()] == expected
    told = verdict.as_json(found)["lists"]
    said = "\n".join(expected)
    assert all(f"on {each['list']} ({each['title']}, " in said for each in told)
    assert [each["taken_out"] for each in told] == ["takes it out" in line for line in expected if " as " in line]


def test_a_name_that_nobody_may_open_is_blocked_and_no_more_is_said(books: Books) -> None:
    found = verdict.judge(books, "x.hush.playground.example", MONDAY_NOON, person="Anna")
    assert verdict.lines(found) == [
        "x.hush.playground.example is blocked for Anna: there is no exception to it.",
        "  at Mon 2026-11-23 12:00 CET, A: 0.0.0.0",
        "   1 blocked for everyone: blocks",
    ]
    told = json.dumps(verdict.as_json(found)).lower()
    assert not [word for word in ("illegal", "operator", "games", "mine.txt") if word in told]


@pytest.mark.parametrize(
    ("name", "qtype", "answer"),
    [
        ("roblox.com", "A", "0.0.0.0"),  # noqa: S104 - an answer
        ("roblox.com", "aaaa", "::"),
        ("roblox.com", "HTTPS", "no data"),
        ("use-application-dns.net", "A", "NXDOMAIN"),
        ("www.google.com", "A", "alias of forcesafesearch.google.com"),
        ("example.org", "A", "asked of the upstream servers"),
    ],
)
def test_the_answer_that_goes_out(books: Books, name: str, qtype: str, answer: str) -> None:
    assert verdict.judge(books, name, MONDAY_NOON, person="Lea", qtype=qtype).answer == answer


@pytest.mark.parametrize(
    ("name", "asked", "words"),
    [
        ("a..b", {}, "is not a domain name"),
        ("example.org", {"person": "Leo"}, 'no person "Leo": Guests, Lea, Tom, Anna, Max'),
        ("example.org", {"device": "Phone"}, 'no device "Phone": Tablet, Console'),
        ("example.org", {"at": "someday"}, "is not a time"),
        ("example.org", {"at": "foo 21:00"}, "is not a day"),
        ("example.org", {"at": "0001-01-01 00:00"}, "is not a time"),
        ("example.org", {"at": "9999-12-31 23:59"}, "is not a time"),
    ],
)
def test_a_question_about_what_is_not_there(books: Books, name: str, asked: dict[str, str], words: str) -> None:
    with pytest.raises(AskedWrongError, match=words):
        verdict.judge(books, name, MONDAY_NOON, **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mon 21:00", "2026-11-23 21:00"),
        ("mon 12:00", "2026-11-23 12:00"),
        ("Mon 11:59", "2026-11-30 11:59"),
        ("monday 9:05", "2026-11-30 09:05"),
        ("sun 00:00", "2026-11-29 00:00"),
        ("21:00", "2026-11-23 21:00"),
        ("11:00", "2026-11-24 11:00"),
        ("2026-12-24 21:00", "2026-12-24 21:00"),
        ("2026-12-24T20:00:00+00:00", "2026-12-24 21:00"),
    ],
)
def test_the_time_that_is_meant(text: str, expected: str) -> None:
    found = datetime.fromtimestamp(parse_at(text, "Europe/Berlin", MONDAY_NOON), BERLIN)
    assert f"{found:%Y-%m-%d %H:%M}" == expected


def test_without_a_published_policy_the_family_s_rules_are_compiled(tmp_path: Path) -> None:
    with pytest.raises(NothingPublishedError, match=r"published/domains: .*; run: filterdns update"):
        verdict.open_books(tmp_path)
    refresh.refresh(replace(config.BUILT_IN, state=tmp_path), refresh.Wish(local=True), print, print)
    (tmp_path / "published" / "policy").unlink()
    assert verdict.open_books(tmp_path).policy.revision == 1
    (tmp_path / "rules.db").unlink()
    with pytest.raises(NothingPublishedError, match="published/policy"):
        verdict.open_books(tmp_path)
