"""The values that `docs/reference/log.md` shows are those that the code computes."""

import re
from pathlib import Path

import pytest

from fedlab.protocol.checkpoint import body, head_note, origin, sign_head, witness_name
from fedlab.protocol.keys import Cosigner, Signer, format_vkey
from fedlab.protocol.limits import (
    KEY_NAME_BYTES_MAX,
    NOTE_BYTES_MAX,
    NOTE_SIGNATURES_MAX,
    PROOF_HASHES_MAX,
    TREE_SIZE_MAX,
)
from fedlab.protocol.merkle import inclusion_proof, leaf_hashes, root_of, subtree_consistency_proof
from fedlab.protocol.note import sign_note
from fedlab.protocol.tiles import Tile, encode_bundle, tile_path, tile_width
from fedlab.protocol.trees import ListTree

PAGE = (Path(__file__).parents[2] / "docs/reference/log.md").read_text()

ENTRIES = [b"entry %d" % i for i in range(14)]
HASHES = leaf_hashes(ENTRIES)
TREE = ListTree(HASHES)
SEED = bytes(range(32))
LAB = HASHES[0].hex()
ORIGIN = origin("fedlab", LAB, 0)
LOG = Signer(ORIGIN, SEED)
HEAD = sign_head(SEED, "fedlab", LAB, 0, 3, root_of(HASHES[:3]))


def indented(text: str) -> str:
    return "".join(f"    {line}".rstrip() + "\n" for line in text.splitlines())


def hex_lines(hashes: list[bytes]) -> str:
    return indented("\n".join(step.hex() for step in hashes))


@pytest.mark.parametrize("index", range(3))
def test_leaf_hashes(index: int) -> None:
    assert f"| `{ENTRIES[index].decode()}` | `{HASHES[index].hex()}` |\n" in PAGE


def test_roots() -> None:
    rows = re.findall(r"^\| (\d+) \| `([0-9a-f]{64})` \|$", PAGE, re.MULTILINE)
    assert [int(size) for size, _ in rows] == [0, 1, 2, 3, 8, 14]
    for size, root in rows:
        assert root_of(HASHES[: int(size)]).hex() == root


def test_proofs() -> None:
    assert hex_lines(inclusion_proof(TREE, 1, 3)) in PAGE
    assert hex_lines(subtree_consistency_proof(TREE, 8, 13, 14)) in PAGE
    assert f"`{TREE.subtree(8, 13).hex()}`" in PAGE


def test_keys() -> None:
    assert f"`{LOG.public.hex()}`" in PAGE
    assert f"`{LOG.key_id.hex()}`" in PAGE
    assert indented(format_vkey(LOG.verifier())) in PAGE


def test_the_checkpoint() -> None:
    assert indented(head_note(HEAD, "fedlab", LOG.public).decode()) in PAGE


def test_the_cosignature() -> None:
    witness = Cosigner(witness_name("fedlab", LAB), bytes(range(32, 64)), at=1_700_000_000)
    text = body(ORIGIN, 3, HEAD.root).decode()
    assert indented(sign_note(text, witness).decode().splitlines()[-1]) in PAGE


def test_the_tiles_of_a_log_of_70000() -> None:
    for level, index in ((0, 272), (0, 273), (None, 273), (1, 0), (1, 1), (2, 0)):
        width = tile_width(Tile(level, index), 70_000)
        assert f"| `{tile_path(Tile(level, index, width))}` |" in PAGE
    assert indented(encode_bundle(ENTRIES[:3]).hex()) in PAGE
    assert f"`{tile_path(Tile(None, 0, 3))}`" in PAGE


def test_limits() -> None:
    for words in (
        f"longer than {NOTE_BYTES_MAX:,} bytes",
        f"more than {NOTE_SIGNATURES_MAX} signature lines",
        f"more than {PROOF_HASHES_MAX} hashes",
        f"at most 2^{TREE_SIZE_MAX.bit_length() - 1}",
        f"1 to {KEY_NAME_BYTES_MAX} bytes of UTF-8",
    ):
        assert words in PAGE
