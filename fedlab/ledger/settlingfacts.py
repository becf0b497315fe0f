"""The facts of purchases from the order on: goods, documents, shares, payments, the end.

What comes before, and the fields that all share, stand in `purchasefacts`.
"""

from collections.abc import Sequence
from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from fedlab.inventory.facts import (
    Day,
    Money,
    Quantity,
    Seen,
    SomeQuantity,
    check_ascending,
    check_other,
)
from fedlab.ledger.purchasefacts import (
    ArticleNumber,
    Balance,
    ChargeNumber,
    FactLine,
    Method,
    PartyId,
    PurchaseFact,
    Rate,
    Reference,
    ShareReason,
    SomeMoney,
    SomePacks,
    check_each_day,
)
from fedlab.protocol.entry import FactError, FactHead, Hex32
from fedlab.protocol.limits import PURCHASE_CHARGES_MAX, PURCHASE_LINES_MAX, VAT_RATES_MAX


class OrderedLine(FactLine, frozen=True, kw_only=True):
    """So many packs of an article."""

    article: ArticleNumber
    packs: SomePacks


class DeliveredLine(FactLine, frozen=True, kw_only=True):
    """What came of an article; `instead` is the article that it stands in for."""

    article: ArticleNumber
    accepted: Quantity
    damaged: SomeQuantity | UnsetType = UNSET
    missing: SomeQuantity | UnsetType = UNSET
    instead: ArticleNumber | UnsetType = UNSET


class InvoicedLine(FactLine, frozen=True, kw_only=True):
    """A line of a document, net."""

    article: ArticleNumber
    quantity: Quantity
    net: Money
    rate: Rate


class InvoicedCharge(FactLine, frozen=True, kw_only=True):
    """A charge on a document, net."""

    charge: ChargeNumber
    net: Money
    rate: Rate


class InvoicedRate(FactLine, frozen=True, kw_only=True):
    """What a document states for one rate."""

    rate: Rate
    net: Money
    vat: Money


class HandedLine(FactLine, frozen=True, kw_only=True):
    """So much of an article changed hands."""

    article: ArticleNumber
    quantity: SomeQuantity


def _check_articles(lines: Sequence[OrderedLine | HandedLine]) -> None:
    check_ascending("lines", [line.article for line in lines])


class _Replacing(PurchaseFact, frozen=True, kw_only=True):
    """What may be entered again by its author."""

    replaces: Hex32 | UnsetType = UNSET


