"""Credit: no more comes than can be put on disk, and nothing is made that is not taken."""

from fedlab.protocol.events import Package
from fedlab.protocol.limits import (
    CREDIT_BYTES,
    MESSAGE_BYTES_MAX,
    STALL_SECONDS,
)

from .nodes import Wire, closed, friends


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


def test_a_disk_that_takes_its_time_is_not_blamed_on_the_peer() -> None:
    anna, bert = friends("anna", "bert")
    bert.lab.write(4000, width=3000)
    bert.holds(bert.lab)
    anna.commits = False
    wire = Wire(anna, bert).run()
    for _ in range(5):
        wire.wait(STALL_SECONDS / 2)  # Bert says that he is still here
    anna.commits = True
    for event in anna.of(Package):
        anna.commit(wire.a, event)
    wire.a.tick(wire.now)
    wire.run()
    assert anna.size_of(bert.lab) == 4001 and not anna.faults() and wire.a.connected
