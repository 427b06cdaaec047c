"""The precedence table as a table of behaviour.

Every row in it is: what is asked when, by a person with these rules, and what must come of it. Times are
those of Berlin; 2026-07-06 is a Monday.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filterdns import dname
from filterdns.clock import LONG_AGO, Zone
from filterdns.policy.category import BITS, service_bit
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.decide import Action, Decision, Reason, decide, judge_alias
from filterdns.policy.explain import LIFTED, explain
from filterdns.policy.rules import EVERY_DAY, Grant, Household, NameRule, Pause, Person, RuleAction, Window, YouTube
from filterdns.policy.view import View

BERLIN = ZoneInfo("Europe/Berlin")
SERVICES = {"roblox": 0, "minecraft": 1, "youtube": 2, "discord": 3}
ALLOW, BLOCK = RuleAction.ALLOW, RuleAction.BLOCK


def epoch(text: str) -> int:
    """Berlin's time unless the text has an offset."""
    moment = datetime.fromisoformat(text)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)).timestamp())


def tags_of(text: str) -> int:
    """Categories and services, by a space apart."""
    return sum(BITS[tag] if tag in BITS else service_bit(SERVICES[tag]) for tag in text.split())


def window(name: str, start: int, end: int, days: tuple[int, ...] = EVERY_DAY, **change: Any) -> Window:  # noqa: ANN401
    change = {key: frozenset(value.split()) if isinstance(value, str) else value for key, value in change.items()}
    return Window(name, days, start * 60, end * 60, **change)


BEDTIME = window("Bedtime", 20, 7, internet_off=True, id=1)
HOMEWORK = window("Homework", 15, 17, block="games video", id=2)
PLAYTIME = window("Playtime", 16, 18, allow="games", id=3)
CLUB = window("Club", 15, 16, block="games", allow="service:minecraft", id=4)

NOON = "2026-07-08 12:00:00"
AFTERNOON = "2026-07-08 15:30:00"
EVENING = "2026-07-08 21:00:00"
LATER = epoch("2026-07-09 18:00:00")
SOON = epoch("2026-07-08 12:30:00")
PAST = epoch("2026-07-08 11:59:59")


@dataclass
class Case:
    """One row; a missing `until` means none."""

    says: str
    verdict: str  # "action reason [rule]"
    at: str = NOON
    name: str = "www.example.org"
    tags: str = ""
    until: str | None = None
    used_up: str = ""
    house: dict[str, Any] = field(default_factory=dict)
    person: dict[str, Any] = field(default_factory=dict)


def person(**rules: Any) -> dict[str, Any]:  # noqa: ANN401
    for key in ("block", "allow"):
        if key in rules:
            rules[key] = frozenset(rules[key].split())
    return rules


def rule(name: str, action: RuleAction, number: int = 1) -> NameRule:
    return NameRule(name, action, number)


