"""The facts of loans (docs/reference/loans.md has the table).

As in `inventory.facts`: frozen types, generous closed lists, nothing personal and no free text;
notes, conditions in words and who of a lab's members borrows are in details, sealed where they
name somebody. Every fact but the request names its loan by the entry id of that request. Lines
are named by their number in the offer, from 0. Money is euro cents, quantities are thousandths.
"""

import datetime
from collections.abc import Sequence
from typing import Annotated, Final, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from fedlab.inventory.facts import (
    Code,
    Day,
    MinuteOfDay,
    Money,
    Seen,
    SomeQuantity,
    Term,
    check_ascending,
    check_days,
    check_other,
)
from fedlab.protocol.entry import Fact, FactError, FactHead, Hex32
from fedlab.protocol.limits import (
    GRANTS_SHOWN_MAX,
    LOAN_DAYS_MAX,
    LOAN_LINES_MAX,
    LOAN_PLACES_MAX,
    METER_MAX,
)

# --- closed lists, ascending ---

Refusal = Literal[
    "closed", "conditions", "damaged", "not_lent", "other", "rules", "taken", "too_far", "too_long",
    "too_much", "training", "unknown",
]  # fmt: skip
CancelReason = Literal[
    "closed", "damaged", "found_elsewhere", "mistake", "no_longer", "not_fetched", "other", "price",
    "stop_moved", "too_late",
]  # fmt: skip
RecallReason = Literal["damage", "danger", "needed", "other", "rules", "stop_moved"]
CautionKind = Literal["card", "cash", "cheque", "other", "promise", "transfer"]
Risk = Literal["borrower", "borrower_insured", "lender", "lender_insured", "shared"]
Carrying = Literal["borrower", "lender", "meet", "other", "post", "shared"]
Condition = Literal[
    "as_new", "broken", "dirty", "good", "incomplete", "missing", "scratched", "unsafe", "used_up",
    "worn",
]  # fmt: skip
ReportKind = Literal[
    "accident", "broken", "dangerous", "found", "incomplete", "lost", "other", "repaired", "stolen",
    "worn",
]  # fmt: skip
DisputeReason = Literal[
    "amount", "condition", "date", "never_agreed", "never_given_back", "never_received", "other",
    "quantity",
]  # fmt: skip
WORN: Final = frozenset({"broken", "incomplete", "missing", "unsafe"})
"""Conditions on return that ask for a settlement."""

LineNumber = Annotated[int, Meta(ge=0, lt=LOAN_LINES_MAX)]
Meter = Annotated[int, Meta(ge=0, le=METER_MAX)]
_DAYS: Final = {"day_from": "from", "day_to": "to"}
_TO: Final = {"day_to": "to"}


