"""Every lab's books of a purchase balance, agree with the others', and explain themselves."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.ledger import accounts as module
from fedlab.ledger.accounts import balance, explain, transactions
from fedlab.ledger.discrepancies import Finding, discrepancies, three_way
from fedlab.ledger.match import Exceptional
from fedlab.ledger.purchasefacts import MandateGrant, PledgeFor, PledgeTransfer
from fedlab.ledger.reckoning import Reckoning, reckon
from fedlab.ledger.settlingfacts import (
    CreditCarry,
    DeliveredLine,
    PaymentReceived,
    PaymentSent,
    PurchaseCreditNote,
    PurchaseDelivery,
    PurchaseHandOver,
    PurchaseInvoice,
    PurchaseOrder,
    PurchaseReceive,
    ShareAccept,
    ShareDispute,
    ShareResolve,
    SupplierPaid,
    VarianceAccept,
    VarianceWaive,
)
from fedlab.ledger.split import STOCK
from tests.ledger.buying import (
    ANN,
    BOB,
    BODY,
    CAT,
    DAY,
    ORG,
    Buying,
    came,
    charge,
    document,
    handed,
    ordered,
)

LATER = "2026-12-01"


def bought(**terms: Any) -> Buying:
    """Organiser, Ann, Bob and an outside body want 2, 3, 4 and 1 sheets at 12.00 with VAT."""
    buying = Buying(**terms)
    buying.article(1, 10_00)
    own = [buying.pledge(ORG, (1, 2)), buying.pledge(ORG, (1, 1), kind=PledgeFor, body=BODY)]
    buying.pledge(ANN, (1, 3))
    buying.pledge(BOB, (1, 4))
    buying.take()
    buying.seal(*own)
    buying.say(ORG, PurchaseOrder, lines=ordered(a1=10))
    return buying


def invoiced(**terms: Any) -> Buying:
    """All came, and the invoice asks for 100.00 and 7.01 of freight."""
    buying = bought(**{"charges": (charge(1, 7_01, "equal"),), **terms})
    buying.say(ORG, PurchaseDelivery, day=DAY, lines=came(a1=10))
    buying.say(ORG, PurchaseInvoice, **document((1, 10, 100_00), charges=[(1, 7_01)]))
    return buying


def owes(buying: Buying, party: str, **which: Any) -> int:
    """Return what a party owes the organiser, by the organiser's books."""
    return balance(transactions(buying.state()), ORG, party, **which)


def findings(buying: Buying) -> list[Finding]:
    state = buying.state()
    return [one.what for one in discrepancies(state, reckon(state))]


