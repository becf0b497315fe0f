"""Trees that answer for any subtree, over hashes in memory or over stored blocks."""

from collections.abc import Callable, Iterable, Sequence

from .errors import LocalProtocolError
from .limits import BLOCK_ENTRIES
from .merkle import EMPTY_ROOT, is_subtree, largest_aligned, node_hash

BLOCK_LEVEL = BLOCK_ENTRIES.bit_length() - 1
assert 1 << BLOCK_LEVEL == BLOCK_ENTRIES

FetchBlock = Callable[[int], Sequence[bytes]]


def range_hash(perfect: Callable[[int, int], bytes], start: int, end: int) -> bytes:
    """Return the hash of `[start, end)` from `perfect(level, index)`, the hashes of perfect nodes.

    Raises LocalProtocolError if the range is empty or not a subtree.
    """
    if not (start < end and is_subtree(start, end)):
        raise LocalProtocolError(f"[{start}, {end}) is not a subtree")
    parts: list[bytes] = []
    while start < end:
        run = largest_aligned(start, end - start)
        level = run.bit_length() - 1
        parts.append(perfect(level, start >> level))
        start += run
    result = parts.pop()
    while parts:
        result = node_hash(parts.pop(), result)
    return result


class ListTree:
    """A tree that keeps all its perfect nodes in memory, about 64 bytes an entry and overhead."""

    def __init__(self, hashes: Sequence[bytes] = ()) -> None:
        self._levels: list[list[bytes]] = [[]]
        self.extend(hashes)

    @property
    def size(self) -> int:
        return len(self._levels[0])

    def extend(self, hashes: Iterable[bytes]) -> None:
        """Add leaf hashes."""
        self._levels[0].extend(hashes)
        level = 0
        while len(below := self._levels[level]) > 1:
            if level + 1 == len(self._levels):
                self._levels.append([])
            above = self._levels[level + 1]
            for i in range(2 * len(above), len(below) - 1, 2):
                above.append(node_hash(below[i], below[i + 1]))
            level += 1

    def perfect(self, level: int, index: int) -> bytes:
        """Return the node over the leaves `[index << level, (index + 1) << level)`."""
        return self._levels[level][index]

    def subtree(self, start: int, end: int) -> bytes:
        """Return the hash of `[start, end)`; raises LocalProtocolError if it is not in the tree."""
        _check_within(start, end, self.size)
        return range_hash(self.perfect, start, end)

    def root(self) -> bytes:
        """Return the root of the tree."""
        return self.subtree(0, self.size) if self.size else EMPTY_ROOT


class BlockTree:
    """A tree over stored blocks: the root of each full block, and the hashes of the open one.

    `fetch(block)` returns the 256 leaf hashes of a full block; the last answer is kept, because
    proofs and tiles ask for neighbours. Nothing is fetched for a proof between full blocks.
    """

    def __init__(
        self, blocks: Sequence[bytes], open_block: Sequence[bytes], fetch: FetchBlock
    ) -> None:
        assert len(open_block) < BLOCK_ENTRIES, "a full block is not open"
        self._above = ListTree(blocks)
        self._open = ListTree(open_block)
        self._fetch = fetch
        self._fetched: tuple[int, ListTree] = (-1, self._open)

    @property
    def size(self) -> int:
        return self._above.size * BLOCK_ENTRIES + self._open.size

    def perfect(self, level: int, index: int) -> bytes:
        """Return the node over the leaves `[index << level, (index + 1) << level)`."""
        if level >= BLOCK_LEVEL:
            return self._above.perfect(level - BLOCK_LEVEL, index)
        block, within = divmod(index << level, BLOCK_ENTRIES)
        return self._block(block).perfect(level, within >> level)

    def _block(self, block: int) -> ListTree:
        if block == self._above.size:
            return self._open
        fetched = self._fetched  # once: other threads read this tree too
        if fetched[0] != block:
            fetched = self._fetched = (block, ListTree(self._fetch(block)))
        return fetched[1]

    def subtree(self, start: int, end: int) -> bytes:
        """Return the hash of `[start, end)`; raises LocalProtocolError if it is not in the tree."""
        _check_within(start, end, self.size)
        return range_hash(self.perfect, start, end)

    def root(self) -> bytes:
        """Return the root of the tree."""
        return self.subtree(0, self.size) if self.size else EMPTY_ROOT


def _check_within(start: int, end: int, size: int) -> None:
    if not 0 <= start < end <= size:
        raise LocalProtocolError(f"[{start}, {end}) is not within a tree of {size} entries")
