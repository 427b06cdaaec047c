"""Which lists a family wants, and when one is asked for again."""

import pytest

from filterdns.blocklists import remote
from filterdns.blocklists.remote import DAY, HOUR, STANDS, RemoteList
from filterdns.blocklists.results import ListState
from filterdns.policy.rules import Lists, ListSize, OwnList

NOW = 1_790_000_000.0
ENTRY = ListState("sw-adult", "adult", url="https://a.example/", digest="x")


def test_what_a_family_wants() -> None:
    own = (OwnList("Ours", "http://nas.lan/x", "allow", lan=True),)
    lists = Lists(ListSize.NONE, beside=frozenset({"urlhaus"}), own=own)
    public, ours = remote.wanted(lists, 1 << 30)
    assert (public.id, public.category, public.syntax, public.lan, public.fleeting) == (
        "urlhaus", "malware", "adblock", False, True,
    )  # fmt: skip
    assert ours == RemoteList("own:Ours", "allow", "Ours", "http://nas.lan/x", lan=True)
    small, large = (remote.wanted(Lists(), memory << 30) for memory in (0, 8))
    assert 0 < len(small) < len(large)


def test_what_was_wanted_before() -> None:
    known = [ENTRY, ListState("builtin:adult", "adult"), ListState("local:games/a.txt", "games")]
    assert remote.as_before(known) == (RemoteList("sw-adult", "adult", "", "https://a.example/"),)


def test_a_server_that_fails_is_asked_ever_less_often() -> None:
    entry, waits = ENTRY, []
    for _ in range(9):
        entry = remote.failed(entry, "is gone", NOW)
        waits.append(entry.due - NOW)
    for wait, most in zip(waits, [1, 2, 4, 8, 16, 23, 23, 23, 23], strict=True):
        assert 0.9 * most * HOUR <= wait <= most * HOUR
    assert (entry.tried, entry.result) == (NOW, "is gone")


def test_a_server_that_answers_is_asked_tomorrow() -> None:
    assert remote.asked(ENTRY, NOW).due - NOW == DAY - HOUR


@pytest.mark.parametrize(("names", "same"), [(500, True), (499, False), (1000, True), (2000, True), (2001, False)])
def test_an_offer_stands_while_it_is_about_as_large(names: int, *, same: bool) -> None:
    first = remote.refused(ENTRY, 1000, NOW)
    again = remote.refused(first, names, NOW + STANDS)
    assert not remote.stands(first, NOW)
    assert remote.stands(again, NOW + STANDS) == same
