"""A worker makes no objects that hold each other: it runs without the search for them but once in ten minutes."""

import subprocess
import sys
from pathlib import Path

from tests.house import House, Upstream

PROGRAM = r"""
import gc, os, signal, socket, sys, threading
from pathlib import Path

sys.path.insert(0, ".")
from filterdns.dns.prefork import _settings, bind
from filterdns.dns.published import Published
from filterdns.dns.worker import Worker
from tests.dns import packets
from tests.dns.stub import honest

def upstream_udp(sock):
    while True:
        query, peer = sock.recvfrom(4096)
        kind = query[13:14].lower()  # of the first label: how the server behaves
        reply = honest(query)
        if kind == b"t":
            reply = reply[:2] + b"\x83" + reply[3:]
        elif kind == b"w":
            reply = bytes((reply[0] ^ 1,)) + reply[1:]
        elif kind == b"m":
            sock.sendto(reply[:-3], peer)
        elif kind == b"f":
            reply = reply[:3] + b"\x82" + reply[4:]
        if kind != b"s":
            sock.sendto(reply, peer)

def upstream_tcp(listener):
    while True:
        sock, _ = listener.accept()
        threading.Thread(target=talk, args=(sock,), daemon=True).start()

def talk(sock):
    with sock:
        while head := sock.recv(2, socket.MSG_WAITALL):
            reply = honest(sock.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL))
            sock.sendall(len(reply).to_bytes(2, "big") + reply)

def named(label, qtype=1, edns=packets.opt()):
    return packets.query(qtype, bytes((len(label),)) + label + b"\x07example\x00", edns)

def asked():
    for number in range(60):
        for kind in b"gtwmf":
            yield named(b"%c%d" % (kind, number))
        yield named(b"forbidden")
        yield named(b"g%d" % (number % 7), 255)
        yield named(b"g", edns=packets.opt(packets.option(10, b"odd")))
        yield packets.query(1, b"\x03www\x06google\x03com\x00")
        yield b"\x00" * number
    yield named(b"silent")

def clients(address):
    try:
        ask_all(address)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)

def ask_all(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.1.1", 0))
        for number in range(60):
            sock.sendto(named(b"g%d" % number), everywhere)
            sock.recv(4096)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.1.1", 0))
        sock.settimeout(0.02)
        for query in asked():
            sock.sendto(query, address)
            try:
                sock.recv(4096)
            except OSError:
                pass
    for name in ("policy", "domains") * 3:
        before, path = worker._snapshot, state / "published" / name
        (state / "newer").write_bytes(path.read_bytes())
        (state / "newer").replace(path)
        while worker._snapshot is before:
            threading.Event().wait(0.02)
    for number in range(60):
        with socket.create_connection(address) as sock:
            for query in (named(b"g%d" % number), named(b"t%d" % number)):
                sock.sendall(len(query).to_bytes(2, "big") + query)
            if number % 3:
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:  # the last one heard: the silent name was given up
        sock.sendto(named(b"silent"), address)
        sock.recv(4096)

stub = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stub.bind(("127.0.0.1", 0))
listener = socket.create_server(stub.getsockname())
state = Path(sys.argv[1])
upstreams = {"all": ["udp://127.0.0.1:%d" % listener.getsockname()[1]]}
config = {"state": str(state), "upstreams": upstreams, "clients": ["127.0.0.0/8"], "cache_mib": 16, "local_domains": {}}
everywhere = ("127.0.0.1", int(sys.argv[3]))
udp, tcp = bind([["127.0.0.1", int(sys.argv[2])], ["0.0.0.0", everywhere[1]]])
published = Published(state, print)
worker = Worker(_settings(config, 0), udp, tcp, published, published.open())
for work, given in ((upstream_udp, stub), (upstream_tcp, listener), (clients, udp[0].getsockname())):
    threading.Thread(target=work, args=(given,), daemon=True).start()
worker.run()
print(worker._answers.total(), gc.collect())
"""


def test_a_worker_leaves_nothing_to_search_for(tmp_path: Path) -> None:
    upstream = Upstream()
    house = House(tmp_path, upstream)
    try:
        assert not house.run("update", "--local").returncode
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(house.state), str(house.port), str(house.web)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not done.stderr
        queries, garbage = map(int, done.stdout.split())
        assert queries > 500
        assert garbage == 0
    finally:
        upstream.close()
