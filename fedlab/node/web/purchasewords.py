"""The words of group purchases, as people read them."""

from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Final

from fedlab.ledger.discrepancies import Discrepancy, Finding
from fedlab.ledger.match import Exceptional, Mismatch
from fedlab.ledger.purchasestate import PurchaseState, Stage
from fedlab.ledger.split import STOCK, Party
from fedlab.node.service.purchaseshown import Names
from fedlab.node.web import words
from fedlab.node.web.i18n import Language
from fedlab.node.web.purchaseviews import PurchaseView, Why

_HUNDREDTH: Final = Decimal("0.01")


def stage_names(language: Language) -> dict[str, str]:
    """Name where a purchase is."""
    _ = language.gettext
    return {
        "open": _("takes pledges"),
        "sealed": _("order sealed"),
        "ordered": _("ordered"),
        "closed": _("settled and closed"),
        "cancelled": _("called off"),
    }


def mode_names(language: Language) -> dict[str, str]:
    """Say who invoices whom."""
    _ = language.gettext
    return {
        "direct": _("the supplier invoices each lab"),
        "mandate": _("the organiser buys in the labs’ names (disbursement)"),
        "resale": _("the organiser buys and sells on"),
    }


def basis_names(language: Language) -> dict[str, str]:
    """Say by what a charge is split."""
    _ = language.gettext
    return {
        "equal": _("in equal parts"),
        "fixed": _("in parts agreed beforehand"),
        "quantity": _("by quantity"),
        "value": _("by value"),
        "weight": _("by weight"),
    }


def power_names(language: Language) -> dict[str, str]:
    """Name what a helper does in the organiser's place."""
    _ = language.gettext
    return {
        "deliver": _("looks at what comes"),
        "hand_over": _("hands over"),
        "invoice": _("enters invoices"),
        "order": _("orders"),
    }


def word_names(language: Language) -> dict[str, str]:
    """Name what this lab may say now."""
    _ = language.gettext
    return {
        "article": _("Add an article"),
        "pledge": _("Pledge for our lab"),
        "pledge-for": _("Pledge for a body without a node"),
        "withdraw": _("Take our pledge back"),
        "mandate": _("Give the mandate to buy in our name"),
        "seal": _("Seal the order"),
        "order": _("Say what was ordered"),
        "cancel": _("Call the purchase off"),
        "deliver": _("Say what came"),
        "hand-over": _("Hand goods over"),
        "receive": _("We have received our goods"),
        "call": _("Call for funds"),
        "invoice": _("Enter the invoice"),
        "credit-note": _("Enter a credit note"),
        "supplier-paid": _("We have paid the supplier"),
        "share-accept": _("Agree to our share"),
        "share-dispute": _("Contest our share"),
        "accept-excess": _("Bear what is beyond our cap"),
        "sent": _("We have paid"),
        "received": _("A payment has come in"),
        "remind": _("Note that we asked for answers"),
        "close": _("Close the purchase"),
        "statement": _("Countersign the account"),
    }


def method_names(language: Language) -> dict[str, str]:
    """Name how money goes."""
    _ = language.gettext
    return {
        "transfer": _("by transfer"),
        "cheque": _("by cheque"),
        "cash": _("in cash"),
        "card": _("by card"),
        "mandate": _("by administrative mandate"),
        "other": _("otherwise"),
    }


def reason_names(language: Language) -> dict[str, str]:
    """Name what may be wrong with a share."""
    _ = language.gettext
    return {
        "amount": _("the amount"),
        "price": _("the price"),
        "quantity": _("the number"),
        "not_received": _("we have not received it"),
        "damaged": _("it came damaged"),
        "late": _("it came too late"),
        "never_agreed": _("we never agreed to it"),
        "other": _("something else"),
    }


