"""What members would like to borrow from other labs; a manager passes it on, without a name.

Who wishes for what stays on this node. What is passed on is a loan that the lab asks for: the
other lab learns that this lab borrows, never which of its people.
"""

from collections.abc import Iterator

import msgspec

from fedlab.node import days
from fedlab.node.counter import days_late
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.members.roles import Right
from fedlab.node.service.attention import Trouble
from fedlab.node.service.base import Opened, now
from fedlab.node.service.counteranswers import LoanAnswer as CounterLoan
from fedlab.node.service.counteranswers import Reach, shown_loan
from fedlab.node.service.lending import Lending
from fedlab.node.service.lendinganswers import LabLoanAnswer, LoanDone
from fedlab.node.service.lendingasked import WantedLine
from fedlab.node.service.lendingbase import Loans, read_loan
from fedlab.node.store.records import NewWish, SavedLoan, Wish
from fedlab.protocol.limits import LOAN_NOTE_CHARS_MAX, WISHES_OPEN_MAX

# On what terms a wish is passed on, as the item has them; a slot on site is asked for by the lab.
WISHED = ("lend", "give", "sell")
OPEN, PASSED, DECLINED, WITHDRAWN = "open", "passed", "declined", "withdrawn"


class WishAnswer(msgspec.Struct):
    """A member's wish; `loan` is what came of it, as it stands today."""

    wish: int
    member: int
    member_name: str
    item: str
    item_name: str
    lab_name: str
    unit: str
    quantity: int
    day_from: str
    day_to: str
    note: str
    made_at: int
    state: str
    answer: str
    loan: LabLoanAnswer | None


class WishDone(msgspec.Struct):
    """The wish that a command was about."""

    wish: int


class WishesAnswer(msgspec.Struct):
    """Wishes, the newest first."""

    wishes: list[WishAnswer]


class Wishes:
    """The commands about what members wish for."""

    def __init__(self, opened: Opened, lending: Lending) -> None:
        self._opened = opened
        self._lending = lending
        self._table = opened.store.wishes
        self._loans = Loans(opened)

    def ask(
        self,
        member: int,
        item: str,
        day_from: str,
        day_to: str,
        quantity: int = 1000,
        note: str = "",
    ) -> WishDone:
        """Keep a member's wish for another lab's item, until a manager answers it."""
        lab, code = self._opened.item_to_read(item)
        state = self._opened.projector.state(lab, code)
        if state is None or state.retired or lab == self._opened.lab:
            raise NotFoundError(f"no other lab offers {code}", "see `fedlab search`")
        if not days.is_day(day_from) or not days.is_day(day_to) or day_to < day_from:
            raise BadRequestError("the last day comes before the first", "give two days in order")
        if quantity < 1 or len(note) > LOAN_NOTE_CHARS_MAX:
            raise BadRequestError("this cannot be wished for", "correct the number or the note")
        if sum(wish.state == OPEN for wish in self._table.of_member(member)) >= WISHES_OPEN_MAX:
            raise ConflictError(
                f"{WISHES_OPEN_MAX} wishes wait for an answer", "take one of them back first"
            )
        wish = NewWish(member, f"{lab}/{code}", quantity, day_from, day_to, note, now())
        return WishDone(self._table.add(wish))

    def pass_on(self, wish: int, note: str = "") -> LoanDone:
        """Ask the other lab, in this lab's name; the note is what that lab reads."""
        found = self._open(wish)
        lab, code = found.item.split("/")
        view = self._opened.projector.item(lab, code)
        term = next((term for term in WISHED if view and term in view.terms), "lend")
        line = WantedLine(item=found.item, quantity=found.quantity, term=term)
        day_to = found.day_to if term == "lend" else None
        done = self._lending.request([line], found.day_from, day_to, note)
        self._table.answer(wish, PASSED, now(), done.loan)
        return done

    def decline(self, wish: int, answer: str = "") -> WishDone:
        """Say to the member that the lab does not ask for it."""
        self._open(wish)
        if len(answer) > LOAN_NOTE_CHARS_MAX:
            raise BadRequestError("this is too long", "shorten it")
        self._table.answer(wish, DECLINED, now(), answer=answer)
        return WishDone(wish)

    def withdraw(self, wish: int, member: int) -> WishDone:
        """Take an own wish back that nobody has answered."""
        if self._open(wish).member != member:
            raise NotFoundError(f"there is no wish {wish}", "see my loans")
        self._table.answer(wish, WITHDRAWN, now())
        return WishDone(wish)

    def find(self, member: int | None = None) -> WishesAnswer:
        """Return somebody's wishes, or all that wait for an answer."""
        found = self._table.open() if member is None else self._table.of_member(member)
        return WishesAnswer([self._shown(wish) for wish in reversed(found)])

    def of_loan(self, loan: str) -> WishesAnswer:
        """Return for whom of this lab a loan is."""
        return WishesAnswer([self._shown(wish, folded=False) for wish in self._table.of_loan(loan)])

    def out(self) -> Iterator[tuple[Wish, str, str]]:
        """Yield the wishes that were passed on, the first day, and by when to bring back what is
        in this lab's hands; empty where nothing is."""
        for wish in self._table.passed():
            stored = self._loans.find(wish.loan)
            loan = None if stored.state is None else read_loan(stored.state)
            if loan is None or not any(line.received and line.still_out for line in loan.lines):
                yield wish, "", ""
            else:
                yield (
                    wish,
                    loan.day_from,
                    min(filter(None, (loan.day_to, loan.recalled)), default=""),
                )

    def lent(self, number: int, due: str) -> tuple[CounterLoan, str]:
        """Return what a member has of another lab, as the counter shows its own; and the loan."""
        wish = self._table.get(number)
        assert wish is not None
        lab, code = wish.item.split("/")
        member = self._opened.store.members.get(wish.member)
        found = shown_loan(
            SavedLoan(
                0, code, wish.quantity, wish.member, None, member.name if member else "",
                wish.made_at, None, due, 0, "", "", None, None, "", None,
            ),
            self._opened.projector.item(lab, code),
            Reach(member.email if member and not member.left else ""),
            lab,
            days_late(due, days.today()),
        )  # fmt: skip
        return found, wish.loan

    def attention(self) -> list[Trouble]:
        """Return a trouble where members wait for an answer."""
        if not (waiting := len(self._table.open())):
            return []
        return [Trouble("wishes", "soon", Right.EDIT_ITEMS, "/loans", count=waiting)]

    def _open(self, number: int) -> Wish:
        wish = self._table.get(number)
        if wish is None:
            raise NotFoundError(f"there is no wish {number}", "see the loans between labs")
        if wish.state != OPEN:
            raise ConflictError("this wish was answered already", "see what came of it")
        return wish

    def _shown(self, wish: Wish, *, folded: bool = True) -> WishAnswer:
        lab, code = wish.item.split("/")
        view = self._opened.projector.item(lab, code)
        member = self._opened.store.members.get(wish.member)
        return WishAnswer(
            wish=wish.id,
            member=wish.member,
            member_name=member.name if member else "",
            item=wish.item,
            item_name=view.name if view else code,
            lab_name=self._opened.lab_names().get(lab, ""),
            unit=view.unit if view else "piece",
            quantity=wish.quantity,
            day_from=wish.day_from,
            day_to=wish.day_to,
            note=wish.note,
            made_at=wish.made_at,
            state=wish.state,
            answer=wish.answer,
            loan=self._lending.brief(wish.loan) if folded and wish.loan else None,
        )
