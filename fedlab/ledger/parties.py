"""Who may say what about a loan, and under which offer things went out.

The borrower asked, the lender was asked. The lender speaks for its own items; for another lab's,
it needs a placement of the owner's that gives it the power to offer. Handing over and taking back
are also the owner's, and any host's whom a placement cited in the offer gives that power.
"""

from collections.abc import Sequence

from msgspec import UNSET, UnsetType

from fedlab.inventory.facts import ItemPlace
from fedlab.ledger.loanfacts import (
    LoanAgree,
    LoanCancel,
    LoanFact,
    LoanHandOver,
    LoanOffer,
    LoanReceive,
    LoanTakeBack,
)
from fedlab.ledger.loanstate import Loan
from fedlab.ledger.moves import SIDES, Side
from fedlab.protocol.entry import Entry, EntryId, LabId


def place_of(entry: Entry) -> tuple[int, int]:
    """Return where an entry stands among those of its lab."""
    return entry.epoch, entry.index


class Parties:
    """The entries of a loan by who says them; `places` are the placements that it cites."""

    def __init__(
        self, loan: Loan, entries: Sequence[Entry], places: dict[EntryId, ItemPlace]
    ) -> None:
        self.loan = loan
        self.entries = entries
        self.places = places
        self.offers = {e.id.hex(): e for e in entries if isinstance(e.fact, LoanOffer)}
        self.withdrawn = self._first_cancel()
        self.bound: EntryId | None = None
        self.bound = self._bound_offer()

    # --- who may ----------------------------------------------------------------------------------

    def side(self, entry: Entry, fact: LoanFact) -> Side | None:
        """Return the side that an entry speaks for; None where its author has no say in it."""
        allowed = SIDES[type(fact)]
        if entry.lab == self.loan.borrower:
            return Side.BORROWER if Side.BORROWER in allowed else None
        if entry.lab == self.loan.lender:
            return next((s for s in (Side.LENDER, Side.CUSTODIAN) if s in allowed), None)
        if isinstance(fact, LoanHandOver | LoanTakeBack) and self._is_custodian(entry.lab, fact):
            return Side.CUSTODIAN
        return None

    def _is_custodian(self, lab: LabId, fact: LoanHandOver | LoanTakeBack) -> bool:
        """Say whether a lab that was not asked may do this: the owner, or a host with the power."""
        if lab == self.loan.owner:
            return True
        offer = self.offer_fact(fact.offer if isinstance(fact, LoanHandOver) else self.bound)
        power = "hand_over" if isinstance(fact, LoanHandOver) else "take_back"
        return offer is not None and all(
            self._entitles(offer, offer.lines[moved.line].code, lab, power)
            for moved in fact.lines
            if moved.line < len(offer.lines) and offer.lines[moved.line].code is not UNSET
        )

    def _entitles(self, offer: LoanOffer, code: str | UnsetType, host: LabId, power: str) -> bool:
        cited = () if offer.places is UNSET else offer.places
        return any(
            place.by == self.loan.owner
            and (place.host, place.code) == (host, code)
            and place.powers is not UNSET
            and power in place.powers
            for place in (self.places.get(entry) for entry in cited)
            if place is not None
        )

    def knows_places(self, offer: LoanOffer) -> bool:
        """Say whether all the placements are held that an offer cites."""
        return offer.places is UNSET or all(place in self.places for place in offer.places)

    def may_offer(self, offer: LoanOffer) -> bool:
        """Say whether the lender may offer these lines: its own, or lodged with it for that."""
        owner = self.loan.lender if offer.owner is UNSET else offer.owner
        if owner != self.loan.owner:
            return False
        if owner == self.loan.lender:
            return True
        codes = {line.code for line in offer.lines if line.code is not UNSET}
        return all(self._entitles(offer, code, self.loan.lender, "offer") for code in codes)

    # --- which offer ------------------------------------------------------------------------------

    def offer_fact(self, entry: EntryId | None) -> LoanOffer | None:
        """Return an offer of the lender's that it may make; None where that is none."""
        found = self.offers.get(entry or "")
        if found is None or found.lab != self.loan.lender:
            return None
        assert isinstance(found.fact, LoanOffer)
        return found.fact if self.may_offer(found.fact) else None

    def _first_cancel(self) -> tuple[int, int] | None:
        """Return where the borrower first called it off: what it agrees to after that is void."""
        return min(
            (
                place_of(e)
                for e in self.entries
                if e.lab == self.loan.borrower and isinstance(e.fact, LoanCancel)
            ),
            default=None,
        )

    def _bound_offer(self) -> EntryId | None:
        """Return the offer under which something went out by both sides' word, the latest one.

        Receiving says that one agrees; handing over needs that somebody agreed.
        """
        agreed = {
            e.fact.offer
            for e in self.entries
            if isinstance(e.fact, LoanAgree) and e.lab == self.loan.borrower and self.in_time(e)
        }
        handed, received = set(), set()
        for e in self.entries:
            if isinstance(e.fact, LoanReceive) and e.lab == self.loan.borrower:
                received.add(e.fact.offer)
            elif isinstance(e.fact, LoanHandOver) and self.side(e, e.fact) is not None:
                handed.add(e.fact.offer)
        for offers in (handed & (agreed | received), received):
            known = [self.offers[o] for o in offers if self.offer_fact(o) is not None]
            if known:
                return max(known, key=place_of).id.hex()
        return None

    def in_time(self, agree: Entry) -> bool:
        """Say whether the borrower had not called it off before."""
        return self.withdrawn is None or place_of(agree) < self.withdrawn
