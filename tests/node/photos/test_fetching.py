"""A photo of another lab's item: asked of peers when somebody looks, checked, made safe, kept."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager, contextmanager
from itertools import pairwise
from pathlib import Path

import aiohttp
import pytest

from fedlab.node.app import Node, serve
from fedlab.node.exchange import Link
from fedlab.node.photos import fetching, folder
from fedlab.node.photos.making import Photo
from fedlab.node.service import Service
from fedlab.protocol import events, frames, sync
from fedlab.protocol.limits import BLOBS_ASKED_MAX, RELAYED_BYTES_MAX, RELAYED_SECONDS
from tests.node.exchanging import Peer, dial, run, three_peers
from tests.node.labs import ask, opened_lab
from tests.node.photos.pictures import picture

DATA = b"a photo, as far as the wire is concerned"
NAME = hashlib.sha256(DATA).digest()


@pytest.fixture
def peers(tmp_path: Path) -> Iterator[list[Peer]]:
    with three_peers(tmp_path) as made:
        yield made


def heard(peer: Peer, kind: type[events.Event]) -> list[events.Event]:
    return [event for event in peer.heard if isinstance(event, kind)]


def asked(anna: Peer, here: Link, bert: Peer, there: Link, name: bytes = NAME) -> events.BlobAsked:
    """Let Anna ask Bert for one of his photos, and return what Bert hears."""
    assert here.sync.want_blob(bert.lab.id, name)
    run(((anna, here), (bert, there)))
    event = heard(bert, events.BlobAsked)[-1]
    assert isinstance(event, events.BlobAsked)
    return event


@pytest.mark.parametrize("data", [DATA, b""])
def test_a_peer_gives_what_it_holds(peers: list[Peer], data: bytes) -> None:
    anna, bert, _ = peers
    here, there = dial(anna, bert)
    run(((anna, here), (bert, there)))
    assert asked(anna, here, bert, there) == events.BlobAsked(bert.lab.id, NAME)
    there.sync.give_blob(NAME, data)
    run(((anna, here), (bert, there)))
    assert heard(anna, events.BlobCame) == [events.BlobCame(NAME, data)]
    assert not here.closed and not there.closed


def test_while_a_photo_is_looked_for_the_rest_goes_on(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    here, there = dial(anna, bert)
    run(((anna, here), (bert, there)))
    asked(anna, here, bert, there)
    bert.say("SAW")
    run(((anna, here), (bert, there)), now=1.0)
    assert anna.held(bert.lab) == 2 and not heard(anna, events.BlobCame)


def test_many_photos_pass_within_the_credit(peers: list[Peer]) -> None:
    """Ten times what may be under way: the credit for each comes back."""
    anna, bert, _ = peers
    here, there = dial(anna, bert)
    run(((anna, here), (bert, there)))
    for number in range(24):
        data = bytes([number]) * 800_000
        name = hashlib.sha256(data).digest()
        asked(anna, here, bert, there, name)
        there.sync.give_blob(name, data)
        run(((anna, here), (bert, there)))
    assert len(heard(anna, events.BlobCame)) == 24


def test_a_peer_that_lies_is_closed(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    here, there = dial(anna, bert)
    run(((anna, here), (bert, there)))
    asked(anna, here, bert, there)
    there.sync.give_blob(NAME, b"another photo")
    run(((anna, here), (bert, there)))
    assert here.closed and not heard(anna, events.BlobCame)
    (fault,) = heard(anna, events.Fault)
    assert isinstance(fault, events.Fault) and fault.fault == "carrier"


def test_nobody_asks_for_more_than_he_may(peers: list[Peer]) -> None:
    anna, bert, _ = peers
    here, _ = dial(anna, bert)
    sent = [here.sync.want_blob(bert.lab.id, bytes([n]) * 32) for n in range(BLOBS_ASKED_MAX + 1)]
    assert sent == [True] * BLOBS_ASKED_MAX + [False]


def test_who_asks_for_more_than_he_may_is_closed(
    peers: list[Peer], monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, bert, _ = peers
    here, there = dial(anna, bert)
    run(((anna, here), (bert, there)))
    monkeypatch.setattr(sync, "BLOBS_ASKED_MAX", 1000)  # what it should keep to itself
    for number in range(BLOBS_ASKED_MAX + 1):
        here.sync.want_blob(bert.lab.id, bytes([number]) * 32)
    run(((anna, here), (bert, there)))
    assert there.closed and len(heard(bert, events.BlobAsked)) == BLOBS_ASKED_MAX


def test_a_quota_comes_back_with_time() -> None:
    quota = fetching.Quota(0.0)
    quota.spend(RELAYED_BYTES_MAX - 1, 0.0)
    assert not quota.is_spent(0.0)
    quota.spend(100, 0.0)
    assert quota.is_spent(0.0) and not quota.is_spent(60.0)
    quota.spend(RELAYED_BYTES_MAX - 100, 10 * RELAYED_SECONDS)
    assert not quota.is_spent(10 * RELAYED_SECONDS), "a day's rest is worth one hour's photos"
    quota.spend(100, 10 * RELAYED_SECONDS)
    assert quota.is_spent(10 * RELAYED_SECONDS)


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


def test_what_nobody_shows_any_more_goes(tmp_path: Path) -> None:
    photos = folder.PhotoFolder(tmp_path)
    kept = photos.add(Photo(b"kept", b"small"))
    gone = photos.add(Photo(b"gone", b"small"))
    passed = hashlib.sha256(b"passed on").hexdigest()
    photos.add_passing(passed, b"passed on")
    assert photos.drop_but({kept}, 0.0) == 0, "all of them are new"
    assert photos.drop_but({kept}, 2**40) == 2
    assert [photos.to_send(name) for name in (kept, gone, passed)] == [b"kept", None, None]


def test_a_photo_that_becomes_ours_stays(tmp_path: Path) -> None:
    photos = folder.PhotoFolder(tmp_path)
    name = hashlib.sha256(b"full").hexdigest()
    photos.add_passing(name, b"full")
    photos.add(Photo(b"full", b"small"))
    assert not folder.is_peers(photos.full(name)) and photos.to_send(name) == b"full"


@contextmanager
def in_a_row(path: Path) -> Iterator[list[Service]]:
    """Give three labs, the third with a photo of its saw."""
    with ExitStack() as stack:
        made = [
            stack.enter_context(opened_lab(path / name, name)) for name in ("Anna", "Bert", "Cleo")
        ]
        ask(made[2], "item_add", code="SAW", change={"name": "Scie"})
        made[2].photos.add("SAW", picture())
        yield made


@asynccontextmanager
async def served(*services: Service) -> AsyncIterator[list[Node]]:
    """Run their nodes, each joined to the one before."""
    async with AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(serve(one, host="127.0.0.1", port=0, public_url=None))
            for one in services
        ]
        for one, other in pairwise(nodes):
            await one.join((await other.call("invite", {}))["url"])
        yield nodes


async def known(service: Service, lab: str) -> None:
    """Wait until a lab's saw is known."""
    for _ in range(1500):
        if service.projector.item(lab, "SAW") is not None:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came")


