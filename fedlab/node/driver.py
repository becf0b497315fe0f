"""The peers over aiohttp: WebSockets in and out, around an `Exchange` that knows none of it.

One task reads and one sends for each connection; one puts on disk what has come, on the node's
writing thread; one dials the peers that are away, later and later, never all at once.
"""

import asyncio
import functools
import logging
import os
import time
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import aiohttp
from aiohttp import web

from fedlab.node.dialling import AWAY, Dialler, in_words
from fedlab.node.errors import ServiceError, TryLaterError
from fedlab.node.exchange import Batch, Exchange, Link
from fedlab.node.lobby import Lobby
from fedlab.node.photos.fetching import Fetching
from fedlab.node.service.peers import Connection
from fedlab.protocol import events
from fedlab.protocol.entry import LabId
from fedlab.protocol.limits import HANDSHAKE_SECONDS, MESSAGE_BYTES_MAX

if TYPE_CHECKING:
    from fedlab.node.app import Node

# A message is at most a few hundred kilobytes: slower than this is 40 kbit/s, or a dead line.
SEND_SECONDS: Final = 60.0
# Reaching the inviter and showing the token; somebody waits at a prompt.
INVITER_SECONDS: Final = 20.0
# What is left to be sent when the node stops.
STOP_SECONDS: Final = 1.0

_log = logging.getLogger("fedlab.peers")
routes = web.RouteTableDef()

Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


