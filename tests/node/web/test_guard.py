"""The gate in front of the web server: drips and idle crowds are closed, honest people get in."""

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from fedlab.node.web import guard


@pytest.fixture
async def address(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[str, int]]:
    """A small house (8 sockets) whose limits are a fraction of a second."""
    monkeypatch.setattr(guard, "HEADER_SECONDS", 0.3)
    monkeypatch.setattr(guard, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(guard, "SWEEP_SECONDS", 0.05)

    async def hello(request: web.Request) -> web.Response:
        return web.Response(text="bonjour " + (await request.read()).decode())

    async def echo(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for message in socket:
            await socket.send_str(message.data)
        return socket

    app = web.Application(middlewares=[guard.progress])
    app.router.add_get("/", hello)
    app.router.add_post("/", hello)
    app.router.add_get("/echo", echo)
    async with guard.listen(app, "127.0.0.1", 0, total_max=8, per_address_max=8) as bound:
        yield bound


async def closed(reader: asyncio.StreamReader) -> bytes:
    """Everything until the other side closes, whichever way it does."""
    try:
        return await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        return b""


@pytest.mark.parametrize("start", [b"GET / HTTP/1.1\r\nX-Slow: ", b""])
async def test_a_header_that_does_not_end_is_closed(address: tuple[str, int], start: bytes) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(start)
    assert await closed(reader) == b""
    writer.close()


async def test_dripping_does_not_move_the_deadline(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"GET / HTTP/1.1\r\nX-Slow: ")
    end = asyncio.create_task(closed(reader))
    while not end.done():
        writer.write(b"a")
        await asyncio.sleep(0.02)
    assert end.result() == b""
    writer.close()


async def test_a_body_that_does_not_end_is_closed(address: tuple[str, int]) -> None:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\nonly this")
    assert b"bonjour" not in await closed(reader)
    writer.close()


async def test_a_crowd_of_idle_sockets_does_not_keep_people_out(address: tuple[str, int]) -> None:
    crowd = [await asyncio.open_connection(*address) for _ in range(40)]
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://{address[0]}:{address[1]}/") as answer:
            assert await answer.text() == "bonjour "
    for _, writer in crowd:
        writer.close()


async def test_without_the_gate_the_crowd_would_stay(address: tuple[str, int]) -> None:
    """Negative control: a gate that never closes anybody refuses the newcomer."""
    gate = guard.Gate(lambda: 0.0, total_max=2, per_address_max=2)

    class Busy(guard.Guard):
        def __init__(self) -> None:
            super().__init__(gate, asyncio.Protocol())
            self.busy = True

    assert [gate.admit(Busy()) for _ in range(3)] == [True, True, False]


async def test_a_web_socket_outlives_the_limits_of_requests(address: tuple[str, int]) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(f"http://{address[0]}:{address[1]}/echo") as socket:
            reader, writer = await asyncio.open_connection(*address)
            await closed(reader)  # a whole header limit has passed
            writer.close()
            await socket.send_str("encore là")
            assert await socket.receive_str() == "encore là"
