"""Loans as they are folded here, made into what `lendinganswers` has for people and programs."""

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
from fedlab.node.service.lendinganswers import (
    DisputeAnswer,
    EndedAnswer,
    LabLoanAnswer,
    LineAnswer,
    MissingAnswer,
    ProblemAnswer,
    SaidAnswer,
    SettlementAnswer,
)
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
                detail=decoded(blob),
            )
        )
    return said


def _as_told(entry: Entry) -> tuple[int, int, LabId, int, int]:
    """Order entries as people tell them: by the authors' times, then by what follows what."""
    at = entry.fact.at if entry.fact else 0
    return at, rank_of(entry), entry.lab, entry.epoch, entry.index


def decoded(blob: bytes | None) -> dict[str, Any] | None:
    """Return the detail in a salted blob; None where there is none, or it is unreadable."""
    try:
        return decode_detail(blob[SALT_BYTES:]) if blob else None
    except ProtocolError:
        return None
