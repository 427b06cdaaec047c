"""Two machines on a wire: a device is known by its MAC before its first answer; a list comes from another machine."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

MAC = "02:00:00:00:0c:01"
HOUSEHOLD = f"""
household: {{timezone: UTC}}
people:
  - name: Child
    rules: [{{name: forbidden.example, action: block}}]
devices:
  - {{name: Tablet, person: Child, mac: "{MAC}"}}
"""
CONFIG = """
dns: {{listen: ["0.0.0.0:53", "[::]:53"], upstreams: ["udp://127.0.0.1:9"], workers: 1}}
state: {state}
"""
READY = """
import socket, sys, time
for attempt in range(1000):
    with socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET) as probe:
        if probe.connect_ex((sys.argv[1], 53)) == 0:
            break
    time.sleep(0.03)
"""
ASK = """
import sys
import dns.message, dns.query
reply = dns.query.udp(dns.message.make_query("www.forbidden.example", "A"), sys.argv[1], timeout=20)
print(reply.answer[0][0] if reply.answer else reply.rcode())
"""


@pytest.fixture
def wire() -> Iterator[tuple[str, str]]:
    """Two network namespaces with a cable between them; the second has the MAC of the child's tablet."""
    if os.geteuid() != 0 or not shutil.which("ip"):
        pytest.skip("needs root and iproute2 for network namespaces")
    box, tablet = f"filterdns-box-{os.getpid()}", f"filterdns-tablet-{os.getpid()}"
    made = subprocess.run(["ip", "netns", "add", box], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no network namespace here: {made.stderr.strip()}")
    try:
        for command in (
            f"ip netns add {tablet}",
            f"ip -n {box} link add lan type veth peer name eth netns {tablet}",
            f"ip -n {tablet} link set eth address {MAC}",
            f"ip -n {box} link set lo up",
            f"ip -n {box} link set lan up",
            f"ip -n {tablet} link set eth up",
            f"ip -n {box} addr add 192.168.77.1/24 dev lan",
            f"ip -n {tablet} addr add 192.168.77.20/24 dev eth",
            f"ip -n {box} addr add fd77::1/64 dev lan nodad",
            f"ip -n {tablet} addr add fd77::20/64 dev eth nodad",
        ):
            done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"{command}: {done.stderr.strip()}")
        yield box, tablet
    finally:
        for name in (box, tablet):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@pytest.mark.parametrize("address", ["192.168.77.1", "fd77::1"])
def test_the_first_answer_is_the_childs(wire: tuple[str, str], tmp_path: Path, address: str) -> None:
    box, tablet = wire
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(state=tmp_path / "state"))
    (tmp_path / "household.yaml").write_text(HOUSEHOLD)
    program = [sys.executable, "-m", "filterdns"]
    subprocess.run(
        [*program, "household", "-c", str(config), "import", str(tmp_path / "household.yaml")],
        check=True, capture_output=True,
    )  # fmt: skip
    subprocess.run([*program, "update", "-c", str(config), "--local"], check=True, capture_output=True)
    resolver = subprocess.Popen(
        ["ip", "netns", "exec", box, *program, "resolver", "-c", str(config)], stderr=subprocess.DEVNULL
    )
    try:
        inside = ["ip", "netns", "exec", box, sys.executable, "-c", READY, address]
        subprocess.run(inside, check=True, timeout=60)
        asked = subprocess.run(
            ["ip", "netns", "exec", tablet, sys.executable, "-c", ASK, address],
            capture_output=True, text=True, check=True, timeout=60,
        )  # fmt: skip
    finally:
        resolver.send_signal(signal.SIGTERM)
        resolver.wait(30)
    assert asked.stdout.strip() == "0.0.0.0"  # noqa: S104 - an answer


OWN_LIST = """
lists:
  size: none
  own: [{name: NAS, url: "http://192.168.77.20:8080/list.txt", category: malware, lan: true}]
"""
UNTIL_BLOCKED = """
import sys, time
import dns.exception, dns.message, dns.query
until = time.monotonic() + 150  # an update has the lowest priority, and this machine may be busy
address = ""
while address != "0.0.0.0" and time.monotonic() < until:
    try:
        reply = dns.query.udp(dns.message.make_query("www.listed.example", "A"), sys.argv[1], timeout=2)
        address = str(reply.answer[0][0]) if reply.answer else ""
    except dns.exception.Timeout:
        pass
print(address)
"""


