"""Who made a device, by the first half of its MAC address (IEEE's public register of MA-L assignments).

`makers.txt.xz` has a line an assignment, sorted: six hexadecimal digits and a short form of the organisation's name.
`python -m bench.makers` makes it from Debian's package ieee-data.
"""

import lzma
from functools import cache
from importlib.resources import files

FILE = "makers.txt.xz"
_PREFIX = 6
_RANDOM = 0x02


def maker_of(mac: str) -> str:
    """The maker of "aa:bb:cc:dd:ee:ff"; "" if nobody knows, as for every random address."""
    prefix = mac.replace(":", "")[:_PREFIX].upper().encode()
    if is_random(mac):
        return ""
    lines = _lines()
    low, high = 0, len(lines)
    while low < high:
        middle = lines.rfind(b"\n", 0, (low + high) // 2) + 1
        if lines[middle : middle + _PREFIX] < prefix:
            low = lines.index(b"\n", (low + high) // 2) + 1
        else:
            high = middle
    if lines[low : low + _PREFIX] != prefix:
        return ""
    return lines[low + _PREFIX : lines.index(b"\n", low)].decode()


def is_random(mac: str) -> bool:
    """Did the device make the address up (IEEE 802-2014 section 8.4: the "locally administered" bit)?"""
    return bool(int(mac[:2], 16) & _RANDOM)


@cache
def _lines() -> bytes:
    return lzma.decompress((files(__package__) / FILE).read_bytes())
