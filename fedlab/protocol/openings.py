"""The facts that make a lab and its epochs; `identity` verifies them.

Their formats, with examples, stand in docs/reference/identity.md.
"""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from .checkpoint import NETWORK_RE
from .entry import BareFact, EpochNumber, FactHead, Hex32, Hex64, Natural
from .limits import PROOF_HASHES_MAX, TREE_SIZE_MAX


class Genesis(FactHead, frozen=True, kw_only=True, tag="lab.genesis"):
    """Entry 0 of epoch 0. The only fact without `by`, since its own hash is the lab."""

    v: Annotated[int, Meta(ge=1, le=255)]
    network: Annotated[str, Meta(pattern=rf"^{NETWORK_RE.pattern}\Z")]
    log: Hex32
    witness: Hex32
    noise: Hex32
    seal: Hex32
    recovery: Hex32


class Prev(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The signed head from which an epoch goes on; entries of that log from `size` on are void."""

    e: EpochNumber
    size: Annotated[int, Meta(ge=1, le=TREE_SIZE_MAX)]
    root: Hex32
    sig: Hex64


class WordsProof(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Where in the log under `prev` the `lab.words` stands that names the revealed key.

    `at` and `n` are its head's; with the key they give its leaf back, and `path` its inclusion.
    """

    at: Natural
    n: Annotated[int, Meta(ge=1, lt=TREE_SIZE_MAX)]
    path: Annotated[tuple[Hex32, ...], Meta(min_length=1, max_length=PROOF_HASHES_MAX)]


class Opening(BareFact, frozen=True, kw_only=True, tag="lab.epoch"):
    """Entry 0 of every later epoch. `sig` is by `key` over the domain and the rest of the leaf."""

    log: Hex32
    witness: Hex32
    noise: Hex32
    seal: Hex32
    recovery: Hex32
    key: Hex32
    prev: Prev
    words: WordsProof | UnsetType = UNSET
    sig: Hex64 | UnsetType = UNSET  # absent only in what is signed


class Words(BareFact, frozen=True, kw_only=True, tag="lab.words"):
    """Names one more key that may open the next epoch, without asking for the old words."""

    recovery: Hex32
