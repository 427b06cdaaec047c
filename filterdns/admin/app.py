"""The page: for now what `filterdns status` shows, to be read on a phone; nothing here changes anything."""

import gettext
import ipaddress
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, abort, render_template, request

from filterdns import endpoint, status
from filterdns.config import Config

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_app(config: Config) -> Flask:
    """The page of this machine."""
    app = Flask(__name__)
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_translations(gettext.NullTranslations())  # type: ignore[attr-defined]
    app.before_request(_host_check(config.web_hosts))
    app.after_request(_harden)

    @app.get("/")
    def front() -> str:
        found = status.read(config.state)
        return render_template("status.html", status=found, is_fully_in_force=_is_in_force(found))

    return app


def is_known_host(host: str, names: tuple[str, ...]) -> bool:
    """Is a Host header this machine: one of its addresses, localhost, or a name from `web.hosts`?

    A page elsewhere on the web whose name was pointed at this machine fails it.
    """
    try:
        name = urlsplit(f"//{host}").hostname or ""
        urlsplit(f"//{host}").port  # noqa: B018 - raises ValueError for what is no port
    except ValueError:
        return False
    if "@" in host or "/" in host:
        return False
    name = name.removesuffix(".")
    if name == "localhost" or name in names:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return "%" not in name and endpoint.is_own_address(address)


def _host_check(names: tuple[str, ...]) -> Callable[[], None]:
    def check() -> None:
        if not is_known_host(request.headers.get("Host", ""), names):
            abort(Response("This page does not answer to that name.\n", 421, mimetype="text/plain"))

    return check


def _harden(response: Response) -> Response:
    response.headers.update(_HEADERS)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _is_in_force(found: status.Status) -> bool:
    return bool(found.workers) and found.in_force_on == len(found.workers)
