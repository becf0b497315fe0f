"""Who is dialled when: each address in turn, later and later, at once after a change."""

import asyncio
from collections.abc import AsyncIterator, Coroutine

import pytest

from fedlab.node import dialling
from fedlab.node.dialling import Dialler

A, B = "a" * 64, "b" * 64


class Network:
    """Addresses that answer or do not, and what was dialled, in order."""

    def __init__(self) -> None:
        self.answers: set[str] = set()
        self.dialled: asyncio.Queue[str] = asyncio.Queue()
        self.connected: set[str] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.known = {A: ["http://a1", "http://a2"]}
        self.dialler = Dialler(
            now=asyncio.get_running_loop().time,
            known=self.look_up,
            connected=lambda: self.connected,
            dial=self.dial,
            spawn=self.spawn,
        )

    async def look_up(self) -> dict[str, list[str]]:
        return self.known

    async def dial(self, lab: str, url: str) -> None:
        self.dialled.put_nowait(url)
        if url not in self.answers:
            raise ConnectionRefusedError(url)
        self.connected.add(lab)
        await asyncio.Event().wait()

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        self.tasks.add(asyncio.create_task(work))

    async def next(self) -> str:
        return await asyncio.wait_for(self.dialled.get(), 20)


@pytest.fixture
async def network(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Network]:
    monkeypatch.setattr(dialling, "DIAL_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(dialling, "DIAL_LAST_SECONDS", 0.04)
    network = Network()
    running = asyncio.create_task(network.dialler.run())
    yield network
    for task in (running, *network.tasks):
        task.cancel()
    await asyncio.gather(running, *network.tasks, return_exceptions=True)


async def test_each_address_is_tried_in_turn_until_one_answers(network: Network) -> None:
    assert [await network.next() for _ in range(4)] == ["http://a1", "http://a2"] * 2
    network.answers.add("http://a1")
    while await network.next() != "http://a1":
        pass
    assert network.connected == {A}


async def test_a_new_address_is_dialled_at_once(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    network.answers.add("http://a1")
    while A not in network.connected:
        await network.next()
    monkeypatch.setattr(dialling, "QUIET_SECONDS", 3600.0)  # only the wake can bring it about
    network.known[B] = ["http://b"]
    network.dialler.wake()
    assert await network.next() == "http://b"


async def test_a_peer_that_says_when_to_come_back_is_left_alone_till_then(
    network: Network,
) -> None:
    while await network.next() != "http://a2":
        pass
    network.dialler.later(A, 3600)
    network.known[B] = ["http://b"]
    assert [await network.next() for _ in range(5)] == ["http://b"] * 5
