"""PeerSync: what two nodes that keep the rules give to each other, and in what order."""

import pytest

from fedlab.protocol import events, frames
from fedlab.protocol.channel import Channel
from fedlab.protocol.events import Connected, OwnHead, Package
from fedlab.protocol.limits import (
    DETAILS_RETRY_SECONDS,
    KEEPALIVE_SECONDS,
)

from .nodes import Lab, Wire, friends


def kinds(said: list[frames.Frame]) -> list[type[frames.Frame]]:
    return [type(frame) for frame in said]


# --- entries ---


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 700, 5000])
def test_a_log_of_any_size_arrives_whole(size: int) -> None:
    anna, bert = friends("anna", "bert")
    bert.lab.write(size - 1)
    bert.holds(bert.lab)
    Wire(anna, bert).run()
    assert anna.disk.held[(bert.lab.id, 0)].leaves == bert.lab.leaves
    assert anna.disk.held[(bert.lab.id, 0)].head == bert.lab.head()
    assert anna.size_of(anna.lab) == bert.size_of(anna.lab) == 1
    assert not anna.faults() and not bert.faults()


@pytest.mark.parametrize("piece", [1, 3, 1000])
def test_bytes_may_be_cut_anywhere(piece: int) -> None:
    anna, bert = friends("anna", "bert")
    bert.lab.write(300, detail=20)
    bert.holds(bert.lab)

    def cut(data: bytes) -> list[bytes]:
        return [data[at : at + piece] for at in range(0, len(data), piece)]

    Wire(anna, bert, cut=cut).run()
    assert anna.disk.held[(bert.lab.id, 0)].details == bert.lab.details


@pytest.mark.parametrize(("held", "size"), [(1, 2), (200, 256), (200, 300), (256, 257), (300, 900)])
def test_a_log_goes_on_from_what_is_held(held: int, size: int) -> None:
    """The receiver adds the leaves of the open block that it holds, so none is sent twice."""
    anna, bert = friends("anna", "bert")
    bert.lab.write(size - 1)
    bert.holds(bert.lab)
    anna.holds(bert.lab, held)
    Wire(anna, bert).run()
    packages = anna.of(Package)
    assert anna.size_of(bert.lab) == size
    assert packages[0].start == held
    assert sum(len(package.leaves) for package in packages) == size - held


def test_what_is_said_first() -> None:
    """The clear line stands alone in the first message of each side."""
    anna, bert = friends("anna", "bert")
    wire = Wire(anna, bert).run()
    for name in "ab":
        first = next(data for who, data in wire.messages if who == name)
        assert first == b"fedlab/1 test\n"


def test_the_order_of_a_connection(said: list[frames.Frame]) -> None:
    anna, bert = friends("anna", "bert")
    bert.lab.write(300)
    bert.holds(bert.lab)
    Wire(anna, bert).run()
    assert kinds(said)[:6] == [
        frames.Hello,
        frames.YourHead,
        frames.Heads,  # Anna's own log: Bert has its chain from the handshake
        frames.Hello,
        frames.YourHead,
        frames.Heads,
    ]
    carried = [kind for kind in kinds(said) if kind in (frames.Package, frames.Details)]
    assert carried == [frames.Package, frames.Details] * 3  # one of Anna's, two of Bert's
    first_package = kinds(said).index(frames.Package)
    assert kinds(said).index(frames.Want) < first_package < kinds(said).index(frames.Credit)


def test_a_chain_precedes_the_first_head_of_a_lab_and_is_not_repeated(
    said: list[frames.Frame],
) -> None:
    anna, bert = friends("anna", "bert")
    carl = Lab("carl")
    bert.vouch(carl)
    bert.holds(carl)
    wire = Wire(anna, bert).run()
    (chain,) = [frame for frame in said if isinstance(frame, frames.Chain)]
    assert chain.leaves == list(carl.chain.leaves)
    before = [frame for frame in said[: said.index(chain)] if isinstance(frame, frames.Heads)]
    assert not any(item.lab.hex() == carl.id for frame in before for item in frame.heads)
    assert wire.a.offers.heads[(carl.id, 0)].head == carl.head()
    carl.write(1)
    bert.holds(carl)
    wire.wait(1)
    assert sum(isinstance(frame, frames.Chain) for frame in said) == 1


def test_each_learns_first_what_the_other_knows_of_its_own_log() -> None:
    """The amnesia gate: the answer comes before anything else, and also when it is *nothing*."""
    anna, bert = friends("anna", "bert")
    anna.lab.write(5)
    bert.holds(anna.lab, 4)
    Wire(anna, bert).run()
    assert [type(event) for event in anna.seen[:2]] == [Connected, OwnHead]
    assert anna.of(OwnHead)[0] == OwnHead(anna.lab.head(4))
    assert [type(event) for event in bert.seen[:2]] == [Connected, OwnHead]
    assert bert.of(OwnHead) == [OwnHead(None)]


def test_a_lab_that_forgot_its_own_entries_gets_them_back_first(said: list[frames.Frame]) -> None:
    anna, bert = friends("anna", "bert")
    memory = Lab("anna")
    memory.write(600, detail=10)
    bert.vouch(Lab("carl"))
    bert.holds(memory)
    bert.holds(Lab("carl"))
    Wire(anna, bert).run()
    assert anna.disk.held[(memory.id, 0)].leaves == memory.leaves
    assert anna.disk.held[(memory.id, 0)].details == memory.details
    assert anna.of(OwnHead)[0] == OwnHead(memory.head())
    wants = [f for f in said if isinstance(f, frames.Want) and f.lab != bytes.fromhex(anna.lab.id)]
    first = next(f for f in said if isinstance(f, frames.Want) and f.size == 601)
    assert all(said.index(first) < said.index(want) for want in wants if want.size == 1)


