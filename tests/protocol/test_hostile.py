"""Peers that break the rules, and labs that sign two pasts: each refused, the right one blamed.

A `Puppet` is let in like any friend and then says what the test tells it to. In every case nothing
wrong is committed, and what is at fault is named: the carrier that sent it, or the author that
signed it, whoever carried that.
"""

from collections.abc import Callable

import msgspec
import pytest

from fedlab.protocol import events, frames, transfer
from fedlab.protocol.checkpoint import sign_head
from fedlab.protocol.errors import RemoteProtocolError
from fedlab.protocol.events import Closed, OwnHead, Package
from fedlab.protocol.evidence import SplitView, decode_evidence
from fedlab.protocol.frames import encode_frame
from fedlab.protocol.limits import (
    CREDIT_BYTES,
    CREDIT_BYTES_MAX,
    FRAME_BYTES_MAX,
    REQUESTS_MAX,
    STALL_SECONDS,
    WANT_ENTRIES_MAX,
)
from fedlab.protocol.merkle import consistency_proof, leaf_hashes
from fedlab.protocol.transfer import root_at
from fedlab.protocol.trees import ListTree

from .nodes import Lab, Node, Puppet, Wire, friends, heads, package_frames


@pytest.fixture
def bert() -> Lab:
    return Lab("bert")


@pytest.fixture
def anna(bert: Lab) -> Node:
    """The victim, who vouches for Bert and Carl."""
    return Node(Lab("anna"), vouches=[bert, Lab("carl")])


def carrier_is_blamed(puppet: Puppet, match: str) -> None:
    fault = puppet.fault()
    assert (fault.fault, fault.lab) == ("carrier", puppet.lab.id)
    assert match in fault.message, fault.message
    assert puppet.sync.closed
    bye = puppet.last(frames.Bye)
    assert isinstance(bye, frames.Bye) and match in bye.message and bye.retry_s > 0


# --- garbage in packages --------------------------------------------------------------------------


def changed_leaf(package: frames.Package) -> frames.Package:
    leaves = list(package.leaves)
    leaves[-1] = leaves[-1][:-1] + b"!"
    return msgspec.structs.replace(package, leaves=leaves)


def changed_proof(package: frames.Package) -> frames.Package:
    return msgspec.structs.replace(package, proof=[b"?" * 32, *package.proof[1:]])


def longer_proof(package: frames.Package) -> frames.Package:
    return msgspec.structs.replace(package, proof=[*package.proof, b"?" * 32])


@pytest.mark.parametrize("spoil", [changed_leaf, changed_proof, longer_proof])
def test_a_package_that_does_not_reach_the_head_is_its_carriers_fault(
    anna: Node, bert: Lab, spoil: Callable[[frames.Package], frames.Package]
) -> None:
    bert.write(700)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=spoil)
    carrier_is_blamed(puppet, "proof fails")
    assert anna.size_of(bert) == 0


def test_garbage_later_on_costs_only_what_came_after(anna: Node, bert: Lab) -> None:
    bert.write(700)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=lambda p: changed_leaf(p) if p.start == 256 else p)
    carrier_is_blamed(puppet, "proof fails")
    assert anna.size_of(bert) == 256
    honest = Puppet(anna, bert)
    honest.offer(bert)
    honest.answer(bert)
    assert anna.size_of(bert) == 701


def test_garbage_in_the_open_block_is_told_from_a_split_view_by_a_proof(
    anna: Node, bert: Lab
) -> None:
    """Anna holds a part of the block, so what fails might be her part: she asks for a proof."""
    bert.write(299)
    anna.holds(bert, 280)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=changed_leaf)
    assert not puppet.sync.closed
    asked = puppet.last(frames.WantProof)
    assert isinstance(asked, frames.WantProof) and (asked.old, asked.new) == (280, 300)
    puppet.say(proof_of(bert, 280, 300))
    carrier_is_blamed(puppet, "garbage")
    assert anna.size_of(bert) == 280


def proof_of(lab: Lab, old: int, new: int) -> frames.Proof:
    tree = ListTree(leaf_hashes(lab.leaves))
    hashes = consistency_proof(tree, old, new)
    return frames.Proof(bytes.fromhex(lab.id), 0, old, new, root_at(tree, old), hashes)


