"""The lines of block lists as people write them -> host names, or the reason why one gives none.

A list has one syntax. Most lines of a list are plain, so each syntax has one expression that takes plain lines
out of a whole block of text; what it leaves over is read a line at a time by the slower, exact reader.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import NamedTuple

from filterdns import dname

_SUFFIX = r"(?:ac|com?|edu|gov|mil|net|org)\.[a-z][a-z]"  # others' names lie below: one line would close a country
_LABEL = r"[a-z0-9_]++(?:-++[a-z0-9_]++)*+"
_RELATIVE = rf"((?!{_SUFFIX}\.?+(?![a-z0-9_-]))(?:{_LABEL}\.)+[a-z][a-z0-9_]*+(?:-++[a-z0-9_]++)*+)"
_NAME = rf"{_RELATIVE}\.?"
_END = r"[ \t\r]*+\n"
_ADDRESS = r"(?:0\.0\.0\.0|127\.0\.0\.1|::1?)"

_BLOCKING_ZONES = frozenset(
    {"always_nxdomain", "always_null", "always_nodata", "always_refuse", "always_deny", "static", "redirect",
     "refuse", "deny", "inform_deny", "inform_redirect"}
)  # fmt: skip
_OPEN_ZONES = frozenset({"transparent", "typetransparent", "always_transparent", "inform", "nodefault"})
_FORWARDING = frozenset({"server", "local"})
_BLOCKING_TARGETS = frozenset({".", "*.", "rpz-drop.", "rpz-tcp-only."})
_BLOCKING_OPTIONS = frozenset(
    {"", "important", "all", "dnsrewrite=nxdomain", "dnsrewrite=nxdomain;;", "dnsrewrite=refused",
     "dnsrewrite=refused;;", "dnsrewrite=0.0.0.0", "dnsrewrite=::"}
)  # fmt: skip
_DIGITS = 64  # of a SHA-256
_DIGEST = re.compile(rf"[0-9a-f]{{{_DIGITS}}}")
_HOST = re.compile(_NAME)
_PATTERN = re.compile(r"[*/\\^$()|?+{}\[\]#]")
_COMMENT = re.compile(r"(?:^|[ \t])#.*")


class LineError(ValueError):
    """A line that gives no name; the message is the reason it is counted under."""


class Line(NamedTuple):
    """What one line says: lower-case host names without the final dot, in "sha256" also digests of such names."""

    held: tuple[str, ...] = ()
    excepted: tuple[str, ...] = ()


NOTHING = Line()


class Syntax(NamedTuple):
    """How one kind of list is read."""

    plain: re.Pattern[str]  # takes a plain line with its end; group 1 is the name
    read: Callable[[str], Line]  # reads any lower-case line without its end; raises LineError
    sure: int = dname.MAX_LABEL  # characters up to which what `plain` takes needs no other look


def bare(line: str) -> Line:
    """A name and nothing else. Raises LineError."""
    return Line((_name(line),))


def _name(text: str) -> str:
    """A name as it stands in a list -> host name. Raises LineError."""
    text = text.removeprefix("*.")
    if len(text) <= dname.MAX_LABEL and (plain := _HOST.fullmatch(text)):
        return str(plain[1])
    if re.fullmatch(_SUFFIX, text.removesuffix(".")):
        raise LineError("public suffix")
    if _PATTERN.search(text):
        raise LineError("pattern")
    if len(text) > dname.MAX_NAME:
        raise LineError("not a name")
    try:
        wire = dname.from_text(text)
    except dname.DNameError:
        if _is_address(text):
            raise LineError("address") from None
        raise LineError("not a name") from None
    if dname.is_host(wire):
        return dname.to_text(wire)
    if _is_address(text.removesuffix(".")):
        raise LineError("address")
    raise LineError("not a name" if "." in text.strip(".") else "single label")


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0].strip("[]"))
    except ValueError:
        return False
    return True


def _domains(line: str) -> Line:
    """`example.org` or `*.example.org`, with a comment behind."""
    if not line or line[0] in "#!;":
        return NOTHING
    words = _COMMENT.sub("", line).split()
    if len(words) != 1:
        raise LineError("not a name")
    return Line((_name(words[0]),))


def _hosts(line: str) -> Line:
    """An address and one or more names; the address does not matter, because a list can only block."""
    if not line or line[0] in "#!;":
        return NOTHING
    words = _COMMENT.sub("", line).split()
    if not words or not _is_address(words[0]):
        raise LineError("no address before the name")
    held = []
    fault = LineError("no name behind the address")
    for word in words[1:]:
        try:
            held.append(_name(word))
        except LineError as error:
            fault = error
    if not held:
        raise fault
    return Line(tuple(held))


def _adblock(line: str) -> Line:
    """`||x^`, `@@||x^` and what other lists write among them: host lines and bare names."""
    if not line or line[0] in "!#[":
        return NOTHING
    if "##" in line or "#@#" in line or "#?#" in line or "#$#" in line:
        raise LineError("rule for pages")
    excepted = line.startswith("@@")
    rule = line.removeprefix("@@")
    if rule[:1] != "|":
        if excepted or rule[:1] in "/*." or "^" in rule or "$" in rule:
            raise LineError("pattern")
        return _hosts(rule) if len(_COMMENT.sub("", rule).split()) > 1 else _domains(rule)
    body, _, options = rule.lstrip("|").partition("$")
    if not all(option in _BLOCKING_OPTIONS for option in options.split(",")):
        raise LineError("condition")
    body = body.removesuffix("|").removesuffix("^")
    if "^" in body or " " in body:
        raise LineError("pattern")
    names = (_name(body),)
    return Line(excepted=names) if excepted else Line(names)


def _dnsmasq(line: str) -> Line:
    """`local=/x/`, `server=/x/`, `address=/x/0.0.0.0`; `server=/x/#` says that x is not blocked."""
    if not line or line[0] == "#":
        return NOTHING
    key, _, value = (part.strip() for part in _COMMENT.sub("", line).partition("="))
    match value.split("/"):
        case ["", *domains, target] if domains and (key == "address" or (key in _FORWARDING and target in {"", "#"})):
            names = tuple(_name(domain.lstrip(".")) for domain in domains)
            return Line(excepted=names) if target == "#" and key != "address" else Line(names)
    raise LineError("not a block")


def _unbound(line: str) -> Line:
    """`local-zone: "x." always_nxdomain`, `local-data: "x. A 0.0.0.0"`; a transparent zone is not blocked."""
    if not line or line[0] == "#" or line == "server:":
        return NOTHING
    key, _, value = _COMMENT.sub("", line).partition(":")
    match key, value.replace('"', " ").replace("'", " ").split():
        case "local-data", [name, *_]:
            return Line((_name(name),))
        case "local-zone", [name, kind] if kind in _BLOCKING_ZONES:
            return Line((_name(name),))
        case "local-zone", [name, kind] if kind in _OPEN_ZONES:
            return Line(excepted=(_name(name),))
    raise LineError("not a block")


def _rpz(line: str) -> Line:
    """`x CNAME .` and its like in a response policy zone; `x CNAME rpz-passthru.` says that x is not blocked."""
    if not line or line[0] in ";$":
        return NOTHING
    match [word for word in line.partition(";")[0].split() if word != "in" and not word.isdigit()]:
        case [_, "soa" | "ns", *_]:
            return NOTHING
        case [owner, _, *_] if ".rpz-" in owner or owner.endswith("."):
            raise LineError("pattern")
        case [owner, "cname", "rpz-passthru."]:
            return Line(excepted=(_name(owner),))
        case [owner, "cname", target] if target in _BLOCKING_TARGETS:
            return Line((_name(owner),))
        case [owner, "a" | "aaaa", _]:
            return Line((_name(owner),))
    raise LineError("not a block")


def _v2fly(line: str) -> Line:
    """`example.org @ads`, `domain:x`, `full:x`; an `include:` names another list, which this one leaves out."""
    if not line or line[0] == "#":
        return NOTHING
    match _COMMENT.sub("", line).split():
        case [rule, *attributes] if all(word[0] in "@&" for word in attributes):
            kind, _, name = rule.rpartition(":")
            if kind in {"", "domain", "full"}:
                return Line((_name(name),))
            if rule.startswith("include:"):
                raise LineError("another list")
            if rule.startswith(("keyword:", "regexp:")):
                raise LineError("pattern")
    raise LineError("not a name")


def _sha256(line: str) -> Line:
    """The 64 hexadecimal digits of a host name's SHA-256, with a comment behind; plain names may stand among them."""
    word = _COMMENT.sub("", line).strip()
    return Line((word,)) if _DIGEST.fullmatch(word) else _domains(line)


