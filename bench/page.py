"""Attack the parents' page with the full counts of the design: `python -m bench.page`, minutes, loopback only.

Exits 1 if anything got through. The suite does the same with small counts (tests/bench/test_bench_page.py).
"""

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import page_attacks, page_browser, page_fields, page_files, page_flood, page_names, page_ways
from bench.page_attacks import House, Result

if TYPE_CHECKING:
    from collections.abc import Callable


def main() -> int:
    """Everything, each in a house of its own."""
    attacks: list[Callable[[House], Result | list[Result]]] = [
        lambda house: page_names.escapes(house, 500),
        lambda house: page_browser.opened(house, 500),
        lambda house: page_names.spooled(house, 10_000),
        lambda house: page_fields.typed(house, 2000),
        page_attacks.hosts,
        lambda house: page_ways.bypasses(house, 20_000),
        page_attacks.guesses,
        lambda house: page_attacks.fixations(house, 100),
        lambda house: page_attacks.crossings(house, 1000),
        lambda house: page_attacks.looks(house, 10),
        lambda house: page_attacks.errors(house, 5000),
        lambda house: page_files.restores(house, 200),
        lambda house: page_flood.flood(house.state),
    ]
    failed = False
    for attack in attacks:
        with tempfile.TemporaryDirectory() as folder:
            found = attack(House.build(Path(folder) / "state"))
        for result in found if isinstance(found, list) else [found]:
            failed |= not result.is_fine
            print(result, flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
