"""Run by test_firewall.py in network and mount namespaces of its own: who reaches whom, before the rules and after.

client --+-- router -- world     the lan is a bridge in the router's namespace
filter --+
"""

import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

NFT, RULES, VERSION = sys.argv[1], sys.argv[2], int(sys.argv[3])
NAMES = ("client", "filter", "router", "world")
LAN = {4: "198.51.100.", 6: "fd00:77::"}[VERSION]
OUT = {4: "203.0.113.", 6: "2001:db8:53::"}[VERSION]
PREFIX = {4: 24, 6: 64}[VERSION]
RESOLVER, OTHER = f"{OUT}53", f"{OUT}54"
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}[VERSION]
PATIENCE = 5.0


def ip(*commands: str) -> None:
    for command in commands:
        subprocess.run(["ip", *command.split()], check=True)


def build() -> None:
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    for name in NAMES:
        ip(f"netns add {name}", f"-n {name} link set lo up")
    ip("-n router link add br-lan type bridge", "-n router link set br-lan up")
    for name, host in (("client", "10"), ("filter", "2")):
        ip(
            f"-n {name} link add eth0 type veth peer name to-{name} netns router",
            f"-n router link set to-{name} master br-lan up",
            f"-n {name} link set eth0 up",
            f"-n {name} address add {LAN}{host}/{PREFIX} dev eth0" + " nodad" * (VERSION == 6),
            f"-n {name} route add default via {LAN}1",
        )
    ip(
        f"-n router address add {LAN}1/{PREFIX} dev br-lan" + " nodad" * (VERSION == 6),
        "-n router link add wan type veth peer name eth0 netns world",
        "-n router link set wan up",
        "-n world link set eth0 up",
        f"-n router address add {OUT}1/{PREFIX} dev wan" + " nodad" * (VERSION == 6),
        f"-n world address add {RESOLVER}/{PREFIX} dev eth0" + " nodad" * (VERSION == 6),
        f"-n world address add {OTHER}/{PREFIX} dev eth0" + " nodad" * (VERSION == 6),
        f"-n world route add default via {OUT}1",
    )
    forwarding = {4: "net/ipv4/ip_forward", 6: "net/ipv6/conf/all/forwarding"}[VERSION]
    subprocess.run(["ip", "netns", "exec", "router", "sh", "-c", f"echo 1 > /proc/sys/{forwarding}"], check=True)


def inside(name: str, made: Callable[[], socket.socket]) -> socket.socket:
    """A socket of another namespace: it stays where it was made."""
    found: list[socket.socket | OSError] = []

    def make() -> None:
        with Path(f"/run/netns/{name}").open() as namespace:
            import ctypes  # noqa: PLC0415

            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), 0x40000000):
                found.append(OSError(ctypes.get_errno(), "setns"))
                return
        try:
            found.append(made())
        except OSError as error:
            found.append(error)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    if isinstance(found[0], OSError):
        raise found[0]
    return found[0]


def listen(name: str, host: str, port: int) -> None:
    """Answer there, by UDP and TCP, with one's name and who asked."""

    def said(peer: tuple[str, int]) -> bytes:
        return f"{name}{', asked by the router' if peer[0] == f'{LAN}1' else ''}".encode()

    def udp() -> socket.socket:
        made = socket.socket(FAMILY, socket.SOCK_DGRAM)
        made.bind((host, port))
        return made

    def datagrams(sock: socket.socket) -> None:
        while True:
            _, peer = sock.recvfrom(100)
            sock.sendto(said(peer), peer)

    def streams(sock: socket.socket) -> None:
        while True:
            stream, peer = sock.accept()
            with stream:
                stream.sendall(said(peer))

    def tcp() -> socket.socket:
        return socket.create_server((host, port), family=FAMILY)

    threading.Thread(target=datagrams, args=(inside(name, udp),), daemon=True).start()
    threading.Thread(target=streams, args=(inside(name, tcp),), daemon=True).start()


def ask(name: str, kind: str, host: str, port: int) -> str:
    """Whoever answers, or "refused"."""

    def made() -> socket.socket:
        sock = socket.socket(FAMILY, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
        sock.settimeout(PATIENCE)
        sock.connect((host, port))
        return sock

    try:
        with inside(name, made) as sock:
            if kind == "udp":
                sock.send(b"?")
            return sock.recv(100).decode()
    except ConnectionRefusedError:
        return "refused"
    except TimeoutError:
        return "silence"


def questions() -> Iterator[tuple[str, str, str, int]]:
    for who in ("client", "filter"):
        for port in (53, 853, 443):
            for kind in ("udp", "tcp"):
                yield who, f"{kind} {port}", RESOLVER, port
        yield who, "other tcp 443", OTHER, 443


def main() -> None:
    build()
    for port in (53, 853, 443):
        listen("world", RESOLVER, port)
    listen("world", OTHER, 443)
    listen("filter", f"{LAN}2", 53)
    for when in ("without rules", "with rules"):
        if when == "with rules":
            subprocess.run(["ip", "netns", "exec", "router", NFT, "-f", RULES], check=True)
        for who, what, host, port in questions():
            kind = what.split()[-2]
            sys.stdout.write(f"{when} {who} {what}: {ask(who, kind, host, port)}\n")


main()
