"""How a loan is answered: `loan show` and `loan list`."""

from typing import Any, Final

import msgspec
from msgspec import UNSET

from fedlab.inventory.catalogue import ItemView
from fedlab.ledger import book
from fedlab.ledger.checks import differences, flags
from fedlab.ledger.loanfacts import (
    LoanFact,
    LoanGiveBack,
    LoanHandOver,
    LoanReceive,
    LoanSettle,
    LoanTakeBack,
)
from fedlab.ledger.loans import rank_of
from fedlab.ledger.loanstate import Line, Loan, left
from fedlab.ledger.moves import LineState, Side, possible
from fedlab.node.days import today
from fedlab.node.service.base import Opened, now
from fedlab.node.store.base import Place, StoredSubject
from fedlab.protocol.entry import Entry, EntryId, LabId, Status, decode_detail, or_none
from fedlab.protocol.errors import ProtocolError
from fedlab.protocol.limits import SALT_BYTES

_read_loan = msgspec.msgpack.Decoder(Loan).decode
_MOVES: Final[tuple[tuple[str, type[LoanFact]], ...]] = (
    ("hand-over", LoanHandOver),
    ("receive", LoanReceive),
    ("give-back", LoanGiveBack),
    ("take-back", LoanTakeBack),
)


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


def loan_answer(
    opened: Opened, stored: StoredSubject, sides: set[Side], *, brief: bool = False
) -> LabLoanAnswer:
    """Return a loan as people see it; one whose request is not held has only what was said."""
    entries = [] if brief else opened.projector.subject_entries(stored)
    outcome = book.fold("loan", stored.root.hex(), entries, opened.projector.stands)
    statuses = outcome.statuses if outcome else {}
    if stored.state is not None:
        loan = _read_loan(stored.state)
    else:
        loan = _unknown(stored.root.hex())
    said = _said(opened, entries, statuses)
    missing = [
        MissingAnswer(lab, epoch, size)
        for (lab, epoch), size in sorted(opened.projector.missing(entries).items())
    ]
    names = opened.lab_names()
    at = now()
    same = {
        name: getattr(loan, name) for name in LabLoanAnswer.__struct_fields__ if hasattr(loan, name)
    }
    return LabLoanAnswer(
        **{
            **same,
            "loan": loan.id,
            "state": loan.state.name.lower() if stored.state is not None else "unknown",
            "complete": not missing and stored.state is not None,
            "missing": missing,
            "borrower_name": names.get(loan.borrower, ""),
            "lender_name": names.get(loan.lender, ""),
            "lines": _lines(opened, loan),
            "disputes": [
                DisputeAnswer(each.entry, each.by, each.about, each.reason)
                for each in loan.disputes
            ],
            "settlement": _settlement(loan, entries),
            "flags": flags(loan, today(), at) if stored.state is not None else [],
            "problems": _problems(loan, said),
            "can": _can(loan, sides),
            "entries": said,
        }
    )


def _unknown(root: EntryId) -> Loan:
    return Loan(
        id=root, borrower="", lender="", owner="", state=LineState.REQUESTED, lines=(),
        day_from="", day_to=None, asked_at=0, last_at=0,
    )  # fmt: skip


def _can(loan: Loan, sides: set[Side]) -> list[str]:
    facts = [fact for line in loan.lines for fact in possible(line.state, sides)]
    return list(
        dict.fromkeys(str(fact.__struct_config__.tag)[5:].replace("_", "-") for fact in facts)
    )


def _lines(opened: Opened, loan: Loan) -> list[LineAnswer]:
    """Return the lines with the names of their items, as far as these are known here."""
    items = [f"{loan.owner}/{line.code}" for line in loan.lines if line.code]
    views = opened.projector.views_of(items, opened.labs())
    return [_line(loan, line, views.get(f"{loan.owner}/{line.code}")) for line in loan.lines]


def _line(loan: Loan, line: Line, item: ItemView | None) -> LineAnswer:
    same = {
        name: getattr(line, name) for name in LineAnswer.__struct_fields__ if hasattr(line, name)
    }
    return LineAnswer(
        **{
            **same,
            "line": line.number,
            "item": f"{loan.owner}/{line.code}" if line.code else "",
            "name": item.name if item else line.code,
            "unit": item.unit if item else "piece",
            "state": line.state.name.lower(),
            "left": {name: many for name, kind in _MOVES if (many := left(line, kind)) > 0},
        }
    )


def _settlement(loan: Loan, entries: list[Entry]) -> SettlementAnswer | None:
    """Return the last settlement with its sums: both sides are to see them before either agrees."""
    wanted = loan.settle_asked or loan.settled
    for entry in entries if wanted else ():
        if entry.id.hex() == wanted and isinstance(entry.fact, LoanSettle):
            fact = entry.fact
            break
    else:
        return None
    assert wanted
    lines = [
        EndedAnswer(
            one.line, or_none(one.kept) or 0, or_none(one.lost) or 0, or_none(one.damage) or 0
        )
        for one in (() if fact.lines is UNSET else fact.lines)
    ]
    damage = sum(line.damage for line in lines)
    fee = (loan.fee or 0) if fact.fee is UNSET else fact.fee
    kept = or_none(fact.caution_kept) or 0
    return SettlementAnswer(
        entry=wanted,
        accepted=loan.settle_asked is None,
        lines=lines,
        fee=fee,
        damage=damage,
        asked=fee + damage,
        caution_kept=kept,
        caution_back=max(0, (loan.caution or 0) - kept),
        due=max(0, fee + damage - kept),
    )


def _problems(loan: Loan, said: list[SaidAnswer]) -> list[ProblemAnswer]:
    void = [
        ProblemAnswer(entry.status, entry=entry.entry)
        for entry in said
        if entry.status not in ("counted", "replaced")
    ]
    return void + [
        ProblemAnswer(
            f"{each.what}_differs", line=each.line, lender=each.lender, borrower=each.borrower
        )
        for each in differences(loan)
        if not each.one_sided
    ]


def _said(opened: Opened, entries: list[Entry], statuses: Any) -> list[SaidAnswer]:
    entries = sorted(entries, key=_as_told)
    places = [Place(entry.lab, entry.epoch, entry.index) for entry in entries]
    details = opened.store.details_of(places)
    said = []
    for entry, blob in zip(entries, details, strict=True):
        fact = msgspec.to_builtins(entry.fact)
        status = Status(statuses.get(entry.id.hex(), entry.status))
        said.append(
            SaidAnswer(
                entry=entry.id.hex(),
                lab=entry.lab,
                at=fact.pop("at"),
                what=fact.pop("t"),
                status=status.name.lower(),
                fact={
                    key: value for key, value in fact.items() if key not in ("by", "e", "n", "loan")
                },
                detail=_decoded(blob),
            )
        )
    return said


def _as_told(entry: Entry) -> tuple[int, int, LabId, int, int]:
    """Order entries as people tell them: by the authors' times, then by what follows what."""
    at = entry.fact.at if entry.fact else 0
    return at, rank_of(entry), entry.lab, entry.epoch, entry.index


def _decoded(blob: bytes | None) -> dict[str, Any] | None:
    try:
        return decode_detail(blob[SALT_BYTES:]) if blob else None
    except ProtocolError:
        return None
