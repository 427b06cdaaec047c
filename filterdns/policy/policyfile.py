"""Policy <-> bytes: a head that makes any damage known, then the views as JSON.

Head, big-endian: 8 octets magic, u32 format, u64 revision, u64 length of the body, 32 octets SHA-256 of
everything else (the head before it and the body). Names are in presentation form.
"""

import hashlib
import json
import struct
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from filterdns import dname
from filterdns.policy.schedule import Blocker, Excepted, Span, Timeline
from filterdns.policy.view import (
    BlockedAnswer,
    Budget,
    KnownDevice,
    Permission,
    Policy,
    RuleAction,
    Term,
    TimeGrant,
    View,
)

MAGIC = b"FDNSpol\n"
FORMAT = 2

_HEAD = struct.Struct(">8sIQQ")
_SUM = hashlib.sha256().digest_size
_SMALLEST = _HEAD.size + _SUM

T = TypeVar("T")
Json = dict[str, Any]


def to_bytes(policy: Policy) -> bytes:
    """Write a policy; the same policy gives the same bytes."""
    body = json.dumps(_policy(policy), sort_keys=True, separators=(",", ":")).encode()
    head = _HEAD.pack(MAGIC, FORMAT, policy.revision, len(body))
    return head + hashlib.sha256(head + body).digest() + body


def from_bytes(data: bytes) -> Policy:
    """Read a policy. Raises ValueError, saying why, for anything that `to_bytes` did not write."""
    if len(data) < _SMALLEST:
        raise ValueError(f"a policy has at least {_SMALLEST} octets, not {len(data)}")
    magic, version, revision, length = _HEAD.unpack_from(data)
    if magic != MAGIC:
        raise ValueError("this is not a policy file")
    if version != FORMAT:
        raise ValueError(f"the policy has format {version}; this program reads format {FORMAT}")
    body = data[_SMALLEST:]
    if len(body) != length:
        raise ValueError(f"the policy is {'cut short' if len(body) < length else 'followed by something else'}")
    if hashlib.sha256(data[: _HEAD.size] + body).digest() != data[_HEAD.size : _SMALLEST]:
        raise ValueError("the policy is damaged: its checksum is wrong")
    try:
        policy = _read_policy(json.loads(body), revision)
        faithful = to_bytes(policy) == data
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"the policy does not hold what it should: {error!r}") from None
    if not faithful:
        raise ValueError("the policy does not hold what it should: it reads differently when written again")
    return policy


def _policy(policy: Policy) -> Json:
    """The revision is in the head; sets of aliases, which views share, are written once."""
    aliases: list[Mapping[bytes, bytes]] = []
    for view in policy.views:
        if view.aliases not in aliases:
            aliases.append(view.aliases)
    return {
        "timezone": policy.timezone,
        "country": policy.country,
        "language": policy.language,
        "blocked_answer": policy.blocked_answer.value,
        "views": [_view(view, aliases.index(view.aliases)) for view in policy.views],
        "by_mac": policy.by_mac,
        "by_address": policy.by_address,
        "devices": policy.devices,
        "further_forms": {dname.to_text(form): _texts(names) for form, names in policy.further_forms.items()},
        "aliases": [{dname.to_text(name): dname.to_text(form) for name, form in held.items()} for held in aliases],
    }


def _read_policy(body: Json, revision: int) -> Policy:
    aliases = [{dname.from_text(n): dname.from_text(form) for n, form in held.items()} for held in body["aliases"]]
    views = tuple(_read_view(view, aliases) for view in body["views"])
    owners = [*body["by_mac"].values(), *body["by_address"].values()]
    devices = tuple(KnownDevice(_int(number), _text(name), _int(view)) for number, name, view in body["devices"])
    indexes = [_int(view) for _, view in owners] + [device.view for device in devices]
    if not views or not all(0 <= index < len(views) for index in indexes):
        raise ValueError("a device belongs to nobody")
    return Policy(
        revision=revision,
        timezone=_text(body["timezone"]),
        country=_text(body["country"]),
        language=_text(body["language"]),
        blocked_answer=BlockedAnswer(body["blocked_answer"]),
        views=views,
        by_mac={mac: (_int(device), view) for mac, (device, view) in body["by_mac"].items()},
        by_address={address: (_int(device), view) for address, (device, view) in body["by_address"].items()},
        devices=devices,
        further_forms={
            dname.from_text(form): tuple(map(dname.from_text, names)) for form, names in body["further_forms"].items()
        },
    )


