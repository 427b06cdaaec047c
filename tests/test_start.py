"""What the resolver is told, and what a start needs."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from filterdns import config, refresh, start
from filterdns.config import Config
from filterdns.endpoint import Endpoint


def test_what_the_resolver_is_told() -> None:
    told = start.resolver_alone(replace(config.BUILT_IN, state=Path("/s"), clients=("lan", "10.0.0.0/8"), workers=2))
    assert told == {
        "listen": [["127.0.0.1", 5354]],
        "upstreams": {
            "family": ["udp://1.1.1.3:53", "udp://1.0.0.3:53", "udp://[2606:4700:4700::1113]:53"],
            "open": ["udp://9.9.9.9:53", "udp://149.112.112.112:53"],
        },
        "local_domains": {},
        "clients": ["lan", "10.0.0.0/8"],
        "workers": 2,
        "cache_mib": 16,
        "state": "/s",
        "programs": [],
    }
    assert start.resolver_alone(config.BUILT_IN)["workers"] == "auto"


def test_everything_to_run(tmp_path: Path) -> None:
    source = tmp_path / "config.yaml"
    told = start.everything_to_run(replace(config.BUILT_IN, state=tmp_path, source=source))
    ((python, *admin),) = told["programs"]
    assert Path(python).is_file()
    assert admin == ["-P", "-OO", "-m", "filterdns", "admin", "-c", str(source), "--state", str(tmp_path),
                     "--web", "127.0.0.1:8053"]  # fmt: skip
    assert told["update"][1:] == ["-P", "-m", "filterdns", "update", "-c", str(source), "--state", str(tmp_path),
                                  "--quiet", "--due"]  # fmt: skip
    assert len(told["announce"]) == 4


@pytest.mark.parametrize(
    ("dns", "page", "dig"),
    [
        (Endpoint("127.0.0.1", 5354), "http://127.0.0.1:8053/", "dig @127.0.0.1 -p 5354 example.org"),
        (Endpoint("192.0.2.7", 53), "http://127.0.0.1:8053/", "dig @192.0.2.7 example.org"),
        (Endpoint("::1", 53), "http://127.0.0.1:8053/", "dig @::1 example.org"),
    ],
)
def test_the_four_lines(dns: Endpoint, page: str, dig: str) -> None:
    lines = start.announcement(replace(config.BUILT_IN, listen=(dns,)), "7KQ2-M9XD (works once)")
    assert len(lines) == 4
    assert str(dns) in lines[0]
    assert page in lines[1]
    assert "7KQ2-M9XD" in lines[2]
    assert lines[3].endswith(dig)


def test_an_address_that_means_all_is_shown_as_one_to_type() -> None:
    lines = start.announcement(Config(), "none, set-up is done")
    assert "://0.0.0.0" not in "".join(lines)
    assert re.search(r"http://\d+\.\d+\.\d+\.\d+:8053/", lines[1])
    assert "set-up is done" in lines[2]


@pytest.mark.parametrize("name", ["policy", "domains"])
def test_ready_means_that_both_files_verify_or_their_previous_ones(tmp_path: Path, name: str) -> None:
    assert not start.is_ready(tmp_path)
    refresh.refresh(replace(config.BUILT_IN, state=tmp_path), refresh.Wish(local=True), print, print)
    assert start.is_ready(tmp_path)
    path = tmp_path / "published" / name
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert not start.is_ready(tmp_path)
    path.with_name(f"{name}.previous").write_bytes(content)
    assert start.is_ready(tmp_path)


def test_a_state_that_cannot_be_written_keeps_nobody_from_starting(tmp_path: Path) -> None:
    (tmp_path / "setup-code.json").mkdir()  # nothing can be renamed over a folder, whoever asks
    lines = start.everything_to_run(replace(config.BUILT_IN, state=tmp_path))["announce"]
    assert lines[2].startswith(f"Set-up code: none, {tmp_path}/setup-code.json: ")


@pytest.fixture
def runtime(tmp_path: Path) -> Path:
    folder = tmp_path / "runtime"
    folder.mkdir()
    return folder


def test_run_lies_in_the_services_runtime_directory(tmp_path: Path, runtime: Path) -> None:
    state, run = tmp_path, tmp_path / "run"
    start.keep_run_in_memory(state, "")
    assert not run.exists()
    (run / "spool").mkdir(parents=True)
    for given in (str(runtime), f"{runtime}:/another", str(runtime)):
        start.keep_run_in_memory(state, given)
        assert run.readlink() == runtime
    (run / "order").touch()
    assert (runtime / "order").exists()
    other = tmp_path / "other"
    other.mkdir()
    start.keep_run_in_memory(state, str(other))
    assert run.readlink() == other


def test_without_a_runtime_directory_run_is_a_folder_again(tmp_path: Path, runtime: Path) -> None:
    run = tmp_path / "run"
    start.keep_run_in_memory(tmp_path, str(runtime))
    start.keep_run_in_memory(tmp_path, "")  # from the terminal, while the service has it
    assert run.is_dir()
    runtime.rmdir()  # as systemd does when the service ends
    start.keep_run_in_memory(tmp_path, "")
    assert not run.is_symlink()
    run.mkdir()