@pytest.mark.parametrize(
    "change",
    [
        {"hashes": [b"?" * 32]},
        {"old_root": b"?" * 32},
        {"old": 279},
        {"new": 299},
        {"lab": b"?" * 32},
    ],
)
def test_a_proof_that_proves_nothing_is_its_carriers_fault(
    anna: Node, bert: Lab, change: dict[str, object]
) -> None:
    """Else anybody could freeze anybody's log."""
    bert.write(299)
    anna.holds(bert, 280)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=changed_leaf)
    puppet.say(msgspec.structs.replace(proof_of(bert, 280, 300), **change))
    assert puppet.fault().fault == "carrier" and puppet.sync.closed
    assert not anna.replica.log((bert.id, 0)).frozen


@pytest.mark.parametrize(
    "change",
    [
        {"start": 1},
        {"epoch": 1},
        {"size": 700},
        {"lab": b"?" * 32},
        {"leaves": [b"{}"] * 255},
    ],
)
def test_a_package_that_is_not_the_next_one_is_refused(
    anna: Node, bert: Lab, change: dict[str, object]
) -> None:
    bert.write(700)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=lambda package: msgspec.structs.replace(package, **change))
    carrier_is_blamed(puppet, "not the next one")


def test_an_endless_answer_is_refused_with_its_first_package_too_many(
    anna: Node, bert: Lab
) -> None:
    bert.write(9)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert)
    assert anna.size_of(bert) == 10
    puppet.say(*package_frames(bert, 10, 0, 10))
    carrier_is_blamed(puppet, "not asked for")


def test_a_package_nobody_asked_for_is_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(*package_frames(bert, 1, 0, 1))
    carrier_is_blamed(puppet, "not asked for")


def test_more_than_the_credit_is_refused() -> None:
    """Anna commits nothing, so all that comes counts against what she gave."""
    bert = Lab("bert")
    bert.write(3000, width=3500)
    anna = Node(Lab("anna"), vouches=[bert])
    anna.commits = False
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    want = puppet.last(frames.Want)
    assert isinstance(want, frames.Want)
    sent = 0
    for frame in package_frames(bert, want.size, want.start, want.end):
        sent += len(encode_frame(frame))
        puppet.say(frame)
        if puppet.sync.closed:
            break
    carrier_is_blamed(puppet, "credit")
    assert sent > CREDIT_BYTES
    held = sum(event.stream_bytes for event in anna.of(Package))
    assert held <= CREDIT_BYTES


# --- details ------------------------------------------------------------------------------------


def details(lab: Lab, *blobs: tuple[int, bytes], last: bool = True) -> frames.Details:
    return frames.Details(bytes.fromhex(lab.id), 0, list(blobs), last)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda lab: details(lab, (1, lab.details[2])), "does not commit to"),
        (lambda lab: details(lab, (1, lab.details[1] + b"!")), "does not commit to"),
        (lambda lab: details(lab, (0, lab.details[1])), "where none belongs"),
        (lambda lab: details(lab, (4, lab.details[1])), "where none belongs"),
        (lambda lab: details(lab, (2, lab.details[2]), (1, lab.details[1])), "out of order"),
        (lambda lab: details(lab, (1, lab.details[1]), (1, lab.details[1])), "out of order"),
        (lambda lab: details(lab, last=False), "of 0 details"),
        (lambda lab: details(Lab("carl")), "not asked for"),
    ],
)
def test_details_that_are_not_the_packages_are_refused(
    anna: Node, bert: Lab, make: Callable[[Lab], frames.Details], match: str
) -> None:
    bert.write(3, detail=20)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    package, _ = package_frames(bert, 4, 0, 4)
    puppet.say(package, make(bert))
    carrier_is_blamed(puppet, match)
    assert anna.size_of(bert) == 0


def test_details_without_end_are_refused(anna: Node, bert: Lab) -> None:
    bert.write(3, detail=20)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    package, _ = package_frames(bert, 4, 0, 4)
    puppet.say(package, details(bert, (1, bert.details[1] or b""), last=False))
    assert anna.size_of(bert) == 4  # committed with the first of them
    puppet.say(details(bert, (1, bert.details[1] or b""), last=False))
    carrier_is_blamed(puppet, "out of order")


def test_a_details_frame_that_is_too_long_is_refused(anna: Node, bert: Lab) -> None:
    """With one of a whole frame's size, the credit could run out before anything is committed."""
    bert.write(40, detail=20_000)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    package = package_frames(bert, 41, 0, 41)[0]
    blobs = [(index, blob) for index, blob in enumerate(bert.details) if blob]
    assert 2**19 < len(encode_frame(details(bert, *blobs))) < FRAME_BYTES_MAX
    puppet.say(package, details(bert, *blobs))
    carrier_is_blamed(puppet, "40 details")


