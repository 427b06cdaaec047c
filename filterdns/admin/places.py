"""Time zones and countries to choose from, and which are likely."""

from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global


@cache
def zones() -> dict[str, list[tuple[str, str]]]:
    """Area -> (zone, its place), of the zones that some country is in; UTC by itself."""
    found: dict[str, list[tuple[str, str]]] = {}
    lived_in = {zone for zones in get_global("territory_zones").values() for zone in zones}
    for zone in sorted(lived_in & available_timezones()):
        area, _, place = zone.partition("/")
        if place:
            found.setdefault(area, []).append((zone, place.replace("_", " ").replace("/", ", ")))
    return found | {"UTC": [("UTC", "UTC")]}


def countries(locale: Locale) -> list[tuple[str, str]]:
    """(code, name) in the reader's language and order, none first."""
    known = [(code, locale.territories[code]) for code in get_global("territory_zones") if code in locale.territories]
    return [("", "-"), *sorted(known, key=lambda pair: pair[1].casefold())]


def guess(zone: str, country: str, accepted: list[str]) -> tuple[str, str]:
    """The likely (zone, country): what is known already, else what the browser's languages and the zone say."""
    country = country or _country(zone, accepted)
    if zone == "UTC" and country:
        zone = next(iter(get_global("territory_zones").get(country, [])), zone)
    return zone, country


def _country(zone: str, accepted: list[str]) -> str:
    of_zone = get_global("zone_territories").get(zone, "")
    spoken = [code.replace("_", "-").split("-")[-1].upper() for code in accepted if "-" in code or "_" in code]
    known = get_global("territory_zones")
    return of_zone if of_zone in known else next((code for code in spoken if code in known), "")
