"""Another version of fedlab: tried on a copy, switched to, and back if it does not come up."""

import hashlib
import os
import sys
import textwrap
from pathlib import Path

import pytest

from fedlab.node.config import Folder
from fedlab.node.errors import BadRequestError, ServiceError
from fedlab.node.keeping import upgrading
from fedlab.node.keeping.unit import NAME, unit_text
from fedlab.node.service import Service
from tests.conftest import REPO
from tests.node.labs import ask, found_lab, opened_lab

GOOD = f'PYTHONPATH={REPO} exec {sys.executable} -P -m fedlab "$@"'
# It opens the store, and does not come up as a service.
DEAF = f'[ "$1" = service ] && {{ echo "no port left" >&2; exit 75; }}\n{GOOD}'


def version_in(path: Path, body: str) -> Path:
    """Make a folder as of an unpacked version whose command is a script."""
    (path / "bin").mkdir(parents=True)
    (path / "bin" / "fedlab").write_text(f"#!/bin/sh\n{body}\n")
    (path / "bin" / "fedlab").chmod(0o755)
    return path


def migrating(change: str) -> str:
    """Return the command of a version that has one more migration, which makes that change."""
    return f"""PYTHONPATH={REPO} exec {sys.executable} -P -c '
from fedlab.node.store.schema import migrations
@migrations()
def m999_of_the_next_version(db):
{textwrap.indent(change, "    ")}
from fedlab.__main__ import main
main()' "$@"
"""


def digest(path: Path) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_version_is_tried_on_a_copy(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "lab")
    with opened_lab(folder.path) as service:
        ask(service, "rebuild")
    before = digest(folder.store)
    code = version_in(tmp_path / "new", GOOD)
    answer = upgrading.upgrade(folder, code, units=tmp_path)
    assert (answer.entries, answer.switched) == (2, False)
    assert digest(folder.store) == before and not (folder.path / "upgrade.tmp").exists()


@pytest.mark.parametrize(
    "body",
    [
        'echo "fedlab 9"; [ "$1" = --version ] || { echo Traceback >&2; exit 1; }',
        'echo "fedlab 9"; [ "$1" = --version ] || exit 0',
        "exit 69",
    ],
)
def test_a_version_that_does_not_do_changes_nothing(tmp_path: Path, body: str) -> None:
    found_lab(tmp_path / "lab")
    folder = Folder(tmp_path / "lab")
    before = digest(folder.store)
    with pytest.raises(ServiceError) as refused:
        upgrading.upgrade(folder, version_in(tmp_path / "new", body), units=tmp_path)
    assert refused.value.code == "upgrade_refused"
    assert digest(folder.store) == before
    with pytest.raises(BadRequestError, match="no fedlab"):
        upgrading.upgrade(folder, tmp_path / "nothing", units=tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        'db.execute("DROP TABLE members")\nraise ValueError("half way")',
        'db.execute("DELETE FROM open_leaves")',
        'db.execute("UPDATE logs SET head = NULL, held = held - 1")',
    ],
    ids=["breaks off", "loses entries", "forgets what was signed"],
)
def test_a_migration_that_breaks_the_store_breaks_a_copy(tmp_path: Path, change: str) -> None:
    found_lab(tmp_path / "lab")
    folder = Folder(tmp_path / "lab")
    (tmp_path / NAME).write_text(unit_text("fedlab", folder.path, 7390))
    before = digest(folder.store)
    with pytest.raises(ServiceError) as refused:
        upgrading.upgrade(folder, version_in(tmp_path / "new", migrating(change)), units=tmp_path)
    assert refused.value.code == "upgrade_refused" and refused.value.hint
    assert digest(folder.store) == before and not (folder.path / "upgrade.tmp").exists()


def test_a_migrated_store_is_put_back_for_the_old_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new version has changed the tables of the lab itself, and then does not come up."""
    with opened_lab(tmp_path / "lab") as service:
        ask(service, "item_add", code="SAW", change={"name": "Scie"})
    folder = Folder(tmp_path / "lab")
    (tmp_path / NAME).write_text(unit_text("fedlab", folder.path, 7390))
    stub = tmp_path / "stub"
    stub.mkdir()
    (stub / "systemctl").write_text("#!/bin/sh\n")
    (stub / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub}:{os.environ['PATH']}")
    old = version_in(tmp_path / "old", GOOD) / "bin" / "fedlab"
    monkeypatch.setattr(upgrading, "starter", lambda: ([str(old)], ""))
    newer = version_in(
        tmp_path / "newer", migrating('db.execute("CREATE TABLE later (a INTEGER PRIMARY KEY)")')
    )
    does = f'[ "$1" = service ] || exec {newer}/bin/fedlab "$@"\n'
    does += f"{newer}/bin/fedlab item list --data {folder.path} >&2\nexit 75"
    with pytest.raises(ServiceError, match="the old one runs again"):
        upgrading.upgrade(folder, version_in(tmp_path / "new", does), units=tmp_path)
    with Service(folder) as service:
        assert [item["code"] for item in ask(service, "item_list")["items"]] == ["SAW"]
        assert ask(service, "verify")["problems"] == []


def test_a_version_that_does_not_come_up_gives_way_to_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found_lab(tmp_path / "lab")
    folder = Folder(tmp_path / "lab")
    old = unit_text("fedlab", folder.path, 7390)
    (tmp_path / NAME).write_text(old)
    stub = tmp_path / "stub"
    stub.mkdir()
    (stub / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\n')
    (stub / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{stub}:{os.environ['PATH']}")
    monkeypatch.setattr(upgrading, "starter", lambda: (["false"], ""))  # it cannot open it any more
    with pytest.raises(ServiceError, match="the old one runs again") as undone:
        upgrading.upgrade(folder, version_in(tmp_path / "new", DEAF), units=tmp_path)
    assert undone.value.code == "upgrade_undone"
    assert (tmp_path / NAME).read_text() == old
    assert (tmp_path / "said").read_text().split("\n")[-2] == f"restart {NAME}"
    assert digest(folder.path / upgrading.BEFORE) == digest(folder.store)
    with Service(folder) as service:
        assert ask(service, "verify")["problems"] == []
