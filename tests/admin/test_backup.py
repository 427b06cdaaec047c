"""Backup and restore: a round trip is the same, a hostile file changes nothing by half and says why."""

import hashlib
import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from filterdns.blocklists import builtin
from filterdns.household import changes, document, export
from filterdns.policy.rules import Household
from tests.admin.browser import Browser

GOOD = b"""\
household: {timezone: Europe/Vienna, country: AT, language: en}
people:
  - {name: Lea, age: 9}
  - {name: Mum}
devices:
  - {name: Tablet, person: Lea, mac: "aa:bb:cc:dd:ee:01"}
"""


def look(browser: Browser, content: bytes, name: str = "household.yaml") -> str:
    answer = browser.upload("/backup/look", content, name)
    return answer.text if answer.status_code == 200 else f"refused {answer.status_code} {answer.text}"


def put_back(browser: Browser, page: str) -> str:
    [digest] = re.findall(r'name="digest" value="(\w+)"', page)
    return browser.send("/backup/restore", "/backup", digest=digest).headers["Location"]


def fingerprint(state: Path) -> str:
    return hashlib.sha256((state / "rules.db").read_bytes()).hexdigest()


def test_there_and_back(parent: Browser, state: Path) -> None:
    before = fingerprint(state)
    page = look(parent, GOOD)
    assert "Tablet" in page
    assert fingerprint(state) == before
    assert put_back(parent, page) == "/"
    known = changes.read(state)
    assert [person.name for person in known.people] == ["Lea", "Mum", "Guests"]
    assert known.timezone == "Europe/Vienna"
    assert not (state / "restore.yaml").exists()
    answer = parent.get("/backup/household.yaml")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="filterdns-2026-09-21.yaml"'
    assert without_ids(document.read(answer.data, "x", builtin.knowledge().services)) == without_ids(known)
    assert "Nothing: the file says what is in force already." in look(parent, answer.data)


def without_ids(household: Household) -> str:
    return export.write(household)


def test_what_was_before_can_be_had_back(parent: Browser, state: Path) -> None:
    before = changes.read(state)
    put_back(parent, look(parent, GOOD))
    changes.undo(state, "Mum", str)
    assert without_ids(changes.read(state)) == without_ids(before)


def test_nobody_else_is_locked_out_by_it(parent: Browser) -> None:
    put_back(parent, look(parent, GOOD))
    assert parent.get("/parents").status_code == 200


def test_what_was_looked_at_is_what_is_put_back(parent: Browser, state: Path) -> None:
    page = look(parent, GOOD)
    look(parent, GOOD.replace(b"Lea", b"Eve"))
    before = fingerprint(state)
    assert put_back(parent, page) == "/backup"
    assert "That file is not here any more." in parent.get("/backup").text
    assert fingerprint(state) == before
    (state / "restore.yaml").unlink()
    assert put_back(parent, page) == "/backup"


def archive() -> bytes:
    found = io.BytesIO()
    with zipfile.ZipFile(found, "w") as packed:
        packed.writestr(zipfile.ZipInfo("../../etc/cron.d/evil"), "x")  # of 1980, whenever tests are collected
    return found.getvalue()


HOSTILE = [
    b"",
    b"\x00" * 1000,
    b"\xff\xfe" + "people: []".encode("utf-16-le"),
    b"people: [{name: Lea}, {name: Lea}]",
    b"people: [{name: Lea, name: Eve}]",
    b"people: {name: Lea}",
    b"people: [{name: Lea, age: .nan}]",
    b"people: [{name: Lea, age: 1e400}]",
    b"people: [{name: Lea, age: 99999999999999999999}]",
    b'people: [{name: "\\uD800"}]',
    b"people: &a [*a]",
    b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]",
    b"people: !!python/object/apply:os.system ['touch /tmp/owned']",
    b"--- 1\n--- 2\n",
    b"[" * 10_000,
    b"{" * 10_000,
    b"people:\n" + b"  - {name: x}\n" * 5000,
    b"devices: [{name: x, person: nobody, mac: 'aa:bb:cc:dd:ee:01'}]",
    b"devices: [{name: ../../x, mac: not}]",
    b"household: {timezone: ../../etc/passwd}",
    b"household: {language: '<script>alert(1)</script>'}",
    b"parents: [{name: Eve, role: parent, password: x}]",
    b"revision: 99",
    b"SQLite format 3\x00" + b"\x00" * 100,
    b"CREATE TRIGGER x AFTER INSERT ON people BEGIN DELETE FROM rules; END;",
    b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>",
    b'{"people": [{"name": "Lea", "age": "nine"}]}',
    b"people: [{name: " + b"x" * 100_000 + b"}]",
    b"\x1f\x8b\x08" + b"\x00" * 200,
    archive(),
    b"x" * ((1 << 20) + 1),
    *(GOOD[:cut] + b"\x00" + GOOD[cut:] for cut in range(0, len(GOOD), 37)),
    *(GOOD[:cut] + b"]" + GOOD[cut:] for cut in range(20, len(GOOD), 41)),
]


@pytest.mark.parametrize("content", HOSTILE, ids=lambda content: f"{content[:24]!r}")
def test_a_hostile_file_changes_nothing(parent: Browser, state: Path, content: bytes) -> None:
    parent.get("/backup")
    before, files = fingerprint(state), sorted(state.iterdir())
    page = look(parent, content)
    assert page.startswith(("refused 422", "refused 413"))
    assert re.search(r'role="alert"|too large', page)
    assert "<script>alert" not in page
    assert "Traceback" not in page
    assert str(state) not in page
    assert fingerprint(state) == before
    assert sorted(state.iterdir()) == files


@pytest.mark.parametrize("name", ["../../x.yaml", "/etc/passwd", "a\x00b", "<b>.yaml", "x" * 5000])
def test_the_name_of_a_file_is_nothing_to_us(parent: Browser, state: Path, name: str) -> None:
    before = sorted(path.name for path in state.iterdir())
    page = look(parent, GOOD, name)
    assert "Tablet" in page or page.startswith("refused 4")
    assert {*(path.name for path in state.iterdir())} <= {*before, "restore.yaml"}


def test_the_faults_of_a_file_are_shown_with_their_lines(parent: Browser) -> None:
    page = look(parent, GOOD.replace(b"age: 9", b"age: nine"))
    assert "line:3: people[0].age" in page
    many = b"people:\n" + b"  - {name: Lea, age: nine}\n" * 60
    assert "more" in look(parent, many)


def test_a_full_disk_is_said(parent: Browser, state: Path) -> None:
    page = look(parent, GOOD)
    (state / "published" / "policy").unlink()
    (state / "published" / "policy").mkdir()
    assert put_back(parent, page) == "/"
    assert "not in force yet" in parent.get("/").text
    assert changes.read(state) == replace(changes.read(state))
