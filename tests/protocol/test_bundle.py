"""Bundles: the network in a file, read as from a peer, from any point, or refused in a sentence."""

from contextlib import suppress

import pytest

from fedlab.protocol import events
from fedlab.protocol.bundle import BundleReader, bundle_sizes, write_bundle
from fedlab.protocol.errors import RemoteProtocolError
from fedlab.protocol.events import Fault, OwnHead, Package

from .nodes import WALL, Lab, Node, friends


def bundle_of(node: Node, *, since: bytes | None = None, written_at: int = int(WALL)) -> bytes:
    sizes = bundle_sizes([since], node.replica.network) if since is not None else None
    pieces = write_bundle(node.replica, now=0.0, written_at=written_at, since=sizes)
    return b"".join(pieces)


def read(node: Node, bundle: bytes, *, piece: int = 1 << 16, whole: bool = True) -> BundleReader:
    reader = BundleReader(node.replica, now=0.0, wall=WALL)
    for at in range(0, len(bundle), piece):
        reader.feed(bundle[at : at + piece])
        while (event := reader.next_event()) is not None:
            node.seen.append(event)
            node.disk.commit(event)
            if isinstance(event, Package | events.Details):
                held = node.disk.log(event.lab, event.epoch)
                assert held is not None
                node.replica.refresh(held)
                reader.committed(event)
    if whole:
        reader.finish()
    return reader


@pytest.fixture
def nodes() -> list[Node]:
    """Anna's empty node, Bert's with his log and Carl's, Carl's with his own."""
    anna, bert, carl = friends("anna", "bert", "carl")
    bert.lab.write(20, detail=30)
    carl.lab.write(700, detail=30)
    bert.holds(bert.lab)
    bert.holds(carl.lab)
    carl.holds(carl.lab)
    return [anna, bert, carl]


@pytest.mark.parametrize("piece", [1, 100, 1 << 20])
def test_a_bundle_carries_everything(nodes: list[Node], piece: int) -> None:
    anna, bert, carl = nodes
    read(anna, bundle_of(bert), piece=piece)
    for lab in (bert.lab, carl.lab):
        log = anna.disk.held[(lab.id, 0)]
        assert (log.leaves, log.details, log.head) == (lab.leaves, lab.details, lab.head())
    assert not anna.faults()


def test_a_bundle_may_be_read_twice_and_changes_nothing_then(nodes: list[Node]) -> None:
    anna, bert, _ = nodes
    bundle = bundle_of(bert)
    read(anna, bundle)
    anna.seen.clear()
    read(anna, bundle)
    assert not anna.of(Package)


def test_reading_resumes_wherever_it_was_broken_off(nodes: list[Node]) -> None:
    anna, bert, carl = nodes
    bundle = bundle_of(bert)
    for end in range(0, len(bundle), 20_000):
        read(anna, bundle[:end], whole=False)
    read(anna, bundle)
    taken = [package.start for package in anna.of(Package) if package.lab == carl.lab.id]
    assert taken == [0, 256, 512]
    assert anna.size_of(carl.lab) == 701


def test_what_is_held_in_the_middle_of_a_block_is_gone_on_from(nodes: list[Node]) -> None:
    anna, bert, carl = nodes
    anna.holds(carl.lab, 300)
    read(anna, bundle_of(bert))
    taken = [(p.start, p.end) for p in anna.of(Package) if p.lab == carl.lab.id]
    assert taken == [(300, 512), (512, 701)]
    assert anna.disk.held[(carl.lab.id, 0)].details == carl.lab.details


def test_details_that_are_missing_of_held_entries_are_taken(nodes: list[Node]) -> None:
    anna, bert, carl = nodes
    anna.holds(carl.lab, details=False)
    anna.disk.held[(carl.lab.id, 0)].erased.add(5)
    read(anna, bundle_of(bert))
    kept = anna.disk.held[(carl.lab.id, 0)].details
    assert kept == [None if n == 5 else blob for n, blob in enumerate(carl.lab.details)]


def test_a_bundle_since_another_holds_only_what_that_one_lacks(nodes: list[Node]) -> None:
    anna, bert, carl = nodes
    first = bundle_of(bert)
    carl.lab.write(10, detail=30)
    bert.holds(carl.lab)
    second = bundle_of(bert, since=first)
    assert len(second) < len(first) / 10
    read(anna, first)
    read(anna, second)
    assert anna.disk.held[(carl.lab.id, 0)].details == carl.lab.details


def test_a_bundle_that_begins_too_late_says_so_and_the_rest_of_it_is_taken(
    nodes: list[Node],
) -> None:
    anna, bert, carl = nodes
    first = bundle_of(bert)
    for node in nodes[1:]:
        node.lab.write(10)
        bert.holds(node.lab)
    anna.holds(bert.lab, 21)
    reader = read(anna, bundle_of(bert, since=first))
    assert reader.gaps == {(carl.lab.id, 0): (0, 701)}
    assert anna.size_of(bert.lab) == 31 and anna.size_of(carl.lab) == 0


def test_nothing_new_is_an_empty_bundle(nodes: list[Node]) -> None:
    _, bert, _ = nodes
    whole = bundle_of(bert)
    assert len(bundle_of(bert, since=whole)) < 100


def test_a_stick_brings_labs_that_nobody_here_has_heard_of(nodes: list[Node]) -> None:
    """Somebody put it in: that is what it is for. A block still wins."""
    _, bert, carl = nodes
    stranger = Node(Lab("stranger"))
    read(stranger, bundle_of(bert))
    assert stranger.size_of(carl.lab) == 701
    wary = Node(Lab("wary"))
    wary.vouch(blocked=[carl.lab])
    read(wary, bundle_of(bert))
    assert wary.size_of(bert.lab) == 21 and wary.size_of(carl.lab) == 0


