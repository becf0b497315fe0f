"""A lab's node as one process: the service, its threads, its peers and its pages.

Reads run on a few threads side by side, writes on one. Whatever was written is folded and indexed
on that thread too, in one go for all that has piled up meanwhile.
"""

import asyncio
import functools
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from fedlab.node import calls
from fedlab.node.addresses import cannot_listen, check_public_url, node_urls
from fedlab.node.config import Folder
from fedlab.node.control import Contact, control_app, new_token, open_alone, write_contact
from fedlab.node.errors import ServiceError
from fedlab.node.firststart import keep_code, tidy
from fedlab.node.greeting import greet
from fedlab.node.heap import share_one_heap
from fedlab.node.indexing import Helper
from fedlab.node.keeping.clockwork import kept, stopping
from fedlab.node.service import Service

if TYPE_CHECKING:
    from fedlab.node.driver import Driver
    from fedlab.node.projector import Projector
    from fedlab.node.search import SearchIndex
    from fedlab.node.store import SqliteStore

Result = TypeVar("Result")

# SQLite and tantivy let go of the interpreter while they work; more than the cores brings nothing.
READERS: Final = 4
# Between two foldings, so that a stream of packages is folded by the hundred, and seen at once.
REFRESH_PAUSE_S: Final = 0.1
# A command or a page under way gets this long to end when the node stops.
STOP_WAIT_S: Final = 5.0

_log = logging.getLogger("fedlab.node")


