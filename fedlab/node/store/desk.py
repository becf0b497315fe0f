"""What the inventory desk keeps, private to the node: files to import, walks through the lab."""

from typing import Final

from .database import Database
from .records import Upload, Walk

# A list that is being mapped, the one before it, and some tries.
UPLOADS_KEPT: Final = 8


class DeskTable:
    """Uploads, what was asked of their columns, and walks."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- Uploads ----------------------------------------------------------------------------------

    def add_upload(self, at: int, filename: str, data: bytes, asked: bytes) -> int:
        """Keep a file, in place of the oldest ones, and return its number."""
        with self._database.write() as conn:
            added = conn.execute(
                """INSERT INTO uploads (at, filename, asked, state, answer, data)
                VALUES (?, ?, ?, 'ready', x'', ?)""",
                (at, filename, asked, data),
            )
            assert added.lastrowid is not None
            conn.execute("DELETE FROM uploads WHERE id <= ?", (added.lastrowid - UPLOADS_KEPT,))
            return added.lastrowid

    def upload(self, number: int) -> Upload | None:
        """Return an upload."""
        with self._database.read() as conn:
            row = conn.execute(
                """SELECT id, at, filename, data, asked, state, answer FROM uploads
                WHERE id = ?""",
                (number,),
            ).fetchone()
        return row and Upload(*row)

    def uploads(self) -> list[Upload]:
        """Return the uploads, the newest first, without their bytes."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT id, at, filename, x'', asked, state, answer FROM uploads
                ORDER BY id DESC"""
            )
            return [Upload(*row) for row in rows]

    def ask(self, number: int, asked: bytes) -> None:
        """Keep how an upload is to be read."""
        with self._database.write() as conn:
            conn.execute("UPDATE uploads SET asked = ? WHERE id = ?", (asked, number))

    def settle(self, number: int, state: str, answer: bytes = b"") -> None:
        """Keep where an upload is; the bytes of one that is done are forgotten."""
        with self._database.write() as conn:
            conn.execute(
                """UPDATE uploads SET state = ?2, answer = ?3,
                    data = iif(?2 = 'done', x'', data) WHERE id = ?1""",
                (number, state, answer),
            )

    # --- Columns ----------------------------------------------------------------------------------

    def columns(self, headers: bytes) -> bytes | None:
        """Return what was asked of a file with these headers, if there was one."""
        with self._database.read() as conn:
            row = conn.execute(
                "SELECT asked FROM import_columns WHERE headers = ?", (headers,)
            ).fetchone()
        return None if row is None else bytes(row[0])

    def keep_columns(self, headers: bytes, asked: bytes) -> None:
        """Keep what was asked of a file with these headers."""
        with self._database.write() as conn:
            conn.execute("INSERT OR REPLACE INTO import_columns VALUES (?, ?)", (headers, asked))

    # --- Walks ------------------------------------------------------------------------------------

    def begin_walk(self, at: int) -> None:
        """Begin a walk."""
        with self._database.write() as conn:
            conn.execute("INSERT INTO walks (began_at) VALUES (?)", (at,))

    def end_walk(self, at: int) -> None:
        """End the walk that is under way."""
        with self._database.write() as conn:
            conn.execute("UPDATE walks SET ended_at = ? WHERE ended_at IS NULL", (at,))

    def walk(self, *, ended: bool = False) -> Walk | None:
        """Return the walk under way, or the last one that was ended."""
        query = "SELECT id, began_at, ended_at FROM walks WHERE (ended_at IS NOT NULL) = ?"
        with self._database.read() as conn:
            row = conn.execute(f"{query} ORDER BY id DESC LIMIT 1", (ended,)).fetchone()
        return row and Walk(*row)
