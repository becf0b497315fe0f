"""The label pages, asked as a manager's browser asks them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.formats.labels import SHEETS
from fedlab.node.app import open_node
from fedlab.node.web.access import SESSION_COOKIE
from fedlab.node.web.app import make_web_app
from tests.node.labs import ask, opened_lab

FORM = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[TestClient]:
    """A manager's browser before a lab with three items."""
    with opened_lab(tmp_path, "Atelier") as service:
        for code in ("SAW", "TAP", "VISE"):
            ask(service, "item_add", code=code, change={"name": code.title(), "place": "Bois"})
        member = service.members.add_first("Ada", "ada", "no password")
        secret = service.members.begin_session(member, "test", "127.0.0.1")
        async with open_node(service, ["http://atelier.local:7390"]) as node:
            server = TestServer(make_web_app(node))
            cookies = {SESSION_COOKIE: secret}
            async with TestClient(server, cookies=cookies, headers=FORM) as client:
                yield client


async def choose_address(browser: TestClient, address: str = "http://atelier.local:7390") -> int:
    asked = browser.post("/labels/address", data={"address": address}, allow_redirects=False)
    return (await asked).status


async def test_the_address_is_chosen_before_the_first_print(browser: TestClient) -> None:
    for page in ("/labels/print", "/labels/print.pdf"):
        assert (await browser.get(page)).status == 422
    page = await (await browser.get("/labels")).text()
    assert 'value="http://atelier.local:7390"' in page and "/labels/print" not in page
    assert await choose_address(browser) == 303
    assert 'formaction="/labels/print.pdf"' in await (await browser.get("/labels")).text()


async def test_a_wrong_address_stays_in_its_field(browser: TestClient) -> None:
    for wrong in ("atelier <b>", "http://[half"):
        answer = await browser.post("/labels/address", data={"address": wrong})
        text = await answer.text()
        assert answer.status == 422 and 'aria-invalid="true"' in text
    assert "<b>" not in text


async def test_a_sheet_carries_a_code_a_name_and_the_code_in_clear(browser: TestClient) -> None:
    await choose_address(browser)
    query = {"sheet": "L7651", "start": "64", "codes": "SAW TAP VISE"}
    text = await (await browser.get("/labels/print", params=query)).text()
    assert text.count('class="sheet"') == 2 and text.count("<svg") == 3
    assert text.count('<li aria-hidden="true">') == 63
    assert "<strong>Vise</strong>" in text and '<p class="code">VISE</p>' in text
    assert " style=" not in text and "<style" not in text


@pytest.mark.parametrize("key", SHEETS)
async def test_every_sheet_has_its_measures(browser: TestClient, key: str) -> None:
    answer = await browser.get(f"/labels/sheet/{key}.css")
    assert answer.content_type == "text/css" and "@page { size: " in await answer.text()


async def test_a_pdf_is_served(browser: TestClient) -> None:
    await choose_address(browser)
    answer = await browser.get("/labels/print.pdf", params={"codes": "SAW"})
    assert answer.content_type == "application/pdf" and (await answer.read())[:5] == b"%PDF-"


@pytest.mark.parametrize(
    "query",
    [{"codes": "NOPE"}, {"codes": "../.."}, {"start": "22"}, {"start": "x"}, {"place": "nowhere"}],
)
async def test_what_cannot_be_printed_is_said_in_the_form(
    browser: TestClient, query: dict[str, str]
) -> None:
    await choose_address(browser)
    for page in ("/labels/print", "/labels/print.pdf"):
        answer = await browser.get(page, params=query)
        assert (answer.status, 'role="alert"' in await answer.text()) == (422, True)


async def test_a_visitor_prints_nothing(browser: TestClient) -> None:
    browser.session.cookie_jar.clear()
    asked = browser.get("/labels", headers={"Accept": "application/json"})
    assert (await asked).status == 401
