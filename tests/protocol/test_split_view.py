"""Labs that sign two pasts: found at once, proved, and nobody else suffers."""

import pytest

from fedlab.protocol import events, frames, transfer
from fedlab.protocol.errors import RemoteProtocolError
from fedlab.protocol.evidence import SplitView, decode_evidence, split_of_heads
from fedlab.protocol.limits import TREE_SIZE_MAX
from fedlab.protocol.merkle import consistency_proof, leaf_hashes
from fedlab.protocol.trees import ListTree

from .nodes import Lab, Node, Wire
from .puppet import Puppet, package_frames


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
    # Both go on to ask where the pasts part, and come to the same proof.
    proofs = []
    for node in (anna, honest):
        (parted,) = node.of(events.Parted)
        parted.evidence.check("test", carl.chain)
        assert parted.evidence.parted == common
        assert decode_evidence(parted.evidence.encode()) == parted.evidence
        proofs.append(parted.evidence)
    assert proofs[0] == proofs[1]


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


def test_a_peer_that_shows_another_past_than_it_announced_is_refused(anna: Node, bert: Lab) -> None:
    """The search for where the pasts part believes nothing that the signed head does not prove."""
    carl = Lab("carl")
    carl.write(9)
    twin = carl.twin(5)
    twin.write(5, tag=".other")
    anna.holds(carl)
    puppet = Puppet(anna, bert)
    puppet.offer(twin)
    asked = puppet.last(frames.WantProof)
    assert isinstance(asked, frames.WantProof) and asked.old < asked.new == 10
    root = carl.head(asked.old).root
    proof = consistency_proof(ListTree(leaf_hashes(carl.leaves)), asked.old, asked.new)
    puppet.say(frames.Proof(asked.lab, 0, asked.old, asked.new, root, proof))
    assert anna.faults() == [("author", carl.id), ("carrier", bert.id)]
    assert puppet.sync.closed and anna.of(events.Parted) == []


def test_evidence_of_the_longest_logs_fits_its_limit(bert: Lab) -> None:
    size = TREE_SIZE_MAX - 1
    head = bert.head()._replace(size=size)
    proof = (b"x" * 32,) * 41
    split = SplitView(head, head, size - 1, b"x" * 32, b"y" * 32, proof, proof)
    assert decode_evidence(split.encode()) == split


def test_evidence_that_proves_nothing_is_refused(bert: Lab) -> None:
    bert.write(9)
    tree = ListTree(leaf_hashes(bert.leaves))
    proof = tuple(consistency_proof(tree, 5, 10))
    consistent = split_of_heads(bert.head(5), bert.head(10), tree.subtree(0, 5), proof)
    with pytest.raises(RemoteProtocolError, match="agree"):
        consistent.check("test", bert.chain)
    for broken in (
        consistent._replace(old_root=b"?" * 32),
        consistent._replace(new_root=b"?" * 32),
        consistent._replace(size=0),
        consistent._replace(size=6),
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