class _Slotted(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How much of an item, on which terms; a *use*, and perhaps a *help*, has its slot."""

    quantity: SomeQuantity
    term: Term
    day: Day | UnsetType = UNSET
    starts: MinuteOfDay | UnsetType = UNSET
    ends: MinuteOfDay | UnsetType = UNSET

    def __post_init__(self) -> None:
        given = [part is not UNSET for part in (self.day, self.starts, self.ends)]
        if any(given) and not all(given):
            raise FactError("`day`, `starts` and `ends` go together")
        if all(given) != (self.term == "use") and not (all(given) and self.term == "help"):
            raise FactError("a slot is for `use`, which has one, and `help`, which may")
        if all(given):
            check_days(str(self.day), UNSET)
            assert self.starts is not UNSET and self.ends is not UNSET
            if self.ends <= self.starts:
                raise FactError("`ends` must be after `starts`")


class RequestLine(_Slotted, frozen=True, kw_only=True):
    """What is asked of one item."""

    code: Code


class OfferLine(_Slotted, frozen=True, kw_only=True):
    """What is offered of one item, or of an accessory: without a code it is in no calendar.

    `of` is the number of an earlier line, the kit or machine that it belongs to. `price` is for
    the whole line, `value` what replacing all of it costs.
    """

    code: Code | UnsetType = UNSET
    of: LineNumber | UnsetType = UNSET
    price: Money | UnsetType = UNSET
    value: Money | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.code is UNSET and self.of is UNSET:
            raise FactError("a line without `code` belongs to another: it has `of`")


class Moved(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """So much of a line changed hands, in this condition, the meter showing that."""

    line: LineNumber
    quantity: SomeQuantity
    condition: Condition | UnsetType = UNSET
    meter: Meter | UnsetType = UNSET


class Settled(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a line ends: what the borrower keeps, what is lost, what the damage costs."""

    line: LineNumber
    kept: SomeQuantity | UnsetType = UNSET
    lost: SomeQuantity | UnsetType = UNSET
    damage: Money | UnsetType = UNSET


Lines = Annotated[tuple[Moved, ...], Meta(min_length=1, max_length=LOAN_LINES_MAX)]


def _check_period(day_from: str, day_to: str | UnsetType, lines: Sequence[_Slotted]) -> None:
    """Check the days of a loan against its lines."""
    check_days(day_from, day_to)
    if day_to is UNSET:
        if any(line.term == "lend" for line in lines):
            raise FactError("what is lent comes back: `to` says when")
        return
    first, last = map(datetime.date.fromisoformat, (day_from, day_to))
    if (last - first).days >= LOAN_DAYS_MAX:
        raise FactError(f"a loan of more than {LOAN_DAYS_MAX} days is a placement: `item.place`")


def _check_numbers(lines: Sequence[Moved] | Sequence[Settled]) -> None:
    check_ascending("lines", [line.line for line in lines])


class LoanFact(Fact, frozen=True, kw_only=True):
    """What is about a loan that somebody asked for."""

    loan: Hex32


# --- asking and agreeing ---


class LoanRequest(Fact, frozen=True, kw_only=True, tag="loan.request", rename=_DAYS):
    """The author asks a lender for items, its own or those that `owner` has lodged there.

    `grants` are entries `training.grant`; who was trained is told in the sealed detail.
    """

    lender: Hex32
    owner: Hex32 | UnsetType = UNSET
    lines: Annotated[tuple[RequestLine, ...], Meta(min_length=1, max_length=LOAN_LINES_MAX)]
    day_from: Day
    day_to: Day | UnsetType = UNSET
    grants: (
        Annotated[tuple[Hex32, ...], Meta(min_length=1, max_length=GRANTS_SHOWN_MAX)] | UnsetType
    ) = UNSET

    def __post_init__(self) -> None:
        check_other("lender", self.lender, self.by)
        if self.owner == self.lender:
            raise FactError("`owner` is for another lab than the lender")
        _check_period(self.day_from, self.day_to, self.lines)
        if self.grants is not UNSET:
            check_ascending("grants", self.grants)


class LoanOffer(LoanFact, frozen=True, kw_only=True, tag="loan.offer", rename=_DAYS):
    """The lender offers, and holds the quantities from here on; a later offer replaces it.

    `owner` is another lab's whose items are lodged with the author, as the request says it.
    `until` is the last day on which an answer is expected. `places` are the entries `item.place`
    under which a host acts. Known faults and the permitted use are told in the detail.
    """

    owner: Hex32 | UnsetType = UNSET
    lines: Annotated[tuple[OfferLine, ...], Meta(min_length=1, max_length=LOAN_LINES_MAX)]
    day_from: Day
    day_to: Day | UnsetType = UNSET
    until: Day | UnsetType = UNSET
    fee: Money | UnsetType = UNSET
    caution: Money | UnsetType = UNSET
    caution_kind: CautionKind | UnsetType = UNSET
    risk: Risk | UnsetType = UNSET
    carrying: Carrying | UnsetType = UNSET
    places: (
        Annotated[tuple[Hex32, ...], Meta(min_length=1, max_length=LOAN_PLACES_MAX)] | UnsetType
    ) = UNSET
    seen: Seen

    def __post_init__(self) -> None:
        _check_period(self.day_from, self.day_to, self.lines)
        check_other("seen", self.seen.lab, self.by)
        check_other("owner", self.owner, self.by)
        if self.until is not UNSET:
            check_days(self.until, UNSET)
        if self.places is not UNSET:
            check_ascending("places", self.places)
        if self.caution_kind is not UNSET and self.caution is UNSET:
            raise FactError("`caution_kind` goes with `caution`")
        for number, line in enumerate(self.lines):
            if line.of is not UNSET and line.of >= number:
                raise FactError("`of` names an earlier line")


class LoanDecline(LoanFact, frozen=True, kw_only=True, tag="loan.decline"):
    """The lender cannot; it may be asked again from `retry` on."""

    reason: Refusal
    retry: Day | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.retry is not UNSET:
            check_days(self.retry, UNSET)


class LoanAgree(LoanFact, frozen=True, kw_only=True, tag="loan.agree"):
    """The borrower takes the whole offer."""

    offer: Hex32
    seen: Seen

    def __post_init__(self) -> None:
        check_other("seen", self.seen.lab, self.by)


class LoanCancel(LoanFact, frozen=True, kw_only=True, tag="loan.cancel"):
    """Either side calls it off; a borrower that has agreed asks with it, and the lender answers."""

    reason: CancelReason


class LoanLapse(LoanFact, frozen=True, kw_only=True, tag="loan.lapse"):
    """The lender ends for good what was never answered, and waives what it asked for."""


# --- out and back ---


class LoanHandOver(LoanFact, frozen=True, kw_only=True, tag="loan.hand_over"):
    """Owner or host gave this much out of its hands."""

    offer: Hex32
    lines: Lines

    def __post_init__(self) -> None:
        _check_numbers(self.lines)


class LoanReceive(LoanFact, frozen=True, kw_only=True, tag="loan.receive"):
    """The borrower has this much in its hands."""

    offer: Hex32
    lines: Lines

    def __post_init__(self) -> None:
        _check_numbers(self.lines)


class LoanExtendAsk(LoanFact, frozen=True, kw_only=True, tag="loan.extend_ask", rename=_TO):
    """The borrower asks to give it back later."""

    day_to: Day

    def __post_init__(self) -> None:
        check_days(self.day_to, UNSET)


class LoanExtend(LoanFact, frozen=True, kw_only=True, tag="loan.extend", rename=_TO):
    """The lender says until when, asked or not; the day that holds already is a refusal."""

    ask: Hex32 | UnsetType = UNSET
    day_to: Day

    def __post_init__(self) -> None:
        check_days(self.day_to, UNSET)


class LoanRecall(LoanFact, frozen=True, kw_only=True, tag="loan.recall", rename=_TO):
    """The lender asks for it back by an earlier day."""

    day_to: Day
    reason: RecallReason

    def __post_init__(self) -> None:
        check_days(self.day_to, UNSET)


class LoanGiveBack(LoanFact, frozen=True, kw_only=True, tag="loan.give_back"):
    """The borrower gave this much back."""

    lines: Lines

    def __post_init__(self) -> None:
        _check_numbers(self.lines)


class LoanTakeBack(LoanFact, frozen=True, kw_only=True, tag="loan.take_back"):
    """Owner or host has this much back, in this condition."""

    lines: Lines

    def __post_init__(self) -> None:
        _check_numbers(self.lines)


# --- what went wrong, and how it ends ---


class LoanReport(LoanFact, frozen=True, kw_only=True, tag="loan.report"):
    """Either side tells what happened to a line, or to all."""

    line: LineNumber | UnsetType = UNSET
    kind: ReportKind


class LoanDispute(LoanFact, frozen=True, kw_only=True, tag="loan.dispute"):
    """Either side says that an entry of the other's is not so; about its own, takes that back."""

    about: Hex32
    reason: DisputeReason


class LoanSettle(LoanFact, frozen=True, kw_only=True, tag="loan.settle"):
    """The lender says how it ends; what it asks beyond the offer waits for the borrower's word.

    `fee` is the whole of it; of the caution, what is not kept is given back.
    """

    lines: (
        Annotated[tuple[Settled, ...], Meta(min_length=1, max_length=LOAN_LINES_MAX)] | UnsetType
    ) = UNSET
    fee: Money | UnsetType = UNSET
    caution_kept: Money | UnsetType = UNSET

    def __post_init__(self) -> None:
        if self.lines is not UNSET:
            _check_numbers(self.lines)


class LoanAccept(LoanFact, frozen=True, kw_only=True, tag="loan.accept"):
    """The borrower agrees to a settlement."""

    settle: Hex32
    seen: Seen

    def __post_init__(self) -> None:
        check_other("seen", self.seen.lab, self.by)


LOAN_FACTS: Final[tuple[type[FactHead], ...]] = (
    LoanRequest,
    LoanOffer,
    LoanDecline,
    LoanAgree,
    LoanCancel,
    LoanLapse,
    LoanHandOver,
    LoanReceive,
    LoanExtendAsk,
    LoanExtend,
    LoanRecall,
    LoanGiveBack,
    LoanTakeBack,
    LoanReport,
    LoanDispute,
    LoanSettle,
    LoanAccept,
)
