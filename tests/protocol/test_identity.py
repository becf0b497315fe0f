"""Genesis, epochs, recovery, and which of two chains holds (docs/reference/identity.md)."""

import hashlib
import hmac
import itertools
import json

import msgspec
import pytest

from fedlab.protocol import identity
from fedlab.protocol.errors import LocalProtocolError, RemoteProtocolError
from fedlab.protocol.identity import (
    Chain,
    KeySet,
    lab_id,
    make_epoch,
    make_genesis,
    read_chain,
    recovers,
    recovery_hash,
    recovery_seed,
    settle,
)
from fedlab.protocol.keys import sign, signing_public
from fedlab.protocol.limits import EPOCHS_MAX
from fedlab.protocol.merkle import leaf_hash
from fedlab.protocol.openings import WordsProof
from tests.conftest import REPO
from tests.protocol.chains import (
    ENTROPY,
    LATER_ENTROPY,
    founded,
    head,
    named,
    opened,
    opened_by_words,
    secrets,
)

# --- known answers: these formats are frozen ---


def test_the_seed_of_a_recovery_key_is_hkdf_of_the_words_entropy() -> None:
    """RFC 5869 by hand: extract with a salt of zeros, expand once."""
    extracted = hmac.digest(bytes(32), ENTROPY, "sha256")
    expanded = hmac.digest(extracted, b"fedlab/words/1\n" + b"1" + b"\x01", "sha256")
    assert recovery_seed(ENTROPY) == expanded
    assert expanded.hex() == "afdde63dafd2fe7741ca2e2a5bd7289fb032b641667cc81b5e79ff91fb8681c7"
    assert recovery_seed(ENTROPY, opens=2) != expanded


def test_a_recovery_key_is_named_by_a_hash() -> None:
    public = signing_public(recovery_seed(ENTROPY))
    assert recovery_hash(public) == hashlib.sha256(b"fedlab/recovery/1\n" + public).digest()
    assert (
        recovery_hash(public).hex()
        == "dd64c41e37e8b57b023925cf9c491f55a919e6d3fd9d3ac28657e44540fac325"
    )


def test_a_lab_is_the_leaf_hash_of_its_genesis() -> None:
    chain = founded()
    genesis = json.loads(chain.leaves[0])
    assert list(genesis) == sorted(
        ["at", "e", "log", "n", "network", "noise", "recovery", "seal", "t", "v", "witness"]
    )
    assert (
        chain.lab == lab_id(chain.leaves[0]) == hashlib.sha256(b"\0" + chain.leaves[0]).hexdigest()
    )
    assert chain.lab == "7e4a99c1109cacfd8de2127fdcf3c30310e896986ba11ab0d539a2dff33ce4a8"
    assert (chain.network, chain.epoch, chain.ends, chain.ranks) == ("fedlab", 0, (None,), ())
    assert chain.keys(0) == secrets(0).public()


def test_an_opening_is_signed_without_its_signature() -> None:
    chain = opened(founded(), 1)
    opening = json.loads(chain.leaves[1])
    sig = bytes.fromhex(opening.pop("sig"))
    text = json.dumps(opening, sort_keys=True, separators=(",", ":")).encode()
    assert sig == sign(recovery_seed(ENTROPY), b"fedlab/epoch/1\n" + text)
    assert (
        leaf_hash(chain.leaves[1]).hex()
        == "0a1dfa20ade4b311ea6e8c25f0b9a596343ea6a92d43c94d1c647ed7bf2f7e5c"
    )


def test_the_reference_gives_this_example() -> None:
    text = (REPO / "docs" / "reference" / "identity.md").read_text()
    chain = opened(founded(), 1)
    seed = recovery_seed(ENTROPY)
    values = [seed, signing_public(seed), named(1), bytes.fromhex(chain.lab)]
    for value in [*values, leaf_hash(chain.leaves[1])]:
        assert f"| `{value.hex()}` |" in text
    for leaf in chain.leaves:
        assert f"\n```\n{leaf.decode()}\n```\n" in text


# --- keys ---


def test_words_of_another_length_are_refused() -> None:
    with pytest.raises(LocalProtocolError):
        recovery_seed(bytes(15))


def test_secret_keys_do_not_print_themselves() -> None:
    assert repr(secrets(0)) == "SecretKeys()"


def test_a_network_has_a_plain_name() -> None:
    for name in ("", "Fedlab", "a b", "x" * 33, "fed/lab", "é"):
        with pytest.raises(LocalProtocolError):
            make_genesis(name, secrets(0).public(), named(1), at=0)


# Small order: 0, 1 and -1 of Ed25519; 0 and 1 of X25519 (RFC 7748, section 6.1).
@pytest.mark.parametrize("use", ["log", "witness", "noise", "seal"])
@pytest.mark.parametrize("key", [bytes(32), b"\1" + bytes(31)])
def test_keys_of_small_order_are_refused(use: str, key: bytes) -> None:
    public = secrets(0).public()
    weak = KeySet(*(key if name == use else getattr(public, name) for name in KeySet.__slots__))
    with pytest.raises(LocalProtocolError, match="small order"):
        make_genesis("fedlab", weak, named(1), at=0)


