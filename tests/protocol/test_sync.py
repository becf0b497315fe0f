"""PeerSync: what two nodes that keep the rules say to each other, and in what order."""

import pytest

from fedlab.protocol import events, frames
from fedlab.protocol.channel import Channel
from fedlab.protocol.events import Closed, Connected, OwnHead, Package
from fedlab.protocol.limits import (
    CREDIT_BYTES,
    DETAILS_RETRY_SECONDS,
    HANDSHAKE_SECONDS,
    HEADS_SECONDS,
    JOIN_SECONDS,
    KEEPALIVE_SECONDS,
    MESSAGE_BYTES_MAX,
    SILENCE_SECONDS,
)

from .nodes import Lab, Node, Wire, friends


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[frames.Frame]:
    """Every frame that any node of the test makes, in order."""
    spoken: list[frames.Frame] = []
    real = frames.encode_frame

    def spy(frame: frames.Frame) -> bytes:
        spoken.append(frame)
        return real(frame)

    monkeypatch.setattr(frames, "encode_frame", spy)
    monkeypatch.setattr("fedlab.protocol.serving.encode_frame", spy)
    return spoken


def kinds(said: list[frames.Frame]) -> list[type[frames.Frame]]:
    return [type(frame) for frame in said]


# --- what is replicated --------------------------------------------------------------------------


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


# --- details ------------------------------------------------------------------------------------


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


# --- heads and ages -----------------------------------------------------------------------------


def test_heads_go_out_at_once_and_then_at_most_five_times_a_second(
    said: list[frames.Frame],
) -> None:
    anna, bert = friends("anna", "bert")
    wire = Wire(anna, bert).run().wait(5).wait(5)
    said.clear()
    for step in range(100):  # one second, an entry every ten milliseconds
        bert.lab.write(1)
        bert.holds(bert.lab)
        wire.now = 10 + step / 100
        wire.b.data_to_send(wire.now)
        if step == 0:
            assert kinds(said) == [frames.Heads]
    assert 5 <= kinds(said).count(frames.Heads) <= 6
    assert wire.b.next_timeout() <= wire.now + HEADS_SECONDS


def test_ages_add_up_hop_by_hop() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    far = Wire(bert, carl, now=100.0).run()
    far.a.close("gone", "Carl goes away")
    Wire(anna, bert, now=160.0).run()
    assert anna.replica.age(anna.replica.log((bert.lab.id, 0)), 160.0) == 0
    assert bert.replica.age(bert.replica.log((carl.lab.id, 0)), 160.0) == 60
    assert anna.replica.age(anna.replica.log((carl.lab.id, 0)), 170.0) == 70


def test_a_head_that_stays_the_same_is_known_to_be_fresh() -> None:
    """Carl says nothing new for an hour, but he is there: at Anna he is never old."""
    anna, bert, carl = friends("anna", "bert", "carl")
    near, far = Wire(anna, bert).run(), Wire(bert, carl).run()
    for _ in range(120):
        far.wait(KEEPALIVE_SECONDS)
        near.wait(KEEPALIVE_SECONDS)
    assert near.now == 3600 and near.a.connected
    assert anna.replica.age(anna.replica.log((carl.lab.id, 0)), near.now) <= 2 * KEEPALIVE_SECONDS


def test_a_copy_that_went_through_more_hands_never_looks_fresher() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    bert.holds(carl.lab)
    bert.replica.log((carl.lab.id, 0)).seen = -500.0
    anna.holds(carl.lab)
    anna.replica.log((carl.lab.id, 0)).seen = -100.0
    Wire(anna, bert).run()
    assert anna.replica.age(anna.replica.log((carl.lab.id, 0)), 0.0) == 100
    assert bert.replica.age(bert.replica.log((carl.lab.id, 0)), 0.0) == 100


# --- who is let in ------------------------------------------------------------------------------


def closed(node: Node) -> Closed:
    found = node.of(Closed)
    assert len(found) == 1
    return found[0]


def test_a_lab_that_nobody_vouches_for_is_shown_the_door() -> None:
    anna, bert = Node(Lab("anna")), Node(Lab("bert"))
    wire = Wire(anna, bert).run()
    assert closed(bert).code == "not_let_in" and not closed(bert).by_peer
    assert closed(anna).code == "not_let_in" and closed(anna).by_peer
    assert closed(anna).hint == "Ask for an invitation."
    assert wire.a.closed and not anna.faults() and not bert.faults()


