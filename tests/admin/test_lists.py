"""The page of lists: what is loaded and how it stands, what is wrong first, and what a parent chooses."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from filterdns import renewal
from filterdns.blocklists import remote, results
from filterdns.blocklists.results import ListState
from filterdns.household import changes
from filterdns.policy.rules import Lists, ListSize
from tests.admin.browser import NOW, Browser

ADULT = ListState("sw-adult", "adult", "Large", "https://lists.example/a", names=219_500, changed=NOW - 3600,
                  digest="x", tried=NOW - 60, reached=NOW - 60)  # fmt: skip
HOLDS_HELP = ListState("ut1-drugs", "drugs", names=10, digest="x", changed=NOW, would_block=("help.example",))
BUILT_IN = ListState("builtin:games", "games", names=77)
LOCAL = ListState("local:games/mine.txt", "games", names=3, digest="x", changed=NOW)
GONE = ListState("sw-dating", "dating", digest="x", result="<b>not found</b>; its content from before is in use",
                 reached=NOW - 86400, changed=NOW - 86400, failures=3)  # fmt: skip
NEVER = ListState("sw-gambling", "gambling", result="left out: timeout", failures=1)
REFUSED = ListState("ut1-dating", "dating", digest="x", result="holds 3 names", refused_since=NOW - 60)
BROKEN = ListState("local:adult/b.txt", "adult", result="left out: is a web page, not a list")


@pytest.fixture
def known(state: Path) -> Path:
    results.write(state, [ADULT, HOLDS_HELP, BUILT_IN, LOCAL, GONE, NEVER, REFUSED, BROKEN])
    return state


def lists(state: Path) -> Lists:
    return changes.read(state).lists


def test_before_the_first_update_it_says_so(parent: Browser) -> None:
    page = parent.get("/lists").text
    assert "Nothing was downloaded yet" in page
    assert "not here yet" in page


def test_it_shows_names_ages_and_what_stays_open(parent: Browser, known: Path) -> None:
    page = parent.get("/lists").text
    for words in (
        "219,500 names",
        "ShadowWhisperer",
        "help.example",
        "1 name that nobody may block",
        "Built in",
        "mine",
    ):
        assert words in page
    assert str(known) not in page


@pytest.mark.parametrize(
    "words",
    [
        "It could not be renewed since Sun 2:13",
        "It cannot be had, so it is left out",
        "is quite another list than before",
        "cannot be read as a list, so it is left out",
        "&lt;b&gt;not found",
    ],
)
def test_what_is_wrong_is_said_in_plain_words(parent: Browser, known: Path, words: str) -> None:
    assert known.exists()
    assert words in parent.get("/lists").text


def test_many_lists_with_the_same_trouble_are_one_card(parent: Browser, state: Path) -> None:
    wanted = [
        replace(NEVER, id=each.id, category=each.category) for each in remote.wanted(lists(state), remote.memory())
    ]
    results.write(state, [*wanted, BROKEN])
    page = parent.get("/lists").text
    assert page.count("These lists cannot be had") == 1
    assert page.count("<section") == 6
    assert f">{len(wanted)} lists</h2>" in page


def test_an_update_is_ordered_and_its_progress_shown(parent: Browser, known: Path) -> None:
    assert parent.send("/lists/update", "/lists").status_code == 303
    assert renewal.ordered(known)
    os.utime(known / renewal.ASKED, (NOW - 1, NOW - 1))
    assert "begins in a moment" in parent.get("/lists").text
    os.utime(known / renewal.ASKED, (NOW - 100, NOW - 100))
    assert "nothing has begun it" in parent.get("/lists").text
    command = [sys.executable, "-c", "import sys; sys.stdin.read()", "filterdns", "update"]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as update:
        told = {"pid": update.pid, "started": 1, "lists": 1, "of": 9, "name": "sw-adult", "came": 3 << 20,
                "size": None, "step": ""}  # fmt: skip
        left = known / "run" / "update.json"
        left.write_text(json.dumps(told))
        page = parent.get("/lists").text
        assert "Downloading ShadowWhisperer&#39;s BlockLists: 3 MB" in page
        assert "List 1 of 9" in page
        left.write_text(json.dumps(told | {"name": "", "step": "compiling"}))
        assert "Putting the names together" in parent.get("/lists").text


def test_a_new_content_is_taken_on_a_parents_word(parent: Browser, known: Path) -> None:
    assert "Take the new one now" in parent.get("/lists").text
    parent.send("/lists/update", "/lists", accept="ut1-dating")
    assert renewal.take(known) == {"ut1-dating"}


def test_sizes_and_single_lists_are_chosen_and_undone(parent: Browser, state: Path) -> None:
    assert parent.send("/lists/size", "/lists", size="small").status_code == 303
    assert lists(state).size is ListSize.SMALL
    assert renewal.asked(state)
    assert parent.send("/lists/size", "/lists", size="huge").status_code == 400
    assert 'value="sw-adult" checked' in parent.get("/lists/adult").text
    parent.send("/lists/adult", "/lists", list=["ut1-adult-none"])
    assert lists(state) == Lists(ListSize.SMALL)
    assert parent.send("/lists/adult", "/lists", list="oisd-adult").status_code == 303
    assert lists(state) == Lists(ListSize.SMALL, frozenset({"sw-adult"}), frozenset({"oisd-adult"}))
    assert {each.id for each in remote.wanted(lists(state), 1 << 30) if each.category == "adult"} == {"oisd-adult"}
    parent.send("/undo", "/")
    assert lists(state) == Lists(ListSize.SMALL)
    assert parent.get("/lists/nothing").status_code == 404
    assert parent.send("/lists/nothing", "/lists").status_code == 404


@pytest.mark.parametrize("category", ["chat", "illegal", "allow"])
def test_a_kind_without_public_lists_says_why(parent: Browser, category: str) -> None:
    page = parent.get(f"/lists/{category}").text
    assert "No public list" in page or "no public lists" in page


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"url": "https://lists.example/a.txt"}, 303),
        ({"url": "http://lists.example/a.txt"}, 422),
        ({"url": "http://192.168.1.9/a.txt", "lan": "on"}, 303),
        ({"url": "file:///etc/passwd", "lan": "on"}, 422),
        ({"url": "https://me:word@lists.example/"}, 422),
        ({"url": "https://lists.example/", "category": "helplines"}, 422),
        ({"url": "https://lists.example/", "name": ""}, 422),
    ],
)
def test_a_list_from_an_address(parent: Browser, state: Path, form: dict[str, str], status: int) -> None:
    answer = parent.send("/lists/own", "/lists", **{"name": "<i>Ours", "category": "games"} | form)
    assert answer.status_code == status
    assert bool(lists(state).own) == (status == 303)
    if status == 303:
        assert "&lt;i&gt;Ours" in parent.get("/lists").text
        assert parent.send("/lists/own/remove", "/lists", name="<i>Ours").status_code == 303
        assert not lists(state).own
    else:
        assert f'value="{form["url"]}"' in answer.text


def test_names_are_typed_as_a_list_and_removed(parent: Browser, state: Path) -> None:
    form = {"name": "../Grandma's  Games", "category": "games", "names": "a.example\r\nb.example"}
    assert parent.send("/lists/typed", "/lists", **form).status_code == 303
    file = state / "lists" / "local" / "games" / "grandma-s-games.txt"
    assert file.read_text() == "a.example\nb.example\n"
    assert renewal.asked(state)
    parent.send("/lists/typed/remove", "/lists", list="local:games/../../../rules.db")
    assert (state / "rules.db").exists()
    parent.send("/lists/typed/remove", "/lists", list="local:games/grandma-s-games.txt")
    assert not file.exists()


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"names": "<html>"}, 422),
        ({"names": " "}, 422),
        ({"name": "¿?"}, 422),
        ({"category": "../../published"}, 422),
        ({"names": "a" * 64}, 422),
        ({"names": f"{'ab' * 32}\n{'cd' * 32}"}, 422),
        ({"names": "a.example\n" * 20_001}, 413),
    ],
)
def test_what_is_no_list_is_not_kept(parent: Browser, state: Path, form: dict[str, str], status: int) -> None:
    answer = parent.send("/lists/typed", "/lists", **{"name": "x", "category": "games", "names": "a.example"} | form)
    assert answer.status_code == status
    assert not [path for path in (state / "lists" / "local").rglob("*") if path.is_file()]


@pytest.mark.parametrize("path", ["/lists/update", "/lists/size", "/lists/adult", "/lists/own", "/lists/own/remove",
                                  "/lists/typed", "/lists/typed/remove"])  # fmt: skip
def test_only_parents_change_lists(helper: Browser, state: Path, path: str) -> None:
    assert helper.get("/lists").status_code == 200
    assert "Renew now" not in helper.get("/lists").text
    assert helper.send(path, "/").status_code == 403
    assert not renewal.asked(state)


def test_a_full_disk_is_said(parent: Browser, state: Path) -> None:
    (state / "run").write_text("in the way")
    assert parent.send("/lists/update", "/lists").status_code == 303
    assert "The order cannot be left" in parent.get("/lists").text
