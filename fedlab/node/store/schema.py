"""The tables of a node that must never be lost, and how its files are opened.

They are made by sqlite-utils migrations: applied once each, never edited afterwards. Those that can
be computed again are `derived`.
"""

import sqlite3
from contextlib import closing

from sqlite_utils import Database as Tables
from sqlite_utils.migrations import Migrations

SQLITE_VERSION_MIN = (3, 40)  # Debian 12; STRICT tables came with 3.37

migrations = Migrations("fedlab")

# Keys of what belongs to one entry or one block: the log's number above, the place in it below.
PLACE_BITS = 40  # limits.TREE_SIZE_MAX
BLOCK_BITS = 32  # 2**40 entries in blocks of 256


@migrations()
def logs(db: Tables) -> None:
    """What others hold too: labs, their chains and logs, details, and evidence against authors."""
    for statement in (
        """CREATE TABLE labs (
            id INTEGER PRIMARY KEY,
            lab TEXT NOT NULL UNIQUE
        ) STRICT""",
        """CREATE TABLE chains (
            lab INTEGER NOT NULL REFERENCES labs(id),
            epoch INTEGER NOT NULL,
            leaf BLOB NOT NULL,
            PRIMARY KEY (lab, epoch)
        ) STRICT, WITHOUT ROWID""",
        # `peaks` is the compact range over the `held` entries; `head` is the newest fully held,
        # `toward` the one that entries beyond it were proved to; `bytes` counts leaves, details.
        """CREATE TABLE logs (
            id INTEGER PRIMARY KEY,
            lab INTEGER NOT NULL REFERENCES labs(id),
            epoch INTEGER NOT NULL,
            held INTEGER NOT NULL DEFAULT 0,
            peaks BLOB NOT NULL DEFAULT x'',
            head BLOB,
            toward BLOB,
            seen_at INTEGER NOT NULL DEFAULT 0,
            bytes INTEGER NOT NULL DEFAULT 0,
            UNIQUE (lab, epoch)
        ) STRICT""",
        # The root stands before the bytes, so that SQLite reads it without the overflow pages.
        """CREATE TABLE bundles (
            id INTEGER PRIMARY KEY,
            root BLOB NOT NULL,
            bundle BLOB NOT NULL
        ) STRICT""",
        "CREATE TABLE open_leaves (id INTEGER PRIMARY KEY, leaf BLOB NOT NULL) STRICT",
        "CREATE TABLE details (id INTEGER PRIMARY KEY, detail BLOB NOT NULL) STRICT",
        "CREATE TABLE erased (id INTEGER PRIMARY KEY) STRICT",
        # Places whose fact commits to a detail that nobody has sent yet.
        "CREATE TABLE missing (id INTEGER PRIMARY KEY) STRICT",
        # Proofs that the author of a log signed two heads that cannot both be true.
        """CREATE TABLE faults (
            log INTEGER NOT NULL REFERENCES logs(id),
            evidence BLOB NOT NULL,
            PRIMARY KEY (log, evidence)
        ) STRICT, WITHOUT ROWID""",
    ):
        db.execute(statement)


@migrations()
def private(db: Tables) -> None:
    """What never leaves this node."""
    for statement in (
        "CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
        """CREATE TABLE peers (
            lab TEXT PRIMARY KEY,
            urls TEXT NOT NULL,
            name TEXT NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE invites (
            hash BLOB PRIMARY KEY,
            expires_at INTEGER NOT NULL,
            used_by TEXT,
            used_at INTEGER
        ) STRICT, WITHOUT ROWID""",
        "CREATE TABLE blocks (lab TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
        """CREATE TABLE imports (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            record BLOB NOT NULL,
            undone INTEGER NOT NULL DEFAULT 0
        ) STRICT""",
        """CREATE TABLE drafts (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            fact BLOB NOT NULL,
            detail BLOB
        ) STRICT""",
    ):
        db.execute(statement)


@migrations()
def carriers(db: Tables) -> None:
    """Who brought each log's newest entries: strangers are charged to whoever carries them."""
    db.execute("ALTER TABLE logs ADD COLUMN carrier TEXT NOT NULL DEFAULT ''")


