"""Heads: when they are told, how old they are said to be, and of whom."""

import pytest

from fedlab.protocol import frames
from fedlab.protocol.limits import (
    HEADS_SECONDS,
    KEEPALIVE_SECONDS,
)

from .nodes import Lab, Node, Wire, friends


def kinds(said: list[frames.Frame]) -> list[type[frames.Frame]]:
    return [type(frame) for frame in said]


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


def test_an_age_that_nobody_knows_is_never_and_not_a_century() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    bert.holds(carl.lab)  # as after a restart: when that was is not known
    Wire(anna, bert, now=50.0).run()
    assert anna.replica.log((carl.lab.id, 0)).head is not None
    assert anna.replica.age(anna.replica.log((carl.lab.id, 0)), 50.0) == float("inf")


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


# --- whose heads: the horizon ---


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
