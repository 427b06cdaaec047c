import itertools
import socket
import ssl
from collections.abc import Iterator
from ipaddress import ip_network
from time import monotonic

import pytest

from filterdns.blocklists import origin
from filterdns.blocklists.connection import MOST_ADDRESSES, Stream, Way
from filterdns.blocklists.limits import LIMITS, DownloadError, Limits
from tests.blocklists.web import GIVE_UP, HOME, HOST, Certificates, Say, Web, answer, cut, web
from tests.dns.namespace import run_in_namespace

REQUEST = b"GET /list HTTP/1.1\r\n\r\n"
LOOPBACK = (ip_network("127.0.0.0/8"),)


def way(*addresses: str, limits: Limits = LIMITS, lan: bool = False, seconds: float = GIVE_UP) -> Way:
    """To a host with these addresses, and so many seconds for it."""
    return Way(lambda _: [*addresses], lan, limits, monotonic() + seconds)


def connect(server: Web, *addresses: str, host: str = HOST, seconds: float = GIVE_UP, **limits: object) -> Stream:
    """By TLS to the port of the server."""
    chosen = server.limits(**limits)
    target = origin.read(f"https://{host}:{server.port}/list", limits=chosen)
    return way(*(addresses or (HOME,)), limits=chosen, seconds=seconds).connect(target)


def heard(server: Web, say: Say, **limits: object) -> bytes:
    """All that comes after a request."""
    server.says["/list"] = say
    stream = connect(server, **limits)
    stream.send(REQUEST)
    with stream.makefile("rb") as file:
        return file.read()


def test_what_the_server_sends_is_heard_to_its_end(server: Web):
    assert heard(server, answer(b"one.example\n")) == answer(b"one.example\n")


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("expired", "the server's certificate has expired"),
        ("not yet valid", "the server's certificate is not valid yet"),
        ("wrong name", "the server's certificate is for another name"),
        ("unknown authority", "the server's certificate is signed by nobody we know"),
        ("self-signed", "the server's certificate is signed by itself only"),
        ("old TLS", "the server has no TLS newer than 1.1"),
    ],
)
@pytest.mark.usefixtures("trusted")
def test_a_server_that_does_not_prove_who_it_is_is_asked_nothing(certificates: Certificates, kind: str, reason: str):
    with web(certificates.context(kind)) as server, pytest.raises(DownloadError, match=f"^{reason}"):
        connect(server)
    assert (server.accepted, server.asked) == (1, [])


def test_the_server_with_old_tls_answers_who_accepts_that(certificates: Certificates):
    """Else the last row above would say nothing."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1 is deprecated"):
        context.minimum_version = ssl.TLSVersion.TLSv1
    context.load_verify_locations(certificates.trusted)
    with (
        web(certificates.context("old TLS")) as server,
        socket.create_connection((HOME, server.port)) as sock,
        context.wrap_socket(sock, server_hostname=HOST) as talking,
    ):
        talking.sendall(REQUEST)
        assert talking.version() in ("TLSv1", "TLSv1.1")
        assert talking.recv(12) == b"HTTP/1.1 404"


def test_a_server_without_tls_is_named_as_such():
    with web(None) as server, pytest.raises(DownloadError, match="the server has no TLS there"):
        connect(server)


def test_a_server_that_breaks_off_in_the_middle_of_tls_is_named_as_such(certificates: Certificates):
    context = certificates.context()
    context.set_ciphers("AES128-SHA")  # not one that we would take
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with web(context) as server, pytest.raises(DownloadError, match="the server breaks off TLS"):
        connect(server)


def test_an_address_needs_a_certificate_of_its_own(server: Web, certificates: Certificates):
    connect(server, host=HOME).close()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificates.ours.issue_cert(HOST).configure_cert(context)
    with web(context) as other, pytest.raises(DownloadError, match="certificate is for another address"):
        connect(other, host=HOME)


def test_addresses_are_tried_in_turn_but_not_too_many(server: Web):
    dead = [f"127.0.0.{number}" for number in range(2, 2 + MOST_ADDRESSES)]
    connect(server, *dead[:-1], HOME, allowed=LOOPBACK).close()
    with pytest.raises(DownloadError, match="the server was not reached: connection refused"):
        connect(server, *dead, HOME, allowed=LOOPBACK)
    assert server.accepted == 1


def test_forbidden_addresses_among_others_are_passed_over(server: Web):
    connect(server, "192.168.1.1", "::1", HOME).close()
    assert server.accepted == 1


_OWN = """
import socket
from time import monotonic
from filterdns.blocklists import origin
from filterdns.blocklists.connection import Way
from filterdns.blocklists.limits import LIMITS, DownloadError
for address in ("9.9.9.10", "192.168.77.1"):
    with socket.create_server((address, 443)) as listening:
        listening.settimeout(0.1)
        try:
            Way(lambda _: [address], True, LIMITS, monotonic() + 5).connect(origin.read("https://lists.example/"))
        except DownloadError as error:
            print(error)
        try:
            print(listening.accept())
        except TimeoutError:
            pass
