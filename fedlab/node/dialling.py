"""When to dial which peer: at once after a change, later and later while one stays away."""

import asyncio
import os
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Final

import aiohttp

from fedlab.protocol.entry import LabId

# A peer that restarts is back within seconds; one that is away for the night costs a dial a minute.
DIAL_FIRST_SECONDS: Final = 0.5
DIAL_LAST_SECONDS: Final = 60.0
# With everybody connected there is nothing to do but to notice a new address in the store.
QUIET_SECONDS: Final = 5.0
# A connection that held this long was a good one: the next dial is prompt again.
STEADY_SECONDS: Final = 30.0

# What a dial that fails may raise; anything else is a defect.
AWAY: Final = (OSError, aiohttp.ClientError, TimeoutError, ValueError)


class Dialler:
    """Keeps a connection to every peer whose address is known.

    `known` looks up who that is, `connected` who needs no dial; `dial` connects to one address and
    returns when the connection has ended; `spawn` starts a task.
    """

    def __init__(
        self,
        *,
        now: Callable[[], float],
        known: Callable[[], Awaitable[Mapping[LabId, Sequence[str]]]],
        connected: Callable[[], Collection[LabId]],
        dial: Callable[[LabId, str], Awaitable[None]],
        spawn: Callable[[Coroutine[object, object, None]], object],
    ) -> None:
        self._now = now
        self._known = known
        self._connected = connected
        self._dial = dial
        self._spawn = spawn
        self._dialling: set[LabId] = set()
        self._due: dict[LabId, float] = {}
        self._failures: Counter[LabId] = Counter()
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Dial at once whoever is not connected: addresses have changed."""
        self._failures.clear()
        self._due.clear()
        self._wake.set()

    def met(self, lab: LabId) -> None:
        """Note that a peer is connected: it is not away any more."""
        self._failures.pop(lab, None)

    def later(self, lab: LabId, seconds: float) -> None:
        """Leave a peer that has gone alone for a while, as it asked."""
        self._due[lab] = self._now() + seconds
        self._wake.set()

    async def run(self) -> None:
        """Dial whoever is due, until cancelled."""
        while True:
            known = await self._known()
            # Strangers that were refused are not kept: anybody can be a new one each time.
            self._due = {lab: due for lab, due in self._due.items() if lab in known}
            away = known.keys() - set(self._connected()) - self._dialling
            for lab in away:
                if self._due.get(lab, 0.0) <= self._now():
                    self._dialling.add(lab)
                    self._spawn(self._in_turn(lab, known[lab]))
            with suppress(TimeoutError):
                async with asyncio.timeout(DIAL_FIRST_SECONDS if away else QUIET_SECONDS):
                    await self._wake.wait()
            self._wake.clear()

    async def _in_turn(self, lab: LabId, urls: Sequence[str]) -> None:
        """Try each address once; then wait twice as long as the last time, give or take half."""
        began = self._now()
        try:
            for url in urls:
                with suppress(*AWAY):
                    began = self._now()
                    await self._dial(lab, url)
                    break
        finally:
            self._dialling.discard(lab)
            self._wake.set()
            if self._now() - began >= STEADY_SECONDS:
                self._failures.pop(lab, None)
            self._failures[lab] += 1
            pause = min(DIAL_FIRST_SECONDS * 2 ** self._failures[lab], DIAL_LAST_SECONDS)
            due = self._now() + pause * random.uniform(0.5, 1.5)  # noqa: S311  jitter, no secret
            self._due[lab] = max(self._due.get(lab, 0.0), due)


def in_words(exc: Exception) -> str:
    """Return why nobody answered as the system words it, without the library's own words."""
    if isinstance(exc, OSError) and exc.errno:
        # A resolver's numbers are below zero, and mean nothing to strerror.
        return os.strerror(exc.errno) if exc.errno > 0 else str(exc.strerror)
    return str(exc)
