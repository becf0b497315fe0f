"""What a fold of the ledger answers."""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct

from fedlab.protocol.entry import EntryId, LabId, Status


class Outcome(NamedTuple):
    """What the entries about a subject make; `statuses` of those that do not count, by id.

    Without a state nothing is known but that somebody spoke of it: what opened it is not held.
    """

    state: Struct | None
    parties: tuple[LabId, ...]
    open: bool
    statuses: Mapping[EntryId, Status]
