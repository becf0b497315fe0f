"""Where a lab's node keeps its files: one folder, every name in it said here."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

# Not an IANA-assigned port; the demo takes it and the two after.
DEFAULT_PORT: Final = 7390
DEFAULT_HOST: Final = "0.0.0.0"  # noqa: S104  a lab's phones must reach it


class Folder:
    """The data folder of one lab."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def lock(self) -> Path:
        """Held by whoever may write; never deleted."""
        return self.path / "lock"

    @property
    def control(self) -> Path:
        """Address and token of the running node's control endpoint, for its owner's eyes."""
        return self.path / "control.json"

    @property
    def keys(self) -> Path:
        """The secret keys, for their owner's eyes, never in a backup."""
        return self.path / "keys.json"

    @property
    def store(self) -> Path:
        """The log, the details and everything private."""
        return self.path / "store.db"

    @property
    def head(self) -> Path:
        """The newest head of this lab that may have been published; the amnesia gate's."""
        return self.path / "head"

    @property
    def index(self) -> Path:
        """The search index, rebuilt from the store at will."""
        return self.path / "index"

    @property
    def thesaurus(self) -> Path:
        """The lab's own words, added to the common thesaurus; written by people."""
        return self.path / "thesaurus.tsv"

    @property
    def kept_thesaurus(self) -> Path:
        """What was made of the thesaurus, for another start."""
        return self.path / "thesaurus.bin"

    @property
    def setup(self) -> Path:
        """What was told of a lab before it is founded; gone afterwards."""
        return self.path / "setup.json"

    @property
    def setup_code(self) -> Path:
        """What the first page asks for, until there is an account; people may read it."""
        return self.path / "setup-code"

    @property
    def uploaded_backup(self) -> Path:
        """A backup sent by a browser, to be restored; gone once there is a lab."""
        return self.path / "restore.fedlab"

    @property
    def photos(self) -> Path:
        """Photos, each named by the hash of what is in it."""
        return self.path / "photos"

    @property
    def demo(self) -> Path:
        """The folders of the demonstration's labs."""
        return self.path / "demo"


def default_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return `$FEDLAB_DATA`, or else the platform's data folder for fedlab."""
    if chosen := environ.get("FEDLAB_DATA"):
        return Path(chosen).absolute()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "fedlab"
    base = environ.get("XDG_DATA_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".local" / "share") / "fedlab"
