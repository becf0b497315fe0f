"""What the parts of the service share: the opened folder, its writer, and what is known of labs."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from fedlab.formats.tables import Tell
from fedlab.inventory.catalogue import LabView
from fedlab.node.config import Folder
from fedlab.node.errors import TryLaterError
from fedlab.node.gate import Gate
from fedlab.node.keystore import load_keys
from fedlab.node.projector import Projector
from fedlab.node.service import names
from fedlab.node.store import SqliteStore
from fedlab.node.writer import Draft, Writer, Written
from fedlab.protocol.checkpoint import Head
from fedlab.protocol.entry import EntryId, LabId
from fedlab.protocol.horizon import Horizon
from fedlab.protocol.identity import SecretKeys
from fedlab.protocol.replica import HeldLog

if TYPE_CHECKING:
    from fedlab.node.indexing import Helper
    from fedlab.node.search import SearchIndex

# It is written every half minute, and takes 10 ms to read of a thousand labs.
SEEN_READ_S: Final = 5.0

_log = logging.getLogger("fedlab.search")


class Opened:
    """One lab's folder, opened by its one writer."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.store = SqliteStore(folder.path)
        try:
            self.gate = Gate(self.store, folder.head)
            self.keys = self._load_keys()
            self.publish: Callable[[Head], None] = lambda head: None
            self.writer = Writer(
                self.store, self.gate, self.keys, now=now, publish=lambda head: self.publish(head)
            )
            self.projector = Projector(self.store)
            self._index: SearchIndex | None = None
            # A running node's: it indexes in another process when much is waiting.
            self.helper: Helper | None = None
            self._labs: Mapping[LabId, LabView] | None = None
            self._counts: tuple[int, Mapping[LabId, int]] = (-1, {})
            self._seen: tuple[float, dict[LabId, float]] = (-SEEN_READ_S, {})
            # Labs taken in although nobody has vouched for them yet: those being joined right now.
            self.followed: frozenset[LabId] = frozenset()
            # A running node's driver knows ages to the second; the disk, to half a minute.
            self.live_age: Callable[[LabId], float | None] = lambda lab: None
            self.writer.start()
            self.projector.run()
        except BaseException:
            self.store.close()
            raise

    def _load_keys(self) -> SecretKeys | None:
        chain = self.store.chain(self.store.lab)
        assert chain is not None
        return load_keys(self.folder.keys, chain.lab, chain.epoch)

    def close(self) -> None:
        """Close index and store, and give the folder back."""
        if self.helper is not None:
            self.helper.stop()
        if self._index is not None:
            self._index.close()
        self.store.close()

    @property
    def lab(self) -> LabId:
        """This lab's id."""
        return self.store.lab

    def append(self, drafts: Sequence[Draft], tell: Tell = lambda done, of: None) -> Written:
        """Sign entries into this lab's log, fold and index them; they are on disk on return."""
        written = self.writer.append(drafts, tell)
        self.refresh()
        return written

    def append_one(self, draft: Draft) -> EntryId:
        """Append one entry and return its id; raise TryLaterError if it waits as a draft."""
        written = self.append([draft])
        if written.drafted:
            raise TryLaterError(
                f"kept as a draft: {self.why_drafts()}",
                "put that file back: drafts are then signed by themselves"
                if self.keys is None
                else "start the node and let a peer connect: drafts are then signed by themselves",
                code="drafted",
            )
        return written.ids[0]

    def why_drafts(self) -> str:
        """Return why nothing can be signed now; empty if it can."""
        if self.keys is None:
            return f"{self.folder.keys} with this lab's keys is not there"
        return self.gate.state.value

    def refresh(self) -> None:
        """Fold what logs have gained, and bring the search index up to it if it is open."""
        if self.projector.run():
            self._labs = None
        if self._index is not None:
            try:
                self._feed(self._index)
            except OSError as exc:
                # What was signed is signed: no command may say that it failed. The index is
                # derived, and catches up with the next refresh.
                _log.warning("the search index lags behind: %s", exc)

    def _feed(self, index: "SearchIndex") -> None:
        """Bring the index up to what is folded, or see that the helper does."""
        hidden = self.hidden()
        if self.helper is not None:
            self.projector.hide(hidden)
            if self.helper.is_busy or self.helper.take(index, self.projector.prepare(index)):
                return
        self.projector.feed(index, hidden)

    def rebuild(self) -> int:
        """Drop what was computed and compute it again; return how many entries that took."""
        if self.helper is not None:
            self.helper.stop()
        entries = self.projector.rebuild()
        self._feed(self.index)
        return entries

    def open_index(self) -> None:
        """Open the search index now, and bring it up to what is folded."""
        assert self.index is not None
        self.refresh()

    @property
    def index(self) -> "SearchIndex":
        """The search index, opened when first asked for: most commands need none."""
        if self._index is None:
            from fedlab.node.search import SearchIndex, load_thesaurus  # late: they take their time

            thesaurus = load_thesaurus(self.folder.thesaurus, self.folder.kept_thesaurus)
            for problem in thesaurus.problems:
                _log.warning("thesaurus.tsv: %s", problem)
            self._index = SearchIndex(self.folder.index, thesaurus)
            self._feed(self._index)
        return self._index

    def labs(self) -> Mapping[LabId, LabView]:
        """Return every lab that is known; the same mapping until something is folded."""
        labs = self._labs
        if labs is None:
            labs = self._labs = {view.lab: view for view in self.projector.labs()}
        return labs

    def lab_names(self) -> dict[LabId, str]:
        """Return the name of every lab that is known."""
        return {lab: view.name for lab, view in self.labs().items()}

    def horizon(self) -> Horizon:
        """Return who is let in, from vouches and blocks as they stand."""
        blocked = frozenset(self.store.blocks.list())
        return Horizon(self.lab, self.projector.graph(), blocked=blocked, followed=self.followed)

    def hidden(self, logs: Sequence[HeldLog] | None = None) -> frozenset[LabId]:
        """Return the labs that are held and not shown: blocked, or beyond the horizon.

        `logs` are all that are held, and need not be read again.
        """
        held = self.store.logs() if logs is None else logs
        return frozenset(log.lab for log in held) - self.horizon().within - {self.lab}

    def counts(self) -> Mapping[LabId, int]:
        """Return how many items each lab offers; counted again when one has changed."""
        changed = self.store.projections.last_change()
        if self._counts[0] != changed:
            self._counts = (changed, self.projector.counts())
        return self._counts[1]

    def split_views(self, logs: Sequence[HeldLog] | None = None) -> dict[LabId, int]:
        """Return the labs that have signed two versions of their log, and what is disputed of it.

        That is the entry from which on none counts. A lab that has opened a new epoch since has
        settled which version holds, and is not named any more.
        """
        found: dict[LabId, int] = {}
        for log in self.store.logs() if logs is None else logs:
            chain = self.store.chain(log.lab) if log.frozen else None
            evidence = self.store.evidence(log.lab) if log.frozen else []
            if chain is not None and chain.epoch == log.epoch:
                points = [split.parted for split in evidence if split.new.epoch == log.epoch]
                found[log.lab] = min(points)
        return found

    def vouched(self) -> frozenset[LabId]:
        """Return the labs that this one vouches for."""
        return frozenset(self.projector.graph().get(self.lab, ()))

    def lab_to_read(self, text: str) -> LabId:
        """Return the lab meant; raises NotFoundError or BadRequestError."""
        return names.lab_to_read(text, self.lab_names())

    def lab_to_write(self, text: str) -> LabId:
        """Return the lab meant, more strictly; raises NotFoundError or BadRequestError."""
        return names.lab_to_write(text, self.lab_names(), self.vouched())

    def item_to_read(self, text: str) -> tuple[LabId, str]:
        """Return lab and code of the item meant, this lab's if no lab is named."""
        lab, code = names.item_parts(text)
        return (self.lab if lab is None else self.lab_to_read(lab)), code

    def age_s(self, lab: LabId) -> int | None:
        """Return how long ago a lab's newest log was known to be current; None if never."""
        if lab == self.lab:
            return 0
        if (age := self.live_age(lab)) is not None:
            return round(age)
        seen_at = self._seen_on_disk().get(lab)
        return max(0, round(time.time() - seen_at)) if seen_at else None

    def _seen_on_disk(self) -> Mapping[LabId, float]:
        """Return when each lab was last known to be current, read again after some seconds."""
        read_at, seen = self._seen
        if time.monotonic() > read_at + SEEN_READ_S:
            seen = {}
            for held in self.store.logs():
                seen[held.lab] = max(seen.get(held.lab, 0.0), held.seen_at)
            self._seen = (time.monotonic(), seen)
        return seen


def now() -> int:
    """Return Unix seconds, for entries to show."""
    return int(time.time())
