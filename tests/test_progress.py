"""Bars on a terminal, nothing elsewhere."""

import io

import pytest

from filterdns.progress import Bars


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("of", [2_000_000, None])
def test_a_bar_for_each_download(of: int | None) -> None:
    shown = Terminal()
    with Bars(shown) as bars:
        for name in ("sw-adult", "own:a name that is much longer than there is room for"):
            for came in (0, 500_000, 2_000_000):
                bars(name, came, of)
    text = shown.getvalue()
    assert text.count("sw-adult") >= 1
    assert "own:a name that is much " in text
    assert "2.0 MB" in text
    assert text.count("\n") == 2


def test_nothing_where_nobody_watches() -> None:
    shown = io.StringIO()
    with Bars(shown) as bars:
        bars("sw-adult", 5, 10)
    assert shown.getvalue() == ""
