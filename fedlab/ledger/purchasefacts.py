"""The facts of purchases and payments (docs/reference/purchases.md has the table).

As in `inventory.facts`: frozen types, nothing personal and no free text; names of articles, of the
supplier and of bodies without a node are in details, documents and IBANs in sealed ones. Every
fact but the opening names its purchase by the entry id of that. Money is cents of the purchase's
currency, quantities are thousandths, rates are hundredths of a percent.

What many labs have part in is many small entries: articles one by one, pledges in each lab's own
log, taken eight at a time, sealed by their count and Merkle root. Lists of more than 32 lines are
several facts. What was entered wrongly is entered again, `replaces` naming the entry that it
replaces; nothing is edited.
"""

from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from fedlab.inventory.facts import (
    Day,
    Money,
    Quantity,
    Seen,
    SomeQuantity,
    Unit,
    check_ascending,
    check_days,
    check_other,
)
from fedlab.ledger.costs import Basis
from fedlab.protocol.entry import Fact, FactError, FactHead, Hex32
from fedlab.protocol.limits import (
    INTEGER_MAX,
    LADDER_STEPS_MAX,
    MONEY_MAX,
    PURCHASE_ARTICLES_MAX,
    PURCHASE_CHARGES_MAX,
    PURCHASE_HELPERS_MAX,
    PURCHASE_LINES_MAX,
    PURCHASE_TAKES_MAX,
    QUANTITY_MAX,
    RULES_MAX,
    UNIT_GRAMS_MAX,
    VAT_RATE_MAX,
)

# --- closed lists, ascending ---

Mode = Literal["direct", "mandate", "resale"]
"""The supplier invoices each lab; the organiser buys in the labs' names; it buys and sells on."""
HelperPower = Literal["deliver", "hand_over", "invoice", "order"]
Method = Literal["card", "cash", "cheque", "mandate", "other", "transfer"]
ShareReason = Literal[
    "amount", "damaged", "late", "never_agreed", "not_received", "other", "price", "quantity"
]

# --- fields ---

ArticleNumber = Annotated[int, Meta(ge=1, le=PURCHASE_ARTICLES_MAX)]
ChargeNumber = Annotated[int, Meta(ge=1, le=PURCHASE_CHARGES_MAX)]
SomePacks = Annotated[int, Meta(ge=1, le=QUANTITY_MAX)]
SomeMoney = Annotated[int, Meta(ge=1, le=MONEY_MAX)]
Balance = Annotated[int, Meta(ge=-INTEGER_MAX, le=INTEGER_MAX)]  # below zero: it is owed
Rate = Annotated[int, Meta(ge=0, le=VAT_RATE_MAX)]
Currency = Annotated[str, Meta(pattern=r"^[A-Z]{3}\Z")]
Reference = Annotated[str, Meta(pattern=r"^RF[0-9]{2}[A-Z0-9]{1,21}\Z")]
"""ISO 11649; its check digits are looked at where it is made and typed."""
PartyId = Hex32  # a lab, or what a `pledge.for` calls a body without a node


class FactLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of a list in a fact."""


class Helper(FactLine, frozen=True, kw_only=True):
    """A lab whose facts count as the organiser's, for what it has the power to do."""

    lab: Hex32
    powers: Annotated[tuple[HelperPower, ...], Meta(min_length=1, max_length=4)]


class AnnouncedCharge(FactLine, frozen=True, kw_only=True):
    """What comes on top, as far as one knows, and by what it is split."""

    charge: ChargeNumber
    net: Money
    rate: Rate
    basis: Basis


class PriceStep(FactLine, frozen=True, kw_only=True):
    """From so many packs on, each costs so much, net."""

    packs: SomePacks
    price: Money


class WantedLine(FactLine, frozen=True, kw_only=True):
    """So much of an article for certain, up to `more` if that helps; `cap` is per unit, landed."""

    article: ArticleNumber
    firm: Quantity
    more: SomeQuantity | UnsetType = UNSET
    cap: Money | UnsetType = UNSET


