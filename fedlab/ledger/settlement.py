"""What is said of a purchase after its seal: goods, documents, answers, money.

Nothing here is computed: entries are checked against what they name, and those that count are
gathered. An entry that `replaces` another of its author's and type takes its place.
"""

from collections.abc import Iterable
from typing import TypeVar

from msgspec import UNSET, Struct

from fedlab.ledger.purchasefacts import PledgeTransfer, PurchaseCall
from fedlab.ledger.purchasestate import (
    Answer,
    Carried,
    Delivered,
    PaperState,
    Payment,
    SupplierPayment,
    Transfer,
)
from fedlab.ledger.settlingfacts import (
    CreditCarry,
    HandedLine,
    PaymentReceived,
    PaymentSent,
    PurchaseCreditNote,
    PurchaseDelivery,
    PurchaseHandOver,
    PurchaseInvoice,
    PurchaseOrder,
    PurchaseReceive,
    PurchaseRemind,
    ShareAccept,
    ShareDispute,
    ShareResolve,
    SupplierPaid,
    VarianceWaive,
)
from fedlab.ledger.split import Party
from fedlab.ledger.vat import Net, RateSum, check_document
from fedlab.protocol.entry import Entry, EntryId, LabId, Status, or_none

F = TypeVar("F")
K = TypeVar("K")

_REPLACEABLE = (
    PurchaseOrder, PurchaseDelivery, PurchaseInvoice, PurchaseCreditNote, SupplierPaid,
    PurchaseHandOver, PurchaseReceive, PaymentSent, PaymentReceived,
)  # fmt: skip


class Known(Struct, frozen=True):
    """What entries may name: the organiser, the parties, the articles, the disputes."""

    organiser: LabId
    parties: frozenset[Party]
    articles: frozenset[int]
    disputes: dict[EntryId, LabId]


