"""What counts of a purchase, and what does not: the same for everybody who holds its entries."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.ledger import purchases as module
from fedlab.ledger.book import missing
from fedlab.ledger.facts import FAMILIES
from fedlab.ledger.purchasefacts import (
    Helper,
    MandateGrant,
    PartySum,
    PartyWeight,
    Pledge,
    PledgeFor,
    PledgeTransfer,
    PledgeWithdraw,
    PurchaseAmend,
    PurchaseArticle,
    PurchaseCall,
    PurchaseCancel,
    PurchaseOpen,
    PurchaseParts,
    PurchaseSeal,
    PurchaseTake,
    Take,
)
from fedlab.ledger.purchasestate import PurchaseState, Stage
from fedlab.ledger.sealing import seal_root
from fedlab.ledger.settlingfacts import (
    CreditCarry,
    PaymentReceived,
    PaymentSent,
    PurchaseClose,
    PurchaseCreditNote,
    PurchaseDelivery,
    PurchaseHandOver,
    PurchaseInvoice,
    PurchaseOrder,
    PurchaseReceive,
    PurchaseRemind,
    ShareAccept,
    ShareDispute,
    ShareResolve,
    StatementAgree,
    SupplierPaid,
    VarianceAccept,
    VarianceWaive,
)
from fedlab.protocol.entry import Entry, FactHead, Status
from tests.ledger.buying import (
    ANN,
    BOB,
    BODY,
    CAT,
    DAY,
    ORG,
    STRANGER,
    Buying,
    came,
    charge,
    document,
    handed,
    ordered,
    wanted,
)


def sealed(**terms: Any) -> Buying:
    """Ann and Bob want sheets; it is sealed."""
    buying = Buying(**terms)
    buying.article(1, 10_00)
    buying.pledge(ANN, (1, 3))
    buying.pledge(BOB, (1, 2, 1, None))
    buying.take()
    buying.seal()
    return buying


def test_pledges_add_up_line_by_line() -> None:
    buying = Buying()
    buying.article(1, 10_00)
    buying.article(2, 5_00)
    buying.pledge(ANN, (1, 3), (2, 1), cap=50_00)
    buying.pledge(ANN, (2, 4), cap=60_00)
    pledged = buying.state().pledges[ANN]
    assert {number: line.firm for number, line in pledged.lines.items()} == {1: 3000, 2: 4000}
    assert pledged.cap == 60_00
    buying.pledge(ANN, (1, 0), (2, 0))
    assert buying.state().pledges == {}


def test_who_withdraws_wants_nothing_any_more() -> None:
    buying = Buying()
    buying.article(1, 10_00)
    buying.pledge(ANN, (1, 3))
    buying.say(ANN, PledgeWithdraw)
    assert buying.state().pledges == {}
    assert buying.status(buying.say(ANN, PledgeWithdraw)) is Status.OUT_OF_TURN


def test_half_a_sheet_is_not_pledged() -> None:
    buying = Buying()
    buying.article(1, 10_00, grain=500)
    buying.article(1, 10_00)
    halves = module.Pledge(
        at=1, by=ANN, e=0, n=1, purchase=buying.root, version=buying.version,
        lines=buying.pledge(BOB, (1, 2)).fact.lines,  # type: ignore[union-attr]
    )  # fmt: skip
    line = msgspec.structs.replace(halves.lines[0], firm=1500)
    entry = buying.say(ANN, Pledge, version=buying.version, lines=(line,))
    assert buying.status(entry) is Status.NOT_A_MULTIPLE


def test_a_pledge_for_an_outside_body_is_the_organisers_word() -> None:
    buying = Buying()
    buying.article(1, 10_00)
    theirs = buying.pledge(ORG, (1, 5), kind=PledgeFor, body=BODY)
    assert buying.state().pledges[BODY].outside
    buying.seal(theirs)
    assert buying.state().stage is Stage.SEALED
    assert list(buying.state().pledges) == [BODY]


# --- sealing ---


def test_after_the_seal_only_what_was_taken_counts() -> None:
    """Below a quoted head and not taken is omitted, above it is late."""
    buying = Buying()
    buying.article(1, 10_00)
    buying.pledge(ANN, (1, 3))
    more = buying.pledge(ANN, (1, 4))
    buying.pledges[ANN] = buying.logs[ANN][0].id.hex()
    never = buying.pledge(BOB, (1, 9))
    cats = buying.pledge(CAT, (1, 1))
    buying.take(ANN)
    buying.say(ORG, PurchaseTake, takes=(Take(seen=buying.seen(CAT)),))
    late = buying.pledge(ANN, (1, 5))
    taken = [buying.logs[ANN][0].id.hex()]
    buying.say(ORG, PurchaseSeal, count=1, root=seal_root(taken))
    assert buying.state().pledges[ANN].lines[1].firm == 3000
    assert list(buying.state().pledges) == [ANN]
    assert buying.status(more) is Status.OMITTED
    assert buying.status(late) is Status.LATE
    assert buying.status(never) is Status.LATE, "nobody can say that the organiser had seen it"
    assert buying.status(cats) is Status.OMITTED, "it said that it had seen this, and took nothing"
    assert buying.state().omitted == tuple(sorted([more.id.hex(), cats.id.hex()]))


def test_a_seal_over_other_pledges_than_those_taken_is_none() -> None:
    buying = Buying()
    buying.article(1, 10_00)
    buying.pledge(ANN, (1, 3))
    buying.take()
    wrong = buying.say(ORG, PurchaseSeal, count=1, root=seal_root(["00" * 32]))
    assert buying.status(wrong) is Status.SEAL_DIFFERS
    assert buying.state().stage is Stage.OPEN
    buying.seal()
    assert buying.state().stage is Stage.SEALED


def test_there_is_one_seal() -> None:
    buying = sealed()
    again = buying.seal()
    assert buying.status(again) is Status.OUT_OF_TURN


def test_what_was_taken_and_is_not_held_yet_marks_nothing() -> None:
    """Law 2: a subject that is partial says nothing about omissions."""
    buying = sealed()
    entries = [entry for entry in buying.entries() if entry.lab != ANN]
    outcome = buying.outcome(entries)
    assert isinstance(outcome.state, PurchaseState)
    assert ANN not in outcome.state.pledges and not outcome.statuses
    held = {(lab, 0): len(log) + 1 for lab, log in buying.logs.items() if lab != ANN}
    assert missing(entries, held, lambda seen: True) == {(ANN, 0): 2}, "it is told what is missing"


# --- terms ---


def test_a_dearer_article_suspends_the_pledges_on_it() -> None:
    buying = Buying()
    buying.article(1, 10_00)
    buying.article(2, 10_00)
    first = buying.pledge(ANN, (1, 3))
    buying.pledge(BOB, (2, 1))
    buying.article(1, 10_01)
    assert buying.status(first) is Status.SUSPENDED
    assert buying.state().suspended == (ANN,)
    assert list(buying.state().pledges) == [BOB]
    buying.pledge(ANN, (1, 3))
    assert set(buying.state().pledges) == {ANN, BOB}


@pytest.mark.parametrize(
    ("steps", "worse"),
    [
        (((1, 9_99),), False),
        (((1, 10_00), (5, 8_00)), False),
        (((2, 9_00),), True),  # one alone can no longer be bought
        (((1, 9_00), (3, 10_01)), True),
    ],
)
def test_what_is_worse(steps: tuple[tuple[int, int], ...], worse: bool) -> None:
    buying = Buying()
    buying.article(1, 10_00)
    pledge = buying.pledge(ANN, (1, 3))
    buying.article(1, 0, steps=steps)
    assert (buying.status(pledge) is Status.SUSPENDED) == worse


def test_a_charge_more_suspends_everybody() -> None:
    buying = Buying(charges=(charge(1, 30_00, "equal"),))
    buying.article(1, 10_00)
    pledge = buying.pledge(ANN, (1, 3))
    less = {"mode": "mandate", "charges": (charge(1, 29_00, "equal"),)}
    buying.say(ORG, PurchaseAmend, **less)
    assert buying.status(pledge) is Status.COUNTED
    buying.say(ORG, PurchaseAmend, mode="mandate", charges=(charge(1, 29_00, "value"),))
    assert buying.status(pledge) is Status.SUSPENDED


def test_after_the_seal_terms_stand() -> None:
    buying = sealed(charges=(charge(1, 30_00, "equal"),))
    entry = buying.say(ORG, PurchaseAmend, mode="mandate")
    assert buying.status(entry) is Status.TERMS_SEALED
    later = buying.say(
        ORG, PurchaseAmend, mode="mandate", charges=(charge(1, 30_00, "equal"),), deadline=DAY
    )
    assert buying.status(later) is Status.COUNTED


def test_without_a_mode_no_order() -> None:
    buying = sealed(mode=msgspec.UNSET)
    entry = buying.say(ORG, PurchaseOrder, lines=ordered(a1=5))
    assert buying.status(entry) is Status.NO_MODE
    buying.say(ORG, PurchaseAmend, mode="direct")
    assert buying.status(buying.say(ORG, PurchaseOrder, lines=ordered(a1=5))) is Status.COUNTED


# --- who may say what ---


ORGANISER, HELPER, PARTICIPANT = "organiser", "helper", "participant"
AUTHORITY: dict[type[FactHead], set[str]] = {
    PurchaseAmend: {ORGANISER},
    PurchaseArticle: {ORGANISER},
    PurchaseParts: {ORGANISER},
    PurchaseCancel: {ORGANISER},
    PledgeFor: {ORGANISER},
    PurchaseTake: {ORGANISER},
    PurchaseSeal: {ORGANISER},
    PurchaseCall: {ORGANISER},
    VarianceWaive: {ORGANISER},
    ShareResolve: {ORGANISER},
    CreditCarry: {ORGANISER},
    PurchaseRemind: {ORGANISER},
    PurchaseClose: {ORGANISER},
    PurchaseOrder: {ORGANISER, HELPER},
    PurchaseDelivery: {ORGANISER, HELPER},
    PurchaseHandOver: {ORGANISER, HELPER},
    PurchaseInvoice: {ORGANISER, HELPER},
    PurchaseCreditNote: {ORGANISER, HELPER},
    SupplierPaid: {ORGANISER, HELPER},
    PurchaseReceive: {ORGANISER, PARTICIPANT},
    PaymentSent: {ORGANISER, PARTICIPANT},
    PaymentReceived: {ORGANISER, PARTICIPANT},
    PledgeTransfer: {ORGANISER, PARTICIPANT},
    MandateGrant: {PARTICIPANT},
    VarianceAccept: {PARTICIPANT},
    ShareAccept: {PARTICIPANT},
    ShareDispute: {PARTICIPANT},
    StatementAgree: {PARTICIPANT},
}


def test_the_table_of_authority_has_every_fact() -> None:
    """But opening, pledging and withdrawing: whoever pledges is a participant."""
    family = next(family for family in FAMILIES if family.kind == "purchase")
    assert set(AUTHORITY) | {PurchaseOpen, Pledge, PledgeWithdraw} == set(family.facts)


@pytest.mark.parametrize("kind", AUTHORITY, ids=lambda kind: kind.__struct_config__.tag)
def test_who_has_no_authority_has_no_say(kind: type[FactHead]) -> None:
    """Law 1, and property 6: from anyone else a fact is inert, and moves nothing."""
    powers = ("deliver", "hand_over", "invoice", "order")
    for who, lab in {ORGANISER: ORG, HELPER: CAT, PARTICIPANT: ANN, "stranger": STRANGER}.items():
        buying = sealed(helpers=(Helper(lab=CAT, powers=powers),))
        before = buying.state()
        entry = buying.say(lab, kind, **sample(buying, lab, kind))
        status = buying.status(entry)
        assert (status is Status.WRONG_AUTHOR) == (who not in AUTHORITY[kind]), (who, status)
        if status is Status.WRONG_AUTHOR:
            assert buying.state() == before


def sample(buying: Buying, lab: str, kind: type[FactHead]) -> dict[str, Any]:
    """Return fields with which a fact of that type can be written."""
    paid = {"cents": 5, "method": "cash", "day": DAY}
    other = ORG if lab != ORG else ANN
    giver, taker = sorted((lab, other))
    samples: dict[type[FactHead], dict[str, Any]] = {
        PurchaseArticle: {"article": 9, "unit": "kg", "pack": 1, "grain": 1, "rate": 0},
        PurchaseParts: {"charge": 1, "parts": (PartyWeight(party=ANN, part=1),)},
        PledgeFor: {"body": BODY, "version": buying.version, "lines": (wanted((1, 1)),)},
        PurchaseTake: {"takes": (Take(seen=buying.seen(BOB)),)},
        PurchaseSeal: {"count": 0, "root": seal_root([])},
        PurchaseCall: {"sums": (PartySum(party=ANN, cents=5),)},
        VarianceWaive: {"article": 1, "cents": 5},
        ShareResolve: {"dispute": "00" * 32, "cents": 5},
        CreditCarry: {"party": ANN, "into": "00" * 32, "cents": 5},
        PurchaseRemind: {"day": DAY, "parties": (ANN,)},
        PurchaseClose: {"total": 0},
        PurchaseOrder: {"lines": ordered(a1=5)},
        PurchaseDelivery: {"day": DAY, "lines": came(a1=5)},
        PurchaseHandOver: {"party": ANN, "lines": handed(a1=5)},
        PurchaseInvoice: document((1, 5, 50_00)),
        PurchaseCreditNote: document((1, 5, 50_00)),
        SupplierPaid: paid,
        PurchaseReceive: {"lines": handed(a1=5)},
        PaymentSent: {"to": other, **paid},
        PaymentReceived: {"payer": other, **paid},
        PledgeTransfer: {"giver": giver, "taker": taker, "article": 1, "quantity": 1000},
        MandateGrant: {"cap": 5},
        VarianceAccept: {"cents": 5},
        ShareAccept: {"cents": 5, "seen": buying.seen(other)},
        ShareDispute: {"reason": "other"},
        StatementAgree: {"cents": 5, "seen": buying.seen(other)},
    }
    return samples.get(kind, {})


def test_a_fold_that_lets_anybody_take_part_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module._Folding, "_parties", lambda self, logs: {*logs, *self.pledges})
    with pytest.raises(AssertionError):
        test_who_has_no_authority_has_no_say(PaymentSent)


def test_whoever_only_speaks_of_a_purchase_has_no_part_in_it() -> None:
    buying = sealed(helpers=(Helper(lab=CAT, powers=("deliver",)),))
    buying.say(STRANGER, PurchaseCancel)
    assert buying.outcome().parties == (ORG, ANN, BOB, CAT)


def test_a_helper_does_what_it_may() -> None:
    buying = sealed(helpers=(Helper(lab=CAT, powers=("deliver", "hand_over")),))
    order = buying.say(CAT, PurchaseOrder, lines=ordered(a1=5))
    delivery = buying.say(CAT, PurchaseDelivery, day=DAY, lines=came(a1=5))
    assert buying.status(order) is Status.WRONG_AUTHOR
    assert buying.status(delivery) is Status.COUNTED
    assert sum(line.line.accepted for line in buying.state().delivered) == 5000


def test_an_entry_again_takes_the_place_of_the_first() -> None:
    buying = sealed()
    buying.say(ORG, PurchaseOrder, lines=ordered(a1=5))
    first = buying.say(ORG, PurchaseDelivery, day=DAY, lines=came(a1=5))
    buying.say(ORG, PurchaseDelivery, day=DAY, lines=came(a1=4), replaces=first.id.hex())
    assert buying.status(first) is Status.REPLACED
    assert [line.line.accepted for line in buying.state().delivered] == [4000]
    again = buying.say(ORG, PurchaseDelivery, day=DAY, lines=came(a1=3), replaces=first.id.hex())
    assert buying.status(again) is Status.UNKNOWN_REFERENCE


def test_an_invoice_that_does_not_add_up_is_refused() -> None:
    buying = sealed()
    buying.say(ORG, PurchaseOrder, lines=ordered(a1=5))
    fields = document((1, 5, 50_00))
    wrong = {**fields, "rates": (msgspec.structs.replace(fields["rates"][0], net=50_01),)}
    assert buying.status(buying.say(ORG, PurchaseInvoice, **wrong)) is Status.NOT_ADDING_UP
    assert buying.status(buying.say(ORG, PurchaseInvoice, **fields)) is Status.COUNTED


def test_a_transfer_takes_both_labs() -> None:
    buying = sealed()
    fields = {"giver": ANN, "taker": BOB, "article": 1, "quantity": 1000}
    first = buying.say(ANN, PledgeTransfer, **fields)
    assert buying.status(first) is Status.NOT_CONFIRMED
    buying.say(BOB, PledgeTransfer, **fields)
    assert buying.status(first) is Status.COUNTED
    assert len(buying.state().transfers) == 1


def test_payments_pass_between_the_organiser_and_a_party() -> None:
    buying = sealed()
    paid = {"cents": 5, "method": "cash", "day": DAY}
    assert buying.status(buying.say(ANN, PaymentSent, to=ORG, **paid)) is Status.COUNTED
    assert buying.status(buying.say(ORG, PaymentReceived, payer=ANN, **paid)) is Status.COUNTED
    among = buying.say(ANN, PaymentSent, to=BOB, **paid)
    assert buying.status(among) is Status.UNKNOWN_REFERENCE


def test_closing_needs_answers_or_two_dated_reminders() -> None:
    buying = sealed()
    buying.say(ORG, PurchaseOrder, lines=ordered(a1=5))
    buying.say(ANN, ShareAccept, cents=0, seen=buying.seen(ORG))
    buying.say(ORG, PurchaseRemind, day=DAY, parties=(BOB,))
    buying.say(ORG, PurchaseRemind, day=DAY, parties=(BOB,))
    early = buying.say(ORG, PurchaseClose, total=0)
    assert buying.status(early) is Status.UNANSWERED
    buying.say(ORG, PurchaseRemind, day="2026-12-20", parties=(BOB,))
    assert buying.status(buying.say(ORG, PurchaseClose, total=0)) is Status.COUNTED
    assert buying.state().stage is Stage.CLOSED
    after = buying.say(ORG, PurchaseInvoice, **document((1, 5, 50_00)))
    assert buying.status(after) is Status.OUT_OF_TURN


def test_cancelled_before_the_order_it_is_over() -> None:
    buying = Buying()
    buying.article(1, 10_00)
    buying.say(ORG, PurchaseCancel)
    assert buying.state().stage is Stage.CANCELLED and not buying.outcome().open
    buying.article(2, 10_00)
    assert list(buying.state().articles) == [1]


def test_without_the_opening_nothing_is_known() -> None:
    buying = sealed()
    outcome = buying.outcome(buying.logs[ANN])
    assert outcome.state is None
    assert set(outcome.statuses.values()) == {Status.UNKNOWN_SUBJECT}


# --- any order, any duplication ---


def whole() -> Buying:
    """A purchase in which almost everything happens, some of it wrongly."""
    buying = sealed(
        charges=(charge(1, 6_00, "equal"),), helpers=(Helper(lab=CAT, powers=("deliver",)),)
    )
    buying.pledge(BOB, (1, 7))
    buying.say(ORG, PurchaseOrder, lines=ordered(a1=5))
    buying.say(CAT, PurchaseDelivery, day=DAY, lines=came(a1=2))
    buying.say(CAT, PurchaseDelivery, day=DAY, lines=came(a1=2))
    buying.say(ORG, PurchaseInvoice, **document((1, 5, 50_00), charges=[(1, 7_00)]))
    for lab in (ANN, BOB, STRANGER):
        buying.say(lab, PurchaseReceive, lines=handed(a1=1))
        buying.say(lab, PaymentSent, to=ORG, cents=30_00, method="transfer", day=DAY)
    buying.say(ORG, PaymentReceived, payer=ANN, cents=29_00, method="transfer", day=DAY)
    buying.say(ANN, ShareAccept, cents=31_00, seen=buying.seen(ORG))
    buying.say(ORG, PurchaseSeal, count=0, root=seal_root([]))
    return buying


WHOLE = whole()


def as_folded(entries: list[Entry]) -> tuple[bytes, object]:
    outcome = module.fold_purchase(WHOLE.root, entries)
    return msgspec.msgpack.encode(outcome.state), outcome.statuses


@given(st.randoms(use_true_random=False), st.integers(0, 5))
def test_in_any_order_and_however_often_it_folds_alike(draw: random.Random, copies: int) -> None:
    """Property 5."""
    entries = WHOLE.entries()
    entries += draw.choices(entries, k=copies)
    draw.shuffle(entries)
    assert as_folded(entries) == as_folded(WHOLE.entries())


@pytest.mark.usefixtures("mutant")
def test_a_fold_in_order_of_arrival_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "sorted", lambda found, key=None: list(found), raising=False)
    with pytest.raises((AssertionError, StopIteration)):
        test_in_any_order_and_however_often_it_folds_alike()


def test_the_state_is_read_back() -> None:
    """It is kept in the store as MessagePack."""
    state = WHOLE.state()
    packed = msgspec.msgpack.encode(state)
    assert msgspec.msgpack.decode(packed, type=PurchaseState) == state
