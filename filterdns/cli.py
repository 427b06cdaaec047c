"""The command line: one function per verb, which import what they need themselves, so that each starts quickly.

Exit codes: 0 done, 1 the thing asked about is not so, 2 wrong use or configuration, 3 cannot run now.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from filterdns import __version__, config, exits

F = TypeVar("F", bound=Callable[..., Any])

_debug = click.option("--debug", is_flag=True, is_eager=True, expose_value=False, help="Show tracebacks.",
                      callback=lambda _context, _option, wanted: _show_tracebacks(wanted=wanted))  # fmt: skip
_dns = click.option("--dns", metavar="HOST:PORT", multiple=True, help="Answer DNS here; may be given several times.")
_web = click.option("--web", metavar="HOST:PORT", multiple=True, help="Serve the page here.")
_json = click.option("--json", "as_json", is_flag=True, help="For programs.")


def _machine(command: F) -> F:
    """-c, --state and --debug, which every verb and every group takes."""
    path = click.Path(path_type=Path)
    command = click.option("--state", type=path, metavar="DIR", help="The state folder.")(command)
    command = click.option("-c", "--config", "source", type=path, metavar="CONFIG", help="The configuration.")(command)
    return _debug(command)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@_debug
def cli() -> None:
    """A home DNS filter: each person's rules and hours, on every device of the house."""


@cli.command()
@_machine
@_dns
@_web
def serve(source: Path | None, state: Path | None, dns: tuple[str, ...], web: tuple[str, ...]) -> NoReturn:
    """Run everything in the foreground: DNS, the page, updates."""
    from filterdns import start  # noqa: PLC0415

    start.start(config.load(source, dns=dns, web=web, state=state), everything=True)


@cli.command()
@_machine
@_dns
def resolver(source: Path | None, state: Path | None, dns: tuple[str, ...]) -> NoReturn:
    """Run the resolver alone, for the system service."""
    from filterdns import start  # noqa: PLC0415

    start.start(config.load(source, dns=dns, state=state), everything=False)


@cli.command()
@_machine
@_web
def admin(source: Path | None, state: Path | None, web: tuple[str, ...]) -> None:
    """Run the page alone, for the system service."""
    from filterdns.admin import serve as page  # noqa: PLC0415

    page.run(config.load(source, web=web, state=state))


@cli.command()
@_machine
@click.option("--quiet", is_flag=True, help="Say only what changed or is wrong.")
@click.option("--local", is_flag=True, help="Download nothing.")
@click.option("--due", is_flag=True, help="Download only what was not looked for since yesterday, as the timer does.")
@click.option("--accept", multiple=True, metavar="LIST", help="Take a list's new content, however it looks.")
def update(  # noqa: PLR0913 - click passes them by name
    source: Path | None, state: Path | None, *, quiet: bool, local: bool, due: bool, accept: tuple[str, ...]
) -> None:
    """Download lists, and bring names and rules up to date for the workers."""
    from filterdns import refresh  # noqa: PLC0415
    from filterdns.progress import Bars  # noqa: PLC0415

    found = config.load(source, state=state)
    with Bars() as bars:
        wish = refresh.Wish(quiet, local, due, frozenset(accept), bars)
        whole = refresh.refresh(found, wish, click.echo, _show_step)
    if not whole:
        sys.exit(exits.NOT_SO)


@cli.command()
@_machine
def check(source: Path | None, state: Path | None) -> None:
    """Is the configuration right? Every fault with its place."""
    found = config.load(source, state=state)
    click.echo(f"{found.source or 'no configuration file, built-in defaults'}: right")


@cli.command()
@_machine
@click.argument("name")
@click.option("--device", default="", metavar="D", help="A device by name, MAC or address.")
@click.option("--person", default="", metavar="P", help="A person by name.")
@click.option("--at", default="", metavar="TIME", help='"fri 21:00", "21:00" or "2026-12-24 21:00".')
@click.option("--type", "qtype", default="A", metavar="TYPE", help="The type of the query.")
@_json
def explain(  # noqa: PLR0913, PLR0917 - click passes them by name
    source: Path | None, state: Path | None, name: str, device: str, person: str, at: str, qtype: str, *, as_json: bool
) -> None:
    """The verdict on NAME and every step to it."""
    import time  # noqa: PLC0415

    from filterdns import verdict  # noqa: PLC0415

    if device and person:
        raise click.UsageError("--device or --person, not both")
    books = verdict.open_books(config.load(source, state=state).state)
    found = verdict.judge(books, name, time.time(), person=person, device=device, at=at, qtype=qtype)
    _print(verdict.as_json(found) if as_json else verdict.lines(found))


@cli.group()
@_machine
@click.pass_context
def household(context: click.Context, source: Path | None, state: Path | None) -> None:
    """The family's rules as YAML: backup, restore, move."""
    context.obj = source, state


@household.command("export")
@_machine
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.pass_obj
def export_household(group: tuple[Path | None, Path | None], source: Path | None, state: Path | None,
                     file: Path | None) -> None:  # fmt: skip
    """Write the family's rules to FILE, or show them."""
    from filterdns.household import changes, export  # noqa: PLC0415

    text = export.write(changes.read(_state(group, source, state)))
    if file is None or str(file) == "-":
        click.echo(text, nl=False)
    else:
        _write(file, text)


@household.command("import")
@_machine
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Only look whether it could be done.")
@click.pass_obj
def import_household(group: tuple[Path | None, Path | None], source: Path | None, state: Path | None, file: Path,
                     *, dry_run: bool) -> None:  # fmt: skip
    """Put the rules of FILE in the place of the family's: all or nothing."""
    from filterdns.blocklists import builtin  # noqa: PLC0415
    from filterdns.household import changes, document  # noqa: PLC0415

    folder = _state(group, source, state)
    content = sys.stdin.buffer.read() if str(file) == "-" else _read(file)
    found = document.read(content, str(file), builtin.knowledge().services)
    counted = f"{_count(len(found.people), 'person', 'people')}, {_count(len(found.devices), 'device', 'devices')}"
    if dry_run:
        changes.check(found)
        click.echo(f"{file}: right: {counted}; nothing was changed")
        return
    changes.publish_current(folder)
    revision = changes.import_household(folder, "terminal", f"Imported {file.name}", found)
    click.echo(f"{file}: imported: {counted}; revision {revision}")


@cli.command()
@_machine
@_json
def lists(source: Path | None, state: Path | None, *, as_json: bool) -> None:
    """Each list: category, names, age, last result."""
    import shutil  # noqa: PLC0415
    import time  # noqa: PLC0415

    from filterdns import listing  # noqa: PLC0415

    found, now = listing.read(config.load(source, state=state).state), time.time()
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    _print(listing.as_json(found, now) if as_json else listing.lines(found, now, width))


@cli.command()
@_machine
@_json
def status(source: Path | None, state: Path | None, *, as_json: bool) -> None:
    """What is in force, on how many workers; queries, blocked, upstreams."""
    from filterdns import status as told  # noqa: PLC0415

    found = told.read(config.load(source, state=state).state)
    _print(told.as_json(found) if as_json else told.lines(found))
    if not found.workers:
        sys.exit(exits.NOT_SO)


@cli.command()
@_machine
@click.option("--name", default="", metavar="NAME", help="Whose, if there are several.")
def password(source: Path | None, state: Path | None, name: str) -> None:
    """Set a parent's password; ends that parent's sessions, and makes the first account if there is none."""
    from filterdns import password as word  # noqa: PLC0415

    folder = config.load(source, state=state).state
    account = word.whose(folder, name)
    if sys.stdin.isatty():
        owner = account.name if account else name or click.prompt("Your name")
        typed = click.prompt(f"A new password for {owner}", hide_input=True, confirmation_prompt="Again")
    else:
        owner, typed = account.name if account else name, sys.stdin.readline().rstrip("\n")
    _print(word.put(folder, account, owner, typed))


@cli.command()
@_machine
@click.option("--openwrt", "form", flag_value="openwrt", help="Commands for OpenWrt 22.03 or newer.")
@click.option("--nftables", "form", flag_value="nftables", help="A file for nft on any other Linux router.")
@click.option("--words", "form", flag_value="words", help="Plain words for routers with pages and menus.")
def router(source: Path | None, state: Path | None, form: str | None) -> None:
    """What to tell the router, so that every device asks this filter."""
    from filterdns import router as told  # noqa: PLC0415

    _print(told.lines(config.load(source, state=state), form))


@cli.command()
@_machine
def version(**_: object) -> None:
    """The version, and whether the path of a query is compiled."""
    from filterdns.dns import wire  # noqa: PLC0415

    click.echo(f"filterdns {__version__}{'' if wire.__file__.endswith('.py') else ' (compiled)'}")


def main(argv: list[str] | None = None) -> NoReturn:
    """Run a verb (of the process's own arguments) and exit."""
    exits.run(lambda: cli.main(argv, prog_name="filterdns", standalone_mode=False))


def _show_tracebacks(*, wanted: bool) -> None:
    if wanted:
        os.environ["FILTERDNS_DEBUG"] = "1"  # for the programs that are started, too


def _state(group: tuple[Path | None, Path | None], source: Path | None, state: Path | None) -> Path:
    return config.load(source or group[0], state=state or group[1]).state


def _show_step(step: str) -> None:
    """Long work tells its steps when somebody watches."""
    if sys.stderr.isatty():
        click.echo(f"... {step}", err=True)


def _print(found: Any) -> None:  # noqa: ANN401 - lines, or anything for JSON
    if isinstance(found, list) and all(isinstance(line, str) for line in found):
        click.echo("\n".join(found))
        return
    import json  # noqa: PLC0415

    click.echo(json.dumps(found, indent=2, ensure_ascii=False))


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise click.ClickException(f"{file}: {(error.strerror or str(error)).lower()}") from None


def _write(file: Path, text: str) -> None:
    from filterdns import publish  # noqa: PLC0415

    if file.exists() and not file.is_file():  # a device such as /dev/stdout is written to, not replaced
        file.write_text(text)
    else:
        publish.publish(file.resolve(), text.encode(), keep_previous=False)


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
