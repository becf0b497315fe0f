"""The forms about a purchase, as they were filled in; each is read into what the service takes."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from fedlab.inventory.facts import UNITS
from fedlab.ledger.money import AmountError, parse_amount
from fedlab.ledger.vat import vat_of
from fedlab.node.days import is_day, today
from fedlab.node.numbers import decimal
from fedlab.node.service.purchaseshown import Book
from fedlab.node.web.i18n import Language
from fedlab.node.web.itemform import text_of
from fedlab.node.web.purchaseviews import PurchaseView

Reader = Callable[["Form"], dict[str, Any]]
METHODS: Final = ("transfer", "cheque", "cash", "card", "mandate", "other")
REASONS: Final = (
    "amount", "price", "quantity", "not_received", "damaged", "late", "never_agreed", "other"
)  # fmt: skip
STEPS: Final = 4  # rows for prices on the form
_CHARGES: Final = 3


class Form:
    """What was typed about a purchase; raises ValueError with what was wrong and where."""

    def __init__(
        self, language: Language, posted: Any, book: Book | None, view: PurchaseView | None
    ) -> None:
        self.language = language
        self.posted = posted
        self.book = book
        self.view = view
        self.currency = book.state.currency if book else "EUR"

    def text(self, name: str) -> str:
        return text_of(self.posted, name).strip()

    def wrong(self, label: str, message: str) -> ValueError:
        """Return the error that names the field."""
        return ValueError(f"{label}{self.language.gettext(':')} {message}" if label else message)

    def number(self, name: str, label: str = "", decimals: int = 3) -> int | None:
        """Return a number in thousandths, or of so many decimals; None where nothing stands."""
        typed = self.text(name)
        number = decimal(typed, decimals) if typed else None
        if typed and number is None:
            raise self.wrong(label, self.language.gettext("Write a number such as 2 or 2.5."))
        return number

    def money(self, name: str, label: str = "") -> int | None:
        """Return cents; None where nothing stands."""
        typed = self.text(name)
        try:
            return parse_amount(typed, self.currency) if typed else None
        except AmountError as exc:
            raise self.wrong(label, _amount_text(self.language, exc.reason)) from exc

    def day(self, name: str = "day") -> str:
        day = self.text(name) or today()
        if not is_day(day):
            message = self.language.gettext("This is not a day. Write it as 2026-03-31.")
            raise ValueError(message)
        return day

    def article(self, number: int) -> str:
        return self.book.names.article(number) if self.book else ""

    @property
    def articles(self) -> list[int]:
        return list(self.book.state.articles) if self.book else []

    def needed(self, found: Any) -> Any:
        """Return what must be there."""
        if not found:
            raise ValueError(self.language.gettext("Fill in at least one line."))
        return found


def _amount_text(language: Language, reason: str) -> str:
    """Say what is wrong with an amount."""
    _ = language.gettext
    return {
        "ambiguous": _("Write 1234 for thousands, 1,23 or 1.23 for cents."),
        "currency": _("This is another currency than the purchase’s."),
        "negative": _("An amount has no sign: money back is a credit note."),
        "third_decimal": _("Money has two decimals."),
    }.get(reason, _("Write an amount such as 12.50."))


def read_form(
    language: Language, word: str, posted: Any, book: Book, view: PurchaseView
) -> dict[str, Any]:
    """Return what a form says beside its purchase. Raises ValueError with what was wrong."""
    form = Form(language, posted, book, view)
    reader = _READERS.get(word)
    said = reader(form) if reader else {}
    if (note := form.text("note")) and word in ("cancel", "deliver", "share-dispute", "close"):
        said["note"] = note
    return said


def read_new(language: Language, posted: Any) -> dict[str, Any]:
    """Return the terms of a purchase, as they were typed."""
    form = Form(language, posted, None, None)
    terms: dict[str, Any] = {
        name: form.text(name) for name in ("name", "supplier", "description", "mode")
    }
    if not terms["name"]:
        raise ValueError(language.gettext("Say what the purchase is called."))
    if form.text("deadline"):
        terms["deadline"] = form.day("deadline")
    charges = []
    for number in range(1, _CHARGES + 1):
        name = form.text(f"charge-{number}")
        net = form.money(f"net-{number}", name)
        if name or net is not None:
            basis = form.text(f"basis-{number}") or "value"
            rate = form.number(f"rate-{number}", name, 2)
            charges.append(
                {"charge": number, "name": name, "net": net or 0, "basis": basis}
                | ({} if rate is None else {"rate": rate})
            )
    if re.fullmatch("[0-9a-f]{64}", form.text("need")):
        terms["need"] = form.text("need")
    return {key: value for key, value in (terms | {"charges": charges}).items() if value}


def _article(form: Form) -> dict[str, Any]:
    """Read an article: packs, what is handed out, prices by number of packs."""
    _ = form.language.gettext
    assert form.book is not None
    name = form.text("name")
    if not name:
        raise ValueError(_("Say what the article is called."))
    pack = form.number("pack", _("In a pack")) or 1000
    ladder = []
    for step in range(1, STEPS + 1):
        price = form.money(f"price-{step}", _("Price of a pack, net"))
        if price is not None:
            packs = form.number(f"packs-{step}", _("From so many packs on"), 0) or 1
            ladder.append({"packs": packs, "price": price})
    if not ladder:
        raise ValueError(_("Write at least one price."))
    number = form.number("article", "", 0) or max(form.book.state.articles, default=0) + 1
    rate = form.number("rate", _("VAT (%)"), 2)
    kilos = form.number("kilos", _("Weight of one (kg)"))
    unit = form.text("unit")
    article: dict[str, Any] = {
        "article": number,
        "name": name,
        "reference": form.text("reference"),
        "unit": unit if unit in UNITS else "piece",
        "pack": pack,
        "grain": form.number("grain", _("Handed out by")) or min(1000, pack),
        "rate": 2000 if rate is None else rate,
        "ladder": ladder,
    }
    return {"article": article | ({"grams": kilos} if kilos else {})}


def pledged(form: Form) -> dict[str, Any]:
    """Read a pledge: lines and caps."""
    lines = []
    for number in form.articles:
        label = form.article(number)
        firm = form.number(f"firm-{number}", label)
        more = form.number(f"more-{number}", label)
        cap = form.money(f"cap-{number}", label)
        if firm is None and more is None:
            continue
        line = {"article": number, "firm": firm or 0}
        lines.append(line | _some(more=more, cap=cap))
    return {"lines": form.needed(lines)} | _some(cap=form.money("cap"))


def _pledge(form: Form) -> dict[str, Any]:
    return pledged(form) | _some(version=form.text("version"))


def _pledge_for(form: Form) -> dict[str, Any]:
    name = form.text("name")
    if not name:
        raise ValueError(form.language.gettext("Say for whom."))
    return pledged(form) | {"name": name}


def _order(form: Form) -> dict[str, Any]:
    packs = {n: form.number(f"packs-{n}", form.article(n), 0) for n in form.articles}
    return {"lines": form.needed([{"article": n, "packs": p} for n, p in packs.items() if p])}


def _deliver(form: Form) -> dict[str, Any]:
    lines = []
    for number in form.articles:
        label = form.article(number)
        came = {
            name: form.number(f"{name}-{number}", label)
            for name in ("accepted", "damaged", "missing")
        }
        if any(came.values()):
            accepted = came.pop("accepted") or 0
            lines.append({"article": number, "accepted": accepted} | _some(**came))
    return {"lines": form.needed(lines), "day": form.day()}


def _hand_over(form: Form) -> dict[str, Any]:
    return {"party": form.needed(form.text("party"))}


def _receive(form: Form) -> dict[str, Any]:
    much = {n: form.number(f"q-{n}", form.article(n)) for n in form.articles}
    return {"lines": form.needed([{"article": n, "quantity": q} for n, q in much.items() if q])}


def _document(form: Form) -> dict[str, Any]:
    """Read an invoice or credit note; VAT that is not typed is computed from its rate."""
    assert form.book is not None
    state, lines, charges = form.book.state, [], []
    sums: dict[int, int] = {}
    for number, article in state.articles.items():
        label = form.article(number)
        net = form.money(f"net-{number}", label)
        if net is None:
            continue
        quantity = form.number(f"q-{number}", label) or 0
        lines.append({"article": number, "quantity": quantity, "net": net, "rate": article.rate})
        sums[article.rate] = sums.get(article.rate, 0) + net
    for charge in () if not state.terms.charges else state.terms.charges:
        net = form.money(f"charge-{charge.charge}", form.book.names.charge(charge.charge))
        if net:
            charges.append({"charge": charge.charge, "net": net, "rate": charge.rate})
            sums[charge.rate] = sums.get(charge.rate, 0) + net
    rates = []
    for rate, net in sorted(form.needed(sums).items()):
        vat = form.money(f"vat-{rate}", form.language.percent(rate))
        rates.append({"rate": rate, "net": net, "vat": vat_of(net, rate) if vat is None else vat})
    return {"day": form.day(), "lines": lines, "charges": charges, "rates": rates}


def _paid(form: Form) -> dict[str, Any]:
    cents, method = form.money("cents"), form.text("method")
    if not cents:
        raise ValueError(form.language.gettext("Write an amount such as 12.50."))
    return {"cents": cents, "method": method or "transfer", "day": form.day()} | _some(
        reference=form.text("reference").replace(" ", "").upper()
    )


def _supplier_paid(form: Form) -> dict[str, Any]:
    paid = _paid(form)
    paid.pop("reference", None)
    return paid


def _received(form: Form) -> dict[str, Any]:
    """Read what came in; the word of whoever sent it is answered where one fits."""
    assert form.book is not None
    payments, payer = form.book.state.payments, form.needed(form.text("payer"))
    paid = _paid(form)
    answered = {one.sent for one in payments}
    fits = [
        one.entry
        for one in payments
        if one.by == one.payer == payer and one.cents == paid["cents"] and one.entry not in answered
    ]
    return paid | {"payer": payer} | ({"sent": fits[0]} if len(fits) == 1 else {})


def _cents(form: Form) -> dict[str, Any]:
    """Read a sum that the page showed: the service refuses it where it has moved since."""
    shown = form.text("shown")
    return {"cents": int(shown)} if re.fullmatch("-?[0-9]{1,15}", shown) else {}


def _mandate(form: Form) -> dict[str, Any]:
    return {"cap": form.needed(form.money("cap"))}


def _call(form: Form) -> dict[str, Any]:
    return {"due": form.day("due")} if form.text("due") else {}


def _dispute(form: Form) -> dict[str, Any]:
    reason = form.text("reason")
    return {"reason": reason if reason in REASONS else "other"}


def _some(**fields: Any) -> dict[str, Any]:
    """Return those that say something."""
    return {name: value for name, value in fields.items() if value not in (None, "", 0)}


_READERS: Final[Mapping[str, Reader]] = {
    "article": _article,
    "pledge": _pledge,
    "pledge-for": _pledge_for,
    "order": _order,
    "deliver": _deliver,
    "hand-over": _hand_over,
    "receive": _receive,
    "call": _call,
    "invoice": _document,
    "credit-note": _document,
    "supplier-paid": _supplier_paid,
    "share-accept": _cents,
    "statement": _cents,
    "share-dispute": _dispute,
    "mandate": _mandate,
    "sent": _paid,
    "received": _received,
}
