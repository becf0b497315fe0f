"""Tiles and entry bundles (C2SP tlog-tiles): a log as files that anybody can mirror and audit.

    tile/0/x001/x234/067        256 leaf hashes, 32 bytes each
    tile/1/000.p/17             17 hashes, each over a full tile of the level below
    tile/entries/273.p/112      112 entries, each behind its length as a uint16

A tile is full (256 wide) or *partial* (1 to 255), and never empty. A path has one spelling.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .errors import LocalProtocolError, RemoteProtocolError
from .limits import BLOCK_ENTRIES, BUNDLE_ENTRY_BYTES_MAX
from .merkle import Tree

# Groups of three digits, all but the last behind an x, and none of leading zeroes alone; so few
# that nobody can ask for a number beyond every tree.
_PATH = re.compile(
    r"tile/(entries|[0-9]|[1-5][0-9]|6[0-3])/"
    r"((?!x000)(?:x[0-9]{3}/){0,4}[0-9]{3})"
    r"(?:\.p/([1-9][0-9]{0,2}))?",
    re.ASCII,
)
TILE_WIDTH: Final = BLOCK_ENTRIES
_LENGTH_BYTES: Final = 2


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile of a log, or, where `level` is None, one entry bundle."""

    level: int | None
    index: int
    width: int = TILE_WIDTH

    @property
    def start(self) -> int:
        """The number of the tile's first hash within its level, or of the bundle's first entry."""
        return self.index * TILE_WIDTH


def tile_path(tile: Tile) -> str:
    """Return a tile's path below the log's address, as `tile/0/x001/x234/067.p/8`.

    Raises LocalProtocolError for a tile that no log can have.
    """
    level, index, width = tile.level, tile.index, tile.width
    if (level is not None and not 0 <= level <= 63) or index < 0 or not 1 <= width <= TILE_WIDTH:
        raise LocalProtocolError(f"there is no tile {tile}")
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    name = "entries" if level is None else str(level)
    suffix = f".p/{width}" if width < TILE_WIDTH else ""
    return f"tile/{name}/{'/'.join(groups)}{suffix}"


def parse_tile_path(path: str) -> Tile:
    """Read a path of the form `tile_path` writes; raises RemoteProtocolError for any other."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise RemoteProtocolError("not the path of a tile")
    level, index, width = match.groups()
    tile = Tile(
        None if level == "entries" else int(level),
        int(index.replace("/", "").replace("x", "")),
        int(width) if width else TILE_WIDTH,
    )
    if width and tile.width >= TILE_WIDTH:
        raise RemoteProtocolError("a partial tile is at most 255 wide")
    return tile


def tile_width(tile: Tile, size: int) -> int:
    """Return how wide the tile is in a log of `size` entries: 0 where it is not there at all."""
    hashes = size >> (8 * (tile.level or 0))
    return min(TILE_WIDTH, max(0, hashes - tile.start))


def tile_bytes(tree: Tree, tile: Tile) -> bytes:
    """Return the hashes of a tile, full or as wide as asked.

    Raises LocalProtocolError if the tree does not reach so far or an entry bundle was asked for.
    """
    if tile.level is None or not 1 <= tile.width <= tile_width(tile, tree.size):
        raise LocalProtocolError(f"a tree of {tree.size} entries has no {tile}")
    span = TILE_WIDTH**tile.level
    numbers = range(tile.start, tile.start + tile.width)
    return b"".join(tree.subtree(i * span, (i + 1) * span) for i in numbers)


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return 1 to 256 entries, each behind its length in two bytes.

    Raises LocalProtocolError for another number or an entry of more than 65,535 bytes.
    """
    if not 1 <= len(entries) <= TILE_WIDTH:
        raise LocalProtocolError(f"a bundle of {len(entries)} entries")
    if max(map(len, entries)) > BUNDLE_ENTRY_BYTES_MAX:
        raise LocalProtocolError(f"a bundle's entry has at most {BUNDLE_ENTRY_BYTES_MAX} bytes")
    return b"".join([part for entry in entries for part in (len(entry).to_bytes(2), entry)])


def decode_bundle(data: bytes) -> list[bytes]:
    """Return the entries of a bundle; raises RemoteProtocolError unless 1 to 256 whole ones."""
    entries: list[bytes] = []
    at, end = 0, len(data)
    while at < end:
        start = at + _LENGTH_BYTES
        at = start + (data[at] << 8 | data[start - 1]) if start <= end else end + 1
        entries.append(data[start:at])
        if len(entries) > TILE_WIDTH:
            raise RemoteProtocolError(f"malformed bundle: more than {TILE_WIDTH} entries")
    if at > end or not entries:
        raise RemoteProtocolError("malformed bundle: cut short" if entries else "an empty bundle")
    return entries
