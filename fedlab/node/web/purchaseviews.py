"""What a page shows of a purchase, computed from its folded state and nothing else."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from fedlab.ledger.accounts import balance, explain, transactions
from fedlab.ledger.discrepancies import Discrepancy, discrepancies, three_way
from fedlab.ledger.match import Mismatch
from fedlab.ledger.packs import Step, price_of
from fedlab.ledger.plan import Dropped
from fedlab.ledger.purchasestate import Pledged, PledgedLine, PurchaseState, Stage
from fedlab.ledger.reckoning import Reckoning, can_reckon, reckon
from fedlab.ledger.split import STOCK, Party, Share
from fedlab.ledger.terms import ladder_of


class Break(NamedTuple):
    """The next step of an article's prices, and how far it is."""

    packs: int  # from so many on
    price: int  # of a pack
    short: int  # quantity that is still missing
    saves: int  # per pack, against what it costs now


class ArticleView(NamedTuple):
    """An article: what is wanted of it, how many packs that makes, and what they cost."""

    number: int
    unit: str
    pack: int
    rate: int
    ladder: tuple[Step, ...]
    firm: int
    more: int
    packs: int
    price: int | None  # of one pack, now; of the first step where nobody wants it
    cost: int  # of all packs, net
    fill: int  # quantity missing for one more full pack; 0 where none is begun
    next: Break | None
    ordered: int  # packs
    accepted: int

    @property
    def wanted(self) -> int:
        """All that anybody would take."""
        return self.firm + self.more

    @property
    def goal(self) -> int:
        """The quantity at which the price falls next, or the pack is full; 0 where all is well."""
        if self.next is not None:
            return self.next.packs * self.pack
        return self.wanted + self.fill if self.fill else 0


class PartyLine(NamedTuple):
    """What a party wants of an article, and what it gets."""

    article: int
    firm: int
    more: int
    cap: int | None
    gets: int
    handed: int
    received: int


class PartyView(NamedTuple):
    """A lab or a body: what it gets, what that costs, and what it has paid."""

    party: Party
    outside: bool
    lines: tuple[PartyLine, ...]
    share: int | None  # all taxes in; by the plan until a document has come
    excess: int
    conceded: int
    due: int  # what is its own of the share
    called: int | None
    paid: int  # by the organiser's word, less refunds
    sent: int  # by its own word
    owes: int  # still to pay by the organiser's books; below zero is owed
    answered: str  # "", "accepted", "disputed", "changed"
    agreed: int | None  # the balance it countersigned
    mandate: int | None
    suspended: bool

    @property
    def in_transit(self) -> int:
        """What it says to have paid, and the organiser does not say to have."""
        return max(0, self.sent - self.paid)


class PurchaseView(NamedTuple):
    """A purchase as people think of it."""

    articles: tuple[ArticleView, ...]
    parties: tuple[PartyView, ...]
    estimated: bool  # no document has come: sums are by announced prices
    total: int  # of documents, or of the plan
    supplier_paid: int
    stock: int  # what the organiser bears for nobody
    dropped: tuple[Dropped, ...]
    differing: tuple[Discrepancy, ...]
    mismatches: tuple[Mismatch, ...]
    reckoned: Reckoning

    def party(self, party: Party) -> PartyView | None:
        """Return one party; None where it has no part."""
        return next((one for one in self.parties if one.party == party), None)

    @property
    def unpaid(self) -> tuple[PartyView, ...]:
        """Whoever has still to pay, the most first."""
        return tuple(sorted((p for p in self.parties if p.owes > 0), key=lambda p: -p.owes))


def view_of(state: PurchaseState) -> PurchaseView | None:
    """Return what a purchase comes to; None where it follows rules of a newer fedlab."""
    if not can_reckon(state):
        return None
    reckoned = reckon(state)
    estimated = not state.papers
    shares = reckoned.plan.shares if estimated else reckoned.shares
    totals = shares.totals()
    made = transactions(state)
    owed = {p: balance(made, state.organiser, p) for p in sorted({*totals, *state.pledges})}
    parties = {*state.pledges, *totals, *state.handed} - {STOCK}
    return PurchaseView(
        articles=tuple(_article(state, reckoned, number) for number in state.articles),
        parties=tuple(_party(state, reckoned, totals, owed, party) for party in sorted(parties)),
        estimated=estimated,
        total=sum(totals.values()),
        supplier_paid=sum(paid.cents for paid in state.paid_supplier),
        stock=totals.get(STOCK, 0),
        dropped=reckoned.plan.dropped,
        differing=tuple(discrepancies(state, reckoned)),
        mismatches=tuple(three_way(state)) if state.papers or state.delivered else (),
        reckoned=reckoned,
    )


def _article(state: PurchaseState, reckoned: Reckoning, number: int) -> ArticleView:
    article = state.articles[number]
    ladder = ladder_of(article)
    lines = [p.lines[number] for p in state.pledges.values() if number in p.lines]
    firm, more = sum(line.firm for line in lines), sum(line.more for line in lines)
    packs = reckoned.plan.packs.get(number, 0)
    reached = [step for step in ladder if step.packs <= packs]
    price = (reached[-1] if reached else ladder[0]).price if ladder else None
    accepted = sum(d.line.accepted for d in state.delivered if d.line.article == number)
    rest = firm - packs * article.pack
    return ArticleView(
        number=number,
        unit=article.unit,
        pack=article.pack,
        rate=article.rate,
        ladder=ladder,
        firm=firm,
        more=more,
        packs=packs,
        price=price,
        cost=price_of(ladder, packs),
        fill=max(0, article.pack - rest % article.pack - more) if rest > 0 else 0,
        next=_next_break(ladder, packs, firm + more, article.pack),
        ordered=state.ordered.get(number, 0),
        accepted=accepted,
    )


