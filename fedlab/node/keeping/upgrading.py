"""Going over to another version of fedlab: tried on a copy first, and back if it does not run.

    try       the new code opens a copy of the store, brings its tables up to date and verifies it
    switch    the new code installs its unit in place of the old one and starts
    go back   if it does not come up: the old unit, and the store as it was if the old code needs it

The amnesia gate holds throughout: a store that is put back and lacks what was signed meanwhile gets
it from its peers before anything new is signed.
"""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import msgspec

from fedlab.node.config import Folder
from fedlab.node.errors import BadRequestError, ServiceError
from fedlab.node.keeping.archive import copy_store
from fedlab.node.keeping.unit import NAME, UNITS, starter
from fedlab.node.store import SqliteStore

_TRIAL: Final = "upgrade.tmp"
BEFORE: Final = "store-before-upgrade.db"
# A first start installs what the new version needs; a check of a large store takes long on a Pi.
_TRIAL_S: Final = 3600


class UpgradeAnswer(msgspec.Struct):
    """The version that was tried; `switched` if the service runs it now."""

    version: str
    entries: int
    switched: bool


def upgrade(folder: Folder, code: Path, *, units: Path = UNITS) -> UpgradeAnswer:
    """Try the fedlab in the folder `code` on a copy, and let the service go over to it.

    Without a service, trying is all. Raises BadRequestError where there is no fedlab, ServiceError
    where it does not do; the lab then is as it was, and runs as it did.
    """
    script = code / "bin" / "fedlab"
    if not script.is_file():
        raise BadRequestError(
            f"there is no fedlab in {code}", "unpack the new version and name its folder"
        )
    version = _said([str(script), "--version"]).split()[-1]
    entries = _try(folder, script)
    unit = units / NAME
    if not unit.is_file():
        return UpgradeAnswer(version, entries, switched=False)
    _switch(folder, script, unit)
    return UpgradeAnswer(version, entries, switched=True)


def _try(folder: Folder, script: Path) -> int:
    """Let the new code open and verify a copy of the store; return how many entries it holds."""
    trial = Folder(folder.path / _TRIAL)
    shutil.rmtree(trial.path, ignore_errors=True)
    try:
        trial.path.mkdir(mode=0o700)
        copy_store(folder.store, trial.store)
        held = _held(trial)
        report = _asked([str(script), "verify", "--data", str(trial.path), "--json"])
    finally:
        shutil.rmtree(trial.path, ignore_errors=True)
    # A copy has no head file beside it, on purpose: it may not sign.
    wrong = [found for found in report["problems"] if found["code"] != "head"]
    if wrong:
        raise ServiceError(
            f"the new version finds something wrong with this lab: {wrong[0]['message']}",
            "run `fedlab verify` with this one; nothing was changed",
            code="upgrade_refused",
        )
    # Whatever it makes of the tables, each entry that was signed or received is still to be there.
    if report["entries"] != held:
        raise ServiceError(
            f"the new version finds {report['entries']} of this lab's {held} entries",
            "nothing was changed; go on with this one, and report it",
            code="upgrade_refused",
        )
    return held


def _held(folder: Folder) -> int:
    """Return how many entries a copy holds, before the new version sees it."""
    store = SqliteStore(folder.path, writes=False)
    try:
        return sum(log.held for log in store.logs())
    finally:
        store.close()


def _switch(folder: Folder, script: Path, unit: Path) -> None:
    old = unit.read_text(encoding="utf-8")
    before = folder.path / BEFORE
    copy_store(folder.store, before)
    user, port = _found(r"^User=(\S+)$", old), _found(r" --port (\d+)$", old)
    install = ["service", "install", "--user", user, "--port", port, "--data", str(folder.path)]
    try:
        _said([str(script), *install])
    except ServiceError as exc:
        unit.write_text(old, encoding="utf-8")
        _said(["systemctl", "daemon-reload"])
        _said(["systemctl", "stop", NAME])
        _put_back(folder, before)
        _said(["systemctl", "restart", NAME])
        raise ServiceError(
            f"the new version did not come up; the old one runs again ({exc.message})",
            "see `journalctl -u fedlab`",
            code="upgrade_undone",
        ) from exc


def _put_back(folder: Folder, before: Path) -> None:
    """Put the store back as it was, if this version cannot open what the new one made of it."""
    done = _run([*starter()[0], "status", "--data", str(folder.path), "--json"])
    if done.returncode == 0:
        return
    owner = folder.store.stat()
    for beside in folder.path.glob("store.db-*"):
        beside.unlink()
    shutil.copyfile(before, folder.store)
    shutil.chown(folder.store, owner.st_uid, owner.st_gid)


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text, re.MULTILINE)
    if match is None:
        raise ServiceError(
            f"the unit {NAME} was not written by fedlab",
            "install it anew: `fedlab service install`",
        )
    return match[1]


def _asked(command: list[str]) -> Any:
    """Return the document that a command answers, whatever its exit code."""
    done = _run(command)
    try:
        answer = json.loads(done.stdout)
        if "error" not in answer:
            return answer
        said = answer["error"]["message"]
    except (ValueError, KeyError, TypeError):
        said = " ".join(done.stderr.split()[-40:])
    raise ServiceError(
        f"the new version cannot open this lab: {said}",
        "nothing was changed; go on with this one",
        code="upgrade_refused",
    )


def _said(command: list[str]) -> str:
    done = _run(command)
    if done.returncode:
        said = " ".join(done.stderr.split()[-40:])
        raise ServiceError(f"`{' '.join(command[:3])}` failed: {said}", code="upgrade_refused")
    return done.stdout


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  commands of ours, and of the code that was asked for
        command, capture_output=True, text=True, timeout=_TRIAL_S, check=False
    )
