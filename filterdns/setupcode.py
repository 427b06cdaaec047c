"""The one-time code that a parent reads from the console to set the filter up; only its hash is kept.

Times are seconds since the machine started (`clock_gettime(CLOCK_BOOTTIME)`), which nobody sets.
"""

import hashlib
import hmac
import json
import os
import secrets
import time
from pathlib import Path
from typing import Any

from filterdns import publish

NAME = "setup-code.json"
GOOD_FOR = 30 * 60
"""Seconds; a new code comes with each start."""
_LETTERS = "23456789ABCDEFGHJKMNPQRSTWXYZ"  # without 0 O, 1 I L, U V
_COST = {"n": 1 << 12, "r": 8, "p": 1}  # 4 MiB; forty bits at random and one use ask for no more


def now() -> float:
    """The time that codes are kept by."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def renew(state: Path, at: float) -> str | None:
    """Make a new code such as "7KQ2-M9XD", which replaces the old one; None once set-up is done. Raises OSError."""
    path = state / NAME
    if _read(path).get("done"):
        return None
    code = "".join(secrets.choice(_LETTERS) for _ in range(8))
    salt = os.urandom(16)
    kept = {"salt": salt.hex(), "hash": _hash(code, salt).hex(), "made": int(at)}
    publish.publish(path, json.dumps(kept).encode(), keep_previous=False)
    return f"{code[:4]}-{code[4:]}"


def is_good(state: Path, at: float) -> bool:
    """Is there a code that can still be used?"""
    made = _read(state / NAME).get("made")
    return isinstance(made, int) and 0 <= at - made < GOOD_FOR


def matches(state: Path, code: str, at: float) -> bool:
    """Is it the code of the last start, and still good? Spaces, dashes and small letters do not matter."""
    kept = _read(state / NAME)
    try:
        salt, expected = bytes.fromhex(kept["salt"]), bytes.fromhex(kept["hash"])
    except (KeyError, TypeError, ValueError):
        return False
    typed = "".join(letter for letter in code.upper() if letter.isalnum())
    return is_good(state, at) and hmac.compare_digest(_hash(typed, salt), expected)


def finish(state: Path) -> None:
    """No code any more: somebody has set it up. Raises OSError."""
    publish.publish(state / NAME, json.dumps({"done": True}).encode(), keep_previous=False)


def _hash(code: str, salt: bytes) -> bytes:
    return hashlib.scrypt(code.encode(), salt=salt, **_COST)


def _read(path: Path) -> dict[str, Any]:
    try:
        kept = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return kept if isinstance(kept, dict) else {}
