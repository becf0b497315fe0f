"""An invitation that was scanned: the inviting lab's page leads to one's own, without a script."""

import html
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.config import Folder
from fedlab.node.firststart import FirstStart
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.web.firststart import INVITATION_COOKIE, make_first_app
from fedlab.node.web.inviting import USUAL, address_of
from tests.node.labs import opened_lab
from tests.node.web.test_network import ENGLISH, House, open_house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        service: Service = stack.enter_context(opened_lab(tmp_path / "here", "Ponant d'ici & là"))
        yield await open_house(stack, service)


def leads_to(page: str) -> list[str]:
    """Return where the buttons of the page lead."""
    found = re.findall(r'href="(http[^"]*/network/join[^"]*)"', page)
    return [html.unescape(one) for one in found]


async def test_the_page_of_the_inviting_lab_leads_to_the_usual_address_with_the_invitation(
    house: House,
) -> None:
    link = (await house.node.call("invite", {}))["url"]
    parts = urlsplit(link)
    page = await house.get(f"{parts.path}?{parts.query}")
    [there] = leads_to(page)
    assert there.startswith(f"{USUAL}/network/join?")
    assert parse_qs(urlsplit(there).query)["link"] == [link], "whole, whatever the lab's name is"


async def test_whoever_has_it_elsewhere_types_where_and_is_led_there(
    house: House, tmp_path: Path
) -> None:
    link = (await house.node.call("invite", {}))["url"]
    query = urlsplit(link).query
    [there] = leads_to(await house.get(f"/join?{query}&at=192.168.1.9"))
    assert there.startswith("http://192.168.1.9:7390/network/join?")
    answer = await house.client.get(f"/join?{query}&at=javascript:alert(1)", headers=ENGLISH)
    page = await answer.text()
    assert answer.status == 422 and "This is not an address" in page
    assert 'href="javascript' not in page
    # There, the link need not be pasted: the manager sees at once what it means.
    async with AsyncExitStack() as stack:
        service = stack.enter_context(opened_lab(tmp_path / "there", "Quai"))
        other = await open_house(stack, service, Role.MANAGER)
        seen = await other.get(f"/network/join?{urlsplit(there).query}")
        assert "Join this lab" in seen and "Ponant d&#39;ici &amp; là" in seen


async def test_a_link_that_is_none_is_said_in_place(house: House) -> None:
    answer = await house.client.get("/network/join?link=http://x/join", headers=ENGLISH)
    assert answer.status == 422 and "not an invitation link" in await answer.text()
    assert "lacks what makes it an invitation" in await house.get("/join")


async def test_an_address_in_the_middle_of_the_set_up_is_kept_for_its_step(tmp_path: Path) -> None:
    start = FirstStart(Folder(tmp_path), lambda: 0.0)
    async with TestClient[Any, Any](TestServer(make_first_app(start))) as client:
        link = "http://a/join?lab=é&token=1"
        where = {"link": link}
        answer = await client.get(
            "/network/join", params=where, headers=ENGLISH, allow_redirects=False
        )
        assert answer.headers["Location"] == "/setup"
        assert answer.cookies[INVITATION_COOKIE].value.startswith("http%3A%2F%2Fa%2Fjoin%3Flab")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("fedlab.local", "http://fedlab.local:7390"),
        ("fedlab.local:80", "http://fedlab.local:80"),
        ("192.168.1.7", "http://192.168.1.7:7390"),
        ("192.168.1.7:7391/", "http://192.168.1.7:7391"),
        ("nuc", "http://nuc:7390"),
        ("http://192.168.1.7:7390/network", "http://192.168.1.7:7390"),
        ("lab.example.org", "https://lab.example.org"),
        ("https://example.org/fedlab/", "https://example.org/fedlab"),
        ("", ""),
        ("data:text/html,x", ""),
        ("http://", ""),
        ("a b", ""),
        ("ftp://x", ""),
        ('"><script>', ""),
    ],
)
def test_an_address_is_read_as_people_type_it(typed: str, address: str) -> None:
    assert address_of(typed) == address