TABLE = [
    # Row 1
    Case("illegal is blocked", "block illegal", tags="illegal"),
    Case("illegal beats helpline", "block illegal", tags="illegal helplines"),
    Case("illegal beats essential", "block illegal", tags="illegal essential"),
    Case("illegal beats a pause", "block illegal", tags="illegal", person=person(pauses=(Pause(None, 5),))),
    Case("illegal beats a grant for the name", "block illegal", tags="illegal",
         person=person(grants=(Grant("name:example.org", LATER, 4),))),
    Case("illegal beats an allow rule", "block illegal", tags="illegal",
         person=person(rules=(rule("www.example.org", ALLOW),))),
    Case("illegal has no end, with windows too", "block illegal", tags="illegal", person=person(windows=(BEDTIME,))),
    # Row 2
    Case("a helpline passes", "pass helpline", tags="helplines"),
    Case("a helpline that is essential is a helpline", "pass helpline", tags="helplines essential"),
    Case("a helpline listed as games passes", "pass helpline", tags="helplines games", person=person(block="games")),
    Case("a helpline passes while paused", "pass helpline", tags="helplines", person=person(pauses=(Pause(None, 5),))),
    Case("a helpline passes while the house is paused", "pass helpline", tags="helplines",
         house={"pauses": (Pause(LATER, 6),)}),
    Case("a helpline passes at bedtime", "pass helpline", at=EVENING, tags="helplines",
         person=person(windows=(BEDTIME,))),
    Case("a helpline passes a block rule", "pass helpline", tags="helplines",
         person=person(rules=(rule("example.org", BLOCK),))),
    Case("a helpline passes allow-only", "pass helpline", tags="helplines", person=person(allow_only=True)),
    Case("a helpline passes when minutes are used up", "pass helpline", tags="helplines games", used_up="games",
         person=person(minutes=(("games", 60),))),
    Case("essential passes", "pass essential", tags="essential"),
    Case("essential passes while paused", "pass essential", tags="essential", person=person(pauses=(Pause(None, 5),))),
    Case("essential passes at bedtime", "pass essential", at=EVENING, tags="essential",
         person=person(windows=(BEDTIME,))),
    # Row 3
    Case("a pause blocks until its end", "block paused pause:5", until="2026-07-09 18:00:00",
         person=person(pauses=(Pause(LATER, 5),))),
    Case("a pause without end", "block paused pause:5", person=person(pauses=(Pause(None, 5),))),
    Case("the house's pause", "block paused pause:6", until="2026-07-09 18:00:00",
         house={"pauses": (Pause(LATER, 6),)}),
    Case("of two pauses the later end counts", "block paused pause:6", until="2026-07-09 18:00:00",
         house={"pauses": (Pause(LATER, 6),)}, person=person(pauses=(Pause(SOON, 5),))),
    Case("of two pauses the endless one counts", "block paused pause:5",
         house={"pauses": (Pause(LATER, 6),)}, person=person(pauses=(Pause(None, 5),))),
    Case("a pause that is over", "pass default", person=person(pauses=(Pause(PAST, 5),))),
    Case("a pause that ends this second", "pass default", person=person(pauses=(Pause(epoch(NOON), 5),))),
    Case("a pause in its last second", "block paused pause:5", until="2026-07-08 12:00:01",
         person=person(pauses=(Pause(epoch(NOON) + 1, 5),))),
    Case("a pause beats a grant for the name", "block paused pause:5",
         person=person(pauses=(Pause(None, 5),), grants=(Grant("name:example.org", LATER, 4),))),
    Case("a pause beats a grant of time", "block paused pause:5",
         person=person(pauses=(Pause(None, 5),), grants=(Grant("time", LATER, 4),))),
    Case("a pause beats bedtime, and says so", "block paused pause:5", at=EVENING, until="2026-07-09 18:00:00",
         person=person(pauses=(Pause(LATER, 5),), windows=(BEDTIME,))),
    Case("a pause beats an allow rule", "block paused pause:5",
         person=person(pauses=(Pause(None, 5),), rules=(rule("example.org", ALLOW),))),
    Case("a pause ignores window edges", "block paused pause:5", until="2026-07-09 18:00:00",
         person=person(pauses=(Pause(LATER, 5),), windows=(HOMEWORK,))),
    # Row 4
    Case("a grant for the name", "pass granted grant:4", until="2026-07-08 12:30:00",
         person=person(grants=(Grant("name:www.example.org", SOON, 4),))),
    Case("a grant for a name above", "pass granted grant:4", until="2026-07-08 12:30:00",
         person=person(grants=(Grant("name:example.org", SOON, 4),))),
    Case("a grant for another name", "pass default", person=person(grants=(Grant("name:xample.org", SOON, 4),))),
    Case("a grant for a category", "pass granted grant:4", tags="games", until="2026-07-08 12:30:00",
         person=person(block="games", grants=(Grant("games", SOON, 4),))),
    Case("a grant for a service", "pass granted grant:4", tags="games roblox", until="2026-07-08 12:30:00",
         person=person(block="games", grants=(Grant("service:roblox", SOON, 4),))),
    Case("a grant for another service", "block category category:games", tags="games roblox",
         person=person(block="games", grants=(Grant("service:minecraft", SOON, 4),))),
    Case("of two grants the later end counts", "pass granted grant:5", tags="games roblox",
         until="2026-07-09 18:00:00",
         person=person(block="games", grants=(Grant("service:roblox", SOON, 4), Grant("games", LATER, 5)))),
    Case("a grant that is over", "block category category:games", tags="games",
         person=person(block="games", grants=(Grant("games", PAST, 4),))),
    Case("a grant that ends this second", "block category category:games", tags="games",
         person=person(block="games", grants=(Grant("games", epoch(NOON), 4),))),
    Case("a grant beats bedtime", "pass granted grant:4", at=EVENING, tags="games", until="2026-07-09 18:00:00",
         person=person(windows=(BEDTIME,), grants=(Grant("games", LATER, 4),))),
    Case("a grant beats a block rule", "pass granted grant:4", until="2026-07-08 12:30:00",
         person=person(rules=(rule("www.example.org", BLOCK),), grants=(Grant("name:example.org", SOON, 4),))),
    Case("a grant beats allow-only", "pass granted grant:4", until="2026-07-08 12:30:00",
         person=person(allow_only=True, grants=(Grant("name:example.org", SOON, 4),))),
    Case("a grant beats used-up minutes", "pass granted grant:4", tags="games", used_up="games",
         until="2026-07-08 12:30:00", person=person(minutes=(("games", 60),), grants=(Grant("games", SOON, 4),))),
    Case("a grant for the name beats safe search", "pass granted grant:4", name="www.google.com",
         until="2026-07-08 12:30:00", person=person(safe_search=True, grants=(Grant("name:google.com", SOON, 4),))),
    # Row 5
    Case("bedtime", "block off window:1", at=EVENING, until="2026-07-09 07:00:00", person=person(windows=(BEDTIME,))),
    Case("bedtime begins on the minute", "block off window:1", at="2026-07-08 20:00:00", until="2026-07-09 07:00:00",
         person=person(windows=(BEDTIME,))),
    Case("a second before bedtime", "pass default", at="2026-07-08 19:59:59", until="2026-07-08 20:00:00",
         person=person(windows=(BEDTIME,))),
    Case("bedtime's last second", "block off window:1", at="2026-07-09 06:59:59", until="2026-07-09 07:00:00",
         person=person(windows=(BEDTIME,))),
    Case("bedtime ends on the minute", "pass default", at="2026-07-09 07:00:00", until="2026-07-09 20:00:00",
         person=person(windows=(BEDTIME,))),
    Case("the night after Sunday belongs to Sunday", "block off window:1", at="2026-07-13 06:00:00",
         until="2026-07-13 07:00:00",
         person=person(windows=(window("Sunday night", 20, 7, days=(6,), internet_off=True, id=1),))),
    Case("Monday's own night has not begun", "pass default", at="2026-07-06 06:00:00", until="2026-07-06 20:00:00",
         person=person(windows=(window("Monday night", 20, 7, days=(0,), internet_off=True, id=1),))),
    Case("off windows that touch are one", "block off window:1", at=EVENING, until="2026-07-09 08:00:00",
         person=person(windows=(BEDTIME, window("Breakfast", 7, 8, internet_off=True, id=2)))),
    Case("off windows that overlap are one; the first is named", "block off window:1", at="2026-07-09 06:30:00",
         until="2026-07-09 09:00:00",
         person=person(windows=(BEDTIME, window("Breakfast", 6, 9, internet_off=True, id=2)))),
    Case("another window's edge does not end bedtime", "block off window:1", at=EVENING, until="2026-07-09 07:00:00",
         person=person(windows=(BEDTIME, window("Late", 22, 23, block="games", id=2)))),
    Case("off around the clock has no end", "block off window:1",
         person=person(windows=(window("Camp", 0, 0, internet_off=True, id=1),))),
    Case("a grant of time lifts bedtime until it ends", "pass default", at=EVENING, until="2026-07-08 21:30:00",
         person=person(windows=(BEDTIME,), grants=(Grant("time", epoch("2026-07-08 21:30:00"), 4),))),
    Case("a grant of time that is over does not", "block off window:1", at=EVENING, until="2026-07-09 07:00:00",
         person=person(windows=(BEDTIME,), grants=(Grant("time", epoch(EVENING), 4),))),
    Case("bedtime beats an allow rule", "block off window:1", at=EVENING, until="2026-07-09 07:00:00",
         person=person(windows=(BEDTIME,), rules=(rule("example.org", ALLOW),))),
    Case("bedtime beats a blocked category", "block off window:1", at=EVENING, until="2026-07-09 07:00:00",
         tags="games", person=person(block="games", windows=(BEDTIME,))),
    Case("bedtime beats the minutes", "block off window:1", at=EVENING, until="2026-07-09 07:00:00", tags="games",
         used_up="games", person=person(windows=(BEDTIME,), minutes=(("games", 60),))),
    Case("bedtime on the night the clocks go forward ends at their change", "block off window:1",
         at="2026-03-29 01:00:00", until="2026-03-29 03:00:00", person=person(windows=(BEDTIME,))),
    # Row 6
    Case("a block rule", "block name rule rule:1", person=person(rules=(rule("example.org", BLOCK),))),
    Case("a block rule for a name below", "pass default", name="example.org",
         person=person(rules=(rule("www.example.org", BLOCK),))),
    Case("a block rule for a name that only looks like it", "pass default", name="notexample.org",
         person=person(rules=(rule("example.org", BLOCK),))),
    Case("a rule for a top-level domain", "block name rule rule:1", person=person(rules=(rule("org", BLOCK),))),
    Case("the closer of two rules decides", "pass name rule rule:2",
         person=person(rules=(rule("example.org", BLOCK, 1), rule("www.example.org", ALLOW, 2)))),
    Case("the household's closer rule beats the person's", "block name rule rule:2",
         house={"rules": (rule("www.example.org", BLOCK, 2),)}, person=person(rules=(rule("example.org", ALLOW, 1),))),
    Case("at the same name the person's allow beats the household's block", "pass name rule rule:1",
         house={"rules": (rule("example.org", BLOCK, 2),)}, person=person(rules=(rule("example.org", ALLOW, 1),))),
    Case("at the same name the person's block beats the household's allow", "block name rule rule:1",
         house={"rules": (rule("example.org", ALLOW, 2),)}, person=person(rules=(rule("example.org", BLOCK, 1),))),
    Case("at the same name of one owner block beats allow", "block name rule rule:2",
         person=person(rules=(rule("example.org", ALLOW, 1), rule("example.org", BLOCK, 2)))),
    Case("in either order", "block name rule rule:2",
         person=person(rules=(rule("example.org", BLOCK, 2), rule("example.org", ALLOW, 1)))),
    Case("the household's rule", "block name rule rule:2", house={"rules": (rule("example.org", BLOCK, 2),)}),
    Case("an allow rule beats allow-only", "pass name rule rule:1",
         person=person(allow_only=True, rules=(rule("example.org", ALLOW),))),
    Case("a household's allow rule is on the list too", "pass name rule rule:1",
         house={"rules": (rule("example.org", ALLOW),)}, person=person(allow_only=True)),
    Case("a block rule beats allow-only, and says so", "block name rule rule:1",
         person=person(allow_only=True, rules=(rule("example.org", BLOCK),))),
    Case("an allow rule beats used-up minutes", "pass name rule rule:1", tags="games", used_up="games",
         until="2026-07-09 00:00:00",
         person=person(minutes=(("games", 60),), rules=(rule("example.org", ALLOW),))),
    Case("an allow rule beats a category", "pass name rule rule:1", tags="games",
         person=person(block="games", rules=(rule("example.org", ALLOW),))),
    Case("an allow rule beats a window's block", "pass name rule rule:1", at=AFTERNOON, tags="games",
         until="2026-07-08 17:00:00", person=person(windows=(HOMEWORK,), rules=(rule("example.org", ALLOW),))),
    Case("an allow rule beats security", "pass name rule rule:1", tags="malware",
         person=person(rules=(rule("example.org", ALLOW),))),
    Case("a block rule ends at the next edge", "block name rule rule:1", until="2026-07-08 20:00:00",
         person=person(windows=(BEDTIME,), rules=(rule("example.org", BLOCK),))),
    Case("a grant of time does not lift a rule", "block name rule rule:1", until="2026-07-08 12:30:00",
         person=person(rules=(rule("example.org", BLOCK),), grants=(Grant("time", SOON, 4),))),
    # Row 7
    Case("not on the list", "block not on the list allow_only", person=person(allow_only=True)),
    Case("not on the list ends at the next edge", "block not on the list allow_only", until="2026-07-08 20:00:00",
         person=person(allow_only=True, windows=(BEDTIME,))),
    Case("a grant of time opens no list", "block not on the list allow_only", until="2026-07-08 12:30:00",
         person=person(allow_only=True, grants=(Grant("time", SOON, 4),))),
    Case("allow-only beats used-up minutes", "block not on the list allow_only", tags="games", used_up="games",
         until="2026-07-09 00:00:00", person=person(allow_only=True, minutes=(("games", 60),))),
    Case("allow-only beats safe search", "block not on the list allow_only", name="www.google.com",
         person=person(allow_only=True, safe_search=True)),
    # Row 8
    Case("used up until midnight", "block used up minutes:games", tags="games", used_up="games",
         until="2026-07-09 00:00:00", person=person(minutes=(("games", 60),))),
    Case("used up is about its own tag", "pass default", tags="social", used_up="games", until="2026-07-09 00:00:00",
         person=person(minutes=(("games", 60),))),
    Case("used up a service", "block used up minutes:service:roblox", tags="games roblox", used_up="roblox",
         until="2026-07-09 00:00:00", person=person(minutes=(("service:roblox", 30),))),
    Case("somebody else's used-up minutes", "pass default", tags="games", used_up="games"),
    Case("another budget's", "pass default", tags="games", used_up="games", until="2026-07-09 00:00:00",
         person=person(minutes=(("social", 30),))),
    Case("a grant of time lifts used-up minutes", "pass default", tags="games", used_up="games",
         until="2026-07-08 12:30:00", person=person(minutes=(("games", 60),), grants=(Grant("time", SOON, 4),))),
    Case("used up beats a blocked category, and says so", "block used up minutes:games", tags="games adult",
         used_up="games", until="2026-07-09 00:00:00", person=person(block="adult", minutes=(("games", 60),))),
    Case("used up does not end at a window's edge", "block used up minutes:games", tags="games", used_up="games",
         until="2026-07-09 00:00:00", person=person(minutes=(("games", 60),), windows=(HOMEWORK,))),
    Case("used up beats safe search", "block used up minutes:games", name="www.google.com", tags="games",
         used_up="games", until="2026-07-09 00:00:00", person=person(safe_search=True, minutes=(("games", 60),))),
    # Row 9
    Case("a blocked category", "block category category:games", tags="games", person=person(block="games")),
    Case("a category that is not blocked", "pass default", tags="social", person=person(block="games")),
    Case("security needs no rule", "block category category:malware", tags="malware"),
    Case("phishing as well", "block category category:phishing", tags="phishing"),
    Case("security is named first", "block category category:malware", tags="malware adult roblox",
         person=person(block="adult service:roblox")),
    Case("a service is named before its category", "block category service:roblox", tags="games roblox",
         person=person(block="games service:roblox")),
    Case("a blocked service", "block category service:roblox", tags="games roblox",
         person=person(block="service:roblox")),
    Case("its category is not blocked with it", "pass default", tags="games minecraft",
         person=person(block="service:roblox")),
    Case("an allowed service in a blocked category", "pass default", tags="games minecraft",
         person=person(block="games", allow="service:minecraft")),
    Case("another category of it still counts", "block category category:adult", tags="games minecraft adult",
         person=person(block="games adult", allow="service:minecraft")),
    Case("other names of the category stay blocked", "block category category:games", tags="games roblox",
         person=person(block="games", allow="service:minecraft")),
    Case("a window blocks more", "block category window:2", at=AFTERNOON, tags="games", until="2026-07-08 17:00:00",
         person=person(windows=(HOMEWORK,))),
    Case("a window's category that is not the name's", "pass default", at=AFTERNOON, tags="social",
         until="2026-07-08 17:00:00", person=person(windows=(HOMEWORK,))),
    Case("the person's own block is named before the window's", "block category category:games", at=AFTERNOON,
         tags="games", until="2026-07-08 17:00:00", person=person(block="games", windows=(HOMEWORK,))),
    Case("a grant of time lifts a window's block", "pass default", at=AFTERNOON, tags="games",
         until="2026-07-08 16:00:00",
         person=person(windows=(HOMEWORK,), grants=(Grant("time", epoch("2026-07-08 16:00:00"), 4),))),
    Case("a grant of time does not lift the person's own block", "block category category:games", tags="games",
         until="2026-07-08 12:30:00", person=person(block="games", grants=(Grant("time", SOON, 4),))),
    Case("a window allows more", "pass default", at="2026-07-08 17:30:00", tags="games",
         until="2026-07-08 18:00:00", person=person(block="games", windows=(PLAYTIME,))),
    Case("a window's allow lifts nothing else", "block category category:social", at="2026-07-08 17:30:00",
         tags="games social", until="2026-07-08 18:00:00", person=person(block="games social", windows=(PLAYTIME,))),
    Case("one window's block beats another's allow", "block category window:2", at="2026-07-08 16:30:00", tags="games",
         until="2026-07-08 17:00:00", person=person(block="games", windows=(HOMEWORK, PLAYTIME))),
    Case("a service allowed beside a block in the same window", "pass default", at=AFTERNOON, tags="games minecraft",
         until="2026-07-08 16:00:00", person=person(windows=(CLUB,))),
    Case("it opens the person's own category too", "pass default", at=AFTERNOON, tags="games minecraft",
         until="2026-07-08 16:00:00", person=person(block="games", windows=(CLUB,))),
    Case("and the person's own block of the service", "pass default", at=AFTERNOON, tags="games minecraft",
         until="2026-07-08 16:00:00", person=person(block="service:minecraft", windows=(CLUB,))),
    Case("but not another window's block", "block category window:2", at=AFTERNOON, tags="games minecraft",
         until="2026-07-08 16:00:00", person=person(windows=(CLUB, HOMEWORK))),
    Case("a person's allowed service does not pass a window's block", "block category window:2", at=AFTERNOON,
         tags="games minecraft", until="2026-07-08 17:00:00",
         person=person(block="games", allow="service:minecraft", windows=(HOMEWORK,))),
    Case("a category beats safe search", "block category category:adult", name="www.google.com", tags="adult",
         person=person(block="adult", safe_search=True)),
    Case("an engine without a safe form", "block category safe_search", tags="unsafe_search",
         person=person(safe_search=True)),
    Case("is open without safe search", "pass default", tags="unsafe_search"),
    Case("a category with minutes ends at midnight", "block category category:adult", tags="adult",
         until="2026-07-09 00:00:00", person=person(block="adult", minutes=(("games", 60),))),
    # Row 10
    Case("a search engine", "local data safe search safe_search forcesafesearch.google.com", name="www.google.com",
         person=person(safe_search=True)),
    Case("a name below it is not the engine", "pass default", name="x.www.google.com", person=person(safe_search=True)),
    Case("safe search off", "pass default", name="www.google.com"),
    Case("an allow rule for the engine opens it", "pass name rule rule:1", name="www.google.com",
         person=person(safe_search=True, rules=(rule("google.com", ALLOW),))),
    Case("the safe form ends at the next edge", "local data safe search safe_search strict.bing.com",
         name="www.bing.com", until="2026-07-08 20:00:00", person=person(safe_search=True, windows=(BEDTIME,))),
    Case("YouTube strict", "local data safe search youtube restrict.youtube.com", name="www.youtube.com",
         person=person(youtube=YouTube.STRICT)),
    Case("YouTube moderate", "local data safe search youtube restrictmoderate.youtube.com", name="m.youtube.com",
         person=person(youtube=YouTube.MODERATE)),
    Case("YouTube needs its own level", "pass default", name="www.youtube.com", person=person(safe_search=True)),
    Case("a blocked video category beats YouTube's safe form", "block category category:video", name="www.youtube.com",
         tags="video youtube", person=person(block="video", youtube=YouTube.STRICT)),
    # Row 11
    Case("else", "pass default"),
    Case("else until the next edge", "pass default", until="2026-07-08 15:00:00",
         person=person(windows=(HOMEWORK, BEDTIME))),
    Case("else until midnight with minutes", "pass default", until="2026-07-09 00:00:00",
         person=person(minutes=(("games", 60),))),
    Case("the earlier of midnight and the edge", "pass default", until="2026-07-08 20:00:00",
         person=person(minutes=(("games", 60),), windows=(BEDTIME,))),
    Case("else until a grant of time ends", "pass default", until="2026-07-08 12:30:00",
         person=person(windows=(BEDTIME,), grants=(Grant("time", SOON, 4),))),
    Case("of two grants of time the later counts", "pass default", at=EVENING, until="2026-07-08 22:00:00",
         person=person(windows=(BEDTIME,), grants=(Grant("time", epoch("2026-07-08 22:00:00"), 4),
                                                   Grant("time", epoch("2026-07-08 21:30:00"), 5)))),
    Case("an edge a week ahead", "pass default", at="2026-07-07 00:00:00", until="2026-07-13 00:00:00",
         person=person(windows=(window("Monday", 0, 0, days=(0,), block="games", id=1),))),
    Case("a window around the clock every day has no edge", "pass default",
         person=person(windows=(window("Always", 0, 0, block="games", id=1),))),
    Case("an edge behind a change of the clocks ends at the change", "pass default", at="2026-10-25 01:00:00",
         until="2026-10-25 02:00:00+01:00", person=person(windows=(HOMEWORK,))),
]  # fmt: skip

