"""Where two words about a purchase differ, each one row; and what else somebody should look at."""

from collections.abc import Iterator
from enum import StrEnum

from msgspec import UNSET, Struct

from fedlab.ledger.match import Billed, Mismatch, Tolerated, match
from fedlab.ledger.packs import price_of
from fedlab.ledger.purchasestate import Payment, PurchaseState
from fedlab.ledger.reckoning import Reckoning
from fedlab.ledger.split import STOCK, Party
from fedlab.ledger.terms import ladder_of
from fedlab.protocol.entry import EntryId


class Finding(StrEnum):
    """What does not agree, or is missing."""

    ANSWER_DIFFERS = "answer_differs"  # agreed to another share than it is now
    CAP_BROKEN = "cap_broken"  # the organiser bears what is beyond it, until it is accepted
    HANDED_DIFFERS = "handed_differs"  # handed over and received
    NOT_HANDED = "not_handed"  # allotted and not handed over
    NO_MANDATE = "no_mandate"  # bought in its name without a mandate, or beyond it
    OMITTED = "omitted"  # the organiser had seen it, and did not take it
    ORDER_DIFFERS = "order_differs"  # other packs than the pledges come to
    PAID_DIFFERS = "paid_differs"  # sent and received


class Discrepancy(Struct, frozen=True, kw_only=True):
    """One row: about whom, which article, and the two figures that differ."""

    what: Finding
    party: Party | None = None
    article: int | None = None
    said: int | None = None  # cents, thousandths or packs, by the first of the two
    other: int | None = None
    entries: tuple[EntryId, ...] = ()


def discrepancies(state: PurchaseState, reckoned: Reckoning) -> list[Discrepancy]:
    """Return every place where words differ."""
    return [
        *(Discrepancy(what=Finding.OMITTED, entries=(entry,)) for entry in state.omitted),
        *_of_orders(state, reckoned),
        *_of_goods(state, reckoned),
        *_of_payments(state),
        *_of_shares(state, reckoned),
    ]


def _of_orders(state: PurchaseState, reckoned: Reckoning) -> Iterator[Discrepancy]:
    for number in sorted({*state.ordered, *reckoned.plan.packs}) if state.ordered else ():
        ordered, planned = state.ordered.get(number, 0), reckoned.plan.packs.get(number, 0)
        if ordered != planned:
            yield Discrepancy(
                what=Finding.ORDER_DIFFERS, article=number, said=ordered, other=planned
            )


def _of_goods(state: PurchaseState, reckoned: Reckoning) -> Iterator[Discrepancy]:
    """Yield what was handed over and received, and what is still to hand over."""
    for party in sorted({*state.handed, *state.received}):
        handed, received = state.handed.get(party, {}), state.received.get(party, {})
        outside = party in state.pledges and state.pledges[party].outside
        for number in sorted({*handed, *received}):
            said, other = handed.get(number, 0), received.get(number, 0)
            if said != other and not outside:
                yield Discrepancy(
                    what=Finding.HANDED_DIFFERS, party=party, article=number, said=said, other=other
                )
    came = {line.line.article for line in state.delivered}
    for number in sorted(came):
        for party, allotted in sorted(reckoned.goods[number].items()):
            handed_over = state.handed.get(party, {}).get(number, 0)
            if party not in (STOCK, state.organiser) and handed_over != allotted:
                yield Discrepancy(
                    what=Finding.NOT_HANDED,
                    party=party,
                    article=number,
                    said=handed_over,
                    other=allotted,
                )


def _of_payments(state: PurchaseState) -> Iterator[Discrepancy]:
    """Yield payments sent that were received otherwise, or not at all, or never sent.

    A payment received answers the one that it names; a body without a node sends no word.
    """
    sent = {paid.entry: paid for paid in state.payments if paid.by == paid.payer}
    answers: dict[EntryId, list[Payment]] = {}
    for paid in state.payments:
        if paid.by != paid.payee:
            continue
        outside = paid.payer in state.pledges and state.pledges[paid.payer].outside
        if paid.sent in sent:
            answers.setdefault(paid.sent, []).append(paid)
        elif not outside:
            yield Discrepancy(
                what=Finding.PAID_DIFFERS,
                party=paid.payer,
                said=0,
                other=paid.cents,
                entries=(paid.entry,),
            )
    for entry, paid in sent.items():
        received = answers.get(entry, [])
        other = sum(one.cents for one in received)
        to_outside = paid.payee in state.pledges and state.pledges[paid.payee].outside
        if other != paid.cents and not to_outside:
            yield Discrepancy(
                what=Finding.PAID_DIFFERS,
                party=paid.payer,
                said=paid.cents,
                other=other,
                entries=(entry, *(one.entry for one in received)),
            )


def _of_shares(state: PurchaseState, reckoned: Reckoning) -> Iterator[Discrepancy]:
    for party, one in sorted(reckoned.bearing.items()):
        if one.excess:
            yield Discrepancy(
                what=Finding.CAP_BROKEN, party=party, said=one.share, other=one.share - one.excess
            )
        answer = state.answers.get(party)
        if answer is not None and answer.cents is not None and answer.cents != one.due:
            yield Discrepancy(
                what=Finding.ANSWER_DIFFERS,
                party=party,
                said=answer.cents,
                other=one.due,
                entries=(answer.entry,),
            )
        pledged = state.pledges.get(party)
        if state.mode == "mandate" and pledged and not pledged.outside and party != state.organiser:
            allowed = state.mandates.get(party)
            if allowed is None or allowed < one.due:
                yield Discrepancy(what=Finding.NO_MANDATE, party=party, said=allowed, other=one.due)


def three_way(state: PurchaseState) -> list[Mismatch]:
    """Return the exceptions between order, goods and documents that nobody has waived."""
    tolerated = Tolerated(
        cents=0 if state.terms.passes is UNSET else state.terms.passes,
        rate=0 if state.terms.passes_rate is UNSET else state.terms.passes_rate,
    )
    announced = () if state.terms.charges is UNSET else state.terms.charges
    charges = {line.charge: (line.net, 0) for line in announced}
    for paper in state.papers:
        for charge in paper.charges:
            net, invoiced = charges.get(charge.charge, (0, 0))
            charges[charge.charge] = net, invoiced + paper.sign * charge.net
    articles = {number: _billed(state, number) for number in state.articles}
    found = match(articles, charges, tolerated)
    return [
        one
        for one in found
        if abs(one.cents) > state.waived.get(f"{one.line[0]}/{one.line[1]}", -1)
    ]


def _billed(state: PurchaseState, number: int) -> Billed:
    article, packs = state.articles[number], state.ordered.get(number, 0)
    lines = [
        (paper.sign, line)
        for paper in state.papers
        for line in paper.lines
        if line.article == number
    ]
    return Billed(
        ordered=packs * article.pack,
        ordered_net=price_of(ladder_of(article), packs),
        accepted=sum(d.line.accepted for d in state.delivered if d.line.article == number),
        invoiced=sum(sign * line.quantity for sign, line in lines),
        invoiced_net=sum(sign * line.net for sign, line in lines),
    )