def test_a_list_of_the_house_comes_when_a_parent_chooses_it(wire: tuple[str, str], tmp_path: Path) -> None:
    box, nas = wire
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(state=tmp_path / "state"))
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "list.txt").write_text("listed.example\n")
    program = [sys.executable, "-m", "filterdns"]

    def choose(text: str) -> None:
        (tmp_path / "household.yaml").write_text(text)
        words = ["household", "-c", str(config), "import", str(tmp_path / "household.yaml")]
        subprocess.run([*program, *words], check=True, capture_output=True)

    choose("lists: {size: none}")
    web = [
        sys.executable,
        "-m",
        "http.server",
        "8080",
        "--bind",
        "192.168.77.20",
        "--directory",
        str(tmp_path / "shared"),
    ]
    running = [
        subprocess.Popen(["ip", "netns", "exec", name, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name, words in ((nas, web), (box, [*program, "serve", "-c", str(config)]))
    ]
    try:
        inside = ["ip", "netns", "exec", box, sys.executable, "-c", READY, "192.168.77.1"]
        subprocess.run(inside, check=True, timeout=60)
        choose(OWN_LIST)
        asked = subprocess.run(
            ["ip", "netns", "exec", nas, sys.executable, "-c", UNTIL_BLOCKED, "192.168.77.1"],
            capture_output=True, text=True, check=True, timeout=180,
        )  # fmt: skip
        shown = subprocess.run([*program, "lists", "-c", str(config)], capture_output=True, text=True, check=True)
    finally:
        for each in running:
            each.send_signal(signal.SIGTERM)
            each.wait(30)
    assert asked.stdout.strip() == "0.0.0.0"  # noqa: S104 - an answer
    assert "own:NAS" in shown.stdout


WORLD = """
import http.server, socket, ssl, sys, threading
import dns.message, dns.rrset

NAMES = {"lists.example.": "11.0.0.80", "inside.example.": "127.0.0.1"}
asking = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
asking.bind(("11.0.0.53", 53))

def resolve():
    while True:
        packet, peer = asking.recvfrom(4096)
        reply = dns.message.make_response(dns.message.from_wire(packet), recursion_available=True)
        asked = reply.question[0]
        if asked.rdtype == 1 and (address := NAMES.get(asked.name.to_text().lower())):
            reply.answer.append(dns.rrset.from_text(asked.name, 60, "IN", "A", address))
        asking.sendto(reply.to_wire(), peer)

class Lists(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        if self.path != "/onwards.txt":
            return super().do_GET()
        self.send_response(302)
        self.send_header("Location", "https://inside.example/list.txt")
        self.end_headers()

threading.Thread(target=resolve, daemon=True).start()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1])
server = http.server.ThreadingHTTPServer(("11.0.0.80", 443), Lists)
server.socket = context.wrap_socket(server.socket, server_side=True)
print("ready", flush=True)
server.serve_forever()
"""
"""A name server and a web server of the internet, at addresses that belong to nobody here."""
LISTS_OF_THE_WORLD = """
lists:
  size: none
  own:
    - {name: World, url: "https://lists.example/list.txt", category: games}
    - {name: Onwards, url: "https://lists.example/onwards.txt", category: games}
    - {name: Inside, url: "https://inside.example/list.txt", category: games}
    - {name: Nowhere, url: "https://nowhere.example/list.txt", category: games}
"""


def test_lists_of_the_world_come_by_way_of_the_upstream_and_over_tls(wire: tuple[str, str], tmp_path: Path) -> None:
    box, world = wire
    for command in (f"-n {world} addr add 11.0.0.53/32 dev eth", f"-n {world} addr add 11.0.0.80/32 dev eth",
                    f"-n {box} route add default via 192.168.77.20"):  # fmt: skip
        subprocess.run(["ip", *command.split()], check=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "trusted.pem"))
    authority.issue_cert("lists.example").private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "list.txt").write_text("listed.example\nrataufdraht.at\n")
    config = tmp_path / "config.yaml"
    config.write_text(CONFIG.format(state=tmp_path / "state").replace("127.0.0.1:9", "11.0.0.53"))
    (tmp_path / "household.yaml").write_text(LISTS_OF_THE_WORLD)

    def filterdns(*words: str) -> subprocess.CompletedProcess[str]:
        argv = ["ip", "netns", "exec", box, sys.executable, "-m", "filterdns", words[0], "-c", str(config), *words[1:]]
        trusting = os.environ | {"SSL_CERT_FILE": str(tmp_path / "trusted.pem")}
        return subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, env=trusting)

    running = ["ip", "netns", "exec", world, sys.executable, "-c", WORLD, str(tmp_path / "server.pem")]
    with subprocess.Popen(running, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=shared) as server:
        try:
            assert server.stdout is not None
            assert server.stdout.readline() == b"ready\n"
            assert filterdns("household", "import", str(tmp_path / "household.yaml")).returncode == 0
            updated = filterdns("update")
        finally:
            server.terminate()
    assert updated.returncode == 1  # not every list came
    assert "lists: 4 asked for, 3 of them without success" in updated.stdout
    shown = " ".join(filterdns("lists").stdout.split())
    assert "own:World games 2 new in use would block: rataufdraht.at (they stay open)" in shown
    assert "own:Onwards games 0 - left out: its server inside.example has the address 127.0.0.1" in shown
    assert "own:Inside games 0 - left out: its server inside.example has the address 127.0.0.1" in shown
    assert "own:Nowhere games 0 - left out: its server was not found: there is no address" in shown
    assert "own:World" in filterdns("explain", "www.listed.example").stdout
