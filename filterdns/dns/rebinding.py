"""Addresses that an answer for a public name must not hold (DNS rebinding). Pure."""

from typing import Final

_PRIVATE_4: Final = {
    0: (0, 255), 10: (0, 255), 100: (64, 127), 127: (0, 255), 169: (254, 254), 172: (16, 31), 192: (168, 168),
}  # fmt: skip
"""First octet -> lowest and highest second octet."""
_NONE: Final = (1, 0)
_UNSPECIFIED: Final = frozenset({bytes(4), bytes(16)})
_MAPPED = bytes(10) + b"\xff\xff"
_NAT64 = b"\x00\x64\xff\x9b" + bytes(8)
_LOCAL_NAT64 = b"\x00\x64\xff\x9b\x00\x01"
_SIX_TO_FOUR = b"\x20\x02"
_LOOPBACK_6 = bytes(15) + b"\x01"


def is_private(packed: bytes) -> bool:
    """Is a packed address private, link-local or loopback (RFC 1918, 3927, 4193, 6598), IPv6 forms of IPv4 included?

    0.0.0.0 and :: themselves are not: family resolvers answer with them what they block.
    """
    if len(packed) == 4:  # noqa: PLR2004
        lowest, highest = _PRIVATE_4.get(packed[0], _NONE)
        return lowest <= packed[1] <= highest and packed not in _UNSPECIFIED
    if packed in _UNSPECIFIED:
        return False
    if packed.startswith((_MAPPED, _NAT64)) or packed[:12] == bytes(12):
        return packed == _LOOPBACK_6 or packed[12:] in _UNSPECIFIED or is_private(packed[12:])
    if packed.startswith(_SIX_TO_FOUR):
        return is_private(packed[2:6])
    return packed[0] & 0xFE == 0xFC or (packed[0] == 0xFE and packed[1] >= 0x80) or packed.startswith(_LOCAL_NAT64)  # noqa: PLR2004
