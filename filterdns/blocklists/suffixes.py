"""Endings below which a registry lets anybody register, such as "or.jp" and "bologna.it": no block list closes one.

From the public suffix list (publicsuffix.org), of which the part that companies add is left out: "duckdns.org" may be
on a list. Those that it gives by a pattern ("*.ck") are left out too.
"""

from functools import cache
from pathlib import Path

from filterdns.dname import from_text, to_text

_END = "===END ICANN DOMAINS==="


@cache
def registries() -> frozenset[str]:
    """All of several labels, as host names."""
    from publicsuffixlist import PSLFILE  # noqa: PLC0415 - only who compiles lists needs it

    lines = Path(PSLFILE).read_text(encoding="utf-8").partition(_END)[0].splitlines()
    rules = (line.strip() for line in lines)
    return frozenset(to_text(from_text(rule)) for rule in rules if "." in rule and rule[0] not in "/!*")
