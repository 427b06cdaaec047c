"""The few places one can go to from everywhere: those that are there, for whoever may see them."""

from typing import NamedTuple

from flask import Flask, current_app, request, url_for

from filterdns.admin import gate
from filterdns.admin.language import gettext, mark

_PLACES = (  # the endpoint, its icon in macros.html, its name
    ("home.front", "home", mark("Home")),
    ("devices.all", "device", mark("Devices")),
    ("asked.latest", "asked", mark("Asked")),
    ("lists.all", "list", mark("Lists")),
    ("parents.all", "people", mark("Parents")),
)


class Place(NamedTuple):
    """A link."""

    path: str
    icon: str
    title: str
    is_here: bool


def install(app: Flask) -> None:
    """Give templates `places()`."""
    app.jinja_env.globals.update(places=places)


def places() -> list[Place]:
    """Where whoever is logged in may go."""
    found = []
    for endpoint, icon, title in _PLACES:
        view = current_app.view_functions.get(endpoint)
        mark_ = gate.mark_of(view) if view else None
        if mark_ and mark_.role and gate.may(mark_.role):
            is_here = request.blueprint == endpoint.partition(".")[0]
            found.append(Place(url_for(endpoint), icon, gettext(title), is_here))
    return found
