"""A restore for practice: the newest backup is unpacked, proved, compared, and thrown away.

It opens the backup with the lab's seal key, which its node has, and stops before the next epoch.
In a process of its own, so that a node goes on answering:

    python -m fedlab.node.keeping.rehearsal DIR FILE
"""

import shutil
import sys
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fedlab.node.config import Folder
from fedlab.node.errors import ConfigurationError, explain
from fedlab.node.keeping.archive import unpack
from fedlab.node.keeping.envelope import SEAL, DamagedError
from fedlab.node.keystore import load_keys
from fedlab.node.store import SqliteStore
from fedlab.node.verify import verify

_ROOM: Final = "rehearsal.tmp"


def rehearse(folder: Folder, backup: Path) -> int:
    """Unpack a backup beside the lab, prove all of it and return how many entries that were.

    Raises DamagedError where something does not hold, and as `unpack` does. Beside a running node
    as well: of the lab's own store nothing but its chain and log are read.
    """
    live = SqliteStore(folder.path, writes=False)
    room = folder.path / _ROOM
    shutil.rmtree(room, ignore_errors=True)
    try:
        chain = live.own_chain()
        keys = load_keys(folder.keys, chain.lab, chain.epoch)
        if keys is None:
            raise ConfigurationError(f"{folder.keys} with this lab's keys is not there")
        room.mkdir(mode=0o700)
        unpack(backup, room, SEAL, X25519PrivateKey.from_private_bytes(keys.seal))
        copy = SqliteStore(room)
        try:
            _compare(copy, live)
            report = verify(copy, room / "head")
        finally:
            copy.close()
        wrong = [problem for problem in report.problems if problem.code != "head"]
        if wrong:
            raise DamagedError(f"{len(wrong)} things do not hold, the first: {wrong[0].message}")
        return report.entries
    finally:
        live.close()
        shutil.rmtree(room, ignore_errors=True)


def _compare(copy: SqliteStore, live: SqliteStore) -> None:
    """Raise DamagedError unless the copy's own log is a beginning of the one that is live."""
    if copy.lab != live.lab:
        raise DamagedError(f"this is a backup of another lab, {copy.lab}")
    for log in copy.logs():
        if log.lab != live.lab or log.head is None:
            continue
        held = live.log(log.lab, log.epoch)
        size = log.head.size
        if held is None or held.held < size:
            raise DamagedError("the backup holds more of this lab's log than its node")
        if live.tree(log.lab, log.epoch).subtree(0, size) != log.head.root:
            raise DamagedError("the backup holds another version of this lab's log")


def main(argv: list[str]) -> int:
    """Rehearse; say on standard output what did not hold, or nothing."""
    try:
        rehearse(Folder(Path(argv[0])), Path(argv[1]))
    except Exception as exc:
        sys.stdout.write(explain(exc).message)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
