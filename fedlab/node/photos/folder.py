"""The photos of a node, each in a file named by its SHA-256.

    photos/ab/<sha256>.jpg      what is shown, made safe here
    photos/ab/<sha256>.thumb    the same, small
    photos/ab/<sha256>.sent     a peer's photo as the peer gave it, whose hash it is

Of this lab's own photos, the hash is that of what is shown. Of photos that were only passed on
between peers, there is nothing but what was sent: they are made safe when somebody here looks.
"""

import hashlib
import re
from collections.abc import Set
from pathlib import Path
from typing import Final

from fedlab.node.files import read_file, write_durably
from fedlab.node.photos.making import Photo
from fedlab.protocol.limits import PEERS_PHOTOS_BYTES_MAX, PHOTO_BYTES_MAX

_NAME: Final = re.compile(r"[0-9a-f]{64}\Z")


def is_name(text: str) -> bool:
    """Say whether a text names a photo: nothing else ever becomes part of a path."""
    return _NAME.match(text) is not None


def is_peers(path: Path) -> bool:
    """Say whether a file of the folder belongs to a photo that can be fetched again."""
    return path.with_suffix(".sent").exists()


class PhotoFolder:
    """The folder; nothing in it is changed once it is there."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def full(self, name: str) -> Path:
        """Return where the photo to show is, or would be."""
        return self._file(name, ".jpg")

    def thumb(self, name: str) -> Path:
        """Return where the small one is, or would be."""
        return self._file(name, ".thumb")

    def has(self, name: str) -> bool:
        """Say whether a photo is here."""
        return self.full(name).exists() and self.thumb(name).exists()

    def add(self, photo: Photo) -> str:
        """Keep a photo of this lab's and return its name."""
        name = hashlib.sha256(photo.full).hexdigest()
        self._put(name, photo)
        self._file(name, ".sent").unlink(missing_ok=True)  # now it is ours, and kept
        return name

    def add_sent(self, sent: bytes, photo: Photo) -> str:
        """Keep a peer's photo, as it was sent and as it is shown; return its name."""
        name = hashlib.sha256(sent).hexdigest()
        self.add_passing(name, sent)
        self._put(name, photo)
        return name

    def add_passing(self, name: str, sent: bytes) -> None:
        """Keep a peer's photo as it was sent, to pass it on; the hash was checked."""
        if self.full(name).exists():
            return
        self.full(name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(self._file(name, ".sent"), sent)
        self._keep_to_budget()

    def drop_but(self, kept: Set[str], before: float) -> int:
        """Forget photos that are not among those, and are older; return how many that were."""
        last: dict[str, float] = {}
        for path in self._path.glob("*/*"):
            if is_name(path.stem):
                last[path.stem] = max(last.get(path.stem, 0.0), path.stat().st_mtime)
        gone = [name for name, at in last.items() if name not in kept and at < before]
        for name in gone:
            self.remove(name)
        return len(gone)

    def to_send(self, name: str) -> bytes | None:
        """Return the bytes whose hash the name is, for a peer; None if they are not here."""
        for path in (self._file(name, ".sent"), self.full(name)):
            if path.exists():
                return read_file(path, PHOTO_BYTES_MAX)
        return None

    def remove(self, name: str) -> None:
        """Forget a photo."""
        for ending in (".jpg", ".thumb", ".sent"):
            self._file(name, ending).unlink(missing_ok=True)

    def _keep_to_budget(self) -> None:
        """Forget the peers' photos that came first, until the others are within the budget."""
        kept = 0
        found = [(path.stat(), path) for path in self._path.glob("*/*.sent")]
        for stat, path in sorted(found, key=lambda one: -one[0].st_mtime_ns):
            kept += stat.st_size
            if kept > PEERS_PHOTOS_BYTES_MAX:
                self.remove(path.stem)

    def _put(self, name: str, photo: Photo) -> None:
        self.full(name).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_durably(self.thumb(name), photo.thumb)
        write_durably(self.full(name), photo.full)

    def _file(self, name: str, ending: str) -> Path:
        assert is_name(name)
        return self._path / name[:2] / (name + ending)
