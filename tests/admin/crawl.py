"""Every path of the page, from its own map of addresses, with something in each gap."""

from collections.abc import Iterator
from typing import NamedTuple

from flask import Flask

_FILLING = {"IntegerConverter": "1", "UnicodeConverter": "x", "PathConverter": "page.css"}


class Route(NamedTuple):
    """One path and method."""

    endpoint: str
    path: str
    method: str


def routes(app: Flask) -> Iterator[Route]:
    """All of them, HEAD and OPTIONS left out."""
    for rule in app.url_map.iter_rules():
        gaps = {name: _FILLING[type(converter).__name__] for name, converter in rule._converters.items()}
        _, path = rule.build(gaps) or ("", "")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Route(rule.endpoint, path, method)
