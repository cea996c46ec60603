"""The index's schema, one step a version: `PRAGMA user_version` says how many steps a file has taken.

A step that has shipped is never edited; a change is a new step.
"""

from __future__ import annotations

import sqlite3

STEPS: tuple[str, ...] = (
    """
    CREATE TABLE takes (
        id TEXT PRIMARY KEY,
        stamp INTEGER NOT NULL,      -- modification time of take.json, nanoseconds
        card TEXT NOT NULL,          -- take.json
        created TEXT NOT NULL,
        task TEXT NOT NULL,
        parent TEXT,
        key TEXT,
        rating INTEGER,
        text TEXT NOT NULL           -- what a search looks through, lower case
    ) WITHOUT ROWID;
    CREATE INDEX takes_parent ON takes (parent);
    CREATE TABLE tags (
        take TEXT NOT NULL REFERENCES takes (id) ON DELETE CASCADE,
        tag TEXT NOT NULL,
        PRIMARY KEY (take, tag)
    ) WITHOUT ROWID;
    CREATE INDEX tags_tag ON tags (tag);
    CREATE TABLE roles (
        take TEXT NOT NULL REFERENCES takes (id) ON DELETE CASCADE,
        role TEXT NOT NULL,
        PRIMARY KEY (take, role)
    ) WITHOUT ROWID;
    """,
)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, all steps or none, also when two processes try at once.

    Raises sqlite3.DatabaseError for a file of a newer version.
    """
    if _version(connection) == len(STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version(connection)
        if version > len(STEPS):
            raise sqlite3.DatabaseError(f"the index has version {version}, newer than {len(STEPS)}")
        for step in STEPS[version:]:
            for statement in _statements(step):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(STEPS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _statements(script: str) -> list[str]:
    """The statements of a script; `executescript` would commit on its own."""
    statements, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            statements.append(pending)
            pending = ""
    return statements
