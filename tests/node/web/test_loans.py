"""Two labs play a loan on their pages, hearing of each other only when logs are exchanged."""

from pathlib import Path

from fedlab.node.app import open_node
from fedlab.node.members.roles import Role
from tests.node.labs import ask, opened_lab
from tests.node.service.test_needs import hear
from tests.node.web.signing import Client, client_of, from_here, signed_in


async def say(browser: Client, path: str, **form: str) -> str:
    answer = await browser.post(path, data=form, headers=from_here(browser), allow_redirects=False)
    assert answer.status == 303, await answer.text()
    return answer.headers["Location"]


async def text(browser: Client, path: str) -> str:
    answer = await browser.get(path, params={"lang": "en"})
    assert answer.status == 200
    return await answer.text()


async def test_a_tool_is_asked_offered_agreed_handed_over_and_brought_back(tmp_path: Path) -> None:
    with opened_lab(tmp_path / "a", "Atelier") as a, opened_lab(tmp_path / "c", "Cité") as c:
        ask(a, "vouch", lab=c.store.lab), ask(c, "vouch", lab=a.store.lab)
        ask(c, "item_add", code="SAW", change={"name": "Scie", "quantity": 1000, "terms": ["lend"]})
        hear(c, a), hear(a, c)
        async with (
            open_node(a, ["http://127.0.0.1"]) as one,
            open_node(c, ["http://127.0.0.1"]) as two,
        ):
            here, there = await client_of(one), await client_of(two)
            signed_in(here, a, Role.MANAGER), signed_in(there, c, Role.MANAGER)
            item = f"{c.store.lab}/SAW"
            assert f"/loans/ask/{item}" in await text(here, f"/I/{item}")
            days = {"from": "2027-04-01", "to": "2027-04-08", "quantity": "1"}
            loan = await say(here, f"/loans/ask/{item}", **days)
            signed_in(here, a, Role.VOLUNTEER)
            assert f"{loan}/terms/" not in await text(here, loan), "the counter binds nobody"
            signed_in(here, a, Role.MANAGER)
            assert f'action="{loan}/terms/cancel"' in await text(here, loan)
            for who, word, form, seen in (
                (there, "terms/offer", {"caution": "50", "faults": "<b>lame usée"}, "offered"),
                (here, "terms/agree", {}, "agreed"),
                (there, "counter/hand-over", {}, "only one lab has said so"),
                (here, "counter/receive", {}, "received 1"),
                (here, "terms/extend-ask", {"day": "2027-04-10"}, "more time asked"),
                (there, "terms/extend", {"day": "2027-04-10"}, 'value="2027-04-10"'),
                (there, "terms/recall", {"day": "2027-04-09", "reason": "needed"}, "wanted back"),
                (here, "counter/give-back", {}, "given back, to be confirmed"),
                (there, "counter/take-back", {"condition": "good"}, "taken back 1"),
            ):
                hear(a, c), hear(c, a)
                page = await text(who, loan)
                assert f'action="{loan}/{word}"' in page, word
                await say(who, f"{loan}/{word}", **form)
                assert seen in await text(who, loan), word
            page = await text(here, loan)
            assert "&lt;b&gt;lame" in page and "<b>lame" not in page and "€50" in page
            assert (await there.post(f"{loan}/terms/agree", headers=from_here(there))).status == 409
            await here.close(), await there.close()
