"""A photo of another lab's item: asked of peers when somebody looks, checked, made safe, kept."""

import asyncio
import hashlib
from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from fedlab.node.app import serve
from fedlab.node.photos import folder
from fedlab.node.photos.making import Photo
from fedlab.protocol import events, frames
from fedlab.protocol.limits import BLOBS_ASKED_MAX
from tests.node.exchanging import Peer, dial, run, three_peers
from tests.node.labs import ask, opened_lab
from tests.node.photos_made import picture

DATA = b"a photo, as far as the wire is concerned"
NAME = hashlib.sha256(DATA).digest()


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[list[Peer]]:
    with three_peers(tmp_path) as made:
        yield made


def heard(peer: Peer, kind: type[events.Event]) -> list[events.Event]:
    return [event for event in peer.heard if isinstance(event, kind)]


@pytest.mark.parametrize("held, answer", [(DATA, DATA), (None, b"")])
def test_a_peer_gives_what_it_holds(peers: list[Peer], held: bytes | None, answer: bytes) -> None:
    anna, bert, _ = peers
    bert.exchange.blobs = {NAME: held}.get
    here, there = dial(anna, bert)
    run(((anna, here), (bert, there)))
    assert here.sync.want_blob(NAME)
    run(((anna, here), (bert, there)))
    assert heard(anna, events.BlobCame) == [events.BlobCame(NAME, answer)]
    assert not here.closed and not there.closed


def test_many_photos_pass_within_the_credit(peers: list[Peer]) -> None:
    """Ten times what may be under way: the credit for each comes back."""
    anna, bert, _ = peers
    photos = {
        hashlib.sha256(data).digest(): data for data in (bytes([n]) * 800_000 for n in range(24))
    }
    bert.exchange.blobs = photos.get
    here, there = dial(anna, bert)
    for name in photos:
        assert here.sync.want_blob(name)
        run(((anna, here), (bert, there)))
    assert len(heard(anna, events.BlobCame)) == 24


def test_a_peer_that_lies_is_closed(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    bert.exchange.blobs = {NAME: b"another photo"}.get
    here, there = dial(anna, bert)
    here.sync.want_blob(NAME)
    run(((anna, here), (bert, there)))
    assert here.closed and not heard(anna, events.BlobCame)
    (fault,) = heard(anna, events.Fault)
    assert isinstance(fault, events.Fault) and fault.fault == "carrier"


def test_nobody_asks_for_more_than_he_may(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    here, _ = dial(anna, bert)
    asked = [here.sync.want_blob(bytes([n]) * 32) for n in range(BLOBS_ASKED_MAX + 1)]
    assert asked == [True] * BLOBS_ASKED_MAX + [False]


def test_a_photo_fits_in_its_frame() -> None:
    frames.encode_frame(frames.Blob(NAME, bytes(folder.PHOTO_BYTES_MAX)))


def test_the_oldest_of_peers_photos_go_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "PEERS_PHOTOS_BYTES_MAX", 250)
    photos = folder.PhotoFolder(tmp_path)
    own = photos.add(Photo(b"own", b"small"))
    names = [photos.add_sent(bytes([n]) * 100, Photo(b"full", b"small")) for n in range(4)]
    assert [photos.has(name) for name in names] == [False, False, True, True]
    assert photos.has(own)


async def test_a_page_fetches_the_photos_of_another_lab(tmp_path: Path) -> None:
    """Two whole nodes; a name that is no photo of the item is never asked for."""
    with opened_lab(tmp_path / "a", "Anna") as a, opened_lab(tmp_path / "b", "Bert") as b:
        ask(b, "item_add", code="SAW", change={"name": "Scie"})
        b.photos.add("SAW", picture())
        item = b.items.show("SAW")
        (name,) = item.photos
        async with AsyncExitStack() as stack:
            node = await stack.enter_async_context(
                serve(a, host="127.0.0.1", port=0, public_url=None)
            )
            other = await stack.enter_async_context(
                serve(b, host="127.0.0.1", port=0, public_url=None)
            )
            await node.join((await other.call("invite", {}))["url"])
            for _ in range(400):
                if a.projector.item(item.lab, "SAW") is not None:
                    break
                await asyncio.sleep(0.05)
            http = await stack.enter_async_context(aiohttp.ClientSession(node.url))
            page = await (await http.get(f"/I/{item.item}", headers={"Accept": "text/html"})).text()
            assert f'src="/photo/{name}/thumb?of={item.item}"' in page
            for path, status in (
                (f"/photo/{name}", 404),
                (f"/photo/{'0' * 64}?of={item.item}", 404),
                (f"/photo/{name}/thumb?of={item.item}", 200),
                (f"/photo/{name}", 200),
            ):
                async with http.get(path) as answer:
                    assert answer.status == status, path
            assert a.photos.folder.to_send(name) == b.photos.folder.to_send(name)
