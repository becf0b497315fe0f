"""After founding: the first account by the code, once; then steps that can be left and resumed."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import CookieJar
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import Node, open_node
from fedlab.node.firststart import keep_code
from fedlab.node.web.app import make_web_app
from tests.node.labs import opened_lab

HTML = {"Accept": "text/html", "Accept-Language": "en"}
ACCOUNT = {"name": "Léa", "login": "lea", "password": "quatre mots bien choisis"}


class Visit(NamedTuple):
    client: TestClient
    node: Node

    @property
    def code(self) -> str:
        return keep_code(self.node.service.folder)

    async def post(self, path: str, expect: int = 303, **form: str) -> str:
        headers = {**HTML, "Origin": str(self.client.make_url("")).rstrip("/")}
        answer = await self.client.post(path, data=form, headers=headers, allow_redirects=False)
        assert answer.status == expect, await answer.text()
        return answer.headers.get("Location") or await answer.text()

    async def get(self, path: str) -> str:
        answer = await self.client.get(path, headers=HTML)
        assert answer.status == 200, path
        return f"{answer.url.path}\n{await answer.text()}"

    async def claim(self) -> None:
        assert await self.post("/setup/code", code=self.code) == "/setup"
        assert await self.post("/setup/account", **ACCOUNT) == "/setup"


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[Visit]:
    with opened_lab(tmp_path, "Ponant", place=(48.39, -4.49)) as service:
        async with open_node(service, ["http://127.0.0.1"]) as node:
            server = TestServer(make_web_app(node))
            async with TestClient(server, cookie_jar=CookieJar(unsafe=True)) as client:
                yield Visit(client, node)


async def test_the_code_makes_the_first_account_and_ends_with_it(visit: Visit) -> None:
    assert "Set-up code" in await visit.get("/setup")
    assert (await visit.get("/setup/account")).startswith("/setup\n")
    code = visit.code
    await visit.claim()
    assert not visit.node.service.folder.setup_code.exists()
    assert (await visit.get("/setup")).startswith("/setup/import\n")
    visit.client.session.cookie_jar.clear()
    assert await visit.post("/setup/code", code=code) == "/setup"
    assert await visit.post("/setup/account", **ACCOUNT) == "/setup"
    assert (await visit.get("/setup")).startswith("/login\n")


async def test_steps_are_left_and_resumed(visit: Visit) -> None:
    await visit.claim()
    assert await visit.post("/setup/import") == "/setup/join"
    assert (await visit.get("/setup")).startswith("/setup/join\n")
    assert await visit.post("/setup/join") == "/setup/done"
    page = await visit.get("/setup")
    for link in ("/labels", "/counter", "/members", "/backups", "/settings"):
        assert f'href="{link}"' in page
        await visit.get(link)
    for link in ("/desk/import", "/desk/new", "/network", "/network/join"):
        await visit.get(link)


async def test_an_account_that_cannot_be_is_refused_beside_the_field(visit: Visit) -> None:
    await visit.post("/setup/code", code=visit.code)
    page = await visit.post("/setup/account", 422, name="", login="léa<b>", password="court")
    assert page.count('aria-invalid="true"') == 2 and "léa&lt;b&gt;" in page
    assert "court" not in page, "a password is never sent back"
    assert not visit.node.service.members.has_any()


async def test_settings_change_what_the_lab_says(visit: Visit) -> None:
    answer = await visit.client.get("/settings", headers=HTML, allow_redirects=False)
    assert answer.status in (303, 401, 403)
    await visit.claim()
    assert 'value="48.39, -4.49"' in await visit.get("/settings")
    wrong = await visit.post("/settings", 422, name="", url="lab.example", place="48.4, -4.5")
    assert wrong.count('aria-invalid="true"') == 2 and 'value="lab.example"' in wrong
    changed = {"name": "Ponant", "hours": "Tu-Fr 14:00-19:00", "lang": "fr", "form": "association"}
    assert await visit.post("/settings", **changed) == "/settings?saved=1"
    own = visit.node.service.own()
    assert (own.hours, own.form, own.lat) == ("Tu-Fr 14:00-19:00", "association", None)
    assert "Saved." in await visit.get("/settings?saved=1")


async def test_anybody_can_read_about_fedlab(visit: Visit) -> None:
    page = await visit.get("/about")
    assert visit.node.service.own().lab in page and "AGPL" in page