ViewOf = Callable[[Person, Household], View]


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.says)
def test_decide(case: Case, view_of: ViewOf) -> None:
    view = view_of(Person("Lea", **case.person), replace(Household(timezone="Europe/Berlin"), **case.house))
    now = Zone("Europe/Berlin").moment(epoch(case.at))
    name, tags, used_up = dname.from_text(case.name), tags_of(case.tags), tags_of(case.used_up)
    decision = decide(view, name, tags, now, used_up)
    alias = decision.alias and dname.to_text(decision.alias)
    said = [decision.action.value, decision.reason.value, decision.rule, alias]
    assert " ".join(filter(None, said)) == case.verdict
    assert decision.until == (epoch(case.until) if case.until else None)
    steps = explain(view, name, tags, now, used_up)
    assert steps[-1].verdict == decision
    assert [step.row for step in steps] == list(range(1, len(steps) + 1))
    assert all(step.passed_by and step.verdict is None for step in steps[:-1])


# What makes each row decide about www.google.com at 21:00, and does not keep an earlier row from it.
MAKES = {
    1: ("illegal", {}, Reason.ILLEGAL),
    2: ("helplines", {}, Reason.HELPLINE),
    3: ("", {"pauses": (Pause(None, 5),)}, Reason.PAUSED),
    4: ("", {"grants": (Grant("name:google.com", LATER, 4),)}, Reason.GRANTED),
    5: ("", {"windows": (BEDTIME,)}, Reason.OFF),
    6: ("", {"rules": (rule("google.com", ALLOW),)}, Reason.NAME_RULE),
    7: ("", {"allow_only": True}, Reason.NOT_ON_LIST),
    8: ("games", {"minutes": (("games", 60),)}, Reason.USED_UP),
    9: ("adult", {"block": frozenset({"adult"})}, Reason.CATEGORY),
    10: ("", {"safe_search": True}, Reason.SAFE_SEARCH),
}


