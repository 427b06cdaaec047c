"""What is said to a browser that was sent here by a name that is not ours: `blocked_answer: page`, or a trick.

It may be a page of the web whose name leads here, so it gets no cookie, no form and nothing of the family: a few fixed
sentences, and a link by address to the page that says why.
"""

import re
from urllib.parse import urlencode

from babel import Locale
from flask import Response, g, render_template, request

from filterdns import dname, endpoint
from filterdns.admin import language
from filterdns.admin.gate import MisdirectedError

_LONGEST = 260  # characters of a name and a port
_HOST = re.compile(
    r"(?P<name>[a-z0-9_-]+(\.[a-z0-9_-]+)*\.[a-z0-9-]*[a-z][a-z0-9-]*)\.?(:[0-9]{1,5})?", re.ASCII | re.IGNORECASE
)


def answer(_error: MisdirectedError) -> Response:
    """For any path, whoever asks."""
    name = _name(request.headers.get("Host", ""))
    if request.method != "GET" or not name:
        return Response("This page does not answer to that name.\n", MisdirectedError.code, mimetype="text/plain")
    g.session = g.account = None
    g.locale = Locale.parse(language.of_browser() or language.SOURCE)
    own = endpoint.address_towards(request.remote_addr or "") or endpoint.main_address()
    host = f"[{own}]" if ":" in own else own
    port = request.environ.get("SERVER_PORT", "80")
    here = f"http://{host}" if port == "80" else f"http://{host}:{port}"
    page = render_template("elsewhere.html", name=name, why=f"{here}/me?{urlencode({'name': name})}")
    return Response(page, MisdirectedError.code, mimetype="text/html")


def _name(host: str) -> str:
    """The name of a Host header, if it is one such as example.org; "" otherwise."""
    found = _HOST.fullmatch(host) if len(host) <= _LONGEST else None
    if found is None:
        return ""
    name = found["name"].lower()
    try:
        return name if dname.is_host(dname.from_text(name)) else ""
    except dname.DNameError:
        return ""
