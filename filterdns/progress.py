"""Bars for downloads, where somebody watches."""

import sys
from typing import TYPE_CHECKING, Self, TextIO

import click

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

_LABEL = 24  # characters


class Bars:
    """A bar for each download, one below the other; nothing where `file` is no terminal."""

    def __init__(self, file: TextIO = sys.stderr) -> None:
        self._file = file
        self._name = ""
        self._bar: ProgressBar[int] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def __call__(self, name: str, came: int, of: int | None) -> None:
        """So many octets of this list came, of so many if that is known."""
        if not self._file.isatty():
            return
        if name != self._name:
            self._end()
            label = name[:_LABEL].ljust(_LABEL)
            self._bar = click.progressbar(
                length=of or 0, label=label, show_eta=False, item_show_func=_size, file=self._file
            )
            self._name = name
            self._bar.render_progress()
        if self._bar is not None:
            self._bar.update(came - self._bar.pos, came)

    def _end(self) -> None:
        if self._bar is not None:
            self._bar.render_finish()
            self._bar = None


def _size(octets: int | None) -> str:
    return f"{(octets or 0) / 1e6:.1f} MB"
