"""What each client was told lately, so that a repeated question is one look-up; bounded in bytes. Pure."""

from typing import Final

from filterdns.dns.answers import Packed, unpack
from filterdns.dns.message import write_ttls
from filterdns.native import mypyc_attr
from filterdns.policy.view import View

_PER_ENTRY: Final = 400
"""Octets that CPython spends on an entry, beside its key and its reply."""
_FAR: Final = 1e9
_HITS_AT_ONCE: Final = 8


@mypyc_attr(acyclic=True)
class Client:
    """Who asks from an address, and what that client was told lately."""

    __slots__ = ("address", "mac", "older", "page", "remembered", "view", "waiting", "who")

    def __init__(self, address: str, mac: str | None, device: int, view: View, page: bytes = b"") -> None:
        self.address = address
        self.mac = mac
        self.view = view
        self.who = _who(address, mac, device)
        self.page = page  # where the page that says why is, packed IPv4; empty if blocked answers do not lead there
        self.remembered: dict[bytes, Remembered] = {}
        self.older: dict[bytes, Remembered] = {}  # what was remembered before the last time there was no room
        self.waiting = 0

    def become(self, device: int, view: View) -> None:
        """Be this device and this person from now on."""
        self.view = view
        self.who = _who(self.address, self.mac, device)


@mypyc_attr(acyclic=True)
class Remembered:
    """A reply that may be given again as it is, to the same client and the same octets, until `fresh_until`."""

    __slots__ = ("answer", "asked", "base", "fresh_until", "hits", "tail", "until")

    def __init__(self, tail: bytes, fresh_until: float) -> None:
        self.tail = tail  # the reply without its id
        self.fresh_until = fresh_until
        self.asked: Asked | None = None  # the line that each time it is given again is counted in
        self.hits = 0
        self.answer: Packed | None = None  # what the TTLs age from; without it they stay as they are
        self.base = 0  # where the records begin in `tail`
        self.until = 0.0  # monotonic: when the verdict ends

    def refresh(self, now: float) -> bool:
        """Age the TTLs to `now`; False if the reply has had its time."""
        if self.answer is None:
            return False
        answer, stored = unpack(self.answer)
        lasts_until = min(stored + answer.lifetime, self.until)
        if now >= lasts_until:
            return False
        age = int(now - stored)
        longest = int(min(self.until - now, _FAR))
        tail = bytearray(self.tail)
        write_ttls(tail, self.base, answer, age, longest)
        self.tail = bytes(tail)
        self.fresh_until = min(lasts_until, stored + age + 1, self.until - longest)
        return True


Asked = tuple[str, bytes, int, bool, str, str | None]
"""One line of what was asked, but for how often and when: who, name, type, blocked?, reason, rule."""


class Memory:
    """The clients of one worker and all that is remembered for them."""

    def __init__(self, most_bytes: int) -> None:
        self.clients: dict[str, Client | None] = {}  # by source address as the socket says it; None: may not ask
        self.touched: list[Remembered] = []  # entries given again since their hits were taken
        self._counting: list[Remembered] = []  # those that were touched a little earlier
        self._half = most_bytes // 2
        self._bytes = 0
        self._gone: list[dict[bytes, Remembered]] = []  # what is forgotten, and let go of a little at a time

    def recall(self, packet: bytes, host: str, now: float) -> bytes | None:
        """The remembered reply to these octets, if there is one for whoever has `host`; `now` is monotonic."""
        client = self.clients.get(host)
        entry = client.remembered.get(packet[2:]) if client is not None else None
        if entry is None or not (now < entry.fresh_until or entry.refresh(now)):
            return None
        self._hit(entry)
        return packet[:2] + entry.tail

    def recall_older(self, client: Client, packet: bytes, now: float) -> bytes | None:
        """The same from what is about to be forgotten; what is asked for again stays."""
        entry = client.older.pop(packet[2:], None)
        if entry is None or not (now < entry.fresh_until or entry.refresh(now)):
            return None
        self.keep(client, packet[2:], entry)
        self._hit(entry)
        return packet[:2] + entry.tail

    def keep(self, client: Client, key: bytes, entry: Remembered) -> None:
        """Remember, within the bound: when half of it is full, what is not asked for until the next time goes."""
        size = _PER_ENTRY + len(key) + len(entry.tail)
        self._bytes += size
        if self._bytes > self._half:
            for other in self.clients.values():
                if other is not None:
                    if other.older:
                        self._gone.append(other.older)
                    other.older, other.remembered = other.remembered, {}
            self._bytes = 0
        client.remembered[key] = entry
        if self._gone:
            self._let_go(2 * size)

    def take_hits(self) -> list[tuple[Asked, int]]:
        """How often some lines were given again since they were taken last: a few, and more of them the more wait.

        So few wait that what was let go of meanwhile is not held for long.
        """
        taken = []
        waiting = self.waiting_hits
        for _ in range(min(waiting, _HITS_AT_ONCE + (waiting >> 3))):
            if not self._counting:
                self._counting, self.touched = self.touched, self._counting
            entry = self._counting.pop()
            if entry.asked is not None:
                taken.append((entry.asked, entry.hits))
            entry.hits = 0
        return taken

    @property
    def waiting_hits(self) -> int:
        """How many entries wait for their hits to be taken."""
        return len(self.touched) + len(self._counting)

    def forget(self) -> None:
        """Forget every client and with them every verdict."""
        for host in list(self.clients):
            self.forget_client(host)
        self._bytes = 0

    def forget_client(self, host: str) -> None:
        """Forget who has this address, and what was said there."""
        client = self.clients.pop(host)
        if client is not None:
            self._gone += [held for held in (client.older, client.remembered) if held]
            client.older, client.remembered = {}, {}

    def _let_go(self, least: int) -> None:
        """Free so many octets of what is forgotten, more than come: all of it at once would keep everybody waiting."""
        while self._gone and least > 0:
            if gone := self._gone[-1]:
                key, entry = gone.popitem()
                least -= _PER_ENTRY + len(key) + len(entry.tail)
            else:
                self._gone.pop()

    def _hit(self, entry: Remembered) -> None:
        if not entry.hits:
            self.touched.append(entry)
        entry.hits += 1


def _who(address: str, mac: str | None, device: int) -> str:
    """Who asks, as the spool writes it."""
    return f"{address}\t{mac or ''}\t{device}"