def test_one_key_has_one_use() -> None:
    public = secrets(0).public()
    with pytest.raises(LocalProtocolError, match="two uses"):
        make_genesis(
            "fedlab", KeySet(public.log, public.log, public.noise, public.seal), named(1), at=0
        )


# --- chains ---


def test_an_epoch_ends_where_the_next_one_goes_on() -> None:
    chain = opened(opened(founded(), 1), 2, [b"one"], before=1)
    assert chain.ends == (3, 2, None)
    assert [chain.end(epoch) for epoch in range(4)] == [3, 2, None, None]
    assert chain.keys(2) == secrets(2).public()
    assert chain.ranks == (0, 0)


def test_keys_of_an_epoch_that_is_not_there_are_not_there() -> None:
    with pytest.raises(RemoteProtocolError):
        founded().keys(1)
    with pytest.raises(RemoteProtocolError):
        founded().keys(-1)


def test_an_epoch_whose_heads_are_all_lost_can_be_left_out() -> None:
    """Nobody holds a head of epoch 1, so epoch 2 goes on from epoch 0."""
    chain = opened(founded(), 1)
    leaf = make_epoch(
        chain,
        secrets(2).public(),
        named(3),
        head(chain, 0, [b"one"]),
        seed=recovery_seed(ENTROPY, 2),
        at=1,
    )
    assert read_chain([*chain.leaves, leaf]).ends == (2, 1, None)


def test_words_named_later_open_an_epoch_with_the_proof_that_they_were() -> None:
    chain = opened_by_words(founded(), 1, at_index=5)
    assert chain.ranks == (5,)
    assert chain.ends == (6, None)


def test_words_say_whether_they_are_the_right_ones() -> None:
    assert recovers(founded(), ENTROPY)
    assert not recovers(founded(), LATER_ENTROPY)
    assert recovers(opened(founded(), 1), ENTROPY)


def test_a_chain_of_another_network_is_refused_by_name() -> None:
    with pytest.raises(RemoteProtocolError, match="fedlab, not of elsewhere"):
        read_chain(founded().leaves, "elsewhere")
    assert read_chain(founded().leaves, "fedlab") == founded()


def test_any_changed_byte_of_a_chain_makes_another_lab_or_none() -> None:
    chain = opened(founded(), 1)
    for number, leaf in enumerate(chain.leaves):
        for at in range(0, len(leaf), 7):
            changed = bytearray(leaf)
            changed[at] ^= 1
            leaves = list(chain.leaves)
            leaves[number] = bytes(changed)
            try:
                found = read_chain(leaves[: number + 1])
            except RemoteProtocolError as exc:
                assert exc.fault == "carrier"
            else:
                assert number == 0 and found.lab != chain.lab


def mutant(chain: Chain, **changes: object) -> list[bytes]:
    """Return the chain with its last opening changed and signed again by the right key."""
    opening = json.loads(chain.leaves[-1])
    opening.pop("sig")
    for key, value in changes.items():
        opening[key] = {**opening[key], **value} if isinstance(value, dict) else value
    seed = recovery_seed(ENTROPY, chain.epoch)
    spelled = json.dumps(opening, sort_keys=True, separators=(",", ":")).encode()
    opening["sig"] = sign(seed, b"fedlab/epoch/1\n" + spelled).hex()
    last = json.dumps(opening, sort_keys=True, separators=(",", ":")).encode()
    return [*chain.leaves[:-1], last]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"e": 2}, "not an opening of this lab's epoch 1"),
        ({"n": 1}, "not an opening of this lab's epoch 1"),
        ({"by": "ab" * 32}, "not an opening of this lab's epoch 1"),
        ({"prev": {"e": 1}}, "no epoch 1"),
        ({"prev": {"size": 4}}, "signature does not fit"),
        ({"prev": {"root": "ab" * 32}}, "signature does not fit"),
        ({"prev": {"sig": "ab" * 64}}, "signature does not fit"),
        ({"log": secrets(0).public().log.hex()}, "served before"),
        ({"log": "00" * 32}, "small order"),
        ({"noise": "00" * 32}, "small order"),
        ({"witness": secrets(1).public().log.hex()}, "two uses"),
        ({"words": {"at": 9, "n": 1, "path": ["ab" * 32]}}, "proof fails"),
        ({"words": {"at": 9, "n": 3, "path": ["ab" * 32]}}, "cannot hold"),
        ({"colour": "blue"}, "malformed"),
    ],
)
def test_an_opening_that_does_not_follow_is_refused(
    changes: dict[str, object], reason: str
) -> None:
    chain = opened(founded(), 1)
    if isinstance(changes.get("words"), dict):
        leaf = json.loads(chain.leaves[-1]) | {"words": changes["words"]}
        chain = msgspec.structs.replace(chain, leaves=(chain.leaves[0], json.dumps(leaf).encode()))
    assert read_chain(mutant(opened(founded(), 1))) == opened(founded(), 1)
    with pytest.raises(RemoteProtocolError, match=reason):
        read_chain(mutant(chain, **changes))


