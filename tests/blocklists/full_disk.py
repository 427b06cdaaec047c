"""In a mount namespace of its own: a list comes in, the disk fills up, the next comes, room is made, it comes again.

`full_disk.py STATE LEFT NAMES OLD NEW PORT`: two URLs of the test's server; so many octets are left free. Prints a
line of JSON for each update: what it said, how many names are blocked, the list's result, what lies about.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from filterdns.blocklists import results
from filterdns.blocklists.table import DomainTable
from filterdns.dname import from_text

DAY = 86_400


def main(state: Path, left: int, names: int, urls: list[str], port: str) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "none", state], check=True)
    filler = state / "filler"
    for number, url in enumerate((urls[0], urls[1], urls[1])):
        if number == 1:
            room = os.statvfs(state)
            filler.write_bytes(bytes(max(0, room.f_bavail * room.f_frsize - left)))
        elif number == 2:
            filler.unlink()
        words = [str(state), url, port, str(1_790_000_000 + number * DAY)]
        argv = [sys.executable, "-m", "tests.blocklists.update_once", *words]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        print(json.dumps(tell(state, done, names)))  # noqa: T201 - for the test


def tell(state: Path, done: subprocess.CompletedProcess[str], names: int) -> dict[str, object]:
    table = DomainTable.open(state / "published" / "domains")
    said = (done.stderr or done.stdout).splitlines()
    files = [file.name for folder in ("published", "lists/kept") for file in (state / folder).iterdir()]
    return {
        "said": said[-1],
        "blocked": sum(bool(table.tags(from_text(f"n{number}.old.example"))) for number in range(names)),
        "result": next(entry.result for entry in results.read(state) if entry.url),
        "about": [name for name in files if name.startswith(".")],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:6], sys.argv[6])
