"""After any storm, labs agree, nothing acknowledged is lost, and nobody has signed two pasts.

`FEDLAB_SIM_SEEDS=5000` runs that many worlds instead of 200. A world that failed is run again by
its number: `pytest "tests/sim/test_storm.py::test_after_the_storm[17]"`.

Every oracle has its negative control: a bug is planted, and some world must show it.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from fedlab.node.gate import Gate, State
from fedlab.node.projector import Projector
from fedlab.protocol.replica import Replica

from . import storm as weather
from .storm import calm, check_all, storm
from .world import World

SEEDS = int(os.environ.get("FEDLAB_SIM_SEEDS", "200"))
CONTROL_SEEDS = 40  # a planted bug must show in one of these
FAST_DISK = Path("/dev/shm")  # in memory: nothing here pulls a real plug


@pytest.fixture
def place() -> Iterator[Path]:
    made = tempfile.mkdtemp(prefix="storm", dir=FAST_DISK if FAST_DISK.is_dir() else None)
    yield Path(made)
    shutil.rmtree(made)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_after_the_storm(seed: int, place: Path) -> None:
    world = World(seed, place)
    storm(world)
    assert calm(world), f"seed {seed} never settles"
    check_all(world)
    world.close()


def shows(check: Callable[[World], None], place: Path, **traits: Any) -> bool:
    """Say whether a check fails in one of the first worlds; `traits` are set on every node."""
    for seed in range(CONTROL_SEEDS):
        world = World(seed, place / str(seed))
        for node in world.nodes:
            vars(node).update(traits)
        storm(world)
        calm(world)
        try:
            check(world)
        except AssertionError:
            return True
        finally:
            world.close()
    return False


def test_control_a_fold_that_depends_on_when_entries_came_is_found(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each later run forgets the first entry that it should fold."""
    fold = Projector._fold
    monkeypatch.setattr(
        Projector,
        "_fold",
        lambda self, log, end: fold(self, log._replace(folded=log.folded + bool(log.folded)), end),
    )
    assert shows(weather.check_agreement, place)


def test_control_a_disk_that_lies_about_what_is_written_is_found(place: Path) -> None:
    assert shows(weather.check_acknowledged, place, lying_disk=True)


def test_control_a_gate_that_is_always_open_is_found(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A lab whose card was put back to an old state signs other entries at sizes it had signed."""
    monkeypatch.setattr(Gate, "look", lambda self: setattr(self, "state", State.OPEN))
    monkeypatch.setattr(Gate, "shown", lambda self, head: None)
    assert shows(weather.check_signed_once, place)


def test_control_a_connection_that_never_lets_go_of_a_log_is_found(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Replica, "release", lambda self, key, fetcher: None)
    monkeypatch.setattr(weather, "CALM_SECONDS", 60.0)

    def settled(world: World) -> None:
        assert weather.settled(world)

    assert shows(settled, place)


def test_control_a_network_that_changes_the_order_of_bytes_is_found(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = World._pieces
    monkeypatch.setattr(World, "_pieces", lambda self, data: pieces(self, data)[::-1])
    monkeypatch.setattr(weather, "CALM_SECONDS", 20.0)
    assert shows(weather.check_blameless, place)


SCRIPT = """
import sys
from pathlib import Path
from tests.sim.storm import calm, storm
from tests.sim.world import World

world = World(int(sys.argv[1]), Path(sys.argv[2]))
storm(world)
calm(world)
for what in world.trace:
    print(what)
for node in world.nodes:
    print(node.name, [(head.size, head.root.hex()) for head in node.signed])
world.close()
"""


def test_a_seed_is_the_same_world_every_time(place: Path) -> None:
    """Whatever order Python gives to its sets."""
    told = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT, "7", str(place / hashing)],
            env=os.environ | {"PYTHONHASHSEED": hashing},
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=True,
        ).stdout
        for hashing in ("1", "2")
    }
    assert len(told) == 1 and b"starts" in told.pop()
