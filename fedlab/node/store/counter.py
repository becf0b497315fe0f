"""The counter's private tables: who borrowed what, and what they are to be reminded of."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from .database import Database
from .records import NewLoan, SavedBody, SavedLoan, SavedReminder

_LOAN: Final = ", ".join(SavedLoan._fields)
_REMINDER: Final = ", ".join(f"r.{field}" for field in SavedReminder._fields)


class CounterTable:
    """Loans, outside bodies and reminders of this lab's counter."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # --- Outside bodies ---------------------------------------------------------------------------

    def put_body(self, name: str, email: str = "", phone: str = "") -> int:
        """Keep an outside body; of one that is known, replace what is given. Return its number."""
        with self._database.write() as conn:
            row = conn.execute(
                """INSERT INTO counter_bodies (name, email, phone) VALUES (?1, ?2, ?3)
                ON CONFLICT (name) DO UPDATE SET
                    email = iif(?2 = '', email, ?2), phone = iif(?3 = '', phone, ?3)
                RETURNING id""",
                (name, email, phone),
            ).fetchone()
            return int(row[0])

    def body(self, number: int) -> SavedBody | None:
        """Return an outside body."""
        with self._database.read() as conn:
            row = conn.execute(
                "SELECT id, name, email, phone FROM counter_bodies WHERE id = ?", (number,)
            ).fetchone()
        return row and SavedBody(*row)

    def bodies(self) -> list[SavedBody]:
        """Return all outside bodies, by name."""
        with self._database.read() as conn:
            rows = conn.execute("SELECT id, name, email, phone FROM counter_bodies ORDER BY name")
            return [SavedBody(*row) for row in rows]

    # --- Loans ------------------------------------------------------------------------------------

    def add(self, loan: NewLoan) -> int:
        """Write down a loan and return its number."""
        with self._database.write() as conn:
            marks = ", ".join("?" * len(loan))
            names = ", ".join(loan._fields)
            # The names are this module's own, never anybody's input.
            added = conn.execute(
                f"INSERT INTO counter_loans ({names}) VALUES ({marks})",  # noqa: S608
                loan,
            )
            assert added.lastrowid is not None
            return added.lastrowid

    def loan(self, number: int) -> SavedLoan | None:
        """Return a loan."""
        found = self._loans("id = ?", (number,), 1)
        return found[0] if found else None

    def out(self, limit: int, code: str | None = None) -> list[SavedLoan]:
        """Return what is out, or what of one item is, first what is due first."""
        if code is None:
            return self._loans("back_at IS NULL ORDER BY due, id", (), limit)
        return self._loans("back_at IS NULL AND code = ? ORDER BY due, id", (code,), limit)

    def returned(self, limit: int) -> list[SavedLoan]:
        """Return what has come back, the latest first."""
        return self._loans("back_at IS NOT NULL ORDER BY back_at DESC, id DESC", (), limit)

    def of_member(self, member: int, limit: int) -> list[SavedLoan]:
        """Return a member's loans: those that are out, then the others, the latest first."""
        return self._loans(
            "member = ? ORDER BY back_at IS NOT NULL, iif(back_at IS NULL, due, ''), id DESC",
            (member,),
            limit,
        )

    def latest(self, limit: int) -> list[SavedLoan]:
        """Return the newest loan of each borrower that is still known, the newest first."""
        return self._loans(
            """id IN (SELECT max(id) FROM counter_loans WHERE name <> ''
            GROUP BY member, body) ORDER BY id DESC""",
            (),
            limit,
        )

    def loose_ends(self) -> list[SavedLoan]:
        """Return loans whose hold may not be what it should: all that are out, or held still."""
        return self._loans("back_at IS NULL OR hold <> '' ORDER BY id", (), -1)

    def _loans(self, where: str, values: Sequence[object], limit: int) -> list[SavedLoan]:
        with self._database.read() as conn:
            rows = conn.execute(
                f"SELECT {_LOAN} FROM counter_loans WHERE {where} LIMIT ?",  # noqa: S608
                (*values, limit),
            )
            return [SavedLoan(*row) for row in rows]

    def set_hold(self, number: int, hold: str) -> None:
        """Note which entry keeps the item out of the calendar."""
        with self._database.write() as conn:
            conn.execute("UPDATE counter_loans SET hold = ? WHERE id = ?", (hold, number))

    def extend(self, number: int, due: str) -> None:
        """Give a loan another day by which it is due; reminders of the old one are dropped."""
        with self._database.write() as conn:
            conn.execute("UPDATE counter_loans SET due = ? WHERE id = ?", (due, number))
            _drop_reminders(conn, number)

    def end(self, number: int, at: int, by: int | None, note: str, caution_back: int) -> None:
        """Note that everything has come back; nobody is reminded any more."""
        with self._database.write() as conn:
            conn.execute(
                """UPDATE counter_loans SET back_at = ?, back_by = ?, back_note = ?,
                caution_back = ? WHERE id = ?""",
                (at, by, note, caution_back, number),
            )
            _drop_reminders(conn, number)

    def split(self, number: int, quantity: int) -> int:
        """Make one loan two, the new one of that quantity and without a hold; return its number."""
        copied = [name for name in NewLoan._fields if name not in ("quantity", "caution")]
        names = ", ".join(copied)
        with self._database.write() as conn:
            conn.execute(
                "UPDATE counter_loans SET quantity = quantity - ? WHERE id = ?", (quantity, number)
            )
            added = conn.execute(
                f"""INSERT INTO counter_loans (quantity, {names})
                SELECT ?, {names} FROM counter_loans WHERE id = ?""",  # noqa: S608
                (quantity, number),
            )
            assert added.lastrowid is not None
            return added.lastrowid

    def forget(self, before: int) -> None:
        """Forget who borrowed what came back before that, and bodies that no loan names."""
        with self._database.write() as conn:
            conn.execute(
                """UPDATE counter_loans SET member = NULL, body = NULL, name = '', note = '',
                back_note = '', lent_by = NULL, back_by = NULL WHERE back_at < ? AND name <> ''""",
                (before,),
            )
            conn.execute(
                """DELETE FROM counter_bodies WHERE NOT EXISTS
                (SELECT 1 FROM counter_loans WHERE body = counter_bodies.id)"""
            )

    # --- Reminders --------------------------------------------------------------------------------

    def remind(self, loan: int, due: str, step: str, at: int) -> None:
        """Put a reminder in the outbox once; what the loan's borrower was not told before goes."""
        self._remind("loan", loan, due, step, at)

    def remind_of_wish(self, wish: int, due: str, step: str, at: int) -> None:
        """Put a reminder of another lab's thing in the outbox, likewise."""
        self._remind("wish", wish, due, step, at)

    def _remind(self, column: str, number: int, due: str, step: str, at: int) -> None:
        with self._database.write() as conn:
            added = conn.execute(
                f"""INSERT OR IGNORE INTO counter_reminders ({column}, due, step, made_at, next_at)
                VALUES (?, ?, ?, ?, ?)""",  # noqa: S608
                (number, due, step, at, at),
            )
            if added.rowcount:
                conn.execute(
                    f"""DELETE FROM counter_reminders
                    WHERE {column} = ? AND id <> ? AND done_at IS NULL""",  # noqa: S608
                    (number, added.lastrowid),
                )

    def keep_reminders(self, wish: int, due: str) -> None:
        """Drop what of a wish nobody was told yet, but for what is of this day."""
        with self._database.write() as conn:
            conn.execute(
                "DELETE FROM counter_reminders WHERE wish = ? AND due <> ? AND done_at IS NULL",
                (wish, due),
            )

    def reminders(self, limit: int) -> list[SavedReminder]:
        """Return the outbox: what is still to be told, then what was, the latest first."""
        return self._reminders("ORDER BY r.done_at IS NOT NULL, r.made_at DESC LIMIT ?", limit)

    def to_send(self, now: int, tries: int, limit: int) -> list[SavedReminder]:
        """Return what may be sent by mail now, tried fewer times than that."""
        return self._reminders(
            "WHERE r.done_at IS NULL AND r.next_at <= ? AND r.tries < ? ORDER BY r.id LIMIT ?",
            now,
            tries,
            limit,
        )

    def reminder(self, number: int) -> SavedReminder | None:
        """Return one reminder."""
        found = self._reminders("WHERE r.id = ?", number)
        return found[0] if found else None

    def _reminders(self, rest: str, *values: object) -> list[SavedReminder]:
        with self._database.read() as conn:
            rows = conn.execute(
                f"SELECT {_REMINDER} FROM counter_reminders r {rest}",  # noqa: S608
                values,
            )
            return [SavedReminder(*row) for row in rows]

    def told(self, number: int, at: int, how: str) -> None:
        """Note that the borrower was told."""
        with self._database.write() as conn:
            conn.execute(
                "UPDATE counter_reminders SET done_at = ?, how = ?, error = '' WHERE id = ?",
                (at, how, number),
            )

    def not_told(self, number: int, error: str, next_at: int) -> None:
        """Note that a mail did not go, and when to try again."""
        with self._database.write() as conn:
            conn.execute(
                """UPDATE counter_reminders SET tries = tries + 1, error = ?, next_at = ?
                WHERE id = ?""",
                (error, next_at, number),
            )

    def count_failed(self) -> int:
        """Return how many mails did not go, and whose borrower was not told otherwise."""
        with self._database.read() as conn:
            row = conn.execute(
                "SELECT count(*) FROM counter_reminders WHERE done_at IS NULL AND error <> ''"
            ).fetchone()
            return int(row[0])


def _drop_reminders(conn: sqlite3.Connection, loan: int) -> None:
    conn.execute("DELETE FROM counter_reminders WHERE loan = ? AND done_at IS NULL", (loan,))
