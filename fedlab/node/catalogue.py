"""Reading the projections: items and labs as people see them, and entries as they stand."""

import functools
import operator
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple

import msgspec

from fedlab.inventory.catalogue import ItemView, LabView, item_view, lab_view
from fedlab.inventory.facts import Seen
from fedlab.inventory.fold import state_hash
from fedlab.inventory.item import ItemState
from fedlab.inventory.lab import LabState
from fedlab.ledger import book
from fedlab.ledger.facts import FACTS, LEDGER_FACTS
from fedlab.node.store.base import Place, Store, StoredItem, StoredSubject, SubjectEntry
from fedlab.protocol.checkpoint import verify_head
from fedlab.protocol.entry import Entry, FactReader, LabId, Status, detail_field
from fedlab.protocol.errors import ProtocolError
from fedlab.protocol.evidence import disputed_from
from fedlab.protocol.limits import SALT_BYTES
from fedlab.protocol.merkle import leaf_hash

# Views made at once: their details are read together.
VIEWS_AT_ONCE = 512

_read_fact = msgspec.json.Decoder(functools.reduce(operator.or_, LEDGER_FACTS)).decode
_read_item = msgspec.msgpack.Decoder(ItemState).decode
_read_lab = msgspec.msgpack.Decoder(LabState).decode


class ReadEntry(NamedTuple):
    """An entry with its folded status and what is held of its detail."""

    entry: Entry
    detail: bytes | None  # the body
    detail_state: Literal["none", "held", "missing", "erased"]


