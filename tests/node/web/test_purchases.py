"""The pages of group purchases, as volunteers and treasurers read them."""

import re

from fedlab.ledger.purchasefacts import PurchaseCancel
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.web.purchasesheets import reference_of, spaced
from tests.node.web.purchasing import SCHOOL, open_purchase, pledge, say, settled
from tests.node.web.signing import Client, signed_in


async def text(browser: Client, path: str, lang: str = "en") -> str:
    answer = await browser.get(path, params={"lang": lang})
    assert answer.status == 200, await answer.text()
    return await answer.text()


async def test_purchases_are_listed_and_shown(browser: Client, service: Service) -> None:
    signed_in(browser, service, Role.VOLUNTEER)
    assert "No purchase is under way" in await text(browser, "/purchases")
    purchase = open_purchase(service, deadline="2026-12-01")
    page = await text(browser, "/purchases")
    assert "Contreplaqué d’automne" in page and "Organised by us" in page
    pledge(service, purchase, 4)  # on the opening, which had no article yet: it does not count
    page = await text(browser, f"/purchase/{purchase}")
    assert "Nobody has pledged yet." in page and "does not count" in page
    assert "€200.00 net the pack of 10 sheets" in page and "Transport" in page
    say(service, PurchaseCancel, purchase)
    assert "Contreplaqué" not in await text(browser, "/purchases")
    answer = await browser.get("/purchases", params={"lang": "en", "ended": "1"})
    assert "called off" in await answer.text()


async def test_every_cent_has_its_reason(browser: Client, service: Service) -> None:
    signed_in(browser, service, Role.TREASURER)
    purchase = settled(service)
    page = await text(browser, f"/purchase/{purchase}")
    assert "1 lab has still to pay" in page and "Collège Anita-Conti" in page
    assert "1 sheet invoiced beyond what was accepted" in page
    (share,) = set(re.findall(rf"/purchase/{purchase}/share/{SCHOOL}", page))
    page = await text(browser, share)
    assert "Okoumé 9 mm" in page and "VAT at 20%" in page and "of 30 sheets" in page
    page = await text(browser, share, "fr")
    assert "TVA à 20\u00a0%" in page and "Pourquoi " in page and "quote-part" in page
    for name in ("ab", "0" * 64, purchase[:8] + "f" * 8):
        assert (await browser.get(f"/purchase/{name}")).status in (400, 404)
    assert (await browser.get(f"/purchase/{purchase}/share/{'0' * 64}")).status == 404


async def test_members_and_visitors_read_no_purchase(browser: Client, service: Service) -> None:
    purchase = open_purchase(service)
    signed_in(browser, service, Role.MEMBER)
    assert (await browser.get(f"/purchase/{purchase}")).status == 403


async def test_the_order_goes_on_paper_and_into_a_spreadsheet(
    browser: Client, service: Service
) -> None:
    signed_in(browser, service, Role.TREASURER)
    at = f"/purchase/{settled(service, '=HYPERLINK(1)')}"
    page = await text(browser, f"{at}/order")
    assert "3 × 10 sheets" in page and "€540.00" in page
    for kind, cell in (("order", "180,00"), ("shares", "230,40")):
        answer = await browser.get(f"{at}/{kind}.csv", params={"lang": "fr"})
        table = (await answer.read()).decode("utf-8-sig")
        assert cell in table and "'=HYPERLINK(1)" in table
        assert not re.search("(^|;)=", table, re.MULTILINE), "no text becomes a formula"
    page = await text(browser, f"{at}/call/{SCHOOL}")
    assert "€230.40" in page and "<code>RF" in page
    assert (await browser.get(f"{at}/call/{service.store.lab}")).status == 404


def test_a_reference_has_its_check_digits() -> None:
    reference = reference_of("ab12cd34" * 8, "5c" * 32)
    digits = "".join(str(int(sign, 36)) for sign in reference[4:] + reference[:4])
    assert int(digits) % 97 == 1 and len(reference) <= 25
    assert spaced(reference).replace(" ", "") == reference
