"""The profile file's schema as a list of migrations; `user_version` counts those that ran. Never edit one, append."""

import sqlite3

MIGRATIONS = (
    """
    CREATE TABLE draft (
        conversation_id TEXT NOT NULL,
        turn INTEGER NOT NULL,
        author_id TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (author_id, conversation_id, turn)
    ) STRICT;
    CREATE TABLE outbox (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        author_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        turn INTEGER NOT NULL,
        submitted_at TEXT NOT NULL,
        body TEXT NOT NULL,
        refusal TEXT
    ) STRICT;
    CREATE TABLE delivery (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        author_id TEXT NOT NULL,
        conversation_id TEXT NOT NULL,
        turn INTEGER NOT NULL,
        submitted_at TEXT NOT NULL,
        receipt TEXT NOT NULL
    ) STRICT;
    CREATE TABLE person (key TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE queue_row (conversation_id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
    CREATE TABLE conversation (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id TEXT NOT NULL UNIQUE,
        body TEXT NOT NULL
    ) STRICT;
    """,
    """
    CREATE TABLE unreadable_draft (
        position INTEGER PRIMARY KEY AUTOINCREMENT,
        conversation_id TEXT NOT NULL,
        turn INTEGER NOT NULL,
        author_id TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    """,
    """
    ALTER TABLE delivery ADD COLUMN body TEXT;
    CREATE TABLE feed_place (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        place TEXT NOT NULL,
        read_at TEXT NOT NULL
    ) STRICT;
    """,
    """
    ALTER TABLE draft ADD COLUMN seal TEXT;
    ALTER TABLE outbox ADD COLUMN seal TEXT;
    """,
    "ALTER TABLE feed_place ADD COLUMN newest TEXT NOT NULL DEFAULT '0';",
)


class NewerSchemaError(Exception):
    """The file was written by a newer Redline."""


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the file to this program's schema, each step in a transaction. Raises NewerSchemaError, sqlite3.Error."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > len(MIGRATIONS):
        raise NewerSchemaError("This profile was written by a newer Redline; update this one to open it.")
    for number in range(version, len(MIGRATIONS)):
        script = f"BEGIN IMMEDIATE; {MIGRATIONS[number]} PRAGMA user_version = {number + 1}; COMMIT;"
        connection.executescript(script)
