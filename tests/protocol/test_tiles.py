"""Tiles: one spelling of every path, the right hashes behind it, bundles that are whole."""

import pytest

from fedlab.protocol.errors import LocalProtocolError, RemoteProtocolError
from fedlab.protocol.limits import BLOCK_ENTRIES
from fedlab.protocol.merkle import EMPTY_ROOT, block_root, leaf_hash, root_of
from fedlab.protocol.tiles import (
    Tile,
    decode_bundle,
    encode_bundle,
    parse_tile_path,
    tile_bytes,
    tile_path,
    tile_width,
)
from fedlab.protocol.trees import ListTree

PATHS = {
    "tile/0/x001/x234/067": Tile(0, 1234067),  # the example of C2SP tlog-tiles
    "tile/0/000": Tile(0, 0),
    "tile/0/000.p/1": Tile(0, 0, 1),
    "tile/0/273.p/112": Tile(0, 273, 112),
    "tile/1/000.p/255": Tile(1, 0, 255),
    "tile/63/999": Tile(63, 999),
    "tile/2/x001/000": Tile(2, 1000),
    "tile/0/x016/x777/215": Tile(0, 2**24 - 1),
    "tile/entries/x001/x234/067.p/8": Tile(None, 1234067, 8),
    "tile/entries/000": Tile(None, 0),
}

# --- Paths --------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PATHS)
def test_a_path_and_its_tile(path: str) -> None:
    assert tile_path(PATHS[path]) == path
    assert parse_tile_path(path) == PATHS[path]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/1234067",
        "tile/0/x000/067",
        "tile/0/001/067",
        "tile/0/x001",
        "tile/0/x001/x067",
        "tile/0/X001/067",
        "tile/00/067",
        "tile/64/067",
        "tile/-1/067",
        "tile/+1/067",
        "tile/data/067",
        "tile/entries/67",
        "tile/0/067.p/0",
        "tile/0/067.p/256",
        "tile/0/067.p/999",
        "tile/0/067.p/08",
        "tile/0/067.p/",
        "tile/0/067.p",
        "tile/0/067/",
        "/tile/0/067",
        "tile/0/067\n",
        "tile/0/０６７",
        "tile/0/٠٦٧",
        "tile/0/../067",
        "tile/0/x001/x001/x001/x001/x001/001",
    ],
)
def test_another_spelling_is_refused(path: str) -> None:
    with pytest.raises(RemoteProtocolError):
        parse_tile_path(path)


@pytest.mark.parametrize(
    "tile", [Tile(-1, 0), Tile(64, 0), Tile(0, -1), Tile(0, 0, 0), Tile(0, 0, 257), Tile(None, -1)]
)
def test_an_impossible_tile_is_our_own_mistake(tile: Tile) -> None:
    with pytest.raises(LocalProtocolError):
        tile_path(tile)


# --- Tiles --------------------------------------------------------------------------------------


def test_the_widths_of_a_log_of_70000() -> None:
    """The worked example of C2SP tlog-tiles."""
    widths = {(0, 272): 256, (0, 273): 112, (0, 274): 0, (1, 0): 256, (1, 1): 17, (2, 0): 1}
    for (level, index), width in widths.items():
        assert tile_width(Tile(level, index), 70_000) == width
    assert tile_width(Tile(None, 273), 70_000) == 112
    assert tile_width(Tile(3, 0), 70_000) == 0
    assert (tile_width(Tile(0, 0), 256), tile_width(Tile(1, 0), 256)) == (256, 1)
    assert tile_width(Tile(0, 0), 0) == 0


def test_tiles_hold_the_hashes_of_the_tree() -> None:
    leaves = [leaf_hash(b"%d" % i) for i in range(600)]
    tree = ListTree(leaves)
    assert tile_bytes(tree, Tile(0, 1)) == b"".join(leaves[256:512])
    assert tile_bytes(tree, Tile(0, 2, 88)) == b"".join(leaves[512:])
    assert tile_bytes(tree, Tile(0, 2, 5)) == b"".join(leaves[512:517])
    above = tile_bytes(tree, Tile(1, 0, 2))
    assert above == block_root(leaves[:256]) + block_root(leaves[256:512])


def test_a_mirror_rebuilds_the_root_from_the_tiles() -> None:
    leaves = [leaf_hash(b"%d" % i) for i in range(1000)]
    tree = ListTree(leaves)
    found = b"".join(
        tile_bytes(tree, Tile(0, index, tile_width(Tile(0, index), tree.size)))
        for index in range(4)
    )
    assert root_of([found[i : i + 32] for i in range(0, len(found), 32)]) == tree.root()


@pytest.mark.parametrize(
    "tile", [Tile(0, 2), Tile(0, 2, 89), Tile(1, 0, 3), Tile(2, 0, 1), Tile(None, 0), Tile(0, 3, 1)]
)
def test_a_tile_beyond_the_tree_is_not_made(tile: Tile) -> None:
    with pytest.raises(LocalProtocolError):
        tile_bytes(ListTree([EMPTY_ROOT] * 600), tile)


# --- Bundles ------------------------------------------------------------------------------------


def test_a_bundle_is_lengths_and_entries() -> None:
    assert encode_bundle([b"a", b"", b"bcd"]) == b"\x00\x01a\x00\x00\x00\x03bcd"
    for entries in ([b""], [b"x"] * BLOCK_ENTRIES, [b"y" * 65535], [b"", b"z" * 4096]):
        assert decode_bundle(encode_bundle(entries)) == entries


@pytest.mark.parametrize("entries", [[], [b""] * 257, [b"x" * 65536]])
def test_an_impossible_bundle_is_our_own_mistake(entries: list[bytes]) -> None:
    with pytest.raises(LocalProtocolError):
        encode_bundle(entries)


def test_a_bundle_cut_anywhere_is_refused() -> None:
    whole = encode_bundle([b"first", b"", b"third"])
    borders = {7, 9}
    for cut in range(len(whole)):
        if cut not in borders:
            with pytest.raises(RemoteProtocolError):
                decode_bundle(whole[:cut])
    assert decode_bundle(whole[:7]) == [b"first"]


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"\x00\x00" * 257, b"\x00\x00" * 2**20, b"\xff\xff"]
)
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError):
        decode_bundle(data)
