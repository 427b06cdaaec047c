"""Before every request: is it for this machine, who is it, may they, and did our own page send it. Deny by default.

A view says whom it is open to; one that says nothing is closed to everybody.
"""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, abort, current_app, g, redirect, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from filterdns import endpoint
from filterdns.admin import house
from filterdns.endpoint import MAX_PORT
from filterdns.household.accounts import Account, Accounts, Role
from filterdns.household.sessions import LONGEST, SEEN_EVERY, Session, Sessions, hashed
from filterdns.household.store import NotWrittenError

View = TypeVar("View", bound=Callable[..., Any])

COOKIE = "filterdns"
_HOST = re.compile(
    r"(?:(?P<name>[a-z0-9._-]+)|\[(?P<literal>[0-9a-f:.]+)\])(?::(?P<port>[0-9]{1,5}))?", re.ASCII | re.IGNORECASE
)
_SAFE = ("GET", "HEAD", "OPTIONS")
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
_KEY_LENGTH = 43  # 256 bits in base 64
MOST_BYTES = 256 << 10
MOST_BYTES_OF_STRANGERS = 16 << 10
"""Of a request's body, unless its view allows more: half of it may be fields, and each costs a hundred octets."""


class MisdirectedError(HTTPException):
    """Asked under a name that is not ours (RFC 9110 section 15.5.20)."""

    code = 421


@dataclass(frozen=True, slots=True)
class Mark:
    """Whom a view is open to."""

    role: Role | None  # None: everybody who reaches this machine
    programs: bool = False  # by token only, and JSON only
    most_bytes: int = MOST_BYTES


def open_to_all(view: View) -> View:
    """For a view that needs no login."""
    return _marked(view, Mark(None, most_bytes=MOST_BYTES_OF_STRANGERS))


def open_to(role: str, most_bytes: int = MOST_BYTES) -> Callable[[View], View]:
    """For a view of those who are logged in and have at least this role."""
    return lambda view: _marked(view, Mark(Role(role), most_bytes=most_bytes))


def open_to_programs(role: str) -> Callable[[View], View]:
    """For a view that takes an API token (Authorization: Bearer ...) of at least this role, and no cookie."""
    return lambda view: _marked(view, Mark(Role(role), programs=True))


def mark_of(view: Callable[..., Any]) -> Mark | None:
    """What was said of it; None: nothing, it is closed."""
    return getattr(view, "_open_to", None)


def install(app: Flask) -> None:
    """Put the gate before every request, and the cookie behind it."""
    app.before_request(_check)
    app.after_request(_set_cookie)
    app.jinja_env.globals.update(csrf_token=csrf_token, account=account, may=may)


def account() -> Account | None:
    """Who is logged in; None: nobody. Raises StoreError."""
    if "account" not in g:
        found = _find()
        g.session, g.account = found or (None, None)
        if g.session is not None and g.session.waits_for_code:
            g.account = None
    who: Account | None = g.account
    return who


def session() -> Session | None:
    """The session of this browser, also one that still waits for its code. Raises StoreError."""
    account()
    found: Session | None = g.session
    return found


def parent() -> Account:
    """Who is logged in, in a view that is not open to all."""
    who = account()
    if who is None:
        abort(401)
    return who


def program() -> str:
    """The name of the program that asks, in a view that is open to programs."""
    return str(g.program)


def program_may(role: str) -> bool:
    """Is the program that asks allowed to do what this role may?"""
    return bool(g.program_role.may(Role(role)))


def may(role: str) -> bool:
    """Is whoever is logged in allowed to do what this role may?"""
    who = account()
    return who is not None and who.role.may(Role(role))


def is_set_up() -> bool:
    """Does anybody have an account yet? Raises StoreError."""
    if "is_set_up" not in g:
        with house.opened() as store:
            g.is_set_up = bool(Accounts(store).all())
    return bool(g.is_set_up)


def rotate(key: str | None = None) -> None:
    """Give this browser another key: of a new session, or of nobody."""
    g.browser_key = key or secrets.token_urlsafe(32)
    g.browser = hashed(g.browser_key)
    g.new_cookie = True
    g.pop("account", None)


