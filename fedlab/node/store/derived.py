"""The tables that are computed from the logs, and dropped and computed again whenever they change.

They are made anew where the file has others than this fedlab makes, or folds made them otherwise:
unlike a migration, what stands here is edited in place.
"""

import hashlib
import re
import secrets
import sqlite3
from typing import Final

from fedlab.ledger.book import fold_form

PROJECTIONS: Final = (
    # `changed` counts up with every change, so that the search index knows what it missed;
    # as the key it lets states be written at the end, four times as fast as among each other.
    """CREATE TABLE items (
        changed INTEGER PRIMARY KEY,
        lab INTEGER NOT NULL,
        code TEXT NOT NULL,
        offered INTEGER NOT NULL,
        state BLOB,
        UNIQUE (lab, code)
    ) STRICT""",
    # Few are not offered, so those that are can be counted without reading any.
    "CREATE INDEX items_gone ON items(lab) WHERE offered = 0",
    """CREATE TABLE lab_states (
        lab INTEGER PRIMARY KEY REFERENCES labs(id),
        state BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE entry_ids (
        prefix INTEGER NOT NULL,
        place INTEGER NOT NULL,
        PRIMARY KEY (prefix, place)
    ) STRICT, WITHOUT ROWID""",
    "CREATE TABLE statuses (place INTEGER PRIMARY KEY, status INTEGER NOT NULL) STRICT",
    """CREATE TABLE folded (
        log INTEGER PRIMARY KEY REFERENCES logs(id),
        upto INTEGER NOT NULL
    ) STRICT""",
    # What a lab's own log promises of its items, by the loan's entry id.
    """CREATE TABLE promises (
        lab INTEGER NOT NULL REFERENCES labs(id),
        loan BLOB NOT NULL,
        state BLOB NOT NULL,
        PRIMARY KEY (lab, loan)
    ) STRICT, WITHOUT ROWID""",
    # Loans, needs and purchases by the entry that opened them; those with `dirty` await folding.
    """CREATE TABLE subjects (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        root BLOB NOT NULL,
        open INTEGER NOT NULL DEFAULT 1,
        dirty INTEGER NOT NULL,
        state BLOB,
        UNIQUE (kind, root)
    ) STRICT""",
    "CREATE INDEX subjects_dirty ON subjects(id) WHERE dirty = 1",
    # `status` is what the entry's own log says of it, `verdict` what the whole subject does.
    """CREATE TABLE subject_entries (
        subject INTEGER NOT NULL,
        place INTEGER NOT NULL,
        status INTEGER NOT NULL,
        verdict INTEGER NOT NULL,
        leaf BLOB NOT NULL,
        PRIMARY KEY (subject, place)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX subject_entries_place ON subject_entries(place, verdict)",
    """CREATE TABLE subject_labs (
        lab INTEGER NOT NULL REFERENCES labs(id),
        kind TEXT NOT NULL,
        open INTEGER NOT NULL,
        subject INTEGER NOT NULL,
        PRIMARY KEY (lab, kind, open, subject)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX subject_labs_subject ON subject_labs(subject)",
    # Places whose detail came or went after they were folded.
    "CREATE TABLE touched (place INTEGER PRIMARY KEY) STRICT",
)
GENERATION_KEY: Final = "projections"
_MADE_KEY: Final = "projections_made"


def make_projections(conn: sqlite3.Connection) -> None:
    """Make the projections anew, empty, in a transaction of the caller's.

    The next run of the projector fills them; the search index follows their new generation.
    """
    for table in reversed(_made(conn)[1:]):  # what refers to others goes first
        conn.execute(f"DROP TABLE IF EXISTS {table}")
    for table in _tables():
        conn.execute(f"DROP TABLE IF EXISTS {table}")
    for statement in PROJECTIONS:
        conn.execute(statement)
    set_ = "INSERT OR REPLACE INTO settings VALUES (?, ?)"
    conn.execute(set_, (_MADE_KEY, " ".join([_form(), *_tables()])))
    conn.execute(set_, (GENERATION_KEY, secrets.token_hex(8)))


def are_projections_current(conn: sqlite3.Connection) -> bool:
    """Say whether the projections in the file are those that this fedlab makes."""
    return _made(conn)[:1] == [_form()]


def _made(conn: sqlite3.Connection) -> list[str]:
    """Return the form of the projections in the file and the names of their tables."""
    found = conn.execute("SELECT value FROM settings WHERE key = ?", (_MADE_KEY,)).fetchone()
    return str(found[0]).split() if found else []


def _form() -> str:
    """Return a hash of everything that makes projections what they are."""
    return hashlib.sha256("\n".join((fold_form(), *PROJECTIONS)).encode()).hexdigest()


def _tables() -> list[str]:
    return re.findall(r"^CREATE TABLE (\w+)", "\n".join(PROJECTIONS), re.MULTILINE)
