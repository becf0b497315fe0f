"""Photos over HTTP: from a phone's form to everybody's page."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import FormData
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.web import photos
from fedlab.node.web.access import SESSION_COOKIE
from fedlab.node.web.app import make_web_app
from tests.node.labs import ask, opened_lab
from tests.node.photos.pictures import SVG, picture

FORM = {"Origin": "http://127.0.0.1", "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[TestClient]:
    """A manager's browser before a lab with a saw."""
    with opened_lab(tmp_path, "Atelier") as service:
        ask(service, "item_add", code="SAW", change={"name": "Scie <b>"})
        member = service.members.add_first("Ada", "ada", "no password")
        secret = service.members.begin_session(member, "test", "127.0.0.1")
        async with open_node(service, ["http://127.0.0.1"]) as node:
            server = TestServer(make_web_app(node))
            async with TestClient(server, cookies={SESSION_COOKIE: secret}, headers=FORM) as client:
                yield client


def form(data: bytes, filename: str = "../../../keys.json") -> FormData:
    sent = FormData()
    sent.add_field("photo", data, filename=filename, content_type="image/svg+xml")
    return sent


async def test_a_photo_is_added_seen_and_taken_away(browser: TestClient) -> None:
    page = await (await browser.post("/item/SAW/photos", data=form(picture(2000, 3000)))).text()
    (name,) = (await (await browser.get("/api/v1/items")).json())["items"][0]["photos"]
    assert f'src="/photo/{name}/thumb"' in page and "Scie &lt;b&gt;" in page
    for path in (f"/photo/{name}", f"/photo/{name}/thumb"):
        answer = await browser.get(path)
        assert answer.content_type == "image/jpeg"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    page = await (await browser.post(f"/item/SAW/photos/{name}/remove")).text()
    assert name not in page
    assert (await browser.get(f"/photo/{name}")).status == 404


@pytest.mark.parametrize("upload", [b"", SVG, picture()[:-99]])
async def test_what_is_no_photo_is_said_beside_the_field(
    browser: TestClient, upload: bytes
) -> None:
    answer = await browser.post("/item/SAW/photos", data=form(upload))
    text = await answer.text()
    assert answer.status == 422 and 'id="photo-problem"' in text


async def test_a_form_without_a_photo_or_without_end_is_refused(browser: TestClient) -> None:
    broken = {"Content-Type": "multipart/form-data; boundary=x"}
    for sent, headers in ((b"a=1", {}), (b"--y\r\n", broken), (b"--x\r\nContent-Di", broken)):
        answer = await browser.post("/item/SAW/photos", data=sent, headers=headers)
        assert answer.status == 422


async def test_more_than_a_photo_can_have_is_not_read(
    browser: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photos, "PHOTO_UPLOAD_BYTES_MAX", 1000)
    answer = await browser.post("/item/SAW/photos", data=form(picture()))
    assert answer.status == 422


@pytest.mark.parametrize("name", ["..%2f..%2fkeys.json", "0" * 64, "A" * 64])
async def test_a_name_that_is_no_photos_leads_nowhere(browser: TestClient, name: str) -> None:
    assert (await browser.get(f"/photo/{name}")).status == 404


async def test_a_visitor_sees_photos_and_changes_none(browser: TestClient) -> None:
    await browser.post("/item/SAW/photos", data=form(picture()))
    (item,) = (await (await browser.get("/api/v1/items")).json())["items"]
    browser.session.cookie_jar.clear()
    page = await (await browser.get(f"/I/{item['item']}")).text()
    assert "<img" in page and 'type="file"' not in page
    json = {"Accept": "application/json"}
    for path in ("/item/SAW/photos", f"/item/SAW/photos/{item['photos'][0]}/remove"):
        assert (await browser.post(path, data=form(picture()), headers=json)).status == 401
