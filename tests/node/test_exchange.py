"""The exchange: connections on one side, the store on the other, and what passes between."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.node.exchange import EVENTS_PER_BATCH
from fedlab.node.gate import State
from fedlab.node.store import StoreError
from fedlab.protocol import events
from tests.node.exchanging import WALL, Peer, dial, meet, run, three_peers
from tests.node.store.labs import Lab


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[list[Peer]]:
    with three_peers(tmp_path) as made:
        yield made


def test_two_nodes_exchange_their_logs(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    bert.say("A-1", "A-2")
    meet(anna, bert)
    assert anna.held(bert.lab) == bert.size == 3
    assert bert.held(anna.lab) == 1
    first = anna.heard[0]
    assert isinstance(first, events.Connected)
    assert first.lab == bert.lab.id and first.urls == (f"http://{bert.lab.id[:4]}.example",)


def test_a_live_connection_carries_what_is_said_later(peers: list[Peer]) -> None:
    anna, bert, carl = peers
    near, far = dial(anna, bert), dial(bert, carl)
    wires = (((anna, near[0]), (bert, near[1])), ((bert, far[0]), (carl, far[1])))
    run(*wires)
    carl.say("A-1")
    run(*wires, now=1.0)
    run(*wires, now=2.0)
    assert anna.held(carl.lab) == 2


def test_a_restart_keeps_everything_and_asks_for_nothing_twice(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    bert.say(*(f"A-{n}" for n in range(300)))
    meet(anna, bert)
    anna.again()
    assert anna.held(bert.lab) == 301
    bert.again()
    here, _ = meet(anna, bert)
    assert here.behind() == 0
    assert not any(isinstance(event, events.Package) for event in anna.heard)


def test_how_old_a_lab_is(peers: list[Peer]) -> None:
    anna, bert, carl = peers
    meet(anna, bert)
    assert anna.exchange.age_s(bert.lab.id, 7.0) == 7.0
    assert anna.exchange.age_s(anna.lab.id, 7.0) == 0.0
    assert anna.exchange.age_s(carl.lab.id, 7.0) is None


def test_it_survives_a_restart_by_the_clock_on_the_wall(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    meet(anna, bert)
    anna.write_all(now=50.0)
    anna.wall = WALL + 1000
    anna.again(now=5.0)
    assert anna.exchange.age_s(bert.lab.id, 5.0) == 1050  # the wall stood still for those 50


def test_a_clock_that_was_set_back_makes_nothing_older_than_it_is(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    meet(anna, bert)
    anna.write_all(now=50.0)
    anna.wall = 0.0
    anna.again(now=5.0)
    assert anna.exchange.age_s(bert.lab.id, 5.0) == 0


# --- the amnesia gate ---------------------------------------------------------------------------


def test_a_head_of_ours_opens_the_gate(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    meet(anna, bert)
    anna.close()
    anna.head_path.unlink()
    anna.open()
    anna.begin()
    assert anna.gate.state is State.UNKNOWN
    assert anna.add("A-1").drafted
    meet(anna, bert)
    assert anna.gate.is_open and anna.size == 2
    meet(anna, bert)
    assert bert.held(anna.lab) == 2


def test_entries_that_we_forgot_come_back_before_we_sign_again(
    peers: list[Peer], tmp_path: Path
) -> None:
    anna, bert, _ = peers
    anna.close()
    old = (anna.folder / "store.db").read_bytes()
    anna.open()
    anna.begin()
    anna.say("A-1", "A-2", "A-3")
    meet(anna, bert)
    anna.close()
    for file in anna.folder.glob("store.db*"):
        file.unlink()
    (anna.folder / "store.db").write_bytes(old)
    anna.open()
    anna.begin()
    assert anna.gate.state is State.AHEAD and anna.held(anna.lab) == 1
    assert anna.add("A-4").drafted
    meet(anna, bert)
    assert anna.gate.is_open and anna.size == 5


# --- faults -------------------------------------------------------------------------------------


def test_evidence_of_a_split_view_is_kept_and_the_log_stays_frozen(peers: list[Peer]) -> None:
    anna, bert, carl = peers
    carl.say("A-1")
    meet(anna, carl)
    # Another card of Carl's has signed something else, and Bert has heard that.
    twin = Peer(bert.folder.parent / "twin", Lab(3))
    twin.friends = {bert.lab.id}
    twin.begin()
    twin.say("B-1", "B-2")
    meet(bert, twin)
    assert bert.held(carl.lab) == 3
    meet(anna, bert)
    (fault,) = [event for event in anna.heard if isinstance(event, events.Fault)]
    assert (fault.fault, fault.lab) == ("author", carl.lab.id)
    assert anna.held(carl.lab) == 2
    assert len(anna.store.evidence(carl.lab.id)) == 1
    anna.again()
    bert.again()
    meet(anna, bert)
    assert anna.held(carl.lab) == 2
    twin.close()


def test_a_disk_that_refuses_ends_the_connection_and_nothing_is_lost(
    peers: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bert, _ = peers
    bert.say("A-1")
    here, there = dial(anna, bert)
    while not (batch := anna.exchange.take(0.0)) or not batch.stored:
        there.receive(here.outgoing(0.0), 0.0)
        here.receive(there.outgoing(0.0), 0.0)
    with monkeypatch.context() as full, pytest.raises(StoreError):

        def refuse(stored: object, carriers: object) -> None:
            raise StoreError("disk_full", "the disk is full", "")

        full.setattr(anna.store, "commit", refuse)
        anna.exchange.write(batch)
    anna.exchange.failed(batch)
    assert here.closed and anna.held(bert.lab) == 0
    here.gone()
    there.gone()
    meet(anna, bert)
    assert anna.held(bert.lab) == 2


def test_a_disk_that_cannot_be_read_ends_the_connection_in_a_word(
    peers: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bert, _ = peers

    def refuse(*args: object) -> list[bytes]:
        raise StoreError("io", "the card is broken", "")

    monkeypatch.setattr(bert.store, "leaves", refuse)
    meet(anna, bert)
    assert anna.held(bert.lab) == 0
    (closed,) = [event for event in anna.heard if isinstance(event, events.Closed)]
    assert (closed.code, closed.by_peer) == ("busy", True)


def test_a_batch_is_bounded(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    here, _ = dial(anna, bert)
    for _ in range(EVENTS_PER_BATCH + 1):
        anna.exchange.queue(here, events.ChainSeen(bert.lab.chain))
    first = anna.exchange.take(0.0)
    assert first is not None and len(first.items) == EVENTS_PER_BATCH
    second = anna.exchange.take(0.0)
    assert second is not None and len(second.items) == 1
    assert anna.exchange.take(0.0) is None


# --- who is let in ------------------------------------------------------------------------------


def test_a_lab_that_is_blocked_now_is_shown_the_door(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    here, there = meet(anna, bert)
    anna.blocked.add(bert.lab.id)
    anna.exchange.look_again()
    assert here.closed
    there.receive(here.outgoing(0.0), 0.0)
    bye = there.next_event()
    assert isinstance(bye, events.Closed) and bye.code == "blocked" and bye.by_peer


def test_vouches_that_stay_the_same_disturb_nobody(peers: list[Peer]) -> None:
    anna, _, _ = peers
    before = anna.exchange.replica.horizon
    anna.exchange.look_again()
    assert anna.exchange.replica.horizon is before


def test_of_two_connections_to_one_peer_both_keep_the_same(peers: list[Peer]) -> None:
    """Both had dialled at the same moment: the one that the smaller lab dialled goes on."""
    small, large = sorted(peers[:2], key=lambda peer: peer.lab.id)
    ours, theirs = dial(large, small), dial(small, large)
    run(
        ((large, ours[0]), (small, ours[1])),
        ((small, theirs[0]), (large, theirs[1])),
    )
    assert ours[0].closed and ours[1].closed
    assert not theirs[0].closed and not theirs[1].closed
    assert small.exchange.connected() == {large.lab.id: theirs[0]}
    reasons = [event.code for event in small.heard if isinstance(event, events.Closed)]
    assert reasons == ["twin"]


def test_a_newer_connection_from_the_same_side_replaces_one_that_may_be_dead(
    peers: list[Peer],
) -> None:
    anna, bert, _ = peers
    old, _ = meet(anna, bert)
    new, _ = meet(anna, bert)
    assert old.closed and not new.closed


def test_what_is_gone_is_forgotten(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    here, _ = meet(anna, bert)
    here.gone()
    here.gone()
    assert anna.exchange.links == [] and anna.exchange.connected() == {}