class Catalogue:
    """What all labs offer, as far as it is held and folded; safe from any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._projections = store.projections
        self._reader = FactReader(FACTS)

    # --- Items ------------------------------------------------------------------------------------

    def item(self, lab: LabId, code: str) -> ItemView | None:
        """Return one item, also if it is retired."""
        return self.views_of([f"{lab}/{code}"]).get(f"{lab}/{code}")

    def views(self, lab: LabId | None = None) -> Iterator[ItemView]:
        """Yield the items of a lab, or of all, by lab and code; retired ones too."""
        for states in self._in_turn(lab):
            yield from (view for _, view in self._pairs(states))

    def views_of(
        self, items: Iterable[str], labs: Mapping[LabId, LabView] | None = None
    ) -> dict[str, ItemView]:
        """Return those of the named items (`lab/CODE`) that exist; `labs` need not be read."""
        states = list(self.states_of(items).values())
        return {view.item: view for _, view in self._pairs(states, labs)}

    def state(self, lab: LabId, code: str) -> ItemState | None:
        """Return one item as folded, for its calendar."""
        return self.states(lab, [code]).get(code)

    def states(self, lab: LabId, codes: Iterable[str]) -> dict[str, ItemState]:
        """Return items of a lab as folded, by code."""
        found = self._projections.item_states([(lab, code) for code in codes])
        return {code: _read_item(state) for (_, code), state in found.items()}

    def states_of(self, items: Iterable[str]) -> dict[str, ItemState]:
        """Return those of the named items (`lab/CODE`) that exist, as folded."""
        named = [(lab, code) for lab, _, code in (item.partition("/") for item in items)]
        states = map(_read_item, self._projections.item_states(named).values())
        return {state.id: state for state in states}

    def offered(
        self, lab: LabId, at_once: int = VIEWS_AT_ONCE
    ) -> Iterator[tuple[ItemState, ItemView]]:
        """Yield the items of a lab that are not retired, by code, as folded and as seen."""
        for states in self._in_turn(lab, at_once):
            yield from (pair for pair in self._pairs(states) if not pair[0].retired)

    def states_after(self, lab: LabId, code: str = "") -> Iterator[ItemState]:
        """Yield a lab's items as folded, those after a code, by code; retired ones too."""
        rows = self._projections.items(lab, code)
        return (_read_item(row.state) for row in rows if row.state is not None)

    def seen(
        self, states: Sequence[ItemState], labs: Mapping[LabId, LabView] | None = None
    ) -> list[tuple[ItemState, ItemView]]:
        """Return items with how people see them, read together; `labs` need not be read."""
        return self._pairs(states, labs)

    def counts(self) -> dict[LabId, int]:
        """Return how many items each lab offers, retired ones not counted."""
        return self._projections.counts()

    def count(self) -> int:
        """Return how many items all labs offer, retired ones not counted."""
        return sum(self.counts().values())

    def _in_turn(
        self, lab: LabId | None, at_once: int = VIEWS_AT_ONCE
    ) -> Iterator[list[ItemState]]:
        rows = self._projections.items(lab)
        while some := list(islice(rows, at_once)):
            yield _read_items(some)

    def views_of_rows(self, rows: Sequence[StoredItem]) -> list[ItemView]:
        """Return the items that rows of the store hold; rows of items that are gone hold none."""
        return [view for _, view in self._pairs(_read_items(rows))]

    def _pairs(
        self, states: Sequence[ItemState], known: Mapping[LabId, LabView] | None = None
    ) -> list[tuple[ItemState, ItemView]]:
        details = self._bodies(
            [Place(state.lab, state.entry.epoch, state.entry.index) for state in states]
        )
        known = known or {}
        labs = {lab: known.get(lab) or self.lab(lab) for lab in {state.lab for state in states}}
        return [
            (state, item_view(state, detail, labs[state.lab]))
            for state, detail in zip(states, details, strict=True)
        ]

    def _bodies(self, places: Sequence[Place]) -> list[bytes | None]:
        """Return details without their salt."""
        return [blob and blob[SALT_BYTES:] for blob in self._store.details_of(places)]

    # --- Labs -------------------------------------------------------------------------------------

    def lab(self, lab: LabId) -> LabView:
        """Return a lab; of one that has said nothing yet, no more than its id."""
        return self._lab_view(self.lab_state(lab) or LabState(lab=lab))

    def labs(self) -> list[LabView]:
        """Return all labs of which anything is folded, by id."""
        return [self._lab_view(_read_lab(raw)) for raw in self._projections.lab_states().values()]

    def lab_state(self, lab: LabId) -> LabState | None:
        """Return a lab as folded."""
        raw = self._projections.lab_state(lab)
        return None if raw is None else _read_lab(raw)

    def _lab_view(self, state: LabState) -> LabView:
        detail = None
        if state.entry is not None:
            (detail,) = self._bodies([Place(state.lab, state.entry.epoch, state.entry.index)])
        return lab_view(state, detail)

    def graph(self) -> dict[LabId, frozenset[LabId]]:
        """Return whom each lab vouches for."""
        states = self._projections.lab_states()
        return {lab: frozenset(_read_lab(raw).vouches) for lab, raw in states.items()}

    def state_hash(self, lab: LabId) -> bytes:
        """Return the hash that all nodes with the same entries of this lab agree on."""
        items = _read_items(self._projections.items(lab))
        return state_hash([self.lab_state(lab) or LabState(lab=lab), *items])

    # --- Entries ----------------------------------------------------------------------------------

    def read_entries(self, lab: LabId, epoch: int, start: int, end: int) -> list[Entry]:
        """Return the entries `[start, end)` of a log with the verdict that needs no state."""
        ends_at = disputed_from(self._store.chain(lab), epoch, self._store.evidence(lab))
        read = self._reader.entry
        leaves = self._store.leaves(lab, epoch, start, end)
        return [read(leaf, lab, epoch, i, ends_at) for i, leaf in enumerate(leaves, start)]

    def entries(self, lab: LabId, epoch: int, start: int, end: int) -> list[ReadEntry]:
        """Return entries with their folded status and details; raises LocalProtocolError."""
        found = self.read_entries(lab, epoch, start, end)
        details = self._store.details(lab, epoch, start, end)
        statuses = self._projections.statuses(lab, epoch, start, end)
        statuses |= self._projections.subjects.verdicts(lab, epoch, start, end)
        erased = self._store.erased(lab, epoch, start, end)
        read = []
        for entry, detail in zip(found, details, strict=True):
            status = Status(statuses.get(entry.index, entry.status))
            entry = msgspec.structs.replace(entry, status=status)
            state: Literal["none", "held", "missing", "erased"]
            if detail is not None:
                state = "held"
            elif entry.index in erased:
                state = "erased"
            else:
                state = "missing" if detail_field(entry.leaf) else "none"
            read.append(ReadEntry(entry, detail and detail[SALT_BYTES:], state))
        return read

    # --- The ledger -------------------------------------------------------------------------------

    def subject_entries(self, subject: StoredSubject) -> list[Entry]:
        """Return the entries about a loan, a need or a purchase, with the status of their logs."""
        return list(map(as_entry, self._projections.subjects.entries([subject.id])[subject.id]))

    def is_signed(self, quote: Seen) -> bool:
        """Say whether a head that somebody quotes is signed by the lab that it is of."""
        chain = self._store.chain(quote.lab)
        if chain is None or quote.e >= len(chain.epochs):
            return False
        try:
            verify_head(quote.head(), self._store.network, chain.keys(quote.e).log)
        except ProtocolError:
            return False
        return True

    def stands(self, quote: Seen) -> bool:
        """Say whether a head that somebody quotes is one of the log as it is held here."""
        log = self._store.log(quote.lab, quote.e)
        if log is None or log.held < quote.size or not self.is_signed(quote):
            return False
        tree = self._store.tree(quote.lab, quote.e)
        return tree.subtree(0, quote.size) == bytes.fromhex(quote.root)

    def missing(self, entries: Iterable[Entry]) -> dict[tuple[LabId, int], int]:
        """Return the heads up to which logs are not held that these entries quote."""
        held = {(log.lab, log.epoch): log.held for log in self._store.logs()}
        return book.missing(entries, held, self.is_signed)

    def find(self, prefix: str, limit: int = 2) -> list[Place]:
        """Return where entries stand whose id begins with those hex digits, up to a limit."""
        return [
            place
            for place in self._projections.find_entries(prefix, limit)
            if leaf_hash(self._store.leaves(*place, place.at + 1)[0]).hex().startswith(prefix)
        ]


def _read_items(rows: Iterable[StoredItem]) -> list[ItemState]:
    return [_read_item(row.state) for row in rows if row.state is not None]


def as_entry(row: SubjectEntry) -> Entry:
    """Return an entry as it is kept with its subject, with the status of its own log."""
    status = Status(row.status)
    return Entry(*row.place, leaf_hash(row.leaf), row.leaf, _read_fact(row.leaf), status)