class Driver:
    """All peers of one node; made before it listens, started and stopped on its event loop."""

    def __init__(self, node: "Node") -> None:
        self._node = node
        self._service = node.service
        self._loop = asyncio.get_running_loop()
        self._exchange = Exchange(
            node.store,
            self._service.own_log,
            self._service.noise_key,
            now=self._loop.time(),
            wall=time.time,
            randomness=os.urandom,
            horizon=self._service.horizon,
            urls=node.urls,
        )
        photos = self._service.photos
        self.photos = Fetching(
            self._exchange,
            self._poke_all,
            held=functools.partial(node.read, photos.folder.to_send),
            show=functools.partial(node.read, photos.take_in),
            pass_on=functools.partial(node.read, photos.folder.add_passing),
        )
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._pokes: dict[Link, asyncio.Event] = {}
        self._urls: dict[Link, str] = {}
        self._lobby = Lobby(self._poke)
        self._joins: dict[Link, asyncio.Future[None]] = {}
        self._work = asyncio.Event()
        self._dialler = Dialler(
            now=self._now,
            known=lambda: node.read(self._service.peers.to_dial),
            connected=self._exchange.connected,
            dial=self._dial,
            spawn=self._spawn,
        )
        self._alone = asyncio.Event()  # no connection runs
        self._alone.set()
        self._stopping = False

    # --- what the node calls ---

    async def start(self) -> None:
        """Begin to dial, and to write what comes."""
        tracing = aiohttp.TraceConfig()
        tracing.on_request_redirect.append(_refuse_redirect)
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None), trace_configs=[tracing]
        )
        self._service.peers.connected = self.connected
        self._spawn(self._write_batches())
        self._spawn(self._dialler.run())

    async def stop(self) -> None:
        """Take leave of every peer and end every task."""
        self._stopping = True
        for link in list(self._exchange.links):
            link.close("stopping", "this node is being stopped", retry_s=2)
        self._poke_all()
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await self._alone.wait()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._write_ages()
        if self._session is not None:
            await self._session.close()

    def published(self) -> None:
        """Announce what this node holds and whom it lets in, as it now stands; from any thread."""
        self._loop.call_soon_threadsafe(self._published)

    def wake(self) -> None:
        """Dial at once whoever is not connected: addresses have changed."""
        self._dialler.wake()

    def reread(self) -> None:
        """Look at the store anew, because a bundle was read into it; from any thread."""
        self._loop.call_soon_threadsafe(self._reread)

    async def join(self, lab: LabId, urls: Sequence[str], token: bytes) -> None:
        """Show an invitation; raise TryLaterError if nobody answers, ServiceError if refused."""
        failed: Exception | None = None
        for url in urls:
            done: asyncio.Future[None] = self._loop.create_future()
            task = self._spawn(self._dial(lab, url, token, done))
            try:
                async with asyncio.timeout(INVITER_SECONDS):
                    await asyncio.shield(done)
                return
            except (TimeoutError, OSError, aiohttp.ClientError) as exc:
                failed = exc
                task.cancel()
        raise TryLaterError(
            "the lab that invites does not answer"
            + (f" ({in_words(failed)})" if failed and str(failed) else ""),
            "ask whether its node runs and can be reached from here, then join again",
        ) from failed

    def connected(self) -> dict[LabId, Connection]:
        """Return the peers that are connected, with the address dialled, if it was."""
        return {
            lab: Connection(self._urls.get(link), link.behind())
            for lab, link in self._exchange.connected().items()
        }

    def age_s(self, lab: LabId) -> float | None:
        """Return how many seconds ago a lab's log was known to be current; None if never."""
        return self._exchange.age_s(lab, self._now())

    # --- connections ---

    async def accept(self, request: web.Request) -> web.StreamResponse:
        """Serve a peer that dials in. A browser's page, which sends `Origin`, is no peer."""
        address = request.remote or ""
        if "Origin" in request.headers:
            raise web.HTTPForbidden(reason="this address is for labs' nodes, not for pages")
        if self._stopping or not self._lobby.make_room(address):
            raise web.HTTPServiceUnavailable(reason="too many peers are connected")
        socket = web.WebSocketResponse(
            max_msg_size=MESSAGE_BYTES_MAX, compress=False, timeout=HANDSHAKE_SECONDS
        )
        link = self._exchange.open(initiator=False, now=self._now())
        with self._lobby.inside(link, address):
            try:
                await socket.prepare(request)
                await self._run(link, socket)
            finally:
                link.gone()
        return socket

    async def _dial(
        self,
        lab: LabId,
        url: str,
        token: bytes | None = None,
        done: asyncio.Future[None] | None = None,
    ) -> None:
        """Connect to one address and stay until the connection ends; `done` hears of a join."""
        assert self._session is not None
        try:
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                socket = await self._session.ws_connect(
                    f"{url}/sync", max_msg_size=MESSAGE_BYTES_MAX, compress=0
                )
        except AWAY as exc:
            if done is not None and not done.done():
                done.set_exception(exc if isinstance(exc, OSError) else OSError(str(exc)))
                return
            raise
        link = self._exchange.open(initiator=True, now=self._now(), expect=lab, token=token)
        self._urls[link] = url
        if done is not None:
            self._joins[link] = done
        await self._run(link, socket)

    async def _run(self, link: Link, socket: Socket) -> None:
        """Read until the connection ends, sending beside it."""
        poke = self._pokes[link] = asyncio.Event()
        self._alone.clear()
        sending = asyncio.create_task(self._send(link, socket, poke))
        try:
            while not link.closed:
                message = await socket.receive()
                if message.type is not aiohttp.WSMsgType.BINARY:
                    break
                link.receive(message.data, self._now())
                self._heard(link)
                poke.set()
            # The farewell is the sender's, and it ends with it.
            if link.closed:
                await asyncio.wait([sending], timeout=STOP_SECONDS)
        finally:
            sending.cancel()
            link.gone()
            self._heard(link)
            self._pokes.pop(link, None)
            self._urls.pop(link, None)
            await asyncio.gather(sending, return_exceptions=True)
            with suppress(TimeoutError, OSError):
                async with asyncio.timeout(STOP_SECONDS):
                    await socket.close()
            if not self._pokes:
                self._alone.set()

    async def _send(self, link: Link, socket: Socket, poke: asyncio.Event) -> None:
        """Send whatever there is to send, and let time pass for the connection."""
        try:
            while True:
                while data := link.outgoing(self._now()):
                    async with asyncio.timeout(SEND_SECONDS):
                        await socket.send_bytes(data)
                self._heard(link)
                if link.closed:
                    break
                try:
                    async with asyncio.timeout_at(link.next_timeout()):
                        await poke.wait()
                except TimeoutError:
                    link.tick(self._now())
                poke.clear()
        except (OSError, aiohttp.ClientError, TimeoutError):
            _log.debug("sending to %s broke", link.peer or "somebody")
        # Ends the reader too, whether the farewell was sent or the line is dead.
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(STOP_SECONDS):
                await socket.close()

    # --- what connections tell ---

    def _heard(self, link: Link) -> None:
        """Act on what a connection has raised, and let the writer look for work."""
        self._work.set()
        while (event := link.next_event()) is not None:
            match event:
                case events.Connected():
                    self._dialler.met(event.lab)
                    _log.info("connected to %s", event.lab[:8])
                    self._spawn(self._keep_peer(event.lab, event.urls))
                case events.JoinAsked():
                    self._spawn(self._admit(link, event))
                case events.Joined():
                    done = self._joins.pop(link, None)
                    if done is not None and not done.done():
                        done.set_result(None)
                case events.BlobAsked():
                    self._spawn(self.photos.answer(link, event))
                case events.BlobCame():
                    self.photos.came(link, event)
                case events.Fault():
                    who = event.lab or link.peer or "somebody"
                    said = f"{event.message}. {event.hint}".rstrip()
                    _log.warning("fault of the %s %s: %s", event.fault, who, said)
                case events.Closed():
                    self._closed(link, event)

    def _closed(self, link: Link, event: events.Closed) -> None:
        if link.peer is not None:
            self._dialler.later(link.peer, event.retry_s)
            _log.info("%s closed: %s", link.peer[:8], event.message)
        done = self._joins.pop(link, None)
        if done is not None and not done.done():
            code = event.code if event.by_peer else "refused"
            done.set_exception(ServiceError(event.message, event.hint, code=code))

    async def _keep_peer(self, lab: LabId, urls: Sequence[str]) -> None:
        await self._node.write(self._service.peers.met, lab, urls)

    async def _admit(self, link: Link, event: events.JoinAsked) -> None:
        admit = self._service.peers.admit
        if await self._node.write(admit, event.lab, event.token, event.urls):
            self._published()
            link.welcome()
        else:
            link.close(
                "not_invited",
                "this invitation is not known here, was used already, or has expired",
                "Ask for a new one: each lets one lab in, once.",
            )
        self._poke(link)

    # --- the disk ---

    async def _write_batches(self) -> None:
        """Put on disk what has come, and tell the connections."""
        while True:
            await self._work.wait()
            self._work.clear()
            while (batch := self._exchange.take(self._now())) is not None:
                try:
                    await self._node.write(self._exchange.write, batch)
                except Exception as exc:  # a full disk, a broken card: the peers come back later
                    _log.error("what peers sent could not be written: %s", exc)
                    self._exchange.failed(batch)
                else:
                    self._exchange.wrote(batch)
                    if batch.changes_logs:
                        self._node.changed()
                self._poke_all()

    async def _write_ages(self) -> None:
        """Keep how fresh everything is: a short run, too, is remembered by the next."""
        try:
            await self._node.write(
                self._exchange.write, Batch([], self._exchange.seen(self._now()))
            )
        except Exception as exc:  # a full disk keeps nobody from stopping
            _log.error("how fresh the logs are could not be written: %s", exc)

    def _published(self) -> None:
        self._exchange.published()
        self._exchange.look_again()
        self._poke_all()

    def _reread(self) -> None:
        self._exchange.reread()
        self._published()

    # --- small things ---

    def _now(self) -> float:
        return self._loop.time()

    def _poke(self, link: Link) -> None:
        if poke := self._pokes.get(link):
            poke.set()

    def _poke_all(self) -> None:
        for poke in self._pokes.values():
            poke.set()

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (exc := task.exception()) is not None:
            _log.error("a task of the peers failed: %r", exc, exc_info=exc)


async def _refuse_redirect(*_: object) -> None:
    """A peer's address is where it says, not wherever that sends us."""
    raise aiohttp.ClientError("the address leads elsewhere")


@routes.get("/sync")
async def sync(request: web.Request) -> web.StreamResponse:
    """The peers' WebSocket."""
    from fedlab.node.web.keys import node_of  # late: the pages know the node, the node knows us

    driver = node_of(request).driver
    assert driver is not None
    return await driver.accept(request)
