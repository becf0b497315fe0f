"""What is answered about loans between labs, to pages, commands and programs."""

from typing import Any

import msgspec

from fedlab.protocol.entry import EntryId, LabId


class LoanDone(msgspec.Struct):
    """The loan that a command was about, and the entry that says so."""

    loan: EntryId
    entry: EntryId


class LineAnswer(msgspec.Struct):
    """One line: quantities in thousandths, by each side's word."""

    line: int
    item: str
    name: str  # of the item, where it is known here
    unit: str
    of: int | None
    term: str
    quantity: int
    day: str | None
    starts: int | None
    ends: int | None
    price: int | None
    value: int | None
    state: str
    handed: int
    received: int
    given_back: int
    taken_back: int
    kept: int
    lost: int
    damage: int
    condition: str | None
    left: dict[str, int]  # by command: how much can still change hands so


class DisputeAnswer(msgspec.Struct):
    """An entry of the other side's that somebody says is not so."""

    entry: EntryId
    by: LabId
    about: EntryId
    reason: str


class EndedAnswer(msgspec.Struct):
    """How a line ends: thousandths that are kept or lost, cents of damage."""

    line: int
    kept: int
    lost: int
    damage: int


class SettlementAnswer(msgspec.Struct):
    """How it ends: what is asked in all, and what becomes of the caution; money in cents.

    `due` is what is still to be paid once what is kept of the caution is taken off.
    """

    entry: EntryId
    accepted: bool  # or asks nothing beyond the offer
    lines: list[EndedAnswer]
    fee: int
    damage: int
    asked: int
    caution_kept: int
    caution_back: int
    due: int


class ProblemAnswer(msgspec.Struct):
    """An entry that does not count, or two labs' words that differ."""

    code: str
    entry: EntryId | None = None
    line: int | None = None
    lender: int | None = None
    borrower: int | None = None


class SaidAnswer(msgspec.Struct):
    """One entry about a loan."""

    entry: EntryId
    lab: LabId
    at: int
    what: str
    status: str
    fact: dict[str, Any]
    detail: dict[str, Any] | None


class MissingAnswer(msgspec.Struct):
    """A log that somebody quotes further than it is held here."""

    lab: LabId
    epoch: int
    size: int


class LabLoanAnswer(msgspec.Struct):
    """A loan as it is folded here, today."""

    loan: EntryId
    state: str
    complete: bool
    missing: list[MissingAnswer]
    borrower: LabId
    lender: LabId
    owner: LabId
    borrower_name: str
    lender_name: str
    day_from: str
    day_to: str | None
    until: str | None
    fee: int | None
    caution: int | None
    caution_kind: str | None
    caution_kept: int | None
    risk: str | None
    carrying: str | None
    reason: str | None
    extension_asked: str | None
    recalled: str | None
    asked_at: int
    lines: list[LineAnswer]
    flags: list[str]
    problems: list[ProblemAnswer]
    disputes: list[DisputeAnswer]
    settlement: SettlementAnswer | None  # the last one, if it waits or stands
    can: list[str]  # what this lab may say now
    entries: list[SaidAnswer]


class LabLoansAnswer(msgspec.Struct):
    """Loans between labs, in the order they became known here; without their entries."""

    loans: list[LabLoanAnswer]
