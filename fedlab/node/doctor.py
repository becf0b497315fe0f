"""Looks over a lab and its machine, and says what is not as it should be, with the way out.

It changes nothing and asks nobody outside this machine.
"""

import os
import shutil
import sqlite3
import struct
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from fedlab.node.config import Folder
from fedlab.node.control import read_contact
from fedlab.node.errors import ServiceError
from fedlab.node.store.schema import SQLITE_VERSION_MIN
from fedlab.node.web import i18n
from fedlab.node.web.sentences import translated

# SQLite, a backup's copy and the search index need room to work.
FREE_BYTES_MIN: Final = 512 * 1024 * 1024
# Nobody can have a clock that is before the day this was written: a Pi without network starts in
# the past.
WRITTEN_AT: Final = 1_763_856_000  # 2025-11-23
_OTHERS: Final = 0o077

State = Literal["ok", "hint", "bad"]


class Check(msgspec.Struct):
    """One thing that was looked at."""

    name: str
    state: State
    message: str
    hint: str = ""


class DoctorAnswer(msgspec.Struct):
    """Everything that was looked at."""

    checks: list[Check]


def machine_checks(folder: Folder) -> list[Check]:
    """Look at the machine and the folder; needs no lab."""
    return [_python(), _sqlite(), _clock(), *_disk(folder), *_extras()]


def lab_checks(folder: Folder, status: dict[str, Any], backups: dict[str, Any]) -> list[Check]:
    """Look at the lab, from what it says of itself."""
    return [
        *_keys(folder),
        _running(folder),
        *(
            Check("signing", "bad", problem, "see `fedlab status`")
            for problem in status["problems"]
        ),
        _peers(status),
        _backups(backups),
    ]


def _python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    bits = 8 * struct.calcsize("P")
    if bits != 64:
        return Check(
            "python", "bad", f"Python {version} of {bits} bits", "install the 64-bit system"
        )
    return Check("python", "ok", f"Python {version}, 64 bits")


def _sqlite() -> Check:
    version = sqlite3.sqlite_version
    if sqlite3.sqlite_version_info < SQLITE_VERSION_MIN:
        return Check("sqlite", "bad", f"SQLite {version} is too old", "upgrade the system")
    return Check("sqlite", "ok", f"SQLite {version}")


def _clock() -> Check:
    now = time.time()
    shown = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(now))
    if now < WRITTEN_AT:
        return Check(
            "clock",
            "bad",
            f"the clock says {shown}",
            "let the machine reach the network, or set it: `sudo timedatectl set-time …`",
        )
    return Check("clock", "ok", f"the clock says {shown}")


def _disk(folder: Folder) -> list[Check]:
    path = folder.path
    while not path.exists():
        path = path.parent
    free = shutil.disk_usage(path).free
    gigabytes = f"{free / 1e9:.1f}"
    said = f"{gigabytes} GB are free for {folder.path}"
    state: State = "ok" if free >= FREE_BYTES_MIN else "bad"
    checks = [Check("disk", state, said, "" if state == "ok" else "make room, or a larger card")]
    if not os.access(path, os.W_OK):
        checks.append(
            Check("folder", "bad", f"{path} cannot be written", "run this as the user who owns it")
        )
    elif folder.path.exists() and folder.path.stat().st_mode & _OTHERS:
        checks.append(
            Check(
                "folder",
                "hint",
                f"others on this machine can look into {folder.path}",
                f"chmod 700 {folder.path}",
            )
        )
    return checks


def _extras() -> list[Check]:
    if find_spec("typst") is None:
        return [
            Check(
                "pdf",
                "hint",
                "labels are printed from a page, not as PDF",
                "install the extra: `pip install typst`",
            )
        ]
    return [Check("pdf", "ok", "labels can be made as PDF")]


def _keys(folder: Folder) -> list[Check]:
    if not folder.keys.exists():
        return [
            Check(
                "keys",
                "bad",
                f"{folder.keys} is not there: nothing can be signed",
                "put it back, or take new keys with the recovery words: `fedlab new-keys`",
            )
        ]
    return [Check("keys", "ok", "the keys are there")]


def _running(folder: Folder) -> Check:
    contact = read_contact(folder)
    if contact is None or not Path(f"/proc/{contact.pid}").exists():
        return Check(
            "node",
            "hint",
            "the node of this folder does not run",
            "start it with `fedlab run`, or at every boot: `sudo fedlab service install`",
        )
    if contact.url.startswith("http://"):
        return Check(
            "node",
            "hint",
            f"the node answers at {contact.url}, without HTTPS: in a LAN that is as it must be",
            "from the Internet, put a reverse proxy before it and name it with --public-url",
        )
    return Check("node", "ok", f"the node answers at {contact.url}")


def _peers(status: dict[str, Any]) -> Check:
    peers = status["peers"]
    if not peers:
        return Check("peers", "hint", "no other lab is known", "invite one: `fedlab invite`")
    there = sum(peer["connected"] for peer in peers)
    said = f"{there} of {len(peers)} peers are connected"
    if there:
        return Check("peers", "ok", said)
    return Check("peers", "hint", said, "what this lab says reaches others once one is")


def _backups(answer: dict[str, Any]) -> Check:
    if answer["problems"]:
        return Check(
            "backups",
            "bad",
            answer["problems"][0],
            "see docs/how-to/backup.md: `fedlab backup set FOLDER`",
        )
    if answer["same_disk"]:
        return Check(
            "backups", "hint", "backups lie on the disk that they are for", "choose a USB stick"
        )
    return Check("backups", "ok", "backups are made and can be read back")


def open_problem(exc: ServiceError) -> Check:
    """Return what keeps the lab from being opened, as a finding."""
    return Check("lab", "bad", exc.message, exc.hint)


def in_language(check: Check, code: str) -> Check:
    """Return a finding in a lab's language; what is not known in it stays as it is."""
    language = i18n.language(code)
    message, hint = (translated(language, text) or text for text in (check.message, check.hint))
    return Check(check.name, check.state, message, hint)
