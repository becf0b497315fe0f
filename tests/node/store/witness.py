"""A node whose every word to the world is written down: what it signed, published, acknowledged.

The record lies outside the node's folder and is written through before the node goes on, so that
it outlives a kill. `MUTANTS` are nodes with one rule broken, for tests that must notice.
"""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from unittest.mock import patch

from fedlab.formats.tables import Tell
from fedlab.node.store import SqliteStore, schema
from fedlab.node.store.rows import LogRow
from fedlab.node.verify import verify
from fedlab.node.writer import Draft, Writer, Written
from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.merkle import leaf_hash, leaf_hashes, root_of
from tests.node.store.nodes import Node


class Record:
    """What left the node, a line each."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, kind: str, text: str) -> None:
        with self.path.open("a", buffering=1) as file:
            file.write(f"{kind} {text}\n")

    def add_head(self, kind: str, head: Head) -> None:
        self.add(kind, f"{head.size} {head.root.hex()}")

    def heads(self, kind: str) -> list[tuple[int, str]]:
        """Return size and root of the heads that were `signed` or `published`."""
        found = (line.split() for line in self.lines(kind))
        return [(int(size), root) for size, root in found]

    def lines(self, kind: str) -> list[str]:
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [line.partition(" ")[2] for line in lines if line.startswith(kind + " ")]


def signatures_recorded(record: Record) -> AbstractContextManager[object]:
    """Note every head that is signed, before the signature can be used."""

    def sign(seed: bytes, network: str, lab: str, epoch: int, size: int, root: bytes) -> Head:
        head = sign_head(seed, network, lab, epoch, size, root)
        record.add_head("signed", head)
        return head

    return patch("fedlab.node.writer.sign_head", sign)


def append(folder: Path, record: Record, *codes: str, mutant: str = "") -> Node:
    """Start the node of a folder, founding it if need be, and add one item after the other."""
    with signatures_recorded(record), MUTANTS[mutant]():
        node = Node(folder)
        node.publish = lambda head: record.add_head("published", head)
        node.start()
        for code in codes:
            for id_ in node.add(code).ids:
                record.add("acknowledged", id_)
    return node


def check_restart(folder: Path, record: Record, mutant: str = "") -> None:
    """Start the node again after whatever happened to it; raise AssertionError for a broken word.

    It can write at once; no size was signed with two roots; nothing that was acknowledged or
    published is missing.
    """
    node = append(folder, record, "AFTER", mutant=mutant)
    try:
        leaves = node.store.leaves(node.lab.id, 0, 0, node.size)
        hashes = leaf_hashes(leaves)
        signed = record.heads("signed")
        assert len(dict(signed)) == len(set(signed)), "one size was signed with two roots"
        for size, root in record.heads("published"):
            assert size <= len(leaves), "what was published is lost"
            assert root_of(hashes[:size]).hex() == root, "what was published is not the log"
        ids = {leaf_hash(leaf).hex() for leaf in leaves}
        assert ids.issuperset(record.lines("acknowledged")), "an acknowledged entry is lost"
        assert len(ids) == len(leaves)
        assert b'"code":"AFTER"' in leaves[-1]
        node.projector.run()
        assert verify(node.store, node.head_path).problems == []
    finally:
        node.close()


# --- Nodes with one rule broken -------------------------------------------------------------------


def _publish_before_commit(self: Writer, drafts: Sequence[Draft], **asked: Tell) -> Written:
    """The entry leaves the node before it is on disk."""
    log = self._store.log(self._store.lab, 0)
    assert log is not None
    self._salt = lambda count: b"s" * count
    detail = b"s" * 32 + (drafts[0].detail or b"")
    leaf = self._leaf(drafts[0], 0, log.held, detail)
    leaves = [*self._store.leaves(log.lab, 0, 0, log.held), leaf]
    self._publish(self._sign(len(leaves), root_of(leaf_hashes(leaves))))
    return _APPEND(self, drafts, **asked)


def _discard_unsigned(self: Writer) -> None:
    """What a crash left unsigned is given up, though its signature may exist."""
    store = self._store
    assert isinstance(store, SqliteStore)
    with store._database.write() as conn:
        row = LogRow.find(conn, store.lab, 0)
        if row is not None and row.head is not None and row.head.size < row.held:
            store._logs.rewind(conn, row)
    _START(self)


def _set_weak_pragmas(conn: sqlite3.Connection, *, writer: bool) -> None:
    """The database leaves it to the system when to write."""
    _SET_PRAGMAS(conn, writer=writer)
    conn.execute("PRAGMA synchronous = NORMAL")


_SET_PRAGMAS = schema.set_pragmas
_APPEND, _START = Writer._append, Writer.start

MUTANTS: dict[str, Callable[[], AbstractContextManager[object]]] = {
    "": nullcontext,
    "publishes before it commits": lambda: patch.object(Writer, "_append", _publish_before_commit),
    "gives up unsigned leaves": lambda: patch.object(Writer, "start", _discard_unsigned),
    "does not sync": lambda: patch.object(schema, "set_pragmas", _set_weak_pragmas),
}
