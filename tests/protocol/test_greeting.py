"""Who is let in, by invitation or without, and how long anybody may take for it."""

from fedlab.protocol import events
from fedlab.protocol.events import Connected
from fedlab.protocol.limits import (
    HANDSHAKE_SECONDS,
    JOIN_SECONDS,
    KEEPALIVE_SECONDS,
    SILENCE_SECONDS,
)

from .nodes import Lab, Node, Wire, closed, friends


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


# --- time ---


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