def _next_break(ladder: tuple[Step, ...], packs: int, wanted: int, pack: int) -> Break | None:
    """Return the next step that makes a pack cheaper, or at which any is sold at all.

    What is within reach of everybody's tolerance and was not taken would cost more in all.
    """
    now = [step for step in ladder if step.packs <= packs]
    for step in ladder:
        if step.packs <= packs or step.packs * pack <= wanted:
            continue
        saves = now[-1].price - step.price if now else 0
        if now and saves <= 0:
            continue
        if not now and step.packs == 1:
            return None  # it is only a pack that is not full yet
        return Break(step.packs, step.price, step.packs * pack - wanted, saves)
    return None


def _party(
    state: PurchaseState,
    reckoned: Reckoning,
    totals: Mapping[Party, int],
    owed: Mapping[Party, int],
    party: Party,
) -> PartyView:
    pledged = state.pledges.get(party)
    bearing = reckoned.bearing.get(party) if state.papers else None
    share = totals.get(party)
    called = state.calls.get(party)
    back = [p for p in state.payments if p.by == state.organiser]
    paid = sum(p.cents for p in back if p.payer == party)
    paid -= sum(p.cents for p in back if p.payee == party)
    sent = [p for p in state.payments if p.by == party]
    owes = owed.get(party, 0) if state.papers else (called or 0) - paid
    return PartyView(
        party=party,
        outside=bool(pledged and pledged.outside),
        lines=_lines(state, reckoned, party),
        share=share,
        excess=bearing.excess if bearing else 0,
        conceded=bearing.conceded if bearing else 0,
        due=bearing.due if bearing else share or 0,
        called=called,
        paid=paid,
        sent=sum(p.cents if p.payer == party else -p.cents for p in sent),
        owes=0 if party == state.organiser else owes,
        answered=_answered(state, party, bearing.due if bearing else None),
        agreed=state.statements.get(party),
        mandate=state.mandates.get(party),
        suspended=party in state.suspended,
    )


def _lines(state: PurchaseState, reckoned: Reckoning, party: Party) -> tuple[PartyLine, ...]:
    """Return what a party wants and gets: by the plan, and from the order on of what there is."""
    pledged = state.pledges.get(party)
    planned = state.stage in (Stage.OPEN, Stage.SEALED) and not state.delivered
    goods = reckoned.plan.goods if planned else reckoned.goods
    lines = []
    for number in state.articles:
        line = pledged.lines.get(number) if pledged else None
        gets = goods.get(number, {}).get(party, 0)
        handed = state.handed.get(party, {}).get(number, 0)
        if line or gets or handed:
            lines.append(
                PartyLine(
                    article=number,
                    firm=line.firm if line else 0,
                    more=line.more if line else 0,
                    cap=line.cap if line else None,
                    gets=gets,
                    handed=handed,
                    received=state.received.get(party, {}).get(number, 0),
                )
            )
    return tuple(lines)


def _answered(state: PurchaseState, party: Party, due: int | None) -> str:
    answer = state.answers.get(party)
    if answer is None:
        return ""
    if answer.cents is None:
        return "disputed"
    return "accepted" if due is None or answer.cents == due else "changed"


def with_pledge(
    state: PurchaseState, party: Party, wanted: Sequence[Mapping[str, int]], cap: int | None
) -> PurchaseState:
    """Return the purchase as it would stand if a party pledged this too."""
    old = state.pledges.get(party)
    lines = dict(old.lines) if old else {}
    for line in wanted:
        number = line["article"]
        lines.pop(number, None)
        grain = state.articles[number].grain
        firm, more = (line.get(name, 0) // grain * grain for name in ("firm", "more"))
        if firm or more:
            lines[number] = PledgedLine(firm, more, line.get("cap"))
    pledges = {**state.pledges, party: Pledged(entry="", lines=lines, cap=cap)}
    return replace(state, pledges=pledges)


# --- why ---


class Why(NamedTuple):
    """One part of what a party owes: what it is of, cents, and how these were split."""

    what: str  # article, charge, vat, or a word of `accounts.Because`
    number: int  # of the article or charge; the rate of VAT
    rate: int
    basis: str  # what the weights are: quantity, value, weight, equal, fixed
    cents: int
    share: Share | None


def why(state: PurchaseState, view: PurchaseView, party: Party) -> list[Why]:
    """Return everything that a party's share is made of, then what it has paid and is spared."""
    shares = view.reckoned.plan.shares if view.estimated else view.reckoned.shares
    found = [_why(state, share) for share in shares.explain(party)]
    return found + [
        Why(one.what, 0, 0, "", one.cents, None)
        for one in explain(state, party)
        if one.share is None
    ]


def _why(state: PurchaseState, share: Share) -> Why:
    what, *numbers = share.key.split("/")
    if what == "vat":
        return Why(what, int(numbers[0]), int(numbers[0]), "value", share.cents, share)
    number, rate = map(int, numbers)
    basis: str = "quantity"
    if what == "charge":
        charges = () if state.terms.charges is UNSET else state.terms.charges
        basis = next((one.basis for one in charges if one.charge == number), "value")
    return Why(what, number, rate, basis, share.cents, share)
