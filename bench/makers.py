"""`python -m bench.makers`: makes filterdns/household/makers.txt.xz from Debian's package ieee-data.

Taken over are facts: which prefix is assigned to which organisation, its name without legal form and in short.
"""

import csv
import lzma
import re
import sys
from pathlib import Path

from filterdns.household import makers

SOURCE = Path("/usr/share/ieee-data/oui.csv")
TARGET = Path(makers.__file__).with_name(makers.FILE)
MOST_BYTES = 300_000
LONGEST = 28
NOBODY = frozenset({"IEEE Registration Authority", "Private"})
LEGAL_FORM = re.compile(
    r"[\s,.(]+(co|corp|corporation|corporate|inc|incorporated|ind|ltd|limited|llc|gmbh|ag|sa|srl|bv|ab|oy|oyj|as|a/s|aps|"
    r"kg|plc|pte|pty|spa|sas|company|kk|nv|s\.a|s\.r\.l|b\.v|s\.p\.a|k\.k|n\.v|usa|us|& c)[.,)]*$",
    re.IGNORECASE,
)
SHOUTED = re.compile(r"[A-Z]{4,}")


def short(name: str) -> str:
    """An organisation's name as a parent would say it."""
    name = " ".join(name.encode("ascii", "ignore").decode().split())
    while (less := LEGAL_FORM.sub("", name).rstrip(" ,.(")) not in {name, ""}:
        name = less
    name = SHOUTED.sub(lambda word: word[0].capitalize(), name)
    return name if len(name) <= LONGEST else (name[: LONGEST + 1].rpartition(" ")[0] or name[:LONGEST]).rstrip(" ,&-")


def lines(source: Path) -> list[str]:
    """Prefix and maker of each assignment in the register, sorted."""
    with source.open(encoding="utf-8", newline="") as file:
        named = [(row["Assignment"], row["Organization Name"]) for row in csv.DictReader(file)]
    found = {prefix: short(name) for prefix, name in named if name not in NOBODY}
    return [prefix + name for prefix, name in sorted(found.items()) if name]


def main() -> None:
    """Write the file, and say how large it is."""
    found = lines(SOURCE)
    content = "".join(f"{line}\n" for line in found).encode()
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "dict_size": 1 << 20}]
    packed = lzma.compress(content, format=lzma.FORMAT_XZ, filters=filters)
    if len(packed) > MOST_BYTES:
        sys.exit(f"makers: {len(packed):,} octets are more than {MOST_BYTES:,}")
    TARGET.write_bytes(packed)
    print(f"{len(found):,} assignments, {len(content):,} octets, {len(packed):,} packed: {TARGET.name}")


if __name__ == "__main__":
    main()
