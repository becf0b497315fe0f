"""A lab comes back: from a backup on a new machine, or on its own with new keys.

Everything happens in a folder of its own inside the data folder, and is moved into place at the
end, the store last: whatever stops it before that leaves an empty folder, to try again. Nothing
leaves the machine before the node runs, so a second try contradicts nobody.
"""

import os
import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from fedlab.node.config import Folder
from fedlab.node.errors import ConflictError, ServiceError, TryLaterError
from fedlab.node.files import sync_folder
from fedlab.node.keeping.archive import line_of, unpack
from fedlab.node.keeping.envelope import WORDS, DamagedError
from fedlab.node.keeping.epochs import open_epoch
from fedlab.node.keeping.mirror import Found, catch_up
from fedlab.node.keeping.words import backup_key, read_words
from fedlab.node.store import SqliteStore
from fedlab.node.store.records import Peer

STAGE: Final = "restore.tmp"
STEPS: Final = ("unpacking", "asking", "moving")


class RestoredAnswer(msgspec.Struct):
    """The lab that came back; `peers` are those whose copies of its log were asked and answered."""

    lab: str
    epoch: int
    entries: int  # of its own log, over all epochs
    fetched: int  # of them, those that came back from peers
    peers: list[str]
    problems: list[str]


def restore(
    folder: Folder,
    backup: Path,
    words: str,
    *,
    alone: bool = False,
    urls: Sequence[str] = (),
    at: Callable[[str], None] = lambda step: None,
) -> RestoredAnswer:
    """Bring a lab back from a backup into a folder that holds none, and open its next epoch.

    `urls` are more nodes that hold its log; `at` is told each of `STEPS` as it begins.
    Raises BadRequestError for words or a file that do not fit, ConflictError where there is a lab
    already, TryLaterError where no peer answers unless `alone` says that what they hold beyond the
    backup may be lost.
    """
    _check_empty(folder)
    line_of(backup)  # what is no backup is said before the words are judged
    entropy = read_words(words)
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    stage = Folder(folder.path / STAGE)
    shutil.rmtree(stage.path, ignore_errors=True)
    stage.path.mkdir(mode=0o700)
    try:
        at(STEPS[0])
        line = unpack(backup, stage.path, WORDS, backup_key(entropy))
        store = SqliteStore(stage.path)
        try:
            if store.lab != line.lab:
                raise DamagedError("this backup says that it is another lab's than it holds")
            at(STEPS[1])
            answer = _renew(stage, store, entropy, alone=alone, urls=urls)
        finally:
            store.close()
        at(STEPS[2])
        move_into_place(stage, folder)
    finally:
        shutil.rmtree(stage.path, ignore_errors=True)
    return answer


def renew_keys(
    folder: Folder, words: str, *, alone: bool = False, urls: Sequence[str] = ()
) -> RestoredAnswer:
    """Open the next epoch of the lab in this folder: its keys were lost, or copied by somebody.

    Raises as `restore` does, and StoreError with the code `locked` while its node runs.
    """
    entropy = read_words(words)
    store = SqliteStore(folder.path)
    try:
        return _renew(folder, store, entropy, alone=alone, urls=urls)
    finally:
        store.close()


def _renew(
    folder: Folder, store: SqliteStore, entropy: bytes, *, alone: bool, urls: Sequence[str]
) -> RestoredAnswer:
    blocked = set(store.blocks.list())
    peers = [peer for peer in store.peers.list() if peer.lab not in blocked]
    peers += [Peer("", (url,), url) for url in urls]
    found = Found(0, [], 0, []) if alone else catch_up(store, peers)
    if found.asked and not found.answered:
        raise TryLaterError(
            f"none of the {found.asked} labs that hold this lab's log answers: "
            + "; ".join(found.problems[:3]),
            "try again when one can be reached, or add --alone: what this lab has said since the "
            "backup is then lost for good",
            code="no_peer",
        )
    chain = open_epoch(folder, store, entropy, int(time.time()))
    held = sum(log.held for log in store.logs() if log.lab == chain.lab)
    return RestoredAnswer(
        chain.lab, chain.epoch, held, found.entries, found.answered, found.problems
    )


def _check_empty(folder: Folder) -> None:
    if folder.store.exists():
        raise ConflictError(
            f"{folder.path} holds a lab already, which a backup would replace",
            "name another folder with --data; to renew the keys of the lab that is here, run "
            "`fedlab new-keys`",
            code="has_lab",
        )


def move_into_place(stage: Folder, folder: Folder) -> None:
    """Put what was made into place; whoever sees the store there sees everything.

    Raises ServiceError where that fails; it can then be tried again.
    """
    try:
        for path in sorted(stage.path.iterdir(), key=lambda path: path.name == stage.store.name):
            if path.name == stage.lock.name or path.name.startswith("store.db-"):
                continue  # a closed store has no write-ahead log
            target = folder.path / path.name
            if target.is_dir():
                shutil.rmtree(target)
            if path == stage.store:
                sync_folder(folder.path)
            os.replace(path, target)  # noqa: PTH105  of one file system, files and folders alike
        sync_folder(folder.path)
    except OSError as exc:
        with suppress(OSError):
            folder.keys.unlink(missing_ok=True)
        raise ServiceError(f"the lab could not be put into place: {exc}", "try again") from exc
