"""What a purchase would come to: packs, goods and cost, within every cap that a lab signed.

A cap is landed: what a unit may cost a lab with its part of the charges, all taxes in. Until all
caps hold:

1. of an article whose cap breaks, another count of packs is tried, the cheapest first (see
   `packs.counts`), and kept if it breaks fewer caps and no others;
2. where none does, the lowest broken cap drops out whole: a cap per unit takes the lab's line of
   that article with it, a cap on all takes its whole pledge. Caps per unit come first, article by
   article. Between equals a hash decides (`split.tie`).

Who has dropped out is not admitted again, even where others dropping out later would let it in:
otherwise the outcome would hang on the order of trying. Everybody who holds the same pledges
computes the same plan.
"""

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from fedlab.ledger.allocation import Want, allocate
from fedlab.ledger.costs import (
    ArticleSum,
    Basis,
    ChargeSum,
    Document,
    Goods,
    Shares,
    share_out,
    sum_up,
)
from fedlab.ledger.packs import Step, counts, price_of
from fedlab.ledger.split import Party, tie
from fedlab.ledger.vat import RATE_WHOLE, RateSum, vat_of

UNIT = 1000  # thousandths


class Article(Struct, frozen=True, kw_only=True):
    """An article as it is offered: quantities in thousandths of its unit, prices per pack."""

    pack: int
    grain: int  # the least that is handed out; packs and pledges are multiples of it
    ladder: tuple[Step, ...]
    rate: int  # of VAT
    grams: int = 0  # of one unit


class Charge(Struct, frozen=True, kw_only=True):
    """What comes on top: freight, customs, a fee; net, as far as one knows."""

    net: int
    rate: int
    basis: Basis
    fixed: Mapping[Party, int] = {}


class Line(NamedTuple):
    """One article of a pledge; the cap is cents per unit, landed, all taxes in."""

    want: Want
    cap: int | None = None


class Pledge(Struct, frozen=True, kw_only=True):
    """What a party wants, and the most that all of it may cost."""

    lines: Mapping[int, Line]
    cap: int | None = None


class Dropped(NamedTuple):
    """A cap that could not be kept: at `cost`, the line or the pledge was left out."""

    party: Party
    article: int | None  # None where the cap on all broke
    cap: int
    cost: int  # cents, rounded up: per unit, or of all


class Plan(Struct, frozen=True, kw_only=True):
    """What would be ordered, who would get it, and what everybody would pay."""

    packs: Mapping[int, int]
    goods: Goods
    shares: Shares
    dropped: tuple[Dropped, ...]


def make_plan(
    purchase: str,
    articles: Mapping[int, Article],
    charges: Mapping[int, Charge],
    pledges: Mapping[Party, Pledge],
) -> Plan:
    """Return the plan that these pledges make."""
    planning = _Planning(purchase, articles, charges, pledges)
    dropped = []
    while broken := planning.broken():
        if not planning.keep_by_other_counts(broken):
            dropped.append(planning.drop(min(broken)))
    return Plan(
        packs=planning.packs,
        goods=planning.goods,
        shares=planning.shares,
        dropped=tuple(dropped),
    )


class _Broken(NamedTuple):
    """A broken cap; they sort with the next to drop first."""

    level: Literal[0, 1]  # per unit, on all
    article: int
    cap: int
    tie: bytes
    party: Party
    cost: int

    @property
    def which(self) -> tuple[int, Party]:
        return self.article, self.party


