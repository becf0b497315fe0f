"""Whatever people and peers write is shown as text: on every page, in every export.

One string that is markup, script, template, formula and line break at once stands in every field
of this lab, of a peer's, of its members and loans. Each page is read as a browser reads it.
"""

import csv
import io
import json
import re
from collections.abc import AsyncIterator, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.web.access import ROUTES, SESSION_COOKIE
from fedlab.node.web.app import make_web_app
from fedlab.protocol.events import ChainSeen
from tests.node.labs import ask, opened_lab, package_of
from tests.node.web.purchasing import settled
from tests.node.web.signing import from_here

Client = TestClient[Any, Any]
EVIL = "=1'\"><evil onload=boom()>{{7*7}}</title></script></style>-->\u202eevil"
NAME = EVIL.partition("\u202e")[0]  # in names of people and labs every sign is seen
TEXT = "<evil onload=boom()>{{7*7}}"  # as people are to see it
NO_PAGES = ("/static", "/sync", "/log", "/metrics", "/network/bundle", "/photo")
TEXTS = ("name", "description", "category", "brand", "model", "serial", "place", "condition")
MORE = ("care", "safety", "ref")
# What an attribute may not hold when somebody else wrote it.
ACTS = ("javascript:", "data:", "vbscript:")


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what nobody of us has written."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.wrong: list[str] = []
        self.links: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag in ("evil", "iframe", "object", "embed", "base", "style"):
            self.wrong.append(f"<{tag}>")
        if tag == "script" and not str(said.get("src", "")).startswith("/static/"):
            self.wrong.append("a script of somebody else")
        for name, value in attrs:
            if name.startswith("on") or name == "style" or name.strip("'\"") != name:
                self.wrong.append(f"{tag} {name}={value}")
            address = (value or "").strip().lower()
            if name in ("href", "src", "action", "formaction") and address.startswith(ACTS):
                self.wrong.append(f"{tag} {name}={value}")
        if said.get("href", "") and tag == "a":
            self.links.append(str(said["href"]))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


def fill(service: Service) -> None:
    """Write the string wherever this lab lets its people write."""
    fields = dict.fromkeys((*TEXTS, *MORE), EVIL)
    change = {**fields, "tags": [EVIL], "more": {EVIL[:60]: EVIL}, "terms": ["lend"]}
    ask(service, "item_add", code="EVIL", change=change)
    told = dict.fromkeys(("description", "address", "hours", "contact"), EVIL)
    ask(service, "profile_set", change={**told, "lat": 48.4, "lon": -4.5})
    settled(service, EVIL)


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    name = NAME
    with opened_lab(tmp_path / "own", name) as own, opened_lab(tmp_path / "peer", name) as peer:
        fill(peer)
        fill(own)
        own.store.commit([ChainSeen(peer.store.own_chain()), *package_of(peer)])
        own.store.peers.put(peer.store.lab, ["http://127.0.0.1:1/" + EVIL], EVIL)
        own.projector.run()
        own.projector.feed(own.index)
        member = own.members.add(Role.ADMIN, name=NAME, role=Role.MEMBER, email="a@b.example")
        ask(own, "item_set", item="EVIL", change={"quantity": 5000})
        ask(own, "counter_lend", item="EVIL", member=member.id, quantity=1000, note=EVIL)
        ask(own, "counter_lend", item="EVIL", to=NAME, quantity=1000, note=EVIL)
        wish = {"item": f"{peer.store.lab}/EVIL", "day_from": "2027-04-01", "day_to": "2027-04-02"}
        for _ in range(2):
            ask(own, "wish_ask", member=member.id, note=EVIL, **wish)
        ask(own, "wish_pass_on", wish=1, note=EVIL)
        own.uploads.add("list'\"><evil>.csv", f"name,{EVIL}\n{EVIL},2\n".encode())
        own.labels.set_address("http://fedlab.local:7390")
        yield own


