"""Log in, with a code from a phone where one is asked for, and log out."""

from urllib.parse import urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns.admin import gate, house
from filterdns.admin.change import home, typed_again
from filterdns.admin.gate import open_to_all
from filterdns.admin.language import gettext as _
from filterdns.admin.language import ngettext
from filterdns.household.accounts import Account, Accounts
from filterdns.household.sessions import Sessions

pages = Blueprint("session", __name__)


@pages.get("/login")
@open_to_all
def login() -> AnyResponse | str:
    """Name and password; or the code, if that is what is missing."""
    if not gate.is_set_up():
        return redirect(url_for("setup.begin"), 303)
    if gate.account():
        return redirect(wanted(), 303)
    half = gate.session()
    return _code_form() if half else _form()


@pages.post("/login")
@open_to_all
def log_in() -> AnyResponse | str:
    """One guess."""
    name = request.form.get("name", "")
    with house.opened() as store:
        accounts = Accounts(store)
        account = accounts.named(name)
        known_name = account.name if account else ""
        if left := attempt(known_name):
            return typed_again(_form(name, too_often(left)))
        if not accounts.password_fits(account, request.form.get("password", "")):
            account = None
    if account is None:
        return typed_again(_form(name, _("The name or the password is not right.")))
    begin(account, waits_for_code=account.has_totp)
    if account.has_totp:  # a guess until the code is right, too: whoever knows the password cannot try codes for ever
        return redirect(_path(), 303)
    was_right(known_name)
    return redirect(wanted(), 303)


@pages.post("/login/code")
@open_to_all
def log_in_with_code() -> AnyResponse | str:
    """The second step."""
    half = gate.session()
    if half is None or not half.waits_for_code:
        return redirect(_path(), 303)
    with house.opened() as store:
        account = Accounts(store).get(half.parent)
    if left := attempt(account.name):
        return typed_again(_code_form(too_often(left)))
    with house.writing() as store:
        fits = Accounts(store).code_fits(account.id, request.form.get("code", "")[:20], house.now())
    if not fits:
        return typed_again(_code_form(_("This code is not right. Codes change every half minute.")))
    was_right(account.name)
    begin(account)
    return redirect(wanted(), 303)


@pages.post("/logout")
@open_to_all
def log_out() -> AnyResponse:
    """End this session; another account can log in."""
    current = gate.session()
    if current:
        with house.writing() as store:
            Sessions(store).end(current.key, current.parent)
    gate.rotate()
    house.say("good", _("You are logged out."))
    return redirect(url_for("session.login"), 303)


def begin(account: Account, *, waits_for_code: bool = False) -> None:
    """A new session for this browser, whose old key opens nothing any more."""
    old = gate.session()
    with house.writing() as store:
        sessions = Sessions(store)
        if old:
            sessions.end(old.key, old.parent)
        key = sessions.begin(
            account.id,
            house.now(),
            address=request.remote_addr or "",
            browser=request.user_agent.string,
            waits_for_code=waits_for_code,
        )
    gate.rotate(key)


def attempt(name: str) -> int:
    """May this address guess for the account `name` ("": none)? 0: yes, and it is counted; else the seconds to wait."""
    shared = house.page()
    with shared.lock:
        return shared.throttle.attempt(request.remote_addr or "", name, shared.steady())


def was_right(name: str) -> None:
    """The guess was right, and is not counted."""
    shared = house.page()
    with shared.lock:
        shared.throttle.succeeded(request.remote_addr or "", name)


def too_often(seconds: int) -> str:
    """Why not now."""
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many wrong tries. Wait %(num)s minute, or use another device.",
        "Too many wrong tries. Wait %(num)s minutes, or use another device.",
        minutes,
    )


def wanted() -> str:
    """The page that somebody wanted to see before logging in: a path of ours, nothing else."""
    path = request.values.get("next", "")
    parts = urlsplit(path)
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and not parts.netloc
    return path if is_ours and "\\" not in path else home()


def _path() -> str:
    """Of the form for what is missing, which remembers the page that was wanted."""
    path = wanted()
    return url_for("session.login", next=path) if path != home() else url_for("session.login")


def _form(name: str = "", fault: str = "") -> str:
    with house.opened() as store:
        names = [account.name for account in Accounts(store).all()]
    return render_template("login.html", name=name or (names[0] if len(names) == 1 else ""), fault=fault, next=wanted())


def _code_form(fault: str = "") -> str:
    return render_template("login_code.html", fault=fault, next=wanted())
