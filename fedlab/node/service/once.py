"""Writes that a program may ask for twice: the second time it gets the answer of the first.

What was asked with a key is kept before it is done, and the answer after. A key without an answer
belongs to a write that is under way still, or was cut short: nobody knows whether it was done, and
that is what is said.
"""

import hashlib
from typing import Any, Final

import msgspec

from fedlab.node.errors import ConflictError
from fedlab.node.service.base import Opened, now

# A program that was cut off tries again within minutes; the next day it is another write. Each key
# kept stands for an entry that was written meanwhile, so that there is no other limit.
KEPT_SECONDS: Final = 86_400


class Once:
    """The answers to writes of the last day, by key."""

    def __init__(self, opened: Opened) -> None:
        self._answers = opened.store.answers

    def begin(self, key: str, asked: bytes) -> Any | None:
        """Return the answer to a write that was done already; None if it is to be done now.

        Raises ConflictError for a key that was used for something else, or for a write of which
        nobody knows whether it was done.
        """
        at = now()
        digest = hashlib.sha256(asked).digest()
        known = self._answers.begin(key, digest, at, at - KEPT_SECONDS)
        if known is None:
            return None
        if known.asked != digest:
            raise ConflictError(
                "this Idempotency-Key was used for something else", "use a new key for each write"
            )
        if known.answer is None:
            raise ConflictError(
                "nobody knows whether this write was done: it is under way, or was cut short",
                "ask again with the same key; if that says the same after minutes, look whether it "
                "was done, and if not, use a new key",
                code="unknown_outcome",
            )
        return msgspec.json.decode(known.answer)

    def end(self, key: str, answer: Any) -> None:
        """Keep the answer to a write that is done."""
        self._answers.end(key, msgspec.json.encode(answer))

    def forget(self, key: str) -> None:
        """Let a key be used again, because nothing was done."""
        self._answers.forget(key)
