"""Labs and their epochs to test with: the same keys and words at every run."""

import hashlib

from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.entry import encode_fact
from fedlab.protocol.identity import (
    Chain,
    SecretKeys,
    make_epoch,
    make_genesis,
    read_chain,
    recovery_hash,
    recovery_seed,
)
from fedlab.protocol.keys import signing_public
from fedlab.protocol.merkle import inclusion_proof, leaf_hash, root_of
from fedlab.protocol.openings import Words, WordsProof
from fedlab.protocol.trees import ListTree

ENTROPY = bytes(range(16))
LATER_ENTROPY = bytes(range(16, 32))


def secrets(number: int) -> SecretKeys:
    """Return keys that are different for every number."""
    return SecretKeys(*(hashlib.sha256(b"%d/%d" % (number, use)).digest() for use in range(4)))


def named(opens: int, entropy: bytes = ENTROPY) -> bytes:
    return recovery_hash(signing_public(recovery_seed(entropy, opens)))


def founded() -> Chain:
    return read_chain([make_genesis("fedlab", secrets(0).public(), named(1), at=1763900000)])


def head(chain: Chain, epoch: int, leaves: list[bytes], number: int = 0) -> Head:
    """Return a signed head over an epoch's first entry and some more."""
    root = root_of([leaf_hash(leaf) for leaf in [chain.leaves[epoch], *leaves]])
    seed = secrets(number).log
    return sign_head(seed, chain.network, chain.lab, epoch, 1 + len(leaves), root)


def opened(chain: Chain, number: int, leaves: list[bytes] | None = None, before: int = 0) -> Chain:
    """Return the chain with one epoch more, by the key that its newest leaf names."""
    epoch = len(chain.leaves)
    leaf = make_epoch(
        chain,
        secrets(number).public(),
        named(epoch + 1),
        head(chain, epoch - 1, leaves or [b"one", b"two"], before),
        seed=recovery_seed(ENTROPY, epoch),
        at=1763900000 + number,
    )
    return read_chain([*chain.leaves, leaf])


def opened_by_words(chain: Chain, number: int, at_index: int = 1, before: int = 0) -> Chain:
    """Return the chain with one epoch more, by words that were named later than its own."""
    epoch = len(chain.leaves)
    words = Words(
        at=9, by=chain.lab, e=epoch - 1, n=at_index, recovery=named(epoch, LATER_ENTROPY).hex()
    )
    leaves = [b"x"] * (at_index - 1) + [encode_fact(words)]
    hashes = [leaf_hash(leaf) for leaf in [chain.leaves[epoch - 1], *leaves]]
    path = inclusion_proof(ListTree(hashes), at_index, len(hashes))
    leaf = make_epoch(
        chain,
        secrets(number).public(),
        named(epoch + 1),
        head(chain, epoch - 1, leaves, before),
        seed=recovery_seed(LATER_ENTROPY, epoch),
        at=5,
        words=WordsProof(at=9, n=at_index, path=tuple(node.hex() for node in path)),
    )
    return read_chain([*chain.leaves, leaf])
