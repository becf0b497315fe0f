"""Labs made from a seed, for tests: their keys, logs, and what a peer would send of them."""

import copy
import random
from collections.abc import Iterable
from typing import Any

from fedlab.inventory.facts import Erase, ItemSet, LabProfile, LabVouch
from fedlab.node.writer import Draft
from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.entry import (
    FactHead,
    commit_detail,
    detail_field,
    encode_detail,
    encode_fact,
)
from fedlab.protocol.events import ChainSeen, Package
from fedlab.protocol.evidence import SplitView, split_of_heads
from fedlab.protocol.identity import (
    Chain,
    SecretKeys,
    lab_id,
    make_epoch,
    make_genesis,
    read_chain,
    recovery_hash,
)
from fedlab.protocol.keys import signing_public
from fedlab.protocol.limits import BLOCK_ENTRIES
from fedlab.protocol.merkle import consistency_proof, leaf_hash, leaf_hashes, root_of
from fedlab.protocol.trees import ListTree

NETWORK = "fedlab"
AT = 1_700_000_000
BLANK: dict[str, Any] = {"by": "", "e": 0, "n": 0, "at": AT}


class Lab:
    """A lab with a log in memory, which signs whatever it is told to."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.keys = SecretKeys(*(self.random.randbytes(32) for _ in range(4)))
        self.recovery = self.random.randbytes(32)
        named = recovery_hash(signing_public(self.recovery))
        genesis = make_genesis(NETWORK, self.keys.public(), named, AT)
        self.id = lab_id(genesis)
        self.chain = read_chain([genesis])
        self.leaves: list[bytes] = [genesis]
        self.details: list[bytes | None] = [None]

    def say(self, fact: type[FactHead], detail: dict[str, Any] | None = None, **fields: Any) -> int:
        """Add an entry and return its index."""
        index = len(self.leaves)
        blob = None
        if detail is not None:
            salt, body = self.random.randbytes(32), encode_detail(detail)
            blob, fields["detail"] = salt + body, commit_detail(salt, body).hex()
        made = fact(**{**BLANK, "by": self.id, "n": index, **fields})
        self.leaves.append(encode_fact(made))
        self.details.append(blob)
        return index

    def profile(self, name: str = "Fab lab", **detail: Any) -> int:
        return self.say(LabProfile, {"name": name, **detail})

    def item(self, code: str, name: str | None = None, **fields: Any) -> int:
        detail = {"name": name or f"Tool {code}"}
        return self.say(ItemSet, detail, **{"code": code, "kind": "tool", "unit": "piece"} | fields)

    def items(self, count: int) -> None:
        for _ in range(count):
            self.item(f"T-{len(self.leaves)}")

    def vouch(self, lab: str) -> int:
        return self.say(LabVouch, lab=lab)

    def erase(self, index: int) -> int:
        return self.say(Erase, epoch=0, index=index)

    def head(self, size: int | None = None) -> Head:
        size = len(self.leaves) if size is None else size
        root = root_of(leaf_hashes(self.leaves[:size]))
        return sign_head(self.keys.log, NETWORK, self.id, 0, size, root)

    def twin(self, keep: int) -> "Lab":
        """Return another card with the same keys, which remembers `keep` entries."""
        other = copy.copy(self)
        other.random = random.Random(self.random.random())
        other.leaves, other.details = self.leaves[:keep], self.details[:keep]
        return other

    def split_view(self, twin: "Lab", size: int | None = None) -> SplitView:
        """Return what its newest head, and that of a shorter twin, prove together."""
        old, new = twin.head(size), self.head()
        tree = ListTree(leaf_hashes(self.leaves))
        proof = consistency_proof(tree, old.size, new.size)
        return split_of_heads(old, new, tree.subtree(0, old.size), proof)

    def opening(self, prev: Head) -> Chain:
        """Return the chain in which the next epoch continues that head, with new keys."""
        keys = SecretKeys(*(self.random.randbytes(32) for _ in range(4)))
        leaf = make_epoch(
            self.chain, keys.public(), self.random.randbytes(32), prev, seed=self.recovery, at=AT
        )
        return read_chain([*self.chain.leaves, leaf])

    def package(
        self, start: int, end: int, size: int | None = None, *, details: bool = True
    ) -> Package:
        """Return entries `[start, end)` as they arrive under the head at `size`."""
        head = self.head(size)
        return Package(
            self.id,
            0,
            start,
            self.leaves[start:end],
            [leaf_hash(leaf) for leaf in self.leaves[start:end]],
            [detail_field(leaf) for leaf in self.leaves[start:end]],
            self.details[start:end] if details else [None] * (end - start),
            head,
            end == head.size,
            0,
        )

    def packages(
        self, start: int = 0, size: int | None = None, *, details: bool = True
    ) -> list[Package]:
        """Return everything from `start` on, a block at a time."""
        size = len(self.leaves) if size is None else size
        cuts = [start, *range(start + BLOCK_ENTRIES - start % BLOCK_ENTRIES, size, BLOCK_ENTRIES)]
        return [
            self.package(a, b, size, details=details)
            for a, b in zip(cuts, [*cuts[1:], size], strict=True)
        ]

    def events(self, size: int | None = None) -> list[ChainSeen | Package]:
        """Return chain and packages, as a first exchange brings them."""
        return [ChainSeen(self.chain), *self.packages(size=size)]


def item_draft(code: str, name: str = "A tool") -> Draft:
    """Return what `item add` appends."""
    fact = ItemSet(**BLANK, code=code, kind="tool", unit="piece")
    return Draft(fact, encode_detail({"name": name}))


def item_drafts(codes: Iterable[str]) -> list[Draft]:
    return [item_draft(code) for code in codes]
