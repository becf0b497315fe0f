"""Keeps what the logs say folded: items, labs, statuses, entry ids, and the search index.

Folding goes on from where it stopped and loads only the states it touches. A lab is folded from
its first entry again when something changes before that point: an opening that ends an epoch, an
earlier epoch that arrives late. Whatever the way, the result is that of one pass over all entries.
"""

from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import groupby

import msgspec

from fedlab.inventory.item import ItemState
from fedlab.inventory.lab import Subject, erased, subject
from fedlab.ledger import book
from fedlab.ledger.calendars import LabLog, Promised, codes_of, touches
from fedlab.ledger.facts import subject as ledger_subject
from fedlab.node.catalogue import Catalogue, as_entry
from fedlab.node.feeding import HIDDEN_KEY, Index, fed_upto, feed
from fedlab.node.store.base import (
    PURGE_KEY,
    Folded,
    FoldedSubject,
    FoldPosition,
    LedgerEntry,
    Place,
    Store,
    StoredSubject,
    SubjectEntry,
)
from fedlab.protocol.entry import Entry, EntryId, LabId, Status
from fedlab.protocol.serving import runs

# Entries in one transaction: enough to share the cost of the disk, few enough (16 MiB of the
# largest facts) to be held in memory, and to let other writes in between.
ENTRIES_AT_ONCE = 4096
# Subjects folded in one transaction; each reads its own entries and no others.
SUBJECTS_AT_ONCE = 1024
# And those whose entries are in memory at once.
SUBJECTS_READ_AT_ONCE = 64
_encode = msgspec.msgpack.Encoder().encode
_read_promised = msgspec.msgpack.Decoder(Promised).decode
_NOT_INDEXED = (Status.MALFORMED, Status.WRONG_HEAD)