def test_strangers_on_a_stick_share_one_peers_budget(
    nodes: list[Node], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bert, carl = nodes
    stranger = Node(Lab("stranger"))
    monkeypatch.setattr("fedlab.protocol.bundle.PEER_BUDGET_BYTES", 100_000)
    read(stranger, bundle_of(bert))
    assert 0 < stranger.size_of(carl.lab) < 701
    (fault,) = stranger.of(Fault)
    assert "over its budget" in fault.message and fault.lab is None


def test_a_bundle_shows_a_lab_its_own_head(nodes: list[Node]) -> None:
    """So the amnesia gate of a lab without a network can open, and it gets back what it forgot."""
    anna, bert, _ = nodes
    memory = Lab("anna")
    memory.write(40, detail=9)
    bert.holds(memory)
    read(anna, bundle_of(bert))
    assert anna.of(OwnHead) == [OwnHead(memory.head())]
    assert anna.disk.held[(memory.id, 0)].details == memory.details
    anna.seen.clear()
    read(anna, bundle_of(bert))
    assert anna.of(OwnHead) == [OwnHead(memory.head())]


def test_ages_count_the_time_in_the_pocket(nodes: list[Node]) -> None:
    anna, bert, carl = nodes
    bert.replica.log((carl.lab.id, 0)).seen = -60.0
    read(anna, bundle_of(bert, written_at=int(WALL) - 3600))
    assert anna.replica.age(anna.replica.log((carl.lab.id, 0)), 0.0) == 3660


def test_a_clock_that_was_wrong_makes_nothing_younger_than_it_was(nodes: list[Node]) -> None:
    anna, bert, carl = nodes
    bert.replica.log((carl.lab.id, 0)).seen = -60.0
    read(anna, bundle_of(bert, written_at=int(WALL) + 10**8))
    assert anna.replica.age(anna.replica.log((carl.lab.id, 0)), 0.0) == 60


# --- what is refused ------------------------------------------------------------------------------


def test_a_bundle_of_another_network_is_refused_naming_both(nodes: list[Node]) -> None:
    _, bert, _ = nodes
    stray = Node(Lab("stray", network="lille"))
    with pytest.raises(RemoteProtocolError, match=r"'test'.*'lille'"):
        read(stray, bundle_of(bert))
    with pytest.raises(RemoteProtocolError, match=r"'test'.*'lille'"):
        bundle_sizes([bundle_of(bert)], "lille")


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"fedlab-bundle/1 test",
        b"PK\x03\x04 a zip file, say",
        b"fedlab/1 test\n",
        b"fedlab-bundle/2 test 1\n",
        b"fedlab-bundle/1 test 1\r\n",
        b"fedlab-bundle/1 te st 1\n",
        b"\n",
        bytes(1000),
    ],
)
def test_another_file_is_refused(file: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match=r"not a fedlab bundle|cut short") as caught:
        read(Node(Lab("anna")), file)
    assert caught.value.hint


@pytest.mark.parametrize("lost", [1, 5, 100, 5_000, 60_000])
def test_a_bundle_that_is_cut_short_is_taken_up_to_there(nodes: list[Node], lost: int) -> None:
    anna, bert, _ = nodes
    with pytest.raises(RemoteProtocolError, match="cut short"):
        read(anna, bundle_of(bert)[:-lost])
    read(anna, bundle_of(bert))
    assert not anna.faults()


def test_bytes_after_the_end_are_refused(nodes: list[Node]) -> None:
    anna, bert, _ = nodes
    for piece in (1, 1 << 20):
        with pytest.raises(RemoteProtocolError, match=r"goes on|cut short"):
            read(anna, bundle_of(bert) + b"!", piece=piece)


def test_no_changed_byte_is_ever_taken(nodes: list[Node]) -> None:
    """Leaves, details, proofs, heads and chains are all signed for; lengths make it break off."""
    _, bert, carl = nodes
    bundle = bundle_of(bert)
    for at in range(40, len(bundle), 997):
        changed = bytearray(bundle)
        changed[at] ^= 1
        victim = Node(Lab("anna"), vouches=[bert.lab, carl.lab])
        with suppress(RemoteProtocolError):
            read(victim, bytes(changed))
        for lab in (bert.lab, carl.lab):
            if (lab.id, 0) in victim.disk.held:
                log = victim.disk.held[(lab.id, 0)]
                assert log.leaves == lab.leaves[: len(log.leaves)], at
                assert all(
                    got in (None, own) for got, own in zip(log.details, lab.details, strict=False)
                )


def test_a_second_past_in_a_bundle_is_not_taken(nodes: list[Node]) -> None:
    """It carries no proof of who is to blame, so nobody is but the file."""
    anna, bert, carl = nodes
    twin = carl.lab.twin(300)
    twin.write(900, tag=".other")
    anna.holds(carl.lab)
    bert.holds(twin)
    read(anna, bundle_of(bert))
    assert anna.disk.held[(carl.lab.id, 0)].leaves == carl.lab.leaves
    (fault,) = anna.of(Fault)
    assert (fault.fault, fault.lab) == ("carrier", None)
    assert anna.size_of(bert.lab) == 21


def test_two_heads_of_one_size_in_a_bundle_are_a_split_view(nodes: list[Node]) -> None:
    anna, bert, carl = nodes
    twin = carl.lab.twin(300)
    twin.write(401, tag=".other")
    anna.holds(carl.lab)
    bert.holds(twin)
    read(anna, bundle_of(bert))
    (fault,) = anna.of(Fault)
    assert (fault.fault, fault.lab) == ("author", carl.lab.id)
    assert fault.evidence is not None
    fault.evidence.check("test", carl.lab.chain)
