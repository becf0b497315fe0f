"""Who a lab is: its genesis, its keys epoch after epoch, and the words that open the next one.

A lab's id is the leaf hash of its genesis. Each *epoch* has one log under one log key. Any change
of keys opens the next epoch: its entry 0, the *opening*, is signed by a *recovery key* that was
only known by its hash until then, continues from a signed head, carries new keys, and names the
next recovery key by its hash. Genesis and openings together are the lab's *chain*: it travels in
every handshake, and proves by itself which keys are the lab's.

Besides the one in genesis or opening, a recovery key can be named later, by a `lab.words` fact in
the log of the running epoch; an opening by such a key carries the proof that the fact was there.
An opening ends the force of every key named before it. docs/reference/identity.md has it all.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from msgspec import UNSET, Struct
from msgspec.structs import replace

from .checkpoint import Head, verify_head
from .entry import LabId as LabId  # whoever deals in chains deals in labs
from .entry import decode_fact, encode_fact
from .errors import LocalProtocolError, RemoteProtocolError
from .keys import (
    KEY_BYTES,
    agreement_public,
    check_agreement_key,
    check_signing_key,
    sign,
    signing_public,
    verify,
)
from .limits import CHAIN_BYTES_MAX, EPOCHS_MAX, TREE_SIZE_MAX
from .merkle import leaf_hash, verify_inclusion
from .openings import Genesis, Opening, Prev, Words, WordsProof

GENESIS_VERSION: Final = 1
RECOVERY_DOMAIN: Final = b"fedlab/recovery/1\n"
EPOCH_DOMAIN: Final = b"fedlab/epoch/1\n"
WORDS_DOMAIN: Final = b"fedlab/words/1\n"
ENTROPY_BYTES: Final = (16, 20, 24, 28, 32)  # BIP-39: 12, 15, 18, 21 or 24 words


# --- keys ---


@dataclass(frozen=True, slots=True)
class KeySet:
    """The public keys of one epoch, 32 bytes each."""

    log: bytes  # Ed25519, signs checkpoints and nothing else
    witness: bytes  # Ed25519, cosigns other labs' checkpoints
    noise: bytes  # X25519, static key of the channel
    seal: bytes  # X25519, opens what was sealed to this lab

    def check(self) -> None:
        """Raise RemoteProtocolError for a key that proves nothing, or one that has two uses."""
        check_signing_key(self.log)
        check_signing_key(self.witness)
        check_agreement_key(self.noise)
        check_agreement_key(self.seal)
        if len({self.log, self.witness, self.noise, self.seal}) != 4:
            raise RemoteProtocolError("one key with two uses")


@dataclass(frozen=True, slots=True)
class SecretKeys:
    """The private halves of a `KeySet`, 32 random bytes each; never in a backup."""

    log: bytes = field(repr=False)
    witness: bytes = field(repr=False)
    noise: bytes = field(repr=False)
    seal: bytes = field(repr=False)

    def public(self) -> KeySet:
        """Return the public halves."""
        return KeySet(
            signing_public(self.log),
            signing_public(self.witness),
            agreement_public(self.noise),
            agreement_public(self.seal),
        )


def recovery_seed(entropy: bytes, opens: int = 1) -> bytes:
    """Return the Ed25519 seed of the recovery key that opens an epoch, from the words' entropy.

    HKDF-SHA-256 (RFC 5869) without salt, info "fedlab/words/1", newline, the number of the epoch
    that the key opens in decimal. From the entropy (BIP-39), not from the words, so that words of
    any language serve; with the number, so that one paper lasts for every epoch to come.
    Raises LocalProtocolError for an entropy of another length than BIP-39 has.
    """
    if len(entropy) not in ENTROPY_BYTES:
        raise LocalProtocolError(f"recovery words hold 16 to 32 bytes, not {len(entropy)}")
    info = WORDS_DOMAIN + str(opens).encode()
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(entropy)


def recovery_hash(public: bytes) -> bytes:
    """Return SHA-256("fedlab/recovery/1" newline, key): how a recovery key is named beforehand."""
    return hashlib.sha256(RECOVERY_DOMAIN + public).digest()


F = TypeVar("F", Genesis, Opening)


# --- the chain ---


class Chain(Struct, frozen=True):
    """A lab's verified genesis and openings; index in each tuple is the epoch."""

    lab: LabId
    network: str
    epochs: tuple[KeySet, ...]
    leaves: tuple[bytes, ...]
    recovery: bytes  # hash of the key that its newest leaf names to open the next epoch
    ends: tuple[int | None, ...]  # entries of each epoch that count; None where it still runs
    ranks: tuple[int, ...]  # of each opening's key: index of the entry that named it, see `settle`

    @property
    def epoch(self) -> int:
        """The number of the newest epoch."""
        return len(self.leaves) - 1

    def keys(self, epoch: int) -> KeySet:
        """Return the public keys of an epoch; raises RemoteProtocolError where there is none."""
        if not 0 <= epoch < len(self.epochs):
            raise RemoteProtocolError(f"the lab's chain has no epoch {epoch}")
        return self.epochs[epoch]

    def end(self, epoch: int) -> int | None:
        """Return how many entries of an epoch count, or None while it runs or is unknown.

        Entries from there on are DISPUTED.
        """
        return self.ends[epoch] if epoch < len(self.ends) else None


