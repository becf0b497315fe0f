"""A purchase told line by line: who says what, and what everybody who holds it then computes."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from fedlab.inventory.facts import Seen
from fedlab.ledger.facts import FACTS
from fedlab.ledger.outcome import Outcome
from fedlab.ledger.purchasefacts import (
    AnnouncedCharge,
    Pledge,
    PriceStep,
    PurchaseArticle,
    PurchaseOpen,
    PurchaseSeal,
    PurchaseTake,
    Take,
    WantedLine,
)
from fedlab.ledger.purchases import fold_purchase
from fedlab.ledger.purchasestate import PurchaseState
from fedlab.ledger.sealing import seal_root
from fedlab.ledger.settlingfacts import (
    DeliveredLine,
    HandedLine,
    InvoicedCharge,
    InvoicedLine,
    InvoicedRate,
    OrderedLine,
)
from fedlab.protocol.entry import Entry, FactHead, FactReader, LabId, Status, encode_fact

READER = FactReader(FACTS)
H1 = "d1" * 32
# An organiser, participants, and a lab that has no part in it.
ORG, ANN, BOB, CAT, STRANGER = (letter * 64 for letter in "abcde")
BODY = "0b" * 32
DAY = "2026-11-20"


class Buying:
    """Labs' logs about one purchase."""

    def __init__(self, **terms: Any) -> None:
        self.logs: dict[LabId, list[Entry]] = defaultdict(list)
        opening = self.say(
            ORG,
            PurchaseOpen,
            about=None,
            **{"rules": 1, "currency": "EUR", "mode": "mandate", **terms},
        )
        self.root = opening.id.hex()
        self.version = self.root
        self.pledges: dict[LabId, str] = {}

    def say(self, lab: LabId, kind: type[FactHead], about: str | None = "", **fields: Any) -> Entry:
        """Append a fact to a lab's log, written and read as on the wire."""
        index = len(self.logs[lab]) + 1
        head: dict[str, Any] = {"at": 1_000 + index, "by": lab, "e": 0, "n": index}
        if about is not None:
            head["purchase"] = about or self.root
        entry = READER.entry(encode_fact(kind(**head, **fields)), lab, 0, index)
        assert entry.status is Status.COUNTED, entry
        self.logs[lab].append(entry)
        return entry

    def seen(self, lab: LabId) -> Seen:
        """Return the head of a lab as it stands."""
        return Seen(lab=lab, e=0, size=len(self.logs[lab]) + 1, root=H1, sig=H1 * 2)

    # --- what is said most often ---

    def article(self, number: int, price: int, pack: int = 1, **fields: Any) -> None:
        """Offer an article by the piece; `price` is of a pack."""
        steps = fields.pop("steps", ((1, price),))
        entry = self.say(
            ORG,
            PurchaseArticle,
            **{
                "article": number,
                "unit": "sheet",
                "pack": pack * 1000,
                "grain": 1000,
                "rate": 2000,
                "ladder": tuple(PriceStep(packs=packs, price=cents) for packs, cents in steps),
                **fields,
            },
        )
        self.version = entry.id.hex()

    def pledge(
        self, lab: LabId, *lines: tuple[int, int] | tuple[int, int, int, int | None], **fields: Any
    ) -> Entry:
        """Pledge (article, firm) or (article, firm, more, cap per unit)."""
        kind = fields.pop("kind", Pledge)
        if lab != ORG:
            fields["seen"] = self.seen(ORG)
        entry = self.say(lab, kind, version=self.version, lines=tuple(map(wanted, lines)), **fields)
        if lab != ORG:
            self.pledges[lab] = entry.id.hex()
        return entry

    def take(self, *labs: LabId) -> None:
        """Take the pledges of these labs, or of all."""
        takes = [
            Take(pledge=self.pledges[lab], seen=self.seen(lab)) for lab in labs or self.pledges
        ]
        takes.sort(key=lambda take: take.seen.lab)
        self.say(ORG, PurchaseTake, takes=tuple(takes))

    def seal(self, *own: Entry) -> Entry:
        """Seal what was taken, and the organiser's own pledges."""
        takes: dict[str, str] = {}
        for entry in self.logs[ORG]:
            if isinstance(entry.fact, PurchaseTake):
                takes |= {take.seen.lab: str(take.pledge) for take in entry.fact.takes}
        ids = [*takes.values(), *(entry.id.hex() for entry in own)]
        return self.say(ORG, PurchaseSeal, count=len(ids), root=seal_root(ids))

    # --- what comes of it ---

    def entries(self) -> list[Entry]:
        """Return every entry of every log."""
        return [entry for log in self.logs.values() for entry in log]

    def outcome(self, entries: Sequence[Entry] | None = None) -> Outcome:
        """Return what the fold makes of it."""
        return fold_purchase(self.root, self.entries() if entries is None else entries)

    def state(self) -> PurchaseState:
        """Return the state that everybody has who holds it all."""
        state = self.outcome().state
        assert isinstance(state, PurchaseState)
        return state

    def status(self, entry: Entry) -> Status:
        """Return the verdict on an entry."""
        return self.outcome().statuses.get(entry.id.hex(), Status.COUNTED)


def wanted(line: tuple[int, int] | tuple[int, int, int, int | None]) -> WantedLine:
    article, firm, more, cap = (*line, 0, None)[:4]
    fields: dict[str, Any] = {}
    if more:
        fields["more"] = more * 1000
    if cap is not None:
        fields["cap"] = cap
    return WantedLine(article=article, firm=firm * 1000, **fields)


def charge(number: int, net: int, basis: Any, rate: int = 2000) -> AnnouncedCharge:
    return AnnouncedCharge(charge=number, net=net, rate=rate, basis=basis)


def ordered(**packs: int) -> tuple[OrderedLine, ...]:
    """`ordered(a1=10)` orders ten packs of article 1."""
    return tuple(OrderedLine(article=int(name[1:]), packs=much) for name, much in packs.items())


def came(**accepted: int) -> tuple[DeliveredLine, ...]:
    return tuple(
        DeliveredLine(article=int(name[1:]), accepted=much * 1000)
        for name, much in accepted.items()
    )


def handed(**much: int) -> tuple[HandedLine, ...]:
    return tuple(
        HandedLine(article=int(name[1:]), quantity=each * 1000) for name, each in much.items()
    )


def document(
    *lines: tuple[int, int, int], charges: Sequence[tuple[int, int]] = (), rate: int = 2000
) -> dict[str, Any]:
    """Return the fields of an invoice: lines (article, quantity, net), charges (number, net)."""
    net = sum(line[2] for line in lines) + sum(cents for _, cents in charges)
    fields: dict[str, Any] = {"day": DAY}
    if lines:
        fields["lines"] = tuple(
            InvoicedLine(article=number, quantity=much * 1000, net=cents, rate=rate)
            for number, much, cents in lines
        )
    if charges:
        fields["charges"] = tuple(
            InvoicedCharge(charge=number, net=cents, rate=rate) for number, cents in charges
        )
    vat = (2 * net * rate + 10_000) // 20_000
    fields["rates"] = (InvoicedRate(rate=rate, net=net, vat=vat),)
    return fields