def csrf_token() -> str:
    """What a form carries: only who may read this browser's key can make it."""
    if not g.browser_key:
        rotate()
    return hmac.digest(g.browser_key.encode(), b"a form of ours", "sha256").hex()


def is_known_host(host: str, names: tuple[str, ...]) -> bool:
    """Is a Host header this machine: one of its addresses, localhost, or a name from `web.hosts`?

    A page elsewhere on the web whose name was pointed at this machine fails it.
    """
    found = _HOST.fullmatch(host)
    if not found or int(found["port"] or 0) > MAX_PORT:
        return False
    name = (found["name"] or found["literal"]).lower().removesuffix(".")
    if name == "localhost" or name in names:
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return endpoint.is_own_address(address)


def _marked(view: View, mark: Mark) -> View:
    view._open_to = mark  # type: ignore[attr-defined] # noqa: SLF001 - read by mark_of alone
    return view


def _check() -> AnyResponse | None:
    _see_host()
    key = request.cookies.get(COOKIE, "")
    g.browser_key = key if len(key) == _KEY_LENGTH and key.isascii() else ""
    g.browser = hashed(g.browser_key)
    if request.endpoint is None:
        return None  # Flask says 404 or 405
    mark = mark_of(current_app.view_functions[request.endpoint])
    if mark is None:
        abort(403)
    request.max_content_length = mark.most_bytes
    if mark.programs:
        _check_program(mark)
        return None
    if request.method not in _SAFE:
        _see_origin()
    if mark.role is not None:
        who = account()
        if who is None:
            return _to_login()
        if not who.role.may(mark.role):
            abort(403)
        _note_seen()
    if request.method not in _SAFE:
        _see_form()
    return None


def _see_host() -> None:
    if not is_known_host(request.headers.get("Host", ""), house.page().config.web_hosts):
        raise MisdirectedError


def _see_origin() -> None:
    """A page of another origin cannot say that it is ours."""
    own = f"{request.scheme}://{request.host}"
    if request.headers.get("Origin", own).casefold() != own.casefold():
        abort(403)
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        abort(403)


def _see_form() -> None:
    """Only our own forms, which know this browser's token."""
    if request.mimetype not in _FORMS:
        abort(415)
    if not (g.browser_key and hmac.compare_digest(request.form.get("csrf", "").encode(), csrf_token().encode())):
        abort(403)


def _check_program(mark: Mark) -> None:
    kind, _, key = request.headers.get("Authorization", "").partition(" ")
    with house.opened() as store:
        found = Sessions(store).find_token(key.strip()) if kind.casefold() == "bearer" else None
    if found is None:
        abort(401)
    token, g.account = found
    g.program, g.program_role = token.name, token.role
    g.session = None
    if mark.role is None or not (token.role.may(mark.role) and g.account.role.may(token.role)):
        abort(403)
    if request.method not in _SAFE and request.mimetype != "application/json":
        abort(415)
    if house.now() >= token.seen + SEEN_EVERY:
        with suppress(NotWrittenError), house.writing() as store:
            Sessions(store).see_token(token, house.now())


def _find() -> tuple[Session, Account] | None:
    if not g.browser_key:
        return None
    with house.opened() as store:
        return Sessions(store).find(g.browser_key, house.now())


def _note_seen() -> None:
    if house.now() >= g.session.seen + SEEN_EVERY:
        with suppress(NotWrittenError), house.writing() as store:  # with a full disk one can still look
            Sessions(store).see(g.session, house.now())


def _to_login() -> AnyResponse:
    if request.method not in _SAFE:
        abort(401)
    if not is_set_up():
        return redirect(url_for("setup.begin"), 303)
    wanted = request.full_path.rstrip("?")
    if wanted == "/":
        return redirect(url_for("me.page"), 303)
    query = f"?{urlencode({'next': wanted})}"
    return redirect(url_for("session.login") + query, 303)


def _set_cookie(response: Response) -> Response:
    if g.get("new_cookie"):
        response.set_cookie(
            COOKIE, g.browser_key, max_age=LONGEST, path="/", secure=request.is_secure, httponly=True, samesite="Strict"
        )
    return response
