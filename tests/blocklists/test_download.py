import gzip
import io
import itertools
import os
import random
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filterdns.blocklists.download import DownloadError, Fetched, fetch
from filterdns.blocklists.limits import LIMITS
from tests.blocklists.web import CONNECTS, ELSEWHERE, HOME, HOST, Certificates, Say, Web, answer, chunk, cut, web

gzipped = partial(gzip.compress, mtime=0)  # the same octets whenever tests are collected

LIST = b"one.example\ntwo.example\n"
SECRET = b"what-stands-in-the-body"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def aside(tmp_path: Path) -> Path:
    return tmp_path / "aside"


def at_home(_: str) -> list[str]:
    return [HOME]


@pytest.fixture
def get(server: Web, aside: Path) -> Callable[..., Fetched]:
    """Fetch what the server says at /list."""

    def get(say: Say | None = None, path: str = "/list", **more: object) -> Fetched:
        if say is not None:
            server.says[path] = say
        limits = server.limits(**more.pop("limits", {}))
        return fetch(server.url(path), aside, resolve=at_home, limits=limits, **more)

    return get


def to(url: str) -> bytes:
    return answer(SECRET, f"Location: {url}", status="302 Found")


CHUNKED = "Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    "say",
    [
        answer(LIST),
        answer(LIST, "Content-Type: application/octet-stream", f"Content-Length: {len(LIST)}", "Content-Length: 24"),
        answer(chunk(LIST[:5]) + chunk(LIST[5:]) + chunk(b""), CHUNKED),
        answer(chunk(LIST)[:-2] + b"\r\n0;name=value\r\nTrailer: x\r\n\r\n", CHUNKED),
        answer(LIST, "Content-Encoding: identity").replace(b"Content-Length", b"X-Nothing"),
        answer(gzipped(LIST), "Content-Encoding: gzip"),
        answer(gzipped(LIST), "Content-Type: application/gzip"),
        answer(gzipped(gzipped(LIST)), "Content-Encoding: x-gzip"),
        answer(status="100 Continue") + answer(LIST),
    ],
    ids=itertools.count(),
)
def test_a_list_comes_in_as_plain_text(get: Callable[..., Fetched], aside: Path, say: bytes):
    assert get(say) == Fetched("", "", len(LIST), changed=True)
    assert aside.read_bytes() == LIST


def test_what_is_asked_is_what_a_web_server_expects(get: Callable[..., Fetched], server: Web):
    get(answer(LIST), "/a/list?of=names")
    [request] = server.asked
    lines = request.decode().split("\r\n")
    assert lines[0] == "GET /a/list?of=names HTTP/1.1"
    assert lines[1] == f"Host: {HOST}:{server.port}"
    assert {"Accept-Encoding: gzip", "Connection: close"} < set(lines)
    assert "If-None-Match" not in request.decode()


def test_progress_is_told(get: Callable[..., Fetched]):
    told: list[tuple[int, int | None]] = []
    get(answer(LIST), progress=lambda *so_far: told.append(so_far))
    assert told[-1] == (len(LIST), len(LIST))
    get(answer(chunk(LIST) + chunk(b""), CHUNKED), progress=lambda *so_far: told.append(so_far))
    assert told[-1] == (len(LIST), None)


