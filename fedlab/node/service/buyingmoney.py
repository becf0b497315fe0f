"""What is said of a purchase's money: shares, payments, the close."""

from collections.abc import Mapping
from typing import Any

from fedlab.ledger import settlingfacts as s
from fedlab.ledger.accounts import balance, transactions
from fedlab.ledger.checkdigits import read_reference
from fedlab.ledger.purchasefacts import PurchaseFact
from fedlab.ledger.reckoning import reckon
from fedlab.node.days import today
from fedlab.node.errors import BadRequestError, ConflictError
from fedlab.node.service.base import Opened
from fedlab.node.service.buyingbase import Known, PurchaseDone, Purchases, Word, told
from fedlab.node.service.buyinggiven import Text
from fedlab.protocol.limits import PURCHASE_LINES_MAX


class BuyingMoney:
    """Shares and who agrees to them, payments of both sides' word, statements."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        self._purchases = Purchases(opened)

    def share_accept(self, purchase: str, cents: int | None = None) -> PurchaseDone:
        """Agree to this lab's share; refused where it is another than the one that was shown."""
        known = self._purchases.reckonable(purchase)
        bearing = reckon(known.state).bearing.get(self._opened.lab)
        due = bearing.due if bearing else 0
        _still(cents, due)
        fields = {"cents": due, **self._purchases.seen(known.state)}
        return self._say(known, s.ShareAccept, fields)

    def share_dispute(
        self, purchase: str, reason: str, article: int | None = None, note: Text = ""
    ) -> PurchaseDone:
        """Say that this lab does not agree to its share."""
        fields = {"reason": reason, "article": article}
        return self._say(self._purchases.known(purchase), s.ShareDispute, fields, note)

    def share_resolve(
        self, purchase: str, dispute: str, cents: int = 0, note: Text = ""
    ) -> PurchaseDone:
        """Answer a dispute, and bear so much of the share."""
        fields = {"dispute": dispute, "cents": cents}
        return self._say(self._purchases.known(purchase), s.ShareResolve, fields, note)

    # --- payments ---------------------------------------------------------------------------------

    def payment_sent(
        self,
        purchase: str,
        cents: int,
        method: str = "transfer",
        day: str | None = None,
        reference: str | None = None,
        to: str | None = None,
    ) -> PurchaseDone:
        """Note what this lab paid: to the organiser, or as that to whom it says."""
        known = self._purchases.known(purchase)
        if to is None and known.state.organiser == self._opened.lab:
            raise BadRequestError("say to whom", "name a party: --to")
        payee = known.state.organiser if to is None else self._purchases.party(known.state, to)
        fields = {"to": payee, "cents": cents, "method": method, "day": day or today()}
        return self._say(known, s.PaymentSent, {**fields, "reference": _reference(reference)})

    def payment_received(
        self,
        purchase: str,
        cents: int,
        payer: str | None = None,
        method: str = "transfer",
        day: str | None = None,
        sent: str | None = None,
        reference: str | None = None,
    ) -> PurchaseDone:
        """Note what this lab was paid; it answers the one payment sent that it can be."""
        known = self._purchases.known(purchase)
        state = known.state
        if payer is None and state.organiser == self._opened.lab:
            raise BadRequestError("say who paid", "name a party: --from")
        whose = state.organiser if payer is None else self._purchases.party(state, payer)
        if sent is None:
            answered = {paid.sent for paid in state.payments if paid.sent}
            waiting = [
                paid.entry
                for paid in state.payments
                if paid.by == paid.payer == whose
                and paid.payee == self._opened.lab
                and paid.entry not in answered
                and (paid.cents, paid.method) == (cents, method)
            ]
            sent = waiting[0] if len(waiting) == 1 else None
        fields = {"payer": whose, "cents": cents, "method": method, "day": day or today()}
        more = {"sent": sent, "reference": _reference(reference)}
        return self._say(known, s.PaymentReceived, {**fields, **more})

    def supplier_paid(
        self, purchase: str, cents: int, method: str = "transfer", day: str | None = None
    ) -> PurchaseDone:
        """Note what the supplier was paid."""
        fields = {"cents": cents, "method": method, "day": day or today()}
        return self._say(self._purchases.known(purchase), s.SupplierPaid, fields)

    # --- the end ----------------------------------------------------------------------------------

    def remind(
        self, purchase: str, parties: list[str] | None = None, day: str | None = None
    ) -> PurchaseDone:
        """Note who was asked for an answer: all who have not given one, if nobody is named."""
        known = self._purchases.known(purchase)
        state = known.state
        named = {self._purchases.party(state, text) for text in parties or ()} or {
            party
            for party, pledged in state.pledges.items()
            if party not in state.answers and party != state.organiser and not pledged.outside
        }
        if not named:
            raise ConflictError("everybody has answered", "see `fedlab purchase show`")
        whole = sorted(named)
        words = [
            Word(
                s.PurchaseRemind,
                {"day": day or today(), "parties": whole[at : at + PURCHASE_LINES_MAX]},
            )
            for at in range(0, len(whole), PURCHASE_LINES_MAX)
        ]
        return self._purchases.say(known.stored, words)

    def close(self, purchase: str, note: Text = "") -> PurchaseDone:
        """End a purchase at what all shares come to."""
        known = self._purchases.reckonable(purchase)
        total = sum(one.share for one in reckon(known.state).bearing.values())
        return self._say(known, s.PurchaseClose, {"total": total}, note)

    def statement_agree(self, purchase: str, cents: int | None = None) -> PurchaseDone:
        """Countersign what this lab owes in the end; both books have to say the same."""
        known = self._purchases.reckonable(purchase)
        own, organiser = self._opened.lab, known.state.organiser
        books = transactions(known.state)
        here, there = -balance(books, own, organiser), balance(books, organiser, own)
        if here != there:
            raise ConflictError(
                f"the two books differ: {here} cents by this lab's, {there} by the organiser's",
                "note what was paid and received, on both sides",
                code="books_differ",
            )
        _still(cents, here)
        fields = {"cents": here, **self._purchases.seen(known.state)}
        return self._say(known, s.StatementAgree, fields)

    def _say(
        self, known: Known, kind: type[PurchaseFact], fields: Mapping[str, Any], note: str = ""
    ) -> PurchaseDone:
        return self._purchases.say(known.stored, [Word(kind, dict(fields), told(note=note))])


def _still(shown: int | None, now: int) -> None:
    if shown is not None and shown != now:
        raise ConflictError(
            f"that is {now} cents by now, and not {shown}",
            "look at it again",
            code="amount_changed",
        )


def _reference(text: str | None) -> str | None:
    """Return a reference without its spaces; raise BadRequestError for wrong check digits."""
    if not text:
        return None
    reference = read_reference(text)
    if reference is None:
        raise BadRequestError(
            f"field reference: {text!r} has wrong check digits",
            "copy it again from the call for funds; it begins with RF",
            code="bad_reference",
        )
    return reference
