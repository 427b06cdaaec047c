"""What FilterDNS knows without any list: services, helplines, essentials, ways round, safe search, seeds.

All of it lies in the YAML files beside this module; a worker never imports it.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import chain
from typing import Any, NamedTuple

import yaml

from filterdns.blocklists.compile import Names
from filterdns.blocklists.source import Source
from filterdns.dname import from_text, parents, to_text
from filterdns.policy.compile import Knowledge, Service

FILES = ("services", "helplines", "essentials", "bypass", "safesearch", "seeds")

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C parser is ten times as fast, if it was built


def content(name: str) -> bytes:
    """One of `FILES` as it lies on disk."""
    return (files(__package__) / f"{name}.yaml").read_bytes()


class Help(NamedTuple):
    """A place where somebody helps, or takes reports."""

    name: str = ""
    number: str = ""  # "" where fewer than two sources agree
    text: str = ""  # the number for short messages
    url: str = ""
    domains: tuple[str, ...] = ()
    about: str = ""


class CountryHelp(NamedTuple):
    """Help in one country, in the order in which it is shown."""

    emergency: str  # number; "" where it is not known for sure
    helplines: tuple[Help, ...]
    reporting: tuple[Help, ...]  # where to report pictures of abuse
    directories: tuple[Help, ...]  # where to look further, for every country


class ListedService(NamedTuple):
    """A service as a parent is shown it."""

    id: str  # as in "service:roblox"
    name: str
    category: str
    group: str  # an id of `service_groups`
    about: str  # one line on what it is
    shared: tuple[str, ...]  # names it needs that no block of it touches, because others need them too


@cache
def knowledge() -> Knowledge:
    """What compiling the rules needs of the catalogues."""
    youtube = _load("safesearch")["youtube"]
    return Knowledge(
        services={
            name: Service(entry["number"], entry["category"], entry["name"])
            for name, entry in _load("services")["services"].items()
        },
        safe_search={from_text(name): from_text(target) for name, target in _safe_forms()},
        youtube=frozenset(map(from_text, youtube["names"])),
        youtube_strict=from_text(youtube["strict"]),
        youtube_moderate=from_text(youtube["moderate"]),
        further_forms={first: tuple(further) for first, *further in _forms() if further},
    )


@cache
def with_safe_form() -> frozenset[str]:
    """The host names that safe search leads to, or from, and those that enclose them."""
    known = knowledge()
    forms = chain.from_iterable(_forms())
    names = {*known.safe_search, *forms, *known.youtube, known.youtube_strict, known.youtube_moderate}
    return frozenset(to_text(apex) for name in names for apex in parents(name))


def sources() -> Iterator[Names]:
    """Everything built in, as the table is compiled from it."""
    for name, entry in _load("services")["services"].items():
        yield _service(name, entry)
    for category, names in _load("seeds").items():
        yield _names(f"builtin:{category}", category, "Built-in names", names.split())
    bypass = _load("bypass")
    ways_round = [*bypass["canaries"], *bypass["resolvers"], *bypass["vpn"], *bypass["proxies"]]
    yield _names("builtin:bypass", "bypass", "Ways round the filter", ways_round)
    engines = _load("safesearch")["without_safe_form"]
    yield _names("builtin:unsafe_search", "unsafe_search", "Search engines without a safe form", engines)
    yield _names("builtin:helplines", "helplines", "Help for children", sorted(_helplines()))
    essentials = [name for names in _load("essentials").values() for name in names]
    yield _names("builtin:essential", "essential", "What devices cannot do without", essentials)


def own(names: Iterable[str]) -> tuple[Names, ...]:
    """The names of this filter itself, as the table is compiled from them; () if there are none."""
    held = sorted({name.lower() for name in names if "." in name})  # no list holds a single label
    return (_names("builtin:own", "essential", "This filter itself", held),) if held else ()


def service_groups() -> Mapping[str, str]:
    """The groups in which services are shown, in order: id -> title."""
    groups: dict[str, str] = _load("services")["groups"]
    return groups


@cache
def services() -> tuple[ListedService, ...]:
    """Every service, in order of group and, within it, of name."""
    order = list(service_groups())
    listed = [
        ListedService(name, entry["name"], entry["category"], entry["group"], entry["about"], _shared(entry))
        for name, entry in _load("services")["services"].items()
    ]
    return tuple(sorted(listed, key=lambda service: (order.index(service.group), service.name.casefold())))


@cache
def helplines(country: str) -> CountryHelp:
    """Help in a country (ISO 3166, "DE"); of a country that is not known, the directories alone."""
    data = _load("helplines")
    found = data["countries"].get(country.upper(), {})
    shared = [entry for entry in data["harmonised"] if country.upper() in entry["countries"]]
    return CountryHelp(
        emergency=found.get("emergency", {}).get("number", ""),
        helplines=_help([*found.get("helplines", ()), *shared]),
        reporting=_help(found.get("reporting", ())),
        directories=_help(data["directories"]),
    )


def special_names() -> Mapping[bytes, str]:
    """Wire names whose blocked answer has a form of its own -> that form ("nxdomain")."""
    return {from_text(name): str(form) for name, form in _load("bypass")["canaries"].items()}


def resolver_addresses() -> tuple[str, ...]:
    """Addresses and networks of resolvers that do not know the family's rules, as text."""
    return tuple(text for entry in _load("bypass")["addresses"] for text in (*entry["v4"], *entry["v6"]))


@cache
def _load(name: str) -> Any:  # noqa: ANN401 - its shape is checked by the test of the data
    return yaml.load(content(name), Loader=_LOADER)  # noqa: S506 - it is the safe loader


def _names(name: str, category: str, title: str, held: list[str]) -> Names:
    return Names(Source(name, "builtin", category, title, syntax="domains"), lambda: held)


def _service(name: str, entry: Mapping[str, Any]) -> Names:
    """Its domains, without what it shares with others below them."""
    source = Source(f"service:{name}", "service", entry["category"], entry["name"], entry["number"], syntax="domains")
    domains = entry["domains"].split()
    below = [other for other in _shared(entry) if any(other.endswith(f".{domain}") for domain in domains)]
    return Names(source, lambda: domains, lambda: below)


def _shared(entry: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(entry.get("shared", "").split())


def _safe_forms() -> Iterator[tuple[str, str]]:
    """Each name of a search engine with the name of its safe form."""
    data = _load("safesearch")
    for engine in data["engines"].values():
        names = list(engine.get("names", ()))
        for name in engine.get("under_suffixes", ()):
            names += [f"{name}.{suffix}" for suffix in data["google_suffixes"].split()]
        for name in engine.get("with_www", ()):
            names += [name, f"www.{name}"]
        for name in names:
            yield name, engine["targets"][0]


def _forms() -> Iterator[list[bytes]]:
    """The names of each safe form, in the order in which they are tried."""
    for engine in _load("safesearch")["engines"].values():
        yield [from_text(name) for name in engine["targets"]]


def _help(entries: Iterable[Mapping[str, Any]]) -> tuple[Help, ...]:
    fields = [{key: entry[key] for key in Help._fields if key in entry} for entry in entries]
    return tuple(Help(**entry | {"domains": tuple(entry.get("domains", ()))}) for entry in fields)


def _helplines() -> set[str]:
    """Every domain of them; one may stand for several countries."""
    data = _load("helplines")
    entries = [*data["directories"], *data["harmonised"], *data["support"]]
    for found in data["countries"].values():
        entries += [*found.get("helplines", ()), *found.get("reporting", ())]
    return {domain for entry in entries for domain in entry.get("domains", ())}
