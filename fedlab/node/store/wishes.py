"""What this lab's members would like to borrow elsewhere: private to the node."""

from .database import Database
from .records import NewWish, Wish

_SELECT = """SELECT id, member, item, quantity, day_from, day_to, note, made_at, state, loan,
    answer, answered_at FROM wishes"""


class WishesTable:
    """Wishes of members for other labs' items, and the loan that came of each."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, new: NewWish) -> int:
        """Keep a wish, and return its number."""
        with self._database.write() as conn:
            added = conn.execute(
                """INSERT INTO wishes (member, item, quantity, day_from, day_to, note, made_at)
                VALUES (?, ?, ?, ?, ?, ?, ?)""",
                new,
            )
            assert added.lastrowid is not None
            return added.lastrowid

    def get(self, number: int) -> Wish | None:
        """Return a wish."""
        found = self._some("id = ?", (number,))
        return found[0] if found else None

    def open(self) -> list[Wish]:
        """Return the wishes that nobody has answered, the oldest first."""
        return self._some("state = 'open'", ())

    def of_member(self, member: int) -> list[Wish]:
        """Return what somebody wished for, the oldest first."""
        return self._some("member = ?", (member,))

    def of_loan(self, loan: str) -> list[Wish]:
        """Return the wishes that a loan came of."""
        return self._some("loan = ?", (loan,))

    def passed(self) -> list[Wish]:
        """Return the wishes that a loan came of, the oldest first."""
        return self._some("state = 'passed'", ())

    def answer(self, number: int, state: str, at: int, loan: str = "", answer: str = "") -> None:
        """Keep what became of a wish."""
        with self._database.write() as conn:
            conn.execute(
                """UPDATE wishes SET state = ?2, answered_at = ?3, loan = ?4, answer = ?5
                WHERE id = ?1""",
                (number, state, at, loan, answer),
            )

    def forget(self, before: str) -> None:
        """Forget the wishes whose last day was before another."""
        with self._database.write() as conn:
            conn.execute("DELETE FROM wishes WHERE day_to < ?", (before,))

    def _some(self, where: str, values: tuple[object, ...]) -> list[Wish]:
        with self._database.read() as conn:
            rows = conn.execute(f"{_SELECT} WHERE {where} ORDER BY id", values)
            return [Wish(*row) for row in rows]
