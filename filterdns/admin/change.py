"""A parent's change: made, published, said, and back to a page with 303; or refused with the reason."""

from collections.abc import Callable

from flask import Response, make_response, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns.admin import gate, house
from filterdns.admin.language import gettext as _
from filterdns.admin.language import mark
from filterdns.household import changes
from filterdns.household.accounts import AccountError
from filterdns.household.changes import PublishError
from filterdns.household.store import Store, StoreError
from filterdns.policy.rules import Household, RuleError

RULES = (  # of household.edits, which knows no language; what names somebody or something is said as it is
    mark("there is nothing to undo"),
    mark("something else was changed meanwhile"),
    mark("a permission ends in the future"),
    mark("that window is no longer there"),
    mark("that rule is no longer there"),
    mark("that permission is no longer there"),
    mark("that device is no longer there"),
    mark("that list is no longer there"),
    mark("choose two different devices"),
    mark("both have a hardware address of their own: a device here has one; forget one of the two"),
    mark("whoever asked is no longer there"),
)

Form = Callable[[str], str]
"""Shows the form again with what was typed and what is wrong with it -> the page."""


def change(
    title: str, edit: Callable[[Household], Household], then: str, form: Form | None = None, done: str = ""
) -> AnyResponse:
    """Change the rules in one transaction and put them in force.

    `edit` is one of household.edits with all but the household filled in; `title` is what the change is called in
    the history; `then` is the page (a path) to go to; `done` is what is said there, the title if it is empty. What is
    refused is shown by `form` with 422, or said on the page `then`.
    """
    try:
        changes.edit(house.state(), gate.parent().name, title, edit)
    except (RuleError, StoreError) as error:
        return refused(error, then, form)
    except PublishError:
        house.say("wait", _("This is kept, but not in force yet. The filter goes on with the rules it has."))
        return redirect(then, 303)
    finally:
        house.forget()
    house.say("good", done or title)
    return redirect(then, 303)


def write(
    action: Callable[[Store], None], then: str, form: Form | None = None, done: str = "", title: str = ""
) -> AnyResponse:
    """The same for what is no rule: accounts, sessions, keys; `title` is what it is called in the history, if it is."""
    try:
        with house.writing() as store:
            action(store)
            if title:
                store.note(gate.parent().name, title, int(house.now()))
    except (AccountError, StoreError) as error:
        return refused(error, then, form)
    if done:
        house.say("good", done)
    return redirect(then, 303)


def refused(error: Exception, then: str, form: Form | None = None) -> AnyResponse:
    """Why nothing was changed: with the form again, or on another page."""
    fault = sentence(error)
    if form is not None:
        return typed_again(form(fault))
    house.say("bad", fault)
    return redirect(then, 303)


def typed_again(page: str) -> Response:
    """A form with its fault, as an answer."""
    return make_response(page, 422)


def sentence(error: Exception) -> str:
    """An error in words for whoever looks at the page."""
    if isinstance(error, AccountError):
        return _(error.sentence, **error.values)
    if isinstance(error, StoreError):
        return _("Nothing was changed: the family's rules cannot be written just now.")
    text = _(str(error)) if str(error) in RULES else str(error)
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


def undone(title: str) -> str:
    """What undoing a change is called; undoing that does it again."""
    undone_, again = _("Undone: %(change)s", change=""), _("Done again: %(change)s", change="")
    if title.startswith(undone_):
        return again + title.removeprefix(undone_)
    return undone_ + title.removeprefix(again)


def home() -> str:
    """The path of the front page."""
    return url_for("home.front")
