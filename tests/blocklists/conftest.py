"""The folder of test data that lies outside the repository, a short way to a table, and a web server."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from filterdns.blocklists.compile import Compiled, Names, compile_table
from filterdns.blocklists.source import Source
from filterdns.blocklists.table import DomainTable
from tests.blocklists.web import Certificates, Web, web


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


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL takes its authorities from this file, in place of the system's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.trusted))


@pytest.fixture
def server(certificates: Certificates, trusted: None) -> Iterator[Web]:  # noqa: ARG001 - one is of no use without the other
    """A web server with a certificate that the test trusts."""
    with web(certificates.context()) as made:
        yield made
