"""Photos over the wire: other labs', asked of peers when somebody looks; and those peers ask for.

A peer may ask for the photo of a lab that only this node is connected to. It is then fetched for
that peer from that very lab and nobody else, so that no question goes in a circle, on a quota.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from fedlab.node.errors import ServiceError
from fedlab.node.exchange import Exchange, Link
from fedlab.protocol.entry import LabId
from fedlab.protocol.events import BlobAsked, BlobCame
from fedlab.protocol.limits import RELAYED_BYTES_MAX, RELAYED_SECONDS

# 900 KB over 1 Mbit/s; somebody waits for the picture, and the next peer may have it.
ANSWER_SECONDS: Final = 8.0
# Whoever asked us waits no longer than the above.
RELAY_SECONDS: Final = 6.0
# A page that is loaded again does not ask everybody again.
MISSING_SECONDS: Final = 60.0
MISSING_MAX: Final = 1000
# Photos under way from all peers; a page shows eight.
FETCHES_MAX: Final = 16
# Read from disk for peers at once: one thread of those that read, whoever asks for thousands.
READS_MAX: Final = 1

Held = Callable[[str], Awaitable[bytes | None]]
Keep = Callable[[str, bytes], Awaitable[None]]


class Quota:
    """The bytes that one peer may have fetched for it: all at once, or little by little."""

    def __init__(self, now: float) -> None:
        self._left = float(RELAYED_BYTES_MAX)
        self._at = now

    def spend(self, size: int, now: float) -> None:
        """Take bytes off; what has come is paid for, even if it was more than was left."""
        self._left = self._left_at(now) - size
        self._at = now

    def is_spent(self, now: float) -> bool:
        """Say whether nothing is left."""
        return self._left_at(now) <= 0

    def _left_at(self, now: float) -> float:
        back = (now - self._at) * RELAYED_BYTES_MAX / RELAYED_SECONDS
        return min(RELAYED_BYTES_MAX, self._left + back)


class Fetching:
    """Asks one peer after another, and answers them; `poke` lets connections send.

    `held` reads a photo as it may be sent, `show` makes one that came safe and puts it on disk,
    `pass_on` puts it there as it came.
    """

    def __init__(
        self, exchange: Exchange, poke: Callable[[], None], held: Held, show: Keep, pass_on: Keep
    ) -> None:
        self._exchange = exchange
        self._poke = poke
        self._held = held
        self._show = show
        self._pass_on = pass_on
        self._running: dict[str, asyncio.Task[bool]] = {}
        self._waiting: dict[tuple[Link, bytes], asyncio.Future[bytes]] = {}
        self._missing: dict[str, float] = {}
        self._quotas: dict[LabId, Quota] = {}
        self._turn = asyncio.Lock()  # made safe one by one: readers of pages must not all wait
        self._reading = asyncio.Semaphore(READS_MAX)

    # --- for people here ---

    async def fetch(self, name: str, lab: LabId) -> bool:
        """Say whether a photo of a lab's is here now; asks that lab first, then other peers."""
        now = self._now()
        if now < self._missing.get(name, now) + MISSING_SECONDS and name in self._missing:
            return False
        running = self._running.get(name)
        if running is None:
            if len(self._running) >= FETCHES_MAX:
                return False
            running = self._running[name] = asyncio.create_task(self._fetch(name, lab))
            running.add_done_callback(lambda _: self._running.pop(name, None))
        return await asyncio.shield(running)

    def came(self, link: Link, event: BlobCame) -> None:
        """Take what a peer answered."""
        answer = self._waiting.get((link, event.name))
        if answer is not None and not answer.done():
            answer.set_result(event.data)

    async def _fetch(self, name: str, lab: LabId) -> bool:
        data = await self._held(name) or await self._ask_all(name, lab)
        if data:
            with suppress(ServiceError):  # the author's bytes are no photo: nobody has a better
                async with self._turn:
                    await self._show(name, data)
                return True
        if len(self._missing) >= MISSING_MAX:
            self._missing.clear()
        self._missing[name] = self._now()
        return False

    async def _ask_all(self, name: str, lab: LabId) -> bytes:
        links = self._exchange.connected()
        for peer in sorted(links, key=lambda peer: peer != lab):
            if data := await self._ask(links[peer], lab, name, ANSWER_SECONDS):
                return data
        return b""

    async def _ask(self, link: Link, lab: LabId, name: str, seconds: float) -> bytes:
        raw = bytes.fromhex(name)
        if link.closed or (link, raw) in self._waiting or not link.sync.want_blob(lab, raw):
            return b""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[link, raw] = answer
        self._poke()
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError:
            return b""
        finally:
            del self._waiting[link, raw]

    # --- for peers ---

    async def answer(self, link: Link, event: BlobAsked) -> None:
        """Give a peer what it asked for, or nothing."""
        name, data = event.name.hex(), b""
        try:
            async with self._reading:
                data = await self._held(name) or b""
            if not data:
                data = await self._relay(link, event.lab, name)
        finally:
            link.sync.give_blob(event.name, data)
            self._poke()

    async def _relay(self, link: Link, lab: LabId, name: str) -> bytes:
        """Fetch a photo for a peer from the lab it belongs to, if that is connected here."""
        source = self._exchange.connected().get(lab)
        if source is None or source is link or link.peer is None:
            return b""
        quota = self._quotas.setdefault(link.peer, Quota(self._now()))
        if quota.is_spent(self._now()):
            return b""
        data = await self._ask(source, lab, name, RELAY_SECONDS)
        if data:
            quota.spend(len(data), self._now())
            await self._pass_on(name, data)
        return data

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