def test_an_invitation_lets_in() -> None:
    anna, bert = Node(Lab("anna")), Node(Lab("bert"))
    bert.lab.write(1)
    bert.holds(bert.lab)
    wire = Wire(anna, bert, token=b"once", urls=["http://anna.example"]).run()
    (asked,) = bert.of(events.JoinAsked)
    assert asked == events.JoinAsked(anna.lab.chain, b"once", ("http://anna.example",))
    assert not wire.a.connected and not bert.of(Connected)
    # Bert vouches for Anna before he answers, as Anna does once she is welcome.
    for node, other in ((bert, anna), (anna, bert)):
        node.vouch(other.lab)
    wire.b.welcome()
    wire.run()
    assert anna.of(events.Joined) and wire.a.connected and wire.b.connected
    assert anna.size_of(bert.lab) == 2 and bert.size_of(anna.lab) == 1


def test_a_bad_invitation_does_not() -> None:
    anna, bert = Node(Lab("anna")), Node(Lab("bert"))
    wire = Wire(anna, bert, token=b"twice").run()
    wire.b.close("token", "this invitation was used before", "Ask for another one.")
    wire.run()
    assert (closed(anna).code, closed(anna).hint) == ("token", "Ask for another one.")
    assert not anna.of(Connected) and not bert.of(Connected)


def test_an_invitation_that_nobody_answers_ends_in_time() -> None:
    anna, bert = Node(Lab("anna")), Node(Lab("bert"))
    wire = Wire(anna, bert, token=b"once").run().wait(JOIN_SECONDS)
    assert wire.a.closed and wire.b.closed


def test_a_known_lab_may_show_its_invitation_again() -> None:
    """The answer was lost, and with it the connection."""
    anna, bert = friends("anna", "bert")
    wire = Wire(anna, bert, token=b"once").run()
    assert bert.of(events.JoinAsked)
    wire.b.welcome()
    wire.run()
    assert wire.a.connected and wire.b.connected


def test_a_blocked_lab_is_not_let_in() -> None:
    anna, bert = friends("anna", "bert")
    bert.vouch(blocked=[anna.lab])
    Wire(anna, bert).run()
    assert closed(bert).code == "blocked" and closed(anna).by_peer


def test_somebody_else_than_expected_is_refused() -> None:
    anna, bert = friends("anna", "bert")
    Wire(anna, bert, expect=Lab("carl").id).run()
    assert closed(anna).code == "other_lab" and not anna.of(Connected)


def test_a_node_that_reaches_itself_notices() -> None:
    anna = Node(Lab("anna"))
    Wire(anna, Node(Lab("anna"))).run()
    assert closed(anna).code == "self"


def test_another_network_is_refused_by_both_naming_both() -> None:
    anna, bert = Node(Lab("anna")), Node(Lab("bert", network="lille"))
    Wire(anna, bert).run()
    for node in (anna, bert):
        assert "'test'" in closed(node).message and "'lille'" in closed(node).message


# --- time ---------------------------------------------------------------------------------------


def test_a_silent_peer_is_given_up_after_the_handshakes_time() -> None:
    (anna,) = friends("anna")
    sync = anna.connect(initiator=False)
    assert sync.next_timeout() == HANDSHAKE_SECONDS
    sync.tick(HANDSHAKE_SECONDS - 0.1)
    assert not sync.closed
    sync.tick(HANDSHAKE_SECONDS)
    anna.drain(sync)
    assert closed(anna).code == "silent"


def test_a_peer_that_drips_its_handshake_is_given_up_too() -> None:
    anna, bert = friends("anna", "bert")
    dripping, sync = bert.connect(initiator=True, expect=anna.lab.id), anna.connect(initiator=False)
    drops = dripping.data_to_send(0.0) + dripping.data_to_send(0.0)
    for step in range(len(drops)):
        now = step * HANDSHAKE_SECONDS / (len(drops) - 1)
        sync.receive_data(drops[step : step + 1], now)
        sync.tick(now)
    assert sync.closed


def test_a_connection_lives_as_long_as_something_is_said() -> None:
    anna, bert = friends("anna", "bert")
    wire = Wire(anna, bert).run()
    for _ in range(20):
        assert wire.a.next_timeout() <= wire.now + KEEPALIVE_SECONDS
        wire.wait(KEEPALIVE_SECONDS)
    assert wire.a.connected
    wire.a.tick(wire.now + SILENCE_SECONDS)
    assert wire.a.closed


# --- credit -------------------------------------------------------------------------------------


def sizes_of(wire: Wire) -> int:
    return sum(len(data) for who, data in wire.messages if who == "b")


