"""The whole filter as a process: answers, changes, failures, and what is left behind."""

import contextlib
import fcntl
import json
import os
import signal
import socket
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from house import House, Upstream, house, is_alive, wait_until

from filterdns import renewal
from filterdns.dns import prefork

BLOCKED = "0.0.0.0"  # noqa: S104 - an answer, nothing binds to it


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Upstream]]:
    with house(tmp_path_factory.mktemp("house")) as (home, upstream):
        home.serve()
        wait_until(lambda: len(home.log) >= 4, home.tail)
        yield home, upstream


def test_it_says_where_dns_and_page_are_the_code_and_what_to_try(running: tuple[House, Upstream]) -> None:
    home, _ = running
    dns_line, page, code, attempt = home.log[:4]
    assert f"127.0.0.1:{home.port}" in dns_line
    assert f"http://127.0.0.1:{home.web}/" in page
    assert "Set-up code" in code
    assert f"dig @127.0.0.1 -p {home.port} " in attempt


@pytest.mark.parametrize(
    ("source", "name", "address"),
    [
        ("127.0.1.1", "example.org", "192.0.2.1"),
        ("127.0.1.1", "www.roblox.com", BLOCKED),
        ("127.0.1.2", "www.roblox.com", "192.0.2.1"),
        ("127.0.1.1", "a.forbidden.example", BLOCKED),
        ("127.0.1.2", "a.forbidden.example", "192.0.2.1"),
        ("127.0.1.2", "www.evil.example", BLOCKED),
        ("127.0.1.9", "pornhub.com", BLOCKED),  # nobody's device is Guests'
        ("127.0.1.2", "pornhub.com", "192.0.2.1"),
        ("127.0.1.1", "www.google.com", "192.0.2.1"),
    ],
)
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_who_asks_decides(
    running: tuple[House, Upstream], source: str, name: str, address: str, transport: str
) -> None:
    home, _ = running
    assert home.address(name, source, tcp=transport == "tcp") == address


def test_safe_search_asks_for_the_safe_form_only(running: tuple[House, Upstream]) -> None:
    home, upstream = running
    home.ask("www.google.fr", source="127.0.1.1")
    assert "www.google.fr" not in upstream.asked
    assert "forcesafesearch.google.com" in upstream.asked


def test_a_change_is_in_force_without_a_restart(running: tuple[House, Upstream]) -> None:
    home, _ = running
    assert home.address("later.example", "127.0.1.1") == "192.0.2.1"
    exported = home.run("household", "export").stdout
    changed = exported.replace("forbidden.example", "later.example")
    (home.folder / "changed.yaml").write_text(changed)
    assert home.run("household", "import", str(home.folder / "changed.yaml")).returncode == 0
    wait_until(lambda: home.address("later.example", "127.0.1.1") == BLOCKED, home.tail)
    (home.folder / "before.yaml").write_text(exported)
    assert home.run("household", "import", str(home.folder / "before.yaml")).returncode == 0
    wait_until(lambda: home.address("later.example", "127.0.1.1") == "192.0.2.1", home.tail)


def test_a_new_list_is_in_force_after_update(running: tuple[House, Upstream]) -> None:
    home, _ = running
    (home.state / "lists" / "local" / "malware" / "more.txt").write_text("fresh.example\n")
    assert home.run("update").returncode == 0
    wait_until(lambda: home.address("fresh.example", "127.0.1.2") == BLOCKED, home.tail)


def running_as(home: House, word: bytes) -> list[int]:
    """The processes of the filter that have this word among theirs."""
    found = {pid: Path(f"/proc/{pid}/cmdline") for pid in home.children() if is_alive(pid)}
    return [pid for pid, words in found.items() if word in words.read_bytes()]


def updates(home: House) -> list[int]:
    """Those that run, from now on like any program: the lowest priority waits for all that a machine of tests does."""
    found = running_as(home, b"\0update\0")
    for pid in found:
        with contextlib.suppress(OSError):
            os.sched_setscheduler(pid, os.SCHED_OTHER, os.sched_param(0))
    return found


def test_an_update_that_is_ordered_runs_at_once(running: tuple[House, Upstream]) -> None:
    home, _ = running
    (home.state / "lists" / "local" / "malware" / "ordered.txt").write_text("ordered.example\n")
    renewal.order(home.state)
    [update] = wait_until(lambda: running_as(home, b"\0update\0"), home.tail)
    assert home.process is not None
    wait_until(lambda: os.sched_getscheduler(update) == os.SCHED_IDLE, home.tail)
    assert os.getsid(update) == os.getsid(home.process.pid)  # the policy counts within a session only
    wait_until(lambda: updates(home) and renewal.progress(home.state), home.tail)
    wait_until(lambda: home.address("ordered.example", "127.0.1.2") == BLOCKED, home.tail)
    wait_until(lambda: renewal.progress(home.state) is None, home.tail)
    assert not renewal.ordered(home.state)