def lab_id(genesis_leaf: bytes) -> LabId:
    """Return the id of the lab that this genesis makes."""
    return leaf_hash(genesis_leaf).hex()


def make_genesis(network: str, keys: KeySet, recovery_hash: bytes, at: int) -> bytes:
    """Return the leaf of a new lab; raises LocalProtocolError for a name or key that is refused."""
    genesis = Genesis(
        at=at, e=0, n=0, v=GENESIS_VERSION, network=network, **_named(keys, recovery_hash)
    )
    leaf = encode_fact(genesis)
    _check_own((leaf,))
    return leaf


def make_epoch(
    chain: Chain,
    keys: KeySet,
    recovery_hash: bytes,
    prev: Head,
    *,
    seed: bytes,
    at: int,
    words: WordsProof | None = None,
) -> bytes:
    """Return the opening of the next epoch, signed with the seed of a recovery key.

    Raises LocalProtocolError where the chain would not stand with it.
    """
    opening = Opening(
        at=at,
        by=chain.lab,
        e=len(chain.leaves),
        n=0,
        key=signing_public(seed).hex(),
        prev=Prev(e=prev.epoch, size=prev.size, root=prev.root.hex(), sig=prev.sig.hex()),
        words=words or UNSET,
        **_named(keys, recovery_hash),
    )
    signed = replace(opening, sig=sign(seed, _signed_text(opening)).hex())
    leaf = encode_fact(signed)
    _check_own((*chain.leaves, leaf))
    return leaf


def read_chain(leaves: Sequence[bytes], network: str | None = None) -> Chain:
    """Return the chain that these leaves make: the genesis, then the opening of each epoch.

    Raises RemoteProtocolError where they prove nothing, or belong to another network than the
    one given: whoever carried them could have made them up, so no author is to blame.
    """
    if not 1 <= len(leaves) <= EPOCHS_MAX:
        raise RemoteProtocolError(f"a chain of {len(leaves)} epochs; {EPOCHS_MAX} is the most")
    if sum(map(len, leaves)) > CHAIN_BYTES_MAX:
        raise RemoteProtocolError(f"a chain of more than {CHAIN_BYTES_MAX:,} bytes")
    chain = _read_genesis(leaves[0])
    if network is not None and chain.network != network:
        raise RemoteProtocolError(f"a lab of the network {chain.network}, not of {network}")
    for leaf in leaves[1:]:
        chain = _read_opening(chain, leaf)
    return chain


def settle(one: Chain, other: Chain) -> Chain | None:
    """Return which of two chains of a lab holds, or None where they suspend each other.

    Of two openings of an epoch the one by the earliest named key holds, whatever follows: a key
    in genesis or opening comes before all that `lab.words` named later. Two openings by one key
    suspend the lab, until one of them is continued. So the keys' ranks are compared in order,
    lower first, and any opening comes before none: a total order, whoever hears of what first.
    """
    assert one.lab == other.lab
    if one.leaves == other.leaves:
        return one
    never = (TREE_SIZE_MAX,)
    first, second = one.ranks + never, other.ranks + never
    if first == second:
        return None
    return one if first < second else other


def _named(keys: KeySet, recovery: bytes) -> dict[str, str]:
    return {
        "log": keys.log.hex(),
        "witness": keys.witness.hex(),
        "noise": keys.noise.hex(),
        "seal": keys.seal.hex(),
        "recovery": recovery.hex(),
    }