@migrations()
def answers(db: Tables) -> None:
    """The answers to writes that a program may ask for twice; they stood in one setting before."""
    db.execute(
        """CREATE TABLE answers (
            key TEXT PRIMARY KEY,
            at INTEGER NOT NULL,
            asked BLOB NOT NULL,
            answer BLOB
        ) STRICT, WITHOUT ROWID"""
    )
    db.execute("CREATE INDEX answers_at ON answers(at)")
    db.execute("DELETE FROM settings WHERE key = 'once'")


@migrations()
def projections(db: Tables) -> None:
    """Nothing any more: these are no migration's, see `derived.make_projections`."""


@migrations()
def counter(db: Tables) -> None:
    """Who has what from the counter, outside bodies, and reminders; never replicated."""
    for statement in (
        """CREATE TABLE counter_bodies (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            email TEXT NOT NULL DEFAULT '',
            phone TEXT NOT NULL DEFAULT ''
        ) STRICT""",
        # `hold` is the entry that keeps the item out of the calendar; empty where none does.
        # AUTOINCREMENT: a slip of paper names a loan, and no later one may be called the same.
        """CREATE TABLE counter_loans (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            code TEXT NOT NULL,
            quantity INTEGER,
            member INTEGER,
            body INTEGER REFERENCES counter_bodies(id),
            name TEXT NOT NULL,
            lent_at INTEGER NOT NULL,
            lent_by INTEGER,
            due TEXT NOT NULL,
            caution INTEGER NOT NULL DEFAULT 0,
            note TEXT NOT NULL DEFAULT '',
            hold TEXT NOT NULL DEFAULT '',
            back_at INTEGER,
            back_by INTEGER,
            back_note TEXT NOT NULL DEFAULT '',
            caution_back INTEGER
        ) STRICT""",
        "CREATE INDEX counter_out ON counter_loans(due) WHERE back_at IS NULL",
        "CREATE INDEX counter_codes ON counter_loans(code)",
        "CREATE INDEX counter_members ON counter_loans(member)",
        """CREATE TABLE counter_reminders (
            id INTEGER PRIMARY KEY,
            loan INTEGER NOT NULL REFERENCES counter_loans(id),
            due TEXT NOT NULL,
            step TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            next_at INTEGER NOT NULL,
            error TEXT NOT NULL DEFAULT '',
            done_at INTEGER,
            how TEXT NOT NULL DEFAULT '',
            UNIQUE (loan, due, step)
        ) STRICT""",
    ):
        db.execute(statement)