def test_a_package_without_its_details_frame_cannot_be_followed_by_another(
    anna: Node, bert: Lab
) -> None:
    bert.write(700)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    first, _, second, *_ = package_frames(bert, 701, 0, 701)
    puppet.say(first, second)
    carrier_is_blamed(puppet, "not asked for")


def test_details_nobody_asked_for_are_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(details(bert))
    carrier_is_blamed(puppet, "not asked for")


# --- heads and chains ----------------------------------------------------------------------------


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


# --- our own head --------------------------------------------------------------------------------


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


# --- split views ---------------------------------------------------------------------------------


def split_of(node: Node, author: Lab) -> SplitView:
    """Return the evidence that a node kept, once it stands before a judge."""
    (fault,) = node.of(events.Fault)
    assert (fault.fault, fault.lab) == ("author", author.id)
    assert fault.evidence is not None
    evidence = decode_evidence(fault.evidence.encode())
    evidence.check("test", author.chain)
    return evidence


@pytest.mark.parametrize(
    ("common", "held", "other"),
    [
        (1, 5, 9),  # within the open block
        (200, 300, 400),  # in a block that is full
        (300, 301, 2000),
        (255, 256, 257),
        (1000, 1300, 1024),  # the other view is the shorter one
        (5, 7, 7),  # of one size
    ],
)
def test_a_split_view_is_its_authors_fault_whoever_carries_it(
    anna: Node, bert: Lab, common: int, held: int, other: int
) -> None:
    """Carl signed two pasts. Anna holds one, honest Bert the other."""
    carl = Lab("carl")
    carl.write(common - 1)
    twin = carl.twin(common)
    carl.write(held - common)
    twin.write(other - common, tag=".other")
    anna.holds(carl)
    honest = Node(bert, vouches=[anna.lab, carl])
    honest.holds(twin)
    bert.write(40)
    honest.holds(bert)
    wire = Wire(anna, honest).run()
    evidence = split_of(anna, carl)
    assert {evidence.old.size, evidence.new.size} == {held, other}
    # Nothing of the other past was kept, the log is frozen, and nobody else suffers.
    assert anna.disk.held[(carl.id, 0)].leaves == carl.leaves
    assert anna.replica.log((carl.id, 0)).frozen
    assert wire.a.connected and wire.b.connected
    assert anna.size_of(bert) == 41


def test_a_frozen_log_is_not_fetched_from_anybody(anna: Node, bert: Lab) -> None:
    carl = Lab("carl")
    carl.write(9)
    anna.holds(carl)
    anna.replica.freeze((carl.id, 0))
    carl.write(9)
    honest = Node(bert, vouches=[anna.lab, carl])
    honest.holds(carl)
    Wire(anna, honest).run()
    assert anna.size_of(carl) == 10


def test_a_split_view_that_shows_in_mid_transfer_is_proved_by_the_head_it_went_towards(
    anna: Node, bert: Lab
) -> None:
    """Anna has 600 of 900 entries when the line breaks; the next peer has another past."""
    carl = Lab("carl")
    carl.write(399)
    twin = carl.twin(300)
    carl.write(500)
    twin.write(800, tag=".other")
    puppet = Puppet(anna, bert)
    puppet.offer(carl)
    puppet.say(*package_frames(carl, 900, 0, 600 - 600 % 256))
    puppet.sync.close("gone", "cut")
    assert anna.size_of(carl) == 512
    assert anna.disk.held[(carl.id, 0)].toward == carl.head()
    honest = Node(bert, vouches=[anna.lab, carl])
    honest.holds(twin)
    Wire(anna, honest).run()
    evidence = split_of(anna, carl)
    assert (evidence.old, evidence.new) == (carl.head(), twin.head())
    assert anna.size_of(carl) == 512


def test_evidence_that_proves_nothing_is_refused(bert: Lab) -> None:
    bert.write(9)
    tree = ListTree(leaf_hashes(bert.leaves))
    proof = tuple(consistency_proof(tree, 5, 10))
    consistent = SplitView(bert.head(5), bert.head(10), root_at(tree, 5), proof)
    with pytest.raises(RemoteProtocolError, match="agree"):
        consistent.check("test", bert.chain)
    for broken in (
        consistent._replace(old_root=b"?" * 32),
        consistent._replace(old=bert.head(5)._replace(root=b"?" * 32)),
        consistent._replace(new=Lab("carl").head()),
    ):
        with pytest.raises(RemoteProtocolError):
            broken.check("test", bert.chain)
    for raw in (b"", b"\x90", b"x" * 5000):
        with pytest.raises(RemoteProtocolError):
            decode_evidence(raw)


def test_mutant_without_the_look_to_the_left_a_second_past_is_kept(
    anna: Node, bert: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks that are full prove themselves; only what stands left of them ties them to the past.

    Without that look, packages of the other past are committed before the whole root shows it.
    """
    carl = Lab("carl")
    carl.write(255)
    twin = carl.twin(100)
    carl.write(256)
    twin.write(924, tag=".other")
    anna.holds(carl)
    honest = Node(bert, vouches=[anna.lab, carl])
    honest.holds(twin)
    monkeypatch.setattr(
        transfer.Transfer,
        "_continues",
        lambda self, start, end, proof: True,
    )
    Wire(anna, honest).run()
    assert anna.size_of(carl) > 512


# --- asking for too much -------------------------------------------------------------------------


def wants(lab: Lab, size: int, start: int, end: int) -> frames.Want:
    return frames.Want(bytes.fromhex(lab.id), 0, size, start, end)


@pytest.mark.parametrize(
    ("size", "start", "end"),
    [
        (901, 0, 901),  # more than was announced
        (900, 0, 901),
        (900, 5, 5),  # nothing
        (900, 9, 5),
        (900, 0, 300),  # neither the end of a block nor the end
        (0, 0, 0),
    ],
)
def test_a_request_for_what_was_not_announced_is_refused(
    anna: Node, bert: Lab, size: int, start: int, end: int
) -> None:
    anna.lab.write(899)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(wants(anna.lab, size, start, end))
    carrier_is_blamed(puppet, "never announced")


def test_a_request_for_too_much_at_once_is_refused(anna: Node, bert: Lab) -> None:
    size = WANT_ENTRIES_MAX + 256
    anna.lab.write(size - 1)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(wants(anna.lab, size, 0, size))
    carrier_is_blamed(puppet, "never announced")


def test_a_request_for_a_log_that_is_not_told_is_refused(anna: Node, bert: Lab) -> None:
    """Dora's log is on Anna's disk, beyond the horizon: she does not pass it on."""
    dora = Lab("dora")
    anna.holds(dora)
    puppet = Puppet(anna, bert)
    puppet.say(wants(dora, 1, 0, 1))
    carrier_is_blamed(puppet, "never announced")


@pytest.mark.parametrize("indexes", [[5, 4], [4, 4], [10]])
def test_details_are_asked_for_in_order_and_within(
    anna: Node, bert: Lab, indexes: list[int]
) -> None:
    anna.lab.write(9)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(frames.WantDetails(bytes.fromhex(anna.lab.id), 0, indexes))
    carrier_is_blamed(puppet, "never announced")


@pytest.mark.parametrize(("old", "new"), [(0, 5), (5, 5), (6, 5), (5, 11)])
def test_proofs_are_asked_for_within(anna: Node, bert: Lab, old: int, new: int) -> None:
    anna.lab.write(9)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(frames.WantProof(bytes.fromhex(anna.lab.id), 0, old, new))
    carrier_is_blamed(puppet, "never announced")


def test_too_many_requests_are_refused_and_none_is_lost_below(anna: Node, bert: Lab) -> None:
    anna.lab.write(9)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(*[wants(anna.lab, 10, 0, 10)] * REQUESTS_MAX)
    assert sum(isinstance(frame, frames.Package) for frame in puppet.heard) == REQUESTS_MAX
    puppet.say(*[wants(anna.lab, 10, 0, 10)] * (REQUESTS_MAX + 1))
    carrier_is_blamed(puppet, "requests")


def test_a_peer_that_never_gives_credit_costs_one_frame(anna: Node, bert: Lab) -> None:
    anna.lab.write(4095, width=3500)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(*[wants(anna.lab, 4096, 0, 4096)] * REQUESTS_MAX)
    sent = sum(len(encode_frame(f)) for f in puppet.heard if f.PAID)
    assert CREDIT_BYTES - FRAME_BYTES_MAX < sent <= CREDIT_BYTES
    assert puppet.listen() == []


def test_an_absurd_credit_is_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(frames.Credit(CREDIT_BYTES_MAX))
    carrier_is_blamed(puppet, "credit")


# --- frames out of place -------------------------------------------------------------------------


def test_a_frame_that_is_too_long_ends_it_before_it_comes(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say((FRAME_BYTES_MAX + 1).to_bytes(4, "big") + b"\x06")
    carrier_is_blamed(puppet, "the most")


def test_an_unknown_frame_ends_it_and_an_optional_one_does_not(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(b"\0\0\0\x04\x80abc")
    assert not puppet.sync.closed
    puppet.say(b"\0\0\0\x04\x70abc")
    carrier_is_blamed(puppet, "not known here")


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ([frames.YourHead(0, 0, b"", b"")], "before hello"),
        ([frames.Credit(1)], "before hello"),
        ([frames.Hello("x", []), frames.Credit(1)], "before your_head"),
        ([frames.Hello("x", []), frames.Hello("x", [])], "second hello"),
        ([frames.Hello("x", []), frames.Joined()], "not shown"),
        ([frames.Hello("x", []), frames.Join(b"t"), frames.Join(b"t")], "second invitation"),
        (
            [
                frames.Hello("x", []),
                frames.YourHead(0, 0, b"", b""),
                frames.YourHead(0, 0, b"", b""),
            ],
            "second your_head",
        ),
    ],
)
def test_frames_before_their_time_are_refused(
    anna: Node, bert: Lab, said: list[frames.Frame], match: str
) -> None:
    puppet = Puppet(anna, bert, greet=False)
    puppet.say(*said)
    carrier_is_blamed(puppet, match)


def test_a_stranger_can_do_nothing_but_show_an_invitation(bert: Lab) -> None:
    anna = Node(Lab("anna"))
    puppet = Puppet(anna, bert, greet=False)
    assert [type(frame) for frame in puppet.heard] == [frames.Hello]
    puppet.say(frames.Hello("puppet", []), heads(bert.head()))
    assert puppet.sync.closed and not anna.faults()
    assert [type(frame) for frame in puppet.heard] == [frames.Hello, frames.Bye]


def test_whoever_never_answers_a_request_is_left_for_another(anna: Node, bert: Lab) -> None:
    bert.write(9)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    assert puppet.sync.next_timeout() <= STALL_SECONDS
    puppet.now = STALL_SECONDS
    puppet.say(heads(bert.head()))  # talking is not answering
    puppet.sync.tick(STALL_SECONDS)
    puppet.listen()
    carrier_is_blamed(puppet, "not answered")
    assert anna.replica.log((bert.id, 0)).fetcher is None


def test_whoever_answers_in_a_trickle_is_left_too(anna: Node, bert: Lab) -> None:
    bert.write(255, width=3000)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    drops = encode_frame(package_frames(bert, 256, 0, 256)[0])
    for at in range(0, 2 * int(STALL_SECONDS), 10):
        puppet.now = float(at)
        puppet.say(drops[at : at + 10])
        puppet.sync.tick(puppet.now)
        puppet.listen()
        if puppet.sync.closed:
            break
    carrier_is_blamed(puppet, "not answered")


def test_a_whole_conversation_that_is_played_again_says_nothing(anna: Node, bert: Lab) -> None:
    """Bert's bytes, recorded and sent once more: Anna's ephemeral key is another one by now."""
    honest = Node(bert, vouches=[anna.lab])
    wire = Wire(honest, anna).run()
    assert anna.size_of(bert) == 1
    anna.seen.clear()
    sync = anna.connect(initiator=False)
    for who, data in wire.messages:
        if who == "a":
            sync.receive_data(data, 0.0)
            sync.data_to_send(0.0)
    anna.drain(sync)
    assert sync.closed and anna.faults() == [("carrier", None)]


def test_after_a_bye_nothing_is_said_or_heard(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(frames.Bye("stopping", "see you", "", 7), frames.Credit(CREDIT_BYTES_MAX))
    assert anna.of(Closed) == [Closed("stopping", "see you", "", 7, by_peer=True)]
    assert not anna.faults() and puppet.listen() == []


def test_one_bad_peer_does_not_disturb_another() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    carl.lab.write(700, detail=20)
    carl.holds(carl.lab)
    good = Wire(anna, carl)
    good.step()
    bad = Puppet(anna, bert.lab)
    bad.offer(carl.lab)
    bad.answer(carl.lab, spoil=changed_leaf)
    assert bad.sync.closed
    good.run()
    assert anna.size_of(carl.lab) == 701 and good.a.connected
