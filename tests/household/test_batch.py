"""Lines of the spool: what is one, and what is kept of it for whom."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from filterdns import dname
from filterdns.clock import Zone
from filterdns.dname import from_text
from filterdns.dns.memory import Client
from filterdns.dns.spool import Spool
from filterdns.household.batch import Batch, Kind, Line, Mark, Outcome, Row, Span, Who, parse
from filterdns.household.detail import Detail
from filterdns.policy.category import BITS
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.decide import Reason
from filterdns.policy.rules import Household

GOOD = "1767780300\t192.168.1.7\t02:00:00:00:00:07\t3\twww.example.org\t1\tblock\tcategory\tcategory:games\t4"
LINE = Line(
    1767780300, "192.168.1.7", "02:00:00:00:00:07", 3, "www.example.org", 1, True, "category", "category:games", 4  # noqa: FBT003
)  # fmt: skip
VIEW = compile_policy(Household(), Knowledge({}, {}, frozenset(), b"\0", b"\0"), 1).guests
MAC = Mark("02:00:00:00:00:07", "")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1767780300", "-1"), ("1767780300", ""), ("1767780300", "1e9"), ("1767780300", "٣"), ("192.168.1.7", ""),
        ("192.168.1.7", "<script>"), ("02:00:00:00:00:07", "02:00:00:00:00"), ("\t3\t", "\tx\t"), ("www", "<b>"),
        ("www", "a\tb"), ("www", "\u00e9"), ("www", 'a"b'), ("block", "drop"), ("\tcategory\t", "\tcategories\t"),
        ("category:games", "<script>"), ("\t4", ""), ("\t4", "\t4\t"), ("\t4", "\t4.5"), ("\t4", "\t4\n"),
        ("1767780300", "999999999999"), ("\t4", "\t9999999999"), ("www", "w" * 1100),
    ],
)  # fmt: skip
def test_what_is_no_line(old: str, new: str) -> None:
    assert old in GOOD
    assert parse(GOOD.replace(old, new)) is None


def test_a_line_and_halves_of_it() -> None:
    assert parse(GOOD) == LINE
    assert all(parse(GOOD[:end]) is None for end in range(len(GOOD)))
    assert all(parse(GOOD[:end] + GOOD) is None for end in range(1, len(GOOD)))


@given(st.text())
@example(GOOD)
def test_any_text_is_a_line_or_none(text: str) -> None:
    found = parse(text)
    assert found is None or "\n" not in text


@given(
    st.lists(st.binary(min_size=1, max_size=63), min_size=1, max_size=3),
    st.sampled_from(Reason),
    st.sampled_from([None, "category:games", "service:roblox", "minutes:service:roblox", "rule:12", "window:3",
                     "grant:4", "pause:1", "allow_only", "safe_search", "youtube", "rebinding"]),
    st.booleans(),
)  # fmt: skip
def test_every_line_of_a_worker_is_one(
    tmp_path_factory: pytest.TempPathFactory,
    labels: list[bytes],
    reason: Reason,
    rule: str | None,
    is_blocked: bool,  # noqa: FBT001
) -> None:
    folder = tmp_path_factory.mktemp("run")
    name = dname.from_labels(labels)
    who = Client("fe80::1", None, 0, VIEW).who
    Spool(folder, 0).write([((who, name, 65, is_blocked, reason, rule), 4)], 5.5)
    (text,) = (folder / "spool" / "0.open").read_text().splitlines()
    expected = Line(5, "fe80::1", "", 0, dname.to_text(name), 65, is_blocked, reason, rule or "", 4)
    assert parse(text) == expected
    assert from_text(expected.name) == name


TAGS = {
    "game.example": BITS["games"], "porn.example": BITS["adult"], "help.example": BITS["helplines"],
    "bad.example": BITS["illegal"] | BITS["adult"],
}  # fmt: skip


def tags_of(wire: bytes) -> int:
    return next((TAGS[dname.to_text(name)] for name in dname.parents(wire) if dname.to_text(name) in TAGS), 0)


def batch(detail: Detail, zone: str = "Europe/Berlin") -> Batch:
    return Batch({3: Who(30, detail)}, Who(1, Detail.NAMES), Zone(zone), tags_of, LINE.epoch)


HOUR = (LINE.epoch + 3600) // 3600
OFF = LINE._replace(reason="off", rule="window:2")
OPEN = LINE._replace(is_blocked=False, reason="default", rule="")


@pytest.mark.parametrize(
    ("detail", "line", "name", "category", "outcome", "in_hours"),
    [
        (Detail.NAMES, LINE, "www.example.org", "games", Outcome.BLOCKED, True),
        (Detail.NAMES, OPEN, "www.example.org", "", Outcome.OPEN, True),
        (Detail.NAMES, OPEN._replace(name="a.game.example"), "a.game.example", "games", Outcome.OPEN, True),
        (Detail.NAMES, OFF, "www.example.org", "", Outcome.OFF, True),
        (Detail.NAMES, OFF._replace(reason="paused", rule="pause:1"), "www.example.org", "", Outcome.OFF, True),
        (Detail.SITES, OPEN, "example.org", "", Outcome.OPEN, True),
        (Detail.CATEGORIES, OPEN._replace(name="game.example"), None, "games", Outcome.OPEN, True),
        (Detail.RISKS, LINE._replace(rule="category:adult"), None, "adult", Outcome.BLOCKED, False),
    ],
)
def test_what_is_counted(  # noqa: PLR0917 - a table
    detail: Detail,
    line: Line,
    name: str | None,
    category: str,
    outcome: Outcome,
    in_hours: bool,  # noqa: FBT001
) -> None:
    found = batch(detail)
    found.add(line)
    found.add(line._replace(epoch=line.epoch - 7, times=2))
    row = Row(HOUR, 30, MAC, name or "", Kind.CONTACT, category, outcome, line.reason, line.rule)
    assert found.rows == ({row: (line.epoch, 6)} if name else {})
    assert found.days == {(HOUR // 24, 30, category, outcome): 6}
    assert found.hours == ({(HOUR, 30, MAC, category, outcome): 6} if in_hours else {})
    assert found.seen == {(MAC, "192.168.1.7"): Span(line.epoch - 7, line.epoch)}


@pytest.mark.parametrize(
    ("detail", "line"),
    [
        (Detail.NOTHING, LINE),
        (Detail.NOTHING, OPEN),
        (Detail.RISKS, OPEN._replace(name="porn.example")),
        (Detail.RISKS, OFF._replace(name="porn.example")),
        (Detail.RISKS, LINE),
    ],
)
def test_what_is_not_counted_still_shows_that_the_device_is_there(detail: Detail, line: Line) -> None:
    found = batch(detail)
    found.add(line)
    assert not found.rows
    assert not found.hours
    assert not found.days
    assert found.seen


@pytest.mark.parametrize("detail", list(Detail))
@pytest.mark.parametrize("line", [LINE, OPEN, OFF, OPEN._replace(reason="helpline")])
def test_helplines_leave_no_trace(detail: Detail, line: Line) -> None:
    found = batch(detail)
    found.add(line._replace(name="chat.help.example"))
    assert [found.rows, found.hours, found.days, found.seen] == [{}, {}, {}, {}]


@pytest.mark.parametrize("name", ["", "bad.example", "www.bad.example"])
def test_illegal_names_are_counted_without_the_name(name: str) -> None:
    found = batch(Detail.NAMES)
    found.add(LINE._replace(name=name, reason="illegal", rule=""))
    assert not found.rows
    assert found.days == {(HOUR // 24, 30, "illegal", Outcome.BLOCKED): 4}


def test_devices_that_nobody_claimed_are_the_guests() -> None:
    found = batch(Detail.NOTHING)
    found.add(LINE._replace(device=0, mac=""))
    found.add(LINE._replace(device=99))
    assert {(row.person, row.device) for row in found.rows} == {(1, Mark("", "192.168.1.7")), (1, MAC)}


@pytest.mark.parametrize(
    ("zone", "epoch", "hour", "day"),
    [
        ("UTC", 1767744000, 0, 20460),
        ("Europe/Berlin", 1767744000, 1, 20460),
        ("Asia/Kathmandu", 1767744000 - 5 * 3600 - 45 * 60, 0, 20460),
        ("America/New_York", 1767744000, 19, 20459),
        ("Pacific/Kiritimati", 1767744000 - 14 * 3600, 0, 20460),
    ],
)
def test_hours_and_days_are_those_on_the_wall(zone: str, epoch: int, hour: int, day: int) -> None:
    found = batch(Detail.NAMES, zone)
    found.add(OPEN._replace(epoch=epoch))
    assert [key[0] % 24 for key in found.hours] == [hour]
    assert [key[0] for key in found.days] == [day]


@pytest.mark.parametrize(("qtype", "kind"), [(1, Kind.CONTACT), (28, Kind.CONTACT), (65, Kind.CONTACT),
                                             (64, Kind.CONTACT), (16, Kind.OTHER), (12, Kind.OTHER)])  # fmt: skip
def test_kinds(qtype: int, kind: Kind) -> None:
    found = batch(Detail.NAMES)
    found.add(LINE._replace(qtype=qtype))
    assert [row.kind for row in found.rows] == [kind]


def test_a_line_from_the_future_is_of_now() -> None:
    found = batch(Detail.NAMES)
    found.add(LINE._replace(epoch=LINE.epoch + 10_000_000))
    assert [epoch for epoch, _ in found.rows.values()] == [LINE.epoch + 60]


def test_what_is_no_name_is_an_error_of_its_own_line() -> None:
    found = batch(Detail.NAMES)
    for name in ("..", "a..b", r"\999.example", "w" * 64):
        with pytest.raises(dname.DNameError):
            found.add(LINE._replace(name=name))
    assert [found.rows, found.hours, found.days, found.seen] == [{}, {}, {}, {}]
