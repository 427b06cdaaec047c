"""Time zones and countries to choose from, and which are likely."""

from functools import cache
from zoneinfo import available_timezones

from babel.core import get_global

from filterdns.admin.language import gettext, locale, mark

UTC = "UTC"
_UNTOLD = frozenset({UTC, "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu", "Etc/GMT", "GMT", "Etc/Greenwich"})
"""What a box says that nobody has told where it stands."""
_MOST_PEOPLE = frozenset(
    [
        "Africa/Kinshasa",
        "America/Guayaquil",
        "America/Mexico_City",
        "America/New_York",
        "America/Nuuk",
        "America/Santiago",
        "America/Sao_Paulo",
        "America/Toronto",
        "Asia/Almaty",
        "Asia/Jakarta",
        "Asia/Kuala_Lumpur",
        "Asia/Nicosia",
        "Asia/Tashkent",
        "Asia/Ulaanbaatar",
        "Australia/Sydney",
        "Europe/Lisbon",
        "Europe/Madrid",
        "Europe/Moscow",
        "Pacific/Majuro",
        "Pacific/Pohnpei",
        "Pacific/Tahiti",
        "Pacific/Tarawa",
    ]
)
"""Of countries with several zones, the one that most live in, if it is not the first of them."""


_AREAS = {
    "Africa": mark("Africa"),
    "America": mark("America"),
    "Antarctica": mark("Antarctica"),
    "Arctic": mark("Arctic"),
    "Asia": mark("Asia"),
    "Atlantic": mark("Atlantic Ocean"),
    "Australia": mark("Australia"),
    "Europe": mark("Europe"),
    "Indian": mark("Indian Ocean"),
    "Pacific": mark("Pacific Ocean"),
}


def zones(own: str) -> dict[str, list[tuple[str, str]]]:
    """Area -> (zone, its place), of the zones that some country is in; beside them UTC and the family's own."""
    found: dict[str, list[tuple[str, str]]] = {}
    names = locale().time_zones
    for zone in _lived_in():
        area, _, place = zone.partition("/")
        city = names.get(zone, {}).get("city", place.replace("_", " ").replace("/", ", "))
        found.setdefault(gettext(_AREAS.get(area, area)), []).append((zone, city))
    found[UTC] = [(UTC, UTC)]
    known = any(own == zone for places in found.values() for zone, _place in places)
    return found if known else found | {own: [(own, own)]}


def countries() -> list[tuple[str, str]]:
    """(code, name) in the reader's language and order, none first."""
    names = locale().territories
    known = [(code, names[code]) for code in _lands() if code in names]
    return [("", "-"), *sorted(known, key=lambda pair: pair[1].casefold())]


def guess(zone: str, country: str, accepted: list[str]) -> tuple[str, str]:
    """The likely (zone, country): what is known already, else what the browser's languages and the zone say."""
    zone = zone if is_told(zone) else UTC
    country = country if country in _lands() else _country(zone, accepted)
    if zone == UTC and country in _lands():
        there = _lands()[country]
        zone = next((each for each in there if each in _MOST_PEOPLE), there[0])
    return zone, country


def is_told(zone: str) -> bool:
    """Has somebody said where this is, or does the box only count hours?"""
    return zone not in _UNTOLD


def _country(zone: str, accepted: list[str]) -> str:
    spoken = [code.replace("_", "-").split("-")[-1].upper() for code in accepted if "-" in code or "_" in code]
    return _land_of(zone) or next((code for code in spoken if code in _lands()), "")


def _land_of(zone: str) -> str:
    """The country of a zone, "" for one that only counts hours."""
    found = str(get_global("zone_territories").get(zone, ""))
    return found if found in _lands() else ""


@cache
def _lived_in() -> list[str]:
    there = {zone for zones in _lands().values() for zone in zones if "/" in zone}
    return sorted(there & available_timezones())


@cache
def _lands() -> dict[str, list[str]]:
    """Country -> its zones, without the codes of Unicode for the whole world and for nowhere."""
    return {code: zones for code, zones in get_global("territory_zones").items() if code not in ("001", "ZZ")}
