"""Bundle files: the network on a USB stick. What is in one is `fedlab.protocol.bundle`'s affair."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from fedlab.node.exchange import OwnLog
from fedlab.node.files import open_file, sync_folder
from fedlab.node.store.base import Store
from fedlab.protocol import events
from fedlab.protocol.bundle import BundleReader, bundle_sizes, write_bundle
from fedlab.protocol.horizon import Horizon
from fedlab.protocol.replica import LogKey, Replica

# Read and committed at once: two packages or so, and as much memory.
CHUNK_BYTES: Final = 256 * 1024


class Carried(NamedTuple):
    """What a bundle held, or what was taken from one; `problems` are sentences for people."""

    labs: int
    entries: int
    problems: list[str]


def write_bundle_file(
    store: Store, horizon: Horizon, path: Path, *, wall: float, since: Path | None = None
) -> Carried:
    """Write everything that peers are told of, or what `since` lacks; whole or not at all.

    Raises OSError, and RemoteProtocolError if `since` is not a sound bundle of this network.
    """
    replica = Replica(store, horizon, 0.0, wall)
    sizes = bundle_sizes(_chunks(since), store.network) if since is not None else {}
    told = {
        key: log.head.size - sizes.get(key, 0)
        for key, log in replica.logs.items()
        if log.head is not None and replica.announces(log.lab)
    }
    beside = path.with_name(path.name + ".part")
    try:
        with beside.open("wb") as file:
            for piece in write_bundle(replica, now=0.0, written_at=int(wall), since=sizes):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
        sync_folder(path.parent)
    finally:
        beside.unlink(missing_ok=True)
    new = {key: count for key, count in told.items() if count > 0}
    return Carried(len({lab for lab, _ in new}), sum(new.values()), [])


def read_bundle_file(
    store: Store, own_log: OwnLog, horizon: Horizon, path: Path, *, wall: float
) -> Carried:
    """Take from a bundle whatever is not held, as from a peer.

    Raises OSError, StoreError, and RemoteProtocolError if the file is not sound; what it held up to
    there is kept, and reading it again goes on from there.
    """
    replica = Replica(store, horizon, 0.0, wall)
    before = {key: log.held for key, log in replica.logs.items()}
    reader = BundleReader(replica, now=0.0, wall=wall)
    problems: list[str] = []
    for chunk in _chunks(path):
        try:
            reader.feed(chunk)
        finally:
            problems += _commit(store, own_log, replica, reader)
    reader.finish()
    for (lab, epoch), (held, start) in reader.gaps.items():
        problems.append(
            f"log {epoch} of lab {lab} begins at entry {start} here, and only {held} are held: "
            "an older bundle must be read first"
        )
    grown = {key: log.held - before.get(key, 0) for key, log in replica.logs.items()}
    grown = {key: count for key, count in grown.items() if count > 0}
    return Carried(len({lab for lab, _ in grown}), sum(grown.values()), problems)


def _commit(store: Store, own_log: OwnLog, replica: Replica, reader: BundleReader) -> list[str]:
    """Put on disk what was read, and return what went wrong with it."""
    batch: list[events.Package | events.Details | events.ChainSeen] = []
    problems: list[str] = []
    while (event := reader.next_event()) is not None:
        match event:
            case events.OwnHead():
                own_log.own_head(event.head)
            case events.Fault():
                problems.append(event.message)
                if event.evidence is not None:
                    store.put_evidence(event.evidence)
                    if event.lab == store.lab:
                        own_log.forked()
            case events.Package() | events.Details() | events.ChainSeen():
                batch.append(event)
    if not batch:
        return problems
    store.commit(batch)
    landed = [event for event in batch if not isinstance(event, events.ChainSeen)]
    for key in _keys(landed):
        if (held := store.log(*key)) is not None:
            replica.refresh(held)
    for event in landed:
        reader.committed(event)
    if any(event.lab == store.lab for event in landed):
        own_log.fetched()
    return problems


def _keys(landed: list[events.Package | events.Details]) -> set[LogKey]:
    return {(event.lab, event.epoch) for event in landed}


def _chunks(path: Path) -> Iterator[bytes]:
    with open_file(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk
