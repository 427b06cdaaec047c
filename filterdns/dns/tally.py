"""What was asked, counted until the worker takes it; bounded in bytes. Pure."""

from typing import Final

from filterdns.dns.memory import Asked, Client
from filterdns.dns.wire import Question
from filterdns.policy.decide import Action, Decision, Reason

_BLOCK: Final = Action.BLOCK
_HELPLINE: Final = Reason.HELPLINE
_ILLEGAL: Final = Reason.ILLEGAL
_SAID: Final = {reason: reason.value for reason in Reason}  # plain texts, which lead to nothing else
_PER_LINE: Final = 500
"""Octets that CPython spends on a line here and, until it is in the spool, in the worker's hands."""


class Tally:
    """The lines of one worker; different ones that there is no room for are counted as dropped."""

    def __init__(self, most_bytes: int) -> None:
        self.dropped = 0
        self._most = max(1, most_bytes // _PER_LINE)
        self._lines: dict[Asked, int] = {}

    def note(self, client: Client, asked: Question, decision: Decision) -> Asked | None:
        """Count a query for the parents' log: helplines never, illegal names without the name."""
        if decision.reason is _HELPLINE:
            return None
        name = b"" if decision.reason is _ILLEGAL else asked.qname
        line = (client.who, name, asked.qtype, decision.action is _BLOCK, _SAID[decision.reason], decision.rule)
        self.count(line, 1)
        return line

    def count(self, line: Asked, times: int) -> None:
        """Count a line so many times more."""
        lines = self._lines
        before = lines.get(line, 0)
        if before or len(lines) < self._most:
            lines[line] = before + times
        else:
            self.dropped += times

    def take(self) -> dict[Asked, int]:
        """What was counted since the last call."""
        taken, self._lines = self._lines, {}
        return taken
