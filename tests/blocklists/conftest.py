"""The folder of test data that lies outside the repository, and a short way to a table."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from filterdns.blocklists.compile import Compiled, Names, compile_table
from filterdns.blocklists.table import DomainTable, Source


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = Path(os.environ.get("FILTERDNS_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not (folder / "MANIFEST.md").exists():
        pytest.skip(f"no test data at {folder} (FILTERDNS_TEST_DATA says where it lies)")
    return folder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "published" / "domains"


def source(category: str = "games", kind: str = "list", service: int | None = None) -> Source:
    return Source(f"{kind}:{category}", kind, category, category.title(), service)


def names(category: str, held: str, excepted: str = "", **about: object) -> Names:
    return Names(source(category, **about), held.split, excepted.split)


@pytest.fixture
def compiled(path: Path) -> Callable[..., Compiled]:
    """Compile rows of (category, held names, excepted names)."""
    return lambda *rows, **more: compile_table(path, [names(*row) for row in rows], **more)


@pytest.fixture
def table(path: Path, compiled: Callable[..., Compiled]) -> Callable[..., DomainTable]:
    """As `compiled`, opened."""

    def build(*rows: tuple[str, ...], **more: object) -> DomainTable:
        compiled(*rows, **more)
        return DomainTable.open(path)

    return build
