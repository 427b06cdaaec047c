"""The page's language, numbers and times: the reader's language, the household's zone.

English is the source. Another language is a folder of .po files, a file a noun, compiled in memory when the page
starts.
"""

from datetime import UTC, date, datetime, time, tzinfo
from functools import cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, dates, numbers
from babel.messages import Catalog, mofile, pofile
from babel.support import NullTranslations, Translations
from flask import Flask, g, request

from filterdns.admin import gate, house
from filterdns.household import steps
from filterdns.household.store import StoreError

FOLDER = Path(__file__).parent / "translations"
SOURCE = "en"


def install(app: Flask) -> None:
    """Give templates the functions of this module."""
    languages()
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_plain, _plain_n, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.globals.update(
        locale=locale, number=number, percent=percent, clock=clock, minute=minute, day=day, when=when, ago=ago,
        date_in_words=date_in_words, moment_in_words=moment_in_words,
    )  # fmt: skip


@cache
def languages() -> dict[str, str]:
    """Code -> the language's own name, of those the page speaks."""
    own = mark("English")  # which each catalogue translates as the name of its own language
    others = sorted(path.name for path in FOLDER.iterdir())
    return {SOURCE: own} | {code: str(_translations(code).gettext(own)) for code in others}


def mark(text: str) -> str:
    """Mark a text for translation where it is written down; `gettext` translates it where it is shown."""
    return text


def gettext(text: str, **values: object) -> str:
    """The text in the reader's language, with `values` put in."""
    found = _plain(text)
    return found % values if values else found


def ngettext(one: str, many: str, number: int, **values: object) -> str:
    """The same where the words depend on a number, which the text calls %(num)s."""
    return _plain_n(one, many, number) % ({"num": globals()["number"](number)} | values)


def locale() -> Locale:
    """The language of this request."""
    if "locale" not in g:
        g.locale = Locale.parse(_choose())
    found: Locale = g.locale
    return found


def zone() -> tzinfo:
    """The household's time zone, UTC while there is no household."""
    try:
        return ZoneInfo(house.household().timezone)
    except StoreError:
        return UTC


def number(value: float) -> str:
    """As in 12,345."""
    return numbers.format_decimal(value, locale=locale())


def percent(share: float) -> str:
    """As in 12%, of a share from 0 to 1."""
    return numbers.format_percent(share, locale=locale())


def local(epoch: float) -> datetime:
    """The household's wall clock at a time."""
    return datetime.fromtimestamp(epoch, zone())


def clock(epoch: float) -> str:
    """As in 21:00, or 9:00 PM."""
    return dates.format_time(local(epoch), "short", locale=locale())


def minute(of_day: int) -> str:
    """A time of the week's plan, minutes after midnight, as in 21:00."""
    return dates.format_time(time(of_day // 60, of_day % 60), "short", locale=locale())


def day(epoch: float) -> str:
    """As in Fri, November 27."""
    return date_in_words(local(epoch).date())


def when(epoch: float) -> str:
    """A time as people say it: the clock today, the weekday with it within six days, otherwise the date with it."""
    there, here = local(epoch), local(house.now())
    away = (there.date() - here.date()).days
    if away == 0:
        return clock(epoch)
    near = abs(away) < 6  # noqa: PLR2004 - beyond it a weekday could be two
    named = dates.format_date(there, "EEE" if near else "medium", locale=locale())
    return f"{named} {clock(epoch)}"


def date_in_words(date: date) -> str:
    """As in Fri, November 27; with the year if that is another one."""
    is_near = date.year == local(house.now()).year
    return dates.format_skeleton("MMMMEd" if is_near else "yMMMMEd", date, locale=locale())


def moment_in_words(moment: datetime) -> str:
    """As in Fri, Nov 27, 9:00 PM; a time with its zone."""
    return f"{date_in_words(moment.date())}, {dates.format_time(moment.time(), 'short', locale=locale())}"


def ago(epoch: float) -> str:
    """As in 5 minutes ago."""
    return dates.format_timedelta(int(epoch - house.now()), add_direction=True, locale=locale())


def of_browser() -> str:
    """The first language of the browser's that we speak; "" if there is none."""
    spoken = [code for code, quality in request.accept_languages if quality > 0]
    return next((tag for code in spoken for tag in (code, code.partition("-")[0]) if tag in languages()), "")


def _choose() -> str:
    """The account's or the household's, for whoever is logged in; else the browser's or the household's."""
    try:
        who = gate.account()
        home = house.household().language
        wanted = [(who.language or ("" if _is_chosen() else of_browser())) if who else of_browser(), home]
    except StoreError:
        wanted = [of_browser()]
    return next((tag for code in wanted for tag in (code, code.partition("-")[0]) if tag in languages()), SOURCE)


def _is_chosen() -> bool:
    """Has the family said what it speaks? Until then everybody is spoken to as the browser says."""
    with house.opened() as store:
        return house.household().language != SOURCE or steps.HOUSE in steps.done(store)


def catalog(code: str) -> Catalog:
    """All .po files of a language in one."""
    found = Catalog(locale=code)
    for path in sorted((FOLDER / code).glob("*.po")):
        with path.open("rb") as file:
            for message in pofile.read_po(file, locale=code, abort_invalid=True):
                if message.id:
                    found[message.id] = message
    return found


@cache
def _translations(code: str) -> NullTranslations:
    if code == SOURCE:
        return NullTranslations()
    compiled = BytesIO()
    mofile.write_mo(compiled, catalog(code))
    compiled.seek(0)
    return Translations(compiled)


def _plain(text: str) -> str:
    return str(_translations(str(locale())).gettext(text))


def _plain_n(one: str, many: str, number: int) -> str:
    return str(_translations(str(locale())).ngettext(one, many, number))
