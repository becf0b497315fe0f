"""The simulator proves something about the node only as long as it runs the node's own parts."""

import ast
from pathlib import Path

import pytest

from fedlab.node.exchange import Exchange
from fedlab.node.gate import Gate
from fedlab.node.projector import Projector
from fedlab.node.store import SqliteStore
from fedlab.node.writer import Writer
from fedlab.protocol.sync import PeerSync

from .world import World

HERE = Path(__file__).parent
# What one would need for a store, a fold or a frame of one's own.
BANNED_MODULES = {
    "sqlite3",
    "sqlite_utils",
    "msgspec",
    "hashlib",
    "struct",
    "pickle",
    "json",
    "shelve",
}
BANNED_WORDS = ("store", "reader", "log", "frame", "fold", "project", "replica", "sync", "channel")


def findings(source: str) -> list[str]:
    """Return what a module of the simulator has that it must not have."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.split(".")[0] in BANNED_MODULES]
        elif (
            isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in BANNED_MODULES
        ):
            found.append(node.module or "")
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            of_a_test = node.name.startswith("test_")
            if not of_a_test and any(word in node.name.lower() for word in BANNED_WORDS):
                found.append(node.name)
            bases = [ast.unparse(base) for base in getattr(node, "bases", [])]
            found += [
                b for b in bases if any(word in b.lower() for word in (*BANNED_WORDS, "struct"))
            ]
    return found


@pytest.mark.parametrize("module", sorted(HERE.glob("*.py")), ids=lambda path: path.name)
def test_the_simulator_defines_no_store_no_fold_and_no_frame(module: Path) -> None:
    assert not findings(module.read_text())


@pytest.mark.parametrize(
    "planted",
    [
        "import sqlite3",
        "from msgspec import Struct",
        "class MemoryStore: pass",
        "class Quick(SqliteStore): pass",
        "def fold_items(entries): pass",
        "class Ping(frames.Frame): pass",
    ],
)
def test_control_a_part_of_its_own_is_found(planted: str) -> None:
    assert findings(planted)


def test_its_nodes_are_made_of_the_real_parts(tmp_path: Path) -> None:
    world = World(0, tmp_path, labs=2)
    one, other = world.nodes
    world.dial(one, other)
    world.run(5.0)
    for node in world.nodes:
        assert type(node.store) is SqliteStore
        assert (node.disk / "store.db").is_file()
        assert type(node.projector) is Projector
        assert type(node.writer) is Writer
        assert type(node.gate) is Gate
        assert type(node.exchange) is Exchange
        (link,) = node.exchange.links
        assert type(link.sync) is PeerSync and link.sync.connected
    world.close()
