"""Categories: one bit each, append-only, never renumbered, because published files hold the numbers."""

from collections.abc import Mapping
from types import MappingProxyType

# Position = bit. Append at the end only.
_ORDER = (
    "adult", "dating", "chat", "messengers", "p2p", "live", "games", "social",
    "gambling", "drugs", "violence", "selfharm", "hate", "piracy", "video", "shopping", "ai", "ads", "tracking",
    "malware", "phishing",
    "bypass",
    "illegal", "helplines", "essential",
    "unsafe_search",
)  # fmt: skip

BITS: Mapping[str, int] = MappingProxyType({name: 1 << position for position, name in enumerate(_ORDER)})

SECURITY = frozenset({"malware", "phishing"})
"""On for everyone; answered as the operator's block (EDE 15), not as the family's (EDE 17)."""

NOT_A_CHOICE = frozenset({"illegal", "helplines", "essential", "unsafe_search"})
"""No parent blocks or allows these by hand."""

CHOICES = tuple(name for name in _ORDER if name not in NOT_A_CHOICE)
"""The ids a parent chooses from."""

SERVICE_SHIFT = 64
"""The bit of service number n is 1 << (SERVICE_SHIFT + n): categories have the bits below."""


def service_bit(number: int) -> int:
    """The tag bit of a service by its catalogue number (append-only as well)."""
    return 1 << (SERVICE_SHIFT + number)