def said_names(language: Language) -> dict[str, str]:
    """Name what a lab has said."""
    _ = language.gettext
    return {
        "purchase.open": _("opened the purchase"),
        "purchase.amend": _("changed the terms"),
        "purchase.article": _("offered an article"),
        "purchase.parts": _("said who bears which part of a charge"),
        "purchase.cancel": _("called it off"),
        "pledge": _("has pledged"),
        "pledge.for": _("pledged for a body without a node"),
        "pledge.withdraw": _("took its pledge back"),
        "pledge.transfer": _("passed goods on to another lab"),
        "mandate.grant": _("gave a mandate to buy"),
        "purchase.take": _("took pledges in"),
        "purchase.seal": _("sealed the order"),
        "purchase.call": _("called for funds"),
        "purchase.order": _("sent the order"),
        "purchase.delivery": _("looked at a delivery"),
        "purchase.invoice": _("entered an invoice"),
        "purchase.credit_note": _("entered a credit note"),
        "supplier.paid": _("paid the supplier"),
        "variance.waive": _("let a difference pass"),
        "variance.accept": _("bears what is beyond its cap"),
        "purchase.hand_over": _("handed goods over"),
        "purchase.receive": _("received goods"),
        "share.accept": _("agreed to its share"),
        "share.dispute": _("disputes its share"),
        "share.resolve": _("answered a dispute"),
        "payment.sent": _("paid"),
        "payment.received": _("was paid"),
        "credit.carry": _("carried a credit to another purchase"),
        "purchase.remind": _("asked for answers"),
        "purchase.close": _("closed the purchase"),
        "statement.agree": _("countersigned the account"),
    }


def party_name(language: Language, names: Names, party: Party) -> str:
    """Name a lab or a body; what nobody bears is the organiser's."""
    if party == STOCK:
        return language.gettext("nobody (the organiser bears it)")
    return names.party(party)


# --- whose turn it is ---


def step_text(language: Language, state: PurchaseState, view: PurchaseView, here: Party) -> str:
    """Say what this lab is to do next, or for what the purchase waits."""
    if state.stage is Stage.CANCELLED:
        return ""
    if state.organiser == here:
        return _organiser_step(language, state, view)
    return _participant_step(language, state, view, here)


def _organiser_step(language: Language, state: PurchaseState, view: PurchaseView) -> str:
    _ = language.gettext
    if state.stage is Stage.OPEN:
        if not state.articles:
            return _("Say what is to be bought: add the first article.")
        if not state.pledges:
            return _("Nobody has pledged yet.")
        return _("Seal the order once everybody has pledged.")
    if state.stage is Stage.SEALED:
        if state.mode is None:
            return _("Say who invoices whom: nothing is ordered before.")
        return _("Call for funds if you want some beforehand, then order.")
    if state.stage is Stage.ORDERED:
        if not state.delivered:
            return _("The goods are awaited: say what came.")
        if not state.papers:
            return _("Enter the supplier’s invoice.")
    if view.unpaid:
        return language.ngettext(
            "%(count)s lab has still to pay %(sum)s.",
            "%(count)s labs have still to pay %(sum)s.",
            len(view.unpaid),
            sum=language.money(sum(party.owes for party in view.unpaid), state.currency),
        )
    return "" if state.stage is Stage.CLOSED else _("Everything is paid: close the purchase.")


def _participant_step(
    language: Language, state: PurchaseState, view: PurchaseView, here: Party
) -> str:
    _, own = language.gettext, view.party(here)
    if here in state.suspended:
        return _("The terms have become worse since you pledged: pledge again.")
    if state.stage is Stage.OPEN:
        if own is None:
            return _("Pledge what your lab wants of it.")
        return _("You have pledged; the organiser has yet to seal the order.")
    if own is None:
        return ""
    if state.papers and own.answered != "accepted" and state.stage is not Stage.CLOSED:
        return _("Look at your share, then agree to it or say what is not so.")
    if own.owes > own.in_transit:
        return _("%(sum)s are still to be paid.", sum=language.money(own.owes, state.currency))
    if any(line.handed > line.received for line in own.lines):
        return _("The organiser says that you have your goods: say so too.")
    if state.stage is Stage.CLOSED and own.agreed is None:
        return _("Look at the account, then countersign it.")
    return ""


# --- what does not agree ---


