"""A second process that indexes, while so much is waiting that a node's own threads would lag.

Reading what items mean is the slowest thing a node does, and Python's threads share one core. So
when a node joins a network, or makes its index anew, another process takes over: it reads the
node's store beside it, owns the index's writer, and ends by itself once nothing has come for a
while. After each commit it writes a byte, and the node sees what is new. If it fails, or is killed,
the node goes on feeding the index itself; if the node ends, so does the helper.

    python -m fedlab.node.indexing DIR
"""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

from fedlab.node.config import Folder
from fedlab.node.feeding import fed_upto, feed
from fedlab.node.heap import collect_rarely, share_one_heap

# Fewer are indexed before another process would be ready: it takes half a second.
WAITING_MIN: Final = 2_000
_STDIN: Final = 0
_STDOUT: Final = 1
_LOOK_S: Final = 0.05
# The rest of a network comes within moments, or later.
_IDLE_S: Final = 3.0

_log = logging.getLogger("fedlab.search")


class FollowedIndex(Protocol):
    """What the helper's owner asks of the index it lends."""

    def close(self) -> None: ...
    def follow(self) -> None: ...


class Helper:
    """The second process of a running node; used from the writing thread."""

    def __init__(self, folder: Folder, ended: Callable[[], None]) -> None:
        """Take the folder, and whom to tell when the index is the node's again."""
        self._folder = folder
        self._ended = ended
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._has_failed = False

    @property
    def is_busy(self) -> bool:
        """Whether the index is lent; nobody else may feed it then."""
        return self._process is not None

    def take(self, index: FollowedIndex, waiting: int) -> bool:
        """Take over an index if it is worth it; say whether it was taken."""
        if waiting < WAITING_MIN or self._has_failed:
            return False
        index.close()
        command = [sys.executable, "-P", "-m", "fedlab.node.indexing", str(self._folder.path)]
        try:
            self._process = subprocess.Popen(  # noqa: S603  the command is ours
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,
                process_group=0,  # Ctrl-C is for the node, which stops it
            )
        except OSError as exc:
            _log.warning("no second process for the search index: %s", exc)
            self._has_failed = True
            return False
        self._listener = threading.Thread(
            target=self._listen, args=(self._process, index), name="indexing", daemon=True
        )
        self._listener.start()
        return True

    def _listen(self, process: subprocess.Popen[bytes], index: FollowedIndex) -> None:
        assert process.stdout is not None
        commits = 0
        try:
            with process:
                while process.stdout.read(1):
                    commits += 1
                    index.follow()
            index.follow()
            # Killed after a commit, it comes further each time; but not if it never comes to one.
            killed_early = process.returncode not in (0, -signal.SIGTERM) and not commits
            if process.returncode > 0 or killed_early:
                _log.warning("the second process for the search index failed: going on without")
                self._has_failed = True
        finally:
            self._process = None
            self._ended()

    def stop(self) -> None:
        """End the process; what it had not committed is fed again."""
        process, listener = self._process, self._listener
        if process is not None:
            process.terminate()
        if listener is not None:
            listener.join()


def main(folder: Folder) -> None:
    """Feed the folder's index until nothing more comes, or the node has gone."""
    from fedlab.node.search import SearchIndex, load_thesaurus
    from fedlab.node.store import SqliteStore

    share_one_heap()
    collect_rarely()
    threading.Thread(target=_end_with_the_node, daemon=True).start()
    store = SqliteStore(folder.path, writes=False)
    index = SearchIndex(folder.index, load_thesaurus(folder.thesaurus, folder.kept_thesaurus))
    if fed_upto(store, index) is None:
        # Or the two would drop each other's index for ever.
        sys.exit("the thesaurus, or fedlab itself, is newer than the running node: restart it")
    last = time.monotonic()
    while time.monotonic() < last + _IDLE_S:
        if feed(store, index, lambda: os.write(_STDOUT, b".")):
            last = time.monotonic()
        else:
            time.sleep(_LOOK_S)
    index.close()
    store.close()


def _end_with_the_node() -> None:
    """End when the node has: its end of the pipe to our standard input is then closed."""
    with suppress(OSError):
        while os.read(_STDIN, 4096):
            pass
    os._exit(0)  # what was not committed is fed again


if __name__ == "__main__":
    try:
        main(Folder(Path(sys.argv[1])))
    except OSError as exc:  # the node logs that this has failed, and meets the same disk
        sys.exit(f"the search index: {exc}")
