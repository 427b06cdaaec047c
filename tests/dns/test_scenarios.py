"""Transcripts of a household's day: at a time, from an address, a question; what is forwarded, answered, expected.

Each file of tests/scenarios is one household and its steps:

    zone times   at: "2026-11-27 20:59:58"
    who asks     from: 192.168.1.10
    the question ask: "www.example.org A edns do tcp"
    the upstream forward: "www.example.org A family", answer: ["www.example.org 300 A 192.0.2.1"]
                 (or "NXDOMAIN", "NODATA", "none": nobody answers)
                 then: [{forward, answer}], if that leads to another question
                 answered: "2026-11-27 21:00:00", if it comes later
    the reply    expect: {rcode, answer, authority, ede, flags, empty}, or "waiting", or "silence"
                 remembered: true, if it is the one from before to the same octets, with its TTLs aged
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest
import yaml

from filterdns.blocklists import builtin
from filterdns.blocklists.compile import Names, compile_table
from filterdns.blocklists.source import Source
from filterdns.blocklists.table import DomainTable
from filterdns.clock import Zone
from filterdns.dname import from_text, to_text
from filterdns.dns import message, wire
from filterdns.dns.clients import Clients
from filterdns.dns.resolver import Forward, Groups, Now, Resolver, Snapshot
from filterdns.household import document
from filterdns.policy.compile import compile_policy

FOLDER = Path(__file__).parent.parent / "scenarios"
GROUPS = ("family", "open", "local")
ROOM = Groups(0, 1, {from_text("lan"): 2}, 2)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_scenario(path: Path, tmp_path: Path) -> None:
    script = yaml.safe_load(path.read_text())
    play = Play(script, tmp_path)
    for number, step in enumerate(script["steps"], 1):
        try:
            play.step(step)
        except AssertionError as error:
            raise AssertionError(f"{path.name}, step {number} {step}: {error}") from None


class Play:
    """One resolver, one family, and the questions that wait for an upstream."""

    def __init__(self, script: dict[str, Any], folder: Path) -> None:
        known = builtin.knowledge()
        home = document.read(yaml.safe_dump(script["household"]).encode(), "scenario", list(known.services))
        names = [*builtin.sources(), *_lists(script.get("lists", {}))]
        compile_table(folder / "domains", names, special=builtin.special_names())
        policy = compile_policy(home, known, 1)
        self.zone = Zone(policy.timezone)
        self.resolver = Resolver(Snapshot(policy, DomainTable.open(folder / "domains")), ROOM, 1 << 20)
        self.clients = Clients(["lan"])
        self.start: float | None = None
        self.waiting: list[tuple[bytes, Forward]] = []

    def step(self, step: dict[str, Any]) -> None:
        now = self.now(step["at"])
        words = step["ask"].split()
        packet = _query(words)
        address = step["from"]
        client = self.resolver.memory.clients.get(address) or self.clients.identify(
            self.resolver.memory.clients, address, self.resolver.snapshot.policy, now.mono
        )
        if client is None:
            assert step["expect"] == "silence"
            return
        result: bytes | Forward | None = self.resolver.memory.recall(packet, address, now.mono)
        assert step.get("remembered", False) == (result is not None), "remembered, or not"
        if result is None:
            result = self.resolver.receive_query(packet, client, step["ask"], now, stream="tcp" in words)
        if "forward" in step:
            assert isinstance(result, Forward), f"not forwarded: {_show(result)}"
            assert f"{to_text(result.qname)} {words[1]} {GROUPS[result.group]}" == step["forward"]
            result = self.answered(result, step["answer"], step)
        for then in step.get("then", ()):
            assert isinstance(result, Forward), f"not asked again: {_show(result)}"
            assert f"{to_text(result.qname)} {words[1]} {GROUPS[result.group]}" == then["forward"]
            result = self.answered(result, then["answer"], step)
        self.resolver.settle()
        if step["expect"] == "waiting":
            assert isinstance(result, Forward) or result is None, _show(result)
            return
        assert isinstance(result, bytes), f"{result} instead of a reply"
        _compare(dns.message.from_wire(result), step["expect"])
        assert result[:2] == packet[:2]
        assert dns.message.from_wire(result).question[0].name.to_text(omit_final_dot=True) == words[0], "spelling"

    def answered(self, forward: Forward, said: list[str] | str, step: dict[str, Any]) -> bytes | Forward | None:
        """What becomes of the one who waits when an upstream has said this."""
        answer = _answer(forward, said)
        later = self.now(step.get("answered", step["at"]))
        (waiter,) = self.resolver.receive_answer(forward, answer, later)
        assert waiter.sender == step["ask"]
        return self.resolver.reply_to(waiter, forward, answer, later)

    def now(self, text: str) -> Now:
        local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(self.zone.name))
        epoch = local.timestamp()
        self.start = epoch if self.start is None else self.start
        return Now(1000.0 + epoch - self.start, epoch, self.zone.moment(epoch))


def _lists(lists: dict[str, list[str]]) -> Iterator[Names]:
    for category, names in lists.items():
        kind = "allow" if category == "allow" else "list"
        yield Names(Source(f"list:{category}", kind, category, category), lambda names=names: names)


def _query(words: list[str]) -> bytes:
    query = dns.message.make_query(words[0], words[1], use_edns="edns" in words, want_dnssec="do" in words, id=4711)
    return query.to_wire()


def _answer(forward: Forward, said: list[str] | str) -> message.Answer | None:
    """The upstream's message, built by dnspython and read by the program's own reader."""
    if said == "none":
        return None
    sent = wire.query(forward.qname, forward.qtype, b"\0\1", bytes(300), do=forward.do, cd=forward.cd)
    reply = dns.message.make_response(dns.message.from_wire(sent), recursion_available=True)
    lines = [said] if isinstance(said, str) else said
    for line in lines:
        if line in ("NXDOMAIN", "NODATA"):
            reply.set_rcode(dns.rcode.from_text("NXDOMAIN" if line == "NXDOMAIN" else "NOERROR"))
            reply.authority.append(dns.rrset.from_text("com.", 900, "IN", "SOA", "a. b. 1 2 3 4 60"))
            continue
        name, ttl, kind, data = line.split(None, 3)
        reply.answer.append(
            dns.rrset.from_text_list(f"{name}.", int(ttl), "IN", kind, [data], origin=dns.name.root, relativize=False)
        )
    return message.read(reply.to_wire(), len(forward.qname) + 16, do=forward.do)


def _compare(reply: dns.message.Message, expected: dict[str, Any]) -> None:
    found = {
        "rcode": dns.rcode.to_text(reply.rcode()),
        "answer": [_line(rrset) for rrset in reply.answer],
        "authority": [_line(rrset).partition(" SOA")[0] + " SOA" for rrset in reply.authority],
        "ede": next((f"{int(o.code)} {o.text}" for o in reply.options if isinstance(o, dns.edns.EDEOption)), None),
        "edns": reply.edns >= 0,
        "flags": dns.flags.to_text(reply.flags),
    }
    for key, value in expected.items():
        assert found[key] == value, f"{key}: {found[key]!r} instead of {value!r}"


def _line(rrset: dns.rrset.RRset) -> str:
    return " ".join(rrset.to_text(omit_final_dot=False).replace(" IN ", " ").replace("\n", " | ").split())


def _show(result: object) -> str:
    return dns.message.from_wire(result).to_text() if isinstance(result, bytes) else str(result)
