"""A real node and whoever can reach its port: each gets a word, and nobody else has to wait."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web

from fedlab.node.lobby import INCOMING_PER_ADDRESS_MAX
from fedlab.node.web.guard import listen
from fedlab.protocol import frames
from fedlab.protocol.channel import Channel
from tests.e2e.conftest import NewLab
from tests.e2e.nodes import Lab
from tests.protocol.nodes import Lab as Author

ANSWER_S = 10.0


class Stranger:
    """A lab that nobody invited: it does the handshake, and then says what it likes."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, author: Author) -> None:
        self.socket = socket
        self.channel = Channel(
            "fedlab",
            author.chain,
            initiator=True,
            static=author.keys.noise,
            ephemeral=os.urandom(32),
        )
        self.buffer = frames.FrameBuffer()

    async def greet(self) -> None:
        """Do the handshake and say hello."""
        await self.socket.send_bytes(self.channel.line)
        while True:
            if said := self.channel.handshake_to_send():
                await self.socket.send_bytes(said)
            if self.channel.established:
                break
            await self.hear()
        await self.say(frames.Hello("stranger", []))

    async def say(self, *said: frames.Frame) -> None:
        stream = b"".join(map(frames.encode_frame, said))
        await self.socket.send_bytes(self.channel.seal(stream))

    async def hear(self) -> list[frames.Frame]:
        """Return the frames of the next message."""
        data = await self.socket.receive_bytes(timeout=ANSWER_S)
        for stream in self.channel.receive(data):
            self.buffer.feed(stream)
        return [frame for frame, _ in self.buffer.frames() if frame is not None]

    async def bye(self) -> frames.Bye:
        """Wait for the node's last word."""
        while True:
            for frame in await self.hear():
                if isinstance(frame, frames.Bye):
                    return frame


@asynccontextmanager
async def stranger(lab: Lab, name: str = "stranger") -> AsyncIterator[Stranger]:
    author = Author(name, network="fedlab")
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{lab.url}/sync") as socket:
        yield Stranger(socket, author)


async def test_idle_strangers_do_not_keep_a_newcomer_out(new_lab: NewLab) -> None:
    """Behind a reverse proxy all labs come from one address, and so do those who only sit there."""
    lab = await asyncio.to_thread(new_lab, "ponant")
    with lab.running():
        async with aiohttp.ClientSession() as session:
            idle = [
                await session.ws_connect(f"{lab.url}/sync") for _ in range(INCOMING_PER_ADDRESS_MAX)
            ]
            async with stranger(lab) as newcomer:
                await newcomer.greet()
                assert [type(frame) for frame in await newcomer.hear()] == [frames.Hello]
            assert not idle[-1].closed  # one made way, the others were left alone


async def test_a_stranger_is_answered_and_leaves_nothing_behind(new_lab: NewLab) -> None:
    lab = await asyncio.to_thread(new_lab, "ponant")
    with lab.running():
        async with stranger(lab) as guesser:
            await guesser.greet()
            await guesser.say(*[frames.Join(b"guess")] * 1000)
            assert (await guesser.bye()).message == "a second invitation"
        async with stranger(lab) as asker:
            await asker.greet()
            await asker.say(frames.WantProof(b"?" * 32, 0, 1, 2))
            assert (await asker.bye()).code == "not_let_in"
        async with stranger(lab) as joker:
            await joker.greet()
            await joker.say(frames.Bye("x", "\x1b]0;owned\x07", "", 0))
            assert "malformed" in (await joker.bye()).message
        status = await asyncio.to_thread(lab.run, "status")
        assert (status["labs"], status["peers"]) == (1, [])
        assert "\x1b" not in lab.said() and "Traceback" not in lab.said()


async def test_an_address_that_leads_elsewhere_is_not_followed(new_lab: NewLab) -> None:
    """An invitation could else make a node ask whatever its network reaches."""
    asked: list[str] = []

    async def answer(request: web.Request) -> web.Response:
        asked.append(request.path)
        raise web.HTTPFound("/elsewhere")

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    lab, inviter = new_lab("Anna"), new_lab("Bert")
    link = inviter.run("invite")["url"].partition("/join?")[2]
    async with listen(app, "127.0.0.1", 0) as (host, port):
        url = f"http://{host}:{port}/join?{link.partition('&url=')[0]}"
        error = await asyncio.to_thread(lab.run, "join", url, expect=75)
    assert asked == ["/sync"]
    assert error["error"]["hint"]
