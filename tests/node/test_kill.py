"""A node is killed at every system call of an append; afterwards it keeps every word it gave.

Every call that can change a file, to be exact: a kill anywhere between two of these finds the same
files as a kill at the second.

No size is ever signed with two roots, nothing acknowledged or published is lost, and the node can
write again, alone. (Against power cuts, which also lose what was not synced: test_power.py.)
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.store.killing import STRACE, WRITING, Killer
from tests.node.store.witness import Record, append, check_restart

pytestmark = pytest.mark.skipif(
    not STRACE and not os.environ.get("CI"), reason="strace is not installed"
)

# The block that closes moves 256 rows into a bundle: the append that changes most on disk.
ITEMS_BEFORE = 254


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    """Children of this one append through the writer."""
    killer = Killer("tests.node.store.append_killed")
    yield killer
    killer.close()


@pytest.fixture(scope="module")
def command_killer() -> Iterator[Killer]:
    """Children of this one run the command, with its projections and its search index."""
    killer = Killer("tests.node.store.item_add_killed")
    yield killer
    killer.close()


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a signed log, and the record of how it came about."""
    at = tmp_path_factory.mktemp("base")
    node = append(at / "node", Record(at / "record"), "FIRST")
    node.add(*(f"T-{i}" for i in range(ITEMS_BEFORE - 1)))
    node.projector.run()
    node.close()
    return at


def kill_everywhere(
    killer: Killer,
    base: Path,
    tmp_path: Path,
    *args: str,
    only: str = WRITING,
    mutant: str = "",
) -> int:
    """Kill a run at each call in turn and check what is left; return the number of deaths."""
    deaths = 0
    at = tmp_path / "run"

    def restore() -> None:
        shutil.rmtree(at, ignore_errors=True)
        shutil.copytree(base, at)

    args = (str(at / "node"), str(at / "record"), *args)
    restore()
    calls = killer.calls(at / "node", *args, only=only)
    for name, count in sorted(calls.items()):
        for number in range(1, count + 1):
            restore()
            deaths += killer.kill(at / "node", name, number, *args)
            try:
                check_restart(at / "node", Record(at / "record"), mutant)
            except AssertionError as exc:
                raise AssertionError(f"killed at {name} number {number}: {exc}") from exc
    return deaths


def test_an_append_killed_at_every_system_call(killer: Killer, base: Path, tmp_path: Path) -> None:
    assert kill_everywhere(killer, base, tmp_path, "", "NEW") > 50


def test_item_add_killed_at_every_system_call(
    command_killer: Killer, base: Path, tmp_path: Path
) -> None:
    assert kill_everywhere(command_killer, base, tmp_path, "New tool") > 50


def test_a_founding_killed_before_every_file_and_sync(killer: Killer, tmp_path: Path) -> None:
    (tmp_path / "nothing").mkdir()
    only = "openat,write,ftruncate,fsync,fdatasync,rename,unlink,mkdir,fchmod"
    assert kill_everywhere(killer, tmp_path / "nothing", tmp_path, "", "NEW", only=only) > 30


@pytest.mark.parametrize(
    ("mutant", "message"),
    [
        ("publishes before it commits", "signed with two roots"),
        ("gives up unsigned leaves", "signed with two roots"),
    ],
)
def test_the_test_notices(
    killer: Killer, base: Path, tmp_path: Path, mutant: str, message: str
) -> None:
    """Negative control: a node with one rule broken is caught."""
    with pytest.raises(AssertionError, match=message):
        kill_everywhere(killer, base, tmp_path, mutant, "NEW", only="pwrite64", mutant=mutant)
