"""Labs that want back in, addresses that are traps, strangers without end."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from fedlab.node.dialling import Dialler
from fedlab.node.errors import BadRequestError
from fedlab.node.service import Service
from fedlab.protocol.entry import LabId
from tests.node.labs import ask, opened_lab

OTHER = "ab" * 32


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path / "host", "Grand labo") as service:
        service.peers.keep_own_urls(["http://192.168.1.7:7390"])
        yield service


@pytest.fixture
def token(host: Service, tmp_path: Path) -> bytes:
    with opened_lab(tmp_path / "guest", "Atelier") as guest:
        return guest.peers.read_invitation(ask(host, "invite")["url"]).token


def test_who_was_sent_away_does_not_come_back_with_the_same_invitation(
    host: Service, token: bytes
) -> None:
    """Else taking back a vouch would last until the lab knocks again, and sign another one."""
    assert host.peers.admit(OTHER, token, [])
    ask(host, "unvouch", lab=OTHER)
    assert not host.peers.admit(OTHER, token, [])
    assert ask(host, "peers")["vouched"] == []


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://",
        "http://127.0.0.1:9/delete?all=1&then=",
        "http://127.0.0.1:9/delete?",
        "http://lab.example/#",
        "http://root:secret@lab.example",
        "http://lab.example\x1b]0;owned\x07",
        "http://lab.example\r\nX-Header: 1",
        "http://lab.example /x",
        "http://l\u0430b.example",  # a Cyrillic a
        "http://[::1",
        "http://lab.example:99999",
    ],
)
def test_an_address_of_a_peer_is_a_place_and_nothing_more(host: Service, url: str) -> None:
    """It is dialled by this node, with `/sync` behind it, and shown in its owner's terminal."""
    good = ["https://lab.example/fedlab", "http://[::1]:7390", "http://labo.local:7390"]
    host.peers.met(OTHER, [url, *good])
    assert host.peers.to_dial() == {OTHER: tuple(good)}


@pytest.mark.parametrize(
    "link",
    [
        "",
        "x" * 100_000,
        "http://[::1#lab=a&network=b&token=c",
        "http://a/join#" + "&".join(f"k{number}=1" for number in range(100)),
        "http://a/join#lab=%ff&network=%00&token=%ff",
        f"javascript:alert(1)#lab={OTHER}&network=fedlab&token={'A' * 22}",
    ],
)
def test_a_link_that_is_no_invitation_is_refused_in_a_sentence(host: Service, link: str) -> None:
    with pytest.raises(BadRequestError, match="not an invitation link"):
        host.peers.read_invitation(link)


def test_the_name_in_a_link_commands_no_terminal(host: Service, tmp_path: Path) -> None:
    link = ask(host, "invite")["url"].replace("name=Grand%20labo", "name=%1b%5b31mX%0aY")
    with opened_lab(tmp_path / "guest", "Atelier") as guest:
        assert guest.peers.read_invitation(link).name == "[31mXY"


async def test_a_stranger_that_was_refused_is_not_remembered() -> None:
    """A new key costs nothing: what is kept for each lab that knocks is kept without end."""
    looked = asyncio.Event()

    async def known() -> Mapping[LabId, Sequence[str]]:
        looked.set()
        return {OTHER: []}

    async def dial(lab: LabId, url: str) -> None:
        raise AssertionError("everybody who is known is connected")

    dialler = Dialler(
        now=lambda: 0.0,
        known=known,
        connected=lambda: {OTHER},
        dial=dial,
        spawn=asyncio.ensure_future,
    )
    for number in range(100):
        dialler.later(f"{number:064x}", 300.0)
    dialler.later(OTHER, 300.0)
    running = asyncio.create_task(dialler.run())
    await looked.wait()
    await asyncio.sleep(0)
    running.cancel()
    assert dialler._due == {OTHER: 300.0}


def test_a_list_of_less_than_nothing_is_empty(host: Service) -> None:
    assert ask(host, "item_list", limit=-5)["items"] == []