def _plain(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^[ \t]*+{pattern}{_END}", re.MULTILINE)


SYNTAXES = {
    "domains": Syntax(_plain(_NAME), _domains),
    "wildcard": Syntax(_plain(rf"\*\.{_NAME}"), _domains),
    "hosts": Syntax(_plain(rf"{_ADDRESS}[ \t]++{_NAME}"), _hosts),
    "adblock": Syntax(_plain(rf"\|\|{_NAME}\^"), _adblock),
    "dnsmasq": Syntax(_plain(rf"(?:server|local|address)=/{_NAME}/(?:0\.0\.0\.0|::)?"), _dnsmasq),
    "unbound": Syntax(_plain(rf'local-zone:[ \t]*+"{_NAME}"[ \t]++(?:{"|".join(sorted(_BLOCKING_ZONES))})'), _unbound),
    "rpz": Syntax(_plain(rf"(?:\*\.)?{_RELATIVE}(?<!ip)(?<!\.rpz-nsdname)[ \t]++(?:in[ \t]++)?cname[ \t]++\."), _rpz),
    "v2fly": Syntax(_plain(rf"(?:(?:domain|full):)?{_NAME}(?:[ \t]++[@&][^\s#]++)*+"), _v2fly),
    "sha256": Syntax(_plain(rf"({_DIGEST.pattern})"), _sha256, _DIGITS),
}
"""Every syntax by its id."""
