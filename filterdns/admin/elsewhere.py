"""What is said to a browser that was sent here by a name that is not ours: `blocked_answer: page`, or a trick.

It may be a page of the web whose name leads here, so it gets no cookie, no form and nothing of the family: a few fixed
sentences, and a link by address to the page that says why.
"""

import base64
import hashlib
import re
from urllib.parse import urlencode

from babel import Locale
from flask import Response, g, render_template, request

from filterdns import dname, endpoint
from filterdns.admin import language
from filterdns.admin.gate import MisdirectedError

_STYLE = """
:root { color-scheme: light dark; --paper: #f5f3ed; --ink: #1c2422; --accent: #0c6b5d; }
@media (prefers-color-scheme: dark) { :root { --paper: #121615; --ink: #eceae3; --accent: #5fd0b9; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-inline-size: 30rem; margin: 15vh auto 0; padding: 1rem; overflow-wrap: anywhere; }
a { color: var(--accent); font-weight: 600; display: inline-block; padding-block: .75rem; }
"""
"""In the page itself, and allowed by its digest: a browser could fetch no sheet under a name that is not ours."""
_DIGEST = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
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
    page = render_template("elsewhere.html", name=name, why=f"{here}/me?{urlencode({'name': name})}", style=_STYLE)
    return Response(page, MisdirectedError.code, {"Content-Security-Policy": _POLICY}, mimetype="text/html")


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