@pytest.mark.parametrize("size", range(11))
def test_the_first_row_of_any_that_apply_decides(size: int, view_of: ViewOf) -> None:
    now = Zone("Europe/Berlin").moment(epoch(EVENING))
    for rows in combinations(MAKES, size):
        rules: dict[str, Any] = {}
        tags = 0
        for row in rows:
            tags |= tags_of(MAKES[row][0])
            rules |= MAKES[row][1]
        view = view_of(Person("Lea", **rules), Household())
        steps = explain(view, dname.from_text("www.google.com"), tags, now, BITS["games"])
        verdict = steps[-1].verdict
        assert verdict is not None
        assert verdict.reason is (MAKES[rows[0]][2] if rows else Reason.DEFAULT)
        assert len(steps) == (rows[0] if rows else 11)


def test_a_person_with_everything(view_of: ViewOf) -> None:
    everything: dict[str, Any] = {}
    for _, rules, _ in MAKES.values():
        everything |= rules
    view = view_of(Person("Lea", **everything), Household())
    now = Zone("Europe/Berlin").moment(epoch(EVENING))
    google = dname.from_text("www.google.com")
    assert decide(view, google, BITS["helplines"], now).reason is Reason.HELPLINE
    assert decide(view, google, 0, now) == Decision(Action.BLOCK, Reason.PAUSED, "pause:5", None)


