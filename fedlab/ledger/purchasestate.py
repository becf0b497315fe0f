"""What is settled about a purchase: what was said, and counts. What follows is `reckoning`'s."""

from enum import StrEnum
from typing import Final

from msgspec import UNSET, Struct

from fedlab.ledger.purchasefacts import (
    Mode,
    Pledge,
    PledgeFor,
    PledgeTransfer,
    PledgeWithdraw,
    PurchaseAmend,
    PurchaseArticle,
    PurchaseCall,
    PurchaseCancel,
    PurchaseOpen,
    PurchaseParts,
    PurchaseSeal,
    PurchaseTake,
)
from fedlab.ledger.settlingfacts import (
    CreditCarry,
    DeliveredLine,
    InvoicedCharge,
    InvoicedLine,
    InvoicedRate,
    PaymentReceived,
    PaymentSent,
    PurchaseClose,
    PurchaseCreditNote,
    PurchaseDelivery,
    PurchaseHandOver,
    PurchaseInvoice,
    PurchaseOrder,
    PurchaseReceive,
    PurchaseRemind,
    ShareResolve,
    SupplierPaid,
    VarianceWaive,
)
from fedlab.ledger.split import Party
from fedlab.protocol.entry import EntryId, FactHead, LabId

RULES_KNOWN: Final = frozenset({1})
"""The ways of computing that this fedlab has; others it names, and computes nothing."""


class Stage(StrEnum):
    """How far the organiser's own log has brought a purchase."""

    OPEN = "open"
    SEALED = "sealed"
    ORDERED = "ordered"
    CLOSED = "closed"
    CANCELLED = "cancelled"


Kinds = frozenset[type[FactHead]]

_MONEY: Kinds = frozenset({PaymentSent, PaymentReceived, CreditCarry})
_OPEN: Kinds = frozenset(
    {PurchaseAmend, PurchaseArticle, PurchaseParts, PurchaseCancel, PurchaseTake, PurchaseSeal,
     PurchaseCall, Pledge, PledgeFor, PledgeWithdraw}
)  # fmt: skip
_ORDERED: Kinds = frozenset(
    {PurchaseAmend, PurchaseCall, PurchaseOrder, PurchaseDelivery, PurchaseInvoice,
     PurchaseCreditNote, SupplierPaid, VarianceWaive, PurchaseHandOver, PurchaseReceive,
     ShareResolve, PurchaseRemind, PurchaseClose, PledgeTransfer}
)  # fmt: skip

MOVES: Final[dict[Stage, Kinds]] = {
    Stage.OPEN: _MONEY | _OPEN,
    Stage.SEALED: _MONEY | _ORDERED | {PurchaseCancel},
    Stage.ORDERED: _MONEY | _ORDERED,
    Stage.CLOSED: _MONEY,
    Stage.CANCELLED: _MONEY,
}
"""What the organiser may say at each stage; a helper may have ordered before it did."""
LEADS_TO: Final[dict[type[FactHead], Stage]] = {
    PurchaseSeal: Stage.SEALED,
    PurchaseOrder: Stage.ORDERED,
    PurchaseClose: Stage.CLOSED,
    PurchaseCancel: Stage.CANCELLED,
}
HELPERS_MAY: Final[dict[type[FactHead], str]] = {
    PurchaseOrder: "order",
    PurchaseDelivery: "deliver",
    PurchaseHandOver: "hand_over",
    PurchaseInvoice: "invoice",
    PurchaseCreditNote: "invoice",
    SupplierPaid: "invoice",
}
"""The power that lets another lab say it in the organiser's place."""


class PledgedLine(Struct, frozen=True):
    """What is pledged of an article: firm, up to so much more, at most so much a unit."""

    firm: int
    more: int
    cap: int | None


class Pledged(Struct, frozen=True, kw_only=True):
    """What a party wants; `outside` where the organiser alone says so."""

    entry: EntryId  # the latest that makes it
    lines: dict[int, PledgedLine]
    cap: int | None = None
    outside: bool = False


class Delivered(Struct, frozen=True):
    """A line of a delivery that counts."""

    entry: EntryId
    day: str
    line: DeliveredLine


class PaperState(Struct, frozen=True, kw_only=True):
    """An invoice, or a credit note, which counts below zero."""

    entry: EntryId
    by: LabId
    day: str
    sign: int
    lines: tuple[InvoicedLine, ...] = ()
    charges: tuple[InvoicedCharge, ...] = ()
    rates: tuple[InvoicedRate, ...] = ()


class Payment(Struct, frozen=True, kw_only=True):
    """One side's word on money: whose, from whom to whom, how much."""

    entry: EntryId
    by: LabId
    payer: Party
    payee: Party
    cents: int
    day: str
    method: str
    sent: EntryId | None = None  # what a payment received answers


class SupplierPayment(Struct, frozen=True):
    """What a lab paid the supplier."""

    entry: EntryId
    by: LabId
    cents: int
    day: str


class Carried(Struct, frozen=True):
    """What the organiser owed a party here, and counts as paid in another purchase."""

    entry: EntryId
    party: Party
    into: EntryId
    cents: int


class Transfer(Struct, frozen=True):
    """Both labs say that so much goes to the other."""

    giver: LabId
    taker: LabId
    article: int
    quantity: int


class Answer(Struct, frozen=True):
    """What a participant said of its share, last: agreed to so many cents, or not at all."""

    entry: EntryId
    cents: int | None


class PurchaseState(Struct, frozen=True, kw_only=True):
    """Everything that counts of one purchase."""

    purchase: EntryId
    organiser: LabId
    rules: int
    currency: str
    stage: Stage
    terms: PurchaseOpen | PurchaseAmend
    articles: dict[int, PurchaseArticle] = {}
    parts: dict[int, dict[Party, int]] = {}
    pledges: dict[Party, Pledged] = {}
    last_pledges: dict[Party, EntryId | None] = {}  # of each log, on any terms; None: withdrawn
    bodies: tuple[Party, ...] = ()  # without a node
    mandates: dict[LabId, int] = {}
    calls: dict[Party, int] = {}
    ordered: dict[int, int] = {}
    delivered: tuple[Delivered, ...] = ()
    papers: tuple[PaperState, ...] = ()  # by day, then entry
    paid_supplier: tuple[SupplierPayment, ...] = ()
    payments: tuple[Payment, ...] = ()
    carried: tuple[Carried, ...] = ()
    transfers: tuple[Transfer, ...] = ()
    waived: dict[str, int] = {}  # `article/3` or `charge/1`: cents
    accepted_excess: dict[LabId, int] = {}
    handed: dict[Party, dict[int, int]] = {}
    received: dict[LabId, dict[int, int]] = {}
    answers: dict[LabId, Answer] = {}
    resolved: dict[Party, int] = {}
    reminded: dict[Party, tuple[str, ...]] = {}
    statements: dict[LabId, int] = {}
    omitted: tuple[EntryId, ...] = ()
    late: tuple[EntryId, ...] = ()
    suspended: tuple[Party, ...] = ()

    @property
    def mode(self) -> Mode | None:
        """Who invoices whom; None as long as nobody said."""
        return None if self.terms.mode is UNSET else self.terms.mode


PURCHASE_STATES: Final[tuple[type[Struct], ...]] = (
    PurchaseState,
    PledgedLine,
    Pledged,
    Delivered,
    PaperState,
    Payment,
    SupplierPayment,
    Carried,
    Transfer,
    Answer,
)
"""Every struct that stands in the state of a purchase."""