class Take(FactLine, frozen=True, kw_only=True):
    """What a lab had pledged up to an entry of its log, and the head that was seen of it."""

    pledge: Hex32 | UnsetType = UNSET
    seen: Seen


class PartySum(FactLine, frozen=True, kw_only=True):
    """A sum for one party."""

    party: PartyId
    cents: Money


class PartyWeight(FactLine, frozen=True, kw_only=True):
    """What a party bears of a charge that is split as fixed: its part of all parts."""

    party: PartyId
    part: Annotated[int, Meta(ge=0, le=QUANTITY_MAX)]


class PurchaseFact(Fact, frozen=True, kw_only=True):
    """What is about a purchase that somebody opened."""

    purchase: Hex32


def _check_numbers(lines: Sequence[WantedLine]) -> None:
    check_ascending("lines", [line.article for line in lines])


def check_each_day(*days: str | UnsetType) -> None:
    """Raise FactError unless each that is given is a day of the calendar."""
    for day in days:
        if day is not UNSET:
            check_days(day, UNSET)


# --- terms: the organiser's ---


class _Terms(Fact, frozen=True, kw_only=True):
    """What holds for the whole purchase; deadlines are shown and decide nothing."""

    mode: Mode | UnsetType = UNSET
    deadline: Day | UnsetType = UNSET
    charges: (
        Annotated[tuple[AnnouncedCharge, ...], Meta(min_length=1, max_length=PURCHASE_CHARGES_MAX)]
        | UnsetType
    ) = UNSET
    helpers: (
        Annotated[tuple[Helper, ...], Meta(min_length=1, max_length=PURCHASE_HELPERS_MAX)]
        | UnsetType
    ) = UNSET
    passes: Money | UnsetType = UNSET  # a price may differ by this, or by that, unasked
    passes_rate: Rate | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_each_day(self.deadline)
        if self.charges is not UNSET:
            check_ascending("charges", [charge.charge for charge in self.charges])
        if self.helpers is not UNSET:
            check_ascending("helpers", [helper.lab for helper in self.helpers])
            for helper in self.helpers:
                check_other("helpers", helper.lab, self.by)
                check_ascending("powers", helper.powers)


class PurchaseOpen(_Terms, frozen=True, kw_only=True, tag="purchase.open"):
    """A purchase begins; `rules` names the code that computes what follows from its facts."""

    rules: Annotated[int, Meta(ge=1, le=RULES_MAX)]
    currency: Currency
    need: Hex32 | UnsetType = UNSET


class PurchaseAmend(_Terms, frozen=True, kw_only=True, tag="purchase.amend"):
    """All terms anew; whoever pledged on better ones is asked again."""

    purchase: Hex32


