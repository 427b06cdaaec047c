"""How a verb ends: an exit code, and one line on standard error for whatever went wrong."""

import os
import sys
from collections.abc import Callable
from typing import NoReturn

import click

NOT_SO, WRONG, CANNOT = 1, 2, 3
"""The thing asked about is not so; wrong use or configuration; cannot run now."""

_CODES = {  # by name, so that a verb need not import what only another one raises
    "ConfigError": WRONG, "DocumentError": WRONG, "AskedWrongError": WRONG, "AccountError": WRONG, "RuleError": WRONG,
    "UnknownListError": WRONG,
    "NothingPublishedError": CANNOT, "CannotStartError": CANNOT, "StoreError": CANNOT, "PublishError": CANNOT,
}  # fmt: skip
_BARE = ("ConfigError", "DocumentError")  # lines that begin with the file they are about


def run(verb: Callable[[], object]) -> NoReturn:
    """Run a verb of the command line and exit."""
    try:
        verb()
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CANNOT)
    except Exception as error:  # noqa: BLE001 - the last door
        if os.environ.get("FILTERDNS_DEBUG"):
            import traceback  # noqa: PLC0415

            traceback.print_exc()
        sys.exit(_say(error))
    sys.exit(0)


def _say(error: Exception) -> int:
    """Say it on standard error -> the exit code."""
    kind = type(error).__name__
    code = CANNOT if isinstance(error, OSError) else _CODES.get(kind, CANNOT)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        code = WRONG
    elif isinstance(error, click.UsageError):
        verb = f"{error.ctx.command_path} --help" if error.ctx else "filterdns --help"
        code = _tell(f"{error.format_message()} (see {verb})", WRONG)
    elif isinstance(error, click.ClickException):
        code = _tell(error.format_message(), WRONG)
    elif kind in _BARE:
        click.echo(str(error), err=True)
    elif kind in _CODES:
        _tell(str(error), code)
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        _tell(f"{place}{(error.strerror or str(error)).lower()}", code)
    else:
        _tell(f"a fault of the program: {kind}: {error} (--debug shows where)", code)
    return code


def _tell(text: str, code: int) -> int:
    click.echo(f"filterdns: {' '.join(text.split())}", err=True)
    return code
