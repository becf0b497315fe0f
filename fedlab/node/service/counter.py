"""Loans at the counter: to members, to outside bodies, with an account or without.

All of it stays on this node. Outside, a loan is one hold that takes the quantity out of the
calendar, with no names, and its release. The private row is written first and the hold follows it:
whatever stopped the node between the two, or forbids to sign now, is made good by `settle`.
"""

from typing import Annotated, Final

from msgspec import UNSET, Meta
from msgspec.structs import replace

from fedlab.inventory.calendar import least_free
from fedlab.inventory.facts import ItemHold, ItemRelease
from fedlab.inventory.item import Hold, ItemState
from fedlab.node import counter as rules
from fedlab.node import days
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.numbers import spelled
from fedlab.node.service import names
from fedlab.node.service.base import Opened, now
from fedlab.node.service.borrowers import Borrowers
from fedlab.node.service.counteranswers import LoanAnswer, LoansAnswer, shown_loan
from fedlab.node.store.records import NewLoan, SavedLoan
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.errors import LocalProtocolError
from fedlab.protocol.limits import (
    HOLDS_OPEN_MAX,
    LOAN_NOTE_CHARS_MAX,
    LOANS_LISTED_MAX,
    MONEY_MAX,
    QUANTITY_MAX,
)

Note = Annotated[str, Meta(max_length=LOAN_NOTE_CHARS_MAX)]
Quantity = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
Cents = Annotated[int, Meta(ge=0, le=MONEY_MAX)]

ONE: Final = 1000  # thousandths