@pytest.mark.parametrize(
    ("at", "tags", "used_up", "lifted"),
    [(NOON, "games", "", []), (EVENING, "", "", [5]), (NOON, "games", "games", [8]), (AFTERNOON, "video", "", [9])],
)
def test_explain_says_what_a_grant_of_time_lifted(
    at: str, tags: str, used_up: str, lifted: list[int], view_of: ViewOf
) -> None:
    lea = Person("Lea", windows=(BEDTIME, HOMEWORK), minutes=(("games", 60),), grants=(Grant("time", LATER, 4),))
    now = Zone("Europe/Berlin").moment(epoch(at))
    steps = explain(view_of(lea, Household()), dname.from_text("example.org"), tags_of(tags), now, tags_of(used_up))
    assert [step.row for step in steps if step.passed_by == LIFTED] == lifted


ALIASES = [
    ("", {}, None),
    ("illegal", {"rules": (rule("example.org", ALLOW),)}, Reason.ILLEGAL),
    ("", {"rules": (rule("example.org", BLOCK),)}, Reason.NAME_RULE),
    ("games", {"rules": (rule("example.org", ALLOW),), "block": frozenset({"games"})}, None),
    ("games", {"block": frozenset({"games"})}, Reason.CATEGORY),
    ("malware", {}, Reason.CATEGORY),
    ("", {"allow_only": True}, None),
    ("", {"pauses": (Pause(None, 1),)}, None),
    ("", {"windows": (BEDTIME,)}, None),
    ("games", {"windows": (window("Late", 20, 22, block="games"),)}, Reason.CATEGORY),
]