def _view(view: View, aliases: int) -> Json:
    return {
        "person_id": view.person_id,
        "person": view.person,
        "adult": view.adult,
        "blocked": view.blocked,
        "block_rules": view.block_rules,
        "excepted": view.excepted,
        "timeline": _timeline(view.timeline),
        "rules": {dname.to_text(name): (action.value, rule) for name, (action, rule) in view.rules.items()},
        "allow_only": view.allow_only,
        "aliases": aliases,
        "youtube_form": _maybe(dname.to_text, view.youtube_form),
        "pause": view.pause,
        "grants": [(grant.bit, _maybe(dname.to_text, grant.name), grant.until, grant.rule) for grant in view.grants],
        "time_grant": view.time_grant,
        "budgets": view.budgets,
    }


def _read_view(view: Json, aliases: list[dict[bytes, bytes]]) -> View:
    return View(
        person_id=_int(view["person_id"]),
        person=_text(view["person"]),
        adult=_bool(view["adult"]),
        blocked=_int(view["blocked"]),
        block_rules=tuple((_int(bit), _text(rule)) for bit, rule in view["block_rules"]),
        excepted=_read_excepted(view["excepted"]),
        timeline=_read_timeline(view["timeline"]),
        rules={dname.from_text(n): (RuleAction(action), _text(rule)) for n, (action, rule) in view["rules"].items()},
        allow_only=_bool(view["allow_only"]),
        aliases=aliases[_index(view["aliases"], aliases)],
        youtube_form=_maybe(dname.from_text, view["youtube_form"]),
        pause=_maybe(lambda pause: Term(_maybe(_int, pause[0]), _text(pause[1])), view["pause"]),
        grants=tuple(
            Permission(_int(bit), _maybe(dname.from_text, name), _int(until), _text(rule))
            for bit, name, until, rule in view["grants"]
        ),
        time_grant=_maybe(lambda grant: TimeGrant(_int(grant[0]), _text(grant[1])), view["time_grant"]),
        budgets=tuple(Budget(_int(bit), _int(minutes), _text(rule)) for bit, minutes, rule in view["budgets"]),
    )


def _timeline(timeline: Timeline) -> list[tuple[int, Json]]:
    return [
        (
            edge,
            {
                "off_rule": span.off_rule,
                "off_end": span.off_end,
                "block": span.block,
                "blockers": span.blockers,
                "allow": span.allow,
                "excepted": span.excepted,
                "next_edge": span.next_edge,
            },
        )
        for edge, span in zip(timeline.edges, timeline.spans, strict=True)
    ]


def _read_timeline(spans: list[tuple[int, Json]]) -> Timeline:
    edges = tuple(_int(edge) for edge, _ in spans)
    if not edges or edges[0] != 0 or list(edges) != sorted(set(edges)):
        raise ValueError("a week that does not begin on Monday")
    return Timeline(edges, tuple(_read_span(span) for _, span in spans))


def _read_span(span: Json) -> Span:
    return Span(
        off_rule=_maybe(_text, span["off_rule"]),
        off_end=_maybe(_int, span["off_end"]),
        block=_int(span["block"]),
        blockers=tuple(Blocker(_int(bits), _read_excepted(out), _text(rule)) for bits, out, rule in span["blockers"]),
        allow=_int(span["allow"]),
        excepted=_read_excepted(span["excepted"]),
        next_edge=_maybe(_int, span["next_edge"]),
    )


def _read_excepted(pairs: list[tuple[int, int]]) -> tuple[Excepted, ...]:
    return tuple(Excepted(_int(service), _int(category)) for service, category in pairs)


def _texts(names: tuple[bytes, ...]) -> list[str]:
    return [dname.to_text(name) for name in names]


def _maybe(read: Callable[[Any], T], value: Any) -> T | None:  # noqa: ANN401 - JSON
    return None if value is None else read(value)


def _index(value: Any, held: list[Any]) -> int:  # noqa: ANN401 - JSON
    if not 0 <= _int(value) < len(held):
        raise ValueError("a view points outside the file")
    return int(value)


def _int(value: Any) -> int:  # noqa: ANN401 - JSON
    if type(value) is not int:
        raise ValueError(f"{value!r} is not a whole number")
    return value


def _text(value: Any) -> str:  # noqa: ANN401 - JSON
    if type(value) is not str:
        raise ValueError(f"{value!r} is not a text")
    return value


def _bool(value: Any) -> bool:  # noqa: ANN401 - JSON
    if type(value) is not bool:
        raise ValueError(f"{value!r} is neither true nor false")
    return value
