"""The power fails at every moment of a run; afterwards the node keeps every word it gave.

Unlike a kill, a power cut loses what was written and not synced, in any order and by halves.
"""

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.node.store.killing import STRACE, Killer
from tests.node.store.powercut import Call, Disk, read_trace
from tests.node.store.witness import Record, append, check_restart

pytestmark = pytest.mark.skipif(
    not STRACE and not os.environ.get("CI"), reason="strace is not installed"
)


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    killer = Killer("tests.node.store.append_killed")
    yield killer
    killer.close()


def trace(killer: Killer, at: Path, mutant: str) -> tuple[Path, list[Call]]:
    """Let a node append three entries, the first of which closes a block; return what it did.

    The folder is given back as it was before.
    """
    node = append(at / "node", Record(at / "record"))
    node.add(*(f"T-{i}" for i in range(254)))
    node.projector.run()
    node.close()
    before = at.with_name("before")
    shutil.copytree(at, before)
    args = (str(at / "node"), str(at / "record"), mutant, "ONE", "TWO", "THREE")
    killer.trace(at / "node", at / "trace", at / "record", *args)
    calls = list(read_trace(at / "trace"))
    shutil.rmtree(at)
    shutil.copytree(before, at)
    return at, calls


def cut_everywhere(killer: Killer, at: Path, mutant: str = "", seed: int = 0) -> int:
    """Lose the power after each call in turn and check what is left; return the number of cuts."""
    at, calls = trace(killer, at, mutant)
    disk = Disk(at / "node", at / "record")
    after, cuts = at.with_name("after"), 0
    for number, call in enumerate(calls):
        if not disk.play(call):
            continue
        cuts += 1
        shutil.rmtree(after, ignore_errors=True)
        (after / "node").mkdir(parents=True)
        (after / "record").write_bytes(disk.record)
        for name, content in disk.after_cut(random.Random(seed * 10_000 + number)).items():
            (after / "node" / name).write_bytes(content)
        try:
            check_restart(after / "node", Record(after / "record"))
        except AssertionError as exc:
            raise AssertionError(f"cut after call {number}, {call.name}: {exc}") from exc
    assert disk.record.count(b"acknowledged") == 3
    return cuts


def test_the_power_fails_at_every_write(killer: Killer, tmp_path: Path) -> None:
    assert cut_everywhere(killer, tmp_path / "run") > 80


def test_the_test_notices(killer: Killer, tmp_path: Path) -> None:
    """Negative control: with synchronous NORMAL a leaf is lost that was signed already."""
    with pytest.raises(AssertionError, match="signed with two roots"):
        cut_everywhere(killer, tmp_path / "run", "does not sync")
