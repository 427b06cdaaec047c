"""A child asks, a parent answers: one change makes the grant and settles the request."""

from pathlib import Path

import pytest

from filterdns.household import changes, edits, requests
from filterdns.household.requests import LONGEST_REASON, MOST_A_DAY, MOST_OPEN, RequestError, Requests, State
from filterdns.household.store import NAME, Store
from filterdns.policy.rules import Grant, RuleError

NOW = 1_790_000_000
DAY = 86400


@pytest.fixture
def state(tmp_path: Path) -> Path:
    changes.publish_current(tmp_path)
    changes.edit(tmp_path, "A parent", "Added Lea", lambda home: edits.add_person(home, "Lea", 9))
    return tmp_path


def ask(state: Path, target: str, now: int = NOW, reason: str = "please") -> None:
    lea = edits.person_of(changes.read(state), "Lea").id
    with Store(state / NAME) as store, store.transaction():
        Requests(store).ask(lea, 0, target, reason, now)


def waiting(state: Path, now: int = NOW) -> list[requests.Request]:
    with Store(state / NAME) as store:
        return Requests(store).open(now)


def test_allowing_grants_and_settles_in_one_change(state: Path) -> None:
    ask(state, "name:a.example")
    (asked,) = waiting(state)
    revision = requests.allow(state, "A parent", "Allowed a.example for Lea", asked.id, NOW + 3600, NOW + 5)
    assert revision == 3
    assert [grant.target for grant in edits.person_of(changes.read(state), "Lea").grants] == ["name:a.example"]
    assert not waiting(state)
    with Store(state / NAME) as store:
        (settled,) = Requests(store).of(asked.person)
    assert (settled.state, settled.who, settled.answered, settled.until) == (
        State.GRANTED, "A parent", NOW + 5, NOW + 3600,
    )  # fmt: skip


def test_refusing_changes_no_rule(state: Path) -> None:
    ask(state, "time")
    (asked,) = waiting(state)
    requests.refuse(state, "A parent", "No", asked.id, NOW + 5)
    with Store(state / NAME) as store:
        assert store.revision == 2
        assert [one.state for one in Requests(store).of(asked.person)] == [State.REFUSED]


def test_an_answer_counts_once(state: Path) -> None:
    ask(state, "time")
    (asked,) = waiting(state)
    requests.refuse(state, "A parent", "No", asked.id, NOW)
    with pytest.raises(RequestError, match="answered already"):
        requests.allow(state, "Another", "Allowed", asked.id, NOW + 60, NOW)
    with pytest.raises(RequestError, match="answered already"):
        requests.refuse(state, "Another", "No", asked.id, NOW)
    assert not edits.person_of(changes.read(state), "Lea").grants


def test_a_change_that_cannot_be_leaves_the_request_open(state: Path) -> None:
    ask(state, "time")
    (asked,) = waiting(state)
    with pytest.raises(RuleError):
        requests.allow(state, "A parent", "Allowed", asked.id, NOW, NOW)
    assert waiting(state) == [asked]
    changes.edit(state, "A parent", "Lea went", lambda home: edits.remove_person(home, "Lea"))
    with pytest.raises(RuleError, match="no longer there"):
        requests.allow(state, "A parent", "Allowed", asked.id, NOW + 60, NOW)


def test_asking_is_limited_and_asking_again_replaces(state: Path) -> None:
    for number in range(MOST_OPEN):
        ask(state, f"name:{number}.example")
    with pytest.raises(RequestError, match="too many open"):
        ask(state, "time")
    ask(state, "name:0.example", reason="really")
    assert [one.reason for one in waiting(state)] == ["please", "please", "really"]
    for _ in range(MOST_A_DAY - MOST_OPEN - 1):
        ask(state, "name:0.example")
    with pytest.raises(RequestError, match="too many today"):
        ask(state, "name:0.example")
    ask(state, "time", NOW + DAY)
    assert [one.target for one in waiting(state, NOW + DAY)] == ["time"]


def test_what_is_typed_is_cut_and_cleaned(state: Path) -> None:
    ask(state, "games", reason="a\n\x1b[31mb\u202e" + "x" * 300)
    (asked,) = waiting(state)
    assert asked.reason.startswith("a[31mb")
    assert len(asked.reason) <= LONGEST_REASON
    with pytest.raises(RuleError):
        ask(state, "name:not a name")
    with pytest.raises(RuleError):
        ask(state, "malware")


def test_requests_outlive_other_changes_of_the_rules(state: Path) -> None:
    ask(state, "time")
    changes.edit(state, "A parent", "Paused", lambda home: edits.pause(home, "Lea", None))
    assert len(waiting(state)) == 1
    assert Grant(waiting(state)[0].target, NOW).target == "time"
