"""The units that lie in systemd/: they start what there is, and may do little."""

import re
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from filterdns import cli, renewal
from filterdns.config import Config

FOLDER = Path(__file__).parents[1] / "systemd"
SERVICES = sorted(FOLDER.glob("*.service"))
MOST_EXPOSURE = {"filterdns-update.service": 1.3}  # of 10, as systemd-analyze counts it


@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_service_starts_a_verb_that_there_is(service: Path) -> None:
    [line] = re.findall(r"^ExecStart=filterdns (.*)$", service.read_text(), re.MULTILINE)
    verb, *options = line.split()
    command = cli.cli.commands[verb]
    known = {name for option in command.params if isinstance(option, click.Option) for name in option.opts}
    assert set(options) <= known


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("service", SERVICES, ids=lambda path: path.name)
def test_a_service_may_do_little(service: Path) -> None:
    argv = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(service)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    found = re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout)
    if not found:
        pytest.skip(f"this systemd-analyze does not say: {done.stderr.strip()}")
    assert float(found[1]) <= MOST_EXPOSURE[service.name]


def test_an_update_yields_to_the_resolver_as_a_whole() -> None:
    """A policy counts within a service; among services their weights do."""
    lines = (FOLDER / "filterdns-update.service").read_text().splitlines()
    assert {"CPUSchedulingPolicy=idle", "CPUWeight=idle"} <= set(lines)


def test_other_lists_are_noticed_where_they_are_asked_for() -> None:
    assert f"PathChanged={Config().state / renewal.ASKED}\n" in (FOLDER / "filterdns-update.path").read_text()
