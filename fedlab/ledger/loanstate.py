"""What is known of a loan: its lines, each side's sums, and what is still owed."""

from collections.abc import Sequence

from msgspec import UNSET, Struct
from msgspec.structs import replace

from fedlab.ledger.loanfacts import (
    WORN,
    LoanFact,
    LoanGiveBack,
    LoanHandOver,
    LoanOffer,
    LoanReceive,
    LoanRequest,
    Moved,
    OfferLine,
    RequestLine,
)
from fedlab.ledger.moves import LineState
from fedlab.protocol.entry import EntryId, LabId, or_none


class Line(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One line: what was agreed, and each side's sums, in thousandths."""

    number: int
    code: str = ""  # none: an accessory
    of: int | None = None
    term: str
    quantity: int
    day: str | None = None
    starts: int | None = None
    ends: int | None = None
    price: int | None = None
    value: int | None = None
    state: LineState
    handed: int = 0  # the lender's side
    received: int = 0  # the borrower's
    given_back: int = 0  # the borrower's
    taken_back: int = 0  # the lender's side
    kept: int = 0
    lost: int = 0
    damage: int = 0  # cents
    condition: str | None = None  # as last taken back
    worn: bool = False  # some of it came back so that a settlement is due

    @property
    def out(self) -> int:
        """What left the lender's hands, by either word."""
        return max(self.handed, self.received)

    @property
    def returns(self) -> bool:
        """Whether it comes back: custody of what is used on site never changes."""
        return self.term == "lend"

    @property
    def still_out(self) -> int:
        """What has neither come back nor been settled."""
        if not self.returns:
            return 0
        return max(0, self.out - self.taken_back - self.kept - self.lost)


class Report(Struct, frozen=True, kw_only=True):
    """What somebody told of a line, or of all."""

    entry: EntryId
    by: LabId
    line: int | None
    kind: str


class Dispute(Struct, frozen=True, kw_only=True):
    """An entry of the other side's that somebody says is not so."""

    entry: EntryId
    by: LabId
    about: EntryId
    reason: str


class Loan(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What both labs' words make of a loan; equal for everybody who holds the same entries."""

    id: EntryId
    borrower: LabId
    lender: LabId
    owner: LabId
    state: LineState
    lines: tuple[Line, ...]
    day_from: str
    day_to: str | None  # as it holds now, extensions included
    offer: EntryId | None = None
    agreed: EntryId | None = None
    until: str | None = None
    fee: int | None = None
    caution: int | None = None
    caution_kind: str | None = None
    risk: str | None = None
    carrying: str | None = None
    reason: str | None = None  # of the last decline or cancel
    cancel_asked: bool = False
    extension_asked: str | None = None  # until when
    recalled: str | None = None  # by when
    settled: EntryId | None = None  # the settlement that asks nothing, or was accepted
    settle_asked: EntryId | None = None  # a later one, which waits for the borrower's word
    lapsed: bool = False
    caution_kept: int | None = None
    reports: tuple[Report, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    asked_at: int  # authors' times, only ever shown
    last_at: int


def left(line: Line, kind: type[LoanFact]) -> int:
    """Return how much of a line can still change hands so, by that side's own sum."""
    if kind is LoanHandOver:
        return line.quantity - line.handed
    if kind is LoanReceive:
        return (line.handed or line.quantity) - line.received
    if not line.returns:
        return 0
    return line.out - (line.given_back if kind is LoanGiveBack else line.taken_back)


def where(line: Line, loan: Loan) -> LineState:
    """Return the state of a line under an agreed offer, from its sums and what is still owed."""
    if line.still_out:
        waiting = line.given_back - line.taken_back >= line.still_out
        return LineState.BACK if waiting else LineState.OUT
    if line.out < line.quantity and not (loan.settled or loan.lapsed):
        return LineState.AGREED
    asks = line.worn or bool(loan.caution) or loan.settle_asked is not None
    return LineState.SETTLING if asks and not loan.settled else LineState.CLOSED


def holds_caution(loan: Loan) -> bool:
    """Say whether something went out against a caution of which nothing was said since."""
    return bool(loan.caution) and not loan.settled and any(line.out for line in loan.lines)


def requested(root: EntryId, fact: LoanRequest) -> Loan:
    """Return a loan of which nothing is known but what was asked."""
    return Loan(
        id=root,
        borrower=fact.by,
        lender=fact.lender,
        owner=fact.lender if fact.owner is UNSET else fact.owner,
        state=LineState.REQUESTED,
        lines=_lines(fact.lines, LineState.REQUESTED),
        day_from=fact.day_from,
        day_to=or_none(fact.day_to),
        asked_at=fact.at,
        last_at=fact.at,
    )


def offered(loan: Loan, number: EntryId, fact: LoanOffer) -> Loan:
    """Return the loan under an offer, which takes the place of all before it."""
    return replace(
        loan,
        state=LineState.OFFERED,
        lines=_lines(fact.lines, LineState.OFFERED),
        day_from=fact.day_from,
        day_to=or_none(fact.day_to),
        offer=number,
        agreed=None,
        reason=None,
        until=or_none(fact.until),
        fee=or_none(fact.fee),
        caution=or_none(fact.caution),
        caution_kind=or_none(fact.caution_kind),
        risk=or_none(fact.risk),
        carrying=or_none(fact.carrying),
    )


def _lines(lines: Sequence[RequestLine | OfferLine], state: LineState) -> tuple[Line, ...]:
    return tuple(
        Line(
            number=number,
            code=or_none(line.code) or "",
            of=or_none(line.of) if isinstance(line, OfferLine) else None,
            term=line.term,
            quantity=line.quantity,
            day=or_none(line.day),
            starts=or_none(line.starts),
            ends=or_none(line.ends),
            price=or_none(line.price) if isinstance(line, OfferLine) else None,
            value=or_none(line.value) if isinstance(line, OfferLine) else None,
            state=state,
        )
        for number, line in enumerate(lines)
    )


def moved(line: Line, fact: LoanFact, change: Moved) -> Line:
    """Return a line after so much of it changed hands, by the word of one side."""
    if isinstance(fact, LoanHandOver):
        return replace(line, handed=line.handed + change.quantity)
    if isinstance(fact, LoanReceive):
        return replace(line, received=line.received + change.quantity)
    if isinstance(fact, LoanGiveBack):
        return replace(line, given_back=line.given_back + change.quantity)
    condition = line.condition if change.condition is UNSET else change.condition
    return replace(
        line,
        taken_back=line.taken_back + change.quantity,
        condition=condition,
        worn=line.worn or condition in WORN,
    )