def _check_own(leaves: Sequence[bytes]) -> None:
    try:
        read_chain(leaves)
    except RemoteProtocolError as exc:  # nobody sent them: we made the last one ourselves
        raise LocalProtocolError(str(exc), exc.hint) from exc


def _keys_of(fact: Genesis | Opening) -> KeySet:
    keys = KeySet(*(bytes.fromhex(key) for key in (fact.log, fact.witness, fact.noise, fact.seal)))
    keys.check()
    return keys


def _decode(leaf: bytes, kind: type[F]) -> F:
    try:
        return decode_fact(leaf, kind)
    except RemoteProtocolError as exc:  # unsigned so far: the carrier answers for it
        raise RemoteProtocolError(f"malformed chain: {exc}") from exc


def _read_genesis(leaf: bytes) -> Chain:
    genesis = _decode(leaf, Genesis)
    if genesis.v != GENESIS_VERSION:
        raise RemoteProtocolError(
            f"a lab of version {genesis.v}; this fedlab knows {GENESIS_VERSION}", "Upgrade fedlab."
        )
    if (genesis.e, genesis.n) != (0, 0):
        raise RemoteProtocolError("malformed chain: a genesis is entry 0 of epoch 0")
    return Chain(
        lab=lab_id(leaf),
        network=genesis.network,
        epochs=(_keys_of(genesis),),
        leaves=(leaf,),
        recovery=bytes.fromhex(genesis.recovery),
        ends=(None,),
        ranks=(),
    )


def _read_opening(chain: Chain, leaf: bytes) -> Chain:
    """Return the chain with one opening more, once everything in it is proved."""
    opening = _decode(leaf, Opening)
    epoch = len(chain.leaves)
    if (opening.by, opening.e, opening.n) != (chain.lab, epoch, 0):
        raise RemoteProtocolError(f"malformed chain: not an opening of this lab's epoch {epoch}")
    if opening.sig is UNSET:
        raise RemoteProtocolError(f"the opening of epoch {epoch} is not signed")
    keys, key = _keys_of(opening), bytes.fromhex(opening.key)
    verify(key, _signed_text(opening), bytes.fromhex(opening.sig))
    _check_prev(chain, opening)
    rank = _rank(chain, opening, recovery_hash(key))
    if any(keys.log == earlier.log for earlier in chain.epochs):
        raise RemoteProtocolError(f"the log key of epoch {epoch} has served before")
    prev = opening.prev
    after = (1,) * (epoch - prev.e - 1)  # of epochs that are left out, the opening alone counts
    return Chain(
        lab=chain.lab,
        network=chain.network,
        epochs=(*chain.epochs, keys),
        leaves=(*chain.leaves, leaf),
        recovery=bytes.fromhex(opening.recovery),
        ends=(*chain.ends[: prev.e], prev.size, *after, None),
        ranks=(*chain.ranks, rank),
    )


def _signed_text(opening: Opening) -> bytes:
    return EPOCH_DOMAIN + encode_fact(replace(opening, sig=UNSET))


def _check_prev(chain: Chain, opening: Opening) -> None:
    prev = opening.prev
    root, sig = bytes.fromhex(prev.root), bytes.fromhex(prev.sig)
    head = Head(chain.lab, prev.e, prev.size, root, sig)
    verify_head(head, chain.network, chain.keys(prev.e).log)


def _rank(chain: Chain, opening: Opening, named: bytes) -> int:
    """Return the index of the entry that named the revealed key; its opening is entry 0.

    Raises RemoteProtocolError where nothing named it.
    """
    words, prev = opening.words, opening.prev
    if words is UNSET:
        if named != chain.recovery:
            raise RemoteProtocolError("an opening by a key that no earlier one named")
        return 0
    if prev.e != chain.epoch or words.n >= prev.size:
        raise RemoteProtocolError("an opening by words that the head it continues cannot hold")
    fact = Words(at=words.at, by=chain.lab, e=prev.e, n=words.n, recovery=named.hex())
    verify_inclusion(
        words.n,
        prev.size,
        leaf_hash(encode_fact(fact)),
        bytes.fromhex(prev.root),
        [bytes.fromhex(node) for node in words.path],
    )
    return words.n


def recovers(chain: Chain, entropy: bytes) -> bool:
    """Say whether recovery words are those that the chain's newest leaf names."""
    seed = recovery_seed(entropy, len(chain.leaves))
    return recovery_hash(signing_public(seed)) == chain.recovery
