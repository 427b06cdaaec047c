"""Every verb on real state folders: what it prints, its exit code, and one line for whatever goes wrong."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from filterdns import __version__, cli
from filterdns.household import changes, document
from filterdns.household.accounts import Accounts
from filterdns.household.store import Store

ROOT = Path(__file__).parents[1]

HOUSEHOLD = """\
household: {name: Home, timezone: Europe/Berlin}
people:
  - name: Lea
    age: 9
    windows: []
    rules: [{name: wikipedia.org, action: allow}]
devices:
  - {name: Tablet, person: Lea, address: 127.0.0.1}
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


class Filter:
    """Runs verbs with one state folder."""

    def __init__(self, state: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.state = state
        self._capsys = capsys

    def __call__(self, *argv: str | Path) -> Ran:
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in argv])
        out, err = self._capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Filter:
    monkeypatch.setenv("FILTERDNS_DEBUG", "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.yaml").write_text(f"state: {tmp_path / 'state'}\n")
    (tmp_path / "household.yaml").write_text(HOUSEHOLD)
    return Filter(tmp_path / "state", capsys)


def one_line(text: str) -> str:
    assert text.count("\n") == 1
    assert "Traceback" not in text
    return text


def test_the_version(run: Filter) -> None:
    assert run("version") == (0, f"filterdns {__version__}\n", "")


VERBS = "serve resolver admin update check explain household lists status password router version".split()  # noqa: SIM905


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_takes_a_configuration_and_explains_itself(run: Filter, verb: str) -> None:
    found = run(verb, "-c", "config.yaml", "--help")
    assert found.code == 0
    assert "-c, --config CONFIG" in found.out
    assert "--debug" in found.out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["nothing"], "No such command"),
        (["status", "--nothing"], "--nothing"),
        (["explain"], "NAME"),
        (["explain", "a.example", "--device", "x", "--person", "y"], "not both"),
        (["household", "import"], "FILE"),
        (["household", "import", "missing.yaml"], "missing.yaml: no such file"),
        (["check", "-c", "missing.yaml"], "missing.yaml: no such file"),
        (["serve", "--dns", "5354"], "--dns"),
        (["serve", "--web", "here"], "--web"),
        (["router", "--fritzbox"], "--fritzbox"),
        (["router"], "no other device reaches 127.0.0.1:5354"),
    ],
)
def test_wrong_use_is_one_line_and_2(run: Filter, argv: list[str], words: str) -> None:
    found = run(*argv)
    assert found.code == 2
    assert words in one_line(found.err)


def test_no_verb_at_all_shows_the_help(run: Filter) -> None:
    found = run()
    assert found.code == 2
    assert "Commands:" in found.err


@pytest.mark.parametrize(
    ("form", "begins"),
    [
        ((), "There are rules for routers that take commands:"),
        (("--nftables",), "# FilterDNS, for a router that runs nftables."),
        (("--openwrt",), "# FilterDNS, for a router with OpenWrt"),
        (("--words",), "The filter answers at 198.51.100.2:53."),
    ],
)
def test_what_to_tell_the_router(run: Filter, tmp_path: Path, form: tuple[str, ...], begins: str) -> None:
    (tmp_path / "config.yaml").write_text("dns: {listen: ['198.51.100.2:53']}\n")
    found = run("router", "-c", "config.yaml", *form)
    assert (found.code, found.err) == (0, "")
    assert found.out.startswith(begins)


def test_check(run: Filter, tmp_path: Path) -> None:
    assert run("check").code == 0
    found = run("check", "-c", "config.yaml")
    assert (found.code, found.out) == (0, f"{tmp_path}/config.yaml: right\n")
    (tmp_path / "config.yaml").write_text("dns:\n  workers: 99\n  lissten: []\nweb: 5\n")
    found = run("check", "-c", "config.yaml")
    assert found.code == 2
    assert found.out == ""
    assert [line.split(": ")[:2] for line in found.err.splitlines()] == [
        ["config.yaml:2", "dns.workers"],
        ["config.yaml:3", "dns.lissten"],
        ["config.yaml:4", "web"],
    ]


@pytest.mark.parametrize("verb", [["update"], ["status"], ["lists"], ["explain", "a.example"], ["household", "export"]])
def test_a_wrong_configuration_ends_every_verb_with_2(run: Filter, tmp_path: Path, verb: list[str]) -> None:
    (tmp_path / "config.yaml").write_text("satte: x\n")
    found = run(verb[0], "-c", "config.yaml", *verb[1:])
    assert found.code == 2
    assert 'did you mean "state"?' in one_line(found.err)


