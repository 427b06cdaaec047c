"""What was asked, counted until the worker takes it. Pure."""

from typing import Final

from filterdns.dns.memory import Asked, Client
from filterdns.dns.wire import Question
from filterdns.policy.decide import Action, Decision, Reason

_BLOCK: Final = Action.BLOCK
_HELPLINE: Final = Reason.HELPLINE
_ILLEGAL: Final = Reason.ILLEGAL
MOST_LINES = 4_000
"""Different lines that are kept until the worker takes them; more are counted as dropped."""


class Tally:
    """The lines of one worker."""

    def __init__(self) -> None:
        self.dropped = 0
        self._lines: dict[Asked, int] = {}

    def note(self, client: Client, asked: Question, decision: Decision) -> Asked | None:
        """Count a query for the parents' log: helplines never, illegal names without the name."""
        if decision.reason is _HELPLINE:
            return None
        name = b"" if decision.reason is _ILLEGAL else asked.qname
        line = (client, name, asked.qtype, decision.action is _BLOCK, decision.reason, decision.rule)
        self.count(line, 1)
        return line

    def count(self, line: Asked, times: int) -> None:
        """Count a line so many times more."""
        lines = self._lines
        before = lines.get(line, 0)
        if before or len(lines) < MOST_LINES:
            lines[line] = before + times
        else:
            self.dropped += times

    def take(self) -> dict[Asked, int]:
        """What was counted since the last call."""
        taken, self._lines = self._lines, {}
        return taken