def test_of_an_archive_the_folder_after_the_sign_is_the_list(get: Callable[..., Fetched], server: Web, aside: Path):
    """After a redirect too."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for folder in ("adult", "games"):
            about = tarfile.TarInfo(f"blacklists/{folder}/domains")
            about.size = len(LIST)
            tar.addfile(about, io.BytesIO(LIST))
    server.says |= {
        "/list": to("/all.tar.gz"),
        "/all.tar.gz": answer(packed.getvalue(), "Content-Type: application/gzip"),
    }
    fetch(server.url() + "#games", aside, resolve=at_home, limits=server.limits())
    assert aside.read_bytes() == LIST + b"\n"
    with pytest.raises(DownloadError, match="its archive holds several lists"):
        get()


ETAG, MODIFIED = 'W/"1"', "Mon, 02 Nov 2026 10:00:00 GMT"


def test_what_did_not_change_is_not_sent_again(get: Callable[..., Fetched], server: Web, aside: Path):
    seen = get(answer(LIST, f"ETag: {ETAG}", f"Last-Modified: {MODIFIED}"))
    assert (seen.etag, seen.modified) == (ETAG, MODIFIED)
    again = get(answer(status="304 Not Modified"), etag=seen.etag, modified=seen.modified)
    assert again == Fetched(seen.etag, seen.modified, 0, changed=False)
    assert not aside.exists()
    assert f"If-None-Match: {ETAG}\r\nIf-Modified-Since: {MODIFIED}\r\n".encode() in server.asked[-1]
    assert get(answer(LIST), etag=seen.etag) == Fetched("", "", len(LIST), changed=True)


@pytest.mark.parametrize("odd", ['"' + "x" * 300 + '"', '"é"', '"a"\r\n folded', '"\x01"'])
def test_a_field_that_could_not_be_sent_back_is_not_kept(get: Callable[..., Fetched], server: Web, odd: str):
    assert get(answer(LIST, f"ETag: {odd}")).etag == ""
    get(answer(LIST), etag=odd)
    assert b"If-None-Match" not in server.asked[-1]


BIG = gzipped(bytes((1 << 20) + 65536)) + SECRET
BAD: list[tuple[Say, str]] = [
    (answer(SECRET, status="404 Not Found"), "the server has no such list"),
    (answer(SECRET, status="403 Forbidden"), "the server does not give it to us"),
    (answer(SECRET, status="429 Too Many"), "we ask too often"),
    (answer(SECRET, status="500 Oops"), "does not give it to us now (status 500)"),
    (answer(SECRET, status="206 Partial Content"), "(status 206)"),
    (answer(status="204 No Content"), "(status 204)"),
    (answer(status="304 Not Modified"), "(status 304)"),
    (answer(SECRET, "Content-Type: text/html; charset=utf-8"), "sends a web page"),
    (answer(SECRET, "Content-Type: application/xhtml+xml"), "sends a web page"),
    (answer(SECRET, "Content-Encoding: br"), "packs it in a way that we do not read"),
    (answer(SECRET, "Content-Encoding: gzip, gzip"), "packs it in a way that we do not read"),
    (answer(SECRET, "Content-Encoding: gzip"), "gzip data is damaged"),
    (answer(SECRET, "Transfer-Encoding: gzip, chunked"), "packs it in a way that we do not read"),
    (answer(SECRET, "Content-Length: 1000"), "the connection broke off: 23 of 1,000 octets came"),
    (cut(answer(SECRET, "Content-Length: 1000")), "the connection broke off"),
    (cut(answer(SECRET, "Content-Length: 23")[:-1]), "the connection broke off"),
    (cut(answer(SECRET, "Content-Encoding: identity").replace(b"Content-Length", b"X-No")), "the connection broke off"),
    (answer(SECRET, "Content-Length: 99999999"), "it is larger than 64 MiB"),
    (answer(SECRET, "Content-Length: -1"), "is not HTTP"),
    (answer(SECRET, "Content-Length: 0x17"), "is not HTTP"),
    (answer(SECRET, "Content-Length: 23", "Content-Length: 22"), "is not HTTP"),
    (answer(b"17\r\n" + SECRET, CHUNKED), "the connection broke off"),
    (answer(chunk(SECRET), CHUNKED), "the connection broke off"),
    (answer(b"-5\r\n" + SECRET * 9999, CHUNKED), "the connection broke off"),
    (answer(b"what-stands\r\n" + SECRET, CHUNKED), "the connection broke off"),
    (answer(gzipped(SECRET * 9)[:-1]), "gzip data ends too soon"),
    (answer(gzipped(SECRET * 9) + SECRET), "gzip data is damaged"),
    (answer(BIG), "more than 30 times its size"),
    (answer(SECRET, "X: " + "x" * 70_000), "sends more than 64 KiB"),
    (answer(SECRET, *(f"X: {'x' * 60_000}" for _ in range(2))), "sends more than 64 KiB"),
    (answer(SECRET, *(["X: x"] * 101)), "is not HTTP"),
    (lambda _: itertools.repeat(answer(status="100 Continue")), "sends more than 64 KiB"),
    (SECRET, "is not HTTP"),
    (b"HTTP/1.1 what-stands-in-the-body\r\n\r\n", "is not HTTP"),
    (b"HTTP/2.0 200 OK\r\n\r\n" + SECRET, "is not HTTP"),
    (b"\x00" * 100, "is not HTTP"),
    (b"", "is not HTTP"),
    (cut(b"HTTP/1.1 200 OK\r\n"), "the connection broke off"),
    (answer(LIST * 100), "it has more than 50 lines"),
]


@pytest.mark.parametrize(("say", "reason"), BAD, ids=itertools.count())
def test_a_bad_answer_leaves_nothing_but_its_reason(get: Callable[..., Fetched], aside: Path, say: Say, reason: str):
    aside.write_bytes(b"of a run that was killed")
    with pytest.raises(DownloadError) as error:
        get(say, limits={"lines": 50})
    assert reason in str(error.value)
    assert "what-stands" not in str(error.value)
    assert "\n" not in str(error.value)
    assert [*aside.parent.iterdir()] == []


def test_redirects_are_followed_as_far_as_three(get: Callable[..., Fetched], server: Web, aside: Path):
    server.says |= {"/2": to("3"), "/3": to(server.url("/4")), "/4": answer(LIST)}
    assert get(to("/2"), etag=ETAG).size == len(LIST)
    assert aside.read_bytes() == LIST
    assert all(ETAG.encode() in request for request in server.asked)
    server.says["/4"] = to("/5")
    with pytest.raises(DownloadError, match="the server sends us on more than 3 times"):
        get()


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("/list", "more than 3 times"),
        ("", "more than 3 times"),
        ("http://lists.example/login", "http://"),
        ("https://lists.example:22/", "port 22"),
        ("//[", "to what is no address"),
        ("https://user@lists.example/", "is not one such as"),
    ],
)
def test_a_redirect_to_nowhere_leaves_nothing(get: Callable[..., Fetched], aside: Path, location: str, reason: str):
    with pytest.raises(DownloadError) as error:
        get(to(location))
    assert "the server sends us on" in str(error.value)
    assert reason in str(error.value)
    assert not aside.exists()


def test_a_source_at_home_may_do_without_tls_but_not_send_us_there(aside: Path):
    with web(None) as server:
        server.says |= {"/list": answer(LIST), "/on": to("/list")}
        limits = server.limits()
        assert fetch(server.url(), aside, resolve=at_home, lan=True, limits=limits).size == len(LIST)
        with pytest.raises(DownloadError, match="to an address without TLS"):
            fetch(server.url("/on"), aside, resolve=at_home, lan=True, limits=limits)
        with pytest.raises(DownloadError, match="begins with http://"):
            fetch(server.url(), aside, resolve=at_home, limits=limits)


FORBIDDEN = [
    # not the web
    "file:///etc/passwd", "file://localhost/etc/passwd", "gopher://127.0.0.1:{port}/_x", "ftp://127.0.0.1:{port}/l",
    "dict://127.0.0.1:{port}/x", "data:text/plain,one.example", "ldap://127.0.0.1:{port}/", "//127.0.0.1:{port}/l",
    "/etc/passwd", "http://lists.example:{port}/l",
    # ways to write this box
    "https://127.0.0.1:{port}/l", "https://127.1:{port}/l", "https://127.0.0.1.:{port}/l", "https://0x7f.1:{port}/l",
    "https://0x7f.0x0.0x0.0x1:{port}/l", "https://0x7f000001:{port}/l", "https://2130706433:{port}/l",
    "https://0177.0.0.1:{port}/l", "https://017700000001:{port}/l", "https://0:{port}/l", "https://0.0.0.0:{port}/l",
    "https://127.0.0.2:{port}/l", "https://[::1]:{port}/l", "https://[::]:{port}/l",
    "https://[::ffff:127.0.0.1]:{port}/l", "https://[::ffff:7f00:1]:{port}/l", "https://[::127.0.0.1]:{port}/l",
    "https://[64:ff9b::127.0.0.1]:{port}/l", "https://[2002:7f00:1::]:{port}/l", "https://[2001:0:7f00:1::]:{port}/l",
    "https://localhost:{port}/l", "https://localhost.:{port}/l", "https://LOCALHOST:{port}/l",
    "https://a.localhost:{port}/l", "https://①②⑦.0.0.1:{port}/l", "https://127。0。0。1:{port}/l",
    "https://127.0.0.1%00.lists.example:{port}/l",
    # other boxes of the house, and services of a cloud
    "https://10.0.0.1:{port}/l", "https://172.16.0.1:{port}/l", "https://192.168.1.1:{port}/l",
    "https://100.64.0.1:{port}/l", "https://169.254.169.254:{port}/latest/meta-data/", "https://[fe80::1]:{port}/l",
    "https://[fe80::1%25lo]:{port}/l", "https://[fd00::1]:{port}/l", "https://224.0.0.251:{port}/l",
    "https://[ff02::fb]:{port}/l", "https://255.255.255.255:{port}/l", "https://240.0.0.1:{port}/l",
    # names that lead there
    "https://to-127.0.0.1.example:{port}/l", "https://to-10.0.0.1.example:{port}/l", "https://to-0.0.0.0.example:{port}/l",
    "https://to-169.254.169.254.example:{port}/l", "https://to-192.168.1.1.example:{port}/l",
    # somebody else's name in front, or another port
    "https://lists.example@127.0.0.1:{port}/l", "https://lists.example:443@127.0.0.1:{port}/l",
    "https://user:password@lists.example/l", "https://127.0.0.1:{port}#@lists.example/l",
    "https://127.0.0.1:{port}\\@lists.example/l", "https://lists.example:53/l", "https://lists.example:5353/l",
    "https://lists.example:22/l", "https://lists.example:8053/l", "https://lists.example:80/l",
]  # fmt: skip


def leads(host: str) -> list[str]:
    """What a hostile name server says; names without an address in them are this box."""
    return [host.removeprefix("to-").removesuffix(".example") if host.startswith("to-") else HOME]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_no_connection_is_made_to_what_is_forbidden(server: Web, certificates: Certificates, aside: Path, url: str):
    """Neither at once nor after a redirect. `server` would answer, and its port is allowed; its address is not."""
    assert len(FORBIDDEN) >= 40
    server.says["/l"] = answer(SECRET)
    url = url.format(port=server.port)
    limits = replace(LIMITS, ports=LIMITS.ports | {server.port})
    CONNECTS.clear()
    with pytest.raises(DownloadError):
        fetch(url, aside, resolve=leads, limits=limits)
    assert CONNECTS == []
    with web(certificates.context(), ELSEWHERE) as other:
        other.says["/on"] = to(url)
        limits = replace(limits, ports=limits.ports | {other.port}, allowed=other.limits().allowed)
        with pytest.raises(DownloadError):
            fetch(other.url("/on", ELSEWHERE), aside, resolve=leads, limits=limits)
        assert set(CONNECTS) == {(ELSEWHERE, other.port)}
    assert (server.accepted, aside.exists()) == (0, False)


def test_a_name_that_leads_elsewhere_the_next_moment_gains_nothing(
    server: Web, certificates: Certificates, aside: Path
):
    server.says["/list"] = answer(SECRET)
    turns = iter([[ELSEWHERE], [HOME]])
    with web(certificates.context(), ELSEWHERE) as other:
        other.says["/list"] = answer(LIST)
        fetch(other.url(), aside, resolve=lambda _: next(turns), limits=other.limits())
    assert aside.read_bytes() == LIST
    assert [*turns] == [[HOME]]
    assert server.accepted == 0


def test_no_proxy_of_the_environment_is_asked(get: Callable[..., Fetched], monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://192.168.1.1:3128")
    CONNECTS.clear()
    get(answer(LIST))
    assert len(CONNECTS) == 1


_ELSEWHERE = """
import sys
from ipaddress import ip_network
from pathlib import Path
from time import monotonic
from filterdns.blocklists.download import DownloadError, Limits, fetch

