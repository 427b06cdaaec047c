"""Round trips, any bytes, damaged files."""

import hashlib
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filterdns.policy import presets
from filterdns.policy.compile import Knowledge, compile_policy
from filterdns.policy.policyfile import _HEAD, FORMAT, MAGIC, from_bytes, to_bytes
from filterdns.policy.rules import Device, Grant, Household, NameRule, Pause, Person, RuleAction

HEAD = 60


def small(knowledge: Knowledge) -> bytes:
    lea = presets.apply(Person("Lea", 9, id=1))
    rules, grants = (NameRule("example.org", RuleAction.BLOCK),), (Grant("games", 5), Grant("time", 6))
    ben = Person("Ben", 40, rules=rules, grants=grants)
    tablet = Device("Tablet", "Lea", "aa:bb:cc:dd:ee:01", "192.168.1.4", 3)
    household = Household(people=(lea, ben), devices=(tablet,), pauses=(Pause(None),))
    return to_bytes(compile_policy(household, knowledge, 7))


def sealed(body: bytes, magic: bytes = MAGIC, version: int = FORMAT, length: int | None = None) -> bytes:
    """A file with this body whose checksum is right."""
    head = _HEAD.pack(magic, version, 7, len(body) if length is None else length)
    return head + hashlib.sha256(head + body).digest() + body


def changed(data: bytes, *way: str | int, to: Any) -> bytes:  # noqa: ANN401 - any JSON
    """The file with one value of its body replaced and the checksum made right again."""
    body = json.loads(data[HEAD:])
    place = body
    for step in way[:-1]:
        place = place[step]
    place[way[-1]] = to
    return sealed(json.dumps(body, sort_keys=True, separators=(",", ":")).encode())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_round_trip(data: st.DataObject, households: st.SearchStrategy[Household], knowledge: Knowledge) -> None:
    policy = compile_policy(data.draw(households), knowledge, data.draw(st.integers(0, (1 << 64) - 1)))
    written = to_bytes(policy)
    assert from_bytes(written) == policy
    assert to_bytes(from_bytes(written)) == written


def test_people_with_the_same_aliases_share_them(knowledge: Knowledge) -> None:
    people = tuple(Person(name, safe_search=True) for name in ("Lea", "Ben"))
    policy = from_bytes(to_bytes(compile_policy(Household(people=people), knowledge, 1)))
    assert policy.views[1].aliases is policy.views[2].aliases


@given(st.binary())
def test_any_bytes(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of its reasons
        from_bytes(data)


@given(st.binary() | st.text().map(str.encode))
def test_any_body_with_a_right_checksum(body: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of its reasons
        from_bytes(sealed(body))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(data=st.data())
def test_any_value_in_any_place(data: st.DataObject, knowledge: Knowledge) -> None:
    good = small(knowledge)
    place: Any = json.loads(good[HEAD:])
    way: list[str | int] = []
    while isinstance(place, dict | list) and place and (not way or data.draw(st.booleans())):
        way.append(data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place)))))
        place = place[way[-1]]
    try:
        policy = from_bytes(changed(good, *way, to=data.draw(JSON)))
    except ValueError:
        return
    assert from_bytes(to_bytes(policy)) == policy


def test_every_flipped_bit_and_every_truncation_is_refused(knowledge: Knowledge) -> None:
    good = small(knowledge)
    from_bytes(good)
    for at in range(len(good)):
        with pytest.raises(ValueError):  # noqa: PT011 - any of its reasons
            from_bytes(good[:at])
        with pytest.raises(ValueError):  # noqa: PT011 - any of its reasons
            from_bytes(good[:at] + bytes((good[at] ^ (1 << at % 8),)) + good[at + 1 :])


def test_every_value_of_every_byte_of_the_head(knowledge: Knowledge) -> None:
    good = small(knowledge)
    for at in range(HEAD):
        for octet in set(range(256)) - {good[at]}:
            with pytest.raises(ValueError):  # noqa: PT011 - any of its reasons
                from_bytes(good[:at] + bytes((octet,)) + good[at + 1 :])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "at least 60 octets, not 0"),
        (sealed(b"{}", magic=b"something"[:8]), "not a policy file"),
        (sealed(b"{}", version=FORMAT + 1), f"has format {FORMAT + 1}; this program reads format {FORMAT}"),
        (sealed(b"{}", length=3), "cut short"),
        (sealed(b"{}", length=1), "followed by something else"),
        (sealed(b"{}")[:-1] + b"]", "checksum"),
        (sealed(b"{}"), "does not hold what it should"),
        (sealed(b"[" * 100_000), "does not hold what it should"),
    ],
)
def test_the_reason_is_said(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        from_bytes(data)


@pytest.mark.parametrize(
    ("way", "value", "reason"),
    [
        (("views",), [], "belongs to nobody"),
        (("devices", 0, 2), 9, "belongs to nobody"),
        (("by_mac", "aa:bb:cc:dd:ee:01", 1), -1, "belongs to nobody"),
        (("views", 0, "aliases"), 9, "outside the file"),
        (("views", 0, "adult"), 1, "neither true nor false"),
        (("views", 0, "blocked"), 1.0, "not a whole number"),
        (("views", 0, "person"), 1, "not a text"),
        (("views", 0, "timeline"), [], "does not begin on Monday"),
        (("views", 0, "timeline", 0, 0), 60, "does not begin on Monday"),
        (("views", 0, "more"), 1, "reads differently"),
        (("timezone",), None, "not a text"),
    ],
)
def test_a_body_that_is_wrong(way: tuple[str | int, ...], value: object, reason: str, knowledge: Knowledge) -> None:
    with pytest.raises(ValueError, match=reason):
        from_bytes(changed(small(knowledge), *way, to=value))
