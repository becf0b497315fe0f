"""The book: which fold makes what of the entries about one subject.

A fold is a pure function of a set of entries. It is given all that are held about one subject, in
no order that means anything, and gives the state, who takes part, whether anything is still to
happen, and its verdict on each entry. So applying one new entry reads that entry's subject and
nothing else, however long the book.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from fedlab.inventory.facts import Seen
from fedlab.inventory.fold import fold_form as inventory_form
from fedlab.ledger.calendars import Promised, PromisedLine
from fedlab.ledger.facts import LEDGER_FACTS
from fedlab.ledger.loans import fold_loan
from fedlab.ledger.loanstate import Dispute, Line, Loan, Report
from fedlab.ledger.needs import Joined, NeedState, fold_need
from fedlab.ledger.outcome import Outcome
from fedlab.ledger.purchasefacts import PurchaseTake
from fedlab.ledger.purchases import fold_purchase
from fedlab.ledger.purchasestate import PURCHASE_STATES
from fedlab.protocol.entry import Entry, EntryId, LabId, Status

# Counted up whenever the same entries come to fold to other states or statuses.
FORMAT: Final = 1


Fold = Callable[[EntryId, Sequence[Entry]], Outcome]
Evidence = Callable[[Seen], bool]

FOLDS: Final[dict[str, Fold]] = {"loan": fold_loan, "need": fold_need, "purchase": fold_purchase}
"""By the kind of the subject."""
STATES: Final[tuple[type[msgspec.Struct], ...]] = (
    Loan, Line, Report, Dispute, Promised, PromisedLine, NeedState, Joined,
    *PURCHASE_STATES,
)  # fmt: skip
"""Every struct that stands in a state; see `fold_form`."""


def fold(
    kind: str, root: EntryId, entries: Sequence[Entry], stands: Evidence = lambda quote: False
) -> Outcome | None:
    """Return what the entries about a subject make; None before a fold for its kind exists.

    `stands` tells whether a head that somebody quotes is signed by its lab and a head of its log
    as it is held here; it is asked only where a log is disputed.
    """
    if kind not in FOLDS:
        return None
    return FOLDS[kind](root, binding(entries, stands))


def binding(entries: Sequence[Entry], stands: Evidence) -> list[Entry]:
    """Return the entries, those of them counted that a split view cannot take back.

    What stands after the point where a log was split is disputed; but what another party had
    seen of it, and quoted with its signed head, binds its author all the same.
    """
    quotes = [(entry.lab, quote) for entry in entries for quote in quotes_of(entry)]
    return [
        replace(entry, status=Status.COUNTED)
        if entry.status is Status.DISPUTED
        and any(_shows(quote, entry) and by != entry.lab and stands(quote) for by, quote in quotes)
        else entry
        for entry in entries
    ]


def quotes_of(entry: Entry) -> list[Seen]:
    """Return the heads of other labs that an entry quotes, if it counts."""
    if entry.status is not Status.COUNTED:
        return []
    if isinstance(entry.fact, PurchaseTake):
        return [take.seen for take in entry.fact.takes]
    quote = getattr(entry.fact, "seen", None)
    return [quote] if isinstance(quote, Seen) else []


def _shows(quote: Seen, entry: Entry) -> bool:
    return (quote.lab, quote.e) == (entry.lab, entry.epoch) and quote.size > entry.index


def missing(
    entries: Iterable[Entry], held: Mapping[tuple[LabId, int], int], signed: Evidence
) -> dict[tuple[LabId, int], int]:
    """Return the heads, as log and size, up to which the parties' logs are not held yet.

    A subject is complete where there are none. A quote without a valid signature binds nobody;
    `signed` is asked only about those that are not held.
    """
    lacking: dict[tuple[LabId, int], int] = {}
    for quote in (quote for entry in entries for quote in quotes_of(entry)):
        log = (quote.lab, quote.e)
        if quote.size > max(held.get(log, 0), lacking.get(log, 0)) and signed(quote):
            lacking[log] = quote.size
    return lacking


def fold_form() -> str:
    """Return what is another for folds that may make other states of the same entries."""
    said = [
        (kind.__name__, kind.__struct_config__.tag, kind.__struct_encode_fields__)
        for kind in (*LEDGER_FACTS, *STATES)
    ]
    return repr((inventory_form(), FORMAT, said))
