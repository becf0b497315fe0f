"""Purchases across labs: every word that a lab can say about one, checked before it is signed."""

import os
from typing import Any, Final

from fedlab.ledger import purchasefacts as f
from fedlab.ledger.purchasestate import PurchaseState, Stage
from fedlab.ledger.reckoning import plan_of
from fedlab.ledger.sealing import seal_root
from fedlab.ledger.split import STOCK
from fedlab.ledger.terms import ladder_of
from fedlab.ledger.vat import RATE_WHOLE
from fedlab.node.errors import BadRequestError, ConflictError
from fedlab.node.service.buyinganswers import (
    PurchaseAnswer,
    PurchasesAnswer,
    WhyAnswer,
    purchase_answer,
    why_answer,
)
from fedlab.node.service.buyingbase import PurchaseDone, Word, told
from fedlab.node.service.buyinggiven import (
    ArticleGiven,
    SumGiven,
    TermsGiven,
    Text,
    WantedGiven,
    fields_of,
    said_of,
)
from fedlab.node.service.buyinggoods import BuyingGoods
from fedlab.node.service.buyingmoney import BuyingMoney
from fedlab.node.service.saying import newest_head
from fedlab.protocol.limits import PURCHASE_LINES_MAX, PURCHASE_TAKES_MAX, PURCHASES_LISTED_MAX

RULES: Final = 1


class Buying(BuyingGoods, BuyingMoney):
    """The commands about purchases: terms, pledges, the seal, and how they stand."""

    # --- the organiser's terms --------------------------------------------------------------------

    def open(self, terms: TermsGiven, articles: list[ArticleGiven] | None = None) -> PurchaseDone:
        """Begin a purchase, which this lab organises."""
        if not terms.name.strip():
            raise BadRequestError("a purchase has a name", "give --name")
        fields = {**self._terms(terms), "rules": RULES, "currency": terms.currency}
        opening = Word(f.PurchaseOpen, {**fields, "need": terms.need}, _words_of(terms))
        return self._purchases.open(opening, [_article(each) for each in articles or ()])

    def article(self, purchase: str, article: ArticleGiven) -> PurchaseDone:
        """Offer an article, or offer it otherwise."""
        return self._purchases.say(self._purchases.find(purchase), [_article(article)])

    def amend(self, purchase: str, terms: TermsGiven) -> PurchaseDone:
        """Set all terms anew; whoever pledged on better ones is asked again."""
        word = Word(f.PurchaseAmend, self._terms(terms), _words_of(terms))
        return self._purchases.say(self._purchases.find(purchase), [word])

    def cancel(self, purchase: str, note: Text = "") -> PurchaseDone:
        """Call it off: nothing is bought."""
        word = Word(f.PurchaseCancel, {}, told(note=note))
        return self._purchases.say(self._purchases.find(purchase), [word])

    def _terms(self, terms: TermsGiven) -> dict[str, Any]:
        fields = fields_of(terms, "charges", "helpers", "currency", "need")
        for name in ("name", "supplier", "description"):
            fields.pop(name, None)
        if terms.charges:
            charges = sorted(terms.charges, key=lambda charge: charge.charge)
            fields["charges"] = [fields_of(charge, "name") for charge in charges]
        if terms.helpers:
            helpers = [
                {"lab": self._opened.lab_to_read(each.lab), "powers": sorted(each.powers)}
                for each in terms.helpers
            ]
            fields["helpers"] = sorted(helpers, key=lambda helper: str(helper["lab"]))
        return fields

    # --- pledges ----------------------------------------------------------------------------------

    def pledge(
        self,
        purchase: str,
        lines: list[WantedGiven],
        cap: int | None = None,
        version: str | None = None,
        note: Text = "",
    ) -> PurchaseDone:
        """Say what this lab wants, on the terms of the version it saw."""
        stored, state = self._purchases.known(purchase)
        fields = self._wanted(purchase, lines, cap, version)
        fields |= self._purchases.seen(state)
        return self._purchases.say(stored, [Word(f.Pledge, fields, told(note=note))])

    def pledge_for(
        self,
        purchase: str,
        name: str,
        lines: list[WantedGiven],
        cap: int | None = None,
        body: str | None = None,
    ) -> PurchaseDone:
        """Say what a body without a node wants: the organiser's word alone."""
        fields = self._wanted(purchase, lines, cap, None)
        fields["body"] = body or os.urandom(32).hex()
        word = Word(f.PledgeFor, fields, told(name=name.strip()))
        return self._purchases.say(self._purchases.find(purchase), [word])

    def withdraw(self, purchase: str) -> PurchaseDone:
        """Want nothing any more."""
        return self._purchases.say(self._purchases.find(purchase), [Word(f.PledgeWithdraw, {})])

    def transfer(
        self, purchase: str, giver: str, taker: str, article: int, quantity: int
    ) -> PurchaseDone:
        """Leave to another lab what this one would get, or take it over; both say so."""
        fields = {
            "giver": self._opened.lab_to_read(giver),
            "taker": self._opened.lab_to_read(taker),
            "article": article,
            "quantity": quantity,
        }
        return self._purchases.say(self._purchases.find(purchase), [Word(f.PledgeTransfer, fields)])

    def mandate(self, purchase: str, cap: int) -> PurchaseDone:
        """Let the organiser buy in this lab's name, for so much at most, all taxes in."""
        return self._purchases.say(
            self._purchases.find(purchase), [Word(f.MandateGrant, {"cap": cap})]
        )

    def _wanted(
        self, purchase: str, lines: list[WantedGiven], cap: int | None, version: str | None
    ) -> dict[str, Any]:
        stored, state = self._purchases.known(purchase)
        newest = self._purchases.version(stored)
        if version is not None and version != newest:
            raise ConflictError(
                "the terms have changed since they were shown",
                "look at them, and pledge again",
                code="terms_changed",
            )
        _check_caps(state, lines, cap)
        wanted = sorted((said_of(line) for line in lines), key=lambda line: line["article"])
        return {"version": newest, "lines": wanted, "cap": cap}

    # --- the seal ---------------------------------------------------------------------------------

    def seal(self, purchase: str) -> PurchaseDone:
        """Take in every pledge that has arrived, and no other any more."""
        stored, state = self._purchases.known(purchase)
        if state.stage is not Stage.OPEN:
            raise ConflictError("it is sealed already", "see `fedlab purchase show`")
        others = sorted(set(state.last_pledges) - {state.organiser, *state.bodies})
        takes = []
        for lab in others:
            last = state.last_pledges[lab]
            pledged = {} if last is None else {"pledge": last}
            takes.append({**pledged, "seen": newest_head(self._opened, lab)})
        words = [
            Word(f.PurchaseTake, {"takes": takes[at : at + PURCHASE_TAKES_MAX]})
            for at in range(0, len(takes), PURCHASE_TAKES_MAX)
        ]
        sealed = [last for last in state.last_pledges.values() if last is not None]
        seal = {"count": len(sealed), "root": seal_root(sealed)}
        return self._purchases.say(stored, [*words, Word(f.PurchaseSeal, seal)])

    def call(
        self, purchase: str, sums: list[SumGiven] | None = None, due: str | None = None
    ) -> PurchaseDone:
        """Ask for funds: of each party what it is to pay as things stand, if no sums are given."""
        stored, state = self._purchases.reckonable(purchase)
        if sums:
            asked = {self._purchases.party(state, one.party): one.cents for one in sums}
        else:
            totals = plan_of(state).shares.totals()
            asked = {
                party: cents
                for party, cents in totals.items()
                if cents > 0 and party not in (STOCK, state.organiser)
            }
        if not asked:
            raise ConflictError("there is nobody to ask for funds", "see `fedlab purchase show`")
        listed = [{"party": party, "cents": asked[party]} for party in sorted(asked)]
        words = [
            Word(f.PurchaseCall, {"sums": listed[at : at + PURCHASE_LINES_MAX], "due": due})
            for at in range(0, len(listed), PURCHASE_LINES_MAX)
        ]
        return self._purchases.say(stored, words)

    # --- reading ----------------------------------------------------------------------------------

    def show(self, purchase: str) -> PurchaseAnswer:
        """Return a purchase as it is folded, with everything that was said of it."""
        return purchase_answer(self._opened, self._purchases.find(purchase))

    def list(self, *, ended: bool = False) -> PurchasesAnswer:
        """Return the purchases that are known here and not over, or those that are."""
        subjects = self._opened.store.projections.subjects
        known = subjects.of_kind("purchase", limit=PURCHASES_LISTED_MAX)
        return PurchasesAnswer(
            [
                purchase_answer(self._opened, each, brief=True)
                for each in known
                if bool(each.open) != ended
            ]
        )

    def why(self, purchase: str, party: str | None = None) -> WhyAnswer:
        """Return why a party owes what it owes, this lab if none is named."""
        known = self._purchases.reckonable(purchase)
        whose = self._opened.lab if party is None else self._purchases.party(known.state, party)
        return why_answer(self._opened, known.state, whose)