def test_a_peer_that_does_not_commit_gets_no_more_than_the_credit() -> None:
    anna, bert = friends("anna", "bert")
    bert.lab.write(4000, width=3000)
    bert.holds(bert.lab)
    anna.commits = False
    wire = Wire(anna, bert).run()
    assert CREDIT_BYTES * 0.5 < sizes_of(wire) < CREDIT_BYTES + 100_000
    before = sizes_of(wire)
    first = anna.of(Package)[0]
    anna.commit(wire.a, first)
    wire.run()
    assert before < sizes_of(wire) <= before + first.stream_bytes * 1.1 + 1000
    anna.commits = True
    for event in anna.of(Package)[1:]:
        anna.commit(wire.a, event)
    wire.run()
    assert anna.size_of(bert.lab) == 4001


def test_nothing_is_made_for_a_peer_that_does_not_read() -> None:
    """The driver stops asking for bytes, so nothing piles up on our side."""
    anna, bert = friends("anna", "bert")
    bert.lab.write(4000, width=3000)
    bert.holds(bert.lab)
    wire = Wire(anna, bert)
    while not anna.of(Package):
        wire.step()
    assert all(len(data) <= MESSAGE_BYTES_MAX for _, data in wire.messages)
    assert max(len(data) for _, data in wire.messages) < 2_000_000


def test_when_the_disk_refuses_the_connection_ends_and_nothing_is_lost() -> None:
    anna, bert = friends("anna", "bert")
    bert.lab.write(300)
    bert.holds(bert.lab)
    anna.commits = False
    wire = Wire(anna, bert).run()
    for event in anna.of(Package):
        wire.a.lost(event)
    wire.run()
    assert closed(bert).code == "busy" and closed(bert).by_peer
    anna.commits = True
    Wire(anna, bert).run()
    assert anna.size_of(bert.lab) == 301


# --- the horizon --------------------------------------------------------------------------------


def test_a_lab_that_comes_within_the_horizon_is_fetched_from_whoever_offered_it() -> None:
    """Anna hears of Carl before she knows that Bert vouches for him."""
    bert, carl = friends("bert", "carl")
    anna = Node(Lab("anna"), vouches=[bert.lab])
    bert.vouch(anna.lab)
    bert.holds(carl.lab)
    wire = Wire(anna, bert).run()
    assert anna.size_of(carl.lab) == 0
    anna.vouch(carl.lab, by=bert.lab)
    wire.run()
    assert anna.size_of(carl.lab) == 1


def test_a_stranger_is_fetched_only_if_it_names_us() -> None:
    anna, bert = friends("anna", "bert")
    carl, dora = Lab("carl"), Lab("dora")
    bert.vouch(carl, dora)
    bert.vouch(anna.lab, by=dora)
    bert.holds(carl)
    bert.holds(dora)
    Wire(anna, bert).run()
    assert (anna.size_of(carl), anna.size_of(dora)) == (0, 1)
    assert not anna.replica.announces(dora.id)


def test_a_budget_that_is_spent_stops_one_peer_and_nobody_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fedlab.protocol.horizon.PEER_BUDGET_BYTES", 4_000_000)
    anna, bert, carl = friends("anna", "bert", "carl")
    bert.lab.write(20_000, width=200)
    bert.holds(bert.lab)
    carl.holds(carl.lab)
    wire = Wire(anna, bert).run()
    held = anna.size_of(bert.lab)
    assert 4_000_000 / 400 < held < 20_000 and held % 256 == 0
    assert wire.a.connected and wire.a.pulling.behind() == 0
    assert anna.replica.log((bert.lab.id, 0)).fetcher is None
    Wire(anna, carl).run()
    assert anna.size_of(carl.lab) == 1
    # Somebody allows more: it goes on from there, on the same connection.
    monkeypatch.setattr("fedlab.protocol.horizon.PEER_BUDGET_BYTES", 40_000_000)
    anna.vouch()
    wire.run()
    assert anna.size_of(bert.lab) == 20_001


def test_a_blocked_lab_is_neither_fetched_nor_passed_on() -> None:
    anna, bert, carl, dora = friends("anna", "bert", "carl", "dora")
    bert.holds(carl.lab)
    anna.vouch(blocked=[carl.lab])
    Wire(anna, bert).run()
    assert anna.size_of(carl.lab) == 0
    bert.vouch(blocked=[carl.lab])
    Wire(dora, bert).run()
    assert dora.size_of(anna.lab) == 1 and dora.size_of(carl.lab) == 0


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
