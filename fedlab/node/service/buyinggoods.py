"""What is said of a purchase from the seal to the goods in everybody's hands."""

from typing import Any

from fedlab.ledger import settlingfacts as s
from fedlab.ledger.reckoning import goods_of, plan_of, reckon
from fedlab.ledger.split import STOCK
from fedlab.node.days import today
from fedlab.node.errors import ConflictError
from fedlab.node.service.base import Opened
from fedlab.node.service.buyingbase import PurchaseDone, Purchases, Word, told
from fedlab.node.service.buyinggiven import (
    CameGiven,
    ChargedGiven,
    InvoicedGiven,
    MovedGiven,
    PacksGiven,
    RateGiven,
    Text,
    fields_of,
    said_of,
)
from fedlab.protocol.limits import PURCHASE_LINES_MAX


class BuyingGoods:
    """Orders, deliveries, documents, and what is handed over."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._purchases = Purchases(opened)

    def order(self, purchase: str, lines: list[PacksGiven] | None = None) -> PurchaseDone:
        """Note what was ordered; as the pledges come to, if no lines are given."""
        stored, state = self._purchases.reckonable(purchase)
        packs = [fields_of(line) for line in lines or ()] or [
            {"article": number, "packs": many}
            for number, many in sorted(plan_of(state).packs.items())
            if many
        ]
        if not packs:
            raise ConflictError(
                "nothing is to be ordered: no pack is full", "see `fedlab purchase show`"
            )
        words = [
            Word(s.PurchaseOrder, {"lines": packs[at : at + PURCHASE_LINES_MAX]})
            for at in range(0, len(packs), PURCHASE_LINES_MAX)
        ]
        return self._purchases.say(stored, words)

    def deliver(
        self, purchase: str, lines: list[CameGiven], day: str | None = None, note: Text = ""
    ) -> PurchaseDone:
        """Note what came, what is broken and what is missing."""
        fields = {
            "day": day or today(),
            "lines": sorted(
                (said_of(line) for line in lines),
                key=lambda line: (line["article"], line.get("instead", 0)),
            ),
        }
        stored = self._purchases.find(purchase)
        return self._purchases.say(stored, [Word(s.PurchaseDelivery, fields, told(note=note))])

    def invoice(
        self,
        purchase: str,
        day: str,
        rates: list[RateGiven],
        lines: list[InvoicedGiven] | None = None,
        charges: list[ChargedGiven] | None = None,
        document: str | None = None,
        replaces: str | None = None,
        note: Text = "",
    ) -> PurchaseDone:
        """Note what the supplier's invoice says, line by line and rate by rate."""
        fields = _document(day, rates, lines, charges, document, replaces)
        stored = self._purchases.find(purchase)
        return self._purchases.say(stored, [Word(s.PurchaseInvoice, fields, told(note=note))])

    def credit_note(
        self,
        purchase: str,
        day: str,
        rates: list[RateGiven],
        lines: list[InvoicedGiven] | None = None,
        charges: list[ChargedGiven] | None = None,
        document: str | None = None,
        replaces: str | None = None,
        note: Text = "",
    ) -> PurchaseDone:
        """Note what the supplier takes back; sums without a sign, as on the paper."""
        fields = _document(day, rates, lines, charges, document, replaces)
        stored = self._purchases.find(purchase)
        return self._purchases.say(stored, [Word(s.PurchaseCreditNote, fields, told(note=note))])

    def waive(
        self, purchase: str, cents: int, article: int | None = None, charge: int | None = None
    ) -> PurchaseDone:
        """Let a difference between order, goods and invoice pass, up to this much."""
        fields = {"cents": cents, "article": article, "charge": charge}
        return self._purchases.say(self._purchases.find(purchase), [Word(s.VarianceWaive, fields)])

    def accept_excess(self, purchase: str, cents: int | None = None) -> PurchaseDone:
        """Bear what goes beyond this lab's caps: all of it, if no sum is given."""
        stored, state = self._purchases.reckonable(purchase)
        if cents is None:
            bearing = reckon(state).bearing.get(self._opened.lab)
            taken = state.accepted_excess.get(self._opened.lab, 0)
            cents = taken + (bearing.excess if bearing else 0)
        return self._purchases.say(stored, [Word(s.VarianceAccept, {"cents": cents})])

    # --- from hand to hand ------------------------------------------------------------------------

    def hand_over(
        self, purchase: str, party: str, lines: list[MovedGiven] | None = None, note: Text = ""
    ) -> PurchaseDone:
        """Note what a party was given: all that it is due, if no lines are given."""
        stored, state = self._purchases.reckonable(purchase)
        to = self._purchases.party(state, party)
        moved = _moved(lines)
        if not moved:
            goods, gone = goods_of(state, plan_of(state)), state.handed.get(to, {})
            came = {each.line.article for each in state.delivered}
            moved = _left({n: goods[n].get(to, 0) for n in sorted(came) if to != STOCK}, gone)
        if not moved:
            raise ConflictError("nothing is left to hand over", "see `fedlab purchase show`")
        word = Word(s.PurchaseHandOver, {"party": to, "lines": moved}, told(note=note))
        return self._purchases.say(stored, [word])

    def receive(
        self, purchase: str, lines: list[MovedGiven] | None = None, note: Text = ""
    ) -> PurchaseDone:
        """Note what this lab has: all that it was given, if no lines are given."""
        stored, state = self._purchases.known(purchase)
        own = self._opened.lab
        moved = _moved(lines) or _left(state.handed.get(own, {}), state.received.get(own, {}))
        if not moved:
            raise ConflictError("nothing is left to receive", "say what it is, with lines")
        word = Word(s.PurchaseReceive, {"lines": moved}, told(note=note))
        return self._purchases.say(stored, [word])


def _document(
    day: str,
    rates: list[RateGiven],
    lines: list[InvoicedGiven] | None,
    charges: list[ChargedGiven] | None,
    document: str | None,
    replaces: str | None,
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "day": day,
        "rates": sorted((fields_of(rate) for rate in rates), key=lambda rate: rate["rate"]),
        "document": document,
        "replaces": replaces,
    }
    if lines:
        fields["lines"] = sorted(
            (fields_of(line) for line in lines), key=lambda line: (line["article"], line["rate"])
        )
    if charges:
        fields["charges"] = sorted(
            (fields_of(line) for line in charges), key=lambda line: (line["charge"], line["rate"])
        )
    return fields


def _moved(lines: list[MovedGiven] | None) -> list[dict[str, Any]]:
    return sorted((fields_of(line) for line in lines or ()), key=lambda line: line["article"])


def _left(due: dict[int, int], gone: dict[int, int]) -> list[dict[str, Any]]:
    return [
        {"article": number, "quantity": much - gone.get(number, 0)}
        for number, much in sorted(due.items())
        if much > gone.get(number, 0)
    ][:PURCHASE_LINES_MAX]
