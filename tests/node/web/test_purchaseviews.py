"""What a page says of a purchase, from folded states alone."""

import pytest

from fedlab.ledger.discrepancies import Finding
from fedlab.node.service.purchaseshown import Names
from fedlab.node.web.i18n import language
from fedlab.node.web.purchaseviews import PurchaseView, view_of, why
from fedlab.node.web.purchasewords import (
    differing_text,
    mismatch_text,
    step_text,
    weight_text,
    why_title,
)
from tests.ledger.buying import ANN, BOB, ORG, STRANGER, Buying
from tests.ledger.test_purchase_story import SCHOOL, credit, delivered, invoice, pledged, settled

EN = language("en")
NAMES = Names({}, {1: "Plywood"}, parties={ANN: "Ann", BOB: "Bob"})
STEPS = ((2, 20_00), (5, 16_00))


def seen(buying: Buying) -> PurchaseView:
    view = view_of(buying.state())
    assert view is not None
    return view


@pytest.mark.parametrize(
    "firm, more, packs, short, saves, fill",
    [
        (0, 0, 0, 20, 0, 0),  # nobody yet: the least that is sold is two packs of ten
        (14, 0, 0, 6, 0, 6),
        (20, 0, 2, 30, 4_00, 0),
        (26, 0, 2, 24, 4_00, 4),
        (26, 3, 2, 21, 4_00, 1),
        (50, 0, 5, None, None, 0),
    ],
)
def test_how_far_it_is_to_the_next_price(
    firm: int, more: int, packs: int, short: int | None, saves: int | None, fill: int
) -> None:
    buying = Buying()
    buying.article(1, 0, pack=10, steps=STEPS)
    if firm:
        buying.pledge(ANN, (1, firm, more, None))
    (article,) = seen(buying).articles
    assert (article.packs, article.fill) == (packs, fill * 1000)
    if short is None:
        assert article.next is None and not article.goal
    else:
        assert article.next is not None
        assert (article.next.short, article.next.saves) == (short * 1000, saves)
        assert article.goal - article.wanted == short * 1000


def test_what_tolerance_could_reach_and_is_not_cheaper_is_no_goal() -> None:
    buying = Buying()
    buying.article(1, 0, pack=10, steps=((1, 10_00), (9, 9_99)))
    buying.pledge(ANN, (1, 10, 80, None))
    (article,) = seen(buying).articles
    assert article.packs == 1 and article.next is None


def test_who_has_not_paid() -> None:
    buying = delivered()
    view = seen(buying)
    assert view.estimated
    assert {p.party for p in view.unpaid} == set(buying.state().calls), "called before the order"
    invoice(buying)
    assert {p.party for p in seen(buying).unpaid} == {*buying.state().pledges} - {ORG}
    view = seen(settled())
    assert view.unpaid == () and not view.estimated
    ann = view.party(ANN)
    assert ann is not None and (ann.answered, ann.owes, ann.in_transit) == ("accepted", 0, 0)
    assert view.party(STRANGER) is None


@pytest.mark.parametrize("make", [pledged, delivered, settled])
def test_a_share_is_the_sum_of_its_reasons(make: object) -> None:
    buying = make()  # type: ignore[operator]
    state, view = buying.state(), seen(buying)
    for party in view.parties:
        reasons = why(state, view, party.party)
        shares = [one for one in reasons if one.share]
        assert sum(one.cents for one in shares) == party.share
        assert all(why_title(EN, NAMES, one) for one in reasons)
        assert all(weight_text(EN, state, one, one.share.weight) for one in shares if one.share)
    assert sum(party.share or 0 for party in view.parties) + view.stock == view.total


def test_what_differs_is_said_in_a_sentence() -> None:
    buying = delivered()
    invoice(buying)
    view, state = seen(buying), buying.state()
    said = [differing_text(EN, state, NAMES, row) for row in view.differing]
    assert any(text.startswith("The share of Ann, ") for text in said)
    assert any("Plywood for Bob: 0 sheets handed over of " in text for text in said)
    matched = [mismatch_text(EN, state, NAMES, row) for row in view.mismatches]
    assert matched[0].startswith("Plywood: 1 sheet invoiced beyond what was accepted (€18.00 net)")
    credit(buying)
    assert len(seen(buying).mismatches) == len(matched) - 1


def test_every_finding_has_its_words() -> None:
    from fedlab.ledger.discrepancies import Discrepancy

    state = settled().state()
    for what in Finding:
        row = Discrepancy(what=what, party=ANN, article=1, said=1, other=2)
        assert differing_text(EN, state, NAMES, row)


def test_whose_turn_it_is() -> None:
    buying = Buying(mode="resale")
    assert "first article" in step_text(EN, buying.state(), seen(buying), ORG)
    buying = pledged()
    assert "then order" in step_text(EN, buying.state(), seen(buying), ORG)
    buying = delivered()
    assert "invoice" in step_text(EN, buying.state(), seen(buying), ORG)
    assert "still to be paid" in step_text(EN, buying.state(), seen(buying), ANN)
    invoice(buying)
    assert "4 labs have still to pay" in step_text(EN, buying.state(), seen(buying), ORG)
    assert "your share" in step_text(EN, buying.state(), seen(buying), ANN)
    buying = settled()
    assert "close" in step_text(EN, buying.state(), seen(buying), ORG)
    assert step_text(EN, buying.state(), seen(buying), ANN) == ""


def test_rules_of_a_newer_fedlab_compute_nothing() -> None:
    assert view_of(Buying(rules=2).state()) is None


def test_a_body_without_a_node_is_told_apart() -> None:
    school = seen(pledged()).party(SCHOOL)
    assert school is not None and school.outside
