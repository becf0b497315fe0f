"""Logs on disk: full blocks as C2SP entry bundles with their roots, the open block as rows."""

import sqlite3
from collections import OrderedDict
from collections.abc import Sequence

from fedlab.protocol.errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from fedlab.protocol.limits import BLOCK_ENTRIES
from fedlab.protocol.merkle import CompactRange, Tree, block_root, leaf_hashes
from fedlab.protocol.replica import HeldLog
from fedlab.protocol.tiles import decode_bundle, encode_bundle
from fedlab.protocol.trees import BlockTree

from .base import Rehashed
from .database import Database
from .errors import CORRUPT, store_error
from .rows import LogRow

# Trees of the logs that peers are fetching right now: 100,000 entries make one of 40 KiB.
TREES_KEPT = 32


class LogRows:
    """The permanent part: leaves, trees and heads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._trees: OrderedDict[tuple[int, int], BlockTree] = OrderedDict()

    def all(self) -> list[HeldLog]:
        """Return every log of which anything is held."""
        with self._database.read() as conn:
            return [row.as_held() for row in LogRow.find_all(conn)]

    def find(self, lab: str, epoch: int) -> HeldLog | None:
        """Return one log."""
        with self._database.read() as conn:
            row = LogRow.find(conn, lab, epoch)
        return row.as_held() if row else None

    def leaves(self, lab: str, epoch: int, start: int, end: int) -> list[bytes]:
        """Return the leaves `[start, end)`.

        Raises LocalProtocolError unless all are held, StoreError if the disk does not have them.
        """
        if start == end:
            return []
        try:
            with self._database.read() as conn:
                found = self._leaves(conn, self._held(conn, lab, epoch, end), start, end)
        except RemoteProtocolError as exc:  # a bundle that is none any more
            raise store_error(CORRUPT, self._database.path) from exc
        if len(found) != end - start:
            raise store_error(CORRUPT, self._database.path)
        return found

    def hash_again(self, lab: str, epoch: int, before: int) -> Rehashed:
        """Hash the leaves from the block of `before` on as the disk has them.

        Over a connection of its own, past what this process keeps in memory. Raises StoreError if
        they are not those that were committed.
        """
        conn = self._database.fresh_reader()
        try:
            row = self._held(conn, lab, epoch, before)
            first = before - before % BLOCK_ENTRIES
            tree = self._range(conn, row, first)
            hashes = leaf_hashes(self._leaves(conn, row, first, row.held))
        except ProtocolError as exc:
            raise store_error(CORRUPT, self._database.path) from exc
        finally:
            conn.close()
        tree.extend(hashes[: before - first])
        root = tree.root()
        tree.extend(hashes[before - first :])
        if (tree.size, tree.roots) != (row.held, row.tree.roots):
            raise store_error(CORRUPT, self._database.path)
        return Rehashed(tree.size, root, tree.root())

    def tree(self, lab: str, epoch: int) -> Tree:
        """Return the tree over the held entries; full blocks are not hashed again."""
        with self._database.read() as conn:
            row = LogRow.find(conn, lab, epoch)
            if row is None:  # a log that a peer has just told of: nothing of it is held yet
                return BlockTree([], [], lambda block: [])
            key = (row.id, row.held)
            if (kept := self._trees.get(key)) is not None:
                return kept
            blocks = row.held // BLOCK_ENTRIES
            roots = conn.execute(
                "SELECT root FROM bundles WHERE id >= ? AND id < ? ORDER BY id",
                (row.block(0), row.block(blocks * BLOCK_ENTRIES)),
            )
            tree = BlockTree(
                [root for (root,) in roots],
                leaf_hashes(self._leaves(conn, row, blocks * BLOCK_ENTRIES, row.held)),
                lambda block: self._block_hashes(lab, epoch, block),
            )
        if tree.size != row.held:
            raise store_error(CORRUPT, self._database.path)
        self._trees[key] = tree
        while len(self._trees) > TREES_KEPT:
            self._trees.popitem(last=False)
        return tree

    def _block_hashes(self, lab: str, epoch: int, block: int) -> list[bytes]:
        start = block * BLOCK_ENTRIES
        return leaf_hashes(self.leaves(lab, epoch, start, start + BLOCK_ENTRIES))

    @staticmethod
    def _held(conn: sqlite3.Connection, lab: str, epoch: int, end: int) -> LogRow:
        row = LogRow.find(conn, lab, epoch)
        if row is None or end > row.held:
            held = row.held if row else 0
            raise LocalProtocolError(f"{held} entries of log {epoch} of {lab} are held, not {end}")
        return row

    @staticmethod
    def _leaves(conn: sqlite3.Connection, row: LogRow, start: int, end: int) -> list[bytes]:
        found: list[bytes] = []
        first = start - start % BLOCK_ENTRIES
        full = row.held - row.held % BLOCK_ENTRIES
        if first < min(end, full):
            bundles = conn.execute(
                "SELECT bundle FROM bundles WHERE id >= ? AND id < ? ORDER BY id",
                (row.block(first), row.block(min(end, full) + BLOCK_ENTRIES - 1)),
            )
            for (bundle,) in bundles:
                found += decode_bundle(bundle)
            found = found[start - first : min(end, full) - first]
        rows = conn.execute(
            "SELECT leaf FROM open_leaves WHERE id >= ? AND id < ? ORDER BY id",
            (row.place(max(start, full)), row.place(end)),
        )
        found += [leaf for (leaf,) in rows]
        return found

    # --- Growing, within a transaction of the caller ---------------------------------------------

    def extend(
        self,
        conn: sqlite3.Connection,
        row: LogRow,
        leaves: Sequence[bytes],
        hashes: Sequence[bytes],
    ) -> None:
        """Add leaves at the end of a log; the caller saves the row."""
        at, count = 0, len(leaves)
        while at < count:
            room = BLOCK_ENTRIES - row.held % BLOCK_ENTRIES
            piece = slice(at, at + room)
            self._extend_block(conn, row, leaves[piece], hashes[piece])
            at += room
        row.stored_bytes += sum(map(len, leaves))

    def _extend_block(
        self,
        conn: sqlite3.Connection,
        row: LogRow,
        leaves: Sequence[bytes],
        hashes: Sequence[bytes],
    ) -> None:
        start = row.held
        first = start - start % BLOCK_ENTRIES
        if start + len(leaves) < first + BLOCK_ENTRIES:
            conn.executemany(
                "INSERT INTO open_leaves VALUES (?, ?)",
                [(row.place(start + i), leaf) for i, leaf in enumerate(leaves)],
            )
            row.tree.extend(hashes)
            return
        if start > first:  # the open block is full now: its rows become a bundle
            before = self._leaves(conn, row, first, start)
            conn.execute(
                "DELETE FROM open_leaves WHERE id >= ? AND id < ?",
                (row.place(first), row.place(start)),
            )
            root = block_root([*leaf_hashes(before), *hashes])
            row.tree.extend(hashes)
            leaves = [*before, *leaves]
        else:
            root = block_root(hashes)
            row.tree.append_subtree(root, BLOCK_ENTRIES)
        conn.execute(
            "INSERT INTO bundles VALUES (?, ?, ?)", (row.block(first), root, encode_bundle(leaves))
        )

    # --- Looking again at what was under way when the node stopped -------------------------------

    def is_sound(self, conn: sqlite3.Connection, row: LogRow) -> bool:
        """Say whether the bytes on disk still make the tree that the log's row tells of.

        The leaves of the last two blocks are hashed, since what a power cut tears was written last;
        `verify` hashes the others.
        """
        full = row.held - row.held % BLOCK_ENTRIES
        start = max(0, full - BLOCK_ENTRIES)
        try:
            tree = self._range(conn, row, start)
            tree.extend(leaf_hashes(self._leaves(conn, row, start, row.held)))
        except ProtocolError:
            return False
        return tree.size == row.held and tree.roots == row.tree.roots

    def rewind(self, conn: sqlite3.Connection, row: LogRow) -> None:
        """Go back to the newest fully held head, or to nothing if the bytes do not prove it.

        What is forgotten is fetched again; never done to a log that this node signs.
        """
        size = row.head.size if row.head else 0
        first = size - size % BLOCK_ENTRIES
        try:
            kept = self._leaves(conn, row, first, size)
            tree = self._range(conn, row, first)
        except ProtocolError:
            kept, tree = [], CompactRange()
        whole = tree.copy()
        whole.extend(leaf_hashes(kept))
        if row.head and (whole.size, whole.root()) != (row.head.size, row.head.root):
            kept, tree, row.head = [], CompactRange(), None
        first = tree.size
        for table, bounds in (
            ("bundles", (row.block(first), row.block(row.held + BLOCK_ENTRIES))),
            ("open_leaves", (row.place(first), row.place(row.held + BLOCK_ENTRIES))),
            ("details", (row.place(first + len(kept)), row.place(row.held))),
            ("missing", (row.place(first + len(kept)), row.place(row.held))),
        ):
            conn.execute(f"DELETE FROM {table} WHERE id >= ? AND id < ?", bounds)  # noqa: S608
        row.tree, row.toward = tree, None
        self.extend(conn, row, kept, leaf_hashes(kept))
        row.stored_bytes = stored_bytes(conn, row)
        row.save(conn)
        self._trees.clear()

    @staticmethod
    def _range(conn: sqlite3.Connection, row: LogRow, end: int) -> CompactRange:
        """Return the compact range over the full blocks below `end`, from their stored roots."""
        tree = CompactRange()
        bounds = (row.block(0), row.block(end))
        query = "SELECT root FROM bundles WHERE id >= ? AND id < ? ORDER BY id"
        for (root,) in conn.execute(query, bounds):
            tree.append_subtree(root, BLOCK_ENTRIES)
        if tree.size != end:
            raise LocalProtocolError(f"{tree.size} of {end} entries are on disk")
        return tree


def stored_bytes(conn: sqlite3.Connection, row: LogRow) -> int:
    """Count the bytes of a log's leaves and details on disk."""
    blocks = (row.block(0), row.block(row.held + BLOCK_ENTRIES))
    places = (row.place(0), row.place(row.held + BLOCK_ENTRIES))
    total = 0
    for query, bounds in (
        ("SELECT sum(length(bundle) - 512) FROM bundles", blocks),  # without the lengths
        ("SELECT sum(length(leaf)) FROM open_leaves", places),
        ("SELECT sum(length(detail)) FROM details", places),
    ):
        (found,) = conn.execute(query + " WHERE id >= ? AND id < ?", bounds).fetchone()
        total += found or 0
    return total
