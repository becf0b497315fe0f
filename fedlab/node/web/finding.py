"""Where sticks are plugged in, and the backups that lie on them."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from fedlab.node.errors import ServiceError
from fedlab.node.keeping.archive import SUFFIX, line_of

# Where systems mount what is plugged in; and the card of a Raspberry Pi, that any computer writes.
_MOUNTS: Final = ("/media/*", "/media/*/*", "/run/media/*/*", "/mnt/*")
_CARD: Final = Path("/boot/firmware")
_FOLDERS_MAX: Final = 20
BACKUPS_MAX: Final = 20


class FoundBackup(msgspec.Struct, frozen=True):
    """A backup as it describes itself; nothing of that is proved before it is opened."""

    path: str
    name: str  # of the lab
    at: int  # Unix seconds
    bytes: int


def mounted() -> list[Path]:
    """Return the folders where a stick may be plugged in."""
    found = [path for pattern in _MOUNTS for path in Path("/").glob(pattern[1:]) if path.is_mount()]
    return sorted(found)[:_FOLDERS_MAX]


def find_backups() -> list[FoundBackup]:
    """Return the backups on what is plugged in, the newest first."""
    found = [backup for folder in [*mounted(), _CARD] for backup in backups_in(folder)]
    return sorted(found, key=lambda backup: backup.at, reverse=True)[:BACKUPS_MAX]


def backups_in(folder: Path) -> Iterator[FoundBackup]:
    """Yield the backups of a folder and of those directly in it."""
    with suppress(OSError):
        for pattern in (f"*{SUFFIX}", f"*/*{SUFFIX}"):
            for path in sorted(folder.glob(pattern))[-BACKUPS_MAX:]:
                if (described := describe(path)) is not None:
                    yield described


def describe(path: Path) -> FoundBackup | None:
    """Return what a file says of itself, or None if it is no backup that can be read."""
    with suppress(OSError, ServiceError):
        line = line_of(path)
        return FoundBackup(str(path), line.name, line.at, path.stat().st_size)
    return None