def test_an_opening_by_a_key_that_nobody_named_is_refused() -> None:
    chain = founded()
    with pytest.raises(LocalProtocolError, match="no earlier one named"):
        make_epoch(
            chain,
            secrets(1).public(),
            named(2),
            head(chain, 0, []),
            seed=recovery_seed(LATER_ENTROPY),
            at=0,
        )


def test_an_opening_ends_the_force_of_keys_named_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Words named in epoch 0 cannot open epoch 2."""
    by_words = opened_by_words(founded(), 1)
    stale = json.loads(by_words.leaves[1])
    chain = opened(founded(), 2)
    with pytest.raises(LocalProtocolError, match="cannot hold"):
        make_epoch(
            chain,
            secrets(3).public(),
            named(3),
            head(chain, 0, [b"w"]),
            seed=recovery_seed(LATER_ENTROPY, 1),
            at=0,
            words=msgspec.convert(stale["words"], WordsProof),
        )


def test_an_unsigned_opening_is_refused() -> None:
    chain = opened(founded(), 1)
    opening = json.loads(chain.leaves[1])
    del opening["sig"]
    leaf = json.dumps(opening, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(RemoteProtocolError, match="not signed"):
        read_chain([chain.leaves[0], leaf])


def test_a_forged_opening_passes_where_signatures_are_not_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Negative control: the signature is what keeps others from opening an epoch."""
    leaves = mutant(opened(founded(), 1))
    forged = [leaves[0], leaves[1].replace(b'"at":1763900001', b'"at":1763900002')]
    with pytest.raises(RemoteProtocolError):
        read_chain(forged)
    monkeypatch.setattr(identity, "verify", lambda *_: None)
    read_chain(forged)


def test_chains_have_a_length() -> None:
    with pytest.raises(RemoteProtocolError, match="0 epochs"):
        read_chain([])
    with pytest.raises(RemoteProtocolError, match="48 is the most"):
        read_chain([founded().leaves[0]] * (EPOCHS_MAX + 1))
    with pytest.raises(RemoteProtocolError, match="a chain of more than 61,440 bytes"):
        read_chain([founded().leaves[0], b"x" * 61_440])


def test_the_longest_chain_can_be_read() -> None:
    chain = founded()
    for number in range(1, EPOCHS_MAX):
        chain = opened(chain, number, before=number - 1)
    assert chain.epoch == EPOCHS_MAX - 1
    with pytest.raises(LocalProtocolError):
        opened(chain, EPOCHS_MAX, before=EPOCHS_MAX - 1)


@pytest.mark.parametrize("place", [b'"e":1,', b'"n":1,'])
def test_a_genesis_is_entry_0_of_epoch_0(place: bytes) -> None:
    leaf = founded().leaves[0].replace(place.replace(b"1", b"0"), place)
    with pytest.raises(RemoteProtocolError, match="entry 0 of epoch 0"):
        read_chain([leaf])


def test_a_lab_of_a_version_to_come_says_so() -> None:
    leaf = founded().leaves[0].replace(b'"v":1', b'"v":2')
    with pytest.raises(RemoteProtocolError) as caught:
        read_chain([leaf])
    assert caught.value.hint == "Upgrade fedlab."


# --- which of two chains holds ---


def test_a_longer_chain_holds() -> None:
    short, long = founded(), opened(founded(), 1)
    assert settle(short, long) is settle(long, short) is long
    assert settle(short, short) is short


def test_the_earliest_named_key_holds_whatever_follows() -> None:
    """Whoever stole the hot keys can name words, but only after those of the genesis."""
    owner = opened(founded(), 1)
    thief = opened(opened_by_words(founded(), 2), 3, before=2)
    assert len(thief.leaves) > len(owner.leaves)
    assert settle(owner, thief) is settle(thief, owner) is owner
    early, late = opened_by_words(founded(), 1, 2), opened_by_words(founded(), 2, 4)
    assert settle(early, late) is settle(late, early) is early


def test_two_openings_by_one_key_suspend_until_one_is_continued() -> None:
    one, other = opened(founded(), 1), opened(founded(), 2)
    assert settle(one, other) is None
    continued = opened(other, 3, before=2)
    assert settle(one, continued) is settle(continued, one) is continued


def test_it_does_not_matter_who_hears_of_which_chain_first() -> None:
    """What is held after hearing of all chains, in any order, is the same."""
    base = founded()
    one, other, words = opened(base, 1), opened(base, 2), opened_by_words(base, 3)
    chains = [base, one, words, opened(other, 4, before=2), opened_by_words(other, 5, 1, 2)]
    results = set()
    for order in itertools.permutations(chains):
        held = order[0]
        for heard in order[1:]:
            held = settle(held, heard) or held
        results.add(held.leaves)
    assert results == {chains[3].leaves}
