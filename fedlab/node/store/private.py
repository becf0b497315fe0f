"""What never leaves the node: peers, invitations, blocks, settings, drafts, imports, answers."""

import sqlite3
from collections.abc import Sequence

import msgspec

from .database import Database
from .records import Peer, SavedAnswer, SavedDraft, SavedImport


class SettingsTable:
    """Strings by name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str, default: str = "") -> str:
        """Return a setting, or the default if it was never set."""
        with self._database.read() as conn:
            row = conn.execute("SELECT value FROM settings WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def set(self, key: str, value: str) -> None:
        """Keep a setting."""
        with self._database.write() as conn:
            conn.execute("INSERT OR REPLACE INTO settings VALUES (?, ?)", (key, value))

    def remove(self, key: str) -> None:
        """Forget a setting."""
        with self._database.write() as conn:
            conn.execute("DELETE FROM settings WHERE key = ?", (key,))


class PeersTable:
    """Whom this node talks to."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, lab: str, urls: Sequence[str] = (), name: str = "") -> None:
        """Add a peer; of one that is known, replace the addresses and the name that are given."""
        with self._database.write() as conn:
            conn.execute(
                """INSERT INTO peers (lab, urls, name) VALUES (?1, ?2, ?3)
                ON CONFLICT (lab) DO UPDATE SET
                    urls = iif(?2 = '[]', urls, ?2), name = iif(?3 = '', name, ?3)""",
                (lab, msgspec.json.encode(list(urls)).decode(), name),
            )

    def remove(self, lab: str) -> bool:
        """Forget a peer; say whether it was one."""
        with self._database.write() as conn:
            return conn.execute("DELETE FROM peers WHERE lab = ?", (lab,)).rowcount > 0

    def list(self) -> list[Peer]:
        """Return all peers, by lab."""
        with self._database.read() as conn:
            rows = conn.execute("SELECT lab, urls, name FROM peers ORDER BY lab")
            return [Peer(lab, tuple(msgspec.json.decode(urls)), name) for lab, urls, name in rows]


class InvitesTable:
    """One-time tokens, of which only the hash is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token_hash: bytes, expires_at: int) -> None:
        """Let whoever shows the token join until then, in Unix seconds."""
        with self._database.write() as conn:
            conn.execute(
                "INSERT INTO invites (hash, expires_at) VALUES (?, ?)", (token_hash, expires_at)
            )

    def redeem(self, token_hash: bytes, lab: str, now: int) -> bool:
        """Use a token once; the lab that used it may show it again, another may not."""
        with self._database.write() as conn:
            used = conn.execute(
                """UPDATE invites SET used_by = ?2, used_at = coalesce(used_at, ?3)
                WHERE hash = ?1 AND expires_at > ?3 AND coalesce(used_by, ?2) = ?2""",
                (token_hash, lab, now),
            )
            return used.rowcount > 0

    def open(self, now: int) -> list[int]:
        """Return when each token ends that is still good and that nobody has used."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT expires_at FROM invites WHERE used_by IS NULL AND expires_at > ?
                ORDER BY expires_at""",
                (now,),
            )
            return [end for (end,) in rows]

    def withdraw(self) -> None:
        """Forget the tokens that nobody has used."""
        with self._database.write() as conn:
            conn.execute("DELETE FROM invites WHERE used_by IS NULL")

    def void(self, lab: str) -> None:
        """Forget the tokens that a lab has used: it needs a new one to come back."""
        with self._database.write() as conn:
            conn.execute("DELETE FROM invites WHERE used_by = ?", (lab,))


class BlocksTable:
    """Labs that this one does not want to hear of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, lab: str) -> None:
        """Block a lab."""
        with self._database.write() as conn:
            conn.execute("INSERT OR IGNORE INTO blocks VALUES (?)", (lab,))

    def remove(self, lab: str) -> bool:
        """Unblock a lab; say whether it was blocked."""
        with self._database.write() as conn:
            return conn.execute("DELETE FROM blocks WHERE lab = ?", (lab,)).rowcount > 0

    def list(self) -> list[str]:
        """Return the blocked labs."""
        with self._database.read() as conn:
            return [lab for (lab,) in conn.execute("SELECT lab FROM blocks ORDER BY lab")]


class DraftsTable:
    """Writes that were asked for while the amnesia gate was closed, in order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, drafts: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Keep drafts, all or none."""
        with self._database.write() as conn:
            conn.executemany("INSERT INTO drafts (fact, detail) VALUES (?, ?)", drafts)

    def list(self) -> list[SavedDraft]:
        """Return the drafts in the order in which they were asked for."""
        with self._database.read() as conn:
            rows = conn.execute("SELECT id, fact, detail FROM drafts ORDER BY id")
            return [SavedDraft(*row) for row in rows]

    @staticmethod
    def done(conn: sqlite3.Connection, last: int) -> None:
        """Forget the drafts up to `last`, in the transaction that commits them as leaves."""
        conn.execute("DELETE FROM drafts WHERE id <= ?", (last,))


class ImportsTable:
    """The imports of this lab, so that the last can be undone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, at: int, record: bytes) -> int:
        """Keep what an import did, at Unix seconds; return its number."""
        with self._database.write() as conn:
            added = conn.execute("INSERT INTO imports (at, record) VALUES (?, ?)", (at, record))
            assert added.lastrowid is not None
            return added.lastrowid

    def last(self) -> SavedImport | None:
        """Return the newest import that was not undone."""
        with self._database.read() as conn:
            row = conn.execute(
                "SELECT id, at, record FROM imports WHERE undone = 0 ORDER BY id DESC LIMIT 1"
            ).fetchone()
        return row and SavedImport(*row)

    def undone(self, number: int) -> None:
        """Note that an import was undone."""
        with self._database.write() as conn:
            conn.execute("UPDATE imports SET undone = 1 WHERE id = ?", (number,))


class AnswersTable:
    """Answers to writes that a program may ask for twice, by its key for the write."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, key: str, asked: bytes, at: int, oldest: int) -> SavedAnswer | None:
        """Keep a new key, at Unix seconds, and return None; of a known one, return what is kept.

        Keys from before `oldest` are forgotten first.
        """
        with self._database.write() as conn:
            conn.execute("DELETE FROM answers WHERE at < ?", (oldest,))
            row = conn.execute("SELECT asked, answer FROM answers WHERE key = ?", (key,)).fetchone()
            if row is None:
                conn.execute("INSERT INTO answers VALUES (?, ?, ?, NULL)", (key, at, asked))
        return row and SavedAnswer(*row)

    def end(self, key: str, answer: bytes) -> None:
        """Keep the answer to a write that is done."""
        with self._database.write() as conn:
            conn.execute("UPDATE answers SET answer = ? WHERE key = ?", (answer, key))

    def forget(self, key: str) -> None:
        """Forget a key."""
        with self._database.write() as conn:
            conn.execute("DELETE FROM answers WHERE key = ?", (key,))
