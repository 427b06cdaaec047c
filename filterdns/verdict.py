"""The verdict on a name, now or at another time, with every step to it, in words."""

import contextlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from filterdns import dname
from filterdns.blocklists.source import Holder
from filterdns.blocklists.table import DomainTable
from filterdns.clock import Zone
from filterdns.policy import policyfile
from filterdns.policy.category import BITS
from filterdns.policy.decide import Action, Decision, Reason
from filterdns.policy.explain import Step, explain
from filterdns.policy.rules import DAYS, GUESTS, RuleError, canonical_address, canonical_mac
from filterdns.policy.view import BlockedAnswer, Policy, View
from filterdns.publish import open_newest

_AT = re.compile(r"(?:(?P<day>[a-z]{3,9})\s+)?(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)", re.ASCII | re.IGNORECASE)
_WEEK = 7
_YEARS = range(1970, 9000)  # which every time zone can count
_ADDRESS_TYPES = {"A": "0.0.0.0", "AAAA": "::"}  # noqa: S104 - the answer, not an address to listen on


class AskedWrongError(ValueError):
    """The question names something that is not there."""


class NothingPublishedError(Exception):
    """There is no policy or no table of names to ask."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was asked, what comes of it, and how.

    Of a name on an operator's list no more is known here than that it is blocked, and neither list nor category.
    """

    name: str
    qtype: str
    person: str
    device: str | None
    moment: datetime  # in the household's zone
    decision: Decision
    steps: list[Step]
    categories: tuple[str, ...]
    services: tuple[str, ...]
    lists: tuple[Holder, ...]
    answer: str
    titles: Mapping[str, str]  # id of a rule or service -> what a parent calls it

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        return _sentence(self)


@dataclass(frozen=True, slots=True)
class Books:
    """What a verdict is read from."""

    policy: Policy
    table: DomainTable
    titles: Mapping[str, str]


def open_books(state: Path) -> Books:
    """The published policy, or rules.db compiled; and the table. Raises NothingPublishedError."""
    try:
        table, _ = open_newest(state / "published" / "domains", DomainTable.open)
    except (OSError, ValueError) as error:
        raise NothingPublishedError(f"{state}/published/domains: {_why(error)}; run: filterdns update") from None
    try:
        policy, _ = open_newest(state / "published" / "policy", lambda path: policyfile.from_bytes(path.read_bytes()))
    except (OSError, ValueError) as error:
        policy = _compiled(state, _why(error))
    services = {source.id: source.title for source in table.sources if source.kind == "service"}
    return Books(policy, table, services | _titles(state))


def judge(  # noqa: PLR0913 - all that can be asked
    books: Books, name: str, now: float, *, person: str = "", device: str = "", at: str = "", qtype: str = "A"
) -> Verdict:
    """The verdict on `name` for a device's person, a person, or Guests. Raises AskedWrongError."""
    try:
        wire = dname.from_text(name)
    except dname.DNameError as error:
        raise AskedWrongError(f'"{name}" is not a domain name: {error}') from None
    policy = books.policy
    known_as, view = _who(policy, person, device)
    zone = Zone(policy.timezone)
    moment = zone.moment(parse_at(at, policy.timezone, now) if at else now)
    tags = books.table.tags(wire)
    steps = explain(view, wire, tags, moment)
    decision = steps[-1].verdict
    assert decision is not None  # noqa: S101 - the last step is the deciding one
    is_secret = decision.reason is Reason.ILLEGAL
    holders = () if is_secret else tuple(books.table.holders(wire))
    return Verdict(
        name=dname.to_text(wire),
        qtype=qtype.upper(),
        person=view.person,
        device=known_as,
        moment=datetime.fromtimestamp(moment.epoch, ZoneInfo(policy.timezone)),
        decision=decision,
        steps=steps,
        categories=() if is_secret else tuple(category for category, bit in BITS.items() if tags & bit),
        services=tuple(holder.source.id for holder in holders if holder.source.kind == "service"),
        lists=holders,
        answer=_answer(decision, policy.blocked_answer, books.table.special.get(wire), qtype.upper()),
        titles=books.titles,
    )


