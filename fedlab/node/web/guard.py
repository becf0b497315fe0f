"""Time limits and connection caps in front of aiohttp.

aiohttp 3.14 never closes a client that drips its header or its body, and has no cap on idle
sockets. A `Guard` stands between the socket and aiohttp's own protocol: every connection has a
deadline, moved as its request makes progress, and one that passes it is closed.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

from aiohttp import web
from aiohttp.typedefs import Handler

# A phone on a bad link sends a header in one or two packets; ten seconds is a dead client.
HEADER_SECONDS: Final = 10.0
# The largest upload is an import of some MiB; half a minute without its end is a drip.
BODY_SECONDS: Final = 30.0
# No answer of ours takes a minute unless the other side does not read it.
ANSWER_SECONDS: Final = 60.0
# An idle kept-alive connection costs a socket; browsers reopen at once.
IDLE_SECONDS: Final = 30.0
# A Pi's default is 1,024 descriptors; the store, the index and the peers need some of them.
CONNECTIONS_MAX: Final = 256
# A lab behind one address is a few dozen browsers at six sockets each.
CONNECTIONS_PER_ADDRESS_MAX: Final = 128
# A rejected burst is looked at this often; also how late a deadline can be noticed.
SWEEP_SECONDS: Final = 1.0


class Guard(asyncio.Protocol):
    """One connection: forwards everything to aiohttp's protocol and keeps the deadline."""

    def __init__(self, gate: "Gate", inner: asyncio.Protocol) -> None:
        self.gate = gate
        self.inner = inner
        self.transport: asyncio.Transport | None = None
        self.address = ""
        self.deadline: float | None = None
        self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self.inner.connection_made(transport)
        if self.gate.admit(self):
            self.within(HEADER_SECONDS)
        else:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.gate.forget(self)
        self.inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.busy and self.deadline is None:
            self.within(HEADER_SECONDS)
        self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self.inner.eof_received()

    def pause_writing(self) -> None:
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        self.inner.resume_writing()

    def within(self, seconds: float | None) -> None:
        """Let the connection live `seconds` more, or without limit for None."""
        self.deadline = None if seconds is None else self.gate.now() + seconds


class Gate:
    """All connections of one listening socket."""

    def __init__(
        self,
        now: Callable[[], float],
        total_max: int = CONNECTIONS_MAX,
        per_address_max: int = CONNECTIONS_PER_ADDRESS_MAX,
    ) -> None:
        self.now = now
        self.total_max = total_max
        self.per_address_max = per_address_max
        self.guards: set[Guard] = set()

    def admit(self, guard: Guard) -> bool:
        """Take a connection in; a full house closes the idlest one, which is never a busy one."""
        siblings = [g for g in self.guards if g.address == guard.address]
        crowd = siblings if len(siblings) >= self.per_address_max else None
        if crowd is None and len(self.guards) >= self.total_max:
            crowd = list(self.guards)
        if crowd is not None:
            waiting = [g for g in crowd if not g.busy]
            if not waiting:
                return False
            self.drop(min(waiting, key=lambda g: g.deadline or 0.0))
        self.guards.add(guard)
        return True

    def forget(self, guard: Guard) -> None:
        """Let a connection go that has ended."""
        self.guards.discard(guard)

    def drop(self, guard: Guard) -> None:
        """Close a connection at once, whatever it has not sent or read yet."""
        self.guards.discard(guard)
        if guard.transport is not None:
            guard.transport.abort()

    def sweep(self) -> None:
        """Close what has passed its deadline."""
        now = self.now()
        for guard in list(self.guards):
            if guard.deadline is not None and guard.deadline < now:
                self.drop(guard)


@web.middleware
async def progress(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the guard that a header has arrived whole, and when the answer has gone."""
    transport = request.transport
    guard = transport.get_protocol() if transport is not None else None
    if not isinstance(guard, Guard):
        return await handler(request)
    upgrade = request.headers.get("Upgrade", "").lower() == "websocket"
    guard.busy = True
    # A WebSocket has its own time limits, the sync driver's.
    limit = BODY_SECONDS if request.body_exists else ANSWER_SECONDS
    guard.within(None if upgrade else limit)
    try:
        return await handler(request)
    finally:
        guard.busy = False
        guard.within(IDLE_SECONDS)


def more_time(request: web.Request, seconds: float | None = BODY_SECONDS) -> None:
    """Let a request that makes progress go on: a large file takes longer than any page."""
    transport = request.transport
    guard = transport.get_protocol() if transport is not None else None
    if isinstance(guard, Guard):
        guard.within(seconds)


@asynccontextmanager
async def listen(
    app: web.Application, host: str, port: int, *, sock: socket.socket | None = None, **caps: int
) -> AsyncIterator[tuple[str, int]]:
    """Serve `app` behind a gate; yields the address and port bound. Raises OSError if taken.

    A socket that listens already is taken over in place of host and port.
    """
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=IDLE_SECONDS)
    await runner.setup()
    loop = asyncio.get_running_loop()
    gate = Gate(loop.time, **caps)
    inner = runner.server
    assert inner is not None

    async def sweeper() -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            gate.sweep()

    sweeping: asyncio.Task[None] | None = None
    server: asyncio.Server | None = None
    try:
        where: dict[str, Any] = {"sock": sock} if sock else {"host": host, "port": port}
        server = await loop.create_server(lambda: Guard(gate, inner()), backlog=128, **where)
        sweeping = asyncio.create_task(sweeper())
        name = server.sockets[0].getsockname()
        yield str(name[0]), int(name[1])
    finally:
        if server is not None:
            server.close()
        if sweeping is not None:
            sweeping.cancel()
        await runner.cleanup()
