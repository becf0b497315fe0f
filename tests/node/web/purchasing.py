"""A purchase signed into a lab's own log, with the names that its details carry."""

from typing import Any

from fedlab.ledger import purchasefacts as p
from fedlab.ledger import settlingfacts as s
from fedlab.ledger.sealing import seal_root
from fedlab.node.service import Service
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import encode_detail

SCHOOL = "5c" * 32


def say(service: Service, kind: Any, about: str | None = None, /, **fields: Any) -> str:
    """Sign a fact; `told` is its detail."""
    told = fields.pop("told", None)
    if about:
        fields["purchase"] = about
    draft = Draft(fact_of(kind, fields), encode_detail(told) if told else None)
    return service.opened.append_one(draft)


def open_purchase(service: Service, text: str = "", **terms: Any) -> str:
    """Open a purchase of sheets in packs of ten, cheaper from three packs on; `text` is in all."""
    told: dict[str, Any] = {"name": text or "Contreplaqué d’automne", "description": text}
    told |= {"supplier": text or "Bois & Cie", "charges": {"1": text or "Transport"}}
    charges = [{"charge": 1, "net": 60_00, "rate": 2000, "basis": "weight"}]
    terms = {"rules": 1, "currency": "EUR", "mode": "mandate", "charges": charges, **terms}
    purchase = say(service, p.PurchaseOpen, told=told, **terms)
    add_article(service, purchase, text=text)
    return purchase


def add_article(service: Service, purchase: str, number: int = 1, *, text: str = "") -> str:
    """Offer an article, and return the version of the purchase that has it."""
    ladder = [{"packs": 1, "price": 200_00}, {"packs": 3, "price": 180_00}]
    sold = {"unit": "sheet", "pack": 10_000, "grain": 1000, "rate": 2000, "grams": 9_000}
    told = {"name": text or "Okoumé 9 mm", "reference": text or "OK-9"}
    return say(
        service, p.PurchaseArticle, purchase, article=number, ladder=ladder, told=told, **sold
    )


def pledge(service: Service, purchase: str, firm: int, more: int = 0, **fields: Any) -> str:
    """Pledge sheets in the organiser's own name, or for a body."""
    line = {"article": 1, "firm": firm * 1000} | ({"more": more * 1000} if more else {})
    kind = p.PledgeFor if "body" in fields else p.Pledge
    return say(service, kind, purchase, version=purchase, lines=[line], **fields)


def settled(service: Service, text: str = "") -> str:
    """Have the lab and a school without a node buy 30 sheets; the school has yet to pay."""
    purchase = open_purchase(service, text)
    version = add_article(service, purchase, text=text)
    line = {"article": 1, "firm": 20_000}
    own = [say(service, p.Pledge, purchase, version=version, lines=[line])]
    line = {"article": 1, "firm": 8_000, "more": 2_000}
    told = {"name": text or "Collège Anita-Conti"}
    own.append(
        say(service, p.PledgeFor, purchase, version=version, lines=[line], body=SCHOOL, told=told)
    )
    say(service, p.PurchaseSeal, purchase, count=2, root=seal_root(own))
    say(service, s.PurchaseOrder, purchase, lines=[{"article": 1, "packs": 3}])
    came = {"article": 1, "accepted": 29_000, "damaged": 1_000}
    say(service, s.PurchaseDelivery, purchase, day="2026-11-20", lines=[came])
    lines = [{"article": 1, "quantity": 30_000, "net": 540_00, "rate": 2000}]
    charges = [{"charge": 1, "net": 100_00, "rate": 2000}]
    rates = [{"rate": 2000, "net": 640_00, "vat": 128_00}]
    paper = {"day": "2026-11-22", "lines": lines, "charges": charges, "rates": rates}
    say(service, s.PurchaseInvoice, purchase, **paper)
    return purchase
