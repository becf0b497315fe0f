"""Every move of a loan's line, in one table.

The fold asks it whether a fact may count, pages and commands ask it what can be done next, and
the diagram in docs/reference/loans.md is drawn from it. Where a move has several ends, quantities
and what is still owed decide which: see `loanstate.where`.
"""

import enum
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from fedlab.ledger.loanfacts import (
    LoanAccept,
    LoanAgree,
    LoanCancel,
    LoanDecline,
    LoanDispute,
    LoanExtend,
    LoanExtendAsk,
    LoanFact,
    LoanGiveBack,
    LoanHandOver,
    LoanLapse,
    LoanOffer,
    LoanRecall,
    LoanReceive,
    LoanReport,
    LoanSettle,
    LoanTakeBack,
)


class LineState(enum.IntEnum):
    """Where a line is, the least advanced first; a loan is where its least advanced line is."""

    REQUESTED = 0
    OFFERED = 1  # the lender holds the quantity
    AGREED = 2  # and the borrower takes it; something is still to be fetched
    OUT = 3
    BACK = 4  # given back by the borrower's word, the lender's is awaited
    SETTLING = 5  # nothing is out; damage or a caution waits for both sides' word
    CLOSED = 6
    DECLINED = 7
    CANCELLED = 8
    LAPSED = 9  # ended by the lender for good, without an answer


ENDS: Final = frozenset(
    {LineState.CLOSED, LineState.DECLINED, LineState.CANCELLED, LineState.LAPSED}
)


class Side(enum.Enum):
    """Who may say it: the borrower; the lender that was asked; or who holds its powers."""

    BORROWER = "borrower"
    LENDER = "lender"
    CUSTODIAN = "owner or host"  # the lender, or whom owner or placement entitle


class Move(NamedTuple):
    """From a state, a fact of that side leads to one of these."""

    state: LineState
    fact: type[LoanFact]
    side: Side
    ends: tuple[LineState, ...]


_S = LineState
_IN_HAND: Final = (_S.AGREED, _S.OUT, _S.BACK, _S.SETTLING, _S.CLOSED)
# A second word may come long after the first one moved the line on.
_HANDED: Final = (_S.OFFERED, *_IN_HAND)
_DATED: Final = (_S.AGREED, _S.OUT)


def _moves() -> Iterator[Move]:
    lender, borrower, custodian = Side.LENDER, Side.BORROWER, Side.CUSTODIAN
    for state in (_S.REQUESTED, _S.OFFERED):
        yield Move(state, LoanOffer, lender, (_S.OFFERED,))
    # A borrower that called it off stays out of it.
    for state in (_S.AGREED, _S.DECLINED, _S.CANCELLED):
        yield Move(state, LoanOffer, lender, (_S.OFFERED, _S.CANCELLED))
    for state in (_S.REQUESTED, _S.OFFERED, _S.AGREED):
        yield Move(state, LoanDecline, lender, (_S.DECLINED,))
    for state in (_S.OFFERED, _S.AGREED, _S.CANCELLED):
        yield Move(state, LoanCancel, lender, (_S.CANCELLED,))
    yield Move(_S.OFFERED, LoanAgree, borrower, (_S.AGREED,))
    for state in (_S.REQUESTED, _S.OFFERED, _S.CANCELLED):
        yield Move(state, LoanCancel, borrower, (_S.CANCELLED,))
    yield Move(_S.AGREED, LoanCancel, borrower, (_S.AGREED,))  # asks; the lender answers
    for state in _IN_HAND:
        yield Move(state, LoanHandOver, custodian, _IN_HAND)
    for state in _HANDED:
        yield Move(state, LoanReceive, borrower, _IN_HAND)
    for state in _DATED:
        yield Move(state, LoanExtendAsk, borrower, (state,))
        yield Move(state, LoanExtend, lender, (state,))
        yield Move(state, LoanRecall, lender, (state,))
    for state in _IN_HAND:
        yield Move(state, LoanGiveBack, borrower, _IN_HAND)
        yield Move(state, LoanTakeBack, custodian, _IN_HAND)
        yield Move(state, LoanSettle, lender, _IN_HAND)
        yield Move(state, LoanAccept, borrower, _IN_HAND)
    for state in (_S.OFFERED, _S.AGREED, _S.OUT, _S.BACK, _S.CANCELLED):
        yield Move(state, LoanLapse, lender, (_S.LAPSED,))
    yield Move(_S.SETTLING, LoanLapse, lender, (_S.CLOSED,))
    # What comes back, or is owned up to, after all.
    for fact, side in (
        (LoanHandOver, custodian),
        (LoanReceive, borrower),
        (LoanGiveBack, borrower),
        (LoanTakeBack, custodian),
    ):
        yield Move(_S.LAPSED, fact, side, (_S.LAPSED, _S.CLOSED))
    for state in (*_IN_HAND, _S.LAPSED):
        for side in (borrower, custodian):
            yield Move(state, LoanReport, side, (state,))
            yield Move(state, LoanDispute, side, (state,))


MOVES: Final[tuple[Move, ...]] = tuple(_moves())
_ENDS_OF: Final = {(move.state, move.fact, move.side): move.ends for move in MOVES}
SIDES: Final[dict[type[LoanFact], frozenset[Side]]] = {
    fact: frozenset(move.side for move in MOVES if move.fact is fact)
    for fact in {move.fact for move in MOVES}
}
"""Who may say a fact at all; from anybody else it never counts."""


def ends(state: LineState, fact: type[LoanFact], side: Side) -> tuple[LineState, ...]:
    """Return where a fact may lead from a state; nowhere where it does not count."""
    return _ENDS_OF.get((state, fact, side), ())


def possible(state: LineState, sides: Iterable[Side]) -> list[type[LoanFact]]:
    """Return the facts that somebody may say in a state, in the order of the table."""
    mine = set(sides)
    return list(dict.fromkeys(m.fact for m in MOVES if m.state is state and m.side in mine))
