"""/metrics: counts for a monitor, in the text form 0.0.4 of Prometheus, for programs with a key.

What a person asked today is told only to a key of a parent's right, and never of grown-ups, of whom nothing is kept.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from flask import Blueprint, Response

from filterdns import __version__, listing, status
from filterdns.admin import gate, house
from filterdns.admin.gate import open_to_programs
from filterdns.household import asked, history
from filterdns.household.history import HistoryError
from filterdns.household.requests import Requests
from filterdns.policy.decide import Reason
from filterdns.status import Worker

pages = Blueprint("metrics", __name__)

KIND = "text/plain; version=0.0.4; charset=utf-8"
Sample = tuple[Mapping[str, object], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One name, and its samples: labels and a value."""

    name: str  # without "filterdns_"
    kind: str  # "counter" or "gauge"
    about: str
    samples: tuple[Sample, ...]


@pages.get("/metrics")
@open_to_programs("viewer")
def all() -> Response:  # noqa: A001 - as the pages call their first one
    """All of them."""
    found = [*_filter(), *_lists(), *_household()]
    return Response(exposition(found), content_type=KIND)


def exposition(metrics: Iterable[Metric]) -> str:
    """The text; a metric without samples is left out."""
    lines = []
    for metric in metrics:
        if metric.samples:
            name = f"filterdns_{metric.name}"
            lines += [f"# HELP {name} {metric.about}", f"# TYPE {name} {metric.kind}"]
            lines += [f"{name}{_labels(labels)} {value!r}" for labels, value in metric.samples]
    return "\n".join(lines) + "\n"


def _filter() -> Iterator[Metric]:
    found = status.read(house.state())
    workers = found.workers
    yield Metric("build_info", "gauge", "The version.", (({"version": __version__}, 1),))
    yield Metric("rules_revision", "gauge", "The published rules' number.",
                 (({}, found.revision),) if found.revision is not None else ())  # fmt: skip
    yield Metric("worker_rules_revision", "gauge", "The number of the rules that a worker obeys.",
                 _each(workers, lambda one: one.revision))  # fmt: skip
    yield Metric("worker_start_time_seconds", "gauge", "When it started.", _each(workers, lambda one: one.started))
    yield Metric("names", "gauge", "Names that a worker knows.", _each(workers, lambda one: one.names))
    yield Metric("clock_plausible", "gauge", "Can its clock be right?",
                 _each(workers, lambda one: int(one.clock_plausible)))  # fmt: skip
    yield Metric("log_lines_dropped_total", "counter", "Questions that were answered and not written down.",
                 _each(workers, lambda one: one.not_logged))  # fmt: skip
    yield Metric(
        "queries_total",
        "counter",
        "Questions answered; those for helplines are counted nowhere.",
        tuple(
            ({"worker": one.number, "action": "block" if is_blocked else "pass", "reason": _reason(why)}, times)
            for one in workers
            for is_blocked, why, times in one.answers
        ),
    )
    for name, kind, key, about in (
        ("upstream_answers_total", "counter", "answered", "Answers from a server that is asked."),
        ("upstream_failures_total", "counter", "failed", "Questions that it did not answer."),
        ("upstream_down", "gauge", "down", "Is it left out for now?"),
        ("upstream_milliseconds", "gauge", "milliseconds", "How long its answers take, smoothed."),
    ):
        samples = (
            ({"worker": one.number, "upstream": upstream.get("server", "?")}, float(upstream.get(key) or 0))
            for one in workers
            for upstream in one.upstreams
        )
        yield Metric(name, kind, about, tuple(samples))


def _lists() -> Iterator[Metric]:
    try:
        found = listing.read(house.state())
    except OSError:
        found = []
    labels = [{"list": entry.id, "category": entry.category} for entry in found]
    yield Metric("list_names", "gauge", "Names of a list that are in use.",
                 tuple((label, entry.names) for label, entry in zip(labels, found, strict=True)))  # fmt: skip
    yield Metric("list_failed", "gauge", "Does somebody have to look after it?",
                 tuple((label, int(entry.is_bad)) for label, entry in zip(labels, found, strict=True)))  # fmt: skip
    yield Metric(
        "list_changed_timestamp_seconds",
        "gauge",
        "Since when its content is in use.",
        tuple((label, entry.changed) for label, entry in zip(labels, found, strict=True) if entry.changed is not None),
    )


def _household() -> Iterator[Metric]:
    with house.opened() as store:
        waiting = len(Requests(store).open(int(house.now())))
    yield Metric("requests_open", "gauge", "What children ask for and nobody answered yet.", (({}, waiting),))
    if not gate.program_may("parent"):
        return
    household = house.household()
    names = {one.id: one.name for one in household.people}
    try:
        with history.reading(house.state()) as db:
            today = asked.by_person(db, asked.day_of(house.now(), household.timezone))
    except HistoryError:
        return
    samples = [
        ({"person": names[key], "category": category, "outcome": outcome}, times)
        for key, categories in today.items()
        if key in names
        for category, tally in categories.items()
        for outcome, times in zip(("open", "blocked", "off"), tally, strict=True)
        if times
    ]
    yield Metric("today_queries", "gauge", "Questions of a person since midnight, as far as they are kept.",
                 tuple(samples))  # fmt: skip


def _each(workers: Iterable[Worker], value: Callable[[Worker], float]) -> tuple[Sample, ...]:
    return tuple(({"worker": one.number}, value(one)) for one in workers)


def _reason(why: str) -> str:
    """What is illegal is told apart nowhere."""
    return "no exception" if why == Reason.ILLEGAL else why


def _labels(labels: Mapping[str, object]) -> str:
    inner = ",".join(f'{name}="{_escaped(str(value))}"' for name, value in labels.items())
    return f"{{{inner}}}" if inner else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
