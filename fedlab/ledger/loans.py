"""One loan, folded from the set of its entries.

No clock decides, nor the order of arrival, and two logs have no order between them. So the fold
takes the entries in an order that follows from what they say, and each step is a move of the
table (`moves`). That order is where messages which cross are decided:

1. the request;
2. the lender's words on it (offer, decline, cancel) in the order of its log: the last counts. Once
   something went out under an offer that both sides gave their word to, that offer stands
   whatever else was said of it: custody beats a crossing cancel or offer;
3. the borrower's agreement, if its offer still stands;
4. what was received and handed over; then the borrower's cancel, which from there on is late;
5. dates; what was given back, then what was taken back;
6. settlements, acceptances; a lapse, which ends for good whatever is left; reports, disputes.

Quantities are sums of each side's words. What one side alone says moves the line (a lender's
hand-over needs the borrower's agreement, silence is none) and is *unconfirmed* until the other's
word makes the same sum. Nothing here raises on data: what does not count has a status.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from fedlab.inventory.facts import ItemPlace
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
    LoanRequest,
    LoanSettle,
    LoanTakeBack,
)
from fedlab.ledger.loanstate import (
    Dispute,
    Line,
    Report,
    holds_caution,
    moved,
    offered,
    requested,
    where,
)
from fedlab.ledger.moves import ENDS, LineState, Side, ends
from fedlab.ledger.outcome import Outcome
from fedlab.ledger.parties import Parties
from fedlab.protocol.entry import Entry, EntryId, LabId, Status, or_none

_RANK: Final[dict[type, int]] = {
    LoanOffer: 1, LoanDecline: 1, LoanCancel: 1, LoanAgree: 2, LoanReceive: 3,
    LoanHandOver: 4, LoanExtendAsk: 6, LoanExtend: 7, LoanRecall: 7, LoanGiveBack: 8,
    LoanTakeBack: 9, LoanSettle: 10, LoanAccept: 11, LoanLapse: 12, LoanReport: 13, LoanDispute: 14,
}  # fmt: skip
_BORROWERS_CANCEL: Final = 5


def rank_of(entry: Entry) -> int:
    """Return where an entry's type stands in the order of steps; the request comes first."""
    return _RANK.get(type(entry.fact), 0)


def fold_loan(root: EntryId, entries: Sequence[Entry]) -> Outcome:
    """Return what the entries of a loan make; among them may be the placements that it cites."""
    entries = list({e.id: e for e in entries}.values())  # what comes twice counts once
    opening = next((e for e in entries if e.id.hex() == root and _counts(e)), None)
    if opening is None or not isinstance(opening.fact, LoanRequest):
        unknown = {e.id.hex(): Status.UNKNOWN_SUBJECT for e in entries if _counts(e)}
        return Outcome(None, (), True, unknown)
    folding = _Folding(opening, opening.fact, entries)
    folding.run()
    loan = folding.loan
    withdrawn = loan.state is LineState.CANCELLED and loan.offer is not None
    still = loan.state not in ENDS or withdrawn or holds_caution(loan)
    return Outcome(loan, (loan.borrower, loan.lender), still, folding.statuses)


def _asks_nothing(settle: LoanSettle, fee: int) -> bool:
    """Say whether a settlement asks no more than the offer did."""
    damage = settle.lines is not UNSET and any(or_none(line.damage) for line in settle.lines)
    caution = settle.caution_kept is not UNSET and settle.caution_kept > 0
    more = settle.fee is not UNSET and settle.fee > fee
    return not (damage or caution or more)


def _at(line: Line, state: LineState) -> Line:
    return line if line.state is state else replace(line, state=state)


def _counts(entry: Entry) -> bool:
    return entry.status is Status.COUNTED