def test_update_says_a_line_for_each_thing(run: Filter) -> None:
    found = run("update", "-c", "config.yaml", "--local")
    assert found.code == 0
    assert found.err == ""
    assert [line.split(":")[0] for line in found.out.splitlines()] == ["names", "rules", "rules"]
    assert run("update", "-c", "config.yaml", "--local", "--quiet") == (0, "", "")


def test_a_household_goes_in_and_out(run: Filter, tmp_path: Path) -> None:
    dry = run("household", "-c", "config.yaml", "import", "household.yaml", "--dry-run")
    assert dry.code == 0
    assert "2 people, 1 device; nothing was changed" in dry.out
    assert not run.state.exists()
    done = run("household", "-c", "config.yaml", "import", "household.yaml")
    assert (done.code, done.err) == (0, "")
    assert "imported: 2 people, 1 device; revision 2" in done.out
    first = run("household", "export", "-c", "config.yaml")
    assert first.code == 0
    assert run("household", "--state", run.state, "export", "backup.yaml").code == 0
    assert (tmp_path / "backup.yaml").read_text() == first.out
    assert run("household", "import", "-c", "config.yaml", "backup.yaml").code == 0
    assert run("household", "-c", "config.yaml", "export", "-").out == first.out


def test_an_import_with_faults_changes_nothing(run: Filter, tmp_path: Path) -> None:
    run("household", "-c", "config.yaml", "import", "household.yaml")
    before = run("household", "-c", "config.yaml", "export").out
    (tmp_path / "bad.yaml").write_text("people:\n- {name: Lea, age: x}\n- {name: Tom, block: [gmes]}\n")
    for extra in ([], ["--dry-run"]):
        found = run("household", "-c", "config.yaml", "import", "bad.yaml", *extra)
        assert found.code == 2
        assert [line.split(": ")[:2] for line in found.err.splitlines()] == [
            ["bad.yaml:2", "people[0].age"],
            ["bad.yaml:3", "people[1].block[0]"],
        ]
    assert run("household", "-c", "config.yaml", "export").out == before


def test_an_export_to_a_device_does_not_replace_it(run: Filter, tmp_path: Path) -> None:
    run("household", "-c", "config.yaml", "import", "household.yaml")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert run("household", "-c", "config.yaml", "export", "pipe").code == 0
    assert b"Lea" in os.read(reader, 1 << 16)
    os.close(reader)
    assert pipe.is_fifo()


def test_explain(run: Filter) -> None:
    missing = run("explain", "-c", "config.yaml", "a.example")
    assert missing.code == 3
    assert "run: filterdns update" in one_line(missing.err)
    run("update", "-c", "config.yaml", "--local")
    run("household", "-c", "config.yaml", "import", "household.yaml")
    found = run("explain", "-c", "config.yaml", "www.pornhub.com", "--device", "Tablet", "--at", "fri 21:00")
    assert found.code == 0
    assert found.out.startswith("www.pornhub.com is blocked for Lea: it belongs to")
    told = json.loads(run("explain", "-c", "config.yaml", "de.wikipedia.org", "--person", "Lea", "--json").out)
    assert (told["action"], told["reason"], told["rule"]) == ("PASS", "NAME_RULE", "rule:1")
    assert [step["row"] for step in told["steps"]] == [1, 2, 3, 4, 5, 6]
    wrong = run("explain", "-c", "config.yaml", "a.example", "--person", "Leo")
    assert wrong.code == 2
    assert 'no person "Leo"' in one_line(wrong.err)


def test_lists(run: Filter) -> None:
    run("update", "-c", "config.yaml", "--local")
    assert "builtin:adult" in run("lists", "-c", "config.yaml").out
    told = json.loads(run("lists", "-c", "config.yaml", "--json").out)
    assert {"id", "category", "names", "age", "result"} <= set(told[0])


def test_status_of_nothing_is_1(run: Filter) -> None:
    found = run("status", "-c", "config.yaml")
    assert found.code == 1
    assert found.out.startswith("FilterDNS is not running.")
    told = run("status", "-c", "config.yaml", "--json")
    assert told.code == 1
    assert json.loads(told.out)["running"] is False


def test_damaged_rules_are_one_line_and_3(run: Filter) -> None:
    run("update", "-c", "config.yaml", "--local")
    (run.state / "rules.db").write_bytes(b"noise" * 999)
    for argv in (["update"], ["household", "export"], ["household", "import", "household.yaml"]):
        found = run(argv[0], *argv[1:], "-c", "config.yaml")
        assert found.code == 3
        assert "is damaged" in one_line(found.err)
    assert (run.state / "rules.db").read_bytes() == b"noise" * 999


