"""Pages, asked of an application without a socket between."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.web import pages
from fedlab.node.web.app import make_web_app
from tests.node.labs import ask, opened_lab


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[TestClient]:
    """A browser before the pages of a lab with three items."""
    with opened_lab(tmp_path, "Atelier") as service:
        for code in ("SAW", "TAP", "VISE"):
            ask(service, "item_add", code=code, change={"name": code.title()})
        async with open_node(service, ["http://127.0.0.1"]) as node:
            async with TestClient(TestServer(make_web_app(node))) as client:
                yield client


async def test_a_long_inventory_can_be_shown_whole(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "ITEMS_OF_A_LAB", 2)
    (lab,) = (await (await browser.get("/api/v1/labs")).json())["labs"]
    page, more = f"/lab/{lab['lab']}", f'href="/lab/{lab["lab"]}?all=1"'
    short = await (await browser.get(page)).text()
    assert (short.count('href="/I/'), more in short) == (2, True)
    whole = await (await browser.get(page, params={"all": "1"})).text()
    assert (whole.count('href="/I/'), more in whole) == (3, False)
