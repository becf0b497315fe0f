"""One node of the simulator: the parts of a real one, put together, killed and started again.

Nothing in here keeps, folds or spells anything: the store is the node's own, on files, and so are
writer, gate, projector and exchange. A crash is what is on the disk at that moment, and no more.
"""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fedlab.node.bundles import read_bundle_file, write_bundle_file
from fedlab.node.exchange import Exchange
from fedlab.node.gate import Gate
from fedlab.node.projector import Projector
from fedlab.node.store import SqliteStore
from fedlab.node.writer import Draft, Writer, Written, found_lab
from fedlab.protocol.checkpoint import Head
from fedlab.protocol.horizon import Horizon
from fedlab.protocol.identity import SecretKeys, make_genesis, recovery_hash
from fedlab.protocol.keys import signing_public

NETWORK = "storm"
BIRTH = 1_700_000_000  # Unix seconds at the world's second 0


class CrashError(BaseException):
    """The power went, in the middle of something; nothing may catch it on the way."""


class SimNode:
    """A lab's node in the world; `up` tells whether it runs.

    `skew` is how wrong its clock is, `fuse` how many steps of the disk it has left before it dies.
    """

    def __init__(self, name: str, folder: Path, rng: random.Random, skew: int) -> None:
        self.name = name
        self.rng = rng
        self.skew = skew
        self.fuse: int | None = None
        self.lying_disk = False
        self.signed: list[Head] = []
        self.up = False
        self._base, self._lives = folder, 0
        self._keys = SecretKeys(*(rng.randbytes(32) for _ in range(4)))
        recovery = recovery_hash(signing_public(rng.randbytes(32)))
        genesis = make_genesis(NETWORK, self._keys.public(), recovery, BIRTH)
        self.disk.mkdir(parents=True)
        store = SqliteStore(self.disk)
        found_lab(store, self.disk / "head", self.disk / "keys.json", genesis, self._keys)
        self.lab = store.lab
        store.close()

    @property
    def disk(self) -> Path:
        """Where its disk is in this life."""
        return self._base / str(self._lives)

    def start(self, now: float, published: Callable[[], None]) -> None:
        """Start from the disk; raises CrashError if the fuse burns down meanwhile."""
        self.now = now
        self.store = SqliteStore(self.disk)
        self.gate = Gate(self.store, self.disk / "head")
        self.projector = Projector(self.store)
        self.writer = Writer(
            self.store,
            self.gate,
            self._keys,
            now=lambda: int(self.wall()),
            publish=self._fused(lambda head: published()),
            salt=self.rng.randbytes,
        )
        self.up = True
        self._lay_fuses()
        self.writer.start()
        self.projector.run()
        self.exchange = Exchange(
            self.store,
            self.writer,
            self._keys.noise,
            now=now,
            wall=self.wall,
            randomness=self.rng.randbytes,
            horizon=self.horizon,
        )

    def wall(self) -> float:
        """Unix time, as its clock has it."""
        return max(0.0, BIRTH + self.now + self.skew)

    def horizon(self) -> Horizon:
        """Whom it lets in now."""
        blocked = frozenset(self.store.blocks.list())
        return Horizon(self.lab, self.projector.graph(), blocked=blocked)

    def append(self, drafts: list[Draft]) -> Written:
        """Say something; what this returns is acknowledged."""
        return self.writer.append(drafts)

    # --- crashes ---

    def _lay_fuses(self) -> None:
        """Let the power go before any step that touches the disk, once the fuse is lit."""
        steps: list[tuple[Any, str]] = [
            (self.store, "append_leaves"),
            (self.store, "hash_again"),
            (self.store, "put_head"),
            (self.store, "commit"),
            (self.store.projections, "put"),
            (self.gate, "record"),
        ]
        for owner, name in steps:
            setattr(owner, name, self._fused(getattr(owner, name)))
        put_head = self.store.put_head

        def remember(head: Head) -> None:
            self.signed.append(head)
            put_head(head)

        setattr(self.store, "put_head", remember)  # noqa: B010

    def _fused(self, step: Callable[..., Any]) -> Callable[..., Any]:
        def fused(*args: Any, **kwargs: Any) -> Any:
            if self.fuse is not None:
                self.fuse -= 1
                if self.fuse < 0:
                    self.fuse = None
                    raise CrashError(step.__name__)
            return step(*args, **kwargs)

        return fused

    def crash(self) -> None:
        """Stop at once: the next life begins with the files as they are now."""
        old = self.disk
        self._lives += 1
        shutil.copytree(old, self.disk)
        if self.lying_disk:  # it said *written* and had only meant to
            log = self.disk / "store.db-wal"
            if log.exists():
                log.unlink()
        self.up = False
        self.fuse = None
        self.store.close()
        shutil.rmtree(old)

    def snapshot(self) -> Path:
        """Keep a copy of the database as it is now."""
        kept = self._base / "kept"
        shutil.rmtree(kept, ignore_errors=True)
        shutil.copytree(self.disk, kept)
        return kept

    def roll_back(self, kept: Path) -> None:
        """Put an old database in place of the one on disk, beside the newer head file."""
        for file in self.disk.glob("store.db*"):
            file.unlink()
        for file in kept.glob("store.db*"):
            shutil.copy(file, self.disk)

    # --- a stick ---

    def write_stick(self, path: Path) -> None:
        """Write everything to a bundle."""
        write_bundle_file(self.store, self.horizon(), path, wall=self.wall())

    def read_stick(self, path: Path) -> None:
        """Read a bundle, and let the connections know."""
        read_bundle_file(self.store, self.writer, self.horizon(), path, wall=self.wall())
        self.exchange.reread()
