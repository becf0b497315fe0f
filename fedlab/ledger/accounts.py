"""The books that a purchase makes for each lab, and why a balance is what it is.

Every event is a *transaction*: postings in one lab's books that sum to zero. What passes between
two labs stands in both their books, once in each direction, so that what one is owed is what the
other owes. A payment stands in the payer's books on the payer's word and in the payee's on the
payee's: where the words differ, so do the balances, and the difference is a row of
`discrepancies`. Nobody's books are changed by another's word.

A document is posted as the difference that it makes to everybody's share (`split.differences`),
so invoices, credit notes and corrections end at the share of all of them together. Debits are
above zero, credits below.

Accounts: `costs` is what a lab consumed, `stock` what the organiser bears for nobody, `supplier`
what is owed to the supplier, `lab` what is owed by or to another lab, `money` bank and cash.
In mode *direct* the supplier invoices each lab, and no debt between labs comes of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from fedlab.ledger.purchasestate import PurchaseState
from fedlab.ledger.reckoning import (
    Bearing,
    Goods,
    bearing_of,
    goods_of,
    plan_of,
    reckon,
    shares_of,
)
from fedlab.ledger.split import STOCK, Party, Share, differences
from fedlab.protocol.entry import EntryId

AccountName = Literal["costs", "lab", "money", "stock", "supplier"]


class Posting(NamedTuple):
    """So many cents on an account in somebody's books; below zero on the credit side."""

    books: Party
    account: AccountName
    other: Party | None  # with whom, for `lab`
    purchase: EntryId
    cents: int


class Transaction(Struct, frozen=True):
    """What one entry makes in one lab's books; its postings sum to zero."""

    entry: EntryId
    day: str
    postings: tuple[Posting, ...]


def transactions(state: PurchaseState) -> list[Transaction]:
    """Return everything that a purchase posts, by day, in every party's books."""
    made = [
        *_documents(state, goods_of(state, plan_of(state))),
        *_supplier_payments(state),
        *_payments(state),
        *_carried(state),
    ]
    return sorted((one for one in made if one.postings), key=lambda one: (one.day, one.entry))


def _transaction(entry: EntryId, day: str, postings: Iterable[Posting]) -> Transaction:
    moved = tuple(posting for posting in postings if posting.cents)
    assert sum(posting.cents for posting in moved) == 0
    assert len({posting.books for posting in moved}) <= 1
    return Transaction(entry, day, moved)


def _documents(state: PurchaseState, goods: Goods) -> Iterator[Transaction]:
    """Yield what each document adds to everybody's share, in everybody's books."""
    if state.mode is None:
        return
    before: Mapping[Party, Bearing] = {}
    for number, paper in enumerate(state.papers, start=1):
        after = bearing_of(state, goods, shares_of(state, goods, state.papers[:number]))
        share = differences(_shares(before), _shares(after))
        borne = differences(_borne(before), _borne(after))
        organiser, purchase = state.organiser, state.purchase
        direct = state.mode == "direct"
        others = sorted({*share, *borne} - {organiser, STOCK})
        own, stock = share.get(organiser, 0), share.get(STOCK, 0)
        mine = [
            Posting(organiser, "costs", None, purchase, own - borne.get(organiser, 0)),
            Posting(organiser, "stock", None, purchase, stock + sum(borne.values())),
        ]
        for party in others:
            whole, relief = share.get(party, 0), borne.get(party, 0)
            owed = -relief if direct else whole - relief
            billed = whole if direct else 0
            mine.append(Posting(organiser, "lab", party, purchase, owed))
            theirs = [
                Posting(party, "costs", None, purchase, whole - relief),
                Posting(party, "supplier", None, purchase, -billed),
                Posting(party, "lab", organiser, purchase, -owed),
            ]
            yield _transaction(paper.entry, paper.day, theirs)
        to_supplier = own + stock if direct else sum(share.values())
        mine.append(Posting(organiser, "supplier", None, purchase, -to_supplier))
        yield _transaction(paper.entry, paper.day, mine)
        before = after


