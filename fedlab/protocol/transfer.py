"""The entries of one log on their way in: each package is verified alone, and against what is held.

The proof of a package leads from `[block start, end)` to the signed head. It contains, on the left
of its way up, the roots of everything before the block; if they are not those that we hold, the
author signed two different pasts, whatever the carrier did. So a log that does not continue ours is
found out by its first package, before anything of it is kept.
"""

from collections.abc import Mapping, Sequence

from .checkpoint import Head
from .entry import check_detail, detail_field
from .errors import AuthorError, LocalProtocolError, RemoteProtocolError
from .events import Details, Package
from .identity import Chain
from .limits import BLOCK_ENTRIES
from .merkle import CompactRange, Tree, largest_aligned, leaf_hashes, verify_subtree_consistency
from .replica import Log, LogReader


class MismatchError(Exception):
    """What came and what is held do not fit: a proof must tell whose fault that is."""


class Transfer:
    """Verifies the entries from `log.held` on, up to a signed head whose signature was checked.

    Raises LocalProtocolError if what is held on disk is not what its own head signed.
    """

    def __init__(self, reader: LogReader, log: Log, head: Head, chain: Chain) -> None:
        self.key = log.key
        self.head = head
        self.at = log.held  # the next entry to come
        self.asked = log.held  # up to where entries were asked for
        self.uncommitted = 0  # packages on their way to the disk
        self.over = False  # given up: what still comes is dropped
        self._first_leaf = chain.leaves[log.epoch]
        block = self.at - self.at % BLOCK_ENTRIES
        tree = reader.tree(*self.key)
        self._below = CompactRange(block, _perfect_roots(tree, block))
        open_leaves = reader.leaves(*self.key, block, self.at) if block < self.at else []
        self._open = leaf_hashes(open_leaves)
        if log.head is not None and log.head.size == self.at and self.root() != log.head.root:
            raise LocalProtocolError(
                f"this node's copy of log {log.epoch} of lab {log.lab} is damaged",
                "Run `fedlab verify`.",
            )

    @property
    def complete(self) -> bool:
        """Whether every entry up to the head has come."""
        return self.at == self.head.size

    def root(self) -> bytes:
        """Return the root over all entries up to `at`."""
        whole = self._below.copy()
        whole.extend(self._open)
        return whole.root()

    def accept(self, leaves: Sequence[bytes], proof: Sequence[bytes]) -> list[bytes]:
        """Take the next entries, all of one block, and return their hashes.

        Raises RemoteProtocolError if they are garbage, AuthorError if the log does not begin with
        the lab's genesis or opening, and MismatchError if they do not fit to what is held.
        """
        start, end = self._below.size, self.at + len(leaves)
        hashes = leaf_hashes(leaves)
        block = CompactRange()
        block.extend(self._open + hashes)
        subtree = block.root()
        try:
            verify_subtree_consistency(start, end, self.head.size, subtree, self.head.root, proof)
        except RemoteProtocolError as exc:
            if self._open:  # the leaves that we hold are part of what was checked
                raise MismatchError(str(exc)) from exc
            raise
        if not self._continues(start, end, proof):
            raise MismatchError("the entries before this package are not those that are held")
        if self.at == 0 and leaves[0] != self._first_leaf:
            raise AuthorError("a log that does not begin with the lab's genesis or opening")
        self.at = end
        if end - start == BLOCK_ENTRIES:
            self._below.append_subtree(subtree, BLOCK_ENTRIES)
            self._open = []
        else:
            self._open += hashes
        if self.complete and self.root() != self.head.root:
            # The proof already showed this; the whole root is the promise, so it is made anew.
            raise MismatchError("all entries together do not make the signed root")
        return hashes

    def _continues(self, start: int, end: int, proof: Sequence[bytes]) -> bool:
        """Say whether what a verified proof has on its left is what we hold."""
        return _left_hashes(start, end, self.head.size, proof) == self._below.roots


class Arrival:
    """Entries that have come and wait for their details; the first of these raise them as an event.

    `hashes` is None for entries that are dropped. `spare` is what came and needs no disk.
    """

    def __init__(
        self,
        transfer: Transfer,
        start: int,
        leaves: list[bytes],
        hashes: list[bytes] | None,
        stream_bytes: int,
    ) -> None:
        self.key = transfer.key
        self.start = start
        self.spare = 0
        self._transfer = transfer
        self._leaves = leaves
        self._hashes = hashes
        self._complete = transfer.complete
        self._commitments = commitments_of(leaves)
        self._next = start
        self._stream_bytes = stream_bytes
        self._raised = False

    def details(
        self, blobs: list[tuple[int, bytes]], stream_bytes: int
    ) -> Package | Details | None:
        """Take some of the details; raises RemoteProtocolError for one that is not theirs."""
        self._next = check_details(blobs, self._next, self.start, self._commitments)
        first, self._raised = not self._raised, True
        if first:
            stream_bytes += self._stream_bytes
        if self._hashes is None or not (first or blobs):
            self.spare += stream_bytes
            return None
        if not first:
            return Details(*self.key, blobs, stream_bytes)
        details: list[bytes | None] = [None] * len(self._leaves)
        for index, blob in blobs:
            details[index - self.start] = blob
        self._transfer.uncommitted += 1
        return Package(
            *self.key,
            self.start,
            self._leaves,
            self._hashes,
            self._commitments,
            details,
            self._transfer.head,
            self._complete,
            stream_bytes,
        )


def check_details(
    blobs: Sequence[tuple[int, bytes]],
    first: int,
    start: int,
    commitments: Sequence[bytes | None] | Mapping[int, bytes | None],
) -> int:
    """Check details from index `first` on; `commitments` are those of the entries from `start` on.

    Returns where the next detail may begin. Raises RemoteProtocolError for one that is out of
    order, not asked for, or not committed to.
    """
    for index, blob in blobs:
        if index < first:
            raise RemoteProtocolError(f"a detail of entry {index} out of order")
        try:
            commitment = commitments[index - start]
        except LookupError:
            commitment = None
        if commitment is None:
            raise RemoteProtocolError(f"a detail of entry {index}, where none belongs")
        check_detail(blob, commitment)
        first = index + 1
    return first


def commitments_of(leaves: Sequence[bytes]) -> list[bytes | None]:
    """Return what each leaf commits its detail to; None for one without."""
    return [detail_field(leaf) for leaf in leaves]


def _perfect_roots(tree: Tree, size: int) -> list[bytes]:
    """Return the roots of the perfect subtrees that make up the first `size` entries."""
    roots: list[bytes] = []
    start = 0
    while start < size:
        run = largest_aligned(start, size - start)
        roots.append(tree.subtree(start, start + run))
        start += run
    return roots


def _left_hashes(start: int, end: int, size: int, proof: Sequence[bytes]) -> tuple[bytes, ...]:
    """Return the hashes of a verified proof that stand for what lies left of the subtree."""
    lefts: list[bytes] = []
    low, high = 0, size
    for step in reversed(proof):
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        if end <= middle:
            high = middle
        else:
            lefts.append(step)
            low = middle
    return tuple(lefts)
