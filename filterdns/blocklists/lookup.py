"""The addresses of a host, asked of the upstream servers directly and never of this filter itself.

An update must work while the filter does not run, and must not be filtered. As the resolver does, it asks with a
random id, port and letter case (RFC 5452), takes only a reply that echoes all of it, and goes to TCP if one guesses.
"""

import os
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from time import monotonic

from filterdns.config import Upstream
from filterdns.dname import DNameError, from_text
from filterdns.dns.message import Answer, is_truncated, matches, read
from filterdns.dns.wire import AAAA, HEADER, NOERROR, NXDOMAIN, UDP_SIZE, A, WireError, query

ATTEMPT = 2.0
"""Seconds that a server has for an answer."""
ROUNDS = 2
LONGEST = 15.0
"""Seconds after which no other server is asked."""


class LookupFailed(OSError):  # noqa: N818 - LookupError is another thing in Python
    """A host without addresses; `strerror` is one sentence."""

    def __init__(self, why: str) -> None:
        super().__init__(0, why)

    def __str__(self) -> str:
        return str(self.strerror)


def lookup(host: str, upstreams: Sequence[Upstream], *, attempt: float = ATTEMPT) -> list[str]:
    """The addresses of `host`, IPv4 first, aliases followed as the answers give them. Raises LookupFailed."""
    try:
        qname = from_text(host)
    except DNameError as error:
        raise LookupFailed(f"{host} is not a name: {error}") from None
    end = monotonic() + LONGEST
    for upstream in [*upstreams] * ROUNDS:
        if monotonic() > end:
            break
        answers = [_answer(upstream, qname, qtype, attempt) for qtype in (A, AAAA)]
        found = [str(ip_address(packed)) for answer in answers if answer for packed in answer.addresses]
        if found:
            return [*dict.fromkeys(found)]
        if all(answers):
            raise LookupFailed(f"there is no address for the name {host}")
    raise LookupFailed(f"no upstream server says where {host} is")


def _answer(upstream: Upstream, qname: bytes, qtype: int, attempt: float) -> Answer | None:
    """What the server says about the name; None if it says nothing of use."""
    try:
        answer = _by_udp(upstream, qname, qtype, attempt) if upstream.scheme == "udp" else None
        answer = answer or _by_tcp(upstream, qname, qtype, attempt)
    except (OSError, WireError):
        return None
    return answer if answer.rcode in (NOERROR, NXDOMAIN) else None


def _by_udp(upstream: Upstream, qname: bytes, qtype: int, attempt: float) -> Answer | None:
    """None for what has to be asked by TCP: a long answer, or a reply with a wrong id. Raises OSError."""
    packet, question_end = _query(qname, qtype)
    end = monotonic() + attempt
    with _socket(upstream, socket.SOCK_DGRAM) as sock:
        sock.settimeout(attempt)
        sock.connect(upstream.server)
        sock.send(packet)
        while (left := end - monotonic()) > 0:
            sock.settimeout(left)
            received = sock.recv(4096)
            if received[:2] != packet[:2]:
                return None
            if not matches(received, packet, question_end):
                continue
            if is_truncated(received) or len(received) > UDP_SIZE:
                return None
            try:
                return read(received, question_end, do=False)
            except WireError:
                continue
    raise TimeoutError


def _by_tcp(upstream: Upstream, qname: bytes, qtype: int, attempt: float) -> Answer:
    """Raises OSError, WireError."""
    packet, question_end = _query(qname, qtype)
    end = monotonic() + attempt
    with _socket(upstream, socket.SOCK_STREAM) as sock:
        sock.settimeout(attempt)
        sock.connect(upstream.server)
        sock.sendall(len(packet).to_bytes(2, "big") + packet)
        received = _exactly(sock, int.from_bytes(_exactly(sock, 2, end), "big"), end)
    if received[:2] != packet[:2] or not matches(received, packet, question_end) or is_truncated(received):
        raise WireError("not an answer")
    return read(received, question_end, do=False)


def _query(qname: bytes, qtype: int) -> tuple[bytes, int]:
    """A query, and where its question ends."""
    packet = query(qname, qtype, os.urandom(2), os.urandom(len(qname)), do=False, cd=False)
    return packet, HEADER + len(qname) + 4


def _socket(upstream: Upstream, kind: socket.SocketKind) -> socket.socket:
    """The kernel chooses its port at random."""
    return socket.socket(socket.AF_INET6 if ":" in upstream.server.host else socket.AF_INET, kind)


def _exactly(sock: socket.socket, count: int, end: float) -> bytes:
    """Raises OSError."""
    found = b""
    while len(found) < count:
        sock.settimeout(max(end - monotonic(), 0.001))
        piece = sock.recv(count - len(found))
        if not piece:
            raise ConnectionResetError
        found += piece
    return found
