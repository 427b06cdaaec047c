"""The attacks on the page with small counts; `python -m bench.page` has the full ones."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import page_attacks, page_fields, page_files, page_names, page_ways
from bench.page_attacks import House, Result


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House.build(tmp_path / "state")


@pytest.mark.parametrize(
    "attack",
    [
        lambda house: page_names.escapes(house, 20),
        lambda house: page_names.spooled(house, 400),
        lambda house: page_fields.typed(house, 80),
        page_attacks.hosts,
        lambda house: page_ways.bypasses(house, 600),
        page_attacks.guesses,
        lambda house: page_attacks.fixations(house, 3),
        lambda house: page_attacks.crossings(house, 16),
        lambda house: page_attacks.looks(house, 1),
        lambda house: page_attacks.errors(house, 150),
        lambda house: page_files.restores(house, 30),
    ],
    ids=[
        "names",
        "spool",
        "fields",
        "hosts",
        "ways round",
        "guesses",
        "chosen keys",
        "at once",
        "looking",
        "errors",
        "files",
    ],
)
def test_nothing_gets_through(house: House, attack: Callable[[House], Result | list[Result]]) -> None:
    found = attack(house)
    for result in found if isinstance(found, list) else [found]:
        assert result.tried
        assert result.is_fine, str(result)
