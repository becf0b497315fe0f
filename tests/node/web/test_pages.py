"""Pages, asked of an application without a socket between."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.web import pages
from fedlab.node.web.app import make_web_app
from fedlab.protocol.events import ChainSeen
from tests.node.labs import ask, opened_lab, package_of, split_by


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


@pytest.mark.parametrize("of_another", [False, True])
async def test_a_lab_with_two_versions_of_its_log_is_told_from_others(
    tmp_path: Path, of_another: bool
) -> None:
    """In both languages, with what to do; and to a monitoring program."""
    with opened_lab(tmp_path / "a", "Atelier") as service, opened_lab(tmp_path / "b", "B") as other:
        chain = other.store.own_chain()
        ask(service, "vouch", lab=chain.lab)
        service.store.commit([ChainSeen(chain), *package_of(other)])
        service.refresh()
        forked = other if of_another else service
        todo = ("Ring its people", "Appelez") if of_another else ("stop one of", "arrêtez l’un")
        said = [("en", "two versions", todo[0]), ("fr", "deux versions", todo[1])]
        async with open_node(service, ["http://127.0.0.1"]) as node:
            async with TestClient(TestServer(make_web_app(node))) as client:
                for count in (0, 1):
                    for language, told, what in said:
                        for page, hint in (("/labs", 0), (f"/lab/{forked.opened.lab}", count)):
                            answer = await client.get(page, params={"lang": language})
                            text = await answer.text()
                            assert (text.count(told), text.count(what)) == (count, hint)
                    metrics = await (await client.get("/metrics")).text()
                    assert f"fedlab_split_views {count}.0" in metrics
                    await node.write(service.store.put_evidence, split_by(forked))
                    await node.write(service.refresh)