class PurchaseOrder(_Replacing, frozen=True, kw_only=True, tag="purchase.order"):
    """Packs were ordered from the supplier."""

    lines: Annotated[tuple[OrderedLine, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]

    def __post_init__(self) -> None:
        _check_articles(self.lines)


class PurchaseDelivery(_Replacing, frozen=True, kw_only=True, tag="purchase.delivery"):
    """Goods came, and were looked at."""

    day: Day
    lines: Annotated[tuple[DeliveredLine, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]

    def __post_init__(self) -> None:
        check_each_day(self.day)
        check_ascending("lines", [(line.article, line.instead or 0) for line in self.lines])


# --- documents ---


class _Document(_Replacing, frozen=True, kw_only=True):
    """What a supplier's document says; a long one is several facts, that add up each by itself."""

    document: Hex32 | UnsetType = UNSET  # SHA-256 of the file
    day: Day
    lines: (
        Annotated[tuple[InvoicedLine, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]
        | UnsetType
    ) = UNSET
    charges: (
        Annotated[tuple[InvoicedCharge, ...], Meta(min_length=1, max_length=PURCHASE_CHARGES_MAX)]
        | UnsetType
    ) = UNSET
    rates: Annotated[tuple[InvoicedRate, ...], Meta(min_length=1, max_length=VAT_RATES_MAX)]

    def __post_init__(self) -> None:
        check_each_day(self.day)
        if self.lines is not UNSET:
            check_ascending("lines", [(line.article, line.rate) for line in self.lines])
        if self.charges is not UNSET:
            check_ascending("charges", [(line.charge, line.rate) for line in self.charges])
        check_ascending("rates", [line.rate for line in self.rates])


class PurchaseInvoice(_Document, frozen=True, kw_only=True, tag="purchase.invoice"):
    """The supplier asks for this."""


class PurchaseCreditNote(_Document, frozen=True, kw_only=True, tag="purchase.credit_note"):
    """The supplier takes this back; sums are written without a sign, as on the paper."""


class SupplierPaid(_Replacing, frozen=True, kw_only=True, tag="supplier.paid"):
    """The organiser paid the supplier."""

    cents: SomeMoney
    method: Method
    day: Day

    def __post_init__(self) -> None:
        check_each_day(self.day)


class VarianceWaive(PurchaseFact, frozen=True, kw_only=True, tag="variance.waive"):
    """The organiser lets a difference between order, goods and invoice pass, up to this much."""

    article: ArticleNumber | UnsetType = UNSET
    charge: ChargeNumber | UnsetType = UNSET
    cents: Money

    def __post_init__(self) -> None:
        if (self.article is UNSET) == (self.charge is UNSET):
            raise FactError("it is about an `article` or about a `charge`")


class VarianceAccept(PurchaseFact, frozen=True, kw_only=True, tag="variance.accept"):
    """A participant bears so much beyond its caps; until then the organiser does."""

    cents: Money


# --- goods and shares ---


class PurchaseHandOver(_Replacing, frozen=True, kw_only=True, tag="purchase.hand_over"):
    """Goods were given to a participant."""

    party: PartyId
    lines: Annotated[tuple[HandedLine, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]

    def __post_init__(self) -> None:
        _check_articles(self.lines)


class PurchaseReceive(_Replacing, frozen=True, kw_only=True, tag="purchase.receive"):
    """A participant has these goods."""

    lines: Annotated[tuple[HandedLine, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]

    def __post_init__(self) -> None:
        _check_articles(self.lines)


class ShareAccept(PurchaseFact, frozen=True, kw_only=True, tag="share.accept"):
    """A participant agrees to its share, which is this much all taxes in."""

    cents: Balance
    seen: Seen

    def __post_init__(self) -> None:
        check_other("seen", self.seen.lab, self.by)


class ShareDispute(PurchaseFact, frozen=True, kw_only=True, tag="share.dispute"):
    """A participant does not agree to its share; why in words is in the detail."""

    reason: ShareReason
    article: ArticleNumber | UnsetType = UNSET


class ShareResolve(PurchaseFact, frozen=True, kw_only=True, tag="share.resolve"):
    """The organiser answers a dispute, and bears so much of the share itself."""

    dispute: Hex32
    cents: Money


# --- money ---


class _Paid(_Replacing, frozen=True, kw_only=True):
    """Money between the organiser and a party, one way or the other."""

    cents: SomeMoney
    method: Method
    day: Day
    reference: Reference | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_each_day(self.day)


class PaymentSent(_Paid, frozen=True, kw_only=True, tag="payment.sent"):
    """The author paid `to`."""

    to: PartyId


class PaymentReceived(_Paid, frozen=True, kw_only=True, tag="payment.received"):
    """The author was paid by `payer`; `sent` is the entry that announced it."""

    payer: PartyId
    sent: Hex32 | UnsetType = UNSET


class CreditCarry(PurchaseFact, frozen=True, kw_only=True, tag="credit.carry"):
    """What the organiser owes a party here counts as paid in another purchase of its own."""

    party: PartyId
    into: Hex32
    cents: SomeMoney


# --- the end ---


class PurchaseRemind(PurchaseFact, frozen=True, kw_only=True, tag="purchase.remind"):
    """The organiser asked these for an answer to their shares, on that day."""

    day: Day
    parties: Annotated[tuple[PartyId, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]

    def __post_init__(self) -> None:
        check_each_day(self.day)
        check_ascending("parties", self.parties)


class PurchaseClose(PurchaseFact, frozen=True, kw_only=True, tag="purchase.close"):
    """The purchase is over: this is what all of it came to, all taxes in."""

    total: Balance


class StatementAgree(PurchaseFact, frozen=True, kw_only=True, tag="statement.agree"):
    """A participant countersigns: it owes this much, or is owed it where that is below zero."""

    cents: Balance
    seen: Seen

    def __post_init__(self) -> None:
        check_other("seen", self.seen.lab, self.by)


SETTLING_FACTS: Final[tuple[type[FactHead], ...]] = (
    PurchaseOrder,
    PurchaseDelivery,
    PurchaseInvoice,
    PurchaseCreditNote,
    SupplierPaid,
    VarianceWaive,
    VarianceAccept,
    PurchaseHandOver,
    PurchaseReceive,
    ShareAccept,
    ShareDispute,
    ShareResolve,
    PaymentSent,
    PaymentReceived,
    CreditCarry,
    PurchaseRemind,
    PurchaseClose,
    StatementAgree,
)
