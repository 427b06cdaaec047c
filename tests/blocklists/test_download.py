import gzip
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from filterdns.blocklists.download import DownloadError, Fetched, fetch
from tests.blocklists.web import HOME, HOST, Certificates, Web, answer, chunk, web

LIST = b"one.example\ntwo.example\n"


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(autouse=True)
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenSSL takes its authorities from this file, in place of the system's."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.trusted))


@pytest.fixture
def server(certificates: Certificates) -> Iterator[Web]:
    with web(certificates.context()) as made:
        yield made


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    return tmp_path / "aside"


def at_home(_: str) -> list[str]:
    return [HOME]


@pytest.fixture
def get(server: Web, aside: Path) -> Callable[..., Fetched]:
    """Fetch what the server says at /list."""

    def get(say: object = None, path: str = "/list", **more: object) -> Fetched:
        if say is not None:
            server.says[path] = say
        limits = more.pop("limits", server.limits())
        return fetch(server.url(path), aside, resolve=at_home, limits=limits, **more)

    return get


@pytest.mark.parametrize(
    "say",
    [
        answer(LIST),
        answer(chunk(LIST[:5]) + chunk(LIST[5:]) + chunk(b""), "Transfer-Encoding: chunked"),
        answer(LIST).replace(b"Content-Length", b"X-Nothing"),
        answer(gzip.compress(LIST), "Content-Encoding: gzip"),
        answer(gzip.compress(LIST), "Content-Type: application/gzip"),
        answer(gzip.compress(gzip.compress(LIST)), "Content-Encoding: gzip"),
        answer(gzip.compress(LIST[:5]) + gzip.compress(LIST[5:]) + bytes(100)),
    ],
)
def test_a_list_comes_in_as_plain_text(get: Callable[..., Fetched], aside: Path, say: bytes):
    found = get(say)
    assert aside.read_bytes() == LIST
    assert found == Fetched("", "", len(LIST), changed=True)


def test_what_did_not_change_is_not_sent_again(get: Callable[..., Fetched], server: Web, aside: Path):
    seen = get(answer(LIST, 'ETag: W/"1"', "Last-Modified: Mon, 02 Nov 2026 10:00:00 GMT"))
    assert (seen.etag, seen.modified) == ('W/"1"', "Mon, 02 Nov 2026 10:00:00 GMT")
    again = get(answer(status="304 Not Modified"), etag=seen.etag, modified=seen.modified)
    assert again == Fetched(seen.etag, seen.modified, 0, changed=False)
    assert not aside.exists()
    assert b'If-None-Match: W/"1"\r\nIf-Modified-Since: Mon, 02 Nov 2026 10:00:00 GMT\r\n' in server.asked[-1]


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("expired", "the server's certificate has expired"),
        ("not yet valid", "the server's certificate is not valid yet"),
        ("wrong name", "the server's certificate is for another name"),
        ("unknown authority", "the server's certificate is signed by nobody we know"),
        ("old TLS", "the server has no TLS newer than 1.1"),
    ],
)
def test_a_server_that_does_not_prove_who_it_is_gives_nothing(
    certificates: Certificates, aside: Path, kind: str, reason: str
):
    with web(certificates.context(kind)) as server, pytest.raises(DownloadError, match=f"^{reason}"):
        fetch(server.url(), aside, resolve=at_home, limits=server.limits())
    assert (server.accepted, server.asked) == (1, [])
    assert not aside.exists()
    assert ssl.HAS_TLSv1_1, "else the row with old TLS says nothing"
    assert HOST in server.url()
