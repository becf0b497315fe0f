"""The search page: what it shows of hits, its filters in words, pages, and a way on from none."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.web.app import make_web_app
from tests.node.labs import ask, opened_lab

BREST = (48.39, -4.49)


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[TestClient[Any, Any]]:
    """A browser before a lab in Brest, with thirty saws to lend and one taken sander."""
    with opened_lab(tmp_path, "Fabrique, Brest", place=BREST) as service:
        for number in range(30):
            change = {"name": f"Scie sauteuse {number}", "terms": ["lend"], "quantity": 1000}
            ask(service, "item_add", change=change)
        ask(
            service,
            "item_add",
            code="PONC",
            change={"name": "Ponceuse", "quantity": 1000, "photos": ["ab" * 32]},
        )
        ask(service, "item_hold", item="PONC", day_from="2020-01-01", reason="own")
        service.refresh()
        async with open_node(service, ["http://127.0.0.1"]) as node:
            async with TestClient(TestServer(make_web_app(node))) as client:
                yield client


async def text(browser: TestClient[Any, Any], path: str, **headers: str) -> str:
    answer = await browser.get(path, headers={"Accept-Language": "en", **headers})
    assert answer.status == 200
    return await answer.text()


async def test_pages_of_results(browser: TestClient[Any, Any]) -> None:
    first = await text(browser, "/?q=scie")
    assert first.count("<li><article") == 20 and "page 1 of 2" in first
    assert 'href="/?q=scie&amp;page=2" rel="next"' in first
    second = await text(browser, "/?q=scie&page=2")
    assert second.count("<li><article") == 10 and 'rel="next"' not in second
    shown = {name for name in range(30) if f"Scie sauteuse {name}</a>" in first + second}
    assert shown == set(range(30)), "each stands on one page"


async def test_a_hit_says_what_one_needs_to_choose(browser: TestClient[Any, Any]) -> None:
    page = await text(browser, "/?q=ponceuse")
    assert f'src="/photo/{"ab" * 32}/thumb"' in page
    assert "taken for the time being" in page
    assert "available" in await text(browser, "/?q=scie")


async def test_what_is_taken_is_not_found_on_those_days(browser: TestClient[Any, Any]) -> None:
    page = await text(browser, "/?q=ponceuse&from=2030-01-01&to=2030-01-02")
    assert "Nothing found" in page and "without “available" in page


async def test_filters_stand_in_words_and_go_by_a_link(browser: TestClient[Any, Any]) -> None:
    page = await text(browser, "/?q=scie&kind=skill&terms=lend&within=12,5")
    for said, left in (
        ("skill", "/?q=scie&amp;terms=lend&amp;within=12%2C5"),
        ("loan", "/?q=scie&amp;kind=skill&amp;within=12%2C5"),
        ("at most 12,5 km", "/?q=scie&amp;kind=skill&amp;terms=lend"),
    ):
        assert f'<a href="{left}">{said}<span class="hidden">: take this filter away</span>' in page
    assert "without “skill”" in page and "without “loan”" not in page, "which one empties it"


@pytest.mark.parametrize(
    "query, field",
    [
        ("within=far", "within"),
        ("within=-1", "within"),
        ("near=Atlantis&within=5", "near"),
        ("from=tomorrow", "date_from"),
        ("from=2026-03-02&to=2026-03-01", "date_to"),
        ("from=2026-01-01&to=2999-01-01", "date_to"),
        ("lab=00ff00ff", "lab"),
    ],
)
async def test_what_is_wrong_stands_beside_its_field(
    browser: TestClient[Any, Any], query: str, field: str
) -> None:
    page = await text(browser, f"/?q=scie&{query}")
    assert f'id="{field}-problem"' in page and f'aria-describedby="{field}-problem"' in page


async def test_distances_are_measured_from_a_town(browser: TestClient[Any, Any]) -> None:
    assert "page 1 of 2" in await text(browser, "/?q=scie&near=brest&within=1")
    assert "Nothing found" in await text(browser, "/?q=scie&near=48.88,2.37&within=1")


async def test_while_typing_only_the_results_come(browser: TestClient[Any, Any]) -> None:
    answer = await browser.get("/?q=scie&kind=&terms=", headers={"HX-Request": "true"})
    page = await answer.text()
    assert answer.headers["HX-Replace-Url"] == "/?q=scie"
    assert '<section id="results"' in page and "<form" not in page and "<html" not in page
