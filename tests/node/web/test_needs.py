"""The pages of needs: publish, answer and close by plain forms, each for whoever has the right."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from aiohttp.test_utils import TestClient, TestServer

from fedlab.node.app import open_node
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.web.app import make_web_app
from fedlab.protocol.events import ChainSeen
from tests.node.labs import ask, opened_lab, package_of
from tests.node.web.signing import from_here, signed_in


class Setting(NamedTuple):
    """A browser before a lab, which holds a need of another."""

    browser: TestClient[Any, Any]
    service: Service
    theirs: str

    async def post(self, path: str, **form: str) -> Any:
        return await self.browser.post(
            path, data=form, headers=from_here(self.browser), allow_redirects=False
        )

    async def text(self, path: str) -> str:
        answer = await self.browser.get(path, params={"lang": "en"})
        assert answer.status == 200
        return await answer.text()


@pytest.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Setting]:
    with opened_lab(tmp_path / "a", "Atelier") as service, opened_lab(tmp_path / "b", "B") as other:
        ask(service, "vouch", lab=other.store.lab)
        said = {"title": "<b>Tour à bois</b>", "description": "<script>x</script>"}
        theirs = ask(other, "need_publish", need=said)["need"]
        service.store.commit([ChainSeen(other.store.own_chain()), *package_of(other)])
        ask(service, "item_add", code="TOUR", change={"name": "Tour à bois Record"})
        service.refresh()
        async with open_node(service, ["http://127.0.0.1"]) as node:
            async with TestClient(TestServer(make_web_app(node))) as browser:
                yield Setting(browser, service, theirs)


async def test_an_empty_search_leads_to_a_need_that_says_what_was_sought(lab: Setting) -> None:
    signed_in(lab.browser, lab.service, Role.VOLUNTEER)
    empty = await lab.text("/?q=rectifieuse plane&kind=tool")
    assert "/needs/new?title=rectifieuse+plane&amp;kind=tool" in empty or (
        "/needs/new?title=rectifieuse%20plane&amp;kind=tool" in empty
    )
    form = await lab.text("/needs/new?title=rectifieuse plane&kind=material")
    assert 'value="rectifieuse plane"' in form and '<option value="material" selected>' in form


async def test_a_volunteer_publishes_and_closes(lab: Setting) -> None:
    signed_in(lab.browser, lab.service, Role.VOLUNTEER)
    done = await lab.post("/needs", title="Rectifieuse", quantity="1,5", unit="m", until="")
    assert done.status == 303
    page = await lab.text(done.headers["Location"])
    assert "Rectifieuse" in page and "It is published" in page and "1.5" in page
    (mine,) = ask(lab.service, "need_list", own=True)["needs"]
    assert mine["quantity"] == 1500
    await lab.post(f"/need/{mine['need']}/close", ending="found")
    assert "This need is closed: found" in await lab.text(f"/need/{mine['need']}")
    assert "Rectifieuse" not in await lab.text("/needs")
    assert "Rectifieuse" in await lab.text("/needs?closed=1")


async def test_what_is_wrong_stands_beside_its_field_and_what_was_typed_stays(
    lab: Setting,
) -> None:
    signed_in(lab.browser, lab.service, Role.VOLUNTEER)
    sent = {"title": "Rabot", "quantity": "beaucoup", "until": "demain", "lang": "en"}
    answer = await lab.post("/needs", **sent)
    page = await answer.text()
    assert answer.status == 422
    assert all(f'id="{name}-problem"' in page for name in ("quantity", "until"))
    assert all(f'value="{sent[name]}"' in page for name in ("title", "quantity", "until"))
    assert ask(lab.service, "need_list", own=True)["needs"] == []


async def test_another_labs_need_is_answered_with_an_own_item_and_taken_back(
    lab: Setting,
) -> None:
    signed_in(lab.browser, lab.service, Role.VOLUNTEER)
    page = await lab.text(f"/need/{lab.theirs}")
    assert 'name="code" value="TOUR"' in page, "what the search finds among our own"
    wrong = await lab.post(f"/need/{lab.theirs}/join", code="NOWHERE")
    assert wrong.status == 409
    assert (await lab.post(f"/need/{lab.theirs}/join", code="TOUR")).status == 303
    (word,) = ask(lab.service, "need_show", need=lab.theirs)["joined"]
    assert word["code"] == "TOUR"
    await lab.post(f"/need/{lab.theirs}/close")
    assert ask(lab.service, "need_show", need=lab.theirs)["joined"] == []
    await lab.post(f"/need/{lab.theirs}/join")
    assert "needs it too" in await lab.text(f"/need/{lab.theirs}")


async def test_what_a_peer_wrote_is_text(lab: Setting) -> None:
    for path in ("/needs", f"/need/{lab.theirs}"):
        page = await lab.text(path)
        assert "&lt;b&gt;Tour à bois" in page and "<b>Tour" not in page
        assert "<script>x" not in page


@pytest.mark.parametrize("role", [None, Role.MEMBER])
async def test_others_read_and_say_nothing(lab: Setting, role: Role | None) -> None:
    if role is not None:
        signed_in(lab.browser, lab.service, role)
    page = await lab.text(f"/need/{lab.theirs}")
    assert "/join" not in page
    assert (await lab.post(f"/need/{lab.theirs}/join")).status in (401, 403)
    assert "counter" in await lab.text("/?q=rectifieuse")
