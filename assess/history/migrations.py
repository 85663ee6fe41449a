"""The schema of the database, step by step: version n is reached by the first n steps.

A step is never changed once it was shipped; what is to change becomes a further step. All steps
that are due run in one transaction, so that a database is of one version or of another.
"""

import sqlite3
from collections.abc import Sequence

from assess.errors import HistoryError

# "asse", so that another program's database is not taken for ours.
APPLICATION = 0x61737365

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE runs (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        as_of TEXT NOT NULL,
        body BLOB NOT NULL,
        digest BLOB NOT NULL
    );
    CREATE INDEX runs_by_moment ON runs (as_of, id);
    CREATE TABLE texts (
        id INTEGER PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        text TEXT NOT NULL
    );
    CREATE TABLE states (
        id INTEGER PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        finding INTEGER NOT NULL REFERENCES texts,
        requirement INTEGER NOT NULL REFERENCES texts,
        subject INTEGER REFERENCES texts,
        scenarios INTEGER NOT NULL REFERENCES texts,
        status TEXT NOT NULL,
        severity TEXT NOT NULL,
        necessity TEXT NOT NULL,
        area INTEGER NOT NULL REFERENCES texts,
        title INTEGER NOT NULL REFERENCES texts,
        summary INTEGER NOT NULL REFERENCES texts,
        observed INTEGER NOT NULL REFERENCES texts,
        waived_until TEXT,
        left_out INTEGER NOT NULL
    );
    CREATE TABLE seen (
        run INTEGER NOT NULL REFERENCES runs,
        state INTEGER NOT NULL REFERENCES states,
        PRIMARY KEY (run, state)
    ) WITHOUT ROWID;
    CREATE TABLE baselines (
        name TEXT PRIMARY KEY,
        run INTEGER NOT NULL REFERENCES runs
    );
    """,
    """
    CREATE TABLE notes (
        workbook TEXT PRIMARY KEY,
        body BLOB NOT NULL
    );
    """,
)


def migrate(database: sqlite3.Connection, steps: Sequence[str] = STEPS) -> None:
    """Bring a database to the newest version. Raises HistoryError for a newer or a foreign one."""
    if version_of(database, len(steps)) == len(steps):
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        # Read again: another process may have migrated while this one waited.
        for step in steps[version_of(database, len(steps)) :]:
            _run(database, step)
        database.execute(f"PRAGMA user_version = {len(steps)}")
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:
            database.execute("ROLLBACK")
        raise


def version_of(database: sqlite3.Connection, newest: int = len(STEPS)) -> int:
    """The version of a database; 0 for an empty one."""
    version = int(database.execute("PRAGMA user_version").fetchone()[0])
    application = int(database.execute("PRAGMA application_id").fetchone()[0])
    tables = int(database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
    if tables and application != APPLICATION:
        raise HistoryError("it is a database of another program")
    if version > newest:
        raise HistoryError(
            f"it was written by a newer version of this tool (schema {version}, this one knows "
            f"{newest}). Use that version; nothing was changed"
        )
    return version


def _run(database: sqlite3.Connection, step: str) -> None:
    """Statement by statement: executescript would end the transaction."""
    for statement in step.split(";"):
        if statement.strip():
            database.execute(statement)
