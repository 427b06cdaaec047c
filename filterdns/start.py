"""What `serve` and `resolver` do before they become the resolver: see that there is something to obey, and say how."""

import contextlib
import json
import os
import shutil
import socket
import sys
import zoneinfo
from pathlib import Path
from typing import Any, NoReturn

from filterdns import endpoint, setupcode
from filterdns.config import Config
from filterdns.endpoint import Endpoint
from filterdns.publish import open_newest

PYTHON = [sys.executable, "-P"]
"""This interpreter, which imports nothing from the folder that it happens to be started in."""


class CannotStartError(Exception):
    """Why the filter cannot run now, in one line."""


def start(config: Config, *, everything: bool) -> NoReturn:
    """Become the resolver, in a lean interpreter; with `everything` it runs page and updates too.

    Raises CannotStartError.
    """
    if everything:
        see_that_page_can_listen(config)
    if not is_ready(config.state):
        _see_that_state_is_usable(config.state)
        _update(config)
    keep_run_in_memory(config.state, os.environ.get("RUNTIME_DIRECTORY", ""))
    argument = json.dumps(everything_to_run(config) if everything else resolver_alone(config))
    sys.stdout.flush()
    # Where the time zones lie is known here: to find out again would cost each worker half a megabyte.
    environment = os.environ | {"PYTHONTZPATH": os.pathsep.join(zoneinfo.TZPATH)}
    os.execve(sys.executable, [*PYTHON, "-m", "filterdns.dns.prefork", argument], environment)  # noqa: S606 - our own words


def keep_run_in_memory(state: Path, given: str) -> None:
    """Make `run` a link to the service's runtime directory (systemd names it), which lies in memory.

    What workers leave there is replaced every few seconds and needed by nobody after a restart: on a card it would be
    the larger part of all that is written. Without such a directory, `run` is a folder like the others.
    """
    run, wanted = state / "run", given.partition(":")[0]
    with contextlib.suppress(OSError):  # a full disk keeps nobody's DNS from starting
        if run.is_symlink() and (str(run.readlink()) != wanted if wanted else not run.is_dir()):
            run.unlink()
        if wanted and not run.is_symlink():
            if run.is_dir():
                shutil.rmtree(run)
            run.symlink_to(wanted)


def resolver_alone(config: Config) -> dict[str, Any]:
    """What the resolver is told."""
    return {
        "listen": [list(listen) for listen in config.listen],
        "upstreams": {name: [str(server) for server in servers] for name, servers in config.upstreams.items()},
        "local_domains": {name: str(server) for name, server in config.local_domains.items()},
        "clients": list(config.clients),
        "workers": config.workers or "auto",
        "cache_mib": config.cache_mib,
        "state": str(config.state),
        "programs": [],
    }


def everything_to_run(config: Config) -> dict[str, Any]:
    """The resolver's words, the programs beside it, and what to say once it answers."""
    web = [word for listen in config.web_listen for word in ("--web", str(listen))]
    return resolver_alone(config) | {
        "programs": [_verb("admin", config, *web, lean=True)],
        "update": _verb("update", config, "--quiet", "--due"),
        "announce": announcement(config, _setup_line(config.state)),
    }


def announcement(config: Config, setup: str) -> list[str]:
    """Four lines: where DNS is, where the page is, what there is to say of the set-up code, and something to try."""
    dns, web = config.listen[0], config.web_listen[0]
    try_port = "" if dns.port == endpoint.DNS_PORT else f" -p {dns.port}"
    return [
        f"DNS:         {_reachable(dns)}",
        f"Page:        http://{_reachable(web)}/",
        f"Set-up code: {setup}",
        f"Try:         dig @{_reachable(dns).host}{try_port} example.org",
    ]


def is_ready(state: Path) -> bool:
    """Do a policy and a table stand there that verify?"""
    from filterdns.blocklists.table import DomainTable  # noqa: PLC0415 - only a start opens it
    from filterdns.policy import policyfile  # noqa: PLC0415

    published = state / "published"
    try:
        open_newest(published / "policy", lambda path: policyfile.from_bytes(path.read_bytes()))
        open_newest(published / "domains", DomainTable.open)[0].close()
    except (OSError, ValueError):
        return False
    return True


def see_that_page_can_listen(config: Config) -> None:
    """Raises CannotStartError if an address of the page is taken, or this program may not use it."""
    for listen in config.web_listen:
        family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
        try:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(listen)
                probe.listen()
        except OSError as error:
            raise CannotStartError(
                f"the page cannot listen on {listen}: {(error.strerror or str(error)).lower()}"
            ) from None


def _see_that_state_is_usable(state: Path) -> None:
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotStartError(f"{state}: {(error.strerror or str(error)).lower()}") from None
    if not os.access(state, os.R_OK | os.W_OK | os.X_OK):
        raise CannotStartError(f"{state}: no right to write there")


def _update(config: Config) -> None:
    import subprocess  # noqa: PLC0415 - the first start only

    words = _verb("update", config, "--local")  # nothing that the network does keeps the filter from starting
    done = subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)  # noqa: S603
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise CannotStartError(said[-1].removeprefix("filterdns: ") if said else "filterdns update failed")


def _setup_line(state: Path) -> str:
    """A full disk keeps nobody's DNS from starting."""
    try:
        code = setupcode.renew(state, setupcode.now())
    except OSError as error:
        return f"none, {state / setupcode.NAME}: {(error.strerror or str(error)).lower()}"
    return f"{code} (for the page, good for half an hour)" if code else "none, set-up is done"


def _verb(verb: str, config: Config, *options: str, lean: bool = False) -> list[str]:
    """How a verb is run; a `lean` one without docstrings, which saves the page 2 MB."""
    python = [*PYTHON, "-OO"] if lean else PYTHON
    source = ["-c", str(config.source)] if config.source else []
    return [*python, "-m", "filterdns", verb, *source, "--state", str(config.state), *options]


def _reachable(listen: Endpoint) -> Endpoint:
    """An address to type for one that means all."""
    if not endpoint.parse_address(listen.host).is_unspecified:
        return listen
    return Endpoint(endpoint.main_address(), listen.port)
