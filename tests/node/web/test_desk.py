"""The inventory desk in a browser without scripts: list, form, holds, walk, import, codes."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp import CookieJar, FormData
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.web import importing
from fedlab.node.web.app import make_web_app
from tests.node.labs import ask, opened_lab
from tests.node.photos.pictures import picture
from tests.node.web.signing import from_here, signed_in

Client = TestClient[Any, Any]


class At(NamedTuple):
    """A manager before the pages."""

    client: Client
    service: Service

    async def get(self, path: str, lang: str = "en", **params: str) -> str:
        answer = await self.client.get(path, params={"lang": lang, **params})
        assert answer.status == 200, path
        return await answer.text()

    async def post(self, path: str, data: Any = None, status: int = 200) -> str:
        """Send a form and follow where it leads."""
        head = {**from_here(self.client), "Accept": "text/html", "Accept-Language": "en"}
        answer = await self.client.post(path, data=data or {}, headers=head)
        assert answer.status == status, await answer.text()
        return await answer.text()


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[At]:
    with opened_lab(tmp_path, "Atelier") as service:
        for code in ("SAW-1", "TAP"):
            ask(service, "item_add", code=code, change={"name": code.title(), "place": "Cave"})
        async with open_node(service, ["http://127.0.0.1"]) as node:
            jar = CookieJar(unsafe=True)
            async with TestClient(TestServer(make_web_app(node)), cookie_jar=jar) as client:
                signed_in(client, service, Role.MANAGER)
                yield At(client, service)


async def test_the_list_names_items_and_lets_the_short_form_change_them(desk: At) -> None:
    listed = await desk.get("/desk")
    assert "SAW-1" in listed and "TAP" in listed
    short = {"name": "Saw", "quantity": "2,5", "unit": "m", "place": "Loft", "back": "/desk"}
    after = await desk.post("/desk/item/SAW-1", short)
    assert "SAW-1 was changed." in after
    item = desk.service.desk.show("SAW-1").item
    assert (item.name, item.quantity, item.unit, item.place) == ("Saw", 2500, "m", "Loft")
    assert "SAW-1" not in await desk.get("/desk", state="retired")
    assert "Toujours là" in await desk.get("/desk", lang="fr")


async def test_a_form_with_mistakes_comes_back_filled_and_says_where(desk: At) -> None:
    wrong = {"name": "", "quantity": "many", "price": "-1", "training": "ä", "place": "<b>here"}
    page = await desk.post("/desk/item/TAP", wrong, 422)
    assert page.count('class="problem"') == 4
    assert 'value="many"' in page and "&lt;b&gt;here" in page and "<b>here" not in page
    assert desk.service.desk.show("TAP").item.place == "Cave"
    taken = await desk.post("/desk/new", {"name": "Other", "code": "tap"}, 422)
    assert "There is an item with this code already." in taken


async def test_the_short_form_with_a_mistake_comes_back_in_its_row(desk: At) -> None:
    """The list stays as it was filtered, and what was typed stays in the row."""
    wrong = {"name": "Saw", "quantity": "many", "back": "/desk?q=saw-1"}
    page = await desk.post("/desk/item/SAW-1", wrong, 422)
    assert 'value="many"' in page and 'id="wrong-quantity"' in page and "<details open>" in page
    assert 'id="list"' in page and ">TAP<" not in page


async def test_a_row_is_seen_held_and_retired_without_leaving_the_list(desk: At) -> None:
    back = {"back": "/desk?kind=tool"}
    assert "TAP is still here: noted." in await desk.post("/desk/item/TAP/seen", back)
    held = await desk.post("/desk/item/TAP/hold", back | {"from": "2030-01-01"})
    assert "TAP is out of the calendar" in held and "1 hold" in held and 'id="list"' in held
    gone = await desk.post("/desk/item/SAW-1/retire", back)
    assert "SAW-1 is no longer offered." in gone and 'id="SAW-1"' not in gone


async def test_an_item_is_added_with_its_photo_in_one_form(desk: At) -> None:
    form = FormData({"name": "Vise", "place": "Cave", "again": "1"})
    form.add_field("photo", picture(), filename="../IMG_1.jpg", content_type="image/jpeg")
    page = await desk.post("/desk/new", form)
    assert "VISE" in page and 'name="place" value="Cave"' in page  # the next one is beside it
    (row,) = desk.service.desk.find("vise").rows
    assert len(row.item.photos) == 1


async def test_a_photo_once_sent_is_kept_while_the_form_is_corrected(desk: At) -> None:
    form = FormData({"name": ""})
    form.add_field("photo", picture(), filename="a.jpg", content_type="image/jpeg")
    page = await desk.post("/desk/new", form, 422)
    (kept,) = re.findall(r'name="photo_kept" value="(\w+)"', page)
    await desk.post("/desk/new", {"name": "Vise", "photo_kept": kept})
    assert desk.service.desk.find("vise").rows[0].item.photos == (kept,)
    await desk.post("/desk/new", {"name": "Other", "photo_kept": "../../keys"})
    assert desk.service.desk.find("other").rows[0].item.photos == ()


async def test_what_is_no_photo_is_said_beside_its_field_and_nothing_is_added(desk: At) -> None:
    form = FormData({"name": "Vise"})
    form.add_field("photo", b"<svg onload=x>", filename="a.jpg", content_type="image/jpeg")
    page = await desk.post("/desk/new", form, 422)
    assert 'id="wrong-photo"' in page and 'value="Vise"' in page
    assert not desk.service.desk.find("vise").rows


async def test_nothing_is_written_when_nothing_was_changed(desk: At) -> None:
    log = desk.service.store.log(desk.service.store.lab, 0)
    form = {"name": "Tap", "place": "Cave", "quantity": "", "kind": "tool"}
    assert "Nothing of TAP was changed." in await desk.post("/desk/item/TAP", form)
    assert desk.service.store.log(desk.service.store.lab, 0) == log


async def test_an_item_is_added_held_released_and_retired(desk: At) -> None:
    form = {"name": "Plywood", "kind": "material", "unit": "sheet", "quantity": "4"}
    form |= {"with_terms": "1", "term_sell": "1", "price": "12,50 €", "code": "ply"}
    assert "PLY was added." in await desk.post("/desk/new", form)
    item = desk.service.desk.show("PLY").item
    assert (item.terms, item.price, item.quantity) == (("sell",), 1250, 4000)
    days = {"from": "2030-05-01", "to": "2030-05-02", "quantity": "1", "reason": "event"}
    too_many = await desk.post("/desk/item/PLY/hold", days | {"quantity": "9"}, 422)
    assert "There are only 4 of it." in too_many
    await desk.post("/desk/item/PLY/hold", days | {"to": "2030-04-01"}, 422)
    assert "event" in await desk.post("/desk/item/PLY/hold", days)
    (hold,) = desk.service.desk.show("PLY").holds
    await desk.post("/desk/item/PLY/release", {"hold": hold.id})
    assert desk.service.desk.show("PLY").holds == []
    assert "PLY is no longer offered." in await desk.post("/desk/item/PLY/retire")
    assert "PLY was changed." in await desk.post("/desk/item/PLY", {"name": "Plywood"})
    assert not desk.service.desk.show("PLY").item.retired


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/desk\\@evil", ""])
async def test_nobody_is_sent_off_to_another_site(desk: At, back: str) -> None:
    head = from_here(desk.client)
    data = {"name": "Tap", "back": back}
    answer = await desk.client.post(
        "/desk/item/TAP", data=data, headers=head, allow_redirects=False
    )
    assert answer.headers["Location"].startswith("/desk/item/TAP?")


async def test_a_walk_takes_codes_as_typed_and_as_labels_carry_them(
    desk: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    began = 0
    monkeypatch.setattr("fedlab.node.service.desk.now", lambda: began)
    began = desk.service.desk.show("TAP").item.seen_at + 1
    monkeypatch.setattr(desk.service.opened.writer, "_now", lambda: began)
    assert "0 of 2 seen" in await desk.post("/desk/walk", {"do": "begin"})
    lab = desk.service.store.lab.upper()
    assert "It is still here" in await desk.get(f"/I/{lab}/TAP")
    label = f"HTTP://FEDLAB.LOCAL/I/{lab}/TAP"
    assert "1 of 2 seen" in await desk.post("/desk/walk/seen", {"code": label})
    nothing = await desk.post("/desk/walk/seen", {"code": "<nothing>"}, 422)
    assert "No item of this lab has the code “&lt;nothing&gt;”." in nothing
    seen = await desk.post("/desk/item/SAW-1/seen", {"back": "/desk/walk"})
    assert "2 of 2 seen" in seen and "Everything was seen." in seen
    assert "The walk is over." in await desk.post("/desk/walk", {"do": "end"})


def sheet(name: str, data: bytes) -> FormData:
    form = FormData(quote_fields=False)
    form.add_field("file", data, filename=name)
    return form


async def test_a_list_is_looked_at_mapped_imported_and_taken_back(desk: At) -> None:
    lines = "Nom;Lieu;Remarque\nScie à ruban;Étage;=1+1\nTour;Cave;<script>\n"
    page = await desk.post("/desk/import", sheet("../../list.csv", lines.encode()))
    assert ">list.csv<" in page and "2 items added" in page and "&lt;script&gt;" in page
    mapped = await desk.post("/desk/import/1", {"column2": "skip", "kind": "tool"})
    assert "&lt;script&gt;" not in mapped
    done = await desk.post("/desk/import/1/run")
    assert "Imported." in done and "2 items added" in done
    assert len(desk.service.desk.find().rows) == 4
    again = await desk.post("/desk/import/1/run", status=409)
    assert "This file was imported." in again
    assert "2 items are no longer offered" in await desk.get("/desk/import/undo")
    assert "taken back" in await desk.post("/desk/import/undo")
    assert len(desk.service.desk.find().rows) == 2


async def test_files_that_are_none_are_refused_beside_the_field(
    desk: At, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Choose a file first." in await desk.post("/desk/import", {"file": ""}, 422)
    image = await desk.post("/desk/import", sheet("a.csv", b"\x89PNG" + bytes(99)), 422)
    assert "This file could not be read." in image
    monkeypatch.setattr(importing, "IMPORT_BYTES_MAX", 10)
    assert "too large" in await desk.post("/desk/import", sheet("a.csv", bytes(99)), 422)
    assert (await desk.client.get("/desk/import/99")).status == 404
    assert (await desk.client.get("/desk/import/x")).status == 404


async def test_an_import_that_a_stop_cut_short_says_so(desk: At) -> None:
    await desk.post("/desk/import", sheet("a.csv", b"Nom\nTour\n"))
    desk.service.store.desk.settle(1, "running")
    assert "nothing comes in twice" in await desk.get("/desk/import/1")
    assert "1 item added" in await desk.post("/desk/import/1/run")


async def test_a_code_on_the_home_page_opens_the_item(desk: At) -> None:
    lab = desk.service.store.lab
    for typed in ("saw-1", f"http://fedlab.local/I/{lab.upper()}/SAW-1", f"{lab}/saw-1"):
        answer = await desk.client.get("/", params={"q": typed, "go": "1"}, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, f"/I/{lab}/SAW-1")
    live = {"HX-Request": "true"}
    scripted = await desk.client.get("/", params={"q": "saw-1", "go": "1"}, headers=live)
    assert scripted.headers["HX-Redirect"] == f"/I/{lab}/SAW-1"
    # A word may also be searched, and so may anything while it is being typed.
    for params in ({"q": "tap", "go": "1"}, {"q": "saw-1"}):
        assert "Open the item" in await desk.get("/", **params)
    assert "Open the item" not in await desk.get("/", q="nothing-9", go="1")


async def test_an_item_says_what_it_is_in_the_other_language(desk: At) -> None:
    change = {"name": "Perceuse à colonne", "lang": "fr", "training": ["SAW-1"]}
    ask(desk.service, "item_add", code="DRILL", change=change)
    page = await desk.get(f"/I/{desk.service.store.lab}/DRILL")
    assert "In English" in page and "drill press" in page
    assert f'href="/I/{desk.service.store.lab}/SAW-1"' in page


async def test_who_only_lends_sees_the_list_and_cannot_change_it(desk: At) -> None:
    desk.client.session.cookie_jar.clear()
    signed_in(desk.client, desk.service, Role.VOLUNTEER)
    page = await desk.get("/desk")
    assert "SAW-1" in page and "<form method" not in page.partition("<main")[2]
    await desk.post("/desk/item/TAP", {"name": "Mine"}, 403)
    assert desk.service.desk.show("TAP").item.name == "Tap"


async def test_progress_is_shown_in_rows_and_asked_for_again(desk: At) -> None:
    await desk.post("/desk/import", sheet("list.csv", b"Nom\nScie\n"))
    app = desk.client.app
    assert app is not None
    app[importing.RUNNING][1] = asyncio.create_task(asyncio.sleep(0))
    desk.service.uploads._progress[1] = ("read", 4000, 20000)
    page = await desk.get("/desk/import/1")
    assert "Reading: 4,000 of 20,000 rows" in page and 'value="4000" max="20000"' in page
    assert 'hx-trigger="every 1s"' in page and 'http-equiv="refresh"' in page
    assert "4\u202f000 lignes sur 20\u202f000" in await desk.get("/desk/import/1", lang="fr")
    desk.service.uploads._progress[1] = ("write", 200, 400)
    assert "Writing: 200 of 400 items" in await desk.get("/desk/import/1")
    app[importing.RUNNING].clear()
    page = await desk.get("/desk/import/1")
    assert "hx-trigger" not in page.partition('id="import"')[2] and "refresh" not in page
