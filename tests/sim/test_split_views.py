"""A card is copied and both copies go on: whichever past a node holds, it computes the same state.

Labs a, b and c are honest. Lab d has two nodes with the same keys, and each talks to another
neighbour. Then everybody meets.
"""

import copy
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fedlab.inventory.facts import ItemSet, LabVouch
from fedlab.node.gate import State
from fedlab.node.store.projections import ProjectionTables
from fedlab.protocol.entry import Status
from fedlab.protocol.offers import Offers

from .node import SimNode
from .storm import call
from .world import World

SEEDS = 12
BLANK: dict[str, Any] = {"by": "", "e": 0, "n": 0, "at": 0}


def offer_more(world: World, node: SimNode, tag: str) -> None:
    """Let a lab offer some items, so that it also changes some that it offered before."""
    for _ in range(world.rng.randrange(1, 30)):
        code = f"{world.rng.choice((tag, 'SHARED'))}-{world.rng.randrange(20)}"
        quantity = world.rng.randrange(1, 9) * 1000
        item = ItemSet(**BLANK, code=code, kind="tool", unit="piece", quantity=quantity)
        world.say(node, [item])


def meet(world: World, *pairs: tuple[SimNode, SimNode], seconds: float = 20.0) -> None:
    """Let these nodes, and no others, talk for a while."""
    world.pairs = list(pairs)
    for wire in list(world.wires):
        if wire.ends not in pairs and wire.ends[::-1] not in pairs:
            world.cut(wire)
    for second in range(int(seconds / 2)):
        world.at(second, partial(call, world, again=0.0))
    world.run(seconds)


def copied(world: World, node: SimNode) -> SimNode:
    """Stop a node, copy its card, and start both copies."""
    for wire in list(world.wires):
        if node in wire.ends:
            world.cut(wire)
    node.crash()
    twin = copy.copy(node)
    twin.name, twin.rng, twin.signed = "twin", random.Random(world.rng.random()), []
    twin._base, twin._lives = world.folder / "twin", 0
    shutil.copytree(node.disk, twin.disk)
    for each in (node, twin):
        world.start(each)
    return twin


def forked(seed: int, place: Path) -> tuple[World, int]:
    """Return a world in which everybody has met after lab d forked, and where its log parts."""
    world = World(seed, place, labs=4)
    a, b, c, d = world.nodes
    everybody = [(a, b), (b, c), (a, c), (d, a), (d, b), (d, c)]
    for node in world.nodes:
        others = (other.lab for other in world.nodes if other is not node)
        world.say(node, [LabVouch(**BLANK, lab=lab) for lab in others])
    offer_more(world, d, "OLD")
    meet(world, *everybody)
    twin = copied(world, d)
    log = d.store.log(d.lab, 0)
    assert log is not None
    offer_more(world, d, "P")
    offer_more(world, twin, "Q")
    meet(world, (d, a), (twin, c), (b, world.rng.choice((a, c))))
    meet(world, *everybody)
    twin.store.close()
    return world, log.held


def check(world: World, point: int) -> None:
    """Check that all agree on what is disputed, and on everything else of the log."""
    lab, hashes = world.nodes[-1].lab, set()
    pasts = set()
    for node in world.nodes:
        log = node.store.log(lab, 0)
        assert log is not None and log.head is not None and log.frozen, f"{node.name} knows nothing"
        pasts.add(log.head.root)
        node.projector.run()
        statuses = [e.entry.status for e in node.projector.entries(lab, 0, 0, log.held)]
        assert all(status is Status.DISPUTED for status in statuses[point:]), node.name
        assert Status.DISPUTED not in statuses[:point] and len(statuses) > point, node.name
        hashes.add(node.projector.state_hash(lab))
        node.projector.rebuild()
        hashes.add(node.projector.state_hash(lab))
    assert len(pasts) == 2, "all hold the same past: nothing was tried"
    assert len(hashes) == 1, "nodes that hold the same evidence compute different states"


@pytest.mark.parametrize("seed", range(SEEDS))
def test_all_compute_the_same_state_of_a_lab_that_forked(seed: int, tmp_path: Path) -> None:
    world, point = forked(seed, tmp_path)
    check(world, point)
    *honest, d = world.nodes
    assert {fault.lab for fault in world.blamed} <= {d.lab}, "only who signed twice is to blame"
    assert d.gate.state is State.FORKED, "it signs nothing more"
    for node in honest:
        assert len(node.store.evidence(d.lab)) in (1, 2)
    world.close()


def shows(place: Path) -> bool:
    """Say whether the check fails in one of the first worlds."""
    for seed in range(SEEDS):
        world, point = forked(seed, place / str(seed))
        try:
            check(world, point)
        except AssertionError:
            return True
        finally:
            world.close()
    return False


def kept_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence is kept and not folded."""
    monkeypatch.setattr("fedlab.node.catalogue.disputed_from", lambda *args: None)


def heard_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """Evidence reaches only what is folded after it came."""
    monkeypatch.setattr(ProjectionTables, "forget", lambda self, lab: None)


def not_asked_further(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody asks where the pasts part: the heads alone prove it for the last entry only."""
    split_view = Offers.split_view

    def heads_only(self: Offers, evidence: Any) -> None:
        split_view(self, evidence)
        self.partings.clear()

    monkeypatch.setattr(Offers, "split_view", heads_only)


@pytest.mark.parametrize("bug", [kept_for_nothing, heard_late, not_asked_further])
def test_control_a_planted_bug_is_found(
    bug: Callable[[pytest.MonkeyPatch], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    assert shows(tmp_path)