class PurchaseArticle(PurchaseFact, frozen=True, kw_only=True, tag="purchase.article"):
    """One article, the whole of it; the latest of its number counts, without a ladder it is gone.

    `grain` is the least that is handed out; the pack is a multiple of it, and so are pledges.
    """

    article: ArticleNumber
    unit: Unit
    pack: SomeQuantity
    grain: SomeQuantity
    rate: Rate
    grams: Annotated[int, Meta(ge=1, le=UNIT_GRAMS_MAX)] | UnsetType = UNSET
    ladder: (
        Annotated[tuple[PriceStep, ...], Meta(min_length=1, max_length=LADDER_STEPS_MAX)]
        | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        if self.pack % self.grain:
            raise FactError("`pack` must be a multiple of `grain`")
        if self.ladder is not UNSET:
            check_ascending("ladder", [step.packs for step in self.ladder])


class PurchaseParts(PurchaseFact, frozen=True, kw_only=True, tag="purchase.parts"):
    """Who bears how much of a charge that is split as fixed; the latest for a party counts."""

    charge: ChargeNumber
    parts: Annotated[tuple[PartyWeight, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]

    def __post_init__(self) -> None:
        check_ascending("parts", [part.party for part in self.parts])


class PurchaseCancel(PurchaseFact, frozen=True, kw_only=True, tag="purchase.cancel"):
    """Nothing is bought; after an order it takes credit notes."""


# --- pledges ---

WantedLines = Annotated[tuple[WantedLine, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]


class _Pledged(PurchaseFact, frozen=True, kw_only=True):
    """Sets the lines that it names, and the cap on all; `firm` of 0 without `more` ends a line."""

    version: Hex32  # the latest of opening, articles and amendments that it was made on
    lines: WantedLines
    cap: Money | UnsetType = UNSET

    def __post_init__(self) -> None:
        _check_numbers(self.lines)


class Pledge(_Pledged, frozen=True, kw_only=True, tag="pledge"):
    """A participant wants this, at the terms it saw; the organiser need not quote itself."""

    seen: Seen | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.seen is not UNSET:
            check_other("seen", self.seen.lab, self.by)


class PledgeFor(_Pledged, frozen=True, kw_only=True, tag="pledge.for"):
    """The organiser says that a body without a node wants this: its word alone.

    `body` is the first entry that names the body, or 32 random bytes; the name is in the detail.
    """

    body: Hex32


class PledgeWithdraw(PurchaseFact, frozen=True, kw_only=True, tag="pledge.withdraw"):
    """A participant wants nothing any more."""


class PledgeTransfer(PurchaseFact, frozen=True, kw_only=True, tag="pledge.transfer"):
    """After the seal a lab hands what it would get to another; it counts once both have said so."""

    giver: Hex32
    taker: Hex32
    article: ArticleNumber
    quantity: SomeQuantity

    def __post_init__(self) -> None:
        if self.by not in (self.giver, self.taker) or self.giver == self.taker:
            raise FactError("a transfer is said by its giver and by its taker")


class MandateGrant(PurchaseFact, frozen=True, kw_only=True, tag="mandate.grant"):
    """A participant lets the organiser buy in its name, for this much at most, all taxes in."""

    cap: Money


# --- sealing and ordering ---


class PurchaseTake(PurchaseFact, frozen=True, kw_only=True, tag="purchase.take"):
    """The organiser takes pledges in; the latest take of a lab counts.

    Without `pledge` it says that there was none to take below that head.
    """

    takes: Annotated[tuple[Take, ...], Meta(min_length=1, max_length=PURCHASE_TAKES_MAX)]

    def __post_init__(self) -> None:
        check_ascending("takes", [take.seen.lab for take in self.takes])
        for take in self.takes:
            check_other("seen", take.seen.lab, self.by)


class PurchaseSeal(PurchaseFact, frozen=True, kw_only=True, tag="purchase.seal"):
    """No pledge counts any more but these: so many, with this root (see `sealing.seal_root`)."""

    count: Annotated[int, Meta(ge=0, le=INTEGER_MAX)]
    root: Hex32


class PurchaseCall(PurchaseFact, frozen=True, kw_only=True, tag="purchase.call"):
    """Funds are asked for before the order; the latest for a party counts."""

    sums: Annotated[tuple[PartySum, ...], Meta(min_length=1, max_length=PURCHASE_LINES_MAX)]
    due: Day | UnsetType = UNSET

    def __post_init__(self) -> None:
        check_ascending("sums", [one.party for one in self.sums])
        check_each_day(self.due)


PURCHASE_FACTS: Final[tuple[type[FactHead], ...]] = (
    PurchaseOpen,
    PurchaseAmend,
    PurchaseArticle,
    PurchaseParts,
    PurchaseCancel,
    Pledge,
    PledgeFor,
    PledgeWithdraw,
    PledgeTransfer,
    MandateGrant,
    PurchaseTake,
    PurchaseSeal,
    PurchaseCall,
)