def _shares(bearing: Mapping[Party, Bearing]) -> dict[Party, int]:
    return {party: one.share for party, one in bearing.items()}


def _borne(bearing: Mapping[Party, Bearing]) -> dict[Party, int]:
    """Return what the organiser bears of others' shares."""
    return {party: one.excess + one.conceded for party, one in bearing.items()}


def _supplier_payments(state: PurchaseState) -> Iterator[Transaction]:
    for paid in state.paid_supplier:
        yield _transaction(
            paid.entry,
            paid.day,
            [
                Posting(paid.by, "supplier", None, state.purchase, paid.cents),
                Posting(paid.by, "money", None, state.purchase, -paid.cents),
            ],
        )


def _payments(state: PurchaseState) -> Iterator[Transaction]:
    for paid in state.payments:
        sent = paid.by == paid.payer
        other = paid.payee if sent else paid.payer
        cents = paid.cents if sent else -paid.cents
        yield _transaction(
            paid.entry,
            paid.day,
            [
                Posting(paid.by, "lab", other, state.purchase, cents),
                Posting(paid.by, "money", None, state.purchase, -cents),
            ],
        )


def _carried(state: PurchaseState) -> Iterator[Transaction]:
    """Yield what is moved to another purchase: the same two labs owe each other as much."""
    for moved in state.carried:
        both = [(state.organiser, moved.party, 1), (moved.party, state.organiser, -1)]
        for books, other, sign in both:
            yield _transaction(
                moved.entry,
                "",  # by agreement, and not by date: it changes no sum of the two labs
                [
                    Posting(books, "lab", other, state.purchase, sign * moved.cents),
                    Posting(books, "lab", other, moved.into, -sign * moved.cents),
                ],
            )


# --- balances ---


def balance(
    made: Iterable[Transaction],
    books: Party,
    other: Party | None = None,
    *,
    account: AccountName = "lab",
    purchase: EntryId | None = None,
    until: str | None = None,
) -> int:
    """Return what an account stands at: of `lab`, what the other owes above zero.

    With another lab or with all, of one purchase or of all that are given, up to a day included.
    """
    return sum(
        posting.cents
        for one in made
        if until is None or one.day <= until
        for posting in one.postings
        if posting.books == books
        and posting.account == account
        and (other is None or posting.other == other)
        and (purchase is None or posting.purchase == purchase)
    )


# --- why ---


class Because(Struct, frozen=True, kw_only=True):
    """One reason of a balance: cents that a party owes more, or less where below zero."""

    what: Literal["carried", "conceded", "excess", "paid", "refunded", "share"]
    cents: int
    entries: tuple[EntryId, ...]  # which say so
    share: Share | None = None  # how it was split, with weights and odd cent


def explain(state: PurchaseState, party: Party) -> list[Because]:
    """Return why a party owes the organiser what it owes, by the organiser's books.

    The reasons sum to `balance(transactions, organiser, party)`, and every share among them can be
    computed by hand from what it says.
    """
    reckoned = reckon(state)
    reasons: list[Because] = []
    one = reckoned.bearing.get(party)
    if one is not None and state.mode is not None:
        papers = tuple(paper.entry for paper in state.papers)
        if state.mode != "direct":
            reasons += [
                Because(what="share", cents=share.cents, entries=papers, share=share)
                for share in reckoned.shares.explain(party)
            ]
        reasons.append(Because(what="excess", cents=-one.excess, entries=papers))
        answer = state.answers.get(party)
        disputed = (answer.entry,) if answer else ()
        reasons.append(Because(what="conceded", cents=-one.conceded, entries=disputed))
    for paid in state.payments:
        if paid.by == state.organiser and paid.payer == party:
            reasons.append(Because(what="paid", cents=-paid.cents, entries=(paid.entry,)))
        elif paid.by == state.organiser and paid.payee == party:
            reasons.append(Because(what="refunded", cents=paid.cents, entries=(paid.entry,)))
    reasons += [
        Because(what="carried", cents=moved.cents, entries=(moved.entry,))
        for moved in state.carried
        if moved.party == party
    ]
    return [reason for reason in reasons if reason.cents]