class Settlement:
    """Gathers what counts; `statuses` has the verdict on what does not."""

    def __init__(self, known: Known) -> None:
        self.known = known
        self.statuses: dict[EntryId, Status] = {}
        self._kept: dict[EntryId, Entry] = {}

    def add(self, entry: Entry) -> Status:
        """Take in the next entry of a lab that may say this."""
        status = self._check(entry)
        if status is Status.COUNTED:
            self._kept[entry.id.hex()] = entry
        return status

    def _check(self, entry: Entry) -> Status:
        fact = entry.fact
        if not self._names_known(entry):
            return Status.UNKNOWN_REFERENCE
        if isinstance(fact, PurchaseInvoice | PurchaseCreditNote) and not _adds_up(fact):
            return Status.NOT_ADDING_UP
        if isinstance(fact, _REPLACEABLE) and fact.replaces is not UNSET:
            old = self._kept.get(fact.replaces)
            if old is None or old.lab != entry.lab or type(old.fact) is not type(fact):
                return Status.UNKNOWN_REFERENCE
            del self._kept[fact.replaces]
            self.statuses[fact.replaces] = Status.REPLACED
        return Status.COUNTED

    def _names_known(self, entry: Entry) -> bool:
        """Say whether all that a fact names is part of the purchase."""
        fact, known = entry.fact, self.known
        match fact:
            case PurchaseOrder() | PurchaseDelivery() | PurchaseReceive():
                return {line.article for line in fact.lines} <= known.articles
            case PurchaseInvoice() | PurchaseCreditNote():
                lines = () if fact.lines is UNSET else fact.lines
                return {line.article for line in lines} <= known.articles
            case PurchaseHandOver():
                numbers = {line.article for line in fact.lines}
                return numbers <= known.articles and fact.party in known.parties
            case PurchaseCall():
                return {one.party for one in fact.sums} <= known.parties
            case PurchaseRemind():
                return set(fact.parties) <= known.parties
            case ShareResolve():
                return fact.dispute in known.disputes
            case CreditCarry():
                return fact.party in known.parties
            case PledgeTransfer():
                return fact.article in known.articles
            case PaymentSent(to=other) | PaymentReceived(payer=other):
                if entry.lab == known.organiser:
                    return other in known.parties and other != entry.lab
                return other == known.organiser
            case VarianceWaive(article=number) if number is not UNSET:
                return number in known.articles
        return True

    def of(self, kind: type[F]) -> list[tuple[Entry, F]]:
        """Return what counts of a type, by lab and place."""
        kept = sorted(self._kept.values(), key=lambda entry: (entry.lab, entry.epoch, entry.index))
        return [(entry, entry.fact) for entry in kept if isinstance(entry.fact, kind)]

    # --- what came together ---

    def calls(self) -> dict[Party, int]:
        """Return the funds asked for last."""
        return {one.party: one.cents for _, fact in self.of(PurchaseCall) for one in fact.sums}

    def ordered(self) -> dict[int, int]:
        """Return the packs ordered of each article."""
        return _summed(
            (line.article, line.packs) for _, f in self.of(PurchaseOrder) for line in f.lines
        )

    def delivered(self) -> tuple[Delivered, ...]:
        """Return the lines of all deliveries."""
        return tuple(
            Delivered(entry.id.hex(), fact.day, line)
            for entry, fact in self.of(PurchaseDelivery)
            for line in fact.lines
        )

    def papers(self) -> tuple[PaperState, ...]:
        """Return invoices and credit notes, by day."""
        found = [_paper(entry, fact, 1) for entry, fact in self.of(PurchaseInvoice)]
        found += [_paper(entry, fact, -1) for entry, fact in self.of(PurchaseCreditNote)]
        return tuple(sorted(found, key=lambda paper: (paper.day, paper.entry)))

    def paid_supplier(self) -> tuple[SupplierPayment, ...]:
        """Return what the supplier got."""
        return tuple(
            SupplierPayment(entry.id.hex(), entry.lab, fact.cents, fact.day)
            for entry, fact in self.of(SupplierPaid)
        )

    def payments(self) -> tuple[Payment, ...]:
        """Return each side's word on money between the organiser and a party."""
        sent = [
            Payment(
                entry=entry.id.hex(), by=entry.lab, payer=entry.lab, payee=fact.to,
                cents=fact.cents, day=fact.day, method=fact.method,
            )
            for entry, fact in self.of(PaymentSent)
        ]  # fmt: skip
        received = [
            Payment(
                entry=entry.id.hex(), by=entry.lab, payer=fact.payer, payee=entry.lab,
                cents=fact.cents, day=fact.day, method=fact.method,
                sent=or_none(fact.sent),
            )
            for entry, fact in self.of(PaymentReceived)
        ]  # fmt: skip
        return tuple(sorted([*sent, *received], key=lambda paid: (paid.day, paid.entry)))

    def carried(self) -> tuple[Carried, ...]:
        """Return what counts as paid elsewhere."""
        return tuple(
            Carried(entry.id.hex(), fact.party, fact.into, fact.cents)
            for entry, fact in self.of(CreditCarry)
        )

    def transfers(self) -> tuple[Transfer, ...]:
        """Return transfers that both labs have said, each as often as both have; mark the rest."""
        said: dict[Transfer, dict[LabId, list[EntryId]]] = {}
        for entry, fact in self.of(PledgeTransfer):
            transfer = Transfer(fact.giver, fact.taker, fact.article, fact.quantity)
            said.setdefault(transfer, {}).setdefault(entry.lab, []).append(entry.id.hex())
        agreed = []
        for transfer, by in said.items():
            times = min(len(by.get(transfer.giver, ())), len(by.get(transfer.taker, ())))
            agreed += [transfer] * times
            for entries in by.values():
                self.statuses.update(dict.fromkeys(entries[times:], Status.NOT_CONFIRMED))
        return tuple(sorted(agreed, key=lambda t: (t.article, t.giver, t.taker, t.quantity)))

    def waived(self) -> dict[str, int]:
        """Return what the organiser lets pass, by `article/3` or `charge/1`; the latest counts."""
        return {
            f"charge/{fact.charge}"
            if fact.article is UNSET
            else f"article/{fact.article}": fact.cents
            for _, fact in self.of(VarianceWaive)
        }

    def handed(self) -> dict[Party, dict[int, int]]:
        """Return what was given to each party."""
        return _moved((f.party, line) for _, f in self.of(PurchaseHandOver) for line in f.lines)

    def received(self) -> dict[Party, dict[int, int]]:
        """Return what each party says it has."""
        return _moved((e.lab, line) for e, f in self.of(PurchaseReceive) for line in f.lines)

    def answers(self) -> dict[LabId, Answer]:
        """Return each participant's last word on its share."""
        said = [(entry, Answer(entry.id.hex(), fact.cents)) for entry, fact in self.of(ShareAccept)]
        said += [(entry, Answer(entry.id.hex(), None)) for entry, _ in self.of(ShareDispute)]
        said.sort(key=lambda one: (one[0].lab, one[0].epoch, one[0].index))
        return {entry.lab: answer for entry, answer in said}

    def resolved(self) -> dict[Party, int]:
        """Return what the organiser bears of disputed shares; the latest for a dispute counts."""
        by_dispute = {fact.dispute: fact.cents for _, fact in self.of(ShareResolve)}
        return _summed((self.known.disputes[one], cents) for one, cents in by_dispute.items())

    def reminded(self) -> dict[Party, tuple[str, ...]]:
        """Return on which days each party was asked for an answer."""
        days: dict[Party, set[str]] = {}
        for _, fact in self.of(PurchaseRemind):
            for party in fact.parties:
                days.setdefault(party, set()).add(fact.day)
        return {party: tuple(sorted(each)) for party, each in days.items()}


def _summed(pairs: Iterable[tuple[K, int]]) -> dict[K, int]:
    sums: dict[K, int] = {}
    for key, much in pairs:
        sums[key] = sums.get(key, 0) + much
    return sums


def _moved(lines: Iterable[tuple[Party, HandedLine]]) -> dict[Party, dict[int, int]]:
    moved: dict[Party, dict[int, int]] = {}
    for party, line in lines:
        of_party = moved.setdefault(party, {})
        of_party[line.article] = of_party.get(line.article, 0) + line.quantity
    return moved


def _paper(entry: Entry, fact: PurchaseInvoice | PurchaseCreditNote, sign: int) -> PaperState:
    return PaperState(
        entry=entry.id.hex(),
        by=entry.lab,
        day=fact.day,
        sign=sign,
        lines=() if fact.lines is UNSET else fact.lines,
        charges=() if fact.charges is UNSET else fact.charges,
        rates=fact.rates,
    )


def _adds_up(fact: PurchaseInvoice | PurchaseCreditNote) -> bool:
    lines = [] if fact.lines is UNSET else [Net(line.net, line.rate) for line in fact.lines]
    lines += [] if fact.charges is UNSET else [Net(line.net, line.rate) for line in fact.charges]
    stated = {line.rate: RateSum(line.net, line.vat) for line in fact.rates}
    return not check_document(lines, stated)
