"""A lab's whole inventory as the fold of its log, and one hash of what came out.

What a node keeps folded on disk, entry by entry, and what this folds from scratch are the same
states by the same steps; comparing their hashes is how nodes, and tests, find that out.
"""

import hashlib
from collections.abc import Iterable
from typing import Final

import msgspec

from fedlab.inventory.facts import FACTS
from fedlab.inventory.item import Hold, ItemState, Place, Promise, step_item
from fedlab.inventory.lab import LabState, step_lab, subject
from fedlab.protocol.entry import Entry, LabId, Status

# Counted up whenever the same entries come to fold to other states or statuses; see `fold_form`.
FORMAT: Final = 1

STATE_DOMAIN: Final = b"fedlab/state/1\n"
_ENCODER = msgspec.msgpack.Encoder(order="deterministic")


class Inventory:
    """One lab and its items, growing entry by entry in the order of its logs."""

    def __init__(self, lab: LabId) -> None:
        self.lab = LabState(lab=lab)
        self.items: dict[str, ItemState] = {}

    def apply(self, entry: Entry) -> Status:
        """Take in the next entry and return its status."""
        assert entry.lab == self.lab.lab
        match entry.fact and subject(entry.fact):
            case ("item", code):
                state, status = step_item(self.items.get(code), entry)
                if state is not None:
                    self.items[code] = state
            case _:
                self.lab, status = step_lab(self.lab, entry)
        return status

    def state_hash(self) -> bytes:
        """Return the hash of all there is."""
        return state_hash([self.lab, *self.items.values()])


def fold(lab: LabId, entries: Iterable[Entry]) -> Inventory:
    """Return the inventory that a set of a lab's entries makes, in whatever order it is given."""
    inventory = Inventory(lab)
    for entry in sorted(entries, key=lambda entry: (entry.epoch, entry.index)):
        inventory.apply(entry)
    return inventory


def fold_form() -> str:
    """Return what is another for a fold that may make other states of the same entries.

    What was folded under another form has to be folded again. Types of facts and the fields of
    facts and states tell themselves; `FORMAT` tells the rest.
    """
    kinds: tuple[type[msgspec.Struct], ...] = (
        *FACTS, ItemState, Hold, Promise, Place, LabState,
    )  # fmt: skip
    said = [
        (kind.__name__, kind.__struct_config__.tag, kind.__struct_encode_fields__) for kind in kinds
    ]
    return repr((FORMAT, said))


def state_digest(state: LabState | ItemState) -> bytes:
    """Return SHA-256 over the one MessagePack spelling of a state."""
    return hashlib.sha256(_ENCODER.encode(state)).digest()


def state_hash(states: Iterable[LabState | ItemState]) -> bytes:
    """Return SHA-256 over the domain and the states' digests, ascending."""
    return hashlib.sha256(STATE_DOMAIN + b"".join(sorted(map(state_digest, states)))).digest()
