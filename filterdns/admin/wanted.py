"""What a parent means by a few typed letters: a service, a category, a site."""

from difflib import get_close_matches
from typing import NamedTuple
from urllib.parse import urlsplit

from filterdns import dname
from filterdns.admin.language import gettext as _
from filterdns.admin.texts import category_name
from filterdns.blocklists import builtin
from filterdns.household.site import is_suffix, site_of
from filterdns.policy import rules
from filterdns.policy.category import CHOICES, SECURITY
from filterdns.policy.rules import RuleError

LONGEST = 300
"""Of what is typed; an address from a browser's line may be long."""
_MOST = 12


class Wanted(NamedTuple):
    """One thing that may be meant."""

    target: str  # "service:roblox", "games", "name:example.org"
    name: str
    about: str = ""


class NothingFoundError(ValueError):
    """What was typed is nothing that could be blocked or allowed; the message says why, in the reader's language."""


def look_up(text: str) -> list[Wanted]:
    """What is meant: one if that is sure, else several to choose from. Raises NothingFoundError."""
    text = text.strip()[:LONGEST]
    if not text:
        raise NothingFoundError(_("Type the name of a site, an app or a game."))
    known = _catalogue()
    exact = [wanted for wanted in known if text.casefold() in _spellings(wanted)]
    if exact:
        return exact[:1]
    if "." in text:
        return _site(text)
    near = [wanted for wanted in known if text.casefold() in wanted.name.casefold()]
    names = {wanted.name.casefold(): wanted for wanted in known}
    near += [names[name] for name in get_close_matches(text.casefold(), names, 3) if names[name] not in near]
    if not near:
        raise NothingFoundError(
            _("“%(typed)s” is not known here as an app, a game or a kind of site. A site needs its ending, as in "
              "example.org.", typed=text)
        )  # fmt: skip
    return near[:_MOST]


def meant(target: str) -> Wanted:
    """What was chosen from `look_up`. Raises NothingFoundError for anything else."""
    kind, _colon, about = target.partition(":")
    for wanted in _site(about) if kind == "name" else _catalogue():
        if wanted.target == target:
            return wanted
    raise NothingFoundError(_("This can be neither blocked nor allowed."))


def service_category(target: str) -> str | None:
    """The category of a service; None for what is none."""
    service = builtin.knowledge().services.get(target.removeprefix("service:"))
    return service.category if target.startswith("service:") and service else None


def _catalogue() -> list[Wanted]:
    services = [Wanted(f"service:{service.id}", service.name, _(service.about)) for service in builtin.services()]
    choices = [category for category in CHOICES if category not in SECURITY]
    return [*services, *(Wanted(category, category_name(category), _("a whole kind of sites")) for category in choices)]


def _spellings(wanted: Wanted) -> tuple[str, str]:
    return wanted.name.casefold(), wanted.target.removeprefix("service:")


def _site(text: str) -> list[Wanted]:
    """The site of an address or name, and the name in it if that is less."""
    try:
        host = urlsplit(text if "://" in text else f"//{text}").hostname or ""
        name = dname.to_text(rules.name_of(host.removeprefix("*.").removesuffix(".")))
    except (ValueError, RuleError):
        raise NothingFoundError(_("“%(typed)s” is not a site's name, such as example.org.", typed=text)) from None
    if is_suffix(name):
        raise NothingFoundError(
            _("“%(name)s” is not a site but the ending of many. Type the whole name of one.", name=name)
        )
    site = site_of(name)
    whole = Wanted(f"name:{site}", site, _("the whole site"))
    return (
        [whole] if name in (site, f"www.{site}") else [whole, Wanted(f"name:{name}", name, _("only this part of it"))]
    )
