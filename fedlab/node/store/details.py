"""Details on disk: salt and body of each, a row an entry, so that one can go and leave nothing."""

import sqlite3
from collections.abc import Iterable, Sequence

from fedlab.protocol.errors import LocalProtocolError

from .base import PURGE_KEY, Place
from .database import Database
from .rows import ROWS_AT_ONCE, LogRow, log_numbers
from .schema import PLACE_BITS

# Set in the transaction that erases, cleared once the write-ahead log is cut: a crash between the
# two must not leave the bytes there.
SCRUB_KEY = "scrub"


class DetailRows:
    """The erasable part."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, lab: str, epoch: int, start: int, end: int) -> list[bytes | None]:
        """Return salt and body of each entry's detail; None where none is held."""
        with self._database.read() as conn:
            row = LogRow.find(conn, lab, epoch)
            if row is None:
                return [None] * (end - start)
            found = dict(
                conn.execute(
                    "SELECT id, detail FROM details WHERE id >= ? AND id < ?",
                    (row.place(start), row.place(end)),
                )
            )
            return [found.get(place) for place in range(row.place(start), row.place(end))]

    def read_places(self, places: Sequence[Place]) -> list[bytes | None]:
        """Return the details of entries anywhere, a few hundred in one statement."""
        found: dict[int, bytes] = {}
        with self._database.read() as conn:
            logs = log_numbers(conn, {place.lab for place in places})
            keys = [
                log << PLACE_BITS | place.at if (log := logs.get(place[:2])) is not None else None
                for place in places
            ]
            for start in range(0, len(keys), ROWS_AT_ONCE):
                some = keys[start : start + ROWS_AT_ONCE]
                marks = ",".join("?" * len(some))
                query = f"SELECT id, detail FROM details WHERE id IN ({marks})"  # noqa: S608
                found.update(conn.execute(query, some).fetchall())
        return [found.get(key) if key is not None else None for key in keys]

    def missing(self, lab: str, epoch: int, start: int, limit: int) -> list[int]:
        """Return the first indexes from `start` on whose details are neither held nor erased."""
        with self._database.read() as conn:
            row = LogRow.find(conn, lab, epoch)
            if row is None:
                return []
            rows = conn.execute(
                "SELECT id FROM missing WHERE id >= ? AND id < ? ORDER BY id LIMIT ?",
                (row.place(start), row.place(row.held), limit),
            )
            return [place - row.place(0) for (place,) in rows]

    def erased(self, lab: str, epoch: int, start: int, end: int) -> set[int]:
        """Return the indexes in `[start, end)` whose details were erased."""
        with self._database.read() as conn:
            row = LogRow.find(conn, lab, epoch)
            if row is None:
                return set()
            return {place - row.place(0) for place in self._erased(conn, row, start, end)}

    @staticmethod
    def _erased(conn: sqlite3.Connection, row: LogRow, start: int, end: int) -> set[int]:
        rows = conn.execute(
            "SELECT id FROM erased WHERE id >= ? AND id < ?", (row.place(start), row.place(end))
        )
        return {place for (place,) in rows}

    # --- Growing and shrinking, within a transaction of the caller -------------------------------

    def put_with_leaves(
        self,
        conn: sqlite3.Connection,
        row: LogRow,
        start: int,
        details: Sequence[bytes | None],
        commitments: Sequence[bytes | None],
    ) -> None:
        """Keep the details that came with new leaves, and note those that are still to come."""
        place, end = row.place(start), start + len(details)
        erased = self._erased(conn, row, start, end)
        here = [
            (place + i, detail)
            for i, detail in enumerate(details)
            if detail is not None and place + i not in erased
        ]
        conn.executemany("INSERT INTO details VALUES (?, ?)", here)
        row.stored_bytes += sum(len(detail) for _, detail in here)
        conn.executemany(
            "INSERT INTO missing VALUES (?)",
            [
                (place + i,)
                for i, (detail, commitment) in enumerate(zip(details, commitments, strict=True))
                if detail is None and commitment is not None and place + i not in erased
            ],
        )

    def put_late(
        self, conn: sqlite3.Connection, row: LogRow, blobs: Iterable[tuple[int, bytes]]
    ) -> None:
        """Keep details of entries that are held; skip those that are held or erased already.

        Raises LocalProtocolError for an entry that is not held.
        """
        for index, detail in blobs:
            if index >= row.held:
                raise LocalProtocolError(f"entry {index} of {row.held} has no detail to keep")
            place = (row.place(index),)
            if not conn.execute("DELETE FROM missing WHERE id = ?", place).rowcount:
                continue  # not asked for any more
            conn.execute("INSERT INTO details VALUES (?, ?)", (*place, detail))
            conn.execute("INSERT OR IGNORE INTO touched VALUES (?)", place)
            row.stored_bytes += len(detail)

    def erase(self, conn: sqlite3.Connection, row: LogRow, index: int) -> bool:
        """Remove a detail for good and never take it again; say whether anything changed."""
        place = (row.place(index),)
        if not conn.execute("INSERT OR IGNORE INTO erased VALUES (?)", place).rowcount:
            return False
        conn.execute("DELETE FROM missing WHERE id = ?", place)
        found = conn.execute("SELECT length(detail) FROM details WHERE id = ?", place).fetchone()
        if found:
            conn.execute("DELETE FROM details WHERE id = ?", place)
            conn.executemany(
                "INSERT OR REPLACE INTO settings VALUES (?, '1')", [(SCRUB_KEY,), (PURGE_KEY,)]
            )
            row.stored_bytes -= found[0]
        conn.execute("INSERT OR IGNORE INTO touched VALUES (?)", place)
        return True
