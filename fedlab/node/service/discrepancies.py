"""Where two labs' words about their loans differ: both statements, since when, whose turn it is.

A word that the other side has only not said yet stands at the end; it is counted as a trouble once
some days have passed, as a second word may come days after the first.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET

from fedlab.ledger.checks import differences
from fedlab.ledger.loanfacts import (
    LoanFact,
    LoanGiveBack,
    LoanHandOver,
    LoanReceive,
    LoanTakeBack,
)
from fedlab.ledger.loanstate import Loan
from fedlab.ledger.moves import ENDS
from fedlab.node.members.roles import Right
from fedlab.node.service.attention import Trouble
from fedlab.node.service.base import Opened, now
from fedlab.node.service.lendingbase import read_loan
from fedlab.node.store.base import StoredSubject
from fedlab.protocol.entry import Entry, EntryId, LabId
from fedlab.protocol.limits import LOANS_LISTED_MAX

_WORDS: Final[dict[str, tuple[type[LoanFact], type[LoanFact]]]] = {
    "out": (LoanHandOver, LoanReceive),
    "back": (LoanTakeBack, LoanGiveBack),
}
_MOVES: Final = (LoanHandOver, LoanReceive, LoanGiveBack, LoanTakeBack)
# The slip is scanned the same evening, or when the tricycle is home.
UNCONFIRMED_SECONDS: Final = 3 * 86_400


class DiscrepancyAnswer(msgspec.Struct):
    """One row; quantities in thousandths, by each side's sum.

    `what` is out, back, condition, dispute or settlement; `by` who disputes, or asks for the
    settlement, and `about` that entry. `waits_for` is the lab whose word would end it; none where
    both must look again.
    """

    loan: EntryId
    what: str
    borrower: LabId
    lender: LabId
    borrower_name: str
    lender_name: str
    line: int | None
    item: str
    item_name: str
    unit: str
    lender_says: int | None
    borrower_says: int | None
    lender_condition: str
    borrower_condition: str
    by: LabId | None
    about: EntryId | None
    reason: str
    since: int
    waits_for: LabId | None
    one_sided: bool


class DiscrepanciesAnswer(msgspec.Struct):
    """All of them: those where words contradict first, then the oldest."""

    discrepancies: list[DiscrepancyAnswer]


class Discrepancies:
    """Finds where two labs' words differ."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def all(self) -> DiscrepanciesAnswer:
        """Return every place where words differ in a loan of this lab's."""
        subjects = self._opened.store.projections.subjects
        found = [
            row
            for open_ in (True, False)
            for stored in subjects.of_lab(
                "loan", self._opened.lab, open_=open_, limit=LOANS_LISTED_MAX
            )
            if stored.state is not None
            for row in self._of_loan(stored, read_loan(stored.state))
        ]
        return DiscrepanciesAnswer(sorted(found, key=lambda row: (row.one_sided, row.since)))

    def attention(self) -> list[Trouble]:
        """Return what words that differ are to somebody who can act on them."""
        long_ago = now() - UNCONFIRMED_SECONDS
        rows = [
            row for row in self.all().discrepancies if not row.one_sided or row.since < long_ago
        ]
        if not rows:
            return []
        where = "/loans/differences"
        return [Trouble("loans_differ", "soon", Right.LEND, where, count=len(rows))]

    def _of_loan(self, stored: StoredSubject, loan: Loan) -> Iterator[DiscrepancyAnswer]:
        over = loan.state in ENDS
        differ = [d for d in differences(loan) if not (over and d.one_sided)]
        # Both said in which condition it was: only then there is more to look up.
        both = (
            not over and loan.settled is None and any(x.handed and x.received for x in loan.lines)
        )
        if not (differ or loan.disputes or loan.settle_asked or both):
            return
        entries = {e.id.hex(): e for e in self._opened.projector.subject_entries(stored)}
        for one in differ:
            said = _touching(entries, _WORDS[one.what], one.line)
            silent = loan.borrower if one.lender else loan.lender
            yield self._row(
                loan,
                one.what,
                line=one.line,
                lender_says=one.lender,
                borrower_says=one.borrower,
                since=max(said, default=loan.last_at),
                waits_for=silent if one.one_sided else None,
                one_sided=one.one_sided,
            )
        for number, lender, borrower, at in _conditions(loan, entries) if both else ():
            yield self._row(loan, "condition", line=number, conditions=(lender, borrower), since=at)
        for dispute in loan.disputes:
            yield self._row(
                loan,
                "dispute",
                by=dispute.by,
                about=dispute.about,
                reason=dispute.reason,
                since=_at(entries, dispute.entry),
            )
        if loan.settle_asked:
            yield self._row(
                loan,
                "settlement",
                by=loan.lender,
                about=loan.settle_asked,
                since=_at(entries, loan.settle_asked),
                waits_for=loan.borrower,
                one_sided=True,
            )

    def _row(
        self,
        loan: Loan,
        what: str,
        *,
        since: int,
        line: int | None = None,
        lender_says: int | None = None,
        borrower_says: int | None = None,
        conditions: tuple[str, str] = ("", ""),
        by: LabId | None = None,
        about: EntryId | None = None,
        reason: str = "",
        waits_for: LabId | None = None,
        one_sided: bool = False,
    ) -> DiscrepancyAnswer:
        code = loan.lines[line or 0].code
        view = self._opened.projector.item(loan.owner, code) if code else None
        names = self._opened.lab_names()
        return DiscrepancyAnswer(
            loan=loan.id,
            what=what,
            borrower=loan.borrower,
            lender=loan.lender,
            borrower_name=names.get(loan.borrower, ""),
            lender_name=names.get(loan.lender, ""),
            line=line,
            item=f"{loan.owner}/{code}" if code else "",
            item_name=view.name if view else code,
            unit=view.unit if view else "piece",
            lender_says=lender_says,
            borrower_says=borrower_says,
            lender_condition=conditions[0],
            borrower_condition=conditions[1],
            by=by,
            about=about,
            reason=reason,
            since=since,
            waits_for=waits_for,
            one_sided=one_sided,
        )


def _touching(
    entries: dict[EntryId, Entry], words: tuple[type[LoanFact], type[LoanFact]], line: int
) -> list[int]:
    """Return the times of the words that make the sums of a line."""
    return [
        entry.fact.at
        for entry in entries.values()
        if isinstance(entry.fact, _MOVES)
        and isinstance(entry.fact, words)
        and any(moved.line == line for moved in entry.fact.lines)
    ]


def _conditions(loan: Loan, entries: dict[EntryId, Entry]) -> Iterator[tuple[int, str, str, int]]:
    """Yield the lines that the two sides found in different conditions on the way out or back:
    what each said last, and when the later one said it."""
    for pair in _WORDS.values():
        for line in loan.lines:
            said: dict[bool, tuple[int, str]] = {}
            for entry in entries.values():
                if not isinstance(
                    entry.fact, LoanHandOver | LoanReceive | LoanGiveBack | LoanTakeBack
                ):
                    continue
                for moved in entry.fact.lines if isinstance(entry.fact, pair) else ():
                    if moved.line == line.number and moved.condition is not UNSET:
                        ours = entry.lab == loan.borrower
                        known = said.get(ours, (0, ""))
                        said[ours] = max(known, (entry.fact.at, str(moved.condition)))
            if len(said) == 2 and said[False][1] != said[True][1]:
                at = max(said[False][0], said[True][0])
                yield line.number, said[False][1], said[True][1], at


def _at(entries: dict[EntryId, Entry], number: EntryId) -> int:
    fact = entries[number].fact if number in entries else None
    return fact.at if fact else 0
