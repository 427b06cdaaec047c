"""The front page."""

from flask import Blueprint, render_template

from filterdns import status
from filterdns.admin import house
from filterdns.admin.gate import open_to

pages = Blueprint("home", __name__)


@pages.get("/")
@open_to("viewer")
def front() -> str:
    """How it goes."""
    found = status.read(house.state())
    in_force = bool(found.workers) and found.in_force_on == len(found.workers)
    return render_template("home.html", status=found, in_force=in_force)
