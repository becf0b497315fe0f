"""Pages, asked of an application without a socket between."""

import datetime
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.inventory.facts import LabProfile
from fedlab.node.app import open_node
from fedlab.node.web import pages
from fedlab.node.web.app import make_web_app
from fedlab.node.writer import Draft
from fedlab.protocol.entry import encode_detail
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


async def test_an_item_says_when_it_is_free_what_it_wants_and_whom_to_ask(
    tmp_path: Path,
) -> None:
    with opened_lab(tmp_path, "Fabrique") as service:
        ask(service, "item_add", code="SAFE", change={"name": "Bases du laser", "kind": "skill"})
        change = {"name": "Laser", "quantity": 1000, "training": ["SAFE"], "terms": ["use"]}
        ask(service, "item_add", code="LASER", change=change)
        day = datetime.datetime.now().astimezone().date()
        first, last = (str(day + datetime.timedelta(days)) for days in (2, 4))
        ask(service, "item_hold", item="LASER", day_from=first, day_to=last, reason="own")
        told = {"name": "Fabrique", "hours": "Mo-Fr 10:00-18:00", "url": "javascript:alert(1)"}
        profile = LabProfile(by="", e=0, n=0, at=0)
        service.opened.append_one(Draft(profile, encode_detail({**told, "contact": "02 98 00"})))
        async with open_node(service, ["http://127.0.0.1"]) as node:
            async with TestClient(TestServer(make_web_app(node))) as client:
                lab = service.opened.lab
                item = await (await client.get(f"/I/{lab}/laser", params={"lang": "en"})).text()
                page = await (await client.get(f"/lab/{lab}", params={"lang": "en"})).text()
    assert f'href="/I/{lab}/SAFE" lang="fr">Bases du laser</a>' in item
    assert item.count(": available</li>") == 2 and item.count(": taken</li>") == 1
    assert "02 98 00" in item and "available, but taken from" in item
    for text in (item, page):
        assert "Monday\u2013Friday: 10:00\u201318:00" in text
        assert 'href="javascript:' not in text, "what a lab gives as its website is only text"


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
