"""A person's day in one look: how much, when, what kind, which sites; and the two weeks before."""

from datetime import date

from flask import Blueprint, abort, g, render_template, request, url_for

from filterdns.admin import house
from filterdns.admin.asked import by_the_hour, detail_of, has_hours, named, shown, typed_day
from filterdns.admin.gate import open_to
from filterdns.admin.language import date_in_words, mark, ngettext, number
from filterdns.admin.language import gettext as _
from filterdns.admin.texts import category_name
from filterdns.household import asked, history
from filterdns.household.asked import Search, Sites, Tally
from filterdns.household.detail import Detail
from filterdns.household.history import KEEP_COUNTS, HistoryError
from filterdns.policy.rules import Person

pages = Blueprint("day", __name__)

DAYS = 14
MOST_CATEGORIES = 2
"""Named in one line."""
_NOT_WORTH_A_WORD = frozenset({"", "ads", "tracking", "essential"})

KEPT = {
    Detail.NAMES: mark("Up to nine years you see the names that were asked for."),
    Detail.SITES: mark("From ten years on you see the sites that were asked for, not the single names in them."),
    Detail.CATEGORIES: mark("From thirteen years on you see how much of which kind, and no names."),
    Detail.RISKS: mark("From sixteen years on you see how often something dangerous was blocked, and nothing else."),
    Detail.NOTHING: mark("Of grown-ups, and of whoever has no age here, nothing is written down."),
}


@pages.get("/people/<int:key>/day")
@open_to("parent")
def one(key: int) -> str:
    """Today, or the day that `?day=` names."""
    household = house.household()
    person = next((person for person in household.people if person.id == key), None)
    if person is None:
        abort(404)
    house.look()
    today = asked.day_of(house.now(), household.timezone)
    wanted = typed_day(request.args)
    day = max(min(asked.number_of(wanted), today), today - KEEP_COUNTS) if wanted else today
    detail = detail_of(person)
    first, until = asked.span_of(day, household.timezone)
    search = Search(person.id, first=first, until=until)
    try:
        with history.reading(house.state()) as db:
            categories = asked.by_category(db, day, search)
            hours = asked.by_hour(db, day, search) if has_hours(person) else []
            sites = asked.top_sites(db, search) if detail >= Detail.SITES else Sites({}, is_all=True)
            days = asked.by_day(db, range(today - DAYS + 1, today + 1), person.id)
    except HistoryError:
        return render_template("asked_none.html")
    return render_template(
        "day.html",
        person=person,
        name=shown(person),
        date=asked.date_of(day),
        before=asked.date_of(day - 1) if day > today - DAYS else None,
        after=asked.date_of(day + 1) if day < today else None,
        line=in_one_line(detail, categories),
        kept=_(KEPT[detail]),
        has_lines=detail >= Detail.SITES,
        hours=by_the_hour(hours),
        categories=named(categories),
        sites=sites,
        days=[_column(person, asked.date_of(today - DAYS + 1 + number), tally) for number, tally in enumerate(days)],
    )


def _column(person: Person, day: date, tally: Tally) -> tuple[str, Tally, str]:
    """A day in the picture of them, which leads to it."""
    return date_in_words(day), tally, url_for("day.one", key=person.id, day=day)


def in_one_line(detail: Detail, categories: dict[str, Tally]) -> str:
    """A day in a sentence; "" where nothing is kept."""
    total = sum(tally.total for tally in categories.values())
    blocked = sum(tally.blocked for tally in categories.values())
    if detail is Detail.NOTHING:
        return ""
    if detail is Detail.RISKS:
        if not blocked:
            return _("Nothing dangerous was blocked")
        return ngettext("Something dangerous was blocked once", "Dangerous things blocked: %(num)s", blocked)
    if not total:
        return _("Nothing was asked for")
    found = [ngettext("%(num)s question", "%(num)s questions", total)]
    if blocked:
        found.append(_("%(number)s blocked", number=number(blocked)))
    often = [category for category, tally in categories.items() if category not in _NOT_WORTH_A_WORD and tally.open]
    if often:
        found.append(_("mostly %(kinds)s", kinds=", ".join(category_name(one) for one in often[:MOST_CATEGORIES])))
    return ", ".join(found)


def today_line(key: int) -> str:
    """Today of a person, for the front page; "" where nothing is kept or can be read."""
    person = next((person for person in house.household().people if person.id == key), None)
    if person is None or detail_of(person) is Detail.NOTHING:
        return ""
    return _("Today: %(line)s", line=in_one_line(detail_of(person), _today().get(person.id, {})))


def _today() -> dict[int, dict[str, Tally]]:
    if "day" not in g:
        try:
            with history.reading(house.state()) as db:
                g.day = asked.by_person(db, asked.day_of(house.now(), house.household().timezone))
        except HistoryError:
            g.day = {}
    found: dict[int, dict[str, Tally]] = g.day
    return found


pages.add_app_template_global(today_line)
