"""RFC 6962 hashing: roots, compact ranges, and proofs of inclusion and consistency.

A log of `n` entries has one root. A *range* is the hash of the entries `[start, end)`. It is a
*subtree* when `start` is a multiple of the smallest power of two that is at least `end - start`:
then every larger tree contains it, or can be proved consistent with it. Whole trees and single
entries are subtrees too, so one way of making proofs and one of checking them serve all four kinds
(RFC 9162, section 2.1, and draft-ietf-plants-merkle-tree-certs, section 4).
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Protocol

from .errors import LocalProtocolError, RemoteProtocolError
from .limits import PROOF_HASHES_MAX

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of one entry (RFC 6962, section 2.1)."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the hashes of many entries, faster than one by one."""
    digest = sha256  # a local name: this loop runs once for every entry of the network
    return [digest(b"\x00" + entry).digest() for entry in entries]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962, section 2.1)."""
    return sha256(b"\x01" + left + right).digest()


def block_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over 1, 2, 4, 8 … hashes, as fast as Python allows."""
    assert hashes and len(hashes) & (len(hashes) - 1) == 0, "not a power of two"
    digest = sha256
    while len(hashes) > 1:
        pairs = zip(hashes[::2], hashes[1::2], strict=True)
        hashes = [digest(b"\x01" + left + right).digest() for left, right in pairs]
    return hashes[0]


def root_of(hashes: Sequence[bytes]) -> bytes:
    """Return the root over any number of leaf hashes; `EMPTY_ROOT` over none."""
    whole = CompactRange()
    whole.extend(hashes)
    return whole.root()


class CompactRange:
    """What must be kept of a tree to let it grow: its size and one root per bit set in the size.

    `roots` holds the perfect subtrees from the left, largest first; `(size, roots)` is the whole
    state and may be stored. Raises LocalProtocolError if the two do not fit together.
    """

    __slots__ = ("_roots", "size")

    def __init__(self, size: int = 0, roots: Iterable[bytes] = ()) -> None:
        self.size = size
        self._roots = list(roots)
        if size < 0 or len(self._roots) != size.bit_count():
            raise LocalProtocolError(f"{len(self._roots)} roots are not a tree of {size} entries")
        if any(len(root) != HASH_BYTES for root in self._roots):
            raise LocalProtocolError("a root is not 32 bytes")

    @property
    def roots(self) -> tuple[bytes, ...]:
        return tuple(self._roots)

    def copy(self) -> "CompactRange":
        return CompactRange(self.size, self._roots)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.append_subtree(leaf, 1)

    def append_subtree(self, root: bytes, size: int) -> None:
        """Add a perfect subtree of `size` leaves.

        Raises LocalProtocolError unless `size` is a power of two that divides the present size.
        """
        if size < 1 or size & (size - 1) or self.size % size:
            raise LocalProtocolError(f"{size} entries cannot be added at {self.size} as one")
        # Every trailing 1 bit above `size` is a neighbour of equal size, waiting to be merged.
        merged = self.size
        while merged & size:
            root = sha256(b"\x01" + self._roots.pop() + root).digest()
            merged ^= size
            size <<= 1
        self._roots.append(root)
        self.size = merged + size

    def extend(self, hashes: Sequence[bytes]) -> None:
        """Add leaf hashes; aligned runs are hashed level by level, 256 of a block in one loop."""
        at, count = 0, len(hashes)
        while at < count:
            run = largest_aligned(self.size, count - at)
            self.append_subtree(block_root(hashes[at : at + run]), run)
            at += run

    def root(self) -> bytes:
        """Return the root of the tree."""
        if not self._roots:
            return EMPTY_ROOT
        result = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            result = sha256(b"\x01" + left + result).digest()
        return result


def largest_aligned(start: int, count: int) -> int:
    """Return the size of the largest perfect subtree at `start` within `count` leaves."""
    largest = 1 << (count.bit_length() - 1)
    return min(largest, start & -start) if start else largest


# --- Proofs: made from a tree, checked against roots that somebody signed ------------------------


class Tree(Protocol):
    """Something that knows the hashes of a log of `size` entries."""

    @property
    def size(self) -> int: ...

    def subtree(self, start: int, end: int) -> bytes:
        """Return the hash of the subtree `[start, end)`."""
        ...


