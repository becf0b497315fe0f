"""Signing what would count of a loan: the fact is folded first as if it stood in the log already.

So a refusal names the same status that every other node would give, and nothing inert is signed.
"""

from typing import Any, Final, TypeVar

import msgspec

from fedlab.ledger import loanfacts as f
from fedlab.ledger.loanstate import Loan
from fedlab.ledger.moves import Side, possible
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError, TryLaterError
from fedlab.node.service import names
from fedlab.node.service.base import Opened
from fedlab.node.service.lendinganswers import LoanDone
from fedlab.node.service.saying import newest_head, status_if_said
from fedlab.node.store.base import StoredSubject
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import EntryId, Fact, FactError, LabId, Status, encode_detail
from fedlab.protocol.errors import LocalProtocolError

F = TypeVar("F", bound=Fact)
read_loan = msgspec.msgpack.Decoder(Loan).decode


class Loans:
    """Loans as they are kept, and a way to say something of one."""

    def __init__(self, opened: Opened) -> None:
        self.opened = opened

    def find(self, text: str) -> StoredSubject:
        """Return the loan meant by an id or the beginning of one; raises NotFoundError."""
        wanted = text.strip().lower()
        if not names.ENTRY_PREFIX.fullmatch(wanted):
            raise BadRequestError(f"{text!r} is no loan", "give 8 digits or more of its id")
        found = self.opened.store.projections.subjects.find("loan", wanted)
        if len(found) > 1:
            raise BadRequestError(f"several loans begin with {text!r}", "give more of its id")
        if not found:
            raise NotFoundError(f"no loan is known as {text!r}", "see `fedlab loan list`")
        return found[0]

    def known(self, text: str) -> tuple[StoredSubject, Loan]:
        """Return a loan and its state; raises TryLaterError where its request has not arrived."""
        stored = self.find(text)
        if stored.state is None:
            raise TryLaterError(
                "what opened this loan has not arrived yet", "wait for the next sync"
            )
        return stored, read_loan(stored.state)

    def sides(self, stored: StoredSubject) -> set[Side]:
        """Return whom this lab speaks for in a loan."""
        if stored.state is None:
            return set()
        loan = read_loan(stored.state)
        if loan.borrower == self.opened.lab:
            return {Side.BORROWER}
        return {Side.LENDER, Side.CUSTODIAN} if loan.lender == self.opened.lab else set()

    def offer_of(self, loan: Loan) -> EntryId:
        """Return the offer that stands; raises ConflictError where there is none."""
        if loan.offer is None:
            raise ConflictError("there is no offer", "the lender makes one: `fedlab loan offer`")
        return loan.offer

    def seen(self, lab: LabId) -> dict[str, Any]:
        """Return the newest signed head of another lab that is held here, to quote it."""
        return newest_head(self.opened, lab)

    def say(
        self,
        stored: StoredSubject,
        kind: type[f.LoanFact],
        fields: dict[str, Any],
        detail: bytes | None,
    ) -> LoanDone:
        """Sign a fact, if it would count."""
        loan = stored.root.hex()
        fact = made(kind, {"loan": loan, **fields})
        self._check(stored, fact)
        return LoanDone(loan, self.opened.append_one(Draft(fact, detail)))

    def _check(self, stored: StoredSubject, fact: f.LoanFact) -> None:
        """Raise ConflictError with the status that the fact would have, unless it would count."""
        try:
            status = status_if_said(self.opened, stored, [fact])
        except FactError as exc:  # it names its author where the other side belongs
            raise self._refused(stored, Status.WRONG_AUTHOR) from exc
        except LocalProtocolError as exc:
            raise BadRequestError(str(exc), exc.hint) from exc
        if status is not Status.COUNTED:
            raise self._refused(stored, status)

    def _refused(self, stored: StoredSubject, status: Status) -> ConflictError:
        message, hint = _REFUSED.get(status, ("that would not count", ""))
        if stored.state is not None:
            loan = read_loan(stored.state)
            sides = self.sides(stored)
            can = {command(fact) for line in loan.lines for fact in possible(line.state, sides)}
            message = f"{message}: the loan is {loan.state.name.lower()}"
            hint = hint or (f"what can be said now: {', '.join(sorted(can))}" if can else "")
        return ConflictError(message, hint, code=status.name.lower())


_REFUSED: Final[dict[Status, tuple[str, str]]] = {
    Status.WRONG_AUTHOR: ("that is for the other side to say", ""),
    Status.EXCEEDS_FREE: (
        "so much is not free on all these days",
        "see `fedlab item show`; offer other days, or less",
    ),
    Status.UNKNOWN_ITEM: ("this lab has no such item", "see `fedlab item list`"),
    Status.ITEM_RETIRED: ("that item was retired", "bring it back with `fedlab item set`"),
    Status.OUT_OF_TURN: ("that leads nowhere now", ""),
    Status.EXCEEDS_LINES: ("that is more than the line has", "see `fedlab loan show`"),
    Status.NOT_AGREED: ("the other side has not agreed to this offer", ""),
    Status.UNKNOWN_REFERENCE: ("what it names has not arrived", "wait for the next sync"),
}


def command(fact: type[f.LoanFact]) -> str:
    """Return how a fact is called as a command."""
    return str(fact.__struct_config__.tag).partition(".")[2].replace("_", "-")


def given(struct: Any, *fields: str) -> dict[str, Any]:
    """Return those of a struct's fields that say something."""
    return {name: value for name in fields if (value := getattr(struct, name)) not in (None, "")}


def told(**texts: str | None) -> bytes | None:
    """Return a detail of those texts that say something; None where none does."""
    said = {name: text.strip() for name, text in texts.items() if text and text.strip()}
    return encode_detail(said) if said else None


def made(kind: type[F], fields: dict[str, Any]) -> F:
    """Return a fact of those fields; raise BadRequestError saying what cannot be."""
    try:
        return fact_of(kind, fields)
    except msgspec.ValidationError as exc:
        raise BadRequestError(f"this cannot be said: {exc}", "see `fedlab loan --help`") from exc
