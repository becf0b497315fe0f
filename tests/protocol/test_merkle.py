"""RFC 6962 hashing and proofs: known answers, then every tree up to 100 leaves, then lies."""

import base64
import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from fedlab.protocol import merkle
from fedlab.protocol.errors import LocalProtocolError, RemoteProtocolError
from fedlab.protocol.merkle import (
    EMPTY_ROOT,
    CompactRange,
    block_root,
    consistency_proof,
    inclusion_proof,
    is_subtree,
    leaf_hash,
    leaf_hashes,
    node_hash,
    root_of,
    subtree_consistency_proof,
    subtree_inclusion_proof,
    verify_consistency,
    verify_inclusion,
    verify_subtree_consistency,
    verify_subtree_inclusion,
)
from fedlab.protocol.trees import ListTree

LEAVES = [leaf_hash(b"entry %d" % i) for i in range(100)]

# The eight entries of the trees in Certificate Transparency's own tests, and their root.
CT_ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOT = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def slow_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962, section 2.1, word for word: nothing to get wrong."""
    if len(leaves) < 2:
        return leaves[0] if leaves else sha256(b"").digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha256(b"\x01" + slow_root(leaves[:k]) + slow_root(leaves[k:])).digest()


ROOTS = [slow_root(LEAVES[:size]) for size in range(101)]


def subtrees(size: int) -> Iterator[tuple[int, int]]:
    """Every aligned range of a tree, by the definition of a subtree."""
    for length in range(1, size + 1):
        step = 1
        while step < length:
            step *= 2
        for start in range(0, size - length + 1, step):
            yield start, start + length


def mangled(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Ways to spoil a proof: a hash changed, cut, dropped, doubled, added, swapped, or shifted."""
    for i, step in enumerate(proof):
        yield [*proof[:i], bytes([step[0] ^ 1]) + step[1:], *proof[i + 1 :]]
        yield [*proof[:i], step[:-1], *proof[i + 1 :]]
        yield [*proof[:i], *proof[i + 1 :]]
        yield [*proof[:i], step, *proof[i:]]
    for i, (one, other) in enumerate(pairwise(proof)):
        if one != other:
            yield [*proof[:i], other, one, *proof[i + 2 :]]
        # Two hashes are joined before they are hashed: the border between them must not move.
        yield [*proof[:i], one[1:], other + one[:1], *proof[i + 2 :]]
        yield [*proof[:i], one + other[:1], other[1:], *proof[i + 2 :]]
    yield [*proof, EMPTY_ROOT]
    yield [EMPTY_ROOT, *proof]
    yield [*proof, b""]


def refused(verify: Callable[..., None], *arguments: object) -> bool:
    try:
        verify(*arguments)
    except RemoteProtocolError:
        return True
    return False


# --- Known answers ------------------------------------------------------------------------------


def test_hashes_are_those_of_rfc_6962() -> None:
    """Values: transparency-dev/merkle, rfc6962_test.go; the root: Certificate Transparency."""
    assert EMPTY_ROOT == root_of([]) == sha256(b"").digest()
    assert leaf_hash(b"").hex().startswith("6e340b9cffb37a98")
    assert leaf_hash(b"L123456").hex().startswith("395aa064")
    assert node_hash(b"N123", b"N456").hex().startswith("aa217fe8")
    assert root_of(leaf_hashes(CT_ENTRIES)).hex() == CT_ROOT


