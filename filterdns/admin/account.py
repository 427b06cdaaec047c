"""One's own account: password, language, a code from a phone, and where one is logged in."""

import base64
import binascii
import secrets

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns.admin import gate, house, language, session
from filterdns.admin.change import refused, typed_again, write
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.household import totp
from filterdns.household.accounts import AccountError, Accounts
from filterdns.household.sessions import Sessions
from filterdns.household.store import Store, StoreError

pages = Blueprint("account", __name__)

_BROWSERS = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"),
             ("Chrome", "Chrome"), ("Safari", "Safari"))  # fmt: skip
_SYSTEMS = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "Mac"),
            ("CrOS", "Chromebook"), ("Linux", "Linux"))  # fmt: skip


@pages.get("/account")
@open_to("viewer")
def mine() -> str:
    """All of it."""
    return _page()


@pages.post("/account/password")
@open_to("viewer")
def set_password() -> AnyResponse:
    """Another password: every session ends, and this browser gets a new one."""
    me, new = gate.parent(), request.form.get("new", "")
    if fault := _wrong_password():
        return typed_again(_page(password_fault=fault))
    try:
        with house.writing() as store:
            Accounts(store).set_password(me.id, new)
            store.note(me.name, _("%(name)s: another password", name=me.name), int(house.now()))
    except (AccountError, StoreError) as error:
        return refused(error, url_for("account.mine"), lambda fault: _page(new_fault=fault))
    session.begin(me)
    house.say("good", _("You have a new password. Everywhere else you are logged out."))
    return redirect(url_for("account.mine"), 303)


@pages.post("/account/language")
@open_to("viewer")
def set_language() -> AnyResponse:
    """The language of one's own pages."""
    chosen = request.form.get("language", "")
    chosen = chosen if chosen in language.languages() else ""
    return write(lambda store: Accounts(store).set_language(gate.parent().id, chosen), url_for("account.mine"))


@pages.get("/account/code")
@open_to("viewer")
def code_form() -> str:
    """A new secret as a picture; it counts once a code of it was typed."""
    return _code_page(secrets.token_bytes(totp.SECRET_BYTES))


@pages.post("/account/code")
@open_to("viewer")
def set_code() -> AnyResponse:
    """From now on a code is asked for at each log-in."""
    me = gate.parent()
    try:
        secret = base64.b32decode(request.form.get("secret", "")[:64])
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != totp.SECRET_BYTES:
        secret = secrets.token_bytes(totp.SECRET_BYTES)
    step = totp.matching_step(secret, request.form.get("code", "")[:20], house.now(), 0)
    if step is None:
        return typed_again(_code_page(secret, _("This code is not right. Codes change every half minute.")))
    return write(
        lambda store: Accounts(store).set_totp(me.id, secret, step),
        url_for("account.mine"),
        done=_("From now on the code from your phone is asked for when you log in."),
        title=_("%(name)s: a code is asked for at each log-in", name=me.name),
    )


@pages.post("/account/code/off")
@open_to("viewer")
def end_code() -> AnyResponse:
    """The password is enough again."""
    if fault := _wrong_password():
        return typed_again(_page(code_fault=fault))
    done = _("The password is enough to log in again.")
    me = gate.parent()
    title = _("%(name)s: no code is asked for any more", name=me.name)
    return write(lambda store: Accounts(store).set_totp(me.id, None), url_for("account.mine"), done=done, title=title)


@pages.post("/account/sessions/end")
@open_to("viewer")
def end_session() -> AnyResponse:
    """Log out one browser, or all others."""
    me, current, key = gate.parent(), gate.session(), request.form.get("key", "")
    with house.opened() as store:
        others = [each.key for each in Sessions(store).of(me.id, house.now()) if current and each.key != current.key]

    ended = others if key == "others" else [key]

    def end(store: Store) -> None:
        for each in ended:
            Sessions(store).end(each, me.id)

    return write(end, url_for("account.mine"), done=_("Logged out there."))


def browser_name(agent: str) -> str:
    """A browser in two words, from what it says of itself; "" if that says nothing."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    return ", ".join(filter(None, (browser, system)))


def picture(text: str) -> tuple[int, str]:
    """A QR code: its width in modules with the quiet border, and the path of its dark modules."""
    import segno  # noqa: PLC0415 - drawn once in an account's life

    rows = tuple(segno.make(text, micro=False, error="m").matrix_iter(border=4))
    dark = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, is_dark in enumerate(row) if is_dark)
    return len(rows), dark


def _wrong_password() -> str:
    """Why one's own password was not accepted; "" if it was."""
    if left := session.attempt(gate.parent().name):
        return session.too_often(left)
    with house.opened() as store:
        if not Accounts(store).password_fits(gate.parent(), request.form.get("password", "")):
            return _("This is not your password.")
    session.was_right(gate.parent().name)
    return ""


def _page(password_fault: str = "", new_fault: str = "", code_fault: str = "") -> str:
    me, current = gate.parent(), gate.session()
    with house.opened() as store:
        found = Sessions(store).of(me.id, house.now())
    return render_template(
        "account.html",
        me=me,
        sessions=[(each, browser_name(each.browser), current and each.key == current.key) for each in found],
        languages=[("", _("As the household")), *language.languages().items()],
        password_fault=password_fault,
        new_fault=new_fault,
        code_fault=code_fault,
    )


def _code_page(secret: bytes, fault: str = "") -> str:
    size, dark = picture(totp.uri(secret, gate.parent().name))
    shown = totp.as_text(secret)
    return render_template(
        "account_code.html", size=size, dark=dark, shown=shown, secret=shown.replace(" ", ""), fault=fault
    )
