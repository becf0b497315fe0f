"""Folding one item: what its owner's log says of it so far.

`step_item` takes the state before an entry and gives the state after it; it never raises on data
and never changes the state it was given. Entries come in the order of the log. Nothing is shown
of a detail here: whether it is erased, withheld or on its way, the item folds alike.
"""

from msgspec import Struct
from msgspec.structs import replace

from fedlab.inventory.facts import (
    ItemHold,
    ItemRelease,
    ItemRetire,
    ItemSeen,
    ItemSet,
)
from fedlab.protocol.entry import Entry, EntryId, LabId, Status, or_none
from fedlab.protocol.limits import HOLDS_OPEN_MAX


class Place(Struct, frozen=True, array_like=True):
    """Where an entry stands in its lab's logs, and its id."""

    epoch: int
    index: int
    id: EntryId


class Hold(Struct, frozen=True, array_like=True):
    """A quantity out of the calendar from day to day, both included.

    Without `day_to` until it is released, without `quantity` all there is.
    """

    day_from: str
    day_to: str | None
    quantity: int | None
    reason: str


class Promise(Struct, frozen=True, array_like=True):
    """A quantity that a loan holds: from day to day, from a day on, or for a slot of one day."""

    day_from: str
    day_to: str | None
    quantity: int
    starts: int | None = None
    ends: int | None = None


class ItemState(Struct, frozen=True, kw_only=True):
    """What is known of an item from facts; equal for everybody who holds the same log."""

    lab: LabId
    code: str
    fact: ItemSet
    entry: Place
    retired: bool = False
    seen_at: int  # the author's time of the latest `item.set` or `item.seen`; only shown
    holds: dict[EntryId, Hold] = {}  # those that stand, in the order of the log
    promises: dict[str, Promise] = {}  # by loan and line; the ledger's log fold keeps them
    gone: int = 0  # given, sold, kept or lost since the quantity was last said

    @property
    def id(self) -> str:
        """The item's id outside: `lab/CODE`."""
        return f"{self.lab}/{self.code}"


def place_of(entry: Entry) -> Place:
    """Return where an entry stands."""
    return Place(entry.epoch, entry.index, entry.id.hex())


def step_item(state: ItemState | None, entry: Entry) -> tuple[ItemState | None, Status]:
    """Return the item after an entry that is about it, and the entry's status."""
    fact = entry.fact
    if entry.status is not Status.COUNTED:
        return state, entry.status
    if isinstance(fact, ItemSet):
        return _set(state, fact, entry), Status.COUNTED
    if state is None:
        return None, Status.UNKNOWN_ITEM
    if isinstance(fact, ItemRelease):
        if fact.hold not in state.holds:
            return state, Status.UNKNOWN_HOLD
        left = {key: hold for key, hold in state.holds.items() if key != fact.hold}
        return replace(state, holds=left), Status.COUNTED
    if state.retired:
        return state, Status.ITEM_RETIRED
    if isinstance(fact, ItemHold):
        if len(state.holds) >= HOLDS_OPEN_MAX:
            return state, Status.TOO_MANY_HOLDS
        return replace(state, holds={**state.holds, entry.id.hex(): _hold(fact)}), Status.COUNTED
    if isinstance(fact, ItemSeen):
        return replace(state, seen_at=fact.at), Status.COUNTED
    assert isinstance(fact, ItemRetire), "not a fact about an item"
    return replace(state, retired=True), Status.COUNTED


def _set(state: ItemState | None, fact: ItemSet, entry: Entry) -> ItemState:
    """Return the item as it now is; what holds it stands, whatever became of the quantity."""
    return ItemState(
        lab=entry.lab,
        code=fact.code,
        fact=fact,
        entry=place_of(entry),
        seen_at=fact.at,
        holds=state.holds if state else {},
        promises=state.promises if state else {},
    )


def _hold(fact: ItemHold) -> Hold:
    return Hold(fact.day_from, or_none(fact.day_to), or_none(fact.quantity), fact.reason)
