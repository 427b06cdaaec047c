"""Our few lines of JSON Schema say what the whole of it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from filterdns.admin.api import routes
from filterdns.admin.api.shape import each, faults, number, or_null, record, switch, text

SHAPES = [operation.body for operation in routes.OPERATIONS if operation.body]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.sampled_from(["mon", "20:00", "", "x"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "days", "from", "to", "until", "minutes", "target", "on", "block", "x/~"]), inner
        )
    ),
    max_leaves=12,
)


@given(shape=st.sampled_from(SHAPES), value=VALUES)
def test_it_agrees_with_a_validator_of_all_of_it(shape: dict[str, object], value: object) -> None:
    is_float = any(isinstance(each, float) for each in _leaves(value))  # to JSON Schema 1.0 is an integer, to us not
    ours = not [*faults(shape, value)]
    theirs = Draft202012Validator(shape).is_valid(value)
    assert ours == theirs or is_float


@pytest.mark.parametrize("shape", SHAPES)
def test_our_shapes_are_schemas(shape: dict[str, object]) -> None:
    Draft202012Validator.check_schema(shape)


@pytest.mark.parametrize(
    ("shape", "value", "found"),
    [
        (record({"a": number()}), {}, [("/a", "is missing")]),
        (record({"a": number()}), {"a": True}, [("/a", "must be integer")]),
        (record(), {"a/~b\n": 1}, [("/a~1~0b?", "is not known here")]),
        (each(number(most=3), 2), [1, 4, -1],
         [("", "holds more than 2"), ("/1", "must be from 0 to 3"), ("/2", "must be from 0 to 3")]),
        (or_null(text(most=2)), "abc", [("", "must have 0 to 2 characters")]),
        (or_null(text()), None, []),
        (text(), "a\nb", [("", "must be printable")]),
        (text(), "\ud800", [("", "must be printable")]),
        (switch(), 1, [("", "must be boolean")]),
    ],
)  # fmt: skip
def test_faults_say_where_and_what(shape: dict[str, object], value: object, found: list[tuple[str, str]]) -> None:
    assert [*faults(shape, value)] == found


def _leaves(value: object) -> list[object]:
    if isinstance(value, list):
        return [leaf for inner in value for leaf in _leaves(inner)]
    return [leaf for inner in value.values() for leaf in _leaves(inner)] if isinstance(value, dict) else [value]
