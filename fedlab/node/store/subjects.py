"""Projection tables of the ledger: the entries about each subject, and what they make.

The leaves are kept here a second time, side by side, so that folding a subject reads one run of
rows and no block of any log: its cost does not grow with the book.
"""

import sqlite3
from collections.abc import Iterable, Sequence

from .base import FoldedSubject, LedgerEntry, Place, StoredSubject, SubjectEntry
from .database import Database
from .rows import ROWS_AT_ONCE, LogRow, lab_number, log_and_index
from .schema import PLACE_BITS


class SubjectTables:
    """Loans, needs and purchases, each with its entries and its folded state."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, row: LogRow, entries: Iterable[LedgerEntry]) -> None:
        """Put entries of a log to their subjects, which are then to be folded anew."""
        told = list(entries)
        subjects = dict.fromkeys((entry.kind, entry.root) for entry in told)
        with self._database.write() as conn:
            conn.executemany(
                """INSERT INTO subjects (kind, root, dirty) VALUES (?, ?, 1)
                ON CONFLICT DO UPDATE SET dirty = 1""",
                subjects,
            )
            conn.executemany(
                """INSERT OR REPLACE INTO subject_entries
                SELECT id, ?1, ?2, ?2, ?3 FROM subjects WHERE kind = ?4 AND root = ?5""",
                [(row.place(e.at), e.status, e.leaf, e.kind, e.root) for e in told],
            )

    def forget(self, log: int) -> None:
        """Take a log's entries out of all subjects."""
        with self._database.write() as conn:
            places = (log << PLACE_BITS, (log + 1) << PLACE_BITS)
            where = "place >= ? AND place < ?"
            conn.execute(
                f"""UPDATE subjects SET dirty = 1 WHERE id IN
                (SELECT subject FROM subject_entries WHERE {where})""",  # noqa: S608
                places,
            )
            conn.execute(f"DELETE FROM subject_entries WHERE {where}", places)  # noqa: S608

    def to_fold(self, limit: int) -> list[StoredSubject]:
        """Return subjects whose entries have changed."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT id, kind, root, open, state FROM subjects
                WHERE dirty = 1 ORDER BY id LIMIT ?""",
                (limit,),
            )
            return [StoredSubject(*row) for row in rows]

    def entries(self, subjects: Sequence[int]) -> dict[int, list[SubjectEntry]]:
        """Return the entries about each of those subjects, by log and index."""
        found: dict[int, list[SubjectEntry]] = {subject: [] for subject in subjects}
        with self._database.read() as conn:
            for at in range(0, len(subjects), ROWS_AT_ONCE):
                some = subjects[at : at + ROWS_AT_ONCE]
                rows = conn.execute(
                    f"""SELECT place, subject, status, verdict, leaf FROM subject_entries
                    WHERE subject IN ({",".join("?" * len(some))})
                    ORDER BY subject, place""",  # noqa: S608
                    some,
                ).fetchall()
                places = places_of(conn, [place for place, *_ in rows])
                for place, (_, subject, *row) in zip(places, rows, strict=True):
                    found[subject].append(SubjectEntry(place, *row))
        return found

    def put(self, folded: Iterable[FoldedSubject]) -> None:
        """Keep what subjects were folded to."""
        all_ = list(folded)
        with self._database.write() as conn:
            conn.executemany(
                "UPDATE subjects SET state = ?, open = ?, dirty = 0 WHERE id = ?",
                [(each.state, each.open, each.id) for each in all_],
            )
            conn.executemany(
                "DELETE FROM subject_labs WHERE subject = ?", [(each.id,) for each in all_]
            )
            labs = {lab for each in all_ for lab in each.labs}
            numbers = {lab: lab_number(conn, lab) for lab in sorted(labs)}
            conn.executemany(
                "INSERT OR IGNORE INTO subject_labs SELECT ?, kind, open, id FROM subjects "
                "WHERE id = ?",
                [(numbers[lab], each.id) for each in all_ for lab in each.labs],
            )
            for each in all_:
                for (lab, epoch, index), verdict in each.verdicts:
                    row = LogRow.find_or_begin(conn, lab, epoch)
                    conn.execute(
                        "UPDATE subject_entries SET verdict = ? WHERE subject = ? AND place = ?",
                        (verdict, each.id, row.place(index)),
                    )

    def find(self, kind: str, prefix: str, limit: int = 2) -> list[StoredSubject]:
        """Return subjects of a kind whose root begins with those hex digits."""
        low = bytes.fromhex(prefix.ljust(64, "0"))
        high = bytes.fromhex(prefix.ljust(64, "f"))
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT id, kind, root, open, state FROM subjects
                WHERE kind = ? AND root BETWEEN ? AND ? ORDER BY root LIMIT ?""",
                (kind, low, high, limit),
            )
            return [StoredSubject(*row) for row in rows]

    def of_lab(
        self, kind: str, lab: str, *, open_: bool | None = None, after: int = 0, limit: int = 1000
    ) -> list[StoredSubject]:
        """Return subjects of a kind that a lab has part in, in the order they became known."""
        opens = (0, 1) if open_ is None else (int(open_),)
        with self._database.read() as conn:
            rows = conn.execute(
                f"""SELECT subjects.id, subjects.kind, root, subjects.open, state
                FROM subject_labs JOIN subjects ON subjects.id = subject_labs.subject
                WHERE subject_labs.lab = (SELECT id FROM labs WHERE lab = ?)
                AND subject_labs.kind = ? AND subject_labs.open IN ({",".join("?" * len(opens))})
                AND subject_labs.subject > ? ORDER BY subjects.id LIMIT ?""",  # noqa: S608
                (lab, kind, *opens, after, limit),
            )
            return [StoredSubject(*row) for row in rows]

    def of_kind(self, kind: str, *, after: int = 0, limit: int = 1000) -> list[StoredSubject]:
        """Return the subjects of a kind, whoever takes part, in the order they became known."""
        with self._database.read() as conn:
            rows = conn.execute(
                """SELECT id, kind, root, open, state FROM subjects
                WHERE kind = ? AND id > ? ORDER BY id LIMIT ?""",
                (kind, after, limit),
            )
            return [StoredSubject(*row) for row in rows]

    def verdicts(self, lab: str, epoch: int, start: int, end: int) -> dict[int, int]:
        """Return the verdict on each entry of the ledger in `[start, end)`."""
        with self._database.read() as conn:
            row = LogRow.find(conn, lab, epoch)
            if row is None:
                return {}
            rows = conn.execute(
                "SELECT place, verdict FROM subject_entries WHERE place >= ? AND place < ?",
                (row.place(start), row.place(end)),
            )
            return {place - row.place(0): verdict for place, verdict in rows}


def places_of(conn: sqlite3.Connection, places: Sequence[int]) -> list[Place]:
    """Return which entries those keys are of."""
    logs: dict[int, tuple[str, int]] = {}
    found = []
    for log, index in map(log_and_index, places):
        if log not in logs:
            logs[log] = conn.execute(
                """SELECT labs.lab, epoch FROM logs
                JOIN labs ON labs.id = logs.lab WHERE logs.id = ?""",
                (log,),
            ).fetchone()
        found.append(Place(*logs[log], index))
    return found