def vectors(shared: Path, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((shared / "vectors/merkle" / kind).rglob("*.json")):
        yield f"{path.parent.name}/{path.name}", json.loads(path.read_text())


VERIFIERS: dict[str, tuple[Callable[..., None], str]] = {
    "inclusion": (verify_inclusion, "leafIdx treeSize leafHash root proof"),
    "consistency": (verify_consistency, "size1 size2 root1 root2 proof"),
    "subtreeinclusion": (verify_subtree_inclusion, "leafIdx start end leafHash root proof"),
    "subtreeconsistency": (verify_subtree_consistency, "start end size root1 root2 proof"),
}
COUNTS = {"inclusion": 53, "consistency": 43, "subtreeinclusion": 114, "subtreeconsistency": 75}


@pytest.mark.parametrize("kind", VERIFIERS)
def test_the_published_verdicts_are_ours(shared: Path, kind: str) -> None:
    """The 285 vectors of transparency-dev/merkle, testdata."""
    verify, fields = VERIFIERS[kind]
    count = 0
    for name, vector in vectors(shared, kind):
        arguments: list[Any] = []
        for field in fields.split():
            value = vector[field]
            if field == "proof":
                value = [base64.b64decode(step) for step in value or []]
            elif isinstance(value, str):
                value = base64.b64decode(value)
            arguments.append(value)
        assert refused(verify, *arguments) == vector["wantErr"], (kind, name)
        count += 1
    assert count == COUNTS[kind]


def test_our_own_verdicts_on_aligned_subtrees() -> None:
    """What the published vectors leave out: blocks that do not begin at 0, whole and in part.

    Made from the draft's recursive definition by a program of 30 lines that shares no code with
    fedlab; entry i is the text `entry i`. The file has the shape of the published ones.
    """
    cases = json.loads((Path(__file__).parent / "data/aligned-subtrees.json").read_text())
    tree = ListTree(leaf_hashes(b"entry %d" % i for i in range(max(c["size"] for c in cases))))
    for case in cases:
        node, root = base64.b64decode(case["root1"]), base64.b64decode(case["root2"])
        proof = [base64.b64decode(step) for step in case["proof"]]
        place = (case["start"], case["end"], case["size"])
        assert refused(verify_subtree_consistency, *place, node, root, proof) == case["wantErr"]
        if not case["wantErr"]:
            assert subtree_consistency_proof(tree, *place) == proof
            assert tree.subtree(*place[:2]) == node
    assert [case["wantErr"] for case in cases].count(False) == 17


def test_the_drawn_examples() -> None:
    """draft-ietf-plants-merkle-tree-certs, section 4.4: a tree of 14, two subtrees of it."""
    tree = ListTree(LEAVES)
    assert subtree_consistency_proof(tree, 4, 8, 14) == [
        slow_root(LEAVES[0:4]),
        slow_root(LEAVES[8:14]),
    ]
    assert subtree_consistency_proof(tree, 8, 13, 14) == [
        LEAVES[12],
        LEAVES[13],
        slow_root(LEAVES[8:12]),
        slow_root(LEAVES[0:8]),
    ]


# --- Every tree up to 100 leaves ----------------------------------------------------------------


def test_roots_of_every_size() -> None:
    tree, grown = ListTree(), CompactRange()
    for size in range(101):
        assert root_of(LEAVES[:size]) == tree.root() == grown.root() == ROOTS[size]
        assert grown.size == tree.size == size
        assert len(grown.roots) == size.bit_count()
        if size < 100:
            tree.extend(LEAVES[size : size + 1])
            grown.append(LEAVES[size])


def test_every_subtree_hash() -> None:
    tree = ListTree(LEAVES)
    for start, end in subtrees(100):
        assert is_subtree(start, end)
        assert tree.subtree(start, end) == slow_root(LEAVES[start:end])
    aligned = set(subtrees(100))
    for start in range(100):
        for end in range(101):
            assert is_subtree(start, end) == ((start, end) in aligned)


def test_a_range_grows_by_pieces_of_any_length() -> None:
    for first in range(101):
        for second in range(first, 101, 7):
            grown = CompactRange()
            grown.extend(LEAVES[:first])
            grown = CompactRange(grown.size, grown.roots)  # as if it had been stored and read
            grown.extend(LEAVES[first:second])
            grown.extend(LEAVES[second:])
            assert grown.root() == ROOTS[100]


def test_a_range_grows_by_whole_subtrees() -> None:
    grown = CompactRange()
    for start, size in ((0, 64), (64, 32), (96, 2), (98, 2)):
        grown.append_subtree(block_root(LEAVES[start : start + size]), size)
    assert (grown.size, grown.root()) == (100, ROOTS[100])
    copy = grown.copy()
    copy.append(LEAVES[0])
    assert (grown.size, copy.size) == (100, 101)


@pytest.mark.parametrize("size", [0, -1, 3, 64])
def test_a_range_takes_only_aligned_subtrees(size: int) -> None:
    grown = CompactRange()
    grown.extend(LEAVES[:32])
    with pytest.raises(LocalProtocolError):
        grown.append_subtree(LEAVES[0], size)


def test_a_stored_range_must_fit_its_size() -> None:
    with pytest.raises(LocalProtocolError):
        CompactRange(3, [LEAVES[0]])
    with pytest.raises(LocalProtocolError):
        CompactRange(1, [b"short"])
    with pytest.raises(LocalProtocolError):
        CompactRange(-1, [])


def test_inclusion_of_every_entry_in_every_tree() -> None:
    tree = ListTree(LEAVES)
    for size in range(1, 101):
        for index in range(size):
            proof = inclusion_proof(tree, index, size)
            verify_inclusion(index, size, LEAVES[index], ROOTS[size], proof)
            for other in (index - 1, index + 1):
                assert refused(verify_inclusion, other, size, LEAVES[index], ROOTS[size], proof)


def test_consistency_of_every_two_trees() -> None:
    tree = ListTree(LEAVES)
    for new in range(101):
        for old in range(new + 1):
            proof = consistency_proof(tree, old, new)
            verify_consistency(old, new, ROOTS[old], ROOTS[new], proof)
            if old:  # an empty tree is consistent with anything
                assert refused(verify_consistency, old, new, ROOTS[old], EMPTY_ROOT, proof)
                assert refused(verify_consistency, old, new, EMPTY_ROOT, ROOTS[new], proof)


def test_consistency_of_every_subtree_with_every_tree() -> None:
    tree = ListTree(LEAVES)
    for size in range(1, 101):
        for start, end in subtrees(size):
            proof = subtree_consistency_proof(tree, start, end, size)
            node = tree.subtree(start, end)
            verify_subtree_consistency(start, end, size, node, ROOTS[size], proof)


def test_inclusion_of_entries_in_every_subtree() -> None:
    tree = ListTree(LEAVES)
    for start, end in subtrees(100):
        node = tree.subtree(start, end)
        for index in {start, (start + end) // 2, end - 1}:
            proof = subtree_inclusion_proof(tree, index, start, end)
            verify_subtree_inclusion(index, start, end, LEAVES[index], node, proof)


# --- Lies ---------------------------------------------------------------------------------------

SIZES = (1, 2, 3, 5, 7, 8, 13, 16, 33, 64, 100)


@pytest.mark.parametrize("size", SIZES)
def test_a_mangled_inclusion_proof_is_refused(size: int) -> None:
    tree = ListTree(LEAVES)
    for index in range(size):
        proof = inclusion_proof(tree, index, size)
        for bad in mangled(proof):
            assert refused(verify_inclusion, index, size, LEAVES[index], ROOTS[size], bad)
        assert refused(verify_inclusion, index, size, EMPTY_ROOT, ROOTS[size], proof)
        assert refused(verify_inclusion, index, size, LEAVES[index], EMPTY_ROOT, proof)


@pytest.mark.parametrize("size", SIZES)
def test_a_mangled_subtree_proof_is_refused(size: int) -> None:
    tree = ListTree(LEAVES)
    for start, end in subtrees(size):
        proof = subtree_consistency_proof(tree, start, end, size)
        node = tree.subtree(start, end)
        for bad in mangled(proof):
            assert refused(verify_subtree_consistency, start, end, size, node, ROOTS[size], bad)
        assert refused(verify_subtree_consistency, start, end, size, EMPTY_ROOT, ROOTS[size], proof)
        assert refused(verify_subtree_consistency, start, end, size, node, EMPTY_ROOT, proof)


def test_a_proof_for_another_place_is_refused() -> None:
    """Every claim about where a subtree stands, but the true one, fails.

    The size is not a claim: it is signed together with the root.
    """
    tree = ListTree(LEAVES[:21])
    claims = [(start, end, size) for size in range(1, 34) for start, end in subtrees(size)]
    for start, end in ((0, 8), (8, 12), (16, 21), (16, 17), (20, 21), (0, 21), (0, 13)):
        node, proof = tree.subtree(start, end), subtree_consistency_proof(tree, start, end, 21)
        passed = [
            claim
            for claim in claims
            if not refused(verify_subtree_consistency, *claim, node, ROOTS[21], proof)
        ]
        assert (start, end, 21) in passed
        assert all(claim[2] != 21 or claim == (start, end, 21) for claim in passed), passed


def test_a_proof_has_at_most_63_hashes() -> None:
    """RFC 9162 sets no limit; C2SP tlog-mirror does: one for each level of a tree of 2^63."""
    node = LEAVES[0]
    root = node
    for _ in range(64):
        root = node_hash(root, node)
    long_proof = [node] * 64
    assert refused(verify_inclusion, 0, 2**64, node, root, long_proof)
    root = node
    for _ in range(63):
        root = node_hash(root, node)
    verify_inclusion(0, 2**63, node, root, [node] * 63)


def test_a_proof_is_made_of_whole_hashes() -> None:
    for length in (0, 31, 33, 64):
        with pytest.raises(RemoteProtocolError, match="32 bytes"):
            verify_inclusion(0, 2, LEAVES[0], ROOTS[2], [bytes(length)])
    with pytest.raises(RemoteProtocolError, match="32 bytes"):
        verify_inclusion(0, 1, b"", b"", [])


def test_a_subtree_that_ends_beyond_the_tree_is_refused() -> None:
    assert refused(verify_subtree_consistency, 0, 8, 5, ROOTS[5], ROOTS[5], [])
    assert refused(verify_consistency, 8, 5, ROOTS[5], ROOTS[5], [])


@pytest.mark.parametrize(
    ("start", "end", "size"), [(1, 3, 8), (-1, 1, 8), (0, 9, 8), (4, 4, 8), (5, 4, 8), (0, 8, 101)]
)
def test_proofs_of_what_is_not_there_are_our_own_mistake(start: int, end: int, size: int) -> None:
    with pytest.raises(LocalProtocolError):
        subtree_consistency_proof(ListTree(LEAVES), start, end, size)


def test_entries_that_are_not_there_are_our_own_mistake() -> None:
    tree = ListTree(LEAVES)
    for index, size in ((100, 100), (-1, 100), (5, 5), (0, 101), (0, 0)):
        with pytest.raises(LocalProtocolError):
            inclusion_proof(tree, index, size)
    for old, new in ((2, 1), (0, 101), (-1, 5)):
        with pytest.raises(LocalProtocolError):
            consistency_proof(tree, old, new)


def test_an_empty_range_needs_no_proof() -> None:
    verify_subtree_consistency(4, 4, 8, EMPTY_ROOT, ROOTS[8], [])
    assert refused(verify_subtree_consistency, 9, 9, 8, EMPTY_ROOT, ROOTS[8], [])
    assert refused(verify_subtree_consistency, 4, 4, 8, ROOTS[8], ROOTS[8], [])
    assert refused(verify_consistency, 0, 0, EMPTY_ROOT, ROOTS[1], [])


def test_negative_control_a_swapped_pair_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mutant: nodes that hash their children in the wrong order lead to no root."""
    proof = inclusion_proof(ListTree(LEAVES), 5, 100)
    monkeypatch.setattr(merkle, "node_hash", lambda left, right: node_hash(right, left))
    assert refused(verify_inclusion, 5, 100, LEAVES[5], ROOTS[100], proof)
