"""A first start is killed at every system call of the founding: the set-up goes on, or is done.

Never a folder that neither holds the whole lab, with its name and the key of its backups, nor lets
its people go on with the very words that they have on paper.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.node.config import Folder
from fedlab.node.firststart import FirstStart, Plan, tidy
from fedlab.node.keeping.epochs import BACKUP_KEY
from fedlab.node.service import Service
from fedlab.protocol.identity import recovers
from tests.node.store.killing import STRACE, Killer

pytestmark = pytest.mark.skipif(
    not STRACE and not os.environ.get("CI"), reason="strace is not installed"
)

# What puts a name into place or takes it away, and what makes it last.
NAMING = "rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,fsync,fdatasync,rmdir"


@pytest.fixture(scope="module")
def killer() -> Iterator[Killer]:
    killer = Killer("tests.node.store.founding_killed")
    yield killer
    killer.close()


def begun(path: Path) -> bytes:
    """Plan a lab; return what its words are made of."""
    start = FirstStart(Folder(path), lambda: 0.0)
    start.name_lab(Plan(name="Ponant", lang="fr"))
    start.words_written()
    return bytes.fromhex(start.plan.entropy)


def check(path: Path, entropy: bytes) -> bool:
    """Go on as the node does at its next start; return whether the lab was whole already."""
    folder = Folder(path)
    was_whole = folder.store.exists()
    if not was_whole:
        start = FirstStart(folder, lambda: 0.0)
        assert start.may_found and start.plan.step == "check"
        assert bytes.fromhex(start.plan.entropy) == entropy
        start.found()
    with Service(folder) as service:
        tidy(folder)
        assert service.own().name == "Ponant"
        assert recovers(service.store.own_chain(), entropy)
        assert service.store.settings.get(BACKUP_KEY)
        assert service.opened.writer.may_sign
    assert not folder.setup.exists()
    return was_whole


def test_killed_at_any_call_the_set_up_goes_on(killer: Killer, tmp_path: Path) -> None:
    base, at = tmp_path / "base", tmp_path / "run"
    entropy = begun(base)
    shutil.copytree(base, at)
    calls = killer.calls(at, str(at), only=NAMING)
    whole = deaths = 0
    for name, count in sorted(calls.items()):
        for number in range(1, count + 1):
            shutil.rmtree(at)
            shutil.copytree(base, at)
            deaths += killer.kill(at, name, number, str(at))
            whole += check(at, entropy)
    assert deaths > 20
    assert 0 < whole < deaths, "both before the founding and after it"
