"""The network page: invitations, joining, vouches, blocks, bundles; and what needs attention."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import Node, open_node
from fedlab.node.errors import TryLaterError
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.service.attention import Trouble
from fedlab.node.web import attention, bundles
from fedlab.node.web.app import make_web_app
from fedlab.protocol.events import ChainSeen
from tests.node.labs import ask, opened_lab, package_of
from tests.node.web.signing import from_here, signed_in

Client = TestClient[Any, Any]
ENGLISH = {"Accept": "text/html", "Accept-Language": "en"}


class House:
    """One lab with a browser in front of its pages."""

    def __init__(self, node: Node, client: Client) -> None:
        self.node, self.service, self.client = node, node.service, client

    async def get(self, path: str) -> str:
        answer = await self.client.get(path, headers=ENGLISH)
        assert answer.status == 200
        return await answer.text()

    async def post(self, path: str, data: Any = None) -> tuple[int, str]:
        """Return the status, and the page, or where the answer leads."""
        headers = {**ENGLISH, **from_here(self.client)}
        answer = await self.client.post(path, data=data, headers=headers, allow_redirects=False)
        return answer.status, answer.headers.get("Location") or await answer.text()


async def open_house(stack: AsyncExitStack, service: Service, role: Role = Role.MANAGER) -> House:
    node = await stack.enter_async_context(open_node(service, []))
    jar = aiohttp.CookieJar(unsafe=True)
    client: Client = TestClient(TestServer(make_web_app(node)), cookie_jar=jar)
    await stack.enter_async_context(client)
    node.urls[:] = [str(client.make_url("")).rstrip("/")]
    await node.write(service.peers.keep_own_urls, node.urls)
    signed_in(client, service, role)
    return House(node, client)


@pytest.fixture
async def houses(tmp_path: Path) -> AsyncIterator[tuple[House, House]]:
    """Two labs that listen, each with its manager before the pages."""
    async with AsyncExitStack() as stack:
        one = stack.enter_context(opened_lab(tmp_path / "a", "Atelier"))
        two = stack.enter_context(opened_lab(tmp_path / "b", "Grand labo"))
        yield await open_house(stack, one), await open_house(stack, two)


def link_in(page: str) -> str:
    found = re.search(r'<code class="id" id="link">([^<]+)</code>', page)
    assert found is not None
    return found[1].replace("&amp;", "&")


async def test_two_labs_join_by_their_pages(houses: tuple[House, House]) -> None:
    """Invite here, look at it there, agree there: each vouches for the other."""
    host, guest = houses
    status, page = await host.post("/network/invite")
    assert (status, page.partition("<main")[2].count("<svg")) == (200, 1)
    link = link_in(page)
    words = " ".join(host.service.network.show().words["en"])
    assert words in page

    status, page = await guest.post("/network/join", {"link": link})
    assert status == 200 and "Atelier" in page and words in page
    assert guest.service.network.show().peers == []  # nothing has happened yet

    answer = await guest.post("/network/join", {"link": link, "confirm": "1"})
    assert answer == (303, "/network?done=join")
    assert "The two labs are joined" in await guest.get("/network?done=join")
    peers = [*host.service.network.show().peers, *guest.service.network.show().peers]
    assert [peer.connected and peer.vouched for peer in peers] == [True, True]


async def test_a_link_that_is_none_is_said_beside_the_field(houses: tuple[House, House]) -> None:
    _, guest = houses
    status, page = await guest.post("/network/join", {"link": "http://x/<b>"})
    assert status == 422 and "not an invitation link" in page
    assert "http://x/&lt;b&gt;</textarea>" in page  # what was typed stays, as text
    _, own = await guest.post("/network/invite")
    status, page = await guest.post("/network/join", {"link": link_in(own)})
    assert status == 422 and "own. Give it to another" in page


async def test_a_withdrawn_invitation_is_refused_in_words(houses: tuple[House, House]) -> None:
    host, guest = houses
    link = link_in((await host.post("/network/invite"))[1])
    assert "1 invitation is still open" in await host.get("/network")
    assert await host.post("/network/withdraw") == (303, "/network?done=invite")
    status, page = await guest.post("/network/join", {"link": link, "confirm": "1"})
    assert status == 422 and "does not know this invitation any more" in page


async def test_an_inviter_that_is_away_is_said(
    houses: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, guest = houses
    link = link_in((await host.post("/network/invite"))[1])

    async def nobody(url: str) -> None:
        raise TryLaterError("nobody answers")

    monkeypatch.setattr(guest.node, "join", nobody)
    status, page = await guest.post("/network/join", {"link": link, "confirm": "1"})
    assert status == 422 and "does not answer" in page


async def test_after_joining_only_a_page_of_ours_comes_next(
    houses: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, guest = houses
    link = link_in((await host.post("/network/invite"))[1])

    async def joined(url: str) -> None:
        pass

    monkeypatch.setattr(guest.node, "join", joined)
    for asked, given in (("/setup", "/setup"), ("//evil.example", "/"), ("", "/network?done=join")):
        form = {"link": link, "confirm": "1", "next": asked}
        assert await guest.post("/network/join", form) == (303, given)


async def test_vouches_and_blocks_are_given_and_taken_back(houses: tuple[House, House]) -> None:
    house, other = houses
    lab = {"lab": other.service.store.lab}
    house.service.store.commit([ChainSeen(other.service.store.own_chain())])
    for done in ("vouch", "block"):
        assert await house.post(f"/network/{done}", lab) == (303, f"/network?done={done}")
    shown = house.service.network.show()
    assert (shown.peers, [one.lab for one in shown.blocked]) == ([], [lab["lab"]])
    status, page = await house.post("/network/vouch", lab)
    assert status == 422 and "Take the block back first" in page
    for done in ("unblock", "unvouch"):
        assert await house.post(f"/network/{done}", lab) == (303, f"/network?done={done}")
    assert house.service.network.show().blocked == []
    status, page = await house.post("/network/block", {"lab": "nobody"})
    assert status == 422 and "not known here" in page


async def test_a_member_sees_peers_and_no_form(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        service = stack.enter_context(opened_lab(tmp_path, "Atelier"))
        member = await open_house(stack, service, Role.MEMBER)
        page = await member.get("/network")
        assert "/network/" not in page and "<h1>Network</h1>" in page
        assert (await member.post("/network/invite"))[0] == 403


async def test_the_network_travels_on_a_stick(houses: tuple[House, House]) -> None:
    """What one page gives, the other takes; twice changes nothing."""
    here, there = houses
    ask(here.service, "item_add", change={"name": "Fraiseuse"})
    ask(there.service, "vouch", lab=here.service.store.lab)
    answer = await here.client.get("/network/bundle", headers=ENGLISH)
    data = await answer.read()
    assert data and len(data) == answer.content_length
    for entries in (3, 0):
        form = aiohttp.FormData()
        form.add_field("bundle", data, filename="network.fedlab")
        status, where = await there.post("/network/bundle", form)
        assert (status, f"entries={entries}&" in where) == (303, True)
    assert f"{entries} new entries" in await there.get(where)
    folder = there.service.folder.path
    assert [*folder.glob("bundle-*"), *here.service.folder.path.glob("bundle-*")] == []


async def test_what_is_no_bundle_is_refused_and_leaves_nothing(
    houses: tuple[House, House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house, _ = houses
    monkeypatch.setattr(bundles, "BUNDLE_UPLOAD_BYTES_MAX", 1000)
    for data, said in ((b"x" * 999, "not a sound file"), (b"x" * 1001, "larger"), (b"", "Choose")):
        form = aiohttp.FormData()
        form.add_field("bundle", data, filename="../../etc/passwd")
        status, page = await house.post("/network/bundle", form)
        assert (status, said) == (422, said) and said in page, page[1500:3500]
    assert (await house.post("/network/bundle", {"bundle": "text"}))[0] == 422
    assert list(house.service.folder.path.glob("bundle-*")) == []


async def test_a_peer_is_shown_as_text_whatever_its_name_says(
    tmp_path: Path, houses: tuple[House, House]
) -> None:
    house, _ = houses
    with opened_lab(tmp_path / "c", "<script>alert(1)</script>") as evil:
        ask(house.service, "vouch", lab=evil.store.lab)
        house.service.store.commit([ChainSeen(evil.store.own_chain()), *package_of(evil)])
        house.service.refresh()
    page = await house.get("/network")
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


async def test_what_needs_attention_is_counted_for_whoever_can_act(tmp_path: Path) -> None:
    def troubles() -> list[Trouble]:
        said = [("away", "peers"), ("unheard-of", "lend"), ("backup_none", "backup")]
        return [
            Trouble(code=code, severity="urgent", right=right, remedy="/x", name="B", count=4)
            for code, right in said
        ]

    async with AsyncExitStack() as stack:
        service = stack.enter_context(opened_lab(tmp_path, "Atelier", place=(48.4, -4.5)))
        service.attention.sources[:] = [troubles]
        manager = await open_house(stack, service)
        assert '<span class="count">2</span>' in await manager.get("/")
        page = await manager.get("/attention")
        assert "B has not been heard of for 4 days." in page
        assert page.count('href="/x"') == 2  # also for the one that there are no words for
        signed_in(manager.client, service, Role.VOLUNTEER)
        assert '<span class="count">1</span>' in await manager.get("/")
        signed_in(manager.client, service, Role.MEMBER)
        assert 'class="count"' not in await manager.get("/")


async def test_a_count_that_fails_takes_no_page_down(houses: tuple[House, House]) -> None:
    house, _ = houses

    def broken() -> list[Trouble]:
        raise RuntimeError("a defect")

    house.service.attention.sources.append(broken)
    assert 'class="count"' not in await house.get("/")


async def test_a_visitor_costs_no_look_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control of the counting: it is not even tried for those who see no number."""
    monkeypatch.setattr(attention, "_of_person", None)
    with opened_lab(tmp_path) as service:
        async with open_node(service, ["http://127.0.0.1"]) as node:
            async with TestClient(TestServer(make_web_app(node))) as client:
                assert (await client.get("/", headers=ENGLISH)).status == 200
