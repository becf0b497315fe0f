"""What follows from a purchase: plan, goods, shares, who bears what, and what does not agree.

All of it is computed when it is looked at, by everybody alike, from what `purchases` found to
count. Nothing here is stored or believed from others.

**Goods.** Of each article, what was accepted is allocated among the pledges (`allocation`); before
anything of it came, what was ordered. Substitutes come after the article itself: who gets them is
what more of the article would have given. Transfers move what a lab would get to another.

**Shares.** Documents are taken together and shared out (`costs`). What is invoiced beyond what was
accepted is a claim on the supplier, and the organiser's until a credit note comes.

**Who bears a share.** The participant; but what goes beyond its caps is the organiser's until it
accepts that, and so is what the organiser has conceded in a dispute.
"""

from collections.abc import Iterable, Mapping

from msgspec import UNSET, Struct

from fedlab.ledger.allocation import Want, allocate
from fedlab.ledger.costs import ArticleSum, Basis, ChargeSum, Document, Shares, share_out
from fedlab.ledger.plan import UNIT, Article, Charge, Line, Plan, Pledge, make_plan
from fedlab.ledger.purchasestate import RULES_KNOWN, PaperState, PurchaseState
from fedlab.ledger.split import STOCK, Party
from fedlab.ledger.terms import ladder_of
from fedlab.ledger.vat import RATE_WHOLE, RateSum

Goods = dict[int, dict[Party, int]]


class Bearing(Struct, frozen=True, kw_only=True):
    """A party's share and who bears it: `share = due + excess + conceded`."""

    share: int  # by the documents, all taxes in
    excess: int  # beyond its caps and not accepted: the organiser's
    conceded: int  # given in by the organiser
    due: int  # the party's own


class Reckoning(Struct, frozen=True, kw_only=True):
    """What a purchase comes to, as far as is known."""

    plan: Plan
    goods: Goods
    shares: Shares
    bearing: Mapping[Party, Bearing]


def can_reckon(state: PurchaseState) -> bool:
    """Say whether this fedlab knows the rules that the purchase names."""
    return state.rules in RULES_KNOWN


def reckon(state: PurchaseState) -> Reckoning:
    """Return what follows from a purchase; its rules must be known, see `can_reckon`."""
    assert can_reckon(state)
    plan = plan_of(state)
    goods = goods_of(state, plan)
    shares = shares_of(state, goods, state.papers)
    return Reckoning(
        plan=plan, goods=goods, shares=shares, bearing=bearing_of(state, goods, shares)
    )


def plan_of(state: PurchaseState) -> Plan:
    """Return what the pledges that count come to at announced prices."""
    articles = {
        number: Article(
            pack=article.pack,
            grain=article.grain,
            ladder=ladder_of(article),
            rate=article.rate,
            grams=0 if article.grams is UNSET else article.grams,
        )
        for number, article in state.articles.items()
        if article.ladder is not UNSET
    }
    announced = () if state.terms.charges is UNSET else state.terms.charges
    charges = {
        line.charge: Charge(
            net=line.net,
            rate=line.rate,
            basis=line.basis,
            fixed=state.parts.get(line.charge, {}),
        )
        for line in announced
    }
    pledges = {
        party: Pledge(
            lines={
                number: Line(Want(line.firm, line.more), line.cap)
                for number, line in pledged.lines.items()
                if number in articles
            },
            cap=pledged.cap,
        )
        for party, pledged in state.pledges.items()
    }
    return make_plan(state.purchase, articles, charges, pledges)


def goods_of(state: PurchaseState, plan: Plan) -> Goods:
    """Return who gets how much of each article, ordered or accepted."""
    accepted, instead = _accepted(state)
    wants = {number: _wants(state, plan, number) for number in state.articles}
    goods: Goods = {}
    for number, article in state.articles.items():
        if number in accepted or not wants[number]:
            own = accepted.get(number, 0)
        else:  # nothing of it came: what was ordered, or would be
            packs = state.ordered if state.ordered else plan.packs
            own = packs.get(number, 0) * article.pack
        goods[number] = allocate(state.purchase, number, own, article.grain, wants[number])
    for (substitute, number), much in sorted(instead.items()):
        grain = state.articles[number].grain
        before = goods[number]
        own = sum(before.values())
        more = allocate(state.purchase, number, own + much, grain, wants[number])
        held = goods[substitute]
        for party, quantity in more.items():
            # More delivered takes nothing from anybody, so no difference is below zero.
            held[party] = held.get(party, 0) + quantity - before.get(party, 0)
    for move in state.transfers:
        held = goods[move.article]
        much = min(move.quantity, held.get(move.giver, 0))
        held[move.giver] = held.get(move.giver, 0) - much
        held[move.taker] = held.get(move.taker, 0) + much
    return goods