@pytest.mark.parametrize("verb", ["serve", "resolver", "update"])
def test_a_state_that_is_no_folder_is_3(run: Filter, verb: str) -> None:
    run.state.write_text("x")
    found = run(verb, "-c", "config.yaml")
    assert found.code == 3
    assert str(run.state) in one_line(found.err)


def test_serve_says_what_keeps_it_from_preparing(run: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    run.state.mkdir()
    (run.state / "rules.db").write_bytes(b"noise" * 999)
    monkeypatch.chdir(ROOT)  # where the program finds itself when it is not installed
    found = run("serve", "--state", run.state)
    assert found.code == 3
    assert "is damaged" in one_line(found.err)


@pytest.mark.parametrize("verb", ["admin", "serve"])
def test_a_taken_port_of_the_page_is_3(run: Filter, verb: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        found = run(verb, "-c", "config.yaml", "--web", address)
    assert found.code == 3
    assert f"the page cannot listen on {address}: address already in use" in one_line(found.err)


def test_debug_shows_the_traceback() -> None:
    argv = [sys.executable, "-m", "filterdns", "check", "-c", "/nowhere", "--debug"]
    found = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.returncode == 2
    assert "Traceback" in found.stderr
    assert found.stderr.splitlines()[-1] == "/nowhere: no such file or directory"


def test_a_reader_that_goes_away_is_no_traceback(tmp_path: Path) -> None:
    argv = f"{sys.executable} -m filterdns check --state {tmp_path} | true"
    found = subprocess.run(["/bin/sh", "-c", argv], capture_output=True, text=True, check=False, cwd=ROOT)
    assert found.stderr == ""


@pytest.mark.parametrize("verb", ["serve", "resolver"])
def test_it_serves_until_told_to_stop(tmp_path: Path, verb: str) -> None:
    dns, web = _free_port(), _free_port()
    nothing_to_download = document.read(b"lists: {size: none}", "h.yaml", ())
    changes.publish_current(tmp_path)
    changes.import_household(tmp_path, "test", "test", nothing_to_download)
    argv = [sys.executable, "-m", "filterdns", verb, "--state", str(tmp_path), "--dns", f"127.0.0.1:{dns}"]
    argv += ["--web", f"127.0.0.1:{web}"] if verb == "serve" else []
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as running:
        try:
            assert running.stdout
            if verb == "serve":
                lines = [running.stdout.readline() for _ in range(4)]
                assert f"127.0.0.1:{dns}" in lines[0]
                assert f"http://127.0.0.1:{web}/" in lines[1]
                assert re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}", lines[2])
                assert f"dig @127.0.0.1 -p {dns}" in lines[3]
            assert _ask(dns, running)[-4:] == bytes(4)  # 0.0.0.0
        finally:
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=20)
    assert running.returncode == 0
    assert "Traceback" not in said


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def _ask(port: int, running: subprocess.Popen[str]) -> bytes:
    """Ask for the address of a name that is blocked for everybody until there is an answer."""
    query = bytes.fromhex("abcd 0100 0001 0000 0000 0000") + b"\x07pornhub\x03com\x00" + bytes.fromhex("0001 0001")
    until = time.monotonic() + 20
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.2)
        while time.monotonic() < until and running.poll() is None:
            try:
                sock.sendto(query, ("127.0.0.1", port))
                return sock.recv(512)
            except (TimeoutError, ConnectionRefusedError):
                continue
    raise AssertionError(f"no answer; exit {running.poll()}")


def test_a_password_from_the_terminal(run: Filter, monkeypatch: pytest.MonkeyPatch) -> None:
    def typed(line: str, *words: str) -> Ran:
        read, write = os.pipe()
        os.write(write, line.encode())
        os.close(write)
        with os.fdopen(read) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            return run("password", "-c", "config.yaml", *words)

    assert typed("correct horse\n").code == 2
    assert typed("short\n", "--name", "Mum").err == "filterdns: A password has at least 8 characters.\n"
    assert typed("correct horse\n", "--name", "Mum") == (0, "Mum can log in to the page now.\n", "")
    assert (run.state / "setup-code.json").read_text() == '{"done": true}'
    done = typed("another horse\n")
    assert done.out == "Mum has a new password; every session of theirs has ended.\n"
    assert typed("another horse\n", "--name", "Dad") == (2, "", 'filterdns: there is no account "Dad": Mum\n')
    with Store(run.state / "rules.db") as store:
        accounts = Accounts(store)
        assert accounts.password_fits(accounts.named("Mum"), "another horse")
