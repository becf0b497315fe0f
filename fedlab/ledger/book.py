"""The book: which fold makes what of the entries about one subject.

A fold is a pure function of a set of entries. It is given all that are held about one subject, in
no order that means anything, and gives the state, who takes part, whether anything is still to
happen, and its verdict on each entry. So applying one new entry reads that entry's subject and
nothing else, however long the book.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from fedlab.inventory.fold import fold_form as inventory_form
from fedlab.ledger.facts import LEDGER_FACTS
from fedlab.ledger.loans import fold_loan
from fedlab.ledger.loanstate import Dispute, Line, Loan, Report
from fedlab.ledger.needs import Joined, NeedState, fold_need
from fedlab.ledger.outcome import Outcome
from fedlab.protocol.entry import Entry, EntryId

# Counted up whenever the same entries come to fold to other states or statuses.
FORMAT: Final = 1


Fold = Callable[[EntryId, Sequence[Entry]], Outcome]

FOLDS: Final[dict[str, Fold]] = {"loan": fold_loan, "need": fold_need}
"""By the kind of the subject."""
STATES: Final[tuple[type[msgspec.Struct], ...]] = (Loan, Line, Report, Dispute, NeedState, Joined)
"""Every struct that stands in a state; see `fold_form`."""


def fold(kind: str, root: EntryId, entries: Sequence[Entry]) -> Outcome | None:
    """Return what the entries about a subject make; None before a fold for its kind exists."""
    if kind not in FOLDS:
        return None
    return FOLDS[kind](root, entries)


def fold_form() -> str:
    """Return what is another for folds that may make other states of the same entries."""
    said = [
        (kind.__name__, kind.__struct_config__.tag, kind.__struct_encode_fields__)
        for kind in (*LEDGER_FACTS, *STATES)
    ]
    return repr((inventory_form(), FORMAT, said))
