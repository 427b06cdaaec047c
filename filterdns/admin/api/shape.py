"""Shapes of JSON: the part of JSON Schema 2020-12 that our document uses, built and checked in one place. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

Shape = Mapping[str, Any]
"""A schema: type, enum, properties, required, additionalProperties, items, maxItems, lengths, bounds, pattern."""

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,), "array": (list,), "string": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "null": (type(None),),
}  # fmt: skip


def text(about: str = "", most: int = 300, **more: object) -> Shape:
    """A string of printable characters."""
    return {"type": "string", "maxLength": most, **_about(about), **more}


def number(about: str = "", least: int = 0, most: int = 1 << 40) -> Shape:
    """A whole number."""
    return {"type": "integer", "minimum": least, "maximum": most, **_about(about)}


def choice(*values: str, about: str = "") -> Shape:
    """One of some words."""
    return {"type": "string", "enum": list(values), **_about(about)}


def switch(about: str = "") -> Shape:
    """True or false."""
    return {"type": "boolean", **_about(about)}


def each(items: Shape, most: int = 1000) -> Shape:
    """A list."""
    return {"type": "array", "items": items, "maxItems": most}


def or_null(shape: Shape) -> Shape:
    """The same, or nothing."""
    return {**shape, "type": [shape["type"], "null"]}


def record(needed: Mapping[str, Shape] | None = None, more: Mapping[str, Shape] | None = None) -> Shape:
    """An object with these members and no others; `more` may be left out."""
    properties = {**(needed or {}), **(more or {})}
    found: dict[str, Any] = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": [*needed]} if needed else found


def faults(shape: Shape, value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """(JSON pointer, what is wrong there) of everything in `value` that is not of this shape."""
    kinds = [shape["type"]] if isinstance(shape["type"], str) else shape["type"]
    kind = next((kind for kind in kinds if _is(value, kind)), None)
    if kind is None:
        yield place, f"must be {' or '.join(kinds)}"
    elif kind == "object" and isinstance(value, dict):
        yield from _object_faults(shape, value, place)
    elif kind == "array" and isinstance(value, list):
        if len(value) > shape.get("maxItems", len(value)):
            yield place, f"holds more than {shape['maxItems']}"
        for index, item in enumerate(value):
            yield from faults(shape["items"], item, f"{place}/{index}")
    elif kind == "string" and isinstance(value, str):
        yield from _text_faults(shape, value, place)
    elif isinstance(value, int) and not shape.get("minimum", value) <= value <= shape.get("maximum", value):
        yield place, f"must be from {shape.get('minimum')} to {shape.get('maximum')}"


def _object_faults(shape: Shape, value: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for name in shape.get("required", ()):
        if name not in value:
            yield f"{place}/{name}", "is missing"
    for name, held in value.items():
        member = shape.get("properties", {}).get(name, shape.get("additionalProperties"))
        if member is False:
            yield f"{place}/{_escaped(name)}", "is not known here"
        elif isinstance(member, Mapping):
            yield from faults(member, held, f"{place}/{_escaped(name)}")


def _text_faults(shape: Shape, value: str, place: str) -> Iterator[tuple[str, str]]:
    if "enum" in shape and value not in shape["enum"]:
        yield place, f"must be one of {', '.join(shape['enum'])}"
    if not value.isprintable():
        yield place, "must be printable"
    if not shape.get("minLength", 0) <= len(value) <= shape.get("maxLength", len(value)):
        yield place, f"must have {shape.get('minLength', 0)} to {shape.get('maxLength')} characters"
    if "pattern" in shape and not re.search(shape["pattern"], value):
        yield place, f"must match {shape['pattern']}"


def _is(value: object, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _escaped(name: str) -> str:
    """Of what somebody sent no more than can be shown (RFC 6901 section 3)."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in name[:80])
    return shown.replace("~", "~0").replace("/", "~1")


def _about(about: str) -> dict[str, str]:
    return {"description": about} if about else {}
