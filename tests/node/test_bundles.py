"""Bundle files: the network on a USB stick, between nodes with real stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.node.bundles import read_bundle_file, write_bundle_file
from fedlab.node.gate import State
from fedlab.protocol.errors import RemoteProtocolError
from tests.node.exchanging import WALL, Peer, dial, meet, run, three_peers


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[list[Peer]]:
    with three_peers(tmp_path) as made:
        yield made


def test_a_stick_carries_the_network_and_live_connections_hear_of_it(
    peers: list[Peer], tmp_path: Path
) -> None:
    anna, bert, carl = peers
    carl.say(*(f"A-{n}" for n in range(300)))
    stick = tmp_path / "stick.fedlab"
    told = write_bundle_file(carl.store, carl.horizon(), stick, wall=WALL)
    assert (told.labs, told.entries) == (1, 301)
    here, there = dial(anna, bert)
    wire = ((anna, here), (bert, there))
    run(wire)
    taken = read_bundle_file(bert.store, bert.writer, bert.horizon(), stick, wall=WALL)
    assert (taken.labs, taken.entries, taken.problems) == (1, 301, [])
    bert.exchange.reread()
    run(wire, now=1.0)
    assert anna.held(carl.lab) == 301
    again = read_bundle_file(bert.store, bert.writer, bert.horizon(), stick, wall=WALL)
    assert (again.labs, again.entries) == (0, 0)


def test_the_next_stick_holds_what_the_last_one_lacks(peers: list[Peer], tmp_path: Path) -> None:
    anna, bert, carl = peers
    carl.say("A-1")
    first, second = tmp_path / "first", tmp_path / "second"
    write_bundle_file(carl.store, carl.horizon(), first, wall=WALL)
    carl.say("A-2")
    told = write_bundle_file(carl.store, carl.horizon(), second, wall=WALL, since=first)
    assert (told.labs, told.entries) == (1, 1)
    late = read_bundle_file(bert.store, bert.writer, bert.horizon(), second, wall=WALL)
    assert late.entries == 0 and "older bundle" in late.problems[0]
    for stick in (first, second):
        read_bundle_file(anna.store, anna.writer, anna.horizon(), stick, wall=WALL)
    assert anna.held(carl.lab) == 3


def test_a_stick_that_was_pulled_out_is_said_so_and_leaves_no_half_file(
    peers: list[Peer], tmp_path: Path
) -> None:
    anna, _, carl = peers
    carl.say(*(f"A-{n}" for n in range(600)))
    stick = tmp_path / "stick"
    write_bundle_file(carl.store, carl.horizon(), stick, wall=WALL)
    stick.write_bytes(stick.read_bytes()[:-5000])
    with pytest.raises(RemoteProtocolError, match="cut short"):
        read_bundle_file(anna.store, anna.writer, anna.horizon(), stick, wall=WALL)
    assert 0 < anna.held(carl.lab) < 601
    with pytest.raises(OSError, match="No such file"):
        write_bundle_file(carl.store, carl.horizon(), tmp_path / "no" / "stick", wall=WALL)
    with pytest.raises(RemoteProtocolError, match="cut short"):
        write_bundle_file(carl.store, carl.horizon(), tmp_path / "next", wall=WALL, since=stick)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["stick"]


def test_a_stick_opens_the_gate_of_a_lab_without_a_network(
    peers: list[Peer], tmp_path: Path
) -> None:
    anna, bert, _ = peers
    anna.say("A-1")
    meet(anna, bert)
    stick = tmp_path / "stick"
    write_bundle_file(bert.store, bert.horizon(), stick, wall=WALL)
    anna.close()
    anna.head_path.unlink()
    anna.open()
    anna.begin()
    assert anna.gate.state is State.UNKNOWN
    read_bundle_file(anna.store, anna.writer, anna.horizon(), stick, wall=WALL)
    assert anna.gate.is_open