def test_shares_are_owed_and_the_supplier_is_owed_them_all() -> None:
    buying = invoiced()
    made = transactions(buying.state())
    reckoned = reckon(buying.state())
    assert sum(one.share for one in reckoned.bearing.values()) == 128_41  # 107.01 and 20 % VAT
    assert balance(made, ORG, account="supplier") == -128_41
    assert owes(buying, ANN) == reckoned.bearing[ANN].due == -balance(made, ANN, ORG)
    assert [owes(buying, party) // 100 for party in (ANN, BOB, BODY)] == [38, 50, 14]


def test_in_direct_mode_the_supplier_is_owed_by_each() -> None:
    buying = invoiced(mode="direct")
    made = transactions(buying.state())
    assert owes(buying, ANN) == owes(buying, BOB) == 0
    owed = [-balance(made, lab, account="supplier") for lab in (ORG, ANN, BOB, BODY)]
    assert sum(owed) == 128_41 and all(owed)


def test_a_balance_at_any_date() -> None:
    buying = invoiced()
    note = {**document((1, 1, 10_00)), "day": LATER}
    buying.say(ORG, PurchaseCreditNote, **note)
    assert owes(buying, ANN, until="2026-11-19") == 0
    assert owes(buying, ANN, until=DAY) == owes(buying, ANN, until="2026-11-30")
    assert owes(buying, ANN, until=DAY) - owes(buying, ANN) == 3_60, "three tenths of 12.00"


def test_sent_and_received_differ() -> None:
    buying = invoiced()
    sent = buying.say(ANN, PaymentSent, to=ORG, cents=120_50, method="transfer", day=DAY)
    assert Finding.PAID_DIFFERS in findings(buying), "not received yet"
    words = {"payer": ANN, "method": "transfer", "day": DAY, "sent": sent.id.hex()}
    buying.say(ORG, PaymentReceived, cents=102_50, **words)
    made = transactions(buying.state())
    assert balance(made, ORG, ANN) + balance(made, ANN, ORG) == 18_00
    rows = discrepancies(buying.state(), reckon(buying.state()))
    row = next(one for one in rows if one.what is Finding.PAID_DIFFERS)
    assert (row.party, row.said, row.other) == (ANN, 120_50, 102_50)


def test_cash_from_an_outside_body_is_the_organisers_word() -> None:
    buying = invoiced()
    due = owes(buying, BODY)
    buying.say(ORG, PaymentReceived, payer=BODY, cents=due, method="cash", day=DAY)
    assert owes(buying, BODY) == 0
    assert Finding.PAID_DIFFERS not in findings(buying)


def test_one_broken_sheet_is_the_organisers_until_it_is_credited() -> None:
    buying = bought()
    broken = DeliveredLine(article=1, accepted=9_000, damaged=1_000)
    buying.say(ORG, PurchaseDelivery, day=DAY, lines=(broken,))
    buying.say(ORG, PurchaseInvoice, **document((1, 10, 100_00)))
    assert reckon(buying.state()).bearing[STOCK].share == 12_00
    assert [one.what for one in three_way(buying.state())] == [
        Exceptional.INVOICED_BEYOND_ACCEPTED,
        Exceptional.NOT_DELIVERED,
    ]
    before = {party: owes(buying, party) for party in (ANN, BOB, BODY)}
    buying.say(ORG, PurchaseCreditNote, **{**document((1, 1, 10_00)), "day": LATER})
    assert reckon(buying.state()).bearing[STOCK].share == 0
    assert {party: owes(buying, party) for party in before} == before
    assert [one.what for one in three_way(buying.state())] == [Exceptional.NOT_DELIVERED]


def test_a_price_beyond_the_order_is_waived_by_the_organiser() -> None:
    buying = bought()
    buying.say(ORG, PurchaseDelivery, day=DAY, lines=came(a1=10))
    buying.say(ORG, PurchaseInvoice, **document((1, 10, 104_00)))
    (found,) = three_way(buying.state())
    assert (found.what, found.cents) == (Exceptional.PRICE_DIFFERS, 4_00)
    buying.say(ORG, VarianceWaive, article=1, cents=3_99)
    assert three_way(buying.state()) == [found]
    buying.say(ORG, VarianceWaive, article=1, cents=4_00)
    assert three_way(buying.state()) == []


def test_beyond_its_cap_a_lab_bears_nothing_until_it_accepts() -> None:
    """Property 10, after the invoice."""
    buying = Buying()
    buying.article(1, 10_00)
    buying.pledge(ANN, (1, 3, 0, 12_00))
    buying.pledge(BOB, (1, 4), cap=48_00)
    buying.take()
    buying.seal()
    buying.say(ORG, PurchaseOrder, lines=ordered(a1=7))
    buying.say(ORG, PurchaseDelivery, day=DAY, lines=came(a1=7))
    buying.say(ORG, PurchaseInvoice, **document((1, 7, 77_00)))
    assert (owes(buying, ANN), owes(buying, BOB)) == (36_00, 48_00)
    assert findings(buying).count(Finding.CAP_BROKEN) == 2
    assert balance(transactions(buying.state()), ORG, account="stock") == 8_40
    buying.say(ANN, VarianceAccept, cents=3_60)
    assert owes(buying, ANN) == 39_60
    buying.say(BOB, VarianceAccept, cents=1_00)
    assert owes(buying, BOB) == 49_00


def test_what_the_organiser_concedes_it_bears() -> None:
    buying = invoiced()
    before = owes(buying, ANN)
    dispute = buying.say(ANN, ShareDispute, reason="damaged", article=1)
    buying.say(ORG, ShareResolve, dispute=dispute.id.hex(), cents=5_00)
    assert owes(buying, ANN) == before - 5_00
    buying.say(ANN, ShareAccept, cents=before, seen=buying.seen(ORG))
    assert Finding.ANSWER_DIFFERS in findings(buying)
    buying.say(ANN, ShareAccept, cents=before - 5_00, seen=buying.seen(ORG))
    assert Finding.ANSWER_DIFFERS not in findings(buying)


def test_a_substitute_goes_to_those_who_wanted_the_other() -> None:
    buying = Buying()
    buying.article(1, 10_00)
    buying.article(2, 12_00)
    buying.pledge(ANN, (1, 3))
    buying.pledge(BOB, (1, 3), (2, 1))
    buying.take()
    buying.seal()
    buying.say(ORG, PurchaseOrder, lines=ordered(a1=6, a2=1))
    lines = (
        DeliveredLine(article=1, accepted=4_000),
        DeliveredLine(article=2, accepted=1_000),
        DeliveredLine(article=2, accepted=2_000, instead=1),
    )
    buying.say(ORG, PurchaseDelivery, day=DAY, lines=lines)
    goods = reckon(buying.state()).goods
    assert (goods[1][ANN], goods[1][BOB]) == (2_000, 2_000)
    assert (goods[2][ANN], goods[2][BOB]) == (1_000, 2_000)


def test_a_transfer_moves_goods_and_cost() -> None:
    buying = bought()
    fields = {"giver": ANN, "taker": CAT, "article": 1, "quantity": 1_000}
    buying.say(ANN, PledgeTransfer, **fields)
    buying.say(CAT, PledgeTransfer, **fields)
    buying.say(ORG, PurchaseDelivery, day=DAY, lines=came(a1=10))
    buying.say(ORG, PurchaseInvoice, **document((1, 10, 100_00)))
    assert (owes(buying, ANN), owes(buying, CAT)) == (24_00, 12_00)


def test_handed_over_and_received_differ() -> None:
    buying = invoiced()
    buying.say(ORG, PurchaseHandOver, party=ANN, lines=handed(a1=3))
    buying.say(ANN, PurchaseReceive, lines=handed(a1=2))
    rows = discrepancies(buying.state(), reckon(buying.state()))
    (row,) = [one for one in rows if one.what is Finding.HANDED_DIFFERS]
    assert (row.party, row.said, row.other) == (ANN, 3_000, 2_000)
    waiting = {one.party for one in rows if one.what is Finding.NOT_HANDED}
    assert waiting == {BOB, BODY}


def test_buying_in_a_labs_name_takes_its_mandate() -> None:
    buying = invoiced()
    assert findings(buying).count(Finding.NO_MANDATE) == 2  # the outside body gave it on paper
    buying.say(ANN, MandateGrant, cap=100_00)
    buying.say(BOB, MandateGrant, cap=1_00)
    assert findings(buying).count(Finding.NO_MANDATE) == 1


def test_a_credit_is_carried_into_another_purchase() -> None:
    buying = invoiced()
    due = owes(buying, ANN)
    buying.say(ORG, PaymentReceived, payer=ANN, cents=due + 5_00, method="cheque", day=DAY)
    other = "77" * 32
    buying.say(ORG, CreditCarry, party=ANN, into=other, cents=5_00)
    assert owes(buying, ANN, purchase=buying.root) == 0
    assert owes(buying, ANN, purchase=other) == owes(buying, ANN) == -5_00


# --- what always holds ---

DOCUMENTS = st.lists(
    st.tuples(st.integers(0, 10), st.integers(0, 200_00), st.integers(0, 30_00), st.booleans()),
    max_size=5,
)
PAYMENTS = st.lists(
    st.tuples(st.sampled_from([ANN, BOB]), st.integers(1, 90_00), st.booleans()), max_size=4
)
MODES = st.sampled_from(["direct", "mandate", "resale"])


def anything(
    mode: str, documents: list[tuple[int, int, int, bool]], payments: list[tuple[str, int, bool]]
) -> Buying:
    buying = bought(charges=(charge(1, 7_01, "value"),), mode=mode)
    buying.say(ORG, PurchaseDelivery, day=DAY, lines=came(a1=8))
    for much, net, freight, back in documents:
        kind = PurchaseCreditNote if back else PurchaseInvoice
        buying.say(ORG, kind, **document((1, much, net), charges=[(1, freight)]))
    for party, cents, back in payments:
        payer, payee = (ORG, party) if back else (party, ORG)
        words = {"cents": cents, "method": "transfer", "day": DAY}
        buying.say(payer, PaymentSent, to=payee, **words)
        buying.say(payee, PaymentReceived, payer=payer, **words)
    buying.say(ORG, SupplierPaid, cents=10_00, method="transfer", day=DAY)
    return buying


@given(MODES, DOCUMENTS, PAYMENTS)
def test_books_balance_agree_and_explain_themselves(
    mode: str,
    documents: list[tuple[int, int, int, bool]],
    payments: list[tuple[str, int, bool]],
) -> None:
    """Property 7: all postings sum to zero, and what one is owed is what the other owes."""
    state = anything(mode, documents, payments).state()
    made = module.transactions(state)
    for one in made:
        assert sum(posting.cents for posting in one.postings) == 0
        assert len({posting.books for posting in one.postings}) == 1
    for party in (ANN, BOB, BODY):
        # Into names first: pytest would spell out all books to say why an assertion failed.
        owed, owing = balance(made, ORG, party), balance(made, party, ORG)
        assert owed == -owing
        because = sum(reason.cents for reason in explain(state, party))
        assert because == owed
    billed = sum(
        paper.sign * (line.net + line.vat) for paper in state.papers for line in paper.rates
    )
    labs = (ORG, ANN, BOB, BODY)
    due = -sum(balance(made, lab, account="supplier") for lab in labs)
    assert due == billed - 10_00
    costs = sum(balance(made, lab, account=name) for lab in labs for name in ("costs", "stock"))  # type: ignore[arg-type]
    assert costs == billed


@given(MODES, DOCUMENTS, PAYMENTS)
def test_taking_everything_back_leaves_nothing(
    mode: str,
    documents: list[tuple[int, int, int, bool]],
    payments: list[tuple[str, int, bool]],
) -> None:
    """Property 12: each document credited, each payment returned, and every balance is zero."""
    back = [(much, net, freight, not sign) for much, net, freight, sign in documents]
    returned = [(party, cents, not sign) for party, cents, sign in payments]
    state = anything(mode, documents + back, payments + returned).state()
    made = module.transactions(state)
    for party in (ANN, BOB, BODY):
        left = [balance(made, ORG, party), balance(made, party, ORG)]
        left.append(balance(made, party, account="costs"))
        assert left == [0, 0, 0]
    kept = [balance(made, ORG, account="stock"), balance(made, ORG, account="costs")]
    assert kept == [0, 0]


@pytest.mark.usefixtures("mutant")
def test_books_that_forget_a_side_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: the payer's word stands in the payee's books."""
    honest = module._payments

    def one_sided(state: Any) -> Any:
        return (one for one in honest(state) if one.postings[0].books == ORG)

    monkeypatch.setattr(module, "_payments", one_sided)
    with pytest.raises(AssertionError):
        test_books_balance_agree_and_explain_themselves()


@pytest.mark.usefixtures("mutant")
def test_documents_posted_each_by_itself_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: no cumulative difference, so cents drift and credit notes do not cancel."""
    monkeypatch.setattr(
        module, "shares_of", lambda state, goods, papers: reckon_one(state, goods, papers[-1:])
    )
    monkeypatch.setattr(module, "differences", lambda before, after: dict(after))
    with pytest.raises(AssertionError):
        test_taking_everything_back_leaves_nothing()


def reckon_one(state: Any, goods: Any, papers: Any) -> Any:
    from fedlab.ledger.reckoning import shares_of

    return shares_of(state, goods, papers)


def test_a_reckoning_is_of_known_rules_only() -> None:
    from fedlab.ledger.reckoning import can_reckon

    assert can_reckon(Buying().state())
    assert not can_reckon(Buying(rules=2).state())
    assert isinstance(reckon(Buying().state()), Reckoning)