def is_subtree(start: int, end: int) -> bool:
    """Say whether `[start, end)` is aligned, so that every larger tree agrees about it."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def subtree_consistency_proof(tree: Tree, start: int, end: int, size: int) -> list[bytes]:
    """Return the hashes that lead from the subtree `[start, end)` to the root at `size`.

    Raises LocalProtocolError if the range is empty, not a subtree, or not within the tree.
    """
    if not (is_subtree(start, end) and end <= size <= tree.size):
        raise LocalProtocolError(f"no proof of [{start}, {end}) in a tree of {size} entries")
    return _proof(tree, start, end, 0, size)


def subtree_inclusion_proof(tree: Tree, index: int, start: int, end: int) -> list[bytes]:
    """Return the hashes that lead from entry `index` to the subtree `[start, end)`.

    Raises LocalProtocolError if the range is not a subtree of the tree or the entry not in it.
    """
    if not (is_subtree(start, end) and start <= index < end <= tree.size):
        raise LocalProtocolError(f"no proof of entry {index} in [{start}, {end})")
    return _proof(tree, index, index + 1, start, end)


def inclusion_proof(tree: Tree, index: int, size: int) -> list[bytes]:
    """Return the hashes that lead from entry `index` to the root at `size`.

    Raises LocalProtocolError if the tree has no such entry or is smaller than `size`.
    """
    return subtree_inclusion_proof(tree, index, 0, size)


def consistency_proof(tree: Tree, old: int, new: int) -> list[bytes]:
    """Return the hashes that show that the root at `new` continues the root at `old`.

    Nothing needs proof from an empty tree. Raises LocalProtocolError if `old` is greater than
    `new` or `new` than the tree.
    """
    if old == 0 and 0 <= new <= tree.size:
        return []
    return subtree_consistency_proof(tree, 0, old, new)


def _proof(tree: Tree, start: int, end: int, low: int, high: int) -> list[bytes]:
    """Walk from the subtree `[low, high)` down to the subtree `[start, end)` within it."""
    proof: list[bytes] = []
    known = True  # the verifier knows the hash of [start, end)
    while (low, high) != (start, end):
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        if end <= middle:
            proof.append(tree.subtree(middle, high))
            high = middle
        elif start >= middle:
            proof.append(tree.subtree(low, middle))
            low = middle
        else:  # it ends in the right half, so its two parts must be shown apart
            proof.append(tree.subtree(low, middle))
            low = start = middle
            known = False
    if not known:
        proof.append(tree.subtree(start, end))
    return proof[::-1]


def verify_subtree_consistency(
    start: int, end: int, size: int, subtree: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the subtree `[start, end)` is part of the tree of `size` entries under `root`.

    An empty range is consistent with every tree, if its hash is that of nothing. Raises
    RemoteProtocolError.
    """
    if start == end and 0 <= start <= size:
        if proof or subtree != EMPTY_ROOT:
            raise RemoteProtocolError("proof fails: an empty range has the empty hash and no proof")
        return
    if not (is_subtree(start, end) and end <= size):
        raise RemoteProtocolError(f"proof fails: no subtree [{start}, {end}) in {size} entries")
    _verify(start, end, size, subtree, root, proof)


def verify_subtree_inclusion(
    index: int, start: int, end: int, leaf: bytes, subtree: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the leaf hash is entry `index` of the subtree `[start, end)`.

    Raises RemoteProtocolError.
    """
    if not (is_subtree(start, end) and start <= index < end):
        raise RemoteProtocolError(f"proof fails: no entry {index} in the subtree [{start}, {end})")
    if len(leaf) != HASH_BYTES:
        raise RemoteProtocolError("proof fails: the leaf hash is not 32 bytes")
    _verify(index - start, index - start + 1, end - start, leaf, subtree, proof)


def verify_inclusion(
    index: int, size: int, leaf: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the leaf hash is entry `index` of the tree; raises RemoteProtocolError."""
    verify_subtree_inclusion(index, 0, size, leaf, root, proof)


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree of `new` entries continues that of `old`; raises RemoteProtocolError."""
    if old == new == 0 and new_root != EMPTY_ROOT:
        raise RemoteProtocolError("proof fails: the root of an empty tree is not the empty hash")
    verify_subtree_consistency(0, old, new, old_root, new_root, proof)


def _verify(
    start: int, end: int, size: int, subtree: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """Climb from the subtree's last entry to the root, rebuilding both hashes on the way.

    The steps are those of RFC 9162, 2.1.4.2, with a start: `first` and `last` are the ends of the
    subtree and `edge` is the end of the tree, as node numbers of the level reached.
    """
    if len(proof) > PROOF_HASHES_MAX or any(len(step) != HASH_BYTES for step in proof):
        raise RemoteProtocolError(f"proof fails: not at most {PROOF_HASHES_MAX} hashes of 32 bytes")
    first, last, edge = start, end - 1, size - 1
    # Skip the levels at which the subtree's last node is whole: it is climbed from there.
    while first != last and (last == edge or last & 1):
        first, last, edge = first >> 1, last >> 1, edge >> 1
    steps = iter(proof)
    rebuilt = climbed = subtree if first == last else next(steps, b"")
    for step in steps:
        if edge == 0:
            raise RemoteProtocolError("proof fails: it is too long")
        if last & 1 or last == edge:
            if first < last:
                rebuilt = node_hash(step, rebuilt)
            climbed = node_hash(step, climbed)
            while not last & 1:
                first, last, edge = first >> 1, last >> 1, edge >> 1
        else:
            climbed = node_hash(climbed, step)
        first, last, edge = first >> 1, last >> 1, edge >> 1
    if edge or rebuilt != subtree or climbed != root:
        raise RemoteProtocolError("proof fails: it does not lead to the root")
