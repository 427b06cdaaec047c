import pytest

from filterdns.dns.memory import Client
from filterdns.dns.tally import Tally
from filterdns.dns.wire import A, Question
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.decide import Action, Decision, Reason
from filterdns.policy.rules import Household

VIEW = compile_policy(Household(), Knowledge({}, {}, frozenset(), b"\0", b"\0"), 1).guests
CLIENT = Client("10.0.0.1", None, 0, VIEW)
ASKED = Question(b"\x04site\x07example\x00", A, 30)


@pytest.mark.parametrize(
    ("decision", "kept"),
    [
        (Decision(Action.PASS, Reason.DEFAULT, None, None), (ASKED.qname, False)),
        (Decision(Action.BLOCK, Reason.CATEGORY, "category:games", None), (ASKED.qname, True)),
        (Decision(Action.LOCAL_DATA, Reason.SAFE_SEARCH, "safe_search", None, b"\0"), (ASKED.qname, False)),
        (Decision(Action.BLOCK, Reason.ILLEGAL, None, None), (b"", True)),
        (Decision(Action.PASS, Reason.HELPLINE, None, None), None),
    ],
)
def test_what_is_kept_of_a_question(decision: Decision, kept: tuple[bytes, bool] | None) -> None:
    lines = Tally(1000)
    for _ in range(3):
        lines.note(CLIENT, ASKED, decision)
    found = lines.take()
    assert [(line[1], line[3], times) for line, times in found.items()] == ([(*kept, 3)] if kept else [])
    assert not lines.take()


def test_lines_are_bounded_and_what_does_not_fit_is_counted() -> None:
    lines = Tally(1000)  # room for two
    line = (CLIENT.who, b"a", A, False, Reason.DEFAULT, None)
    for name in (b"a", b"b", b"c", b"a"):
        lines.count((CLIENT.who, name, *line[2:]), 5)
    assert lines.dropped == 5
    assert list(lines.take().values()) == [10, 5]
