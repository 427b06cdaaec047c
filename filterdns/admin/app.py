"""The page: wiring only."""

import gzip
import hashlib
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, g, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from filterdns.admin import (
    account,
    asked,
    backup,
    blocks,
    connect,
    day,
    devices,
    elsewhere,
    gate,
    home,
    hours,
    house,
    language,
    lists,
    log,
    me,
    metrics,
    names,
    navigation,
    parents,
    people,
    session,
    setup,
    why,
)
from filterdns.admin.api import routes as api
from filterdns.admin.api.problem import problem
from filterdns.admin.language import gettext as _
from filterdns.admin.language import mark
from filterdns.config import Config
from filterdns.household.accounts import AccountError
from filterdns.household.store import NotWrittenError, StoreError

_NOUNS = (
    home,
    me,
    session,
    setup,
    connect,
    people,
    blocks,
    hours,
    names,
    devices,
    log,
    lists,
    parents,
    account,
    backup,
    asked,
    day,
    why,
    api,
    metrics,
)
"""What has pages."""

MOST_FIELDS = 200
_YEAR = 365 * 86400
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",  # with no-referrer, browsers send "Origin: null" with our own forms
    "X-Content-Type-Options": "nosniff",
}
_SENTENCES = {
    400: mark("This request could not be read."),
    401: mark("You are not logged in any more. Log in, and do it again."),
    403: mark("This is not open to you, or the page was too old. Go back, load it again, and try once more."),
    404: mark("There is no such page."),
    405: mark("This page cannot be used in that way."),
    413: mark("This is too large."),
    415: mark("This request could not be read."),
    500: mark("Something went wrong here. The filter itself goes on."),
    503: mark("The family's rules cannot be read just now. The filter goes on with what it has."),
    507: mark("This box cannot write just now; its disk may be full. Nothing was changed, and the filter goes on."),
}


class _App(Flask):
    def log_exception(self, exc_info: Any) -> None:  # noqa: ANN401 - what the logging module takes
        """Where in the program; the path is whatever somebody sent, line ends and names of sites among it."""
        self.logger.error("a fault of the program in %s", request.endpoint, exc_info=exc_info)


def create_app(
    config: Config, clock: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic
) -> Flask:
    """The page of this machine; the clocks give seconds."""
    app = _App(__name__)
    app.extensions["filterdns"] = house.Page(config, clock, steady)
    app.config["MAX_CONTENT_LENGTH"] = gate.MOST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = gate.MOST_BYTES
    app.config["MAX_FORM_PARTS"] = MOST_FIELDS
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _YEAR
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    gate.open_to_all(app.view_functions["static"])
    gate.install(app)
    language.install(app)
    navigation.install(app)
    setup.install(app)
    app.jinja_env.globals.update(static=_static, heard=house.heard, has_page=app.view_functions.__contains__)
    for noun in _NOUNS:
        app.register_blueprint(noun.pages)
    app.after_request(_harden)
    app.after_request(_pack)
    app.register_error_handler(HTTPException, _sorry)
    app.register_error_handler(gate.MisdirectedError, elsewhere.answer)
    app.register_error_handler(StoreError, lambda error: _failed(app, error, 503))
    app.register_error_handler(NotWrittenError, lambda error: _failed(app, error, 507))
    app.register_error_handler(AccountError, lambda _error: _page_for(404))
    app.register_error_handler(RecursionError, lambda _error: _page_for(400))
    return app


def _static(name: str) -> str:
    """The path of a file, which changes when the file does, so that browsers may keep it."""
    return url_for("static", filename=name, v=_version(name))


@cache
def _version(name: str) -> str:
    return hashlib.sha256((Path(__file__).parent / "static" / name).read_bytes()).hexdigest()[:8]


def _harden(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint != "static":
        response.headers["Cache-Control"] = "no-store"
    return response


def _pack(response: Response) -> Response:
    """Compress style sheet and script; no page, because the length would tell of the token in it (BREACH)."""
    if request.endpoint == "static" and response.status_code == 200:  # noqa: PLR2004 - a whole file
        response.headers["Vary"] = "Accept-Encoding"
        if request.accept_encodings.quality("gzip") > 0:
            response.direct_passthrough = False
            response.set_data(gzip.compress(response.get_data(), mtime=0))
            response.headers["Content-Encoding"] = "gzip"
    return response


def _sorry(error: HTTPException) -> tuple[str, int] | Response | HTTPException:
    if error.response is not None or error.code is None or error.code < 400:  # noqa: PLR2004 - redirects and our own
        return error
    return _page_for(error.code)


def _failed(app: Flask, error: StoreError, code: int) -> tuple[str, int] | Response:
    app.logger.error("%s", error)
    house.give_up(error)
    return _page_for(code)


def _page_for(code: int) -> tuple[str, int] | Response:
    """A calm page that says what, and repeats nothing of what was sent."""
    sentence = _SENTENCES.get(code, _SENTENCES[500 if code >= 500 else 400])  # noqa: PLR2004 - the server's own faults
    if code >= 500:  # noqa: PLR2004 - whatever failed is not asked again for the page that says so
        g.session = g.account = None
    if request.path.startswith("/api/"):
        return problem(code, sentence)
    return render_template("error.html", code=code, sentence=_(sentence)), code
