"""The last steps of setting up, and of use later too: the router, and whether questions arrive."""

import re
import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns import arrivals, endpoint, lan, verdict
from filterdns.admin import house
from filterdns.admin.gate import open_to
from filterdns.admin.setup import next_path, through
from filterdns.config import Config
from filterdns.endpoint import DNS_PORT
from filterdns.policy.decide import Action
from filterdns.policy.rules import GUESTS

pages = Blueprint("connect", __name__)

_WORD = re.compile(r"[a-z0-9]{10}", re.ASCII)


@pages.get("/setup/router")
@open_to("parent")
def router() -> str:
    """How to point the router at this box."""
    own, reach = lan.own(), reach_of(house.page().config)
    return render_template("setup_router.html", own=own, router=lan.router(), reach=reach)


@pages.post("/setup/router")
@open_to("parent")
def router_done() -> AnyResponse:
    """On to the check."""
    return through("router", redirect(next_path("router"), 303))


@pages.get("/setup/check")
@open_to("viewer")
def check() -> AnyResponse | str:
    """Two names of this visit are asked for by the browser alone, and are looked for in what arrived."""
    word = request.args.get("word", "")
    if not _WORD.fullmatch(word):
        return redirect(url_for("connect.check", word=secrets.token_hex(5)), 303)
    own = lan.own()
    found = arrivals.summary(arrivals.read(house.state(), house.now()), word, (*own.ipv4, *own.ipv6))
    return render_template(
        "setup_check.html",
        found=found,
        check=f"{word}.{arrivals.CHECK}",
        adult=f"{word}.{arrivals.ADULT}",
        own=own,
        only_router=bool(found.ipv4) and found.ipv4 <= {lan.router()},
        people=_adult_names(),
        guests=GUESTS,
        reach=reach_of(house.page().config),
    )


@pages.post("/setup/check")
@open_to("parent")
def check_done() -> AnyResponse:
    """Set up."""
    return through("check", redirect(next_path("check"), 303))


def reach_of(config: Config) -> str:
    """How far DNS is answered: "house", "machine" (loopback only), or "port" (where no device asks)."""
    if all(endpoint.parse_address(listen.host).is_loopback for listen in config.listen):
        return "machine"
    return "house" if any(listen.port == DNS_PORT for listen in config.listen) else "port"


def _adult_names() -> list[tuple[str, bool]]:
    """(person, are adult names blocked just now) for everybody, by the rules in force."""
    try:
        books = verdict.open_books(house.state())
    except verdict.NothingPublishedError:
        return []
    try:
        return [
            (
                view.person,
                verdict.judge(books, arrivals.ADULT, house.now(), person=view.person).decision.action.name == "BLOCK",
            )
            for view in books.policy.views
        ]
    finally:
        books.table.close()


def _is_blocked(books: verdict.Books, person: str) -> bool:
    return verdict.judge(books, arrivals.ADULT, house.now(), person=person).decision.action is Action.BLOCK
