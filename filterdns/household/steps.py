"""The steps of setting up, and which of them are behind."""

from filterdns.household.store import Store

HOUSE = "house"
STEPS = (HOUSE, "children", "devices", "router", "check")


def done(store: Store) -> frozenset[str]:
    """Those that a parent has been through."""
    return frozenset(row["step"] for row in store.rows("SELECT step FROM setup_steps"))


def finish(store: Store, step: str) -> None:
    """Within a transaction: this one is behind."""
    store.execute("INSERT OR IGNORE INTO setup_steps (step) VALUES (?)", step)


def after(step: str) -> str | None:
    """The step that follows; None after the last."""
    at = STEPS.index(step) + 1
    return STEPS[at] if at < len(STEPS) else None