class _Folding:
    """A loan in the making: one step for each entry, in the order that the module tells."""

    def __init__(self, opening: Entry, request: LoanRequest, entries: Sequence[Entry]) -> None:
        self.statuses: dict[EntryId, Status] = {}
        self.loan = requested(opening.id.hex(), request)
        known = [e for e in entries if _counts(e)]
        places = {e.id.hex(): e.fact for e in known if isinstance(e.fact, ItemPlace)}
        self.entries = [e for e in known if isinstance(e.fact, LoanFact)]
        self.by_id = {e.id.hex(): e for e in self.entries}
        self.parties = Parties(self.loan, self.entries, places)
        self.asks: list[EntryId] = []
        self.settles: dict[EntryId, LoanSettle] = {}  # in the order of the lender's log
        self.accepted: set[EntryId] = set()

    @property
    def fee(self) -> int:
        """What the offer asks for."""
        offer = self.parties.offer_fact(self.loan.offer)
        return 0 if offer is None or offer.fee is UNSET else offer.fee

    def run(self) -> None:
        """Take every step."""
        last = self.loan.last_at
        for entry in sorted(self.entries, key=self._order):
            assert isinstance(entry.fact, LoanFact)
            side = self.parties.side(entry, entry.fact)
            if side is None:
                status = Status.WRONG_AUTHOR
            else:
                status = self._step(entry, entry.fact, side)
            if status is Status.COUNTED:
                last = max(last, entry.fact.at)
            else:
                self.statuses[entry.id.hex()] = status
        self.loan = replace(self.loan, last_at=last)

    def _order(self, entry: Entry) -> tuple[int, LabId, int, int]:
        rank = rank_of(entry)
        if isinstance(entry.fact, LoanCancel) and entry.lab == self.loan.borrower:
            rank = _BORROWERS_CANCEL
        return rank, entry.lab, entry.epoch, entry.index

    # --- the steps --------------------------------------------------------------------------------

    def _step(self, entry: Entry, fact: LoanFact, side: Side) -> Status:
        if isinstance(fact, LoanOffer | LoanDecline | LoanCancel | LoanLapse | LoanAgree):
            return self._word(entry, fact, side)
        if isinstance(fact, LoanHandOver | LoanReceive | LoanGiveBack | LoanTakeBack):
            return self._custody(fact, side)
        if not self._may(fact, side):
            return Status.OUT_OF_TURN
        return _STEPS[type(fact)](self, entry, fact)

    def _may(self, fact: LoanFact, side: Side) -> bool:
        """Say whether the table lets the fact count for any line."""
        return any(ends(line.state, type(fact), side) for line in self.loan.lines)

    def _word(self, entry: Entry, fact: LoanFact, side: Side) -> Status:
        """Take an offer, an agreement, or what ends either."""
        number = entry.id.hex()
        if isinstance(fact, LoanOffer):
            return self._offer(number, fact, side)
        ends_it = isinstance(fact, LoanDecline | LoanCancel) and side is Side.LENDER
        if ends_it and self.parties.bound is not None:
            return Status.OUT_OF_TURN  # custody beats it
        if isinstance(fact, LoanAgree):
            if fact.offer not in self.parties.offers:
                return Status.UNKNOWN_REFERENCE
            if fact.offer != self.loan.offer or not self.parties.in_time(entry):
                return Status.OUT_OF_TURN
        if not self._may(fact, side):
            return Status.OUT_OF_TURN
        if isinstance(fact, LoanAgree):
            self.loan = replace(self.loan, agreed=number)
        elif isinstance(fact, LoanCancel) and side is Side.BORROWER and self.loan.agreed:
            self.loan = replace(self.loan, cancel_asked=True)
            return Status.COUNTED
        elif isinstance(fact, LoanDecline | LoanCancel):
            held = self.loan.offer if side is Side.BORROWER else None  # until the lender says so
            self.loan = replace(self.loan, offer=held, reason=fact.reason)
        elif isinstance(fact, LoanLapse):
            self.loan = replace(self.loan, lapsed=True)
        self._all(type(fact), side)
        return Status.COUNTED

    def _offer(self, number: EntryId, fact: LoanOffer, side: Side) -> Status:
        if not self.parties.may_offer(fact):
            known = self.parties.knows_places(fact)
            return Status.WRONG_AUTHOR if known else Status.UNKNOWN_REFERENCE
        if self.parties.bound not in (None, number) or not self._may(fact, side):
            return Status.OUT_OF_TURN
        if self.loan.offer is not None:
            self.statuses[self.loan.offer] = Status.REPLACED
        self.loan = offered(self.loan, number, fact)
        return Status.COUNTED

    def _all(self, fact: type[LoanFact], side: Side) -> None:
        """Move every line that the fact moves to where it leads."""
        lines = []
        for line in self.loan.lines:
            to = ends(line.state, fact, side)
            lines.append(_at(line, to[0]) if len(to) == 1 else line)
        self._put(lines)

    def _custody(
        self, fact: LoanHandOver | LoanReceive | LoanGiveBack | LoanTakeBack, side: Side
    ) -> Status:
        """Take what changed hands, all of the fact or nothing."""
        out = isinstance(fact, LoanHandOver | LoanReceive)
        if isinstance(fact, LoanHandOver | LoanReceive):
            if fact.offer not in self.parties.offers:
                return Status.UNKNOWN_REFERENCE
            if fact.offer != self.parties.bound or fact.offer != self.loan.offer:
                return Status.NOT_AGREED
        custodian = Side.CUSTODIAN if side is not Side.BORROWER else side
        lines = list(self.loan.lines)
        for change in fact.lines:
            if change.line >= len(lines) or (not out and not lines[change.line].returns):
                return Status.EXCEEDS_LINES
            line = lines[change.line]
            if not ends(line.state, type(fact), custodian):
                return Status.OUT_OF_TURN
            line = moved(line, fact, change)
            if max(line.handed, line.received) > line.quantity:
                return Status.EXCEEDS_LINES
            if max(line.given_back, line.taken_back) > line.out:
                return Status.EXCEEDS_LINES
            lines[change.line] = line
        self._put([_at(line, where(line, self.loan)) for line in lines])
        return Status.COUNTED

    def _extend_ask(self, entry: Entry, fact: LoanExtendAsk) -> Status:
        self.loan = replace(self.loan, extension_asked=fact.day_to)
        self.asks.append(entry.id.hex())
        return Status.COUNTED

    def _extend(self, entry: Entry, fact: LoanExtend) -> Status:
        if self.asks and fact.ask == self.asks[-1]:
            self.loan = replace(self.loan, extension_asked=None)
        self.loan = replace(self.loan, day_to=fact.day_to, recalled=None)
        return Status.COUNTED

    def _recall(self, entry: Entry, fact: LoanRecall) -> Status:
        self.loan = replace(self.loan, recalled=fact.day_to)
        return Status.COUNTED

    def _settle(self, entry: Entry, fact: LoanSettle) -> Status:
        if fact.lines is not UNSET and fact.lines[-1].line >= len(self.loan.lines):
            return Status.EXCEEDS_LINES
        self.settles[entry.id.hex()] = fact
        self._choose_settlement()
        return Status.COUNTED

    def _accept(self, entry: Entry, fact: LoanAccept) -> Status:
        if fact.settle not in self.settles:
            return Status.UNKNOWN_REFERENCE
        self.accepted.add(fact.settle)
        self._choose_settlement()
        return Status.COUNTED

    def _choose_settlement(self) -> None:
        """Let the latest count that asks nothing or was accepted; what comes after it waits."""
        order = list(self.settles)
        counts = [
            s for s in order if s in self.accepted or _asks_nothing(self.settles[s], self.fee)
        ]
        settled = counts[-1] if counts else None
        asked = order[-1] if order[-1] != settled else None
        self.loan = replace(self.loan, settled=settled, settle_asked=asked)
        if settled is not None:
            self._take_settlement(self.settles[settled])
        self._settle_lines()

    def _take_settlement(self, fact: LoanSettle) -> None:
        lines = [replace(line, kept=0, lost=0, damage=0) for line in self.loan.lines]
        for ended in () if fact.lines is UNSET else fact.lines:
            lines[ended.line] = replace(
                lines[ended.line],
                kept=or_none(ended.kept) or 0,
                lost=or_none(ended.lost) or 0,
                damage=or_none(ended.damage) or 0,
            )
        fee = self.fee if fact.fee is UNSET else fact.fee
        kept = or_none(fact.caution_kept) or 0
        self.loan = replace(self.loan, lines=tuple(lines), fee=fee, caution_kept=kept)

    def _report(self, entry: Entry, fact: LoanReport) -> Status:
        line = or_none(fact.line)
        if line is not None and line >= len(self.loan.lines):
            return Status.EXCEEDS_LINES
        told = Report(entry=entry.id.hex(), by=entry.lab, line=line, kind=fact.kind)
        self.loan = replace(self.loan, reports=(*self.loan.reports, told))
        return Status.COUNTED

    def _dispute(self, entry: Entry, fact: LoanDispute) -> Status:
        about = self.by_id.get(fact.about)
        if about is None:
            return Status.UNKNOWN_REFERENCE
        if about.lab != entry.lab:
            told = Dispute(entry=entry.id.hex(), by=entry.lab, about=fact.about, reason=fact.reason)
            self.loan = replace(self.loan, disputes=(*self.loan.disputes, told))
            return Status.COUNTED
        left = tuple(d for d in self.loan.disputes if d.entry != fact.about)
        if len(left) == len(self.loan.disputes):
            return Status.OUT_OF_TURN
        self.loan = replace(self.loan, disputes=left)
        return Status.COUNTED

    def _settle_lines(self) -> None:
        """Put every line that is in somebody's hands where its sums now say."""
        self._put([_at(line, where(line, self.loan)) for line in self.loan.lines])

    def _put(self, lines: Iterable[Line]) -> None:
        lines = tuple(lines)
        state = min([line.state for line in lines])
        if lines != self.loan.lines or state is not self.loan.state:
            self.loan = replace(self.loan, lines=lines, state=state)


_STEPS: Final[dict[type[LoanFact], Callable[..., Status]]] = {
    LoanExtendAsk: _Folding._extend_ask,
    LoanExtend: _Folding._extend,
    LoanRecall: _Folding._recall,
    LoanSettle: _Folding._settle,
    LoanAccept: _Folding._accept,
    LoanReport: _Folding._report,
    LoanDispute: _Folding._dispute,
}
