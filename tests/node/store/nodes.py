"""A lab's own node in a folder, for tests: store, gate, writer and projector, and restarts."""

import random
from collections.abc import Callable, Sequence
from pathlib import Path

from fedlab.node.gate import Gate
from fedlab.node.keystore import load_keys
from fedlab.node.projector import Projector
from fedlab.node.store import SqliteStore
from fedlab.node.writer import Draft, Writer, Written, found_lab
from fedlab.protocol.checkpoint import Head
from tests.node.store.labs import AT, Lab, item_drafts


class Node:
    """The lab of a seed, alone with its disk."""

    def __init__(self, folder: Path, lab: Lab | None = None) -> None:
        self.folder = folder
        self.lab = lab or Lab()
        self.published: list[Head] = []
        self.publish: Callable[[Head], None] = self.published.append
        folder.mkdir(parents=True, exist_ok=True)
        self.open()
        if not self.store.has_lab():
            genesis = self.lab.leaves[0]
            try:
                found_lab(self.store, self.head_path, self.keys_path, genesis, self.lab.keys)
            except BaseException:
                self.close()
                raise

    @property
    def head_path(self) -> Path:
        return self.folder / "head"

    @property
    def keys_path(self) -> Path:
        return self.folder / "keys.json"

    def open(self) -> None:
        self.store = SqliteStore(self.folder)

    def start(self) -> "Node":
        self.gate = Gate(self.store, self.head_path)
        keys = load_keys(self.keys_path, self.lab.id, 0)
        salt = random.Random(7).randbytes
        self.writer = Writer(
            self.store,
            self.gate,
            keys,
            now=lambda: AT,
            publish=self.publish,
            salt=salt,
        )
        self.projector = Projector(self.store)
        self.writer.start()
        return self

    def restart(self) -> "Node":
        self.close()
        self.open()
        return self.start()

    def close(self) -> None:
        self.store.close()

    def add(self, *codes: str) -> Written:
        return self.writer.append(item_drafts(codes))

    def append(self, drafts: Sequence[Draft]) -> Written:
        return self.writer.append(drafts)

    @property
    def size(self) -> int:
        log = self.store.log(self.lab.id, 0)
        assert log is not None
        assert log.head is not None
        assert log.head.size == log.held, "everything is signed"
        return log.held
