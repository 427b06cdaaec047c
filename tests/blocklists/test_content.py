"""Is it a list, and the same list? What is no list at all has its rows in test_update and test_intake."""

import random
from contextlib import nullcontext, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filterdns.blocklists import content
from filterdns.blocklists.content import Content, ListError, compare, read


def made(path: Path, names: list[str]) -> Content:
    path.write_text("\n".join(names) + "\n")
    return read(path)


def names(count: int, word: str = "a", first: int = 0) -> list[str]:
    return [f"n{number}.{word}.example" for number in range(first, first + count)]


def test_what_a_list_holds(tmp_path: Path):
    path = tmp_path / "list"
    path.write_text("! mine\n||one.example^\n||two.example^\n@@||open.two.example^\n")
    found = read(path)
    assert (found.syntax, found.names, len(found.sketch)) == ("adblock", 3, 3)
    path.write_text("0.0.0.0 one.example\n")
    assert read(path, "hosts").names == 1
    with pytest.raises(ListError, match="holds no name"):
        read(path, "dnsmasq")


@pytest.mark.parametrize(
    ("before", "now", "fault"),
    [
        (names(1), names(1, "b"), ""),
        (names(19), names(1, "b"), ""),
        (names(20), names(10), ""),
        (names(20), names(9), "holds 9 names, fewer than half of the 20 of before"),
        (names(20), names(20, first=10), ""),
        (names(20), names(20, first=11), "holds other names"),
        (names(20), names(980, "b") + names(20), ""),
        (names(20), names(981, "b") + names(20), "holds 1,001 names, more than 5 times the 20 of before"),
        (names(40_000), names(40_000, first=15_000), ""),
        (names(40_000), names(40_000, first=25_000), "holds other names"),
        (names(40_000), names(30_000), ""),
        (names(40_000), names(19_000), "holds 19,000 names, fewer than half"),
        (names(40_000), names(100_000), ""),
        (names(30_000), names(151_000), "holds 151,000 names, more than 5 times"),
    ],
)
def test_what_can_come_after_what(tmp_path: Path, before: list[str], now: list[str], fault: str):
    old, new = made(tmp_path / "old", before), made(tmp_path / "new", now)
    with pytest.raises(ListError, match=f"^{fault}") if fault else nullcontext():
        compare(new, old, fleeting=False)


def test_a_fleeting_list_is_compared_by_its_size_only(tmp_path: Path):
    old, new = made(tmp_path / "old", names(50)), made(tmp_path / "new", names(50, "b"))
    compare(new, old, fleeting=True)
    with pytest.raises(ListError, match="fewer than half"):
        compare(made(tmp_path / "few", names(5)), old, fleeting=True)


def test_the_sketch_stays_small_and_is_the_same_in_every_order(tmp_path: Path):
    held = names(100_000)
    found = made(tmp_path / "a", held)
    random.Random(5).shuffle(held)
    again = made(tmp_path / "b", held)
    assert content.SKETCH // 4 < len(found.sketch) <= content.SKETCH
    assert (again.sketch, again.bound) == (found.sketch, found.bound)


@settings(max_examples=200)
@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_not(tmp_path_factory: pytest.TempPathFactory, octets: bytes):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(octets)
    with suppress(ListError):
        assert read(path).names > 0
