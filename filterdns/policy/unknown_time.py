"""The policy of a box that does not know the time: nothing that a clock gives is given, and nobody is cut off. Pure."""

from filterdns.policy.schedule import Span, Timeline
from filterdns.policy.view import Policy, View


def for_unknown_time(policy: Policy) -> Policy:
    """The same rules without hours; names and categories are blocked as ever.

    Whatever any window blocks is blocked, no window turns the internet off or allows more, no grant runs, pauses hold.
    """
    return policy._replace(views=tuple(map(_without_hours, policy.views)))


def _without_hours(view: View) -> View:
    blockers = []
    block = 0
    for span in view.timeline.spans:
        block |= span.block
        blockers += [blocker for blocker in span.blockers if blocker not in blockers]
    always = Timeline(spans=(Span(block=block, blockers=tuple(blockers)),))
    return view._replace(timeline=always, grants=(), time_grant=None)