"""


def test_this_box_itself_is_never_asked_whatever_its_address():
    said = run_in_namespace(_OWN, "addr add 9.9.9.10/32 dev lan", "addr add 192.168.77.1/24 dev lan")
    assert said.splitlines() == [
        "its server lists.example has the address 9.9.9.10, this box itself",
        "its server lists.example has the address 192.168.77.1, this box itself",
    ]


def test_plain_http_is_for_the_home_network_only():
    with pytest.raises(DownloadError, match="from where nothing is taken without TLS"):
        way("9.9.9.9", lan=True).connect(origin.read(f"http://{HOST}/", lan=True))


def test_a_host_without_addresses_is_not_found():
    def unknown(_: str) -> list[str]:
        raise OSError("nobody says where that is")

    target = origin.read(f"https://{HOST}/")
    with pytest.raises(DownloadError, match=f"^its server was not found: {HOST} has no address$"):
        way().connect(target)
    with pytest.raises(DownloadError, match="its server was not found: nobody says where that is"):
        Way(unknown, lan=False, limits=LIMITS, deadline=monotonic() + GIVE_UP).connect(target)


def test_a_server_that_accepts_and_says_nothing_is_given_up():
    with socket.create_server((HOME, 0)) as listening:
        server = Web(HOME, listening.getsockname()[1], tls=True)
        with pytest.raises(DownloadError, match="the server does not answer"):
            connect(server, connect=0.1)
        with pytest.raises(DownloadError, match="it did not come in time"):
            connect(server, seconds=0.0)


def test_what_breaks_off_without_a_goodbye_is_not_an_end(server: Web):
    with pytest.raises(DownloadError, match="the connection broke off"):
        heard(server, cut(b"one.example\n"))


def test_what_never_ends_is_ended(server: Web):
    with pytest.raises(DownloadError, match="the server sends more than 256 KiB"):
        heard(server, lambda _: itertools.repeat(bytes(65536)), headers=1 << 18)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"idle": 0.1}, "the server fell silent"),
        ({"seconds": 0.3}, "it did not come in time"),
        ({"patience": 0.1, "slowest": 100_000}, "the server sends less than 100,000 octets a second"),
    ],
)
def test_nobody_is_waited_for_without_end(server: Web, limits: dict[str, float], reason: str):
    with pytest.raises(DownloadError, match=f"^{reason}$"):
        heard(server, server.drips(seconds=GIVE_UP if "idle" in limits else 0.02), **limits)


def test_a_pause_ends_when_the_time_is_up(server: Web):
    """Nothing is wrong with this answer but that it comes late."""
    late = []

    def say(_: bytes) -> Iterator[bytes]:
        late.append(server.closing.wait(GIVE_UP))
        yield answer(b"one.example\n")

    with pytest.raises(DownloadError, match="it did not come in time"):
        heard(server, say, seconds=0.2)
    assert late == []
