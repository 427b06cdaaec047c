"""`filterdns update`: the names and the rules that the workers obey, brought up to date in a process that ends."""

from collections.abc import Callable, Iterator
from pathlib import Path

from filterdns.blocklists.update import update as update_names
from filterdns.household import changes


def refresh(state: Path, say: Callable[[str], None], *, quiet: bool = False) -> Iterator[str]:
    """Do both, even if one fails, and yield a line for each result (`quiet`: for what changed or is bad only).

    `say` gets each step of long work. Raises OSError, StoreError, RuleError or PublishError at the end.
    """
    fault: OSError | None = None
    try:
        names = update_names(state, say)
    except OSError as error:
        fault = error
    else:
        yield from (f"{entry.id}: {entry.result}" for entry in names.lists if entry.is_bad)
        if names.published or not quiet:
            yield f"names: {names.names:,}, {'published' if names.published else 'unchanged'}"
    rules = changes.publish_current(state)
    if rules.is_new_household:
        yield "rules: a new household, everybody is a guest"
    if not (rules.was_current and quiet):
        yield f"rules: revision {rules.revision}, {'unchanged' if rules.was_current else 'published'}"
    if fault:
        raise fault
