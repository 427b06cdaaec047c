"""The page as a real process under requests that are too large, too deep, too many or too slow."""

import contextlib
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.page_attacks import Result

PATIENCE = 30.0
MOST_GROWTH = 20 << 10
"""kB of RSS by which the process may grow."""
SLOW = 500
_CHUNK = b"x" * 65536
_HEAD = "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"


def flood(state: Path) -> list[Result]:
    """Start the page on loopback, do all of it, end it."""
    with serving(state) as (port, pid):
        before = _rss(pid)
        results = [*too_much(port), _slow(port)]
        grown = _rss(pid) - before
        results.append(
            Result(f"RSS {before:,} kB, grown by {grown:,} kB", 1, [str(grown)] if grown > MOST_GROWTH else [])
        )
        return results


def too_much(port: int) -> Iterator[Result]:
    """Requests that are too large or too deep, one after the other."""
    json = _HEAD.replace("x-www-form-urlencoded", "json")
    tried: list[tuple[str, Callable[[], int]]] = [
        ("a body of 1 GiB", lambda: _endless(port, _HEAD + f"Content-Length: {1 << 30}\r\n\r\n", 1 << 30)),
        ("a body without end", lambda: _endless(port, _HEAD + "Transfer-Encoding: chunked\r\n\r\n", 1 << 28)),
        ("a million fields", lambda: _answer(port, _HEAD, b"a=b&" * 1_000_000)),
        ("JSON ten thousand deep", lambda: _answer(port, json, b"[" * 10_000)),
        ("a header of 32 KiB", lambda: _answer(port, _HEAD + f"X: {'x' * 32768}\r\n", b"")),
        ("ten thousand headers", lambda: _answer(port, _HEAD + "X: y\r\n" * 10_000, b"")),
        ("no request at all", lambda: _answer(port, "\x16\x03\x01\x02\x00", b"")),
    ]
    for name, attack in tried:
        code = attack()
        is_fine = code in {400, 403, 404, 405, 413, 415, 431, 0}
        yield Result(f"{name}: answered {code or 'by closing'}", 1, [] if is_fine else [str(code)])


@contextlib.contextmanager
def serving(state: Path) -> Iterator[tuple[int, int]]:
    """`filterdns admin` above a state folder, on loopback -> port, process number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-OO", "-m", "filterdns", "admin", "--state", str(state), "--web", f"127.0.0.1:{port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own words
        try:
            deadline = time.monotonic() + PATIENCE
            while not _lives(port) and time.monotonic() < deadline:
                time.sleep(0.1)
            for path in ("/login", "/me", "/"):
                _get(port, path)
            yield port, process.pid
        finally:
            process.terminate()


def _slow(port: int) -> Result:
    """Five hundred connections that send a byte and wait; others are still answered, then the slow ones are gone."""
    result = Result(f"{SLOW} connections that say nothing: unanswered requests of others", 0)
    slow = []
    for _ in range(SLOW):
        with contextlib.suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", port), timeout=1)
            connection.send(b"G")
            slow.append(connection)
    started, waits = time.monotonic(), []
    while time.monotonic() < started + PATIENCE + 15:
        began = time.monotonic()
        result.tried += 1
        if not _lives(port):
            result.through.append(f"after {began - started:.1f} s")
        else:
            waits.append(time.monotonic() - began)
        time.sleep(1)
    for connection in slow:
        connection.close()
    result.name += f"; {len(waits)} answered, the slowest in {max(waits, default=0):.2f} s"
    return result


def _endless(port: int, head: str, most: int) -> int:
    """Send until the page has had enough -> the status, 0 for a closed connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        sent = 0
        try:
            connection.sendall(head.encode())
            while sent < most:
                body = f"{len(_CHUNK):x}\r\n".encode() + _CHUNK + b"\r\n" if "chunked" in head else _CHUNK
                connection.sendall(body)
                sent += len(_CHUNK)
                if sent > 8 << 20:
                    connection.settimeout(0)
                    with contextlib.suppress(BlockingIOError):
                        return _status(connection.recv(1000))
                    connection.settimeout(PATIENCE)
        except OSError:
            return 0
        return _status(connection.recv(1000))


def _answer(port: int, head: str, body: bytes) -> int:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        try:
            connection.sendall(head.encode("latin-1") + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            return _status(connection.recv(1000))
        except OSError:
            return 0


def _status(answer: bytes) -> int:
    found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return int(found[1]) if found else 0


def _lives(port: int) -> bool:
    try:
        return _get(port, "/login") == 200
    except OSError:
        return False


def _get(port: int, path: str) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
        return int(answer.status)


def _rss(pid: int) -> int:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(text.partition("Rss:")[2].split()[0])
