"""Windows of a week for people to look at: bars for a picture, days and times in words."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from babel import dates

from filterdns.admin.language import gettext as _
from filterdns.admin.language import locale, minute
from filterdns.admin.texts import target_name
from filterdns.policy.rules import EVERY_DAY, MINUTES_A_DAY, Window

DAYS_A_WEEK = 7
_LONG_RUN = 3


class Bar(NamedTuple):
    """A part of one day."""

    day: int  # 0 = Monday
    start: int  # minutes after midnight
    end: int  # up to 1440
    kind: str  # "off", "block" or "allow"
    window: Window


def bars(windows: Iterable[Window]) -> list[Bar]:
    """Each window on each of its days, cut at midnight; what turns the internet off lies on top."""
    found = []
    for window in windows:
        kind = "off" if window.internet_off else "block" if window.block else "allow"
        for day in window.days:
            if window.end > window.start:
                found.append(Bar(day, window.start, window.end, kind, window))
                continue
            found.append(Bar(day, window.start, MINUTES_A_DAY, kind, window))
            if window.end:
                found.append(Bar((day + 1) % DAYS_A_WEEK, 0, window.end, kind, window))
    return sorted(found, key=lambda bar: (bar.kind == "off", bar.day, bar.start))


def day_names() -> list[str]:
    """Monday to Sunday."""
    names = dates.get_day_names("abbreviated", "stand-alone", locale=locale())
    return [str(names[day]) for day in EVERY_DAY]


def days_in_words(days: Sequence[int]) -> str:
    """As in "every day", "Mon to Thu, Sun"."""
    if len(set(days)) == DAYS_A_WEEK:
        return _("every day")
    names, said = day_names(), []
    for run in _runs(sorted(set(days))):
        if len(run) >= _LONG_RUN:
            said.append(_("%(first)s to %(last)s", first=names[run[0]], last=names[run[-1]]))
        else:
            said += [names[day] for day in run]
    return ", ".join(said)


def hours_in_words(window: Window) -> str:
    """As in "Mon to Thu, Sun, 20:00 to 07:00"."""
    return f"{days_in_words(window.days)}, {times_in_words(window.start, window.end)}"


def times_in_words(start: int, end: int) -> str:
    """As in "20:00 to 07:00"; the same time twice is a whole day."""
    if start == end:
        return _("%(start)s, for 24 hours", start=minute(start))
    return _("%(start)s to %(end)s", start=minute(start), end=minute(end))


def effect_in_words(window: Window) -> str:
    """What a window changes."""
    said = [_("no internet")] if window.internet_off else []
    for targets, words in ((window.block, _("%(what)s blocked")), (window.allow, _("%(what)s allowed"))):
        if targets:
            said.append(words % {"what": ", ".join(sorted(map(target_name, targets)))})
    return "; ".join(said)


def _runs(days: Sequence[int]) -> list[list[int]]:
    """Days in a row, together; Sunday is not joined to Monday."""
    found: list[list[int]] = []
    for day in days:
        if found and found[-1][-1] == day - 1:
            found[-1].append(day)
        else:
            found.append([day])
    return found
