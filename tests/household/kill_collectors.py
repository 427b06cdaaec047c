"""Collect a spool without end, to be killed at any moment: python tests/household/kill_collectors.py STATE NOW."""

import contextlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from filterdns.household import collect
from filterdns.household.history import HistoryError

if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        with contextlib.suppress(HistoryError):
            collect.collect(Path(sys.argv[1]), int(sys.argv[2]))
