"""The logs themselves: read, checked, built again from, and erased in."""

from typing import Any

import msgspec

from fedlab.inventory.facts import Erase
from fedlab.node.catalogue import ReadEntry
from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.service import names
from fedlab.node.service.answers import (
    EntryAnswer,
    EraseAnswer,
    LogPage,
    RebuildAnswer,
)
from fedlab.node.service.base import Opened
from fedlab.node.store.base import Place
from fedlab.node.verify import Report, verify
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import LabId, detail_field
from fedlab.protocol.limits import LOG_PAGE_ENTRIES
from fedlab.protocol.merkle import leaf_hash


class Logs:
    """The commands about logs."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def page(self, lab: str | None = None, after: tuple[int, int] | None = None) -> LogPage:
        """Return the entries of a lab's log that follow a place, and where the next page begins."""
        opened = self._opened
        found = opened.lab if lab is None else opened.lab_to_read(lab)
        epoch, start = after or (0, 0)
        logs = {held.epoch: held.held for held in opened.store.logs() if held.lab == found}
        while start >= logs.get(epoch, 0):
            epoch, start = epoch + 1, 0
            if epoch > max(logs, default=-1):
                return LogPage(entries=[], next=None)
        end = min(start + LOG_PAGE_ENTRIES, logs[epoch])
        return LogPage(entries=self._entries(found, epoch, start, end), next=(epoch, end))

    def _entries(self, lab: LabId, epoch: int, start: int, end: int) -> list[EntryAnswer]:
        read = self._opened.projector.entries(lab, epoch, start, end)
        return [_shown(entry) for entry in read]

    def verify(self) -> Report:
        """Derive everything again from the bytes on disk, and say what does not fit."""
        return verify(self._opened.store, self._opened.folder.head)

    def rebuild(self) -> RebuildAnswer:
        """Drop projections and search index, and build both again from the logs."""
        entries = self._opened.rebuild()
        return RebuildAnswer(entries=entries, items=self._opened.projector.count())

    def erase(self, entry: str) -> EraseAnswer:
        """Erase the detail of one of this lab's entries, for good and on every node that hears."""
        opened = self._opened
        place = self._find(entry)
        if place.lab != opened.lab:
            raise BadRequestError(
                "only its author can erase a detail", "name an entry of this lab's own log"
            )
        (leaf,) = opened.store.leaves(place.lab, place.epoch, place.at, place.at + 1)
        if detail_field(leaf) is None:
            raise ConflictError("this entry has no detail", "there is nothing to erase")
        if opened.store.erased(place.lab, place.epoch, place.at, place.at + 1):
            raise ConflictError("this detail is erased already", "there is nothing left to do")
        fact = fact_of(Erase, {"epoch": place.epoch, "index": place.at})
        erased_by = opened.append_one(Draft(fact))
        # An index keeps the words of what it forgot until it is made anew, which opening it does.
        opened.open_index()
        return EraseAnswer(entry=leaf_hash(leaf).hex(), erased_by=erased_by)

    def _find(self, text: str) -> Place:
        """Return where an entry stands; raises NotFoundError, BadRequestError."""
        prefix = text.strip().lower()
        if not names.ENTRY_PREFIX.fullmatch(prefix):
            raise BadRequestError(
                f"{text!r} is not an entry", "give at least 8 hex digits of its id: see `log`"
            )
        found = self._opened.projector.find(prefix)
        if not found:
            raise NotFoundError(f"no entry is known as {text!r}", "see `fedlab log`")
        if len(found) > 1:
            raise BadRequestError(f"{text!r} begins several ids", "give more digits")
        return found[0]


def _shown(read: ReadEntry) -> EntryAnswer:
    entry = read.entry
    return EntryAnswer(
        epoch=entry.epoch,
        index=entry.index,
        entry=entry.id.hex(),
        fact=_read_json(entry.leaf),
        detail=None if read.detail is None else _read_json(read.detail),
        detail_state=read.detail_state,
        status=entry.status.name.lower(),
    )


def _read_json(raw: bytes) -> dict[str, Any] | None:
    """Return a JSON object that somebody else wrote; None where it is none."""
    try:
        return msgspec.json.decode(raw, type=dict[str, Any])
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
