"""Writes that a program may ask for twice: the second time it gets the answer of the first.

What was asked with a key is kept before it is done, and the answer after. A key without an answer
belongs to a write that was cut short: nobody knows whether it was done, and that is what is said.
"""

import hashlib
from typing import Any, Final

import msgspec

from fedlab.node.errors import ConflictError
from fedlab.node.service.base import Opened, now

# A program that was cut off tries again within minutes; the next day it is another write.
KEPT_SECONDS: Final = 86_400
# All are written again with each: more than this many a day is an import, and asks for one call.
KEPT_MAX: Final = 256
_SETTING: Final = "once"


class Kept(msgspec.Struct):
    """One key: when it was used, for what, and what was answered."""

    at: int
    asked: str
    answer: Any = None
    done: bool = False


class Once:
    """The answers to writes of the last day, by key."""

    def __init__(self, opened: Opened) -> None:
        self._settings = opened.store.settings

    def begin(self, key: str, asked: bytes) -> Any | None:
        """Return the answer to a write that was done already; None if it is to be done now.

        Raises ConflictError for a key that was used for something else, or for a write of which
        nobody knows whether it was done.
        """
        digest = hashlib.sha256(asked).hexdigest()
        kept = self._kept()
        known = kept.get(key)
        if known is None:
            self._keep(kept | {key: Kept(now(), digest)})
            return None
        if known.asked != digest:
            raise ConflictError(
                "this Idempotency-Key was used for something else", "use a new key for each write"
            )
        if not known.done:
            raise ConflictError(
                "nobody knows whether this write was done: the node stopped while it was at it",
                "look whether it was done, and if not, ask again with a new key",
                code="unknown_outcome",
            )
        return known.answer

    def end(self, key: str, answer: Any) -> None:
        """Keep the answer to a write that is done."""
        kept = self._kept()
        kept[key] = msgspec.structs.replace(kept[key], answer=answer, done=True)
        self._keep(kept)

    def forget(self, key: str) -> None:
        """Let a key be used again, because nothing was done."""
        kept = self._kept()
        kept.pop(key, None)
        self._keep(kept)

    def _kept(self) -> dict[str, Kept]:
        kept = msgspec.json.decode(self._settings.get(_SETTING, "{}"), type=dict[str, Kept])
        oldest = now() - KEPT_SECONDS
        return {key: known for key, known in kept.items() if known.at >= oldest}

    def _keep(self, kept: dict[str, Kept]) -> None:
        newest = sorted(kept.items(), key=lambda item: item[1].at)[-KEPT_MAX:]
        kept = dict(newest)
        self._settings.set(_SETTING, msgspec.json.encode(kept).decode())
