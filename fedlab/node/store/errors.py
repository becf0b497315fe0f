"""What the disk can do to us, each said in one sentence with the way out."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StoreError(Exception):
    """The store cannot do what was asked; `code` is for programs, `hint` says the way out."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint


class TakenError(Exception):
    """What must be one person's alone is somebody's already."""


_DISK_FULL = (
    "disk_full",
    "the disk is full",
    "Free some space (old backups, logs), then try again: nothing was lost.",
)
_READ_ONLY = (
    "read_only",
    "nothing can be written there, and every command has to, if only to take the lock",
    "Give the user that runs fedlab the right to write there, or remount the disk read-write; "
    "to look at a copy, copy the folder to where you may write.",
)
_CANNOT_OPEN = (
    "cannot_open",
    "the database cannot be opened",
    "Check that the folder exists and belongs to the user that runs fedlab.",
)
CORRUPT = (
    "corrupt",
    "the database is damaged",
    "Run `fedlab verify`; if it fails too, move the folder aside and restore from a backup.",
)
_IO = (
    "io",
    "the disk answered with an error",
    "Stop the node and check the disk and its cable (`dmesg`): it may be dying.",
)
_BUSY = (
    "busy",
    "another program holds the database",
    "Close any program that has the database open, then try again.",
)
UNKNOWN_LAB = (
    "no_lab",
    "this folder holds no lab yet",
    "Run `fedlab init --name NAME` first, or give the right folder with --data.",
)

# Primary result codes, https://sqlite.org/rescode.html: extended ones keep them in the low byte.
_BY_SQLITE_CODE = {
    sqlite3.SQLITE_FULL: _DISK_FULL,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: _CANNOT_OPEN,
    sqlite3.SQLITE_CORRUPT: CORRUPT,
    sqlite3.SQLITE_NOTADB: CORRUPT,
    sqlite3.SQLITE_IOERR: _IO,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
}
# Where the disk is full already when a database is opened, its -shm file finds no room: SQLite
# calls that an error of input and output.
_NO_ROOM = (sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_IOERR_SHMMAP)
_BY_ERRNO = {
    errno.ENOSPC: _DISK_FULL,
    errno.EDQUOT: _DISK_FULL,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.EIO: _IO,
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the system raise about `path` into StoreError."""
    try:
        yield
    except sqlite3.DatabaseError as exc:
        code = getattr(exc, "sqlite_errorcode", None) or 0
        found = _DISK_FULL if code in _NO_ROOM else _BY_SQLITE_CODE.get(code & 0xFF)
        if found is None:
            raise  # a constraint or a misuse: a bug of ours, not the disk's doing
        raise store_error(found, path) from exc
    except OSError as exc:
        raise store_error(_BY_ERRNO.get(exc.errno or 0, _CANNOT_OPEN), path) from exc


def store_error(kind: tuple[str, str, str], path: Path) -> StoreError:
    """Return the error of that kind, naming the file."""
    code, message, hint = kind
    return StoreError(code, f"{path}: {message}", hint)