class _Planning:
    """Pledges that shrink until all caps hold, and what they come to at each point."""

    def __init__(
        self,
        purchase: str,
        articles: Mapping[int, Article],
        charges: Mapping[int, Charge],
        pledges: Mapping[Party, Pledge],
    ) -> None:
        self.purchase = purchase
        self.articles = articles
        self.charges = charges
        self.caps = {party: pledge.cap for party, pledge in pledges.items()}
        self.lines: dict[int, dict[Party, Line]] = {number: {} for number in sorted(articles)}
        for party, pledge in sorted(pledges.items()):
            for number, line in pledge.lines.items():
                self.lines[number][party] = line
        self.packs: dict[int, int] = {}
        self.goods: dict[int, dict[Party, int]] = {}
        for number in self.lines:
            self._set_packs(number, self._counts(number)[0])
        self.shares = self._share_out()

    def _counts(self, number: int) -> list[int]:
        article = self.articles[number]
        wants = [line.want for line in self.lines[number].values()]
        firm, tolerance = sum(want.firm for want in wants), sum(want.tolerance for want in wants)
        return counts(firm, tolerance, article.pack, article.ladder)

    def _set_packs(self, number: int, packs: int) -> None:
        article = self.articles[number]
        self.packs[number] = packs
        self.goods[number] = allocate(
            self.purchase,
            number,
            packs * article.pack,
            article.grain,
            {party: line.want for party, line in self.lines[number].items()},
        )

    def _share_out(self) -> Shares:
        grams = {number: article.grams for number, article in self.articles.items()}
        return share_out(self.purchase, self._estimate(), self.goods, grams)

    def _estimate(self) -> Document:
        """Return what suppliers' documents would say of these packs."""
        articles = tuple(
            ArticleSum(number, article.rate, price_of(article.ladder, self.packs[number]))
            for number, article in sorted(self.articles.items())
            if self.packs[number]
        )
        charges = tuple(
            ChargeSum(number, charge.rate, charge.net, charge.basis, charge.fixed)
            for number, charge in sorted(self.charges.items())
            if articles  # nothing ordered, nothing sent
        )
        lines = [(line.rate, line.net) for line in articles]
        lines += [(line.rate, line.net) for line in charges]
        net: dict[int, int] = {}
        for rate, cents in lines:
            net[rate] = net.get(rate, 0) + cents
        rates = {rate: RateSum(cents, vat_of(cents, rate)) for rate, cents in net.items()}
        return Document(articles, charges, rates)

    # --- caps ---

    def broken(self) -> set[_Broken]:
        """Return every cap that does not hold."""
        totals = self.shares.totals()
        found = {
            _Broken(1, 0, cap, tie(self.purchase, "cap", party), party, totals[party])
            for party, cap in self.caps.items()
            if cap is not None and totals.get(party, 0) > cap
        }
        return found | set(self._broken_per_unit())

    def _broken_per_unit(self) -> Iterator[_Broken]:
        """Yield broken caps per unit; all is compared in whole numbers, before any rounding."""
        net = sum_up(self.shares.articles.values())
        charged: dict[Party, int] = {}  # with their VAT, in hundredths of a percent of cents
        for (_, rate), done in self.shares.charges.items():
            for party, cents in done.shares.items():
                charged[party] = charged.get(party, 0) + cents * (RATE_WHOLE + rate)
        for (number, rate), done in self.shares.articles.items():
            for party, line in self.lines[number].items():
                quantity = self.goods[number][party]
                if line.cap is None or not quantity:
                    continue
                # Its goods with their VAT, and its charges in proportion to the net of its goods.
                taxed = (RATE_WHOLE + rate) * net[party] + charged.get(party, 0)
                landed = done.shares[party] * taxed * UNIT
                unit = quantity * RATE_WHOLE * (net[party] or 1)
                if landed > line.cap * unit:
                    hashed = tie(self.purchase, f"cap/{number}", party)
                    yield _Broken(0, number, line.cap, hashed, party, -(-landed // unit))

    def keep_by_other_counts(self, broken: set[_Broken]) -> bool:
        """Take the cheapest other count that breaks fewer caps and no others; say if there was."""
        before = {cap.which for cap in broken}
        for number in self._concerned(broken):
            old = self.packs[number], self.goods[number], self.shares
            for packs in self._counts(number):
                if packs == old[0]:
                    continue
                self._set_packs(number, packs)
                self.shares = self._share_out()
                if {cap.which for cap in self.broken()} < before:
                    return True
            self.packs[number], self.goods[number], self.shares = old
        return False

    def _concerned(self, broken: set[_Broken]) -> list[int]:
        """Return the articles of which another count could mend a broken cap."""
        named = {cap.article for cap in broken if cap.level == 0}
        whole = {cap.party for cap in broken if cap.level == 1}
        return [
            number
            for number, lines in self.lines.items()
            if number in named or not whole.isdisjoint(lines)
        ]

    def drop(self, broken: _Broken) -> Dropped:
        """Leave out the line, or the pledge, whose cap cannot be kept."""
        for number, lines in self.lines.items():
            if broken.party in lines and broken.article in (0, number):
                del lines[broken.party]
                self._set_packs(number, self._counts(number)[0])
        if broken.level == 1:
            self.caps[broken.party] = None
        self.shares = self._share_out()
        return Dropped(broken.party, broken.article or None, broken.cap, broken.cost)
