"""A restoration that somebody watches: on a thread of its own, with the step it is at.

The thread is a daemon: whoever stops the process stops the restoration, as a kill would, and finds
a folder without a lab.
"""

import asyncio
import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from fedlab.node.config import Folder
from fedlab.node.errors import ServiceError, explain
from fedlab.node.keeping.restoring import RestoredAnswer, restore

RECEIVING: Final = "receiving"

_log = logging.getLogger("fedlab.keeping")


class Wanted(msgspec.Struct):
    """What is to be restored, as it was asked for; the words are for no log."""

    path: str = ""
    words: str = ""
    peers: list[str] = []
    alone: bool = False


class Restoration:
    """At most one at a time; `step` is empty when none is under way."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self.step = ""
        self.wanted = Wanted()
        self.problem: ServiceError | None = None
        self.thread = threading.Thread()

    def begin(self, wanted: Wanted, done: Callable[[], None]) -> None:
        """Start; `done` is called on this loop when there is a lab. Refusals are in `problem`."""
        assert not self.step or self.step == RECEIVING
        self.wanted, self.problem, self.step = wanted, None, "unpacking"
        loop = asyncio.get_running_loop()

        def work() -> None:
            answer, problem = None, None
            try:
                answer = self._restore(wanted)
            except Exception as exc:
                problem = explain(exc)
                if problem.code == "defect":
                    _log.exception("the restoration of %s", wanted.path)
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._end, answer, problem, done)

        self.thread = threading.Thread(target=work, name="restore", daemon=True)
        self.thread.start()

    def _restore(self, wanted: Wanted) -> RestoredAnswer:
        def at(step: str) -> None:
            self.step = step

        backup = Path(wanted.path)
        return restore(
            self._folder, backup, wanted.words, alone=wanted.alone, urls=wanted.peers, at=at
        )

    def _end(
        self,
        answer: RestoredAnswer | None,
        problem: ServiceError | None,
        done: Callable[[], None],
    ) -> None:
        if answer is None:
            self.step, self.problem = "", problem
            _log.warning("nothing was restored from %s: %s", self.wanted.path, problem)
            return
        self.wanted = Wanted()
        _log.info("restored %s: %d entries, epoch %d", answer.lab, answer.entries, answer.epoch)
        if answer.fetched:
            _log.info("%d of them from %s", answer.fetched, ", ".join(answer.peers))
        for trouble in answer.problems:
            _log.warning("while restoring: %s", trouble)
        done()