def _accepted(state: PurchaseState) -> tuple[dict[int, int], dict[tuple[int, int], int]]:
    """Return what was accepted of each article, and of each as a substitute for another."""
    own: dict[int, int] = {}
    instead: dict[tuple[int, int], int] = {}
    for delivered in state.delivered:
        line = delivered.line
        if line.instead is UNSET:
            own[line.article] = own.get(line.article, 0) + line.accepted
        else:
            own.setdefault(line.article, 0)
            pair = line.article, line.instead
            instead[pair] = instead.get(pair, 0) + line.accepted
    return own, instead


def _wants(state: PurchaseState, plan: Plan, number: int) -> dict[Party, Want]:
    """Return what is wanted of an article by those whose caps did not drop them."""
    out = {drop.party for drop in plan.dropped if drop.article in (None, number)}
    return {
        party: Want(line.firm, line.more)
        for party, pledged in state.pledges.items()
        if (line := pledged.lines.get(number)) and party not in out
    }


def shares_of(state: PurchaseState, goods: Goods, papers: Iterable[PaperState]) -> Shares:
    """Return how these documents, taken together, are shared."""
    articles: dict[tuple[int, int], int] = {}
    invoiced: dict[int, int] = {}
    charges: dict[tuple[int, int], int] = {}
    rates: dict[int, RateSum] = {}
    for paper in papers:
        for line in paper.lines:
            key = line.article, line.rate
            articles[key] = articles.get(key, 0) + paper.sign * line.net
            quantity = paper.sign * line.quantity
            invoiced[line.article] = invoiced.get(line.article, 0) + quantity
        for charge in paper.charges:
            key = charge.charge, charge.rate
            charges[key] = charges.get(key, 0) + paper.sign * charge.net
        for said in paper.rates:
            old = rates.get(said.rate, RateSum(0, 0))
            rates[said.rate] = RateSum(
                old.net + paper.sign * said.net, old.vat + paper.sign * said.vat
            )
    basis = _bases(state)
    document = Document(
        tuple(ArticleSum(number, rate, net) for (number, rate), net in sorted(articles.items())),
        tuple(
            ChargeSum(number, rate, net, basis.get(number, "value"), state.parts.get(number, {}))
            for (number, rate), net in sorted(charges.items())
        ),
        rates,
    )
    billed = {number: _with_claim(goods[number], invoiced.get(number, 0)) for number in goods}
    grams = {
        number: article.grams
        for number, article in state.articles.items()
        if article.grams is not UNSET
    }
    return share_out(state.purchase, document, billed, grams)


def _bases(state: PurchaseState) -> dict[int, Basis]:
    announced = () if state.terms.charges is UNSET else state.terms.charges
    return {line.charge: line.basis for line in announced}


def _with_claim(held: Mapping[Party, int], invoiced: int) -> dict[Party, int]:
    """Return who bears an article's cost by quantity: what did not come is the organiser's."""
    claim = max(0, invoiced - sum(held.values()))
    return {**held, STOCK: held.get(STOCK, 0) + claim}


# --- who bears what ---


def bearing_of(state: PurchaseState, goods: Goods, shares: Shares) -> dict[Party, Bearing]:
    """Return who bears each party's share."""
    bearing = {}
    totals = shares.totals()
    for party, share in sorted(totals.items()):
        excess = 0
        if party in state.pledges and party != state.organiser:
            beyond = _beyond_caps(state, goods, shares, party, share)
            excess = max(0, beyond - state.accepted_excess.get(party, 0))
        conceded = min(state.resolved.get(party, 0), max(0, share - excess))
        bearing[party] = Bearing(
            share=share, excess=excess, conceded=conceded, due=share - excess - conceded
        )
    return bearing


def _beyond_caps(
    state: PurchaseState, goods: Goods, shares: Shares, party: Party, share: int
) -> int:
    """Return by how much a share is above what the party signed, per unit or in all."""
    pledged = state.pledges[party]
    beyond = 0 if pledged.cap is None else max(0, share - pledged.cap)
    net = sum(done.shares.get(party, 0) for done in shares.articles.values())
    charged = sum(
        done.shares.get(party, 0) * (RATE_WHOLE + rate)
        for (_, rate), done in shares.charges.items()
    )
    per_unit = 0
    for number, line in pledged.lines.items():
        if line.cap is None or not net:
            continue
        landed = sum(
            done.shares.get(party, 0) * ((RATE_WHOLE + rate) * net + charged)
            for (article, rate), done in shares.articles.items()
            if article == number
        )
        allowed = line.cap * goods[number].get(party, 0) * RATE_WHOLE * net
        over = landed * UNIT - allowed
        per_unit += max(0, -(-over // (RATE_WHOLE * net * UNIT)))
    return max(beyond, min(per_unit, share))