def test_only_fully_held_logs_are_announced_or_served() -> None:
    """Bert has 600 of Carl's 900 entries: he says nothing of Carl until he has them all."""
    anna, bert = friends("anna", "bert")
    carl = Lab("carl")
    carl.write(899)
    for node in (anna, bert):
        node.vouch(carl)
    bert.disk.keep(carl)
    log = bert.disk.held[(carl.id, 0)]
    log.leaves, log.details, log.head = log.leaves[:600], log.details[:600], None
    bert.reread()
    assert bert.size_of(carl) == 600
    Wire(anna, bert).run()
    assert anna.size_of(carl) == 0 and not anna.faults()


def test_logs_travel_through_a_node_in_the_middle_without_the_ends_ever_meeting() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    carl.lab.write(300, detail=30)
    carl.holds(carl.lab)
    Wire(bert, carl).run()
    Wire(anna, bert).run()
    assert anna.disk.held[(carl.lab.id, 0)].details == carl.lab.details


def test_what_comes_in_is_told_on_the_other_connections_at_once() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    near, far = Wire(anna, bert).run(), Wire(bert, carl).run()
    carl.lab.write(1)
    carl.holds(carl.lab)
    near.now = far.now = 1.0
    far.run()
    near.run()
    assert anna.size_of(carl.lab) == 2


def test_a_log_is_pulled_from_one_peer_and_by_another_when_that_one_goes() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    dora = Lab("dora")
    dora.write(2000, width=3000)
    for node in (anna, bert, carl):
        node.vouch(dora)
    bert.holds(dora)
    carl.holds(dora)
    first, second = Wire(anna, bert), Wire(anna, carl)
    while not anna.of(Package):
        first.step()
    for _ in range(8):
        second.step()
    pulled = [event for event in anna.of(Package) if event.lab == dora.id]
    assert anna.size_of(dora) < 2001
    first.a.close("gone", "cut")
    second.run()
    starts = [event.start for event in anna.of(Package) if event.lab == dora.id]
    assert anna.size_of(dora) == 2001
    assert len(starts) == len(set(starts)) == 8 and len(pulled) < 8


def test_the_channel_is_the_only_way_to_speak() -> None:
    """Everything after the line is ciphertext: no lab id shows on the wire."""
    anna, bert = friends("anna", "bert")
    bert.lab.write(10)
    bert.holds(bert.lab)
    wire = Wire(anna, bert).run()
    stream = b"".join(data for _, data in wire.messages)
    for lab in (anna.lab, bert.lab):
        assert bytes.fromhex(lab.id) not in stream and lab.id.encode() not in stream
    assert isinstance(wire.a._channel, Channel)


# --- details ---


def test_details_travel_with_their_package() -> None:
    anna, bert = friends("anna", "bert")
    bert.lab.write(40, detail=100)
    bert.holds(bert.lab)
    Wire(anna, bert).run()
    assert anna.disk.held[(bert.lab.id, 0)].details == bert.lab.details
    assert not anna.of(events.Details)


def test_large_details_come_in_several_frames_after_their_package() -> None:
    """256 details of 32 KiB are 8 MiB: four times the credit, so they are committed in pieces."""
    anna, bert = friends("anna", "bert")
    bert.lab.write(255, detail=32_000)
    bert.holds(bert.lab)
    Wire(anna, bert).run()
    assert anna.disk.held[(bert.lab.id, 0)].details == bert.lab.details
    assert len(anna.of(events.Details)) > 10


def test_details_that_a_peer_lacks_are_asked_of_another() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    carl.lab.write(600, detail=20)
    carl.holds(carl.lab)
    bert.holds(carl.lab, details=False)
    Wire(anna, bert).run()
    assert anna.size_of(carl.lab) == 601
    assert not any(anna.disk.held[(carl.lab.id, 0)].details)
    Wire(anna, carl).run()
    assert anna.disk.held[(carl.lab.id, 0)].details == carl.lab.details


def test_details_that_nobody_had_are_asked_for_again_after_a_while() -> None:
    anna, bert = friends("anna", "bert")
    carl = Lab("carl")
    carl.write(3, detail=20)
    anna.vouch(carl)
    bert.vouch(carl)
    bert.holds(carl, details=False)
    wire = Wire(anna, bert).run()
    bert.holds(carl)
    while wire.now < DETAILS_RETRY_SECONDS:
        assert not any(anna.disk.held[(carl.id, 0)].details)
        wire.wait(KEEPALIVE_SECONDS)
    assert anna.disk.held[(carl.id, 0)].details == carl.details


def test_an_erased_detail_is_not_asked_for(said: list[frames.Frame]) -> None:
    anna, bert = friends("anna", "bert")
    bert.lab.write(3, detail=20)
    bert.holds(bert.lab)
    anna.holds(bert.lab)
    log = anna.disk.held[(bert.lab.id, 0)]
    log.details[1] = log.details[2] = None
    log.erased.add(1)
    Wire(anna, bert).run()
    asked = [frame for frame in said if isinstance(frame, frames.WantDetails)]
    assert [frame.indexes for frame in asked] == [[2]]
    assert log.details == [None, None, *bert.lab.details[2:]]