def test_one_update_runs_at_a_time_and_what_is_asked_for_meanwhile_comes_after_it(
    running: tuple[House, Upstream],
) -> None:
    home, _ = running
    folder = home.state / "lists" / "local" / "malware"
    wait_until(lambda: not updates(home), home.tail)
    with (home.state / "lists" / ".downloading").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        renewal.order(home.state)
        wait_until(lambda: updates(home), home.tail)
        (folder / "meanwhile.txt").write_text("meanwhile.example\n")
        renewal.order(home.state)
        workers = running_as(home, b"prefork")
        os.kill(workers[0], signal.SIGKILL)
        wait_until(lambda: {*running_as(home, b"prefork")} - {*workers}, home.tail)  # so it has looked for orders since
        assert len(updates(home)) == 1
    wait_until(lambda: not updates(home) and not renewal.ordered(home.state), home.tail)
    wait_until(lambda: home.address("meanwhile.example", "127.0.1.2") == BLOCKED, home.tail)


@pytest.mark.parametrize("name", ["policy", "domains"])
@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty"])
def test_a_damaged_file_is_refused_and_the_last_good_state_stays(
    running: tuple[House, Upstream], name: str, damage: str
) -> None:
    home, _ = running
    wait_until(lambda: not updates(home), home.tail)
    path = home.state / "published" / name
    good = path.read_bytes()
    middle = len(good) // 2
    bad = {
        "truncated": good[:middle],
        "flipped": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :],
        "empty": b"",
    }[damage]
    said = len(home.log)
    aside = path.with_name("aside")
    with (home.state / "lists" / ".lock").open("wb") as lock:  # against an update of the first minute, which mends it
        fcntl.flock(lock, fcntl.LOCK_EX)
        aside.write_bytes(bad)
        aside.replace(path)
        wait_until(lambda: any(str(path) in line and "stays" in line for line in home.log[said:]), home.tail)
        assert home.address("www.evil.example", "127.0.1.2") == BLOCKED
        assert home.address("www.roblox.com", "127.0.1.1") == BLOCKED
        aside.write_bytes(good)
        aside.replace(path)
    assert sum(str(path) in line for line in home.log[said:]) == 1


def test_a_dead_worker_is_replaced(running: tuple[House, Upstream]) -> None:
    home, _ = running
    status = json.loads((home.state / "run" / "worker-0.json").read_text())
    os.kill(status["pid"], signal.SIGKILL)
    path = home.state / "run" / "worker-0.json"
    wait_until(lambda: json.loads(path.read_text())["pid"] != status["pid"], home.tail)
    assert home.address("www.evil.example", "127.0.1.2") == BLOCKED


def test_who_opens_connections_and_says_nothing_keeps_nobody_from_the_page(running: tuple[House, Upstream]) -> None:
    home, _ = running
    wait_until(lambda: page_answers(home), home.tail)
    with contextlib.ExitStack() as held:
        for _ in range(300):
            silent = held.enter_context(socket.create_connection(("127.0.0.1", home.web), timeout=5))
            silent.send(b"G")
        assert page_answers(home)


def page_answers(home: House) -> bool:
    with (
        contextlib.suppress(OSError),
        urllib.request.urlopen(f"http://127.0.0.1:{home.web}/login", timeout=5) as answer,
    ):
        return bool(answer.status == 200)
    return False


