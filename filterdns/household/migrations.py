"""The schema of rules.db: append a migration at the end, never change one that was released."""

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("rules")

# Lists of targets and days are JSON texts; booleans 0 or 1; times epoch seconds; ids are never used twice.
_FIRST = (
    """
    CREATE TABLE household (
        id INTEGER PRIMARY KEY CHECK (id = 1),
        revision INTEGER NOT NULL,
        name TEXT NOT NULL,
        timezone TEXT NOT NULL,
        country TEXT NOT NULL,
        language TEXT NOT NULL,
        blocked_answer TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE people (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        position INTEGER NOT NULL,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        age INTEGER,
        block TEXT NOT NULL,
        allow TEXT NOT NULL,
        allow_only INTEGER NOT NULL CHECK (allow_only IN (0, 1)),
        safe_search INTEGER NOT NULL CHECK (safe_search IN (0, 1)),
        youtube TEXT NOT NULL,
        minutes TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE windows (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        person INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        days TEXT NOT NULL,
        start INTEGER NOT NULL,
        "end" INTEGER NOT NULL,
        internet_off INTEGER NOT NULL CHECK (internet_off IN (0, 1)),
        block TEXT NOT NULL,
        allow TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE rules (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        person INTEGER REFERENCES people(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        action TEXT NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE pauses (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        person INTEGER REFERENCES people(id) ON DELETE CASCADE,
        until INTEGER
    ) STRICT
    """,
    """
    CREATE TABLE grants (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        person INTEGER NOT NULL REFERENCES people(id) ON DELETE CASCADE,
        target TEXT NOT NULL,
        until INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE devices (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        position INTEGER NOT NULL,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        person INTEGER REFERENCES people(id) ON DELETE SET NULL,
        mac TEXT UNIQUE,
        address TEXT UNIQUE
    ) STRICT
    """,
    """
    CREATE TABLE changes (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        who TEXT NOT NULL,
        title TEXT NOT NULL,
        revision INTEGER NOT NULL
    ) STRICT
    """,
)


@MIGRATIONS()
def first(db: Database) -> None:
    """Version 0.1.0."""
    for statement in _FIRST:
        db.execute(statement)


@MIGRATIONS()
def undo(db: Database) -> None:
    """What the household was before a change, as an export: YAML, NULL once it is too long ago."""
    db.execute("ALTER TABLE changes ADD COLUMN before TEXT")


_ACCOUNTS = (
    """
    CREATE TABLE parents (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        role TEXT NOT NULL,
        password TEXT NOT NULL,
        language TEXT NOT NULL,
        totp TEXT,
        totp_step INTEGER NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE sessions (
        key TEXT PRIMARY KEY,
        parent INTEGER NOT NULL REFERENCES parents(id) ON DELETE CASCADE,
        created INTEGER NOT NULL,
        seen INTEGER NOT NULL,
        address TEXT NOT NULL,
        browser TEXT NOT NULL,
        waits_for_code INTEGER NOT NULL CHECK (waits_for_code IN (0, 1))
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE tokens (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        key TEXT NOT NULL UNIQUE,
        parent INTEGER NOT NULL REFERENCES parents(id) ON DELETE CASCADE,
        name TEXT NOT NULL,
        role TEXT NOT NULL,
        created INTEGER NOT NULL,
        seen INTEGER NOT NULL
    ) STRICT
    """,
    "CREATE TABLE setup_steps (step TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
)


@MIGRATIONS()
def accounts(db: Database) -> None:
    """Who may use the page, and which steps of setting up are behind."""
    for statement in _ACCOUNTS:
        db.execute(statement)


@MIGRATIONS()
def lists(db: Database) -> None:
    """Which public lists the family downloads; what the earlier version did not ask is left to the machine."""
    for column in ("list_size TEXT NOT NULL DEFAULT 'auto'", "lists_without TEXT NOT NULL DEFAULT '[]'",
                   "lists_beside TEXT NOT NULL DEFAULT '[]'"):  # fmt: skip
        db.execute(f"ALTER TABLE household ADD COLUMN {column}")
    db.execute(
        """
        CREATE TABLE own_lists (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE COLLATE NOCASE,
            url TEXT NOT NULL,
            category TEXT NOT NULL,
            lan INTEGER NOT NULL CHECK (lan IN (0, 1))
        ) STRICT
        """
    )


@MIGRATIONS()
def requests(db: Database) -> None:
    """What children ask for; people are named by id without a reference, for their rows are written anew."""
    db.execute("""
        CREATE TABLE requests (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            person INTEGER NOT NULL,
            device INTEGER NOT NULL,
            target TEXT NOT NULL,
            reason TEXT NOT NULL,
            at INTEGER NOT NULL,
            state TEXT NOT NULL,
            who TEXT NOT NULL,
            answered INTEGER,
            until INTEGER
        ) STRICT
    """)


@MIGRATIONS()
def history_days(db: Database) -> None:
    """For how long what was asked is kept."""
    db.execute("ALTER TABLE household ADD COLUMN history_days INTEGER NOT NULL DEFAULT 7")


@MIGRATIONS()
def undo_keeps_ids(db: Database) -> None:
    """The ids of people and devices before a change, in the order of the export: JSON, so that undoing keeps them."""
    db.execute("ALTER TABLE changes ADD COLUMN before_ids TEXT")
