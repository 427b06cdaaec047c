"""The first quarter of an hour, step by step; the filter answers with safe defaults all the while."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from filterdns import setupcode
from filterdns.admin import gate, house, session
from filterdns.admin.change import home, sentence, typed_again
from filterdns.admin.gate import open_to_all
from filterdns.admin.language import gettext as _
from filterdns.household.accounts import AccountError, Accounts, Role, check_password, checked_name

pages = Blueprint("setup", __name__)


@pages.get("/setup")
@open_to_all
def begin() -> AnyResponse | str:
    """The code from the console, a name and a password."""
    if gate.is_set_up():
        return redirect(home(), 303)
    return _form()


@pages.post("/setup")
@open_to_all
def make_first_account() -> AnyResponse | str:
    """The first parent, once."""
    if gate.is_set_up():
        return redirect(home(), 303)
    name, password = request.form.get("name", ""), request.form.get("password", "")
    try:
        check_password(password, checked_name(name))
    except AccountError as error:
        return typed_again(_form(name, sentence(error)))
    if left := session.attempt():
        return typed_again(_form(name, session.too_often(left)))
    fits = setupcode.matches(house.state(), request.form.get("code", "")[:40], setupcode.now())
    if not fits:
        return typed_again(_form(name, _("This is not the code of the last start.")))
    session.was_right()
    with house.writing() as store:
        if Accounts(store).all():
            return redirect(home(), 303)
        account = Accounts(store).add(name, Role.PARENT, password)
    setupcode.finish(house.state())
    session.begin(account)
    house.say("good", _("Welcome, %(name)s.", name=account.name))
    return redirect(home(), 303)


def _form(name: str = "", fault: str = "") -> str:
    code = request.form.get("code", "") if request.method == "POST" else ""
    return render_template("setup_begin.html", name=name, code=code, fault=fault)
