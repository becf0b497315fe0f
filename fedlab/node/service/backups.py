"""Backups of this lab: made when asked and by themselves, rehearsed, and what is known of them.

A place for backups is a folder, on a USB stick at best. Choosing it leaves a small file there: a
stick that is not plugged in leaves its empty mount point behind, on the very card that is to be
saved, and without the file nothing is written there.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from fedlab.node.errors import (
    BadRequestError,
    ConfigurationError,
    ServiceError,
    TryLaterError,
    explain,
)
from fedlab.node.files import read_file, write_durably
from fedlab.node.keeping.archive import drop_halves, line_of, list_backups, write_backup
from fedlab.node.keeping.envelope import Line
from fedlab.node.keeping.epochs import BACKUP_KEY, check_words, remember_backup_key
from fedlab.node.keeping.words import read_words
from fedlab.node.members.roles import Right
from fedlab.node.service.attention import Trouble
from fedlab.node.service.base import Opened
from fedlab.protocol.limits import OWN_FILE_BYTES_MAX

MARK: Final = "fedlab-backups"
HOUR_S: Final = 3600
# After a failure: a stick comes back, a disk is emptied; and nobody wants a log full of it.
RETRY_S: Final = HOUR_S
REHEARSE_S: Final = 30 * 24 * HOUR_S
# A day's backup may be late by another before anybody is told: the node may have been off.
LATE: Final = 2
_PLAN: Final = "backups"
# What ends a backup, as its error says it, and what somebody has to do about it.
_CAUSES: Final = {
    "no_place": "away",
    "not_found": "away",
    "system": "away",  # a stick that is pulled out answers with an error of its own
    "disk_full": "full",
    "read_only": "refused",
    "no_permission": "refused",
}


class Plan(msgspec.Struct):
    """What was asked for, and what came of it; kept in one setting. Times in Unix seconds."""

    folder: str = ""
    every_h: int = 24
    keep: int = 14
    attempt_at: int = 0
    success_at: int = 0
    problem: str = ""
    problem_code: str = ""  # that of the error
    rehearsed_at: int = 0
    rehearsal_problem: str = ""


class BackupsAnswer(msgspec.Struct):
    """The schedule of backups and how it goes; times in Unix seconds, None for never."""

    folder: str | None
    every_h: int
    keep: int
    last_attempt: int | None
    last_success: int | None
    next: int | None
    rehearsed: int | None
    next_rehearsal: int | None
    same_disk: bool  # the place is on the disk that holds the lab
    problems: list[str]


class BackupAnswer(msgspec.Struct):
    """One backup."""

    path: str
    bytes: int
    at: int
    epoch: int
    size: int


class BackupListAnswer(msgspec.Struct):
    """The backups of this lab in a place, the newest first."""

    backups: list[BackupAnswer]


class Backups:
    """The commands about backups; paths are absolute, since a node stands elsewhere."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._writing = threading.Lock()

    def status(self) -> BackupsAnswer:
        """Say what is planned and how it went."""
        plan = self.plan()
        planned = bool(plan.folder)
        return BackupsAnswer(
            folder=plan.folder or None,
            every_h=plan.every_h,
            keep=plan.keep,
            last_attempt=plan.attempt_at or None,
            last_success=plan.success_at or None,
            next=due_at(plan) if planned else None,
            rehearsed=plan.rehearsed_at or None,
            next_rehearsal=plan.rehearsed_at + REHEARSE_S if plan.rehearsed_at else None,
            same_disk=planned and self._is_same_disk(Path(plan.folder)),
            problems=self.problems(int(time.time())),
        )

    def problems(self, now: int) -> list[str]:
        """Say what somebody should see to, a sentence each."""
        plan = self.plan()
        days = (now - plan.success_at) // (24 * HOUR_S)
        why = f"the last backup failed: {plan.problem}"
        said = {
            "none": "no backups are planned: everything private is on this one disk",
            **dict.fromkeys(("away", "full", "refused", "failed"), why),
            "late": f"the last backup is {days} days old",
            "unreadable": f"the last backup could not be read back: {plan.rehearsal_problem}",
            "words": "this node has never seen the recovery words, to which backups are sealed",
        }
        return [said[code] for code in self.troubles(now)]

    def troubles(self, now: int) -> list[str]:
        """Return a code for each thing that somebody should see to."""
        plan = self.plan()
        late_after = plan.success_at + LATE * plan.every_h * HOUR_S
        found = {
            "none": not plan.folder,
            _CAUSES.get(plan.problem_code, "failed"): bool(plan.folder and plan.problem),
            "late": bool(plan.folder and plan.success_at and not plan.problem and now > late_after),
            "unreadable": bool(plan.folder and plan.rehearsal_problem),
            "words": not self._opened.store.settings.get(BACKUP_KEY),
        }
        return [code for code, is_so in found.items() if is_so]

    def attention(self) -> "list[Trouble]":
        """Return the troubles for the page of what needs attention."""
        folder = self.plan().folder
        return [
            Trouble(
                code=f"backup_{code}",
                severity="soon" if code == "none" else "urgent",
                right=Right.BACKUP,
                remedy="/backups",
                name=folder,
            )
            for code in self.troubles(int(time.time()))
        ]

    def set(self, folder: str, every_h: int = 24, keep: int = 14) -> BackupsAnswer:
        """Choose the place, the hours between two backups, and how many are kept."""
        if not 1 <= every_h <= 24 * 31 or not 1 <= keep <= 1000:
            raise BadRequestError(
                "between two backups are 1 to 744 hours, and 1 to 1000 are kept", "see --help"
            )
        place = _as_folder(folder)
        if place.is_relative_to(self._opened.folder.path):
            raise BadRequestError(
                "a backup inside the lab's own folder is lost with it", "name another folder"
            )
        write_durably(place / MARK, f"{self._opened.lab}\n".encode())
        plan = self.plan()
        plan.folder, plan.every_h, plan.keep, plan.problem = str(place), every_h, keep, ""
        self._save(plan)
        return self.status()

    def off(self) -> BackupsAnswer:
        """Make no more backups by itself; those there are stay."""
        plan = self.plan()
        plan.folder = plan.problem = ""
        self._save(plan)
        return self.status()

    def words(self, words: str) -> BackupsAnswer:
        """Take the recovery words of a lab that was founded before there were backups."""
        entropy = read_words(words)
        check_words(self._opened.store, entropy)
        remember_backup_key(self._opened.store, entropy)
        return self.status()

    def write(self, folder: str | None = None) -> BackupAnswer:
        """Make a backup now, into the planned place or another."""
        with self._one_at_a_time():
            return self._write(_as_folder(folder)) if folder is not None else self._write_planned()

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        """Keep two from copying the store into one file; raises TryLaterError."""
        if not self._writing.acquire(blocking=False):
            raise TryLaterError("a backup is being made just now", "wait for it to end")
        try:
            yield
        finally:
            self._writing.release()

    def _write_planned(self) -> BackupAnswer:
        plan = self.plan()
        if not plan.folder:
            raise ConfigurationError(
                "no place for backups is chosen",
                "choose one with `fedlab backup set FOLDER`, or name a folder",
                code="no_place",
            )
        try:
            self._check_mark(Path(plan.folder))
            drop_halves(Path(plan.folder), self._opened.lab)
            written = self._write(Path(plan.folder))
            self._drop_old(plan, written)
        except Exception as exc:  # whatever it was, nobody is told that there is a backup
            error = explain(exc)
            now = int(time.time())
            self._note(attempt_at=now, problem=error.message, problem_code=error.code)
            raise
        self._note(attempt_at=written.at, success_at=written.at, problem="", problem_code="")
        return written

    def list(self, folder: str | None = None) -> BackupListAnswer:
        """Return the backups of this lab in the planned place or another."""
        place = _as_folder(folder or self.plan().folder)
        found = []
        for path in list_backups(place, self._opened.lab):
            with suppress(ServiceError):  # a file of that name and nothing in it
                found.append(_described(path, line_of(path)))
        return BackupListAnswer(found)

    def rehearsed(self, problem: str) -> None:
        """Note how a rehearsal went; empty if it went well."""
        self._note(rehearsed_at=int(time.time()), rehearsal_problem=problem)

    def plan(self) -> Plan:
        """Return the plan as it stands."""
        raw = self._opened.store.settings.get(_PLAN)
        return msgspec.json.decode(raw, type=Plan) if raw else Plan()

    def _note(self, **what: int | str) -> None:
        """Change the plan with what has happened, whatever was chosen meanwhile."""
        with self._opened.store.transaction():
            self._save(msgspec.structs.replace(self.plan(), **what))

    def _save(self, plan: Plan) -> None:
        self._opened.store.settings.set(_PLAN, msgspec.json.encode(plan).decode())

    def _write(self, place: Path) -> BackupAnswer:
        opened = self._opened
        key = opened.store.settings.get(BACKUP_KEY)
        if not key:
            raise ConfigurationError(
                "this node has never seen the recovery words, to which backups are sealed",
                "type them once: `fedlab backup words`",
                code="no_backup_key",
            )
        chain = opened.store.own_chain()
        log = opened.store.log(chain.lab, chain.epoch)
        line = Line(
            lab=chain.lab,
            name=opened.projector.lab(chain.lab).name,
            at=int(time.time()),
            epoch=chain.epoch,
            size=log.head.size if log and log.head else 0,
            to={},
        )
        seal = chain.keys(chain.epoch).seal
        path = write_backup(opened.folder, place, line, bytes.fromhex(key), seal)
        return _described(path, line)

    def _check_mark(self, place: Path) -> None:
        """Raise TryLaterError unless the place is the one that was chosen."""
        lab = ""
        with suppress(OSError, ServiceError):
            lab = read_file(place / MARK, OWN_FILE_BYTES_MAX).decode("ascii", "replace").strip()
        if lab != self._opened.lab:
            raise TryLaterError(
                f"{place} is not there, or not the place that was chosen",
                "is the stick plugged in and mounted? Else choose a place again: "
                "`fedlab backup set FOLDER`",
                code="no_place",
            )

    def _drop_old(self, plan: Plan, written: BackupAnswer) -> None:
        for path in list_backups(Path(plan.folder), self._opened.lab)[plan.keep :]:
            if str(path) != written.path:  # whatever the clock has named it
                path.unlink(missing_ok=True)

    def _is_same_disk(self, place: Path) -> bool:
        with suppress(OSError):
            return os.stat(place).st_dev == os.stat(self._opened.folder.path).st_dev  # noqa: PTH116
        return False


def due_at(plan: Plan) -> int:
    """Return when the next backup is due; one that failed is tried again after an hour."""
    if plan.problem:
        return plan.attempt_at + RETRY_S
    return plan.success_at + plan.every_h * HOUR_S if plan.success_at else 0


def is_due(plan: Plan, now: float) -> bool:
    """Say whether to back up now; so too when the clock has gone back behind the last one."""
    if not plan.folder:
        return False
    return due_at(plan) <= now or plan.attempt_at > now + HOUR_S


def is_rehearsal_due(plan: Plan, now: float) -> bool:
    """Say whether to read a backup back: the first one at once, then one each month."""
    if not plan.folder or not plan.success_at or plan.problem:
        return False
    return plan.rehearsed_at + REHEARSE_S <= now or plan.rehearsed_at > now + HOUR_S


def _described(path: Path, line: Line) -> BackupAnswer:
    return BackupAnswer(str(path), path.stat().st_size, line.at, line.epoch, line.size)


def _as_folder(text: str) -> Path:
    place = Path(text)
    if not text or not place.is_dir():
        raise BadRequestError(
            f"{text or 'the place for backups'} is not a folder",
            "make it, or plug the stick in, and name it again",
        )
    return place.resolve()