def test_a_dead_page_is_started_again_and_waits_for_queries(running: tuple[House, Upstream]) -> None:
    home, _ = running
    [page] = [pid for pid in home.children() if b"\0admin\0" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert os.getpriority(os.PRIO_PROCESS, page) == prefork.BESIDE
    assert all(os.getpriority(os.PRIO_PROCESS, pid) == 0 for pid in home.children() if pid != page)
    os.kill(page, signal.SIGKILL)
    wait_until(
        lambda: any(line == "filterdns: admin ended (SIGKILL); starting it again" for line in home.log), home.tail
    )
    assert home.address("www.evil.example", "127.0.1.2") == BLOCKED


def test_status_counts_and_says_what_is_in_force(running: tuple[House, Upstream]) -> None:
    home, _ = running
    done = home.run("status", "--json")
    assert done.returncode == 0, done.stderr
    assert "2 workers" in home.run("status").stdout


def test_what_was_asked_is_spooled_and_helplines_are_not(running: tuple[House, Upstream]) -> None:
    home, _ = running
    home.ask("nummergegenkummer.de", source="127.0.1.1")
    home.ask("spooled.example", source="127.0.1.1")

    def spooled() -> str:
        return "".join(path.read_text() for path in (home.state / "run" / "spool").glob("*.open"))

    wait_until(lambda: "\tspooled.example\t" in spooled(), home.tail)
    assert "nummergegenkummer" not in spooled()
    line = next(line for line in spooled().splitlines() if "spooled.example" in line)
    assert line.split("\t")[1:3] == ["127.0.1.1", ""]


def test_a_second_filter_on_the_same_port_says_so(running: tuple[House, Upstream]) -> None:
    home, _ = running
    done = home.run("resolver")
    assert done.returncode == 3
    assert done.stderr.startswith(f"filterdns: 127.0.0.1 port {home.port} is taken")
    assert len(done.stderr.splitlines()) == 1


def test_any_is_answered_small(running: tuple[House, Upstream]) -> None:
    home, _ = running
    assert home.ask("example.org", "ANY").answer[0].to_text().split()[3] == "HINFO"


def test_it_ends_with_all_its_children(tmp_path: Path) -> None:
    with house(tmp_path) as (home, _):
        home.serve()
        wait_until(lambda: len(home.children()) >= 3, home.tail)
        children = home.children()
        assert home.stop() == 0
        assert not [pid for pid in children if is_alive(pid)]


def test_it_listens_on_ipv6(tmp_path: Path) -> None:
    with house(tmp_path, listen="::1") as (home, _):
        home.serve("resolver")
        assert home.address("www.evil.example") == BLOCKED
        assert home.address("example.org", tcp=True) == "192.0.2.1"


def test_it_listens_on_every_address_and_replies_from_the_one_asked(tmp_path: Path) -> None:
    with house(tmp_path, listen="127.0.0.1") as (home, _):
        text = home.config.read_text()
        home.config.write_text(text.replace(f"127.0.0.1:{home.port}", f"0.0.0.0:{home.port}"))
        home.listen = "127.0.5.5"
        home.serve("resolver")
        assert home.address("www.evil.example", "127.0.1.2") == BLOCKED  # dnspython checks where a reply comes from
        assert home.address("www.evil.example", "127.0.1.2") == BLOCKED
        assert home.address("example.org", "127.0.1.2") == "192.0.2.1"


def test_it_starts_from_the_previous_file_when_the_newest_is_damaged(tmp_path: Path) -> None:
    with house(tmp_path) as (home, _):
        home.serve("resolver")
        home.stop()
        for name in ("policy", "domains"):
            path = home.state / "published" / name
            path.with_name(f"{name}.previous").write_bytes(path.read_bytes())
            path.write_bytes(path.read_bytes()[:-1])
        home.serve("resolver")
        assert home.address("www.evil.example", "127.0.1.2") == BLOCKED
        assert home.address("www.roblox.com", "127.0.1.1") == BLOCKED


def test_nothing_is_answered_where_nothing_can_be_obeyed(tmp_path: Path) -> None:
    with house(tmp_path) as (home, _):
        home.run("update")
        (home.state / "rules.db").write_bytes(b"not a database" * 100)
        for path in (home.state / "published").iterdir():
            path.write_bytes(b"damaged")
        done = home.run("serve")
        assert done.returncode == 3
        assert len(done.stderr.splitlines()) == 1, done.stderr
        assert "rules.db" in done.stderr


FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)


@pytest.mark.skipif(FAKETIME is None, reason="Debian's faketime is not installed")
def test_a_clock_before_2026_is_said_and_opens_nothing(tmp_path: Path) -> None:
    with house(tmp_path) as (home, _):
        home.run("update")
        home.serve(
            "resolver", LD_PRELOAD=str(FAKETIME), FAKETIME="@1970-01-02 00:00:00", FAKETIME_DONT_FAKE_MONOTONIC="1"
        )
        wait_until(lambda: any("the clock says 1970" in line for line in home.log), home.tail)
        assert home.address("www.evil.example", "127.0.1.2") == BLOCKED
        assert home.address("www.roblox.com", "127.0.1.1") == BLOCKED
        assert home.address("example.org", "127.0.1.1") == "192.0.2.1"