def parse_at(text: str, timezone: str, now: float) -> float:
    """Epoch of "fri 21:00" or "21:00" (the next such local time), or "2026-12-24 21:00". Raises AskedWrongError."""
    zone = ZoneInfo(timezone)
    local = datetime.fromtimestamp(now, zone)
    found = _AT.fullmatch(text.strip())
    if found:
        day = (found["day"] or "").casefold()[:3]
        if day and day not in DAYS:
            raise AskedWrongError(f'--at: "{found["day"]}" is not a day: {", ".join(DAYS)}')
        wanted = local.replace(hour=int(found["hour"]), minute=int(found["minute"]), second=0, microsecond=0)
        wanted += timedelta(days=(DAYS.index(day) - wanted.weekday()) % _WEEK if day else 0)
        if wanted.timestamp() < now:
            wanted += timedelta(days=_WEEK if day else 1)
        return wanted.timestamp()
    try:
        moment = datetime.fromisoformat(text.strip())
        if not _YEARS.start <= moment.year < _YEARS.stop:
            raise ValueError(text)  # noqa: TRY301 - as what cannot be read
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).timestamp()
    except (ValueError, OverflowError):
        raise AskedWrongError(f'--at: "{text}" is not a time such as "fri 21:00" or "2026-12-24 21:00"') from None


def lines(verdict: Verdict) -> list[str]:
    """The sentence, what is known of the name, and every row of the table of precedence."""
    found = [verdict.sentence, f"  at {verdict.moment:%a %Y-%m-%d %H:%M %Z}, {verdict.qtype}: {verdict.answer}"]
    found += [_holder_line(holder) for holder in verdict.lists]
    if belongs := [*verdict.categories, *verdict.services]:
        found.append(f"  belongs to {', '.join(belongs)}")
    for step in verdict.steps:
        said = step.passed_by if step.verdict is None else f"{_word(step.verdict)}{_cause(verdict, step.verdict)}"
        found.append(f"  {step.row:>2} {step.title}: {said}")
    return found


def as_json(verdict: Verdict) -> dict[str, Any]:
    """The verdict for other programs."""
    decision = verdict.decision
    return {
        "name": verdict.name,
        "type": verdict.qtype,
        "person": verdict.person,
        "device": verdict.device,
        "at": verdict.moment.isoformat(),
        "action": decision.action.name,
        "reason": "NO_EXCEPTION" if decision.reason is Reason.ILLEGAL else decision.reason.name,
        "rule": decision.rule,
        "until": decision.until,
        "alias": dname.to_text(decision.alias) if decision.alias else None,
        "answer": verdict.answer,
        "sentence": verdict.sentence,
        "categories": list(verdict.categories),
        "services": list(verdict.services),
        "lists": [
            {"list": source.id, "title": source.title, "kind": source.kind, "category": source.category,
             "listed": listed, "taken_out": is_overruled}
            for source, listed, is_overruled in verdict.lists
        ],
        "steps": [
            {"row": step.row, "title": step.title, "decided": step.verdict is not None, "passed_by": step.passed_by}
            for step in verdict.steps
        ],
    }  # fmt: skip


def _holder_line(holder: Holder) -> str:
    source, listed, is_overruled = holder
    about = "allow list" if source.kind == "allow" else source.category
    taken_out = ", but an allow list takes it out" if is_overruled else ""
    return f"  on {source.id} ({source.title}, {about}) as {listed}{taken_out}"


def _who(policy: Policy, person: str, device: str) -> tuple[str | None, View]:
    if device:
        return _whose(policy, device)
    if not person:
        return None, policy.guests
    for view in policy.views:
        if view.person.casefold() == person.casefold():
            return None, view
    raise AskedWrongError(f'there is no person "{person}": {", ".join(view.person for view in policy.views)}')


def _whose(policy: Policy, device: str) -> tuple[str, View]:
    """A device by name, MAC or address; an unknown MAC or address belongs to Guests."""
    for known in policy.devices:
        if known.name.casefold() == device.casefold():
            return known.name, policy.views[known.view]
    with contextlib.suppress(RuleError):
        return device, policy.view_for(canonical_mac(device), "")[1]
    with contextlib.suppress(RuleError):
        return device, policy.view_for(None, canonical_address(device))[1]
    names = ", ".join(known.name for known in policy.devices) or "none is known"
    raise AskedWrongError(f'there is no device "{device}": {names}')


