"""`python -m bench.parse`: how many lines a second each syntax of block lists is read at, in plain form."""

import hashlib
import io
import statistics
import time
from itertools import islice

from bench.names import generated
from filterdns.blocklists.reading import Reading
from filterdns.blocklists.suffixes import registries

LINES = 500_000
REFUSED = dict.fromkeys(registries(), "public suffix")  # as in an update
PASSES = 7
FORMS = {
    "domains": "{}",
    "wildcard": "*.{}",
    "hosts": "0.0.0.0 {}",
    "adblock": "||{}^",
    "dnsmasq": "local=/{}/",
    "unbound": 'local-zone: "{}." always_nxdomain',
    "rpz": "{} CNAME .",
    "v2fly": "domain:{} @ads",
}
"""Of `sha256` every line is the digest of a name."""


def seconds(content: bytes, syntax: str) -> float:
    """Processor time of reading a list once."""
    began = time.process_time()
    names = sum(1 for _ in Reading(io.BytesIO(content), syntax, REFUSED).held())
    took = time.process_time() - began
    if names != LINES:
        raise RuntimeError(f"{syntax}: {names:,} names of {LINES:,} lines")
    return took


def main() -> None:
    """Print the median and the best pass of each, in turn so that all share the machine's moods."""
    names = list(islice(generated(), LINES))
    contents = {syntax: "".join(f"{form.format(name)}\n" for name in names).encode() for syntax, form in FORMS.items()}
    contents["sha256"] = "".join(f"{hashlib.sha256(name.encode()).hexdigest()}\n" for name in names).encode()
    taken: dict[str, list[float]] = {syntax: [] for syntax in contents}
    for _ in range(PASSES):
        for syntax, content in contents.items():
            taken[syntax].append(seconds(content, syntax))
    for syntax, each in taken.items():
        median, best = statistics.median(each), min(each)
        print(f"{syntax:<9} {LINES / median / 1e6:6.2f} million lines a second, best pass {LINES / best / 1e6:6.2f}")


if __name__ == "__main__":
    main()
