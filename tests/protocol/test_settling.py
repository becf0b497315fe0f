"""Chains that give way to others while their logs are offered: nobody is blamed, nothing breaks."""

import pytest

from fedlab.protocol import events, frames
from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.entry import encode_fact
from fedlab.protocol.identity import (
    Chain,
    SecretKeys,
    make_epoch,
    read_chain,
    recovery_hash,
    settle,
)
from fedlab.protocol.keys import signing_public
from fedlab.protocol.merkle import inclusion_proof, leaf_hash, leaf_hashes, root_of
from fedlab.protocol.offers import Offers
from fedlab.protocol.openings import Words, WordsProof
from fedlab.protocol.trees import ListTree

from .nodes import NETWORK, Lab, Node, seed
from .puppet import Puppet, heads

LATER = seed("later words")


def keys(number: int) -> SecretKeys:
    return SecretKeys(*(seed("epoch", number, use) for use in range(4)))


def opened(lab: Lab, chain: Chain, secret: bytes, number: int, words: WordsProof | None) -> Chain:
    """Return the chain with one epoch more, with the keys of that number."""
    prev = lab.head() if chain.epoch == 0 else head(chain, number - 1)
    named = recovery_hash(signing_public(seed("next", number)))
    public = keys(number).public()
    leaf = make_epoch(chain, public, named, prev, seed=secret, at=1, words=words)
    return read_chain([*chain.leaves, leaf])


def head(chain: Chain, number: int) -> Head:
    root = root_of([leaf_hash(chain.leaves[-1])])
    return sign_head(keys(number).log, NETWORK, chain.lab, chain.epoch, 1, root)


@pytest.fixture
def carl() -> Lab:
    """A lab that has named other words later than those of its genesis."""
    carl = Lab("carl")
    named = recovery_hash(signing_public(LATER)).hex()
    carl.leaves.append(encode_fact(Words(at=2, by=carl.id, e=0, n=1, recovery=named)))
    carl.details.append(None)
    return carl


@pytest.fixture
def long(carl: Lab) -> Chain:
    """Two epochs more, the first of them by the words that were named later."""
    path = inclusion_proof(ListTree(leaf_hashes(carl.leaves)), 1, 2)
    words = WordsProof(at=2, n=1, path=tuple(node.hex() for node in path))
    return opened(carl, opened(carl, carl.chain, LATER, 1, words), seed("next", 1), 2, None)


@pytest.fixture
def short(carl: Lab) -> Chain:
    """One epoch more, by the key that the genesis named: the earliest key wins."""
    return opened(carl, carl.chain, seed("carl", "recovery"), 3, None)


def settled_meanwhile(anna: Node, carl: Lab, long: Chain, short: Chain, *, checked: bool) -> Puppet:
    """Offer the longer chain's newest log while somebody pulls it; then comes the shorter chain."""
    puppet = Puppet(anna, Lab("bert"))
    key = (carl.id, 2)
    anna.replica.claim(key, "another connection")
    puppet.say(frames.Chain(list(long.leaves)), heads(head(long, 2)))
    if checked:
        assert puppet.sync.offers.verify(puppet.sync.offers.heads[key])
    puppet.say(frames.Chain(list(short.leaves)))
    anna.replica.release(key, "another connection")
    puppet.listen()
    return puppet


@pytest.mark.parametrize("checked", [False, True])
def test_a_log_whose_epoch_gave_way_is_passed_over(
    anna: Node, carl: Lab, long: Chain, short: Chain, checked: bool
) -> None:
    """Once checked, it took the leaf of an epoch that the chain has no more: an IndexError."""
    assert settle(long, short) is short and short.epoch < long.epoch
    puppet = settled_meanwhile(anna, carl, long, short, checked=checked)
    assert anna.faults() == [] and not puppet.sync.closed
    assert puppet.all(frames.Want) == []
    puppet.say(heads(head(short, 3)))
    assert [want.epoch for want in puppet.all(frames.Want)] == [1]
    assert [seen.chain for seen in anna.of(events.ChainSeen)] == [short]


def test_a_chain_that_was_kept_meanwhile_is_not_undone(
    anna: Node, bert: Lab, carl: Lab, long: Chain, short: Chain
) -> None:
    """Bert shows the longer chain; before his log is asked for, Dora's shorter one is kept."""
    dora = Lab("dora")
    anna.vouch(bert, carl, dora)
    puppet, other = Puppet(anna, bert), Puppet(anna, dora)
    puppet.say(frames.Chain(list(long.leaves)))
    other.say(frames.Chain(list(short.leaves)), heads(head(short, 3)))
    assert anna.replica.chain(carl.id) == short
    puppet.offer(carl)
    assert anna.replica.chain(carl.id) == short and anna.faults() == []


def test_a_head_that_no_chain_ever_bore_is_still_its_carriers_fault(
    anna: Node, bert: Lab, short: Chain
) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(frames.Chain(list(short.leaves)), heads(head(short, 3)._replace(epoch=2)))
    assert anna.faults() == [("carrier", bert.id)]


def test_the_test_notices_a_head_that_is_checked_only_once(
    anna: Node, carl: Lab, long: Chain, short: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Negative control: whoever believes the first check fetches a log that is nobody's."""
    verify = Offers.verify
    monkeypatch.setattr(
        Offers, "verify", lambda self, offer: bool(offer.verified) or verify(self, offer)
    )
    with pytest.raises(AssertionError):
        test_a_log_whose_epoch_gave_way_is_passed_over(anna, carl, long, short, checked=True)
