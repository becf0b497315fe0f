"""When the terms of a purchase have become worse for whoever pledged on earlier ones.

A pledge names the version of the purchase that it saw. What was amended since for the better, or
does not touch it, leaves it in force; what makes anything dearer suspends it until the lab pledges
again. So nobody is bound to a price that it never saw, even where it signed no cap.
"""

from collections.abc import Iterable, Mapping

from msgspec import UNSET

from fedlab.ledger.packs import Step, price_of
from fedlab.ledger.purchasefacts import PurchaseAmend, PurchaseArticle, PurchaseOpen

Terms = PurchaseOpen | PurchaseAmend


def ladder_of(article: PurchaseArticle) -> tuple[Step, ...]:
    """Return the steps of an article's prices; none where it is no longer offered."""
    if article.ladder is UNSET:
        return ()
    return tuple(Step(step.packs, step.price) for step in article.ladder)


def article_is_worse(before: PurchaseArticle | None, now: PurchaseArticle | None) -> bool:
    """Say whether an article costs more, for any number of packs, or is sold otherwise."""
    if before is now:
        return False
    if before is None or now is None:
        return True
    if (before.unit, before.pack, before.grain) != (now.unit, now.pack, now.grain):
        return True
    was, is_ = ladder_of(before), ladder_of(now)
    if not was or not is_ or is_[0].packs > was[0].packs or now.rate > before.rate:
        return True
    steps = {step.packs for step in (*was, *is_) if step.packs >= was[0].packs}
    return any(price_of(is_, packs) > price_of(was, packs) for packs in steps)


def terms_are_worse(before: Terms, now: Terms) -> bool:
    """Say whether a charge costs more, is new or is split otherwise, or another lab invoices."""
    if before is now:
        return False
    if before.mode is not UNSET and before.mode != now.mode:
        return True
    had = {} if before.charges is UNSET else {line.charge: line for line in before.charges}
    for line in () if now.charges is UNSET else now.charges:
        old = had.get(line.charge)
        if old is None or old.basis != line.basis:
            return True
        if line.net > old.net or line.rate > old.rate:
            return True
    return False


class Versions:
    """The terms and articles of a purchase as they stood after each entry that set some."""

    def __init__(self) -> None:
        self._terms: dict[str, Terms] = {}
        self._articles: dict[str, Mapping[int, PurchaseArticle]] = {}

    def add(self, entry: str, terms: Terms, articles: Mapping[int, PurchaseArticle]) -> None:
        """Keep what holds from an entry on."""
        self._terms[entry] = terms
        self._articles[entry] = dict(articles)

    def __contains__(self, entry: str) -> bool:
        return entry in self._terms

    def articles(self, entry: str) -> Mapping[int, PurchaseArticle]:
        """Return the articles as they stood after an entry."""
        return self._articles[entry]

    def worse_since(
        self,
        entry: str,
        wanted: Iterable[int],
        terms: Terms,
        articles: Mapping[int, PurchaseArticle],
    ) -> bool:
        """Say whether what was pledged then is offered on worse terms now."""
        then = self._articles[entry]
        return terms_are_worse(self._terms[entry], terms) or any(
            article_is_worse(then.get(number), articles.get(number)) for number in wanted
        )
