"""Two machines on a wire: a device is known by its MAC before its first answer; a list comes from another machine."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

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
