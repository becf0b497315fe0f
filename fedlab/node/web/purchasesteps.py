"""What this lab may say of a purchase now, and by which way: goods, terms, or money."""

from typing import Final, NamedTuple

from fedlab.ledger.purchasestate import PurchaseState, Stage
from fedlab.ledger.split import Party
from fedlab.node.members.roles import Right
from fedlab.node.web.access import Person
from fedlab.node.web.purchaseviews import PurchaseView


class Word(NamedTuple):
    """One word: the way by which it goes, and the call of the service that says it."""

    way: str
    call: str


WORDS: Final[dict[str, Word]] = {
    "article": Word("terms", "purchase_article"),
    "pledge": Word("terms", "purchase_pledge"),
    "pledge-for": Word("terms", "purchase_pledge_for"),
    "withdraw": Word("terms", "purchase_withdraw"),
    "mandate": Word("money", "purchase_mandate"),
    "seal": Word("terms", "purchase_seal"),
    "order": Word("terms", "purchase_order"),
    "cancel": Word("terms", "purchase_cancel"),
    "deliver": Word("goods", "purchase_deliver"),
    "hand-over": Word("goods", "purchase_hand_over"),
    "receive": Word("goods", "purchase_receive"),
    "call": Word("money", "purchase_call"),
    "invoice": Word("money", "purchase_invoice"),
    "credit-note": Word("money", "purchase_credit_note"),
    "supplier-paid": Word("money", "purchase_supplier_paid"),
    "share-accept": Word("money", "share_accept"),
    "share-dispute": Word("money", "share_dispute"),
    "accept-excess": Word("money", "purchase_accept_excess"),
    "sent": Word("money", "payment_sent"),
    "received": Word("money", "payment_received"),
    "remind": Word("money", "purchase_remind"),
    "close": Word("money", "purchase_close"),
    "statement": Word("money", "statement_agree"),
}
RIGHTS: Final = {"goods": Right.GOODS, "terms": Right.BUY, "money": Right.SIGN_MONEY}
_HELPED: Final = {
    "deliver": ("deliver",),
    "hand_over": ("hand-over",),
    "invoice": ("invoice", "credit-note", "supplier-paid"),
    "order": ("order",),
}


def words_of(state: PurchaseState, view: PurchaseView, here: Party, person: Person) -> list[str]:
    """Return what somebody may say of a purchase for this lab, the most pressing first."""
    found = _organiser(state, view) if state.organiser == here else _participant(state, view, here)
    return [word for word in dict.fromkeys(found) if person.may(RIGHTS[WORDS[word].way])]


def _organiser(state: PurchaseState, view: PurchaseView) -> list[str]:
    if state.stage is Stage.OPEN:
        first = ["article", "pledge"] if not state.pledges else ["seal", "pledge"]
        words = [*first, "pledge-for", "article", "cancel"]
        return words if state.articles else ["article", "cancel"]
    if state.stage is Stage.SEALED:
        return [*(["order"] if state.mode else []), "call", "cancel"]
    if state.stage is Stage.ORDERED:
        return _ordered(state, view)
    return ["received"] if view.unpaid else []


def _ordered(state: PurchaseState, view: PurchaseView) -> list[str]:
    """Return what follows an order: goods, then the invoice, then the money."""
    words = []
    if any(article.accepted < article.ordered * article.pack for article in view.articles):
        words.append("deliver")
    if any(line.gets > line.handed for party in view.parties for line in party.lines):
        words = ["hand-over", *words] if state.delivered else words
    if state.delivered and not state.papers:
        words.insert(0, "invoice")
    if any(p.owes > 0 or p.sent for p in view.parties) and state.mode != "direct":
        words.append("received")
    if state.papers and not view.unpaid:
        words.insert(0, "close")
    return [*words, "invoice", "credit-note", "supplier-paid", "call", "remind", "close", "deliver"]


def _participant(state: PurchaseState, view: PurchaseView, here: Party) -> list[str]:
    own = view.party(here)
    helped = () if not state.terms.helpers else state.terms.helpers
    powers = [power for helper in helped if helper.lab == here for power in helper.powers]
    words = [word for power in powers for word in _HELPED[power]]
    if state.stage is Stage.OPEN:
        words = ["pledge"] if state.articles else []
        if own is not None:
            words.append("withdraw")
    if state.stage is Stage.CANCELLED or own is None:
        return words if state.stage is not Stage.CANCELLED else []
    if state.stage is not Stage.CLOSED:
        if state.papers and own.answered != "accepted":
            words += ["share-accept", "share-dispute"]
        if any(line.gets > line.received for line in own.lines) and state.stage is Stage.ORDERED:
            words.append("receive")
        if own.excess:
            words.append("accept-excess")
        if state.mode == "mandate":
            words.append("mandate")
    if own.owes > own.in_transit and state.mode != "direct":
        words.insert(0 if own.answered == "accepted" else len(words), "sent")
    if state.stage is Stage.CLOSED and own.agreed is None:
        words.append("statement")
    return words
