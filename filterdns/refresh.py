"""`filterdns update`: the names and the rules that the workers obey, brought up to date in a process that ends."""

import errno
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from filterdns import renewal
from filterdns.blocklists import download, remote, results
from filterdns.blocklists.connection import Resolve
from filterdns.blocklists.intake import Watch
from filterdns.blocklists.lookup import lookup
from filterdns.blocklists.update import Orders, Report, Say, update
from filterdns.config import Config, Upstream
from filterdns.household import changes
from filterdns.household.store import NAME, StoreError
from filterdns.policy.rules import Lists


class UnknownListError(ValueError):
    """A list is to be accepted that nobody knows."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What whoever runs the update wants of it."""

    quiet: bool = False  # tell only what changed or is bad
    local: bool = False  # download nothing
    due: bool = False  # leave out downloads whose time has not come
    accept: frozenset[str] = frozenset()  # ids of lists whose new content is right, however it looks
    watch: Watch = lambda *_: None


def refresh(config: Config, wish: Wish, tell: Callable[[str], None], say: Say) -> bool:
    """Do both, even if one fails; `tell` gets a line for each result, `say` each step of long work.

    Returns whether every list that was asked for has come. Raises UnknownListError, or OSError, StoreError, RuleError
    or PublishError at the end; what was in force stays.
    """
    with renewal.Telling(config.state) as telling:
        return _refresh(config, _as_ordered(config, wish), tell, say, telling)


def _refresh(config: Config, wish: Wish, tell: Callable[[str], None], say: Say, telling: renewal.Telling) -> bool:
    fault: OSError | None = None
    names = None
    try:
        names = update(config.state, _orders(config, wish, telling), _both(telling.step, say))
    except OSError as error:
        fault = in_words(error)
    else:
        _tell_names(names, tell, quiet=wish.quiet)
    rules = changes.publish_current(config.state)
    if rules.is_new_household:
        tell("rules: a new household, everybody is a guest")
    if not (rules.was_current and wish.quiet):
        tell(f"rules: revision {rules.revision}, {'unchanged' if rules.was_current else 'published'}")
    if fault:
        raise fault
    return names is not None and not names.failed


def _as_ordered(config: Config, wish: Wish) -> Wish:
    """The wish, with what somebody at the page ordered; that may name a list that is gone."""
    ordered = None if wish.local else renewal.take(config.state)
    if ordered is None:
        return wish
    known = {entry.id for entry in results.read_if_any(config.state)}
    return replace(wish, due=False, accept=wish.accept | (ordered & known))


def _both(one: Callable[..., None], other: Callable[..., None]) -> Callable[..., None]:
    def told(*what: object) -> None:
        one(*what)
        other(*what)

    return told


def _orders(config: Config, wish: Wish, telling: renewal.Telling) -> Orders:
    lists = _family_lists(config)
    wanted = None if lists is None else remote.wanted(lists, remote.memory())
    known = {entry.id for entry in results.read_if_any(config.state)} | {each.id for each in wanted or ()}
    for name in sorted(wish.accept - known):
        raise UnknownListError(f'there is no list "{name}"; filterdns lists shows them')
    telling.wanted(len(wanted or ()))
    fetch = partial(download.fetch, resolve=_once(partial(lookup, upstreams=_resolvers(config))))
    return Orders(
        now=time.time(),
        remote=wanted,
        fetch=None if wish.local else fetch,
        due_only=wish.due,
        accept=wish.accept,
        own_names=config.web_hosts,
        watch=_both(telling.came, wish.watch),
    )


def _resolvers(config: Config) -> list[Upstream]:
    """Whom the hosts of lists are asked of: first those that filter least, as a list of harm may count as harmful."""
    return [server for group in ("all", "open", "family") for server in config.upstreams.get(group, ())]


def _once(resolve: Resolve) -> Resolve:
    """Many lists lie on one host: it is asked for once in an update, and waited for once if nobody knows it."""
    found: dict[str, list[str] | OSError] = {}

    def resolved(host: str) -> list[str]:
        if host not in found:
            try:
                found[host] = resolve(host)
            except OSError as error:
                found[host] = error
        known = found[host]
        if isinstance(known, OSError):
            raise known
        return known

    return resolved


def _family_lists(config: Config) -> Lists | None:
    """What the family says about lists; None if its rules cannot be read."""
    if not (config.state / NAME).exists():
        return Lists()
    try:
        return changes.read(config.state).lists
    except StoreError:
        return None


def _tell_names(names: Report, tell: Callable[[str], None], *, quiet: bool) -> None:
    for entry in names.lists:
        if entry.is_bad:
            tell(f"{entry.id}: {entry.result}")
    if names.asked and not quiet:
        tell(f"lists: {names.asked} asked for, {names.failed} of them without success")
    if names.published or not quiet:
        tell(f"names: {names.names:,}, {'published' if names.published else 'unchanged'}")


def in_words(error: OSError) -> OSError:
    """The error in words, where it has a common cause."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return OSError(error.errno, "the disk is full; the names that are in force stay")
    return error
