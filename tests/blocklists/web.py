"""A web server on loopback that says what a test tells it, with certificates made when the tests run."""

import socket
import ssl
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import trustme

from filterdns.blocklists.limits import Limits

HOST = "lists.example"
HOME = "127.0.0.1"
ELSEWHERE = "127.0.0.3"
"""Also on loopback, so that one of the two can be forbidden."""
GIVE_UP = 20.0
"""Seconds after which a conversation that should have ended is ended."""

_HELLO = b"\x16"
"""TLS begins so; a server without it answers at once that it understands nothing."""

Say = Callable[[bytes], Iterator[bytes]] | bytes
"""What is sent after a request: all at once, or in pieces made from the request."""


CONNECTS: list[object] = []
"""Every address that this process tried to connect to by TCP, in Python's own words."""


def _note(event: str, about: tuple[object, ...]) -> None:
    if event == "socket.connect" and about[0].type == socket.SOCK_STREAM:
        CONNECTS.append(about[1])


sys.addaudithook(_note)


def answer(body: bytes = b"", *fields: str, status: str = "200 OK") -> bytes:
    """A whole response; its length is told unless a field says how it ends."""
    ends = any(name.lower().startswith(("content-length", "transfer-encoding")) for name in fields)
    lines = [f"HTTP/1.1 {status}", *fields, *([] if ends else [f"Content-Length: {len(body)}"]), "", ""]
    return "\r\n".join(lines).encode() + body


def cut(data: bytes) -> Say:
    """The data, and then the connection breaks without a goodbye."""

    def say(_: bytes) -> Iterator[bytes]:
        yield data
        raise ConnectionResetError

    return say


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


@dataclass
class Web:
    """One server: what it says to which path, and what it was asked."""

    home: str
    port: int
    tls: bool
    says: dict[str, Say] = field(default_factory=dict)
    asked: list[bytes] = field(default_factory=list)  # requests
    accepted: int = 0
    closing: threading.Event = field(default_factory=threading.Event)

    def drips(self, data: bytes = b"", *, seconds: float = 0.02) -> Say:
        """What sends the data, and then an octet now and then until the server is closed."""

        def say(_: bytes) -> Iterator[bytes]:
            yield data
            while not self.closing.wait(seconds):
                yield b"x"

        return say

    def url(self, path: str = "/list", host: str = HOST) -> str:
        return f"http{'s' * self.tls}://{host}:{self.port}{path}"

    def limits(self, **others: object) -> Limits:
        """Those of real downloads, but for the network and the port of this server."""
        return Limits(**{"ports": frozenset({self.port}), "allowed": (ip_network(self.home),), **others})


class Certificates:
    """An authority that the tests trust, and what a server may show."""

    def __init__(self, folder: Path) -> None:
        self.ours, self.others = trustme.CA(), trustme.CA()
        self.trusted = folder / "trusted.pem"
        self.ours.cert_pem.write_to_path(str(self.trusted))
        self.self_signed = folder / "self-signed.pem"
        self.others.private_key_pem.write_to_path(str(self.self_signed))
        self.others.cert_pem.write_to_path(str(self.self_signed), append=True)
        now = datetime.now(UTC)
        last_year = {"not_before": now - timedelta(days=400), "not_after": now - timedelta(days=35)}
        next_year = {"not_before": now + timedelta(days=35), "not_after": now + timedelta(days=400)}
        self.shown = {
            "good": self.ours.issue_cert(HOST, HOME, ELSEWHERE),
            "expired": self.ours.issue_cert(HOST, **last_year),
            "not yet valid": self.ours.issue_cert(HOST, **next_year),
            "wrong name": self.ours.issue_cert("elsewhere.example"),
            "unknown authority": self.others.issue_cert(HOST),
        }

    def context(self, kind: str = "good") -> ssl.SSLContext:
        """A server's side of TLS."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if kind == "old TLS":
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
            context.set_ciphers("DEFAULT:@SECLEVEL=0")
        if kind == "self-signed":
            context.load_cert_chain(self.self_signed)
        else:
            self.shown.get(kind, self.shown["good"]).configure_cert(context)
        return context


@contextmanager
def web(context: ssl.SSLContext | None, home: str = HOME) -> Iterator[Web]:
    """A server until the block ends; without a context it is one without TLS."""
    with socket.create_server((home, 0)) as listening:
        made = Web(home, listening.getsockname()[1], tls=context is not None)
        threads: list[threading.Thread] = []

        def accept() -> None:
            while True:
                try:
                    sock, _ = listening.accept()
                except OSError:
                    return
                made.accepted += 1
                threads.append(threading.Thread(target=_talk, args=(made, sock, context), daemon=True))
                threads[-1].start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield made
        finally:
            made.closing.set()
            listening.shutdown(socket.SHUT_RDWR)
            for thread in [accepting, *threads]:
                thread.join(GIVE_UP)


def _talk(made: Web, sock: socket.socket, context: ssl.SSLContext | None) -> None:
    """One request, one response."""
    sock.settimeout(GIVE_UP)
    with suppress(OSError), sock:
        talking = context.wrap_socket(sock, server_side=True) if context else sock
        with talking:
            request = b""
            while not request.startswith(_HELLO) and b"\r\n\r\n" not in request and (piece := talking.recv(65536)):
                request += piece
            made.asked.append(request)
            path = request.split(b" ")[1].decode("latin-1") if b" " in request else ""
            say = made.says.get(path, answer(status="404 Not Found"))
            for part in (say,) if isinstance(say, bytes) else say(request):
                talking.sendall(part)
            if isinstance(talking, ssl.SSLSocket):
                talking.unwrap()
            else:
                talking.shutdown(socket.SHUT_WR)
                talking.recv(1)