def _article(given: ArticleGiven) -> Word:
    fields = fields_of(given, "name", "reference", "ladder")
    if given.ladder:
        steps = sorted(given.ladder, key=lambda step: step.packs)
        fields["ladder"] = [fields_of(step) for step in steps]
    words = told(name=given.name.strip(), reference=given.reference.strip())
    return Word(f.PurchaseArticle, fields, words)


def _words_of(terms: TermsGiven) -> bytes | None:
    return told(
        name=terms.name.strip(),
        supplier=terms.supplier.strip(),
        description=terms.description.strip(),
        charges={str(each.charge): each.name for each in terms.charges if each.name},
    )


def _check_caps(state: PurchaseState, lines: list[WantedGiven], cap: int | None) -> None:
    """Refuse a pledge whose own caps are below the best price that there is."""
    least = 0
    for at, line in enumerate(lines, start=1):
        article = state.articles.get(line.article)
        ladder = ladder_of(article) if article else ()
        if article is None or not ladder:
            raise BadRequestError(
                f"lines, line {at}, field article: there is no article {line.article}",
                "see `fedlab purchase show`",
                code="bad_field",
            )
        best = min(step.price for step in ladder) * (RATE_WHOLE + article.rate)
        if line.cap is not None and line.cap * article.pack * RATE_WHOLE < best * 1000:
            raise BadRequestError(
                f"lines, line {at}, field cap: at its best price a unit costs more",
                "raise the cap, or leave the article out",
                code="above_cap",
            )
        least += best * line.firm // (article.pack * RATE_WHOLE)
    if cap is not None and least > cap:
        raise BadRequestError(
            f"field cap: at the best prices this costs {least} cents",
            "raise the cap, or pledge less",
            code="above_cap",
        )