class Projector(Catalogue):
    """The projections of one store, and how to read them; used from the one writing thread."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        # An index keeps the words of what was taken out of it, so after an erasure it is made
        # anew: at once for this lab's own, and else at the next start, or any peer could keep
        # every node busy with that.
        self._purge = bool(store.settings.get(PURGE_KEY))

    def run(self) -> int:
        """Fold what is new and return how many changes that was; next to free when none are."""
        total = 0
        while folded := self._run_once():
            total += folded
        while subjects := self._projections.subjects.to_fold(SUBJECTS_AT_ONCE):
            with self._store.transaction():
                self._projections.subjects.put(self._fold_subjects(subjects))
        while touched := self._projections.touched(ENTRIES_AT_ONCE):
            self._follow(touched)
            total += len(touched)
        self._store.scrub()
        return total

    def _run_once(self) -> int:
        """Fold up to `ENTRIES_AT_ONCE` entries in one transaction."""
        positions = self._projections.positions()
        if all(position.folded == position.held for position in positions):
            return 0
        left = ENTRIES_AT_ONCE
        with self._store.transaction():
            for lab, logs in groupby(positions, key=lambda position: position.lab):
                for log in self._in_order(lab, list(logs)):
                    end = min(log.held, log.folded + left)
                    if log.folded < end:
                        self._fold(log, end)
                        left -= end - log.folded
                    if end < log.held:
                        return ENTRIES_AT_ONCE - left
        return ENTRIES_AT_ONCE - left

    def _in_order(self, lab: LabId, logs: list[FoldPosition]) -> list[FoldPosition]:
        """Return a lab's logs, from their first entries if one grew behind what is folded."""
        begun = [log for log in logs if log.folded]
        behind = any(
            log.folded > log.held or (log.folded < log.held and log.epoch < begun[-1].epoch)
            for log in logs
            if begun
        )
        if not behind:
            return logs
        self._projections.forget(lab)
        return [log._replace(folded=0) for log in logs]

    def _fold(self, log: FoldPosition, end: int) -> None:
        lab, epoch = log.lab, log.epoch
        entries = self.read_entries(lab, epoch, log.folded, end)
        inventory = LabLog(lab)
        inventory.promised = promised = self._promised(lab, entries)
        inventory.items = self._touched(lab, entries, promised.values())
        before, held = dict(inventory.items), dict(promised)
        lab_before = self.lab_state(lab)
        inventory.lab = lab_before or inventory.lab
        statuses, ledger = [], []
        for entry in entries:
            status = inventory.apply(entry)
            if about := ledger_subject(entry):
                root = bytes.fromhex(about.root)
                ledger.append(LedgerEntry(about.kind, root, entry.index, int(status), entry.leaf))
            if status:
                statuses.append((entry.index, int(status)))
            elif entry.fact is not None:
                for at_epoch, index in erased(entry.fact):
                    self._store.erase(lab, at_epoch, index)
                    self._purge |= self._store.has_lab() and lab == self._store.lab
        changed = [
            (code, _encode(state), not state.retired)
            for code, state in inventory.items.items()
            if state is not before.get(code)
        ]
        ids = [(entry.index, entry.id) for entry in entries if entry.status not in _NOT_INDEXED]
        promises = [
            (bytes.fromhex(loan), _encode(after) if after else None)
            for loan in {**held, **promised}
            if (after := promised.get(loan)) is not held.get(loan)
        ]
        lab_changed = inventory.lab != lab_before
        lab_state = _encode(inventory.lab) if lab_changed else None
        self._projections.put(
            lab, epoch, end, Folded(changed, lab_state, ids, statuses, ledger, promises)
        )
        if lab_before is not None and inventory.lab.entry != lab_before.entry:
            self._projections.change(lab)  # every item shows the lab's name and place

    def _promised(self, lab: LabId, entries: Sequence[Entry]) -> dict[EntryId, Promised]:
        """Return what the lab has promised to the loans that these entries may change."""
        loans = {loan for entry in entries if (loan := touches(entry.fact))}
        found = self._projections.promises(lab, [bytes.fromhex(loan) for loan in sorted(loans)])
        return {loan.hex(): _read_promised(state) for loan, state in found.items()}

    def judge(self, entry: Entry) -> Status:
        """Return the status that its own log would give an entry of the ledger, if it came next."""
        log = LabLog(entry.lab)
        log.promised = self._promised(entry.lab, [entry])
        log.items = self._touched(entry.lab, [entry], log.promised.values())
        return log.apply(entry)

    def _touched(
        self, lab: LabId, entries: Sequence[Entry], promised: Iterable[Promised]
    ) -> dict[str, ItemState]:
        """Return the items that these entries are about, as far as they exist."""
        codes = {line.code for each in promised for line in each.lines if line.code}
        for entry in entries:
            codes.update(codes_of(entry.fact))
        for entry in entries:
            if entry.fact is not None and (about := subject(entry.fact))[0] == "item":
                codes.add(about[1])
        return self.states(lab, sorted(codes))

    def _fold_subjects(self, subjects: Sequence[StoredSubject]) -> Iterator[FoldedSubject]:
        for at in range(0, len(subjects), SUBJECTS_READ_AT_ONCE):
            some = subjects[at : at + SUBJECTS_READ_AT_ONCE]
            rows = self._projections.subjects.entries([subject.id for subject in some])
            yield from (self._fold_subject(subject, rows[subject.id]) for subject in some)

    def _fold_subject(self, subject: StoredSubject, rows: Sequence[SubjectEntry]) -> FoldedSubject:
        """Fold a loan, a need or a purchase from the entries about it."""
        entries = list(map(as_entry, rows))
        outcome = book.fold(subject.kind, subject.root.hex(), entries, self.stands)
        if outcome is None:
            return FoldedSubject(subject.id, None, True, (), ())
        verdicts = [
            (row.place, verdict)
            for row, entry in zip(rows, entries, strict=True)
            if (verdict := int(outcome.statuses.get(entry.id.hex(), entry.status))) != row.verdict
        ]
        state = None if outcome.state is None else _encode(outcome.state)
        return FoldedSubject(subject.id, state, outcome.open, outcome.parties, verdicts)

    def _follow(self, touched: Sequence[Place]) -> None:
        """Show anew what details that came or went late are about."""
        with self._store.transaction():
            for (lab, epoch), places in groupby(touched, key=lambda place: place[:2]):
                subjects = self._subjects(lab, epoch, [place.at for place in places])
                codes = [about[1] for about in subjects if about[0] == "item"]
                whole = len(codes) < len(subjects)  # its profile: every item shows name and place
                self._projections.change(lab, None if whole else codes)
            self._projections.settle(touched)

    def _subjects(self, lab: LabId, epoch: int, indexes: Sequence[int]) -> list[Subject]:
        log = self._store.log(lab, epoch)
        held = [index for index in indexes if log and index < log.held]
        return [
            subject(entry.fact)
            for start, end in runs(held)
            for entry in self.read_entries(lab, epoch, start, end)
            if entry.fact is not None
        ]

    # --- The search index -------------------------------------------------------------------------

    def feed(self, index: Index, hidden: Set[LabId] | None = None) -> int:
        """Bring a search index up to the projections and return how many items that took.

        The items of hidden labs are taken out: of the blocked ones, if nothing else is said.
        """
        self.hide(set(self._store.blocks.list()) if hidden is None else hidden)
        self.prepare(index)
        return feed(self._store, index)

    def prepare(self, index: Index) -> int:
        """Empty an index that must be made anew; return how many changes it has to take in."""
        upto = fed_upto(self._store, index)
        if upto is None or self._purge:
            index.clear()
            index.commit(f"{self._projections.generation()}:0")
            upto = 0
        if self._purge:
            self._store.settings.remove(PURGE_KEY)
            self._purge = False
        return self._projections.last_change() - upto

    def hide(self, hidden: Set[LabId]) -> None:
        """Count the items of labs that are hidden now, or not any more, as changed."""
        before = set(self._store.settings.get(HIDDEN_KEY).split())
        if before != hidden:
            with self._store.transaction():
                for lab in sorted(before ^ hidden):
                    self._projections.change(lab)
                self._store.settings.set(HIDDEN_KEY, " ".join(sorted(hidden)))

    def rebuild(self, index: Index | None = None) -> int:
        """Drop the projections and fold every log from its first entry; return the entries."""
        self._projections.clear()
        self.run()
        if index is not None:
            self.feed(index)
        return sum(position.folded for position in self._projections.positions())
