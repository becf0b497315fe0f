"""Files beside the store: read with a limit, whatever they are, and written whole or not at all."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from fedlab.node.errors import BadRequestError


def open_file(path: Path) -> BinaryIO:
    """Open a file that people name or put there, to be read.

    A pipe would wait for ever, and a device never end: raises BadRequestError for these, and
    OSError.
    """
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    mode = os.fstat(fd).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(fd, "rb")
    os.close(fd)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise BadRequestError(
        f"{path} is a pipe or a device, not a file",
        "put what it gives into a file, and name that",
        code="unreadable_file",
    )


def read_file(path: Path, limit: int, hint: str = "check that it is the right one") -> bytes:
    """Return what is in a file; raises BadRequestError if it is none or too large, and OSError."""
    with open_file(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise BadRequestError(f"{path} has more than {limit:,} bytes", hint, code="unreadable_file")
    return data


def write_durably(path: Path, data: bytes) -> None:
    """Replace a file for good: after a power cut it holds the old bytes or the new, all of them.

    Readable by its owner only. Raises OSError.
    """
    beside = path.with_name(path.name + ".tmp")
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(fd, 0o600)  # the file may be left over from a crash, with whatever mode
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view) :]
        os.fsync(fd)
    finally:
        os.close(fd)
    beside.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put the names in a folder on disk: a rename is not durable before that. Raises OSError."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
