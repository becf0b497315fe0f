"""A tree over stored blocks answers as one over all hashes does, and fetches little."""

import pytest

from fedlab.protocol.errors import LocalProtocolError
from fedlab.protocol.limits import BLOCK_ENTRIES
from fedlab.protocol.merkle import EMPTY_ROOT, block_root, leaf_hash, subtree_consistency_proof
from fedlab.protocol.trees import BlockTree, ListTree

LEAVES = [leaf_hash(b"%d" % i) for i in range(5 * BLOCK_ENTRIES + 77)]


def block_tree(size: int, fetched: list[int]) -> BlockTree:
    full = size // BLOCK_ENTRIES

    def fetch(block: int) -> list[bytes]:
        assert 0 <= block < full
        fetched.append(block)
        return LEAVES[block * BLOCK_ENTRIES : (block + 1) * BLOCK_ENTRIES]

    roots = [block_root(LEAVES[i * 256 : (i + 1) * 256]) for i in range(full)]
    return BlockTree(roots, LEAVES[full * BLOCK_ENTRIES : size], fetch)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 512, 700, 1280, 1357])
def test_it_answers_as_the_whole_list_does(size: int) -> None:
    tree, whole = block_tree(size, []), ListTree(LEAVES[:size])
    assert (tree.size, tree.root()) == (size, whole.root())
    for start in range(0, size, 128):
        for length in (1, 2, 16, 77, 128, 256, 300, 512, 1024):
            if start + length <= size and start % (1 << (length - 1).bit_length()) == 0:
                end = start + length
                assert tree.subtree(start, end) == whole.subtree(start, end)


def test_a_block_is_proved_without_reading_another() -> None:
    fetched: list[int] = []
    tree = block_tree(1357, fetched)
    for start in range(0, 1280, BLOCK_ENTRIES):
        subtree_consistency_proof(tree, start, start + BLOCK_ENTRIES, 1357)
    assert fetched == []


def test_neighbours_cost_one_fetch() -> None:
    fetched: list[int] = []
    tree = block_tree(700, fetched)
    for i in range(256, 512):
        assert tree.subtree(i, i + 1) == LEAVES[i]
    assert fetched == [1]


def test_what_is_not_in_the_tree_is_our_own_mistake() -> None:
    tree = block_tree(300, [])
    for start, end in ((0, 301), (-1, 1), (5, 5), (1, 3), (300, 301)):
        with pytest.raises(LocalProtocolError):
            tree.subtree(start, end)
    assert block_tree(0, []).root() == EMPTY_ROOT