def differing_text(language: Language, state: PurchaseState, names: Names, row: Discrepancy) -> str:
    """Say one discrepancy in a sentence."""
    _ = language.gettext
    lab = party_name(language, names, row.party) if row.party else ""
    article = names.article(row.article) if row.article is not None else ""
    unit = state.articles[row.article].unit if row.article in state.articles else "piece"
    said, other = row.said or 0, row.other or 0

    def money(cents: int) -> str:
        return language.money(cents, state.currency)

    def many(quantity: int) -> str:
        return words.quantity_text(language, quantity, unit)

    match row.what:
        case Finding.ANSWER_DIFFERS:
            return _(
                "%(lab)s agreed to %(said)s; its share is %(other)s now.",
                lab=lab, said=money(said), other=money(other),
            )  # fmt: skip
        case Finding.CAP_BROKEN:
            return _(
                "The share of %(lab)s, %(said)s, is beyond its cap: it pays %(other)s, the "
                "organiser bears the rest until %(lab)s accepts it.",
                lab=lab, said=money(said), other=money(other),
            )  # fmt: skip
        case Finding.HANDED_DIFFERS:
            return _(
                "%(article)s for %(lab)s: %(said)s handed over, %(other)s received.",
                article=article, lab=lab, said=many(said), other=many(other),
            )  # fmt: skip
        case Finding.NOT_HANDED:
            return _(
                "%(article)s for %(lab)s: %(said)s handed over of %(other)s.",
                article=article, lab=lab, said=many(said), other=many(other),
            )  # fmt: skip
        case Finding.NO_MANDATE:
            if row.said is None:
                return _("%(lab)s has given no mandate to buy in its name.", lab=lab)
            return _(
                "The mandate of %(lab)s is for %(said)s, its share is %(other)s.",
                lab=lab, said=money(said), other=money(other),
            )  # fmt: skip
        case Finding.OMITTED:
            return _("A pledge that the organiser had seen was left out of the sealed order.")
        case Finding.ORDER_DIFFERS:
            return _(
                "%(article)s: %(said)s packs ordered, the pledges come to %(other)s.",
                article=article, said=language.number(said), other=language.number(other),
            )  # fmt: skip
        case Finding.PAID_DIFFERS:
            return _(
                "Payment of %(lab)s: %(said)s sent, %(other)s received.",
                lab=lab, said=money(said), other=money(other),
            )  # fmt: skip


def mismatch_text(language: Language, state: PurchaseState, names: Names, row: Mismatch) -> str:
    """Say one exception between order, goods and invoice."""
    _ = language.gettext
    kind, number = row.line
    article = names.article(number) if kind == "article" else charge_name(language, names, number)
    unit = state.articles[number].unit if kind == "article" else "piece"
    values = {
        "article": article,
        "sum": language.money(abs(row.cents), state.currency),
        "many": words.quantity_text(language, row.quantity, unit),
    }
    match row.what:
        case Exceptional.INVOICED_BEYOND_ACCEPTED:
            said = _(
                "%(article)s: %(many)s invoiced beyond what was accepted (%(sum)s net). Claim a "
                "credit note."
            )
        case Exceptional.NOT_ORDERED:
            said = _("%(article)s: %(many)s invoiced and never ordered (%(sum)s net).")
        case Exceptional.PRICE_DIFFERS if row.cents > 0:
            said = _("%(article)s is invoiced %(sum)s net dearer than ordered.")
        case Exceptional.PRICE_DIFFERS:
            said = _("%(article)s is invoiced %(sum)s net cheaper than ordered.")
        case Exceptional.CHARGE_DIFFERS if row.cents > 0:
            said = _("%(article)s costs %(sum)s net more than announced.")
        case Exceptional.CHARGE_DIFFERS:
            said = _("%(article)s costs %(sum)s net less than announced.")
        case Exceptional.NOT_DELIVERED:
            said = _("%(article)s: %(many)s have yet to come (%(sum)s net).")
    return said % values


# --- why ---


def charge_name(language: Language, names: Names, number: int) -> str:
    """Name a charge."""
    return names.charge(number) or language.gettext("Charge %(number)s", number=number)


def why_title(language: Language, names: Names, one: Why) -> str:
    """Name what a part of a share is of."""
    _ = language.gettext
    rate = language.percent(one.rate)
    if one.what == "article":
        return names.article(one.number)
    if one.what == "charge":
        return charge_name(language, names, one.number)
    return {
        "vat": _("VAT at %(rate)s", rate=rate),
        "carried": _("carried to another purchase"),
        "conceded": _("conceded by the organiser"),
        "excess": _("beyond the cap: the organiser bears it"),
        "paid": _("paid"),
        "refunded": _("paid back"),
    }.get(one.what, one.what)


def weight_text(language: Language, state: PurchaseState, one: Why, weight: int) -> str:
    """Return a weight in what it is measured in: sheets, kilograms, euros, parts."""
    if one.what == "article":
        return words.quantity_text(language, weight, state.articles[one.number].unit)
    match one.basis:
        case "value":
            return language.money(weight, state.currency)
        case "weight":  # thousandths of a unit, each so many grams
            return f"{language.number(Decimal(weight) / 1_000_000)}\u00a0kg"
        case "quantity":
            return language.number(Decimal(weight) / 1000)
    return language.number(weight)


def cents_text(language: Language, part: Fraction) -> str:
    """Return a part of a cent, cut after two digits: `0,66`."""
    cut = (Decimal(part.numerator) / Decimal(part.denominator)).quantize(_HUNDREDTH, ROUND_DOWN)
    return language.number(cut)
