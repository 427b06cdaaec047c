"""Queries a second by dnsperf, the same command for every server."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.process import CLIENT_CPU, BenchError, find, pinned

_FIELDS = {
    "rate": re.compile(r"Queries per second:\s+([\d.]+)"),
    "sent": re.compile(r"Queries sent:\s+(\d+)"),
    "lost": re.compile(r"Queries lost:\s+(\d+)"),
}
LONGEST = 60  # seconds that once through a file may take at most, twice over
_CODES = re.compile(r"(\w+) (\d+) \(")


@dataclass(frozen=True)
class Throughput:
    """What dnsperf saw: completed queries a second, how many it sent and lost, how many answers had which code."""

    rate: float
    sent: int
    lost: int
    codes: dict[str, int]

    @property
    def failed(self) -> int:
        """Questions lost, refused or answered with a server's failure."""
        return self.lost + self.codes.get("SERVFAIL", 0) + self.codes.get("REFUSED", 0) + self.codes.get("FORMERR", 0)


def parse(text: str) -> Throughput:
    """The statistics block that dnsperf prints. Raises BenchError."""
    found = {key: pattern.search(text) for key, pattern in _FIELDS.items()}
    if not all(found.values()):
        raise BenchError("dnsperf printed no statistics")
    rate, sent, lost = (float(match[1]) for match in found.values() if match)
    codes = next((line for line in text.splitlines() if "Response codes:" in line), "")
    return Throughput(rate, int(sent), int(lost), {code: int(many) for code, many in _CODES.findall(codes)})


def throughput(port: int, source: str, asked: Path, seconds: int | None, rate: int | None = None) -> Throughput:
    """Ask the queries of the file as fast as answers come, 100 outstanding, from 4 sockets of one address.

    `seconds` None: once through the file. `rate`: so many a second at most.
    """
    command = [find("dnsperf") or "dnsperf", "-s", "127.0.0.1", "-p", str(port), "-a", source, "-d", str(asked)]
    command += ["-c", "4", "-q", "100", "-t", "2", "-e", *(("-l", str(seconds)) if seconds else ("-n", "1"))]
    command += ["-Q", str(rate)] if rate else []
    limit = 60 + 2 * (seconds or LONGEST)
    try:
        done = subprocess.run(  # noqa: S603 - the bench's own fixed command
            pinned(CLIENT_CPU, command), capture_output=True, text=True, timeout=limit, check=False
        )
    except subprocess.TimeoutExpired:
        raise BenchError(f"dnsperf did not end within {limit:.0f} s") from None
    return parse(done.stdout)
