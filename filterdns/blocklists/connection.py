"""The connection to a list's server: to a checked address, with TLS, and caps on what and how slowly it sends.

The address connected to is the one that was checked: a name that leads elsewhere the next moment gains nothing.
"""

import io
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from time import monotonic

from filterdns.blocklists import origin as origins
from filterdns.blocklists.limits import DownloadError, Limits
from filterdns.blocklists.origin import Origin
from filterdns.endpoint import Address, is_own_address

MOST_ADDRESSES = 4
"""Addresses of a server that are tried, one after another."""

_CERTIFICATE: Mapping[int, str] = {
    9: "is not valid yet; is the clock of this box right?", 10: "has expired; is the clock of this box right?",
    18: "is signed by itself only", 19: "is signed by nobody we know", 20: "is signed by nobody we know",
    62: "is for another name", 64: "is for another address",
}  # fmt: skip
"""By OpenSSL's number of the fault (x509_vfy.h)."""
_NOT_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})
_OLD_TLS = frozenset({"UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE"})
_BUFFER = 1 << 16
_IGNORE_UNEXPECTED_EOF = 0x80  # <openssl/ssl.h>; set by Python 3.11.2, which has a name for it, and not by 3.11.7

Resolve = Callable[[str], list[str]]
"""A host -> its addresses; raises OSError with words."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a server is reached: who tells its addresses, which are allowed, and until when."""

    resolve: Resolve
    lan: bool  # are private addresses allowed?
    limits: Limits
    deadline: float  # monotonic

    def connect(self, origin: Origin) -> "Stream":
        """A connection to one of the host's checked addresses. Raises DownloadError."""
        fault = "it did not come in time"
        for address in self._addresses(origin)[:MOST_ADDRESSES]:
            wait = min(self.limits.connect, self.deadline - monotonic())
            if wait <= 0:
                break
            try:
                return Stream(_open(origin, address, wait), self)
            except ssl.SSLCertVerificationError as error:
                fault = _CERTIFICATE.get(error.verify_code, "does not hold")
                raise DownloadError(f"the server's certificate {fault}") from None
            except OSError as error:
                fault = _why(error)
        raise DownloadError(fault)

    def _addresses(self, origin: Origin) -> list[Address]:
        """The host's addresses that may be connected to, at least one."""
        try:
            found = [ip_address(text) for text in ([origin.host] if origin.address else self.resolve(origin.host))]
        except OSError as error:
            raise DownloadError(f"its server was not found: {error.strerror or error}") from None
        faults = {address: self._why_not(origin, address) for address in found}
        if not faults:
            raise DownloadError(f"its server was not found: {origin.host} has no address")
        allowed = [address for address, fault in faults.items() if not fault]
        if not allowed:
            address, fault = next(iter(faults.items()))
            raise DownloadError(f"its server {origin.host} has the address {address}, {fault}")
        return allowed

    def _why_not(self, origin: Origin, address: Address) -> str:
        if any(address in network for network in self.limits.allowed):
            return ""
        fault = origins.why_forbidden(address, lan=self.lan)
        if not fault and is_own_address(address):
            return "this box itself"
        if not fault and not origin.tls and not origins.is_private(address):
            return "from where nothing is taken without TLS (https://)"
        return fault


class Stream(io.RawIOBase):
    """What a server sends, with a cap on octets, on time and on patience; each raises DownloadError."""

    def __init__(self, sock: socket.socket, way: Way) -> None:
        self._sock, self._limits, self._deadline = sock, way.limits, way.deadline
        self._begun = monotonic()
        self._received = 0
        self.most = way.limits.headers  # octets; raised when the header has been read

    def readable(self) -> bool:
        """As every stream that is read from."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override] # all that it is called with
        """The next octets."""
        now, limits = monotonic(), self._limits
        left, since = self._deadline - now, now - self._begun
        if self._received >= self.most:
            raise DownloadError(f"the server sends more than {self.most >> 10:,} KiB")
        if left <= 0:
            raise DownloadError("it did not come in time")
        if since > limits.patience and self._received < limits.slowest * since:
            raise DownloadError(f"the server sends less than {limits.slowest:,} octets a second")
        self._sock.settimeout(min(left, limits.idle))
        try:
            count = self._sock.recv_into(buffer)
        except TimeoutError:
            raise DownloadError("it did not come in time" if left < limits.idle else "the server fell silent") from None
        except OSError:
            raise DownloadError("the connection broke off") from None
        self._received += count
        return count

    def send(self, request: bytes) -> None:
        """Send all of it."""
        try:
            self._sock.sendall(request)
        except OSError:
            raise DownloadError("the connection broke off") from None

    def makefile(self, _mode: str) -> io.BufferedReader:
        """What HTTPResponse asks of a socket."""
        return io.BufferedReader(self, _BUFFER)

    def close(self) -> None:
        """Hang up."""
        self._sock.close()
        super().close()


def _open(origin: Origin, address: Address, wait: float) -> socket.socket:
    """Raises OSError, ssl.SSLError among them."""
    sock = socket.socket(socket.AF_INET6 if address.version == 6 else socket.AF_INET, socket.SOCK_STREAM)  # noqa: PLR2004
    try:
        sock.settimeout(wait)
        sock.connect((str(address), origin.port))
        if not origin.tls:
            return sock
        context = ssl.create_default_context()
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        # An end without TLS's own goodbye is an error: else a list could be cut short on the way without a trace.
        context.options &= ~_IGNORE_UNEXPECTED_EOF
        return context.wrap_socket(sock, server_hostname=origin.host, suppress_ragged_eofs=False)
    except BaseException:
        sock.close()
        raise


def _why(error: OSError) -> str:
    """Why a server could not be reached, in words."""
    if isinstance(error, TimeoutError):
        return "the server does not answer"
    if isinstance(error, ssl.SSLError):
        if error.reason in _OLD_TLS:
            return "the server has no TLS newer than 1.1"
        return "the server has no TLS there" if error.reason in _NOT_TLS else "the server breaks off TLS"
    return f"the server was not reached: {(error.strerror or str(error)).lower()}"
