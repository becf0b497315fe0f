"""Feeding a search index with the items that the projections say have changed.

Nothing here writes into the store, so that another process than the node's own can do it:
see `indexing`. The index's mark says how far it came, so that a crash at any point feeds the rest
again.
"""

from collections.abc import Callable, Iterable, Sequence, Set
from typing import Final, Protocol

from fedlab.inventory.catalogue import ItemView
from fedlab.node.catalogue import VIEWS_AT_ONCE, Catalogue
from fedlab.node.store.base import Store, StoredItem
from fedlab.protocol.entry import LabId

# Items in one commit of the search index, which costs some 10 ms.
ITEMS_AT_ONCE: Final = 5000

# The setting that names the labs whose items are held and not shown.
HIDDEN_KEY: Final = "hidden"


class Index(Protocol):
    """What feeding asks of a search index; `mark` comes back as the last commit left it."""

    @property
    def mark(self) -> str: ...
    def apply(self, upserts: Iterable[ItemView], removed: Iterable[str]) -> None: ...
    def commit(self, mark: str = "") -> None: ...
    def clear(self) -> None: ...


def fed_upto(store: Store, index: Index) -> int | None:
    """Return the last change that an index knows of; None if it was fed from other projections."""
    generation, _, at = index.mark.rpartition(":")
    return int(at) if generation == store.projections.generation() else None


def feed(store: Store, index: Index, committed: Callable[[], object] = lambda: None) -> int:
    """Bring an index up to the projections it was fed from; return how many items that took."""
    catalogue = Catalogue(store)
    upto = fed_upto(store, index)
    if upto is None:
        return 0
    generation, fed = store.projections.generation(), 0
    while rows := store.projections.changed_since(upto, ITEMS_AT_ONCE):
        # Read after the rows: whoever is hidden later has its rows changed again.
        hidden = frozenset(store.settings.get(HIDDEN_KEY).split())
        for start in range(0, len(rows), VIEWS_AT_ONCE):
            _apply(catalogue, index, rows[start : start + VIEWS_AT_ONCE], hidden)
        upto = rows[-1].changed
        index.commit(f"{generation}:{upto}")
        committed()
        fed += len(rows)
    return fed


def _apply(
    catalogue: Catalogue, index: Index, rows: Sequence[StoredItem], hidden: Set[LabId]
) -> None:
    """Hand items to an index as they stand now."""
    views = catalogue.views_of_rows([row for row in rows if row.lab not in hidden])
    gone = {f"{row.lab}/{row.code}" for row in rows}
    gone -= {view.item for view in views if not view.retired}
    index.apply([view for view in views if not view.retired], sorted(gone))