@pytest.mark.parametrize(("tags", "rules", "reason"), ALIASES)
def test_judge_alias(tags: str, rules: dict[str, Any], reason: Reason | None, view_of: ViewOf) -> None:
    now = Zone("Europe/Berlin").moment(epoch(EVENING))
    view = view_of(Person("Lea", **rules), Household())
    decision = judge_alias(view, dname.from_text("cdn.example.org"), tags_of(tags), now)
    assert (decision and decision.reason) is reason
    assert decision is None or decision.action is Action.BLOCK


def test_an_alias_that_is_a_search_engine_is_not_renamed(view_of: ViewOf) -> None:
    view = view_of(Person("Lea", safe_search=True), Household())
    assert judge_alias(view, dname.from_text("www.google.com"), 0, Zone("UTC").moment(0)) is None


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_explain_ends_with_what_decide_says(
    data: st.DataObject, households: st.SearchStrategy[Household], knowledge: Knowledge
) -> None:
    policy = compile_policy(data.draw(households), knowledge, 1)
    view = data.draw(st.sampled_from(policy.views))
    name = dname.from_text(data.draw(st.sampled_from(["m.youtube.com", "www.google.com", "a.b.example.org"])))
    tags, used_up = data.draw(st.integers(0, 1 << 69)), data.draw(st.integers(0, 1 << 69))
    now = Zone("Europe/Berlin").moment(data.draw(st.integers(LONG_AGO, 1 << 31)))
    decision = decide(view, name, tags, now, used_up)
    assert explain(view, name, tags, now, used_up)[-1].verdict == decision
    assert decision.until is None or decision.until > now.epoch
    assert (decision.alias is not None) == (decision.action is Action.LOCAL_DATA)