def _compiled(state: Path, fault: str) -> Policy:
    from filterdns.household import changes  # noqa: PLC0415 - SQLite, which is wanted only when nothing is published
    from filterdns.household.store import StoreError  # noqa: PLC0415

    try:
        return changes.compile_current(state)
    except (StoreError, RuleError):
        raise NothingPublishedError(f"{state}/published/policy: {fault}; run: filterdns update") from None


def _titles(state: Path) -> dict[str, str]:
    """What a parent calls the rules that decisions name by number; nothing if rules.db cannot be read."""
    from filterdns.household import changes  # noqa: PLC0415 - SQLite is half of the time an explanation takes
    from filterdns.household.store import StoreError  # noqa: PLC0415

    try:
        household = changes.read(state)
    except StoreError:
        return {}
    windows = {f"window:{window.id}": window.name for person in household.people for window in person.windows}
    rules = [*household.rules, *(rule for person in household.people for rule in person.rules)]
    return windows | {f"rule:{rule.id}": f"{rule.action} {rule.name}" for rule in rules}


def _why(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).lower()


def _word(decision: Decision) -> str:
    return {Action.PASS: "opens", Action.BLOCK: "blocks", Action.LOCAL_DATA: "answers itself"}[decision.action]


def _cause(verdict: Verdict, decision: Decision) -> str:
    if decision.rule is None:
        return ""
    title = verdict.titles.get(decision.rule)
    return f' ({decision.rule}: "{title}")' if title else f" ({decision.rule})"


def _sentence(verdict: Verdict) -> str:
    decision = verdict.decision
    state = {Action.PASS: "is open", Action.BLOCK: "is blocked", Action.LOCAL_DATA: "is answered in its safe form"}
    until = _until(verdict)
    said = f"{verdict.name} {state[decision.action]} for {verdict.person}{until}: {_reason(verdict)}."
    return said if verdict.person != GUESTS or verdict.device else f"{said[:-1]} (Guests: devices nobody has claimed)."


def _reason(verdict: Verdict) -> str:
    decision = verdict.decision
    rule = decision.rule or ""
    title = verdict.titles.get(rule, rule)
    target = rule.removeprefix("minutes:")
    detail = verdict.titles.get(target, target.removeprefix("category:"))
    reasons = {
        Reason.ILLEGAL: "there is no exception to it",
        Reason.HELPLINE: "help is always within reach",
        Reason.ESSENTIAL: "devices need it to work",
        Reason.PAUSED: "the internet is paused",
        Reason.GRANTED: "a parent has granted it",
        Reason.OFF: f'the internet is off ("{title}")',
        Reason.NAME_RULE: f'a rule says so ("{title}")',
        Reason.NOT_ON_LIST: "only what is on the list is open",
        Reason.USED_UP: f"today's minutes of {detail} are used up",
        Reason.CATEGORY: f'the window "{title}" blocks it' if rule.startswith("window:") else f"it belongs to {detail}",
        Reason.SAFE_SEARCH: f"safe search is on ({dname.to_text(decision.alias) if decision.alias else ''})",
        Reason.DEFAULT: "nothing speaks against it",
    }
    if decision.reason is Reason.CATEGORY and rule == "safe_search":
        return "it is a search engine without a safe form"
    return reasons[decision.reason]


def _until(verdict: Verdict) -> str:
    """As in " until Sat 07:00", in the household's time; "" without an end."""
    if verdict.decision.until is None:
        return ""
    end = datetime.fromtimestamp(verdict.decision.until, UTC).astimezone(verdict.moment.tzinfo)
    if end.date() == verdict.moment.date():
        return f" until {end:%H:%M}"
    near = end - verdict.moment < timedelta(days=_WEEK - 1)
    return f" until {end:%a %H:%M}" if near else f" until {end:%Y-%m-%d %H:%M}"


def _answer(decision: Decision, form: BlockedAnswer, special: str | None, qtype: str) -> str:
    if decision.action is Action.PASS:
        return "asked of the upstream servers"
    if decision.alias is not None:
        return f"alias of {dname.to_text(decision.alias)}"
    if special is not None or form in (BlockedAnswer.NXDOMAIN, BlockedAnswer.REFUSED):
        return (special or str(form)).upper()
    if form is BlockedAnswer.NODATA or qtype not in _ADDRESS_TYPES:
        return "no data"
    return "the address of the page that says why" if form is BlockedAnswer.PAGE else _ADDRESS_TYPES[qtype]
