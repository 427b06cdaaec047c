"""Six digits from a phone as the second step of logging in: TOTP (RFC 6238) with HMAC-SHA-1, 30 seconds. Pure."""

import base64
import hashlib
import hmac
from urllib.parse import quote, urlencode

STEP = 30
DIGITS = 6
SECRET_BYTES = 20
_LATE = 1
"""Steps by which a phone's clock may be off, either way."""


def code(secret: bytes, step: int) -> str:
    """The code of one step (RFC 4226 section 5.3)."""
    digest = hmac.digest(secret, step.to_bytes(8, "big"), hashlib.sha1)
    at = digest[-1] & 15
    number = int.from_bytes(digest[at : at + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def matching_step(secret: bytes, typed: str, now: float, used: int) -> int | None:
    """The step that `typed` is the code of, None for a wrong one or one up to `used` (RFC 6238 section 5.2)."""
    digits = "".join(typed.split())
    if not (digits.isascii() and digits.isdigit()):
        return None
    at = int(now // STEP)
    fits = [step for step in range(at - _LATE, at + _LATE + 1) if hmac.compare_digest(code(secret, step), digits)]
    return next((step for step in fits if step > used), None)


def as_text(secret: bytes) -> str:
    """As people type it into an app: base 32 in groups of four."""
    text = base64.b32encode(secret).decode().rstrip("=")
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def uri(secret: bytes, name: str, issuer: str = "FilterDNS") -> str:
    """What the QR code says to an app."""
    query = urlencode({"secret": as_text(secret).replace(" ", ""), "issuer": issuer})
    return f"otpauth://totp/{quote(issuer)}:{quote(name)}?{query}"
