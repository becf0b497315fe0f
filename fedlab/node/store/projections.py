"""Projection tables: what the projector computes, kept so that it need not be computed again."""

import sqlite3
from collections.abc import Iterable, Iterator

from .base import Folded, FoldPosition, ItemName, Place, StoredItem
from .database import Database
from .derived import GENERATION_KEY, make_projections
from .rows import ROWS_AT_ONCE, LogRow, lab_number
from .schema import PLACE_BITS
from .subjects import SubjectTables, places_of

# 56 bits of an id find an entry among billions, and fit SQLite's signed integers.
_PREFIX_DIGITS = 14


class ProjectionTables:
    """Items, labs, entry ids and statuses, and how far each log is folded."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.subjects = SubjectTables(database)

    def positions(self) -> list[FoldPosition]:
        """Return how far each log is folded, by lab and epoch."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT labs.lab, epoch, coalesce(upto, 0), held
                FROM logs JOIN labs ON labs.id = logs.lab LEFT JOIN folded ON folded.log = logs.id
                ORDER BY labs.lab, epoch"""
            )
            return [FoldPosition(*row) for row in rows]

    def put(self, lab: str, epoch: int, upto: int, folded: Folded) -> None:
        """Keep what folding a log up to there has changed."""
        with self._database.write() as conn:
            row = LogRow.find_or_begin(conn, lab, epoch)
            number = lab_number(conn, lab)
            changed = _last_change(conn)
            conn.executemany(
                "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)",
                [
                    (changed + i, number, code, offered, state)
                    for i, (code, state, offered) in enumerate(folded.items, 1)
                ],
            )
            if folded.lab_state is not None:
                conn.execute(
                    "INSERT OR REPLACE INTO lab_states VALUES (?, ?)", (number, folded.lab_state)
                )
            conn.executemany(
                "INSERT OR IGNORE INTO entry_ids VALUES (?, ?)",
                [(int.from_bytes(id_[:7], "big"), row.place(i)) for i, id_ in folded.ids],
            )
            conn.executemany(
                "INSERT OR REPLACE INTO statuses VALUES (?, ?)",
                [(row.place(i), status) for i, status in folded.statuses],
            )
            self.subjects.add(row, folded.ledger)
            for loan, state in folded.promises:
                if state is None:
                    conn.execute("DELETE FROM promises WHERE lab = ? AND loan = ?", (number, loan))
                else:
                    put = "INSERT OR REPLACE INTO promises VALUES (?, ?, ?)"
                    conn.execute(put, (number, loan, state))
            conn.execute("INSERT OR REPLACE INTO folded VALUES (?, ?)", (row.id, upto))

    def forget(self, lab: str) -> None:
        """Forget what was computed of a lab, which is then folded from its first entry.

        Its items stay as empty rows, so that the search index hears if one does not come back.
        """
        with self._database.write() as conn:
            number = lab_number(conn, lab)
            self.change(lab)
            conn.execute("UPDATE items SET state = NULL, offered = 0 WHERE lab = ?", (number,))
            conn.execute("DELETE FROM lab_states WHERE lab = ?", (number,))
            conn.execute("DELETE FROM promises WHERE lab = ?", (number,))
            for (log,) in conn.execute("SELECT id FROM logs WHERE lab = ?", (number,)).fetchall():
                places = (log << PLACE_BITS, (log + 1) << PLACE_BITS)
                conn.execute("DELETE FROM entry_ids WHERE place >= ? AND place < ?", places)
                conn.execute("DELETE FROM statuses WHERE place >= ? AND place < ?", places)
                conn.execute("DELETE FROM folded WHERE log = ?", (log,))
                self.subjects.forget(log)

    def clear(self) -> None:
        """Forget all that was computed."""
        with self._database.write() as conn:
            make_projections(conn)

    def generation(self) -> str:
        """Return what tells these projections from all others: changes are counted within it."""
        query = "SELECT value FROM settings WHERE key = ?"
        with self._database.read() as conn:
            return str(conn.execute(query, (GENERATION_KEY,)).fetchone()[0])

    def touched(self, limit: int) -> list[Place]:
        """Return places whose detail came or went after they were folded."""
        with self._database.read() as conn:
            rows = conn.execute("SELECT place FROM touched ORDER BY place LIMIT ?", (limit,))
            return places_of(conn, [place for (place,) in rows])

    def settle(self, places: Iterable[Place]) -> None:
        """Note that those are dealt with."""
        with self._database.write() as conn:
            for lab, epoch, at in places:
                row = LogRow.find_or_begin(conn, lab, epoch)
                conn.execute("DELETE FROM touched WHERE place = ?", (row.place(at),))

    def item_states(self, named: Iterable[ItemName]) -> dict[ItemName, bytes]:
        """Return the states of those of the named items that exist, of whatever labs."""
        wanted = list(named)
        found: dict[ItemName, bytes] = {}
        with self._database.read() as conn:
            for at in range(0, len(wanted), ROWS_AT_ONCE):
                some = wanted[at : at + ROWS_AT_ONCE]
                # CROSS JOIN keeps SQLite to this order, in which every step is a look at a key.
                query = f"""WITH wanted(lab, code) AS (VALUES {",".join(["(?, ?)"] * len(some))})
                    SELECT wanted.lab, wanted.code, state FROM wanted
                    CROSS JOIN labs ON labs.lab = wanted.lab
                    CROSS JOIN items ON items.lab = labs.id AND items.code = wanted.code
                    WHERE state IS NOT NULL"""  # noqa: S608
                rows = conn.execute(query, [word for pair in some for word in pair])
                found.update({(lab, code): state for lab, code, state in rows})
        return found

    def items(self, lab: str | None = None, after: str = "") -> Iterator[StoredItem]:
        """Yield the items of a lab, or of all, by lab and code; a few hundred in memory at once.

        With `after`, only those of each lab with a code that comes after that one.
        """
        with self._database.read() as conn:
            labs = [lab for (lab,) in conn.execute("SELECT lab FROM labs ORDER BY lab")]
        for each in labs if lab is None else [lab]:
            code = after
            while found := self._items_after(each, code):
                yield from found
                code = found[-1].code

    def _items_after(self, lab: str, code: str) -> list[StoredItem]:
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT code, changed, state FROM items
                WHERE lab = ? AND code > ? AND state IS NOT NULL ORDER BY code LIMIT ?""",
                (_number(conn, lab), code, ROWS_AT_ONCE),
            )
            return [StoredItem(lab, *row) for row in rows]

    def changed_since(self, changed: int, limit: int) -> list[StoredItem]:
        """Return the items that changed after that, the oldest change first."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT labs.lab, code, changed, state FROM items
                JOIN labs ON labs.id = items.lab
                WHERE changed > ? ORDER BY changed LIMIT ?""",
                (changed, limit),
            )
            return [StoredItem(*row) for row in rows]

    def change(self, lab: str, codes: Iterable[str] | None = None) -> None:
        """Count items, or all of the lab, as changed."""
        with self._database.write() as conn:
            number = lab_number(conn, lab)
            if codes is None:
                rows = conn.execute("SELECT code FROM items WHERE lab = ? ORDER BY code", (number,))
                codes = [code for (code,) in rows]
            changed = _last_change(conn)
            conn.executemany(
                "UPDATE items SET changed = ? WHERE lab = ? AND code = ?",
                [(changed + i, number, code) for i, code in enumerate(codes, 1)],
            )

    def last_change(self) -> int:
        """Return the number of the last change; 0 if there was none."""
        with self._database.read() as conn:
            return _last_change(conn)

    def counts(self) -> dict[str, int]:
        """Return how many items each lab offers, retired ones not counted; no state is read."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT labs.lab, known - coalesce(gone, 0) FROM labs
                JOIN (SELECT lab, count(*) AS known FROM items GROUP BY lab) AS items
                    ON items.lab = labs.id
                LEFT JOIN (SELECT lab, count(*) AS gone FROM items WHERE offered = 0 GROUP BY lab)
                    AS gone ON gone.lab = labs.id
                ORDER BY labs.lab"""
            )
            return dict(rows.fetchall())

    def promises(self, lab: str, loans: Iterable[bytes]) -> dict[bytes, bytes]:
        """Return what a lab has promised to those of the loans that it has promised anything."""
        found: dict[bytes, bytes] = {}
        with self._database.read() as conn:
            number = _number(conn, lab)
            query = "SELECT loan, state FROM promises WHERE lab = ? AND loan = ?"
            for loan in loans:
                found.update(conn.execute(query, (number, loan)).fetchall())
        return found

    def lab_state(self, lab: str) -> bytes | None:
        """Return the folded state of a lab."""
        with self._database.read() as conn:
            row = conn.execute(
                "SELECT state FROM lab_states WHERE lab = ?", (_number(conn, lab),)
            ).fetchone()
        return row[0] if row else None

    def lab_states(self) -> dict[str, bytes]:
        """Return the folded states of all labs, by lab."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT labs.lab, state FROM lab_states
                JOIN labs ON labs.id = lab_states.lab ORDER BY labs.lab"""
            )
            return dict(rows.fetchall())

    def find_entries(self, prefix: str, limit: int) -> list[Place]:
        """Return places whose ids may begin with those hex digits; the leaf decides."""
        digits = prefix[:_PREFIX_DIGITS]
        low = int(digits.ljust(_PREFIX_DIGITS, "0"), 16)
        high = int(digits.ljust(_PREFIX_DIGITS, "f"), 16)
        with self._database.read() as conn:
            rows = conn.execute(
                "SELECT place FROM entry_ids WHERE prefix BETWEEN ? AND ? LIMIT ?",
                (low, high, limit),
            )
            return places_of(conn, [place for (place,) in rows])

    def statuses(self, lab: str, epoch: int, start: int, end: int) -> dict[int, int]:
        """Return the status of each entry in `[start, end)` that does not count."""
        with self._database.read() as conn:
            row = LogRow.find(conn, lab, epoch)
            if row is None:
                return {}
            rows = conn.execute(
                "SELECT place, status FROM statuses WHERE place >= ? AND place < ?",
                (row.place(start), row.place(end)),
            )
            return {place - row.place(0): status for place, status in rows}


def _last_change(conn: sqlite3.Connection) -> int:
    return conn.execute("SELECT max(changed) FROM items").fetchone()[0] or 0


def _number(conn: sqlite3.Connection, lab: str) -> int | None:
    found = conn.execute("SELECT id FROM labs WHERE lab = ?", (lab,)).fetchone()
    return found[0] if found else None