@pytest.fixture
async def browser(lab: Service) -> AsyncIterator[Client]:
    """The browser of somebody who may look at everything."""
    async with open_node(lab, ["http://127.0.0.1:1"]) as node:
        jar = aiohttp.CookieJar(unsafe=True)
        async with TestClient(TestServer(make_web_app(node)), cookie_jar=jar) as client:
            admin = lab.members.add_first(NAME, "evil", "no password")
            secret = lab.members.begin_session(admin, EVIL, "127.0.0.1")
            jar.update_cookies({SESSION_COOKIE: secret}, client.make_url("/"))
            yield client


async def pages_of(browser: Client) -> dict[str, str]:
    """Return every page that can be reached, by its address."""
    shapes = [shape for method, shape in ROUTES if method == "GET" and "{" not in shape]
    waiting = [*shapes, "/?q=evil", "/?q=" + EVIL[:20], "/desk?q=" + EVIL[:20], "/labels/print"]
    found: dict[str, str] = {}
    per_shape: dict[str, int] = {}
    while waiting:
        path = waiting.pop(0).partition("#")[0]
        shape = re.sub(r"[0-9a-f]{64}|\d+", "N", path.partition("?")[0])
        if path in found or path.startswith(NO_PAGES) or not path.startswith("/"):
            continue
        per_shape[shape] = per_shape.get(shape, 0) + 1
        if per_shape[shape] > 4 or path.startswith("//"):
            continue
        answer = await browser.get(path, headers={"Accept": "text/html"})
        assert answer.status < 500, path
        if answer.content_type != "text/html":
            continue
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff", path
        found[path] = await answer.text()
        waiting += read(found[path]).links
    return found


async def test_it_is_text_on_every_page(browser: Client) -> None:
    pages = await pages_of(browser)
    assert len(pages) >= 25, sorted(pages)
    wrong = {path: read(page).wrong for path, page in pages.items()}
    assert {path: found for path, found in wrong.items() if found} == {}
    shown = [path for path, page in pages.items() if TEXT in "".join(read(page).text)]
    assert len(shown) >= 10, shown


def test_the_reader_sees_what_is_wrong() -> None:
    """Negative control: the same string where nobody has made it harmless."""
    assert read(f"<p>{EVIL}</p>").wrong
    assert read(f'<p title="{EVIL}">a</p>').wrong
    assert read("<a href=' javascript:boom()'>a</a>").wrong
    assert read("<script>boom()</script>").wrong


async def test_what_was_typed_comes_back_as_text(browser: Client) -> None:
    """Forms keep what was typed; a wrong one is as harmless as a right one."""
    here = from_here(browser)
    for path, field in (
        ("/login", "login"),
        ("/members", "name"),
        ("/settings", "name"),
        ("/backups", "folder"),
        ("/network/join", "link"),
        ("/desk/new", "quantity"),
        ("/desk/item/EVIL", "quantity"),
        ("/labels/address", "address"),
        ("/counter/lend/EVIL", "due"),
    ):
        answer = await browser.post(path, data={field: EVIL}, headers=here)
        assert answer.status < 500, path
        assert read(await answer.text()).wrong == [], path


async def test_exports_are_what_they_say_they_are(browser: Client) -> None:
    for path in ("/okw.json", "/spaceapi.json", "/api/v1/items", "/api/v1/labs"):
        answer = await browser.get(path)
        assert answer.content_type == "application/json" and json.loads(await answer.text()), path
    answer = await browser.get("/lamednum.csv")
    assert answer.content_type == "text/csv"
    for row in csv.reader(io.StringIO(await answer.text())):
        assert not any(cell.startswith(("=", "+", "-1'", "@", "\t", "\r")) for cell in row), row


async def test_labels_carry_it_as_text(browser: Client) -> None:
    page = await (await browser.get("/labels/print?codes=EVIL")).text()
    assert read(page).wrong == [] and TEXT in "".join(read(page).text)
    answer = await browser.get("/labels/print.pdf?codes=EVIL")
    assert answer.status in (200, 501), await answer.text()
    if answer.status == 200:
        assert answer.content_type == "application/pdf"
        assert b"/JavaScript" not in (body := await answer.read()) and b"/Launch" not in body