@migrations()
def members(db: Tables) -> None:
    """The people of this lab, how they prove who they are, and what they did."""
    for statement in (
        """CREATE TABLE members (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL,
            login TEXT UNIQUE,
            email TEXT NOT NULL DEFAULT '',
            role TEXT NOT NULL,
            ends TEXT NOT NULL DEFAULT '',
            number TEXT NOT NULL DEFAULT '',
            left INTEGER NOT NULL DEFAULT 0,
            password TEXT NOT NULL DEFAULT '',
            folded TEXT NOT NULL,
            added_at INTEGER NOT NULL
        ) STRICT""",
        """CREATE TABLE sessions (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hash BLOB NOT NULL UNIQUE,
            member INTEGER NOT NULL REFERENCES members(id),
            device TEXT NOT NULL,
            address TEXT NOT NULL,
            began_at INTEGER NOT NULL,
            seen_at INTEGER NOT NULL
        ) STRICT""",
        "CREATE INDEX sessions_member ON sessions(member)",
        # `kind` is link, used once, or card, printed and used until it is made worthless.
        """CREATE TABLE login_keys (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hash BLOB NOT NULL UNIQUE,
            member INTEGER NOT NULL REFERENCES members(id),
            kind TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            UNIQUE (member, kind)
        ) STRICT""",
        """CREATE TABLE api_tokens (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            hash BLOB NOT NULL UNIQUE,
            member INTEGER NOT NULL REFERENCES members(id),
            name TEXT NOT NULL,
            scopes TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            used_at INTEGER
        ) STRICT""",
        """CREATE TABLE journal (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            member INTEGER,
            what TEXT NOT NULL,
            subject TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX journal_at ON journal(at)",
    ):
        db.execute(statement)


@migrations()
def desk(db: Tables) -> None:
    """The inventory desk: files on their way in, what their columns meant, and walks."""
    for statement in (
        """CREATE TABLE uploads (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            filename TEXT NOT NULL,
            asked BLOB NOT NULL,
            state TEXT NOT NULL,
            answer BLOB NOT NULL,
            data BLOB NOT NULL
        ) STRICT""",
        # What was asked of a file with these headers, for the next one that has them.
        """CREATE TABLE import_columns (
            headers BLOB PRIMARY KEY,
            asked BLOB NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE walks (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            began_at INTEGER NOT NULL,
            ended_at INTEGER
        ) STRICT""",
    ):
        db.execute(statement)


@migrations()
def wishes(db: Tables) -> None:
    """What members would like to borrow from other labs."""
    # `state` is open, passed, declined or withdrawn; `loan` what came of one that was passed on.
    db.execute(
        """CREATE TABLE wishes (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            member INTEGER NOT NULL REFERENCES members(id),
            item TEXT NOT NULL,
            quantity INTEGER NOT NULL,
            day_from TEXT NOT NULL,
            day_to TEXT NOT NULL,
            note TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            state TEXT NOT NULL DEFAULT 'open',
            loan TEXT NOT NULL DEFAULT '',
            answer TEXT NOT NULL DEFAULT '',
            answered_at INTEGER
        ) STRICT"""
    )
    db.execute("CREATE INDEX wishes_member ON wishes(member)")


@migrations()
def reminders_of_wishes(db: Tables) -> None:
    """Whoever has another lab's thing is reminded from the same outbox."""
    for statement in (
        """CREATE TABLE reminders (
            id INTEGER PRIMARY KEY,
            loan INTEGER REFERENCES counter_loans(id),
            wish INTEGER REFERENCES wishes(id) ON DELETE CASCADE,
            due TEXT NOT NULL,
            step TEXT NOT NULL,
            made_at INTEGER NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            next_at INTEGER NOT NULL,
            error TEXT NOT NULL DEFAULT '',
            done_at INTEGER,
            how TEXT NOT NULL DEFAULT '',
            UNIQUE (loan, due, step),
            UNIQUE (wish, due, step),
            CHECK ((loan IS NULL) <> (wish IS NULL))
        ) STRICT""",
        """INSERT INTO reminders (id, loan, due, step, made_at, tries, next_at, error, done_at, how)
            SELECT id, loan, due, step, made_at, tries, next_at, error, done_at, how
            FROM counter_reminders""",
        "DROP TABLE counter_reminders",
        "ALTER TABLE reminders RENAME TO counter_reminders",
    ):
        db.execute(statement)


def newer_migrations(db: Tables) -> list[str]:
    """Return the names of what a newer fedlab did to this file, in the order it was done."""
    with closing(sqlite3.connect(":memory:")) as empty:
        known = {migration.name for migration in migrations.pending(Tables(empty))}
    return [done.name for done in migrations.applied(db) if done.name not in known]


def set_pragmas(conn: sqlite3.Connection, *, writer: bool) -> None:
    """Say everything that SQLite would otherwise leave to how it was compiled."""
    if writer:
        # Decided before the first table exists; 8 KiB takes a tenth off the time of a package.
        conn.execute("PRAGMA page_size = 8192")
        # Only the writer checkpoints; at 16 MiB each page of a transfer is moved fewer times.
        conn.execute("PRAGMA journal_mode = WAL")
        conn.execute("PRAGMA wal_autocheckpoint = 2048")
        conn.execute(f"PRAGMA journal_size_limit = {32 * 1024 * 1024}")
        # With NORMAL a power cut loses acknowledged commits, and a lab forks itself.
        conn.execute("PRAGMA synchronous = FULL")
        conn.execute("PRAGMA secure_delete = ON")
        conn.execute("PRAGMA foreign_keys = ON")
        conn.execute("PRAGMA recursive_triggers = OFF")
    else:
        conn.execute("PRAGMA query_only = ON")
    conn.execute("PRAGMA busy_timeout = 5000")
    conn.execute(f"PRAGMA cache_size = {-8192 if writer else -2048}")
    conn.execute("PRAGMA mmap_size = 0")  # a read error would kill the process, not raise
    conn.execute("PRAGMA temp_store = MEMORY")  # erased details never pass through /tmp
    conn.execute("PRAGMA trusted_schema = OFF")
