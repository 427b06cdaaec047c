"""How the program is built: compiled only into an installed copy, and the same modules wherever that is done."""

import tomllib
from pathlib import Path

TOP = Path(__file__).parents[1]
WHEEL = tomllib.loads((TOP / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
HOOK = WHEEL["hooks"]["custom"]


def test_nothing_compiled_lies_beside_the_sources() -> None:
    assert not [path for path in (TOP / "filterdns").rglob("*") if path.suffix in (".so", ".c", ".pyd")]
    assert not list(TOP.glob("*.so"))


def test_it_is_compiled_only_when_asked_for() -> None:
    assert HOOK["enable-by-default"] is False


def test_what_is_compiled_is_there_and_stands_once() -> None:
    assert all((TOP / module).is_file() for module in HOOK["modules"])
    assert HOOK["modules"] == sorted(set(HOOK["modules"]))
