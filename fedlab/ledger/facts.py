"""The registry: every fact that a node reads, and what each fact of the ledger is about.

A *subject* is one loan, one need, one purchase: its kind, and the entry id of the fact that opened
it. The other facts of its family name it in the field that is called as the kind. A new family is
one row here, and one in `book.FOLDS`, which says what its entries make.
"""

from typing import Final, NamedTuple

from fedlab.inventory.facts import FACTS as INVENTORY_FACTS
from fedlab.ledger.loanfacts import LOAN_FACTS, LoanRequest
from fedlab.ledger.needs import NEED_FACTS, NeedPublish
from fedlab.ledger.purchasefacts import PURCHASE_FACTS, PurchaseOpen
from fedlab.ledger.settlingfacts import SETTLING_FACTS
from fedlab.protocol.entry import Entry, EntryId, FactHead


class Family(NamedTuple):
    """The facts about subjects of one kind; `opens` is the one whose own id names the subject."""

    kind: str
    opens: type[FactHead]
    facts: tuple[type[FactHead], ...]


class Subject(NamedTuple):
    """One loan, need or purchase."""

    kind: str
    root: EntryId


FAMILIES: Final[tuple[Family, ...]] = (
    Family("loan", LoanRequest, LOAN_FACTS),
    Family("need", NeedPublish, NEED_FACTS),
    Family("purchase", PurchaseOpen, (*PURCHASE_FACTS, *SETTLING_FACTS)),
)

LEDGER_FACTS: Final[tuple[type[FactHead], ...]] = tuple(
    fact for family in FAMILIES for fact in family.facts
)
FACTS: Final[tuple[type[FactHead], ...]] = (*INVENTORY_FACTS, *LEDGER_FACTS)
"""Every type of fact that this fedlab knows; `FactReader(FACTS)` reads them."""

_FAMILY_OF: Final = {fact: family for family in FAMILIES for fact in family.facts}


def subject(entry: Entry) -> Subject | None:
    """Return what an entry of the ledger is about; None for any other."""
    family = _FAMILY_OF.get(type(entry.fact)) if entry.fact is not None else None
    if family is None:
        return None
    if isinstance(entry.fact, family.opens):
        return Subject(family.kind, entry.id.hex())
    return Subject(family.kind, getattr(entry.fact, family.kind))
