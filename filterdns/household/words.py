"""The words of a household file -> values; every function raises ValueError with words for people."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from filterdns.clock import Zone
from filterdns.policy import rules
from filterdns.policy.rules import DAYS, Household
from filterdns.yamlfile import nearest

E = TypeVar("E", bound=StrEnum)

_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
_LATEST = 253402300799  # 9999-12-31


def setting(key: str, text: str) -> str:
    """A text that the household's own check of this key accepts."""
    given: dict[str, Any] = {key: text}
    try:
        Household(**given)
    except rules.RuleError as error:
        raise ValueError(str(error).replace("the name of the household", "a name")) from None
    return text


def epoch(text: str, zone: str) -> int:
    """A time in ISO 8601 or epoch seconds; without an offset it is the zone's."""
    try:
        moment = datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text)
        seconds = int((moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(zone))).timestamp())
    except (ValueError, OverflowError, OSError):
        raise ValueError(f'"{text}" is not a time such as "2026-12-24 21:00" or "2026-12-24T20:00:00Z"') from None
    if not 0 <= seconds <= _LATEST:
        raise ValueError(f'"{text}" is out of reach')
    return seconds


def zone(text: str) -> str:
    """A time zone that is known here."""
    if text not in available_timezones():
        raise ValueError(f'"{text}" is not a time zone{nearest(text, available_timezones())}')
    return Zone(text).name


def domain(text: str) -> str:
    """A name that a rule can be about."""
    rules.name_of(text)
    return text


def day(text: str) -> int:
    """0 for mon."""
    word = text.casefold()
    if word not in DAYS:
        near = [known for known in DAYS if word[:3] == known]
        hint = f' (did you mean "{near[0]}"?)' if near else f": the days are {', '.join(DAYS)}"
        raise ValueError(f'"{text}" is not a day{hint}')
    return DAYS.index(word)


def time(text: str) -> int:
    """Minutes after midnight."""
    found = _TIME.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is not a time from "00:00" to "23:59"')
    return int(found[1]) * 60 + int(found[2])


def switch(text: str) -> bool:
    """On or off, in all of YAML's words."""
    word = text.casefold()
    if word in ("true", "yes", "on"):
        return True
    if word in ("false", "no", "off"):
        return False
    raise ValueError(f'"{text}" is neither on nor off')


def choice(kind: type[E], text: str) -> E:
    """A member of an enumeration; where "off" is one, YAML's other words for it are too."""
    known = [str(value) for value in kind]
    word = "off" if text.casefold() in ("false", "no") and "off" in known else text
    if word not in known:
        raise ValueError(f'"{text}" is none of {", ".join(known)}{nearest(text, known)}')
    return kind(word)


def owner(people: list[str], text: str) -> str:
    """The person of that name, large and small letters alike."""
    for person in people:
        if person.casefold() == text.casefold():
            return person
    raise ValueError(f'there is no person "{text}"{nearest(text, people)}')
