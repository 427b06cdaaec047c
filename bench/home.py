"""A FilterDNS home for the measurements: configuration, six people with everything on, twenty devices, listed names."""

import time
from collections.abc import Sequence
from pathlib import Path

CHILD_ADDRESS = "127.0.1.9"  # of the nine-year-old, for whom every kind of rule is on
ADDRESSES = tuple(f"127.0.1.{number}" for number in range(1, 21))
ADULT_ADDRESS = ADDRESSES[0]  # asks the other class of upstreams

_OWNERS = {"Adult one": 4, "Adult two": 4, "Nine": 3, "Twelve": 3, "Fifteen": 3}  # the three that are left: Guests


def config(  # noqa: PLR0913, PLR0917 - what differs between measurements
    home: Path, port: int, web_port: int, upstream: int, cache_mib: int = 16, workers: int = 1
) -> Path:
    """Write config.yaml and its state folder -> the path of the configuration."""
    home.mkdir(parents=True, exist_ok=True)
    path = home / "config.yaml"
    path.write_text(
        f'dns:\n  listen: ["127.0.0.1:{port}"]\n'
        f'  upstreams: {{family: ["udp://127.0.0.1:{upstream}"], open: ["udp://127.0.0.1:{upstream}"]}}\n'
        f'  clients: ["127.0.0.0/8"]\n  workers: {workers}\n  cache_mib: {cache_mib}\n'
        f'web:\n  listen: ["127.0.0.1:{web_port}"]\nstate: {home / "state"}\n'
    )
    return path


def listed(home: Path, names: Sequence[str]) -> None:
    """Lay the names where the operator's own lists of adult sites stand."""
    folder = home / "state" / "lists" / "local" / "adult"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bench.txt").write_text("\n".join(names) + "\n")


def household(now: float | None = None) -> str:
    """The family as YAML: bedtimes fall half a day away from `now` (epoch seconds), homework is running."""
    hour = time.gmtime(now).tm_hour

    def at(later: int) -> str:
        return f"{(hour + later) % 24:02d}:00"

    days = "[mon, tue, wed, thu, fri, sat, sun]"
    bedtime = f'{{name: Bedtime, days: {days}, from: "{at(9)}", to: "{at(15)}", internet: off}}'
    homework = f'{{name: Homework, days: {days}, from: "{at(-3)}", to: "{at(4)}", block: [video, shopping]}}'
    lines = [
        "household: {name: Bench, timezone: UTC, country: DE, language: en}",
        "people:",
        "  - {name: Adult one, age: 41, block: [adult, malware, phishing]}",
        "  - {name: Adult two, age: 39, block: [adult, malware, phishing, ads, tracking]}",
    ]
    for name, age, youtube in (("Nine", 9, "strict"), ("Twelve", 12, "strict"), ("Fifteen", 15, "moderate")):
        lines += [
            f"  - name: {name}",
            f"    age: {age}",
            "    block: [adult, dating, chat, p2p, live, games, gambling, drugs, violence, bypass, service:roblox]",
            "    safe_search: true",
            f"    youtube: {youtube}",
            f"    windows: [{bedtime}, {homework}]",
            "    rules:",
            "      - {name: wikipedia.org, action: allow}",
            "      - {name: blocked-by-rule.example, action: block}",
        ]
    lines += ["  - {name: Guests, block: [adult, dating, gambling, bypass], safe_search: true}", "devices:"]
    owners = [owner for owner, many in _OWNERS.items() for _ in range(many)]
    lines += [
        f"  - {{name: Device {number}, person: {owner}, address: {address}}}"
        for number, (owner, address) in enumerate(zip(owners, ADDRESSES, strict=False), 1)
    ]
    lines += [
        f"  - {{name: Device {number}, person: Guests, address: {ADDRESSES[number - 1]}}}"
        for number in range(len(owners) + 1, len(ADDRESSES) + 1)
    ]
    lines += ["lists: {size: none}", "rules:", "  - {name: house-rule.example, action: block}"]
    return "\n".join(lines) + "\n"