def peak():
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

port, folder, *paths = sys.argv[1:]
aside = Path(folder) / "aside"
limits = Limits(ports=frozenset({int(port)}), allowed=(ip_network("127.0.0.1"),))
largest = slowest = 0

def progress(taken, expected):
    global largest
    largest = max(largest, aside.stat().st_size)

before = peak()
for path in paths:
    began = monotonic()
    try:
        fetch(f"https://lists.example:{port}{path}", aside, resolve=lambda host: ["127.0.0.1"], limits=limits,
              progress=progress)
    except DownloadError as error:
        print(error)
    slowest = max(slowest, monotonic() - began)
print(peak() - before, largest, len([*Path(folder).iterdir()]), round(slowest * 1000))
"""
"""Each path in turn; then how many KiB of memory that took, how large the file ever was, how many files are left, and
the milliseconds of the slowest.
"""


def elsewhere(server: Web, folder: Path, *paths: str, before: str = "") -> tuple[list[str], list[int]]:
    """What a process of its own says of these downloads, and its figures; `before` is done in a shell before it."""
    program = [sys.executable, "-c", _ELSEWHERE, str(server.port), str(folder), *paths]
    program = ["unshare", "-m", "sh", "-c", f'{before} && exec "$@"', "sh", *program] if before else program
    said = subprocess.run(program, check=True, capture_output=True, text=True, cwd=ROOT).stdout.splitlines()
    return said[:-1], [int(word) for word in said[-1].split()]


def pressed(block: bytes) -> Callable[[bytes], Iterator[bytes]]:
    """A response with ten thousand times the block in gzip, each block pressed once only."""
    press = zlib.compressobj(9, zlib.DEFLATED, 31)
    start = press.compress(block) + press.flush(zlib.Z_FULL_FLUSH)
    again = press.compress(block) + press.flush(zlib.Z_FULL_FLUSH)
    head = answer(b"", "Content-Encoding: gzip", f"Content-Length: {len(start) + 9_999 * len(again) + 10}")
    return lambda _: itertools.chain([head, start], itertools.repeat(again, 9_999), [b"\x03\x00", bytes(8)])


def test_bombs_cost_little_and_leave_nothing(server: Web, tmp_path: Path):
    """10 GB in 10 MB; 640 MB at a ratio that is allowed; and what never ends."""
    names = b"0.0.0.0 www.playground.example\n" * 2000
    server.says |= {
        "/bomb": pressed(bytes(1 << 20)),
        "/wide": pressed(random.Random(1).randbytes(2600) + bytes(64_000 - 2600)),
        "/endless": lambda _: itertools.chain([answer(b"", CHUNKED)], itertools.repeat(chunk(names))),
    }
    said, (grown, largest, left, _) = elsewhere(server, tmp_path, "/bomb", "/wide", "/endless")
    assert said == [
        "what is packed grows to more than 30 times its size",
        "more than 256 MiB come out of what is packed",
        "the server sends more than 65,600 KiB",
    ]
    assert grown <= 32 << 10
    assert largest <= 256 << 20
    assert left == 0
    assert elsewhere(server, tmp_path, "/bomb")[1][3] <= 5000  # of the one that could take hours


def test_a_full_disk_is_said_and_nothing_is_left_on_it(server: Web, tmp_path: Path):
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        pytest.skip("needs root and unshare for a disk of its own")
    server.says |= {
        "/long": answer(LIST * 10_000),
        "/endless": lambda _: itertools.chain([answer(b"", CHUNKED)], itertools.repeat(chunk(LIST * 100))),
        "/list": answer(LIST),
    }
    mount = f"mount -t tmpfs -o size=256k tmpfs {tmp_path}"
    said, (_, largest, left, _) = elsewhere(server, tmp_path, "/long", "/endless", before=mount)
    assert said == [
        "there is no room for it: 0 MiB are free",
        "it could not be written: no space left on device",
    ]
    assert largest <= 256 << 10
    assert left == 0
    assert elsewhere(server, tmp_path, "/list", before=mount)[1][2] == 1


def test_a_folder_that_is_not_there_is_said(server: Web, tmp_path: Path):
    server.says["/list"] = answer(LIST)
    with pytest.raises(DownloadError, match="it could not be written: no such file or directory"):
        fetch(server.url(), tmp_path / "none" / "aside", resolve=at_home, limits=server.limits())


PIECES = [
    b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 304 Not Modified\r\n", b"HTTP/1.0 302 Found\r\n", b"Location: /list\r\n",
    b"Content-Length: 24\r\n", b"Content-Length: 99\r\n", b"Transfer-Encoding: chunked\r\n", b"\r\n", b"\n", b"18\r\n",
    b"-1\r\n", b"0\r\n", b"Content-Encoding: gzip\r\n", b"ETag: 1\r\n", b"Content-Type: text/html\r\n", LIST, b": :",
    gzipped(LIST), b" folded\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", b"\xff\x00", b"Content-Type: ;;=\r\n",
]  # fmt: skip


def test_any_answer_is_a_list_or_an_error(aside: Path):
    with web(None) as server:

        @settings(max_examples=300)
        @given(st.lists(st.sampled_from(PIECES) | st.binary(max_size=30), max_size=12).map(b"".join))
        def check(said: bytes) -> None:
            server.says["/list"] = said
            try:
                found = fetch(server.url(), aside, etag="1", resolve=at_home, lan=True, limits=server.limits())
            except DownloadError as error:
                assert str(error)  # noqa: PT017 - either is right
                assert not aside.exists()
            else:
                assert found.changed == aside.exists()
                assert not found.changed or found.size == aside.stat().st_size

        check()
