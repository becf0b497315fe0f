"""Proves everything again from the bytes on disk, and reports what does not hold as values.

Leaves are hashed and compared with the block roots, the tree and the signed heads; details with
the commitments in their facts; the head file with the log; the projections with a second folding.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from fedlab.ledger import book
from fedlab.ledger.calendars import LabLog
from fedlab.ledger.facts import FACTS
from fedlab.node.catalogue import Catalogue
from fedlab.node.gate import Gate, State
from fedlab.node.store.base import Store
from fedlab.node.store.errors import StoreError
from fedlab.protocol.checkpoint import Head, verify_head
from fedlab.protocol.entry import FactReader, Status, check_detail, detail_field
from fedlab.protocol.errors import LocalProtocolError, ProtocolError
from fedlab.protocol.evidence import disputed_from
from fedlab.protocol.identity import Chain
from fedlab.protocol.limits import BLOCK_ENTRIES
from fedlab.protocol.merkle import CompactRange, leaf_hashes
from fedlab.protocol.replica import HeldLog

_encode = msgspec.msgpack.Encoder().encode


class Problem(msgspec.Struct, frozen=True):
    """Something that does not hold; `index` is the entry's, where it is one entry's."""

    code: str
    message: str
    lab: str = ""
    epoch: int = 0
    index: int | None = None


class Report(msgspec.Struct, frozen=True):
    """What was looked at, and what was found.

    A split view is no problem of this disk's: its author signed two logs, and `index` is the entry
    from which on none counts.
    """

    labs: int
    entries: int
    problems: list[Problem]
    split_views: list[Problem]


def verify(store: Store, head_path: Path) -> Report:
    """Look at everything in the store; raises nothing on what it finds there."""
    problems = [Problem("database", text) for text in store.check()]
    logs = store.logs()
    for log in logs:
        problems += _verify_log(store, log)
    problems += _verify_gate(store, head_path)
    labs = sorted({log.lab for log in logs})
    for lab in labs:
        problems += _verify_projections(store, lab, [log for log in logs if log.lab == lab])
    problems += _verify_ledger(store)
    split_views = []
    for log in logs:
        if log.frozen:
            try:
                split_views.append(_verify_evidence(store, log))
            except (ProtocolError, StoreError) as exc:
                problems.append(Problem("evidence", str(exc), log.lab, log.epoch))
    return Report(len(labs), sum(log.held for log in logs), problems, split_views)


def _verify_log(store: Store, log: HeldLog) -> Iterator[Problem]:
    def found(code: str, message: str, index: int | None = None) -> Problem:
        return Problem(code, message, log.lab, log.epoch, index)

    chain = _chain(store, log.lab)
    if chain is None and log.held:
        yield found("chain", "the genesis of this lab is missing or damaged")
    heads = {head.size: head for head in (log.toward, log.head) if head}
    for head in heads.values():
        if chain and not _is_signed(head, chain):
            yield found("signature", f"the head at {head.size} is not signed by the lab")
    whole = CompactRange()
    for start in range(0, log.held, BLOCK_ENTRIES):
        end = min(log.held, start + BLOCK_ENTRIES)
        try:
            leaves = store.leaves(log.lab, log.epoch, start, end)
            tree = store.tree(log.lab, log.epoch)
        except (ProtocolError, StoreError) as exc:
            yield found("unreadable", f"entries from {start} on: {exc}", start)
            return
        if start == 0 and chain and leaves[0] != chain.leaves[log.epoch]:
            yield found("genesis", "the first entry is not the one in the lab's chain", 0)
        hashes = leaf_hashes(leaves)
        block = CompactRange()
        block.extend(hashes)
        if end - start == BLOCK_ENTRIES and block.root() != tree.subtree(start, end):
            yield found("leaves", f"entries {start} to {end - 1} are not those received", start)
        signed = log.head
        if signed and start < signed.size <= end:
            whole.extend(hashes[: signed.size - start])
            if whole.root() != signed.root:
                yield found("root", f"the entries do not make the signed head at {signed.size}")
            whole.extend(hashes[signed.size - start :])
        else:
            whole.extend(hashes)
        yield from _verify_details(store, log, start, leaves)
    if log.head and log.head.size > log.held:
        yield found("root", f"{log.held} entries are held of {log.head.size} that were signed")


def _chain(store: Store, lab: str) -> Chain | None:
    try:
        return store.chain(lab)
    except StoreError:
        return None


def _is_signed(head: Head, chain: Chain) -> bool:
    try:
        verify_head(head, chain.network, chain.keys(head.epoch).log)
    except ProtocolError:
        return False
    return True


def _verify_details(
    store: Store, log: HeldLog, start: int, leaves: list[bytes]
) -> Iterator[Problem]:
    end = start + len(leaves)
    try:
        details = store.details(log.lab, log.epoch, start, end)
        erased = store.erased(log.lab, log.epoch, start, end)
    except StoreError as exc:
        yield Problem("unreadable", f"details: {exc}", log.lab, log.epoch, start)
        return
    for index, (leaf, detail) in enumerate(zip(leaves, details, strict=True), start):
        if detail is None:
            continue
        commitment = detail_field(leaf)
        message = ""
        if index in erased:
            message = "the detail was erased and is still there"
        elif commitment is None:
            message = "a detail that no fact commits to"
        else:
            try:
                check_detail(detail, commitment)
            except ProtocolError as exc:
                message = str(exc)
        if message:
            yield Problem("detail", message, log.lab, log.epoch, index)


def _verify_evidence(store: Store, log: HeldLog) -> Problem:
    """Say what is proved against the author of a log; raises ProtocolError where nothing is."""
    chain = store.chain(log.lab)
    evidence = [split for split in store.evidence(log.lab) if split.new.epoch == log.epoch]
    for split in evidence:
        if chain is None:
            raise LocalProtocolError("evidence of a split view, and no chain to check it with")
        split.check(chain.network, chain)
    start = min(split.parted for split in evidence)
    settled = chain is not None and chain.epoch > log.epoch
    todo = "its later epoch counts" if settled else "ask its people: see `fedlab status`"
    message = f"its author has signed two versions: from entry {start} on nothing counts; {todo}"
    return Problem("split_view", message, log.lab, log.epoch, start)


def _verify_ledger(store: Store) -> Iterator[Problem]:
    """Fold every loan, need and purchase again and compare."""
    catalogue, subjects = Catalogue(store), store.projections.subjects
    for kind in book.FOLDS:
        after = 0
        while some := subjects.of_kind(kind, after=after):
            for subject in some:
                entries = catalogue.subject_entries(subject)
                outcome = book.fold(kind, subject.root.hex(), entries, catalogue.stands)
                state = outcome and outcome.state
                if (None if state is None else _encode(state)) != subject.state:
                    message = f"the {kind} {subject.root.hex()[:12]} is not what its entries say"
                    yield Problem("projection", f"{message}: run `fedlab rebuild`")
            after = some[-1].id


def _verify_gate(store: Store, head_path: Path) -> Iterator[Problem]:
    if not store.has_lab():
        return
    try:
        state = Gate(store, head_path).judge()
    except (ProtocolError, StoreError) as exc:
        yield Problem("head", str(exc), store.lab)
        return
    if state is not State.OPEN:
        yield Problem("head", state.value, store.lab)


def _verify_projections(store: Store, lab: str, logs: list[HeldLog]) -> Iterator[Problem]:
    """Fold a lab again in memory and compare."""
    catalogue, reader, chain = Catalogue(store), FactReader(FACTS), _chain(store, lab)
    folded = {p.epoch: p.folded for p in store.projections.positions() if p.lab == lab}
    inventory = LabLog(lab)
    try:
        evidence = store.evidence(lab)
        for log in logs:
            end = disputed_from(chain, log.epoch, evidence)
            for start in range(0, folded[log.epoch], BLOCK_ENTRIES):
                upto = min(folded[log.epoch], start + BLOCK_ENTRIES)
                kept = store.projections.statuses(lab, log.epoch, start, upto)
                leaves = store.leaves(lab, log.epoch, start, upto)
                for index, leaf in enumerate(leaves, start):
                    entry = reader.entry(leaf, lab, log.epoch, index, end)
                    status = inventory.apply(entry)
                    if status != kept.get(index, Status.COUNTED):
                        message = f"the status {status.name} was kept as {kept.get(index, 0)}"
                        yield Problem("projection", message, lab, log.epoch, index)
        if catalogue.state_hash(lab) != inventory.state_hash():
            message = "the items and the lab are not what its log says: run `fedlab rebuild`"
            yield Problem("projection", message, lab)
    except (ProtocolError, StoreError, msgspec.DecodeError) as exc:
        yield Problem("projection", f"cannot be folded again: {exc}", lab)
