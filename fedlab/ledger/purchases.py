"""Folding a purchase: which of its entries count, and what they say together.

A pure function of a set of entries: each log is read in its own order, and nothing ever depends on
how two labs' entries follow each other in time. Where that matters, the organiser's log says it:
`purchase.take` names the pledge that it took and the head that it had seen, and `purchase.seal`
ends the choice. Whatever bad data says, it is a status and never an exception.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import UNSET

from fedlab.ledger.outcome import Outcome
from fedlab.ledger.pledging import Choice, PledgeLog
from fedlab.ledger.purchasefacts import (
    MandateGrant,
    Pledge,
    PledgeFor,
    PledgeTransfer,
    PledgeWithdraw,
    PurchaseAmend,
    PurchaseArticle,
    PurchaseCancel,
    PurchaseOpen,
    PurchaseParts,
    PurchaseSeal,
    PurchaseTake,
    Take,
)
from fedlab.ledger.purchasestate import (
    HELPERS_MAY,
    LEADS_TO,
    MOVES,
    Pledged,
    PurchaseState,
    Stage,
)
from fedlab.ledger.sealing import seal_root
from fedlab.ledger.settlement import Known, Settlement
from fedlab.ledger.settlingfacts import (
    PaymentReceived,
    PaymentSent,
    PurchaseClose,
    PurchaseOrder,
    PurchaseReceive,
    PurchaseRemind,
    ShareAccept,
    ShareDispute,
    StatementAgree,
    VarianceAccept,
)
from fedlab.ledger.split import Party
from fedlab.ledger.terms import Terms, Versions, terms_are_worse
from fedlab.protocol.entry import Entry, EntryId, LabId, Status

_TERMS = (PurchaseAmend, PurchaseArticle, PurchaseParts, PurchaseTake, PurchaseSeal)
_PLEDGES = (Pledge, PledgeWithdraw)
_PARTICIPANTS = (
    PledgeTransfer, MandateGrant, VarianceAccept, PurchaseReceive, ShareAccept, ShareDispute,
    PaymentSent, PaymentReceived, StatementAgree,
)  # fmt: skip


def fold_purchase(root: EntryId, entries: Sequence[Entry]) -> Outcome:
    """Return the purchase that these entries make, and the status of each that does not count."""
    counted = {entry.id: entry for entry in entries if entry.status is Status.COUNTED}
    opening = counted.get(bytes.fromhex(root))
    if opening is None or not isinstance(opening.fact, PurchaseOpen):
        unknown = dict.fromkeys((entry.hex() for entry in counted), Status.UNKNOWN_SUBJECT)
        return Outcome(None, (), True, unknown)
    logs: dict[LabId, list[Entry]] = defaultdict(list)
    for entry in sorted(counted.values(), key=lambda entry: (entry.epoch, entry.index)):
        logs[entry.lab].append(entry)
    folding = _Folding(root, opening.lab, opening.fact)
    state = folding.run(logs)
    parties = tuple(sorted(folding.labs()))
    is_open = state.stage not in (Stage.CLOSED, Stage.CANCELLED)
    return Outcome(state, parties, is_open, folding.statuses)


class _Folding:
    """One purchase, while its logs are read: the organiser's, then all others."""

    def __init__(self, root: EntryId, organiser: LabId, opening: PurchaseOpen) -> None:
        self.root = root
        self.organiser = organiser
        self.opening = opening
        self.statuses: dict[EntryId, Status] = {}
        self.stage = Stage.OPEN
        self.terms: Terms = opening
        self.articles: dict[int, PurchaseArticle] = {}
        self.parts: dict[int, dict[Party, int]] = {}
        self.versions = Versions()
        self.versions.add(root, opening, {})
        self.takes: dict[LabId, Take] = {}
        self.pledges: dict[Party, PledgeLog] = {}
        self.known: frozenset[Party] = frozenset()

    def run(self, logs: Mapping[LabId, list[Entry]]) -> PurchaseState:
        """Read every log and return what it comes to."""
        own = logs[self.organiser]
        self._read_terms(own)
        others = {lab: log for lab, log in sorted(logs.items()) if lab != self.organiser}
        for lab, log in others.items():
            self._read_pledges(lab, log)
        answered = {
            lab: {e.id.hex() for e in log if isinstance(e.fact, ShareAccept | ShareDispute)}
            for lab, log in others.items()
            if lab in self.pledges
        }
        self.known = frozenset(self._parties(logs))
        known = Known(
            self.organiser,
            self.known,
            frozenset(self.articles),
            {entry: lab for lab, entries in answered.items() for entry in entries},
        )
        settlement = Settlement(known)
        self._settle(own, settlement, {lab for lab, entries in answered.items() if entries})
        for lab, log in others.items():
            self._read_other(lab, log, settlement)
        return self._state(settlement)

    def labs(self) -> set[LabId]:
        """Return the organiser, its helpers, and whoever has or had a pledge of its own."""
        helpers = () if self.terms.helpers is UNSET else self.terms.helpers
        inside = {party for party in self.known if party not in self.pledges} | {
            party for party, log in self.pledges.items() if not log.outside
        }
        return {self.organiser, *(helper.lab for helper in helpers), *inside}

    # --- the organiser's terms, up to the seal ---

    def _read_terms(self, own: Sequence[Entry]) -> None:
        """Read what the organiser offers, takes and seals."""
        for entry in own:
            fact = entry.fact
            if isinstance(fact, PurchaseCancel) and type(fact) in MOVES[self.stage]:
                self.stage = Stage.CANCELLED
            elif isinstance(fact, (*_TERMS, *_PLEDGES, PledgeFor)):
                self._note(entry, self._term(entry))
        # Whatever the organiser says after that is read again by `_settle`, in its own turn.

    def _term(self, entry: Entry) -> Status:
        fact = entry.fact
        if type(fact) not in MOVES[self.stage]:
            return Status.OUT_OF_TURN
        if isinstance(fact, Pledge | PledgeWithdraw | PledgeFor):
            outside = isinstance(fact, PledgeFor)
            party = fact.body if isinstance(fact, PledgeFor) else self.organiser
            log = self.pledges.setdefault(party, PledgeLog(party, outside))
            return log.add(entry, self.versions)
        match fact:
            case PurchaseTake():
                self.takes |= {take.seen.lab: take for take in fact.takes}
            case PurchaseParts():
                self.parts.setdefault(fact.charge, {}).update(
                    {part.party: part.part for part in fact.parts}
                )
            case PurchaseSeal():
                return self._seal(fact)
            case PurchaseAmend():
                if self.stage is not Stage.OPEN and _changes(self.terms, fact):
                    return Status.TERMS_SEALED
                self.terms = fact
                self.versions.add(entry.id.hex(), self.terms, self.articles)
            case PurchaseArticle():
                self.articles[fact.article] = fact
                self.versions.add(entry.id.hex(), self.terms, self.articles)
        return Status.COUNTED

    def _seal(self, seal: PurchaseSeal) -> Status:
        taken = [take.pledge for take in self.takes.values() if take.pledge is not UNSET]
        taken += [log.last for log in self.pledges.values() if log.last]  # of the organiser's log
        if (seal.count, seal.root) != (len(taken), seal_root(taken)):
            return Status.SEAL_DIFFERS
        self.stage = Stage.SEALED
        return Status.COUNTED

    # --- the others' pledges ---

    def _read_pledges(self, lab: LabId, log: Sequence[Entry]) -> None:
        for entry in log:
            if isinstance(entry.fact, _PLEDGES):
                pledges = self.pledges.setdefault(lab, PledgeLog(lab))
                self._note(entry, pledges.add(entry, self.versions))

    def _choice(self, party: Party) -> Choice:
        """Return what a party is held to."""
        log = self.pledges[party]
        if self.stage is Stage.OPEN or log.outside or party == self.organiser:
            return log.as_of_now(self.terms, self.articles, self.versions)
        return log.as_taken(self.takes.get(party), self.terms, self.articles, self.versions)

    def _parties(self, logs: Mapping[LabId, Sequence[Entry]]) -> set[Party]:
        """Return everybody who ever pledged, or to whom somebody leaves what it had pledged.

        The giver makes the taker one, not the taker itself.
        """
        takers = {
            entry.fact.taker
            for lab, log in logs.items()
            if lab in self.pledges
            for entry in log
            if isinstance(entry.fact, PledgeTransfer) and entry.fact.giver == lab
        }
        return {*self.pledges, *takers}

    # --- after the seal ---

    def _settle(self, own: Sequence[Entry], settlement: Settlement, answered: set[LabId]) -> None:
        """Read the rest of the organiser's log, in its order."""
        self.stage = Stage.OPEN
        for entry in own:
            fact = entry.fact
            if isinstance(fact, PurchaseOpen):
                continue
            if isinstance(fact, PurchaseSeal):
                if self.statuses.get(entry.id.hex()) is None:
                    self.stage = Stage.SEALED
                continue
            if isinstance(fact, (*_TERMS, *_PLEDGES, PledgeFor)):
                continue
            self._note(entry, self._settled(entry, settlement, answered))

    def _settled(self, entry: Entry, settlement: Settlement, answered: set[LabId]) -> Status:
        fact = entry.fact
        kind = type(fact)
        if not any(kind in may for may in MOVES.values()):
            return Status.WRONG_AUTHOR
        if kind not in MOVES[self.stage]:
            return Status.OUT_OF_TURN
        if isinstance(fact, PurchaseOrder) and self.terms.mode is UNSET:
            return Status.NO_MODE
        if isinstance(fact, PurchaseClose) and not self._is_answered(settlement, answered):
            return Status.UNANSWERED
        status = settlement.add(entry)
        if status is Status.COUNTED:
            self.stage = LEADS_TO.get(kind, self.stage)
        return status

    def _is_answered(self, settlement: Settlement, answered: set[LabId]) -> bool:
        """Say whether every lab that was taken has answered, or was reminded on two days."""
        days: dict[Party, set[str]] = defaultdict(set)
        for _, fact in settlement.of(PurchaseRemind):
            for party in fact.parties:
                days[party].add(fact.day)
        taken = {lab for lab, take in self.takes.items() if take.pledge is not UNSET}
        return all(lab in answered or len(days[lab]) >= 2 for lab in taken)

    def _read_other(self, lab: LabId, log: Sequence[Entry], settlement: Settlement) -> None:
        """Read what a participant or a helper says."""
        helpers = () if self.terms.helpers is UNSET else self.terms.helpers
        given = {power for helper in helpers if helper.lab == lab for power in helper.powers}
        powers = {kind for kind, power in HELPERS_MAY.items() if power in given}
        for entry in log:
            kind = type(entry.fact)
            if kind in _PLEDGES:
                continue
            if kind in _PARTICIPANTS:
                known = lab in settlement.known.parties
                status = settlement.add(entry) if known else Status.WRONG_AUTHOR
            elif kind not in powers:
                status = Status.WRONG_AUTHOR
            elif self.stage in (Stage.OPEN, Stage.CANCELLED):
                status = Status.OUT_OF_TURN
            elif kind is PurchaseOrder and self.terms.mode is UNSET:
                status = Status.NO_MODE
            else:
                status = settlement.add(entry)
            self._note(entry, status)

    # --- all together ---

    def _note(self, entry: Entry, status: Status) -> None:
        if status is not Status.COUNTED:
            self.statuses[entry.id.hex()] = status

    def _state(self, settlement: Settlement) -> PurchaseState:
        pledges: dict[Party, Pledged] = {}
        suspended = []
        for party in sorted(self.pledges):
            choice = self._choice(party)
            self.statuses |= choice.statuses
            if choice.pledged is not None:
                pledges[party] = choice.pledged
            if choice.suspended:
                suspended.append(party)
        transfers = settlement.transfers()
        self.statuses |= settlement.statuses
        return PurchaseState(
            purchase=self.root,
            organiser=self.organiser,
            rules=self.opening.rules,
            currency=self.opening.currency,
            stage=self.stage,
            terms=self.terms,
            articles=dict(sorted(self.articles.items())),
            parts=self.parts,
            pledges=pledges,
            last_pledges={party: log.last for party, log in sorted(self.pledges.items())},
            bodies=tuple(sorted(party for party, log in self.pledges.items() if log.outside)),
            mandates={entry.lab: fact.cap for entry, fact in settlement.of(MandateGrant)},
            calls=settlement.calls(),
            ordered=settlement.ordered(),
            delivered=settlement.delivered(),
            papers=settlement.papers(),
            paid_supplier=settlement.paid_supplier(),
            payments=settlement.payments(),
            carried=settlement.carried(),
            transfers=transfers,
            waived=settlement.waived(),
            accepted_excess={e.lab: fact.cents for e, fact in settlement.of(VarianceAccept)},
            handed=settlement.handed(),
            received=settlement.received(),
            answers=settlement.answers(),
            resolved=settlement.resolved(),
            reminded=settlement.reminded(),
            statements={entry.lab: fact.cents for entry, fact in settlement.of(StatementAgree)},
            omitted=self._all(Status.OMITTED),
            late=self._all(Status.LATE),
            suspended=tuple(suspended),
        )

    def _all(self, status: Status) -> tuple[EntryId, ...]:
        return tuple(sorted(entry for entry, said in self.statuses.items() if said is status))


def _changes(before: Terms, now: Terms) -> bool:
    """Say whether an amendment after the seal touches what labs have pledged on."""
    return terms_are_worse(before, now) or before.charges != now.charges
