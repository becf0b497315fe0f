"""Labs on the same local network: found, shown as a hint, and never in the way of anything."""

import asyncio
import logging
import types
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import zeroconf
import zeroconf.asyncio
from zeroconf.asyncio import AsyncServiceInfo

from fedlab.node import neighbours
from fedlab.node.neighbours import SERVICE, Neighbours, lan_address, read_neighbour
from fedlab.node.service.answers import Neighbour
from tests.node.labs import ask, opened_lab

ANNA, BERT = "a" * 64, "b" * 64
ADDRESS = bytes([192, 168, 1, 7])


def announced(port: int = 7390, addresses: tuple[bytes, ...] = (ADDRESS,), **said: str) -> Any:
    """Return an announcement as somebody on the network sends it."""
    return AsyncServiceInfo(
        SERVICE, f"x.{SERVICE}", addresses=list(addresses), port=port, properties=said
    )


@asynccontextmanager
async def running(*some: Neighbours) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in some]
    yield
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def heard(one: Neighbours, labs: list[str]) -> None:
    """Wait until exactly these labs are there."""
    for _ in range(600):
        if [found.lab for found in one.all()] == labs:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{one.all()} are there")


async def test_two_nodes_find_each_other_and_notice_that_one_goes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    anna = Neighbours(ANNA, "Anna", "http://127.0.0.1:7390")
    bert = Neighbours(BERT, "Bert’s shed", "http://127.0.0.1:7391")
    async with running(anna):
        async with running(bert):
            await asyncio.sleep(0)
            if "not looked for" in caplog.text:
                pytest.skip("this machine's loopback carries no multicast")
            await heard(anna, [BERT])
            await heard(bert, [ANNA])
            assert anna.all() == [Neighbour(BERT, "Bert’s shed", "http://127.0.0.1:7391")]
        await heard(anna, [])


def test_what_is_announced_is_read_as_a_strangers_word() -> None:
    assert read_neighbour(announced(lab=ANNA, name="<b>Anna")) == Neighbour(
        ANNA, "<b>Anna", "http://192.168.1.7:7390"
    )
    for name in ("a" * 121, "\x1b[31mred", "\u202eevil", ""):
        read = read_neighbour(announced(lab=ANNA, name=name))
        assert read is not None and read.name == "", "its id says who it is"
    for wrong in (
        announced(name="nobody"),
        announced(lab="A" * 64),
        announced(lab=ANNA + "\n"),
        announced(lab=ANNA, port=0),
        announced(lab=ANNA, addresses=()),
    ):
        assert read_neighbour(wrong) is None


async def test_a_crowd_that_is_none_costs_no_more_than_so_much(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(neighbours, "NEIGHBOURS_MAX", 3)
    one = Neighbours(ANNA, "Anna", "http://192.168.1.7:7390")
    asked: list[str] = []

    async def ask_for(zeroconf: object, service_type: str, name: str) -> None:
        asked.append(name)
        one._heard[name] = Neighbour(f"{len(asked):064x}", "", "http://192.168.1.8:1")

    monkeypatch.setattr(one, "_ask", ask_for)
    added = types.SimpleNamespace(name="Added")
    for number in range(50):
        one._changed(None, SERVICE, f"{number}.{SERVICE}", added)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(asked) == 3 == len(one.all())
    one._changed(None, SERVICE, f"0.{SERVICE}", types.SimpleNamespace(name="Removed"))
    one._changed(None, SERVICE, f"99.{SERVICE}", added)
    await asyncio.sleep(0)
    assert len(asked) == 4, "there is room again"


async def test_a_network_without_multicast_stops_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(**_: object) -> None:
        raise OSError("No such device")

    caplog.set_level(logging.INFO)
    monkeypatch.setattr(zeroconf.asyncio, "AsyncZeroconf", broken)
    one = Neighbours(ANNA, "Anna", "http://192.168.1.7:7390")
    await one.run()
    assert one.all() == [] and "No such device" in caplog.text


@pytest.mark.parametrize(
    ("answers", "host"),
    [([], "workshop.local."), (["192.168.1.7"], "workshop.local."), (["192.168.1.9"], "")],
)
async def test_a_machines_name_is_not_taken_from_another(
    monkeypatch: pytest.MonkeyPatch, answers: list[str], host: str
) -> None:
    class Resolver:
        def __init__(self, name: str) -> None:
            assert name == "workshop.local."

        async def async_request(self, *_: object) -> bool:
            return bool(answers)

        def parsed_addresses(self) -> list[str]:
            return answers

    monkeypatch.setattr(neighbours.socket, "gethostname", lambda: "Workshop.lan")
    monkeypatch.setattr(zeroconf, "AddressResolverIPv4", Resolver)
    one = Neighbours(ANNA, "Anna", "http://192.168.1.7:7390")
    air: Any = types.SimpleNamespace(zeroconf=None)
    assert await one._free_name(air) == host


@pytest.mark.parametrize(
    ("urls", "address"),
    [
        (["https://lab.example", "http://192.168.1.7:80", "http://pi.local:80"], 1),
        (["http://127.0.0.1:7390"], None),
        (["http://193.52.0.7:7390"], None),  # the whole Internet is no neighbourhood
        (["http://[fe80::1]:7390"], None),
        ([], None),
    ],
)
def test_only_a_node_that_listens_there_is_announced(urls: list[str], address: int | None) -> None:
    assert lan_address(urls) == (None if address is None else urls[address])


def test_who_is_a_peer_or_blocked_is_no_news(tmp_path: Path) -> None:
    with opened_lab(tmp_path) as service:
        there = [
            Neighbour(lab, "Here", "http://192.168.1.8:7390") for lab in (ANNA, BERT, "c" * 64)
        ]
        service.peers.heard = lambda: [*there, Neighbour(service.store.lab, "We", "http://x")]
        service.store.peers.put(ANNA)
        service.store.blocks.add(BERT)
        assert [one["lab"] for one in ask(service, "peers")["nearby"]] == ["c" * 64]
        assert [one.lab for one in service.network.show().nearby] == ["c" * 64]
