"""What another form of a person would change, in words, before it is done."""

from collections.abc import Iterable

from filterdns.admin import week
from filterdns.admin.language import gettext as _
from filterdns.admin.texts import hours_name, target_name
from filterdns.policy.rules import Person, Window, YouTube


def youtube_name(level: YouTube) -> str:
    """A level of YouTube's restricted mode."""
    return {YouTube.OFF: _("off"), YouTube.MODERATE: _("moderate"), YouTube.STRICT: _("strict")}[level]


def differences(before: Person, after: Person) -> list[str]:
    """A sentence for each thing that would change; [] if nothing would."""
    said = []
    if more := after.block - before.block:
        said.append(_("Blocked from now on: %(what)s", what=_names(more)))
    if less := before.block - after.block:
        said.append(_("Not blocked any more: %(what)s", what=_names(less)))
    if after.allow_only != before.allow_only:
        said.append(
            _("Only sites that you allow can be opened")
            if after.allow_only
            else _("Everything that is not blocked can be opened, not only sites that you allow")
        )
    if after.safe_search != before.safe_search:
        said.append(_("Safe search is switched on") if after.safe_search else _("Safe search is switched off"))
    if after.youtube != before.youtube:
        said.append(_("YouTube's restricted mode: %(level)s", level=youtube_name(after.youtube)))
    return [*said, *_hours(before.windows, after.windows), *_minutes(dict(before.minutes), dict(after.minutes))]


def _names(targets: Iterable[str]) -> str:
    return ", ".join(sorted(map(target_name, targets), key=str.casefold))


def _hours(before: Iterable[Window], after: Iterable[Window]) -> list[str]:
    """By name: what another form comes of is one sentence."""
    old, new = ({window.name: window for window in windows} for windows in (before, after))
    said = []
    for key in (*new, *(key for key in old if key not in new)):
        name = hours_name(key)
        if key not in old:
            said.append(_("New hours: %(name)s (%(when)s)", name=name, when=_line(new[key])))
        elif key not in new:
            said.append(_("Hours that go: %(name)s (%(when)s)", name=name, when=_line(old[key])))
        elif _parts(old[key]) != _parts(new[key]):
            other = [was for was, is_now in zip(_parts(old[key]), _parts(new[key]), strict=True) if was != is_now]
            now = week.hours_in_words(new[key])
            said.append(_("%(name)s: %(new)s, and no longer %(old)s", name=name, new=now, old=", ".join(other)))
    return said


def _parts(window: Window) -> tuple[str, str, str]:
    times = week.times_in_words(window.start, window.end)
    return week.days_in_words(window.days), times, week.effect_in_words(window)


def _line(window: Window) -> str:
    return f"{week.hours_in_words(window)}: {week.effect_in_words(window)}"


def _minutes(before: dict[str, int], after: dict[str, int]) -> list[str]:
    said = []
    for target in sorted(before.keys() | after.keys()):
        if before.get(target) == after.get(target):
            continue
        what = target_name(target)
        said.append(
            _("%(what)s: %(number)s minutes a day", what=what, number=after[target])
            if target in after
            else _("%(what)s: no limit of minutes any more", what=what)
        )
    return said
