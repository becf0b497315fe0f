"""The doctor: a healthy lab has nothing bad, and each illness is named with its way out."""

import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from fedlab.node import doctor
from fedlab.node.config import Folder
from tests.node.labs import ask, opened_lab


def looked(path: Path) -> dict[str, doctor.Check]:
    """Found a lab with backups and look it over."""
    stick = path / "stick"
    stick.mkdir()
    with opened_lab(path / "lab") as service:
        ask(service, "backup_set", folder=str(stick))
        ask(service, "backup_write")
        status, backups = ask(service, "status"), ask(service, "backup_status")
    folder = Folder(path / "lab")
    checks = doctor.machine_checks(folder) + doctor.lab_checks(folder, status, backups)
    return {check.name: check for check in checks}


def test_a_healthy_lab_has_nothing_bad(tmp_path: Path) -> None:
    checks = looked(tmp_path)
    assert {check.state for check in checks.values()} <= {"ok", "hint"}
    assert checks["backups"].state == "hint"  # both folders are on one disk here
    assert all(check.hint for check in checks.values() if check.state != "ok")


@pytest.mark.parametrize(
    ("name", "where", "what", "value"),
    [
        ("clock", time, "time", lambda: 86_400.0),
        ("sqlite", sqlite3, "sqlite_version_info", (3, 39, 0)),
        ("disk", doctor, "FREE_BYTES_MIN", 1 << 60),
    ],
)
def test_an_illness_of_the_machine_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, where: Any, what: str, value: Any
) -> None:
    monkeypatch.setattr(where, what, value)
    checks = {check.name: check for check in doctor.machine_checks(Folder(tmp_path / "none"))}
    assert checks[name].state == "bad" and checks[name].hint


def test_missing_keys_and_backups_are_named(tmp_path: Path) -> None:
    with opened_lab(tmp_path) as service:
        status, backups = ask(service, "status"), ask(service, "backup_status")
    Folder(tmp_path).keys.unlink()
    checks = {c.name: c for c in doctor.lab_checks(Folder(tmp_path), status, backups)}
    assert checks["keys"].state == "bad" and "new-keys" in checks["keys"].hint
    assert (
        checks["backups"].state == "bad" and "no backups are planned" in checks["backups"].message
    )


def test_a_french_lab_is_told_in_french(tmp_path: Path) -> None:
    """Every finding of a healthy lab has its French; names and states stay, for programs."""
    for check in looked(tmp_path).values():
        told = doctor.in_language(check, "fr")
        assert (told.name, told.state) == (check.name, check.state)
        same = ("python", "sqlite")  # these read alike in both
        assert (told.message != check.message) == (check.name not in same), check
        assert doctor.in_language(check, "en") == check
