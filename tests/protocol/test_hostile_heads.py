"""Heads, chains and our own head, made up or out of place: refused, and the carrier blamed."""

import pytest

from fedlab.protocol import frames
from fedlab.protocol.checkpoint import sign_head
from fedlab.protocol.events import OwnHead

from .nodes import Lab, Node
from .puppet import Puppet, carrier_is_blamed, heads


def test_a_head_with_a_wrong_signature_is_its_carriers_fault(anna: Node, bert: Lab) -> None:
    bert.write(3)
    forged = bert.head()._replace(sig=Lab("carl").head().sig)
    puppet = Puppet(anna, bert)
    puppet.say(heads(forged))
    carrier_is_blamed(puppet, "signature")


def test_a_head_signed_with_another_labs_key_is_its_carriers_fault(anna: Node, bert: Lab) -> None:
    bert.write(3)
    head = bert.head()
    mine = sign_head(Lab("carl").keys.log, "test", bert.id, 0, head.size, head.root)
    puppet = Puppet(anna, bert)
    puppet.say(heads(mine))
    carrier_is_blamed(puppet, "signature")


def test_a_head_before_its_chain_is_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(heads(Lab("carl").head()))
    carrier_is_blamed(puppet, "before its chain")


def test_a_head_of_an_epoch_that_the_chain_does_not_have_is_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(heads(bert.head()._replace(epoch=1)))
    carrier_is_blamed(puppet, "before its chain")


def test_a_log_that_goes_back_is_refused(anna: Node, bert: Lab) -> None:
    bert.write(9)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.say(heads(bert.head(5)))
    carrier_is_blamed(puppet, "went back")


def test_an_empty_log_is_not_offered(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(heads(bert.head()._replace(size=0)))
    carrier_is_blamed(puppet, "empty")


def test_a_chain_that_is_none_is_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(frames.Chain([b'{"t":"lab.genesis"}']))
    assert puppet.fault().fault == "carrier" and puppet.sync.closed


def test_a_chain_of_another_network_is_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(frames.Chain(list(Lab("stray", network="lille").chain.leaves)))
    carrier_is_blamed(puppet, "lille")


@pytest.mark.parametrize(
    ("limit", "most"), [("OFFERS_MAX", 20), ("OFFERED_CHAINS_BYTES_MAX", 20 * 450)]
)
def test_a_thousand_strangers_cost_a_bounded_memory(
    anna: Node, bert: Lab, monkeypatch: pytest.MonkeyPatch, limit: str, most: int
) -> None:
    """What is beyond is passed over: nobody is at fault for knowing many labs."""
    monkeypatch.setattr(f"fedlab.protocol.offers.{limit}", most)
    puppet = Puppet(anna, bert)
    for number in range(40):
        puppet.offer(Lab(f"stranger {number}"))
    assert len(puppet.sync.offers.heads) <= 21
    assert not puppet.sync.closed and not anna.faults()
    assert not any(isinstance(frame, frames.Want) for frame in puppet.heard)


def test_a_log_that_does_not_begin_with_its_genesis_is_its_authors_fault(
    anna: Node, bert: Lab
) -> None:
    bert.write(3)
    bert.leaves[0] = b"{}"
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert)
    assert (puppet.fault().fault, puppet.fault().lab) == ("author", bert.id)
    assert not puppet.sync.closed and anna.size_of(bert) == 0


# --- our own head ---


def test_a_head_of_ours_that_we_never_signed_is_its_carriers_fault(anna: Node, bert: Lab) -> None:
    other = anna.lab.twin(1)
    other.keys = bert.keys
    other.write(5)
    forged = other.head()
    puppet = Puppet(anna, bert, greet=False)
    puppet.say(frames.Hello("puppet", []), frames.YourHead(0, forged.size, forged.root, forged.sig))
    carrier_is_blamed(puppet, "never signed")
    assert not anna.of(OwnHead)


@pytest.mark.parametrize(
    "frame",
    [
        frames.YourHead(0, 0, b"r" * 32, b""),
        frames.YourHead(0, 5, b"", b"s" * 64),
        frames.YourHead(0, 5, b"r" * 32, b""),
        frames.YourHead(1, 5, b"r" * 32, b"s" * 64),
    ],
)
def test_half_a_head_of_ours_is_refused(anna: Node, bert: Lab, frame: frames.YourHead) -> None:
    puppet = Puppet(anna, bert, greet=False)
    puppet.say(frames.Hello("puppet", []), frame)
    assert puppet.fault().fault == "carrier" and not anna.of(OwnHead)


def test_the_same_in_a_heads_frame(anna: Node, bert: Lab) -> None:
    forged = anna.lab.head()._replace(size=9)
    puppet = Puppet(anna, bert)
    puppet.say(heads(forged))
    carrier_is_blamed(puppet, "signature")
    assert anna.of(OwnHead) == [OwnHead(None)]


def test_two_cards_with_our_keys_are_our_own_fault(anna: Node, bert: Lab) -> None:
    """Bert shows a head that Anna's keys signed, and that Anna's log cannot have."""
    other = anna.lab.twin(1)
    other.write(2, tag=".other")
    anna.lab.write(4)
    anna.holds(anna.lab)
    head = other.head()
    puppet = Puppet(anna, bert, greet=False)
    puppet.say(frames.Hello("puppet", []), frames.YourHead(0, head.size, head.root, head.sig))
    assert OwnHead(head) in anna.of(OwnHead)
    fault = puppet.fault()
    assert (fault.fault, fault.lab) == ("us", anna.lab.id)
    assert fault.evidence is not None
    fault.evidence.check("test", anna.lab.chain)
    assert not puppet.sync.closed
