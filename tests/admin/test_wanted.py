"""What is meant by what was typed: never a traceback, never what may not be chosen."""

from collections.abc import Iterator

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from filterdns.admin.wanted import NothingFoundError, Wanted, look_up, meant, service_category
from filterdns.policy.category import NOT_A_CHOICE, SECURITY


@pytest.fixture(autouse=True)
def asked(app: Flask) -> Iterator[None]:
    """A request, whose language is English."""
    with app.test_request_context("/"):
        app.preprocess_request()
        yield


@pytest.mark.parametrize(
    ("typed", "targets"),
    [
        ("Roblox", ["service:roblox"]),
        (" ROBLOX ", ["service:roblox"]),
        ("games", ["games"]),
        ("Online games", ["games"]),
        ("example.org", ["name:example.org"]),
        ("www.example.org", ["name:example.org"]),
        ("*.example.org", ["name:example.org"]),
        ("http://user:word@example.org:80/x?y#z", ["name:example.org"]),
        ("m.example.org", ["name:example.org", "name:m.example.org"]),
        ("somebody.github.io", ["name:github.io", "name:somebody.github.io"]),
    ],
)
def test_look_up(typed: str, targets: list[str]) -> None:
    assert [wanted.target for wanted in look_up(typed)] == targets


@pytest.mark.parametrize("typed", ["snap", "robloks", "tube"])
def test_what_is_nearly_typed_is_offered(typed: str) -> None:
    assert len(look_up(typed)) > 0


@pytest.mark.parametrize("target", sorted(SECURITY | NOT_A_CHOICE))
def test_what_is_no_choice_is_not_found(target: str) -> None:
    with pytest.raises(NothingFoundError):
        meant(target)
    assert target not in [wanted.target for wanted in _found(target)]


@given(st.one_of(st.text(max_size=400), st.from_regex(r"[a-z.:/@\[\]%*-]{1,40}")))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_typed_is_found_or_said(typed: str) -> None:
    for wanted in _found(typed):
        assert meant(wanted.target) == wanted
        assert (service_category(wanted.target) is None) is not wanted.target.startswith("service:")


def _found(typed: str) -> list[Wanted]:
    try:
        return look_up(typed)
    except NothingFoundError:
        return []