async def looked(node: Node, path: str) -> int:
    """Return what the node answers when somebody looks at a photo."""
    async with aiohttp.ClientSession(node.url) as http, http.get(path) as answer:
        return answer.status


async def test_photos_come_over_two_hops(tmp_path: Path) -> None:
    """Anna sees Cleo's photo through Bert, who keeps it to pass it on, and decodes nothing."""
    with in_a_row(tmp_path) as (a, b, c):
        item = c.items.show("SAW")
        (name,) = item.photos
        async with served(a, b, c) as (anna, _, _):
            await known(a, item.lab)
            assert await looked(anna, f"/photo/{name}/thumb?of={item.item}") == 200
        assert a.photos.folder.to_send(name) == c.photos.folder.to_send(name)
        assert b.photos.folder.to_send(name) and not b.photos.folder.has(name)
        async with served(b) as (bert,):  # Cleo is away, and Bert shows what he has passed on
            assert await looked(bert, f"/photo/{name}/thumb?of={item.item}") == 200


async def test_a_quota_that_is_spent_relays_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "RELAYED_BYTES_MAX", 0)
    with in_a_row(tmp_path) as (a, b, c):
        item = c.items.show("SAW")
        (name,) = item.photos
        async with served(a, b, c) as (anna, bert, _):
            await known(a, item.lab)
            assert await looked(anna, f"/photo/{name}?of={item.item}") == 404
            # For his own people Bert fetches it; then Anna gets it too.
            assert await looked(bert, f"/photo/{name}?of={item.item}") == 200
            assert anna.driver is not None
            anna.driver.photos._missing.clear()
            assert await looked(anna, f"/photo/{name}?of={item.item}") == 200


async def test_a_peer_that_asks_for_thousands_slows_nobody(tmp_path: Path) -> None:
    """Whatever it asks for, one photo is read at a time, and pages are answered in between."""
    with in_a_row(tmp_path) as (_, b, c):
        reading = most = 0
        read = c.photos.folder.to_send

        def slow(name: str) -> bytes | None:
            nonlocal reading, most
            reading += 1
            most = max(most, reading)
            data = read(name)
            reading -= 1
            return data

        c.photos.folder.to_send = slow  # type: ignore[method-assign]
        async with served(b, c) as (bert, cleo):
            assert bert.driver is not None
            asking = bert.driver.photos
            pages = 0
            for some in range(40):
                names = [f"{some * 8 + n:064x}" for n in range(8)]
                done = asyncio.gather(*(asking.fetch(name, c.store.lab) for name in names))
                pages += await looked(cleo, "/healthz") == 200
                assert await done == [False] * 8
            assert pages == 40 and most == 1


async def test_a_page_fetches_the_photos_of_another_lab(tmp_path: Path) -> None:
    """A name that is no photo of the item is never asked for."""
    with in_a_row(tmp_path) as (_, b, c):
        item = c.items.show("SAW")
        (name,) = item.photos
        async with served(b, c) as (bert, _):
            await known(b, item.lab)
            async with aiohttp.ClientSession(bert.url) as http:
                page = await http.get(f"/I/{item.item}", headers={"Accept": "text/html"})
                assert f'src="/photo/{name}/thumb?of={item.item}"' in await page.text()
            for path, status in (
                (f"/photo/{name}", 404),
                (f"/photo/{'0' * 64}?of={item.item}", 404),
                (f"/photo/{name}/thumb?of={item.item}", 200),
                (f"/photo/{name}", 200),
            ):
                assert await looked(bert, path) == status, path
            assert b.photos.folder.to_send(name) == c.photos.folder.to_send(name)
