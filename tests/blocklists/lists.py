"""A list given in a test, read."""

import io

from filterdns.blocklists.reading import Reading


def read(content: str | bytes, syntax: str) -> tuple[list[str], list[str], dict[str, int]]:
    """-> (held, excepted, rejects) of a list given as text or octets."""
    reading = Reading(io.BytesIO(content.encode() if isinstance(content, str) else content), syntax)
    held = list(reading.held())
    return held, reading.excepted, dict(reading.rejects)
