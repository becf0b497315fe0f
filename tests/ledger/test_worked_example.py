"""The sums of docs/explanation/cents.md, computed."""

import re

from fedlab.ledger.allocation import Want, allocate
from fedlab.ledger.packs import Step
from fedlab.ledger.plan import Article, Charge, Line, Plan, Pledge, make_plan
from tests.conftest import REPO

PAGE = (REPO / "docs" / "explanation" / "cents.md").read_text()
# An id with which the ties fall as on the page: which one it is makes no other difference.
BREST, LANNION, MORLAIX = "b" * 64, "1" * 64, "f" * 64
LABS = (BREST, LANNION, MORLAIX)
WANTS = {BREST: Want(3000), LANNION: Want(3000, 2000), MORLAIX: Want(3000, 1000)}


def planned(purchase: str) -> Plan:
    plywood = Article(pack=5000, grain=1000, ladder=(Step(1, 50_00), Step(3, 48_00)), rate=2000)
    delivery = Charge(net=10_00, rate=2000, basis="equal")
    pledges = {lab: Pledge(lines={1: Line(want)}) for lab, want in WANTS.items()}
    return make_plan(purchase, {1: plywood}, {1: delivery}, pledges)


def column(label: str) -> list[str]:
    """Return the cells of a row of the page's table."""
    found = re.search(rf"^\| {re.escape(label)} \|(.*)\|$", PAGE, re.MULTILINE)
    assert found, label
    return [cell.strip(" *") for cell in found[1].split("|")]


def euros(cents: list[int]) -> list[str]:
    return [f"{each // 100}.{each % 100:02}" for each in [*cents, sum(cents)]]


def test_the_page_says_what_the_code_computes() -> None:
    # Ties are decided by the purchase's id; the page shows one in which they fall like this.
    plan = next(
        plan
        for number in range(1000)
        if (plan := planned(f"{number:064x}")).shares.charges[1, 2000].shares[LANNION] == 3_34
        and plan.shares.vat[2000].shares[MORLAIX] == 6_67
    )
    assert plan.packs == {1: 2}
    assert [plan.goods[1][lab] // 1000 for lab in LABS] == [int(n) for n in column("sheets")[:3]]
    article, delivery, vat = plan.shares.splits
    assert column("sheets, net") == euros([article.shares[lab] for lab in LABS])
    assert column("delivery, with the odd cent") == euros([delivery.shares[lab] for lab in LABS])
    whole = [delivery.explain(lab).whole for lab in LABS]
    assert column("delivery: whole cents") == euros(whole)
    assert column("net together") == euros([vat.weights[lab] for lab in LABS])
    assert column("VAT: whole cents") == euros([vat.explain(lab).whole for lab in LABS])
    exact = [vat.explain(lab).exact for lab in LABS]
    assert [f"{float(each) / 100:.3f}" for each in exact] == column("VAT: exactly")[:3]
    assert column("VAT, with the two odd cents") == euros([vat.shares[lab] for lab in LABS])
    totals = plan.shares.totals()
    assert column("**share, all taxes in**") == euros([totals[lab] for lab in LABS])


def test_more_sheets_take_none_away() -> None:
    shared = [allocate("ab" * 32, 1, much * 1000, 1000, WANTS) for much in (10, 11, 12)]
    assert [shared[0][lab] for lab in LABS] == [3000, 4000, 3000]
    assert sorted(shared[1][lab] for lab in LABS) in ([3000, 3000, 5000], [3000, 4000, 4000])
    assert [shared[2][lab] for lab in LABS] == [3000, 5000, 4000]