class Counter:
    """The commands of the counter."""

    def __init__(self, opened: Opened, borrowers: Borrowers) -> None:
        self._opened = opened
        self._table = opened.store.counter
        self._borrowers = borrowers

    # --- Lending and taking back ------------------------------------------------------------------

    def lend(
        self,
        item: str,
        to: str = "",
        member: int | None = None,
        body: int | None = None,
        email: str = "",
        phone: str = "",
        quantity: Quantity | None = None,
        due: str | None = None,
        caution: Cents = 0,
        note: Note = "",
        by: int | None = None,
        anyway: bool = False,
    ) -> LoanAnswer:
        """Lend an item to a member, to a body that is known, or to one named in `to`.

        Raises ConflictError `not_free` if the calendar says that it is not free until then, unless
        it is to be lent `anyway`.
        """
        state = self._own(item)
        today = days.today()
        due = _due_day(due or days.day_after(today, rules.LOAN_DAYS), today)
        quantity = quantity or _usual_quantity(state)
        self._check_can_be_lent(state, quantity, today, due, anyway=anyway)
        borrower = self._borrowers.take(to, member, body, email, phone)
        number = self._table.add(
            NewLoan(
                code=state.code,
                quantity=quantity,
                member=borrower.member,
                body=borrower.body,
                name=borrower.name,
                lent_at=now(),
                lent_by=by,
                due=due,
                caution=caution,
                note=note.strip(),
            )
        )
        self._settle(self._loan(number))
        return self.show(number)

    def take_back(
        self,
        loan: int,
        quantity: Quantity | None = None,
        caution_back: Cents | None = None,
        note: Note = "",
        by: int | None = None,
    ) -> LoanAnswer:
        """Note what has come back, all of it if no quantity is said; what is left stays out.

        The caution is taken to be given back with the last of it, unless another sum is said.
        """
        saved = self._out(loan)
        part = loan
        with self._opened.store.transaction():
            if quantity is not None and saved.quantity is not None and quantity != saved.quantity:
                if quantity > saved.quantity:
                    raise ConflictError(
                        f"only {spelled(saved.quantity)} went out, not {spelled(quantity)}",
                        "say at most what is out",
                    )
                part = self._table.split(loan, quantity)
            given = saved.caution if part == loan and caution_back is None else caution_back or 0
            if given > saved.caution:
                raise ConflictError(
                    "more caution cannot be given back than was taken", "say at most what was taken"
                )
            self._table.end(part, now(), by, note.strip(), given)
        self._settle(self._loan(loan))
        return self.show(part)

    def extend(self, loan: int, due: str, anyway: bool = False) -> LoanAnswer:
        """Give a borrower until another day; raises ConflictError as `lend` does."""
        saved = self._out(loan)
        today = days.today()
        due = _due_day(due, today)
        state = self._opened.projector.state(self._opened.lab, saved.code)
        if state is not None and due > saved.due and not anyway:
            start = max(today, days.day_after(saved.due, 1))
            self._check_free(state, saved.quantity, start, due, but=loan)
        self._table.extend(loan, due)
        self._settle(self._loan(loan))
        return self.show(loan)

    # --- Looking ----------------------------------------------------------------------------------

    def show(self, loan: int) -> LoanAnswer:
        """Return a loan; raises NotFoundError."""
        return self._shown([self._loan(loan)])[0]

    def loans(
        self,
        item: str | None = None,
        text: str = "",
        overdue: bool = False,
        returned: bool = False,
    ) -> LoansAnswer:
        """Return what is out, the most urgent first; or only an item's, a borrower's, the overdue.

        With `returned`, what has come back instead, the latest first.
        """
        code = None if item is None else names.item_parts(item)[1]
        if returned:
            found = self._table.returned(LOANS_LISTED_MAX)
            found = [loan for loan in found if code is None or loan.code == code]
        else:
            found = self._table.out(LOANS_LISTED_MAX, code)
        if overdue:
            today = days.today()
            found = [loan for loan in found if loan.is_out and rules.days_late(loan.due, today)]
        wanted = text.strip().casefold()
        shown = self._shown(found)
        return LoansAnswer(
            [
                loan
                for loan in shown
                if wanted in loan.name.casefold()
                or wanted in loan.item_name.casefold()
                or wanted == loan.code.casefold()
            ]
        )

    def of_member(self, member: int) -> LoansAnswer:
        """Return what a member has, then what it had."""
        return LoansAnswer(self._shown(self._table.of_member(member, LOANS_LISTED_MAX)))

    def overdue(self) -> list[LoanAnswer]:
        """Return what should have come back, the longest overdue first."""
        return self.loans(overdue=True).loans

    # --- The hold follows the loan ----------------------------------------------------------------

    def settle(self) -> int:
        """Bring every hold up to its loan: cut short by a crash, or overdue since. Return how many.

        Waits while this node may not sign.
        """
        return sum(self._settle(loan) for loan in self._table.loose_ends())

    def _settle(self, loan: SavedLoan) -> bool:
        """Bring one loan's hold up to it; say whether anything was to be done."""
        opened = self._opened
        state = opened.projector.state(opened.lab, loan.code)
        if state is None or opened.why_drafts():
            return False
        wanted = rules.wanted_hold(loan, days.day_of(loan.lent_at), days.today())
        standing = state.holds.get(loan.hold)
        if wanted == standing:
            if wanted is None and loan.hold:
                self._table.set_hold(loan.id, "")
            return False
        drafts = []
        if standing is not None:
            drafts.append(Draft(fact_of(ItemRelease, {"code": state.code, "hold": loan.hold})))
        found = self._orphan(state, wanted) if wanted else ""
        if wanted and not found and not state.retired:
            drafts.append(Draft(_hold(state.code, wanted)))
        ids = opened.append(drafts).ids if drafts else []
        is_new = bool(ids) and len(ids) > (standing is not None)
        self._table.set_hold(loan.id, ids[-1] if is_new else found)
        return bool(drafts)

    def _orphan(self, state: ItemState, wanted: Hold) -> str:
        """Return a hold like that which no loan calls its own: one whose loan a crash cut short."""
        known = {loan.hold for loan in self._table.out(LOANS_LISTED_MAX, state.code)}
        alike = (entry for entry, hold in state.holds.items() if hold == wanted)
        return next((entry for entry in alike if entry not in known), "")

    # --- Shared -----------------------------------------------------------------------------------

    def _own(self, item: str) -> ItemState:
        lab, code = names.item_parts(item)
        opened = self._opened
        if lab is not None and opened.lab_to_read(lab) != opened.lab:
            raise BadRequestError(
                "only what is this lab's own is lent at its counter", "name one of its items"
            )
        state = opened.projector.state(opened.lab, code)
        if state is None or state.retired:
            raise NotFoundError(f"no item is known as {item!r}", "see `fedlab item list`")
        return state

    def _loan(self, number: int) -> SavedLoan:
        loan = self._table.loan(number)
        if loan is None:
            raise NotFoundError(f"there is no loan {number}", "see `fedlab counter list`")
        return loan

    def _out(self, number: int) -> SavedLoan:
        loan = self._loan(number)
        if not loan.is_out:
            raise ConflictError(
                f"loan {number} has come back already", "see `fedlab counter list`", code="is_back"
            )
        return loan

    def _check_can_be_lent(
        self, state: ItemState, quantity: int | None, today: str, due: str, *, anyway: bool
    ) -> None:
        if state.fact.kind == "skill":
            raise ConflictError("a skill cannot be lent", "lend a tool or a material")
        there = state.fact.quantity
        if there is not UNSET and (quantity or ONE) > there:
            raise ConflictError(
                f"there are only {spelled(there)} of {state.code}, not {spelled(quantity or ONE)}",
                "lend less, or correct how many there are",
                code="too_many",
            )
        if len(state.holds) >= HOLDS_OPEN_MAX:
            raise ConflictError(f"{state.code} is held too many times", "take some back first")
        if not anyway:
            self._check_free(state, quantity, today, due)

    def _check_free(
        self, state: ItemState, quantity: int | None, first: str, last: str, but: int | None = None
    ) -> None:
        """Raise ConflictError unless that much is free on each day, but for one loan's own hold."""
        today = days.today()
        holds = dict(state.holds)
        for loan in self._table.out(LOANS_LISTED_MAX, state.code):
            holds.pop(loan.hold, None)
            wanted = rules.wanted_hold(loan, days.day_of(loan.lent_at), today)
            if loan.id != but and wanted is not None:
                holds[f"loan {loan.id}"] = wanted
        try:
            free = least_free(replace(state, holds=holds), first, last)
        except LocalProtocolError as exc:
            raise BadRequestError(str(exc), exc.hint) from exc
        if free is not None and free < (quantity or ONE):
            raise ConflictError(
                f"{state.code} is not free from {first} to {last}: {spelled(free)} of it are",
                "choose other days, or lend it anyway",
                code="not_free",
            )

    def _shown(self, loans: list[SavedLoan]) -> list[LoanAnswer]:
        today, lab = days.today(), self._opened.lab
        views = self._opened.projector.views_of({f"{lab}/{loan.code}" for loan in loans})
        return [
            shown_loan(
                loan,
                views.get(f"{lab}/{loan.code}"),
                self._borrowers.reach(loan),
                self._opened.lab,
                rules.days_late(loan.due, today) if loan.is_out else 0,
            )
            for loan in loans
        ]


def _due_day(text: str, today: str) -> str:
    if not days.is_day(text):
        raise BadRequestError(f"{text!r} is not a day", "write it as 2026-03-31", code="due")
    if not today <= text <= days.day_after(today, rules.LOAN_DAYS_MAX):
        raise BadRequestError(
            f"{text} is not a day within a year from today", "choose another day", code="due"
        )
    return text


def _usual_quantity(state: ItemState) -> int | None:
    """Return what is lent when nobody says how much: one; all there is, where nobody counted."""
    there = state.fact.quantity
    return None if there is UNSET else min(ONE, there) or ONE


def _hold(code: str, wanted: Hold) -> ItemHold:
    when = {"from": wanted.day_from, "to": wanted.day_to}
    what = {"code": code, "quantity": wanted.quantity, "reason": wanted.reason}
    return fact_of(ItemHold, when | what)
