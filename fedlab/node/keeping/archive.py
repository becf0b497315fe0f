"""One backup: a consistent copy of the store and the files beside it, in a sealed tar.

    store.db            as it was at one moment, while the node went on
    thesaurus.tsv       the lab's own words, if it has any
    photos/…            the pictures of its own items; those of other labs come again

Never in it: the secret keys (keys.json), the search index, which is made again, and whatever else
lies in the folder. A backup gets its name once it is whole and on disk.
"""

import os
import re
import sqlite3
import tarfile
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fedlab.node.config import Folder
from fedlab.node.files import open_file, sync_folder
from fedlab.node.keeping.envelope import SEAL, WORDS, DamagedError, Line, Opener, Sealer, read_line
from fedlab.node.photos.folder import is_peers
from fedlab.node.store.errors import explained
from fedlab.protocol.limits import BACKUP_FILE_BYTES_MAX

SUFFIX: Final = ".fedlab"
_BEGUN: Final = ".tmp"
_STORE: Final = "store.db"
_MEMBER: Final = re.compile(r"store\.db|thesaurus\.tsv|photos/[0-9A-Za-z][0-9A-Za-z._/-]{0,120}")
_COPY: Final = "backup.tmp"
_PHOTOS: Final = "photos"


def write_backup(folder: Folder, place: Path, line: Line, words_key: bytes, seal: bytes) -> Path:
    """Write a backup into the folder `place` and return its path; raises OSError, StoreError.

    May run on any thread while the node works. Nothing is left behind if it fails.
    """
    target = place / _name(line)
    beside = target.with_name(target.name + _BEGUN)
    copy = folder.path / _COPY
    try:
        copy_store(folder.store, copy)
        with open_private(beside) as file:
            sealer = Sealer(file, line, {WORDS: words_key, SEAL: seal})
            with tarfile.open(fileobj=cast(IO[bytes], sealer), mode="w|") as tar:
                for name, path in _members(folder, copy):
                    with suppress(FileNotFoundError):  # a photo that went meanwhile
                        tar.add(path, arcname=name, recursive=False, filter=_anonymous)
            sealer.close()
            file.flush()
            os.fsync(file.fileno())
        beside.replace(target)
        sync_folder(place)
    finally:
        for path in (copy, beside):
            with suppress(OSError):
                path.unlink(missing_ok=True)
    return target


def unpack(path: Path, into: Path, name: str, key: X25519PrivateKey) -> Line:
    """Put what a backup holds into an empty folder, which the caller throws away on failure.

    Raises BadRequestError for a wrong key or another file, DamagedError for what is not whole.
    """
    with open_file(path) as file:
        line, raw = read_line(file)
        opener = Opener(file, line, raw, name, key)
        found = False
        try:
            with tarfile.open(fileobj=cast(IO[bytes], opener), mode="r|") as tar:
                for member in tar:
                    found |= member.name == _STORE
                    _extract(tar, member, into)
        except (tarfile.TarError, EOFError) as exc:
            raise DamagedError(f"this backup cannot be unpacked: {exc}") from None
        opener.finish()
    if not found:
        raise DamagedError("this backup holds no store")
    return line


def line_of(path: Path) -> Line:
    """Return what a backup says of itself; raises BadRequestError for a file that is none."""
    with open_file(path) as file:
        return read_line(file)[0]


def list_backups(place: Path, lab: str) -> list[Path]:
    """Return the backups of a lab in a folder, the newest first, by their names."""
    names = re.compile(rf"fedlab-{lab[:8]}-[0-9]{{8}}-[0-9]{{6}}{re.escape(SUFFIX)}")
    found = [path for path in place.iterdir() if names.fullmatch(path.name)]
    return sorted(found, key=lambda path: path.name, reverse=True)


def drop_halves(place: Path, lab: str) -> None:
    """Remove what was begun in a folder and never ended: a stick was pulled out; raises OSError."""
    for path in place.glob(f"fedlab-{lab[:8]}-*{SUFFIX}{_BEGUN}"):
        path.unlink(missing_ok=True)


def copy_store(source: Path, target: Path) -> None:
    """Copy a store as it is at one moment, whoever writes to it meanwhile; raises StoreError."""
    with explained(source):
        open_private(target).close()
        uri = f"{source.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as reading:
            with closing(sqlite3.connect(target)) as writing:
                # All pages in one step: one read transaction, so that no write restarts it.
                reading.backup(writing, pages=-1)


def open_private(path: Path) -> BinaryIO:
    """Open a new file that only its owner may read, in place of one that a crash left."""
    with suppress(FileNotFoundError):
        path.unlink()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    return os.fdopen(fd, "wb")


def _name(line: Line) -> str:
    # For people and for the order; the line says the moment itself.
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(line.at))
    return f"fedlab-{line.lab[:8]}-{stamp}{SUFFIX}"


def _members(folder: Folder, copy: Path) -> list[tuple[str, Path]]:
    members = [(_STORE, copy)]
    if folder.thesaurus.is_file():
        members.append((folder.thesaurus.name, folder.thesaurus))
    photos = folder.path / _PHOTOS
    for path in sorted(photos.rglob("*")):
        name = str(path.relative_to(folder.path))
        if path.is_file() and not path.is_symlink() and _is_member(name) and not is_peers(path):
            members.append((name, path))
    return members


def _is_member(name: str) -> bool:
    return bool(_MEMBER.fullmatch(name)) and ".." not in name and not name.endswith(_BEGUN)


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def _extract(tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path) -> None:
    if not member.isreg() or not _is_member(member.name):
        raise DamagedError(f"this backup holds something else than a lab: {member.name[:80]!r}")
    if member.name != _STORE and member.size > BACKUP_FILE_BYTES_MAX:
        raise DamagedError(f"{member.name} has {member.size:,} bytes, which is too much")
    path = into / member.name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    data = tar.extractfile(member)
    assert data is not None
    with open_private(path) as file:
        while piece := data.read(1 << 20):
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