class Node:
    """What pages, API and driver share; made and ended by `open_node`."""

    def __init__(self, service: Service, urls: list[str]) -> None:
        self.service = service
        self.urls = urls
        self.token = ""
        self.driver: Driver | None = None
        self._readers = ThreadPoolExecutor(READERS, "read")
        self._writer = ThreadPoolExecutor(1, "write")
        self._changed = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    @property
    def url(self) -> str:
        """The address to give to people."""
        return self.urls[0]

    @property
    def store(self) -> "SqliteStore":
        """The service's store."""
        return self.service.store

    @property
    def projector(self) -> "Projector":
        """The service's projector."""
        return self.service.projector

    @property
    def search(self) -> "SearchIndex":
        """The service's search index."""
        return self.service.index

    async def read(self, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Run a function that only reads, on one of the reading threads."""
        work = functools.partial(function, *args, **kwargs)
        return await self._loop.run_in_executor(self._readers, work)

    async def write(self, function: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
        """Run a function that writes, on the one writing thread, after those asked before."""
        work = functools.partial(function, *args, **kwargs)
        return await self._loop.run_in_executor(self._writer, work)

    async def call(self, name: str, params: Mapping[str, Any]) -> Any:
        """Do one call of the table; raise ServiceError as the service does."""
        if name == calls.JOIN:
            invitation = calls.checked(self.service.peers.read_invitation, name, params)
            return await self.join(**invitation)
        where = calls.find_call(name).where
        run = self.write if where is calls.Where.WRITE else self.read
        answer = await run(calls.answer, self.service, name, params)
        if where is calls.Where.WRITE and self.driver is not None:
            self.driver.published()
            if name == "bundle_read":
                self.driver.reread()
        return answer

    async def call_once(self, key: str, name: str, params: Mapping[str, Any]) -> Any:
        """Do a call that writes; asked again with the same key, answer the same and do nothing.

        Raises ConflictError if the key was used for something else, or if nobody knows whether
        what was asked with it was done.
        """
        asked = msgspec.json.encode([name, params], order="deterministic")
        once = self.service.once
        known = await self.write(once.begin, key, asked)
        if known is not None:
            return known
        try:
            answer = await self.call(name, params)
        except ServiceError:
            await self.write(once.forget, key)  # nothing was done: it may be asked again
            raise
        await self.write(once.end, key, answer)
        return answer

    async def join(self, url: str) -> Any:
        """Take up an invitation: reach the inviter, show the token, vouch; answer who it is."""
        assert self.driver is not None
        invitation = self.service.peers.read_invitation(url)
        with self.service.peers.following(invitation.lab):
            self.driver.published()
            await self.driver.join(invitation.lab, invitation.urls, invitation.token)
            joined = await self.write(self.service.peers.joined, invitation)
        self.driver.published()
        self.driver.wake()
        return {"lab": joined.lab, "name": joined.name}

    def changed(self) -> None:
        """Say that logs have grown: fold and index them soon. Any thread may call it."""
        with suppress(RuntimeError):  # the node has ended meanwhile
            self._loop.call_soon_threadsafe(self._changed.set)

    async def refresh_when_changed(self) -> None:
        """Fold and index whatever has come, until cancelled."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self.write(self.service.refresh)
                if self.driver is not None:
                    self.driver.published()  # vouches may have changed who is let in
            except Exception:
                # Folding again from the logs mends whatever this was; the node must go on.
                _log.exception("folding failed; `fedlab rebuild` builds projections again")
            await asyncio.sleep(REFRESH_PAUSE_S)

    async def stop_driver(self) -> None:
        """Take leave of the peers; harmless when it is done already."""
        driver, self.driver = self.driver, None
        if driver is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(STOP_WAIT_S):
                    await driver.stop()

    def close(self) -> None:
        """Let what was asked of the threads end, then stop them."""
        self._readers.shutdown(wait=True, cancel_futures=True)
        self._writer.shutdown(wait=True, cancel_futures=False)


@asynccontextmanager
async def open_node(service: Service, urls: list[str]) -> AsyncIterator[Node]:
    """Run threads and peers of a node that does not listen; `serve` adds the listening."""
    from fedlab.node.driver import Driver  # late: the driver knows the node

    node = Node(service, urls)
    node.driver = Driver(node)
    service.opened.helper = Helper(service.folder, node.changed)
    service.opened.live_age = node.driver.age_s
    refreshing = asyncio.create_task(node.refresh_when_changed())
    try:
        await node.driver.start()
        yield node
    finally:
        await node.stop_driver()
        refreshing.cancel()
        node.close()


@asynccontextmanager
async def serve(
    service: Service,
    *,
    host: str,
    port: int,
    public_url: str | None,
    sock: socket.socket | None = None,
    mdns: bool = True,
) -> AsyncIterator[Node]:
    """Run a whole node; raise TryLaterError when the port is taken, naming a free one.

    A socket that listens already is taken over in place of host and port.
    """
    from fedlab.node.web.app import make_web_app  # late: the pages know the node
    from fedlab.node.web.guard import listen

    async with AsyncExitStack() as stack:
        node = await stack.enter_async_context(open_node(service, []))
        await node.write(service.open_index)
        try:
            listening = listen(make_web_app(node), host, port, sock=sock)
            _, port = await stack.enter_async_context(listening)
        except OSError as exc:
            raise cannot_listen(exc, host, port) from exc
        # Before the listener, which would wait for the peers' connections to end by themselves.
        stack.push_async_callback(node.stop_driver)
        node.urls[:] = node_urls(host, port, public_url)
        await node.write(service.peers.keep_own_urls, node.urls)
        node.token = new_token()
        control = control_app(node.token, node.call)
        _, control_port = await stack.enter_async_context(listen(control, "127.0.0.1", 0))
        contact = Contact(port=control_port, token=node.token, pid=os.getpid(), url=node.url)
        write_contact(service.folder.control, contact)
        stack.callback(service.folder.control.unlink, missing_ok=True)
        if node.driver is not None:
            node.driver.wake()
        await stack.enter_async_context(kept(node))
        if mdns:
            await stack.enter_async_context(_among_neighbours(node))
        yield node


@asynccontextmanager
async def _among_neighbours(node: Node) -> AsyncIterator[None]:
    """Announce a node on its local network, if it listens there, and know who else does."""
    from fedlab.node.neighbours import Neighbours, lan_address  # late: see `run`

    url = lan_address(node.urls)
    if url is None:
        yield
        return
    own = node.service.own()
    neighbours = Neighbours(own.lab, own.name, url)
    node.service.peers.heard = neighbours.all
    running = asyncio.create_task(neighbours.run())
    try:
        yield
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def run_node(
    folder: Folder,
    *,
    host: str,
    port: int,
    public_url: str | None,
    as_json: bool,
    stop_with_stdin: bool = False,
    mdns: bool = True,
) -> None:
    """Run the folder's node until a signal; raise ServiceError when it cannot start."""
    public_url = check_public_url(public_url) if public_url else None
    share_one_heap()
    logging.basicConfig(
        stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(name)s: %(message)s"
    )
    # It writes a traceback for every malformed request of anybody; defects of ours we log here.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)

    async def run() -> None:
        stop = _stop_by_signal()
        if stop_with_stdin:
            _stop_by_stdin(stop)
        sock = None
        if not folder.store.exists():
            sock = await _first_start(folder, host, port, public_url, stop, as_json)
            if sock is None:
                return
        with open_alone(folder) as service:
            tidy(folder)  # the words of a founding that was cut short are on paper
            where: dict[str, Any] = {"host": host, "port": port, "public_url": public_url}
            where["mdns"] = mdns
            async with serve(service, **where, sock=sock) as node:
                _say_ready(node, as_json)
                if service.members.has_any():
                    folder.setup_code.unlink(missing_ok=True)
                elif not as_json and sock is None:  # whoever has just founded it goes on
                    greet(sys.stdout, folder, node.urls, keep_code(folder), "for its first account")
                await stop.wait()
                stopping()

    asyncio.run(run())


async def _first_start(
    folder: Folder,
    host: str,
    port: int,
    public_url: str | None,
    stop: asyncio.Event,
    as_json: bool,
) -> socket.socket | None:
    """Serve the pages that found a lab; return the socket for the node, or None when stopped."""
    from fedlab.node.web.firststart import serve_first_start

    def say(code: str, port: int) -> None:
        urls = node_urls(host, port, public_url)
        if as_json:
            ready = {"url": f"{urls[0]}/setup", "lab": None, "pid": os.getpid()}
            print(json.dumps(ready), flush=True)
        else:
            greet(sys.stdout, folder, urls, code)

    try:
        return await serve_first_start(folder, host, port, stop, say)
    except OSError as exc:
        raise cannot_listen(exc, host, port) from exc


def _say_ready(node: Node, as_json: bool) -> None:
    own = node.service.own()
    if as_json:
        line = json.dumps({"url": node.url, "lab": own.lab, "pid": os.getpid()})
    else:
        line = f"{own.name} is at {node.url}   (Ctrl-C stops it)"
    print(line, flush=True)


def _stop_by_signal() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    return stop


def _stop_by_stdin(stop: asyncio.Event) -> None:
    """Stop when whoever started us has gone: the pipe to our standard input then ends."""
    loop = asyncio.get_running_loop()

    def wait() -> None:
        # The bare file: a thread in a buffered read holds its lock, and Python then aborts at exit.
        with suppress(OSError):
            while os.read(sys.stdin.fileno(), 4096):
                pass
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, daemon=True).start()
