"""Who may use the page: accounts and their roles, and keys for programs."""

from flask import Blueprint, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from filterdns.admin import gate, house
from filterdns.admin.change import write
from filterdns.admin.gate import open_to
from filterdns.admin.language import gettext as _
from filterdns.admin.language import mark
from filterdns.household.accounts import Accounts, Role
from filterdns.household.sessions import Sessions
from filterdns.household.store import Store

pages = Blueprint("parents", __name__)

ROLES = (  # what each may do, in the order in which they are offered
    (Role.PARENT, mark("Parent"), mark("Everything.")),
    (
        Role.HELPER,
        mark("Helper"),
        mark("Looks, pauses, gives time and answers requests: for grandparents and sitters."),
    ),
    (Role.VIEWER, mark("Viewer"), mark("Looks, and changes nothing.")),
)


@pages.get("/parents")
@open_to("parent")
def all() -> str:  # noqa: A001 - all of them
    """Everybody with an account."""
    return _page()


@pages.post("/parents")
@open_to("parent")
def add() -> AnyResponse:
    """Another account."""
    name, role = request.form.get("name", ""), _role()
    password = request.form.get("password", "")

    def make(store: Store) -> None:
        Accounts(store).add(name, role, password)

    return write(
        make,
        url_for("parents.all"),
        lambda fault: _page(name=name, role=role, fault=fault),
        _("%(name)s can log in now.", name=" ".join(name.split())),
        _("%(name)s: account (%(role)s)", name=" ".join(name.split()), role=_role_name(role)),
    )


@pages.post("/parents/<int:key>/role")
@open_to("parent")
def set_role(key: int) -> AnyResponse:
    """Another role; it ends the sessions of that account, and its keys."""
    role = _role()
    return write(
        lambda store: Accounts(store).set_role(key, role),
        url_for("parents.all"),
        done=_("Saved."),
        title=_("%(name)s: account (%(role)s)", name=_name(key), role=_role_name(role)),
    )


@pages.post("/parents/<int:key>/remove")
@open_to("parent")
def remove(key: int) -> AnyResponse:
    """This account can log in no more."""
    return write(
        lambda store: Accounts(store).remove(key),
        url_for("parents.all"),
        done=_("This account is gone."),
        title=_("%(name)s: account removed", name=_name(key)),
    )


@pages.get("/programs")
@open_to("parent")
def programs() -> str:
    """The keys of programs."""
    return _programs()


@pages.post("/programs")
@open_to("parent")
def make_key() -> AnyResponse | str:
    """A key, which is shown on this one answer and never again."""
    name, role = request.form.get("name", ""), _role()
    made: list[str] = []

    def make(store: Store) -> None:
        made.append(Sessions(store).make_token(gate.parent().id, name, role, house.now()))

    answer = write(
        make,
        url_for("parents.programs"),
        lambda fault: _programs(name, role, fault),
        title=_("Key for %(program)s made", program=" ".join(name.split())),
    )
    return _programs(key=made[0], key_name=" ".join(name.split())) if made else answer


@pages.post("/programs/<int:key>/remove")
@open_to("parent")
def remove_key(key: int) -> AnyResponse:
    """This program may ask no more."""
    with house.opened() as store:
        name = next((token.name for token in Sessions(store).tokens() if token.id == key), "")
    return write(
        lambda store: Sessions(store).remove_token(key),
        url_for("parents.programs"),
        done=_("This key is gone."),
        title=_("Key for %(program)s taken away", program=name) if name else "",
    )


def _role() -> Role:
    """The role that was chosen; what is none is the least."""
    chosen = request.form.get("role", "")
    return Role(chosen) if chosen in set(Role) else Role.VIEWER


def _name(key: int) -> str:
    """Of an account; "" if there is none of that number (any more)."""
    with house.opened() as store:
        return next((one.name for one in Accounts(store).all() if one.id == key), "")


def _role_name(role: Role) -> str:
    return next(_(title) for each, title, _hint in ROLES if each is role)


def _page(name: str = "", role: Role = Role.PARENT, fault: str = "") -> str:
    with house.opened() as store:
        accounts, sessions = Accounts(store).all(), Sessions(store)
        seen = {one.id: max((each.seen for each in sessions.of(one.id, house.now())), default=0) for one in accounts}
    return render_template(
        "parents.html", accounts=accounts, seen=seen, roles=_roles(), name=name, role=str(role), fault=fault
    )


def _programs(name: str = "", role: Role = Role.VIEWER, fault: str = "", *, key: str = "", key_name: str = "") -> str:
    with house.opened() as store:
        tokens = Sessions(store).tokens()
        owners = {account.id: account.name for account in Accounts(store).all()}
    return render_template(
        "programs.html", tokens=tokens, owners=owners, roles=_roles(), name=name, role=str(role), fault=fault, key=key,
        key_name=key_name,
    )  # fmt: skip


def _roles() -> list[tuple[str, str, str]]:
    return [(str(role), _(title), _(hint)) for role, title, hint in ROLES]
