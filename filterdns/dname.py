"""Domain names in wire form (RFC 1035 section 3.1): the only module that knows labels.

A name is lower-case `bytes`: length-prefixed labels and the empty root label, at most 255 octets.
`bytes.lower()` is safe on it, because a label length is at most 63 and "A" is 65.
"""

import re
from collections.abc import Iterator
from typing import Final, TypeVar

T = TypeVar("T")

ROOT = b"\x00"
MAX_NAME: Final = 255
MAX_LABEL: Final = 63
MAX_OCTET = 255

_ESCAPE = re.compile(r"\\(\d{3}|\D|)", re.DOTALL)
_PLAIN = re.compile(rb"[a-z0-9_.-]+")
_HOST = re.compile(rb"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?")


class DNameError(ValueError):
    """A text or packet does not hold a domain name; the message says why."""


def from_text(text: str) -> bytes:
    r"""Presentation form ("Example.org.", "\046" escapes, Unicode by IDNA 2008) -> lower-case wire name.

    Raises DNameError.
    """
    if not text.isascii():
        text = _to_ascii(text)
    if text == ".":
        return ROOT
    if not text:
        raise DNameError("empty name")
    if "\\" in text:
        return from_labels([_unescape(part) for part in _split(text)])
    return from_labels(text.removesuffix(".").encode().split(b"."))


def from_labels(labels: list[bytes]) -> bytes:
    """Labels, top-level last -> lower-case wire name. Raises DNameError."""
    for label in labels:
        if not label:
            raise DNameError("empty label")
        if len(label) > MAX_LABEL:
            raise DNameError("label longer than 63 octets")
    wire = b"".join([bytes((len(label),)) + label for label in labels]) + ROOT
    if len(wire) > MAX_NAME:
        raise DNameError("name longer than 255 octets")
    return wire.lower()


def to_text(wire: bytes) -> str:
    r"""Wire name -> presentation form without the final dot; odd octets as \DDD (RFC 1035 section 5.1)."""
    if wire == ROOT:
        return "."
    found = labels(wire)
    text = b".".join(found)
    if _PLAIN.fullmatch(text) and text.count(b".") == len(found) - 1:
        return text.decode()
    return ".".join("".join(map(_escape, label)) for label in found)


def labels(wire: bytes) -> list[bytes]:
    """The labels of a wire name, top-level last, without the root."""
    found = []
    at = 0
    while length := wire[at]:
        found.append(wire[at + 1 : at + 1 + length])
        at += 1 + length
    return found


def parents(wire: bytes) -> Iterator[bytes]:
    """The name itself, then each name that encloses it, down to its top-level domain; never the root."""
    at = 0
    while length := wire[at]:
        yield wire[at:]
        at += 1 + length


def closest(wire: bytes, held: dict[bytes, T]) -> T | None:
    """What `held` has for the name, or for the nearest name that encloses it; the root is not looked up."""
    at = 0
    while length := wire[at]:
        found = held.get(wire[at:])
        if found is not None:
            return found
        at += 1 + length
    return None


def is_below(wire: bytes, apex: bytes) -> bool:
    """Is `wire` the apex or a name under it, on a label boundary?"""
    return wire.endswith(apex) and (apex == ROOT or any(name == apex for name in parents(wire)))


def is_host(wire: bytes) -> bool:
    """Has every label the form of a host name's (RFC 1123 section 2.1), "_" allowed, and more than one label?"""
    found = labels(wire)
    return len(found) > 1 and all(_HOST.fullmatch(label) for label in found) and not found[-1].isdigit()


def _to_ascii(text: str) -> str:
    import idna  # noqa: PLC0415 - half a megabyte of tables that a worker never needs

    try:
        return idna.encode(text, uts46=True).decode()
    except (idna.IDNAError, UnicodeError) as error:
        raise DNameError(f"not an international domain name: {error}") from None


def _split(text: str) -> list[str]:
    """Split at the dots that no backslash escapes; a dot at the end stands for the root."""
    parts = [""]
    for piece in re.findall(r"\\.|[^\\]|\\$", text, re.DOTALL):
        if piece == ".":
            parts.append("")
        else:
            parts[-1] += piece
    return parts if parts[-1] else parts[:-1]


def _unescape(part: str) -> bytes:
    def octet(match: re.Match[str]) -> str:
        code = match[1]
        if not code:
            raise DNameError("a backslash with neither three digits nor another character after it")
        if len(code) == 1:
            return code
        if int(code) > MAX_OCTET:
            raise DNameError(f"\\{code} is not an octet")
        return chr(int(code))

    return _ESCAPE.sub(octet, part).encode("latin-1")


def _escape(octet: int) -> str:
    char = chr(octet)
    if char.isascii() and (char.isalnum() or char in "-_"):
        return char
    return f"\\{octet:03d}"
