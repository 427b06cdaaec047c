"""Who changed what, and when."""

from itertools import groupby

from flask import Blueprint, render_template

from filterdns.admin import house
from filterdns.admin.gate import open_to
from filterdns.admin.language import day

pages = Blueprint("log", __name__)

_MOST = 200


@pages.get("/log")
@open_to("viewer")
def all() -> str:  # noqa: A001 - the endpoint's name: log.all
    """The latest changes, by day."""
    with house.opened() as store:
        rows = store.changes(_MOST)
        last = store.last_change()
    days = [(title, [*held]) for title, held in groupby(rows, lambda row: day(row["at"]))]
    return render_template("log.html", days=days, last=last, most=_MOST if len(rows) == _MOST else 0)
