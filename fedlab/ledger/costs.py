"""Everybody's share of one purchase: articles by quantity, charges as agreed, VAT by net shares.

The same function shares out an estimate (`plan`) and what suppliers' documents say (`purchases`):
each line of a document is one `Split`, so rows and columns both add up. A share is the sum of a
party's part in every split, and that list is its explanation.
"""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from msgspec import Struct

from fedlab.ledger.split import STOCK, Party, Share, Split, split
from fedlab.ledger.vat import RateSum

Basis = Literal["equal", "fixed", "quantity", "value", "weight"]
Goods = Mapping[int, Mapping[Party, int]]  # article: who has how much of it, in thousandths


class ArticleSum(NamedTuple):
    """What an article costs so far, net, at a rate."""

    article: int
    rate: int
    net: int


class ChargeSum(NamedTuple):
    """What a charge comes to so far, net, at a rate, and by what it is split."""

    charge: int
    rate: int
    net: int
    basis: Basis
    fixed: Mapping[Party, int] = {}  # weights of the basis `fixed`


class Document(NamedTuple):
    """All documents of a purchase taken together, or an estimate of them."""

    articles: tuple[ArticleSum, ...]
    charges: tuple[ChargeSum, ...]
    rates: Mapping[int, RateSum]


class Shares(Struct, frozen=True):
    """Every split of a purchase; sums over them are what parties owe."""

    articles: Mapping[tuple[int, int], Split]  # by number and rate
    charges: Mapping[tuple[int, int], Split]
    vat: Mapping[int, Split]  # by rate

    @property
    def splits(self) -> tuple[Split, ...]:
        """All of them, in the order in which they were made."""
        return (*self.articles.values(), *self.charges.values(), *self.vat.values())

    def totals(self) -> dict[Party, int]:
        """Return what each party bears, all taxes in."""
        return sum_up(self.splits)

    def explain(self, party: Party) -> list[Share]:
        """Return the parts of a party's total, each with its weights and its odd cent."""
        return [split.explain(party) for split in self.splits if split.weights.get(party)]


def sum_up(splits: Iterable[Split]) -> dict[Party, int]:
    """Return each party's sum over several splits."""
    totals: dict[Party, int] = {}
    for one in splits:
        for party, cents in one.shares.items():
            totals[party] = totals.get(party, 0) + cents
    return totals


def share_out(
    purchase: str, document: Document, goods: Goods, grams: Mapping[int, int] | None = None
) -> Shares:
    """Split every sum of the documents; `grams` is what a unit of each article weighs."""
    articles = {
        (at, rate): split(purchase, f"article/{at}/{rate}", cents, goods.get(at, {}))
        for at, rate, cents in document.articles
    }
    value = sum_up(articles.values())
    charges = {
        (line.charge, line.rate): split(
            purchase,
            f"charge/{line.charge}/{line.rate}",
            line.net,
            _weights(line, value, goods, grams or {}),
        )
        for line in document.charges
    }
    net: dict[int, dict[Party, int]] = {}
    for (_, rate), done in (*articles.items(), *charges.items()):
        here = net.setdefault(rate, {})
        for party, cents in done.shares.items():
            here[party] = here.get(party, 0) + cents
    vat = {
        rate: split(purchase, f"vat/{rate}", said.vat, net.get(rate, {}))
        for rate, said in sorted(document.rates.items())
    }
    return Shares(articles, charges, vat)


def _weights(
    charge: ChargeSum, value: Mapping[Party, int], goods: Goods, grams: Mapping[int, int]
) -> Mapping[Party, int]:
    """Return by what a charge is split; whoever gets nothing bears nothing."""
    held = _quantities(goods, dict.fromkeys(goods, 1))
    match charge.basis:
        case "value":
            return value
        case "quantity":
            return held
        case "weight":
            return _quantities(goods, grams)
        case "equal":  # nobody's goods are not one more party
            return {party: 1 for party, much in held.items() if much and party != STOCK}
        case "fixed":
            return {party: part for party, part in charge.fixed.items() if held.get(party)}


def _quantities(goods: Goods, factors: Mapping[int, int]) -> dict[Party, int]:
    sums: dict[Party, int] = {}
    for article, held in goods.items():
        factor = factors.get(article, 0)
        for party, quantity in held.items():
            sums[party] = sums.get(party, 0) + quantity * factor
    return sums
