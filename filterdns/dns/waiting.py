"""What travels between a worker and its resolver: the rules, the time, a question that leaves and who waits for it.

Plain classes, not tuples with names: compiled, their attributes are read at once.
"""

from typing import Any

from filterdns.blocklists.table import DomainTable
from filterdns.dns.memory import Client
from filterdns.dns.wire import Question
from filterdns.native import mypyc_attr
from filterdns.policy.decide import Decision
from filterdns.policy.schedule import Moment
from filterdns.policy.view import Policy

Sender = Any
"""Whoever a reply goes to; the resolver only hands it back."""


class Snapshot:
    """All that decides: one family's policy and the names known, replaced whole."""

    __slots__ = ("policy", "table")

    def __init__(self, policy: Policy, table: DomainTable) -> None:
        self.policy = policy
        self.table = table


@mypyc_attr(acyclic=True)
class Now:
    """The time of a wake-up: one reading of each clock."""

    __slots__ = ("epoch", "moment", "mono")

    def __init__(self, mono: float, epoch: float, moment: Moment) -> None:
        self.mono = mono  # monotonic seconds: cache ages
        self.epoch = epoch  # seconds since 1970: decisions
        self.moment = moment


@mypyc_attr(acyclic=True)
class Forward:
    """A question for an upstream group; its answer comes back by `key`."""

    __slots__ = ("cd", "do", "group", "key", "qname", "qtype")

    def __init__(self, key: bytes, group: int, qname: bytes, qtype: int, do: bool, cd: bool) -> None:  # noqa: FBT001, PLR0913, PLR0917 - made for each miss
        self.key = key
        self.group = group
        self.qname = qname
        self.qtype = qtype
        self.do = do
        self.cd = cd


class Waiter:
    """Somebody who waits for an upstream's answer, and what was decided when the question came."""

    __slots__ = ("asked", "client", "decision", "name", "packet", "sender", "snapshot", "stream")

    def __init__(  # noqa: PLR0913, PLR0917 - as above
        self,
        packet: bytes,
        asked: Question,
        name: bytes,
        client: Client,
        decision: Decision,
        sender: Sender,
        stream: bool,  # noqa: FBT001
        snapshot: Snapshot,
    ) -> None:
        self.packet = packet
        self.asked = asked
        self.name = name  # what is looked up: the name asked, or one of its safe form
        self.client = client
        self.decision = decision
        self.sender = sender
        self.stream = stream
        self.snapshot = snapshot
