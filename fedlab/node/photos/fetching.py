"""Photos of other labs, asked of connected peers when somebody looks at them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

from fedlab.node.errors import ServiceError
from fedlab.node.exchange import Exchange, Link
from fedlab.protocol.entry import LabId
from fedlab.protocol.events import BlobCame

# 900 KB over 1 Mbit/s; somebody waits for the picture, and the next peer may have it.
ANSWER_SECONDS: Final = 8.0
# A page that is loaded again does not ask everybody again.
MISSING_SECONDS: Final = 60.0
MISSING_MAX: Final = 1000
# Photos under way from all peers; a page shows eight.
FETCHES_MAX: Final = 16


class Fetching:
    """Asks one peer after another; `poke` lets them send, `keep` puts a photo on disk."""

    def __init__(
        self,
        exchange: Exchange,
        poke: Callable[[], None],
        keep: Callable[[str, bytes], Awaitable[None]],
    ) -> None:
        self._exchange = exchange
        self._poke = poke
        self._keep = keep
        self._running: dict[str, asyncio.Task[bool]] = {}
        self._waiting: dict[tuple[Link, bytes], asyncio.Future[bytes]] = {}
        self._missing: dict[str, float] = {}
        self._turn = asyncio.Lock()  # made safe one by one: readers of pages must not all wait

    async def fetch(self, name: str, lab: LabId) -> bool:
        """Say whether a photo of a lab's is here now; asks that lab first, then other peers."""
        now = asyncio.get_running_loop().time()
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
        links = self._exchange.connected()
        for peer in sorted(links, key=lambda peer: peer != lab):
            sent = await self._ask(links[peer], bytes.fromhex(name))
            if sent:
                with suppress(ServiceError):  # the author's bytes are no photo: nobody has a better
                    async with self._turn:
                        await self._keep(name, sent)
                    return True
                break
        if len(self._missing) >= MISSING_MAX:
            self._missing.clear()
        self._missing[name] = asyncio.get_running_loop().time()
        return False

    async def _ask(self, link: Link, name: bytes) -> bytes:
        if link.closed or not link.sync.want_blob(name):
            return b""
        answer: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        self._waiting[link, name] = answer
        self._poke()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await answer
        except TimeoutError:
            return b""
        finally:
            del self._waiting[link, name]
