"""Two labs buy together on their pages, hearing of each other only when logs are exchanged."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from fedlab.node.app import open_node
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from tests.node.labs import ask, opened_lab
from tests.node.service.test_needs import hear
from tests.node.web.signing import Client, client_of, from_here, signed_in
from tests.node.web.test_loans import say, text

ARTICLE = {
    "name": "Okoumé 9 mm", "unit": "sheet", "pack": "10", "packs-1": "1", "price-1": "200",
    "packs-2": "3", "price-2": "180,00", "rate": "20", "kilos": "9",
}  # fmt: skip


class Two:
    """An organiser and a participant, each with a browser of whoever may do all."""

    def __init__(self, here: Service, there: Service, *browsers: Client) -> None:
        self.a, self.b = here, there
        self.org, self.part = browsers

    def sync(self) -> None:
        hear(self.a, self.b), hear(self.b, self.a)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    with opened_lab(tmp_path / "a", "Atelier") as a, opened_lab(tmp_path / "b", "Bricothèque") as b:
        ask(a, "vouch", lab=b.store.lab), ask(b, "vouch", lab=a.store.lab)
        hear(a, b), hear(b, a)
        async with (
            open_node(a, ["http://127.0.0.1"]) as one,
            open_node(b, ["http://127.0.0.1"]) as other,
        ):
            here, there = await client_of(one), await client_of(other)
            signed_in(here, a, Role.ADMIN), signed_in(there, b, Role.ADMIN)
            yield Two(a, b, here, there)
            await here.close(), await there.close()


async def proposed(two: Two) -> str:
    """Have the organiser propose plywood, and return the purchase's page."""
    charge = {"charge-1": "Transport", "net-1": "60", "basis-1": "weight", "rate-1": "20"}
    at = await say(two.org, "/purchases", name="Contreplaqué", mode="resale", **charge)
    await say(two.org, f"{at}/terms/article", **ARTICLE)
    two.sync()
    return at


async def test_from_the_proposal_to_the_countersigned_account(two: Two) -> None:
    at = await proposed(two)
    assert "Open to your pledge" in await text(two.part, "/purchases")
    await say(two.part, f"{at}/terms/pledge", **{"firm-1": "8", "more-1": "2"})
    await say(two.org, f"{at}/terms/pledge", **{"firm-1": "12"})
    two.sync()
    page = await text(two.org, at)
    assert "2 pledges are taken" in page and "8 sheets more, and each pack costs €180.00" in page
    for who, word, form, seen in (
        (two.org, "terms/seal", {}, "order sealed"),
        (two.org, "money/call", {"due": "2027-01-31"}, "to pay"),
        (two.org, "terms/order", {"packs-1": "2"}, "2 packs of 10 sheets ordered"),
        (two.org, "goods/deliver", {"accepted-1": "19", "damaged-1": "1"}, "19 sheets came"),
        (two.org, "money/invoice", {"q-1": "20", "net-1": "400", "charge-1": "60"}, "€552.00"),
        (two.org, "money/credit-note", {"q-1": "1", "net-1": "20"}, "€528.00"),
        (two.org, "goods/hand-over", {"party": two.b.store.lab}, "handed goods over"),
        (two.part, "goods/receive", {"q-1": "8"}, "received goods"),
    ):
        two.sync()
        assert f'action="{at}/{word}"' in await text(who, at), word
        await say(who, f"{at}/{word}", **form)
        assert seen in await text(who, at), word
    two.sync()
    page = await text(two.part, at)
    shown = page.partition('name="shown" value="')[2].partition('"')[0]
    await say(two.part, f"{at}/money/share-accept", shown=shown)
    assert "still to be paid" in await text(two.part, at)
    sum_ = f"{int(shown) // 100},{int(shown) % 100:02}"
    await say(two.part, f"{at}/money/sent", cents=sum_, day="2027-02-01")
    two.sync()
    assert "says it has paid" in await text(two.org, at)
    await say(two.org, f"{at}/money/received", payer=two.b.store.lab, cents=sum_)
    page = await text(two.org, at)
    assert "Payment of" not in page, "its word is answered, so nothing differs"
    assert "Everything is paid: close the purchase." in page
    await say(two.org, f"{at}/money/close")
    two.sync()
    await say(two.part, f"{at}/money/statement", shown="0")
    assert "countersigned the account" in await text(two.part, at)


async def test_a_pledge_is_previewed_and_nothing_is_signed(two: Two) -> None:
    at = await proposed(two)
    before = two.b.status().size
    for many, said in (("10", "this would cost €312.00"), ("4", "you would get nothing")):
        query = {"lang": "en", "preview": "1", "firm-1": many}
        page = await (await two.part.get(at, params=query)).text()
        assert said in page and f'name="firm-1" type="text" value="{many}"' in page
    page = await (await two.part.get(at, params={**query, "firm-1": "viel"})).text()
    assert "Okoumé 9 mm: Write a number such as 2 or 2.5." in page
    assert two.b.status().size == before


@pytest.mark.parametrize(
    "word, form, said",
    [
        ("terms/pledge", {"firm-1": "-3"}, "Write a number"),
        ("terms/pledge", {}, "Fill in at least one line"),
        ("terms/pledge", {"firm-1": "5", "cap": "1,234"}, "Write 1234 for thousands"),
        ("terms/pledge", {"firm-1": "5", "cap": "1234.567"}, "two decimals"),
        ("terms/pledge", {"firm-1": "5", "cap": "5 USD"}, "another currency"),
        ("terms/article", {"name": "Colle"}, "at least one price"),
    ],
)
async def test_bad_input_is_named(two: Two, word: str, form: dict[str, str], said: str) -> None:
    at = await proposed(two)
    headers = {**from_here(two.org), "Accept-Language": "en"}
    answer = await two.org.post(f"{at}/{word}", data=form, headers=headers)
    assert answer.status == 422 and said in await answer.text()


async def test_who_may_not_sign_money_does_not(two: Two) -> None:
    at = await proposed(two)
    signed_in(two.org, two.a, Role.VOLUNTEER)
    assert "<form" not in (await text(two.org, at)).partition("<main")[2].partition("</main")[0]
    for word, status in (("money/call", 403), ("terms/seal", 403), ("goods/seal", 404)):
        answer = await two.org.post(f"{at}/{word}", headers=from_here(two.org))
        assert answer.status == status


async def test_a_need_becomes_a_purchase(two: Two) -> None:
    need = ask(two.a, "need_publish", need={"title": "Filament PLA"})["need"]
    link = f"/purchases/new?need={need}"
    assert link in await text(two.org, f"/need/{need}")
    page = await (await two.org.get(link)).text()
    assert 'value="Filament PLA"' in page and need in page
    await say(two.org, "/purchases", name="Filament PLA", need=need)
