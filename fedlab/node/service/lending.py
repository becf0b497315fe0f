"""Loans between labs: every word that a lab can say about one, checked before it is signed."""

from collections.abc import Mapping
from typing import Any

from msgspec import UNSET

from fedlab.ledger import loanfacts as f
from fedlab.ledger.checks import flags
from fedlab.ledger.loanstate import Loan, left
from fedlab.ledger.moves import LineState
from fedlab.node.days import today
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.members.roles import Right
from fedlab.node.service import names
from fedlab.node.service.attention import Trouble
from fedlab.node.service.base import Opened, now
from fedlab.node.service.lendinganswers import LabLoanAnswer, LabLoansAnswer, LoanDone
from fedlab.node.service.lendingasked import (
    EndedLine,
    MovedLine,
    OfferTerms,
    Text,
    WantedLine,
)
from fedlab.node.service.lendingbase import Loans, given, made, read_loan, told
from fedlab.node.service.lendingshown import loan_answer
from fedlab.node.writer import Draft
from fedlab.protocol.limits import LOANS_LISTED_MAX

_UNDER_WAY = (LineState.AGREED, LineState.OUT, LineState.BACK)


class Lending:
    """The commands about loans between labs."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._loans = Loans(opened)

    # --- asking and agreeing ----------------------------------------------------------------------

    def request(
        self, lines: list[WantedLine], day_from: str, day_to: str | None = None, note: Text = ""
    ) -> LoanDone:
        """Ask a lab for items of its own, all in one loan."""
        named = [self._opened.item_to_read(line.item) for line in lines]
        lenders = {lab for lab, _ in named}
        if len(lenders) != 1:
            raise BadRequestError("a loan is of one lab's items", "ask each lab by itself")
        lender = lenders.pop()
        if lender == self._opened.lab:
            raise BadRequestError(
                "these are this lab's own", "lend them with `fedlab counter lend`"
            )
        for lab, code in named:
            if (state := self._opened.projector.state(lab, code)) is None or state.retired:
                raise NotFoundError(f"{lab[:8]} offers no {code}", "see `fedlab search`")
        wanted = [
            {"code": code, **given(line, "quantity", "term", "day", "starts", "ends")}
            for (_, code), line in zip(named, lines, strict=True)
        ]
        fields = {"lender": lender, "lines": wanted, "from": day_from, "to": day_to}
        fact = made(f.LoanRequest, fields)
        entry = self._opened.append_one(Draft(fact, told(note=note)))
        return LoanDone(entry, entry)

    def offer(self, loan: str, terms: OfferTerms | None = None, note: Text = "") -> LoanDone:
        """Offer what was asked, parts of kits on lines of their own; it is held from then on."""
        stored, known = self._loans.known(loan)
        terms = terms or OfferTerms()
        said = given(terms, "until", "fee", "caution", "caution_kind", "risk", "carrying")
        fields = {
            "lines": self._offered(known, {each.line: each.value for each in terms.values}),
            "from": terms.day_from or known.day_from,
            "to": terms.day_to or known.day_to,
            "seen": self._loans.seen(known.borrower),
            **said,
        }
        detail = told(note=note, faults=terms.faults, use=terms.use)
        return self._loans.say(stored, f.LoanOffer, fields, detail)

    def decline(self, loan: str, reason: str = "other", note: Text = "") -> LoanDone:
        """Say that it is not possible."""
        return self._loans.say(
            self._loans.find(loan), f.LoanDecline, {"reason": reason}, told(note=note)
        )

    def agree(self, loan: str, note: Text = "") -> LoanDone:
        """Take the offer that stands, whole."""
        stored, known = self._loans.known(loan)
        fields = {"offer": self._loans.offer_of(known), "seen": self._loans.seen(known.lender)}
        return self._loans.say(stored, f.LoanAgree, fields, told(note=note))

    def cancel(self, loan: str, reason: str = "other", note: Text = "") -> LoanDone:
        """Call it off; a borrower that has agreed asks with it."""
        return self._loans.say(
            self._loans.find(loan), f.LoanCancel, {"reason": reason}, told(note=note)
        )

    def lapse(self, loan: str, note: Text = "") -> LoanDone:
        """End for good what was never answered."""
        return self._loans.say(self._loans.find(loan), f.LoanLapse, {}, told(note=note))

    # --- out and back -----------------------------------------------------------------------------

    def hand_over(
        self, loan: str, lines: list[MovedLine] | None = None, note: Text = ""
    ) -> LoanDone:
        """Note that it left this lab's hands: all that is agreed, if no lines are named."""
        return self._move(loan, f.LoanHandOver, lines, note)

    def receive(self, loan: str, lines: list[MovedLine] | None = None, note: Text = "") -> LoanDone:
        """Note that it is in this lab's hands."""
        return self._move(loan, f.LoanReceive, lines, note)

    def give_back(
        self, loan: str, lines: list[MovedLine] | None = None, note: Text = ""
    ) -> LoanDone:
        """Note that this lab gave it back."""
        return self._move(loan, f.LoanGiveBack, lines, note)

    def take_back(
        self, loan: str, lines: list[MovedLine] | None = None, note: Text = ""
    ) -> LoanDone:
        """Note that it is back, and in which condition."""
        return self._move(loan, f.LoanTakeBack, lines, note)

    def extend_ask(self, loan: str, day_to: str, note: Text = "") -> LoanDone:
        """Ask to give it back later."""
        return self._loans.say(
            self._loans.find(loan), f.LoanExtendAsk, {"to": day_to}, told(note=note)
        )

    def extend(self, loan: str, day_to: str, note: Text = "") -> LoanDone:
        """Say until when, in answer to the latest ask if there is one."""
        stored = self._loans.find(loan)
        asks = [
            entry.id.hex()
            for entry in self._opened.projector.subject_entries(stored)
            if isinstance(entry.fact, f.LoanExtendAsk)
        ]
        fields = {"to": day_to, "ask": asks[-1] if asks else None}
        return self._loans.say(stored, f.LoanExtend, fields, told(note=note))

    def recall(self, loan: str, day_to: str, reason: str = "other", note: Text = "") -> LoanDone:
        """Ask for it back by an earlier day."""
        fields = {"to": day_to, "reason": reason}
        return self._loans.say(self._loans.find(loan), f.LoanRecall, fields, told(note=note))

    # --- what went wrong, and how it ends ---------------------------------------------------------

    def report(self, loan: str, kind: str, line: int | None = None, note: Text = "") -> LoanDone:
        """Tell the other side what happened."""
        fields = {"kind": kind, "line": line}
        return self._loans.say(self._loans.find(loan), f.LoanReport, fields, told(note=note))

    def dispute(self, loan: str, about: str, reason: str = "other", note: Text = "") -> LoanDone:
        """Say that an entry of the other side's is not so; about one's own, take that back."""
        stored = self._loans.find(loan)
        entries = self._opened.projector.subject_entries(stored)
        found = [entry.id.hex() for entry in entries if entry.id.hex().startswith(about.lower())]
        if len(found) != 1 or not names.ENTRY_PREFIX.fullmatch(about.lower()):
            raise NotFoundError(
                f"no entry of this loan is {about!r}", f"see `fedlab loan show {loan}`"
            )
        fields = {"about": found[0], "reason": reason}
        return self._loans.say(stored, f.LoanDispute, fields, told(note=note))

    def settle(
        self,
        loan: str,
        lines: list[EndedLine] | None = None,
        fee: int | None = None,
        caution_kept: int | None = None,
        note: Text = "",
    ) -> LoanDone:
        """Say how it ends: damage, what is kept or lost, the fee, what is kept of the caution."""
        ended = [given(line, "line", "kept", "lost", "damage") for line in lines or ()]
        fields = {"lines": ended or None, "fee": fee, "caution_kept": caution_kept}
        return self._loans.say(self._loans.find(loan), f.LoanSettle, fields, told(note=note))

    def accept(self, loan: str, note: Text = "") -> LoanDone:
        """Agree to the settlement that is asked."""
        stored, known = self._loans.known(loan)
        if known.settle_asked is None:
            raise ConflictError(
                "no settlement waits for an answer", f"see `fedlab loan show {loan}`"
            )
        fields = {"settle": known.settle_asked, "seen": self._loans.seen(known.lender)}
        return self._loans.say(stored, f.LoanAccept, fields, told(note=note))

    # --- how --------------------------------------------------------------------------------------

    def _offered(self, loan: Loan, values: Mapping[int, int]) -> list[dict[str, Any]]:
        """Return the lines of an offer: what was asked, and under each kit its parts."""
        lines: list[dict[str, Any]] = []
        for line in loan.lines:
            if line.of is not None:
                continue  # of an offer that this one replaces
            state = self._opened.projector.state(self._opened.lab, line.code)
            number = len(lines)
            lines.append(given(line, "code", "quantity", "term", "day", "starts", "ends"))
            if line.number in values:
                lines[-1]["value"] = values[line.number]
            if state is None:
                continue
            if line.number not in values and state.fact.value is not UNSET:
                lines[-1]["value"] = state.fact.value * line.quantity // 1000
            for part in () if state.fact.parts is UNSET else state.fact.parts:
                slot = given(line, "day", "starts", "ends")
                many = max(1, part.quantity * line.quantity // 1000)
                lines.append(
                    {"code": part.code, "quantity": many, "term": line.term, "of": number, **slot}
                )
        return lines

    def _move(
        self, loan: str, kind: type[f.LoanFact], lines: list[MovedLine] | None, note: str
    ) -> LoanDone:
        stored, known = self._loans.known(loan)
        moved = [
            given(line, "line", "condition", "meter")
            | {"quantity": line.quantity or _left(known, line.line, kind)}
            for line in lines or ()
        ] or [
            {"line": line.number, "quantity": many}
            for line in known.lines
            if (many := _left(known, line.number, kind))
        ]
        if not moved:
            raise ConflictError("nothing is left to move", f"see `fedlab loan show {loan}`")
        fields: dict[str, Any] = {"lines": sorted(moved, key=lambda line: line["line"])}
        if kind in (f.LoanHandOver, f.LoanReceive):
            fields["offer"] = self._loans.offer_of(known)
        return self._loans.say(stored, kind, fields, told(note=note))

    # --- reading ----------------------------------------------------------------------------------

    def show(self, loan: str) -> LabLoanAnswer:
        """Return a loan as it is folded, with everything that was said of it."""
        stored = self._loans.find(loan)
        return loan_answer(self._opened, stored, self._loans.sides(stored))

    def brief(self, loan: str) -> LabLoanAnswer:
        """Return a loan as it stands, without what was said."""
        stored = self._loans.find(loan)
        return loan_answer(self._opened, stored, self._loans.sides(stored), brief=True)

    def attention(self) -> list[Trouble]:
        """Return what other labs wait for this one to answer, and what is out for too long."""
        subjects, own = self._opened.store.projections.subjects, self._opened.lab
        states = [
            read_loan(each.state)
            for each in subjects.of_lab("loan", own, open_=True, limit=LOANS_LISTED_MAX)
            if each.state is not None
        ]
        waiting = [
            loan
            for loan in states
            if loan.lender == own
            and (loan.state is LineState.REQUESTED or loan.extension_asked is not None)
        ]
        day, at, found = today(), now(), []
        if waiting:
            right = Right.EDIT_ITEMS
            found.append(Trouble("loans_asked", "soon", right, "/loans#asked", count=len(waiting)))
        if late := sum("overdue" in flags(loan, day, at) for loan in states):
            found.append(Trouble("loans_late", "soon", Right.LEND, "/loans#overdue", count=late))
        return found

    def of_item(self, item: str) -> LabLoansAnswer:
        """Return an item's loans that are agreed or under way and that this lab has part in."""
        lab, code = self._opened.item_to_read(item)
        subjects, found = self._opened.store.projections.subjects, []
        for each in subjects.of_lab("loan", self._opened.lab, open_=True, limit=LOANS_LISTED_MAX):
            loan = None if each.state is None else read_loan(each.state)
            if loan is None or loan.owner != lab or loan.state not in _UNDER_WAY:
                continue
            if any(line.code == code for line in loan.lines):
                sides = self._loans.sides(each)
                found.append(loan_answer(self._opened, each, sides, brief=True))
        return LabLoansAnswer(found)

    def list(self, *, ended: bool = False, lab: str | None = None) -> LabLoansAnswer:
        """Return the loans that this lab takes part in and that are not over, or those that are."""
        subjects = self._opened.store.projections.subjects
        mine = subjects.of_lab("loan", self._opened.lab, open_=not ended, limit=LOANS_LISTED_MAX)
        other = None if lab is None else self._opened.lab_to_read(lab)
        loans = [
            loan_answer(self._opened, each, self._loans.sides(each), brief=True) for each in mine
        ]
        return LabLoansAnswer([a for a in loans if other in (None, a.borrower, a.lender)])


def _left(loan: Loan, number: int, kind: type[f.LoanFact]) -> int:
    """Return how much of a line can still change hands so; raise BadRequestError for no line."""
    if not 0 <= number < len(loan.lines):
        raise BadRequestError(f"this loan has no line {number}", "lines are counted from 0")
    return left(loan.lines[number], kind)
