"""A purchase on paper and as spreadsheets: the order, calls for funds, and every share."""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from aiohttp import web

from fedlab.formats.lamednum import safe_cell
from fedlab.ledger.packs import price_of
from fedlab.node.errors import NotFoundError
from fedlab.node.service.purchaseshown import Book
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.purchases import read, words_of
from fedlab.node.web.purchaseviews import PurchaseView, why
from fedlab.node.web.purchasewords import party_name, why_title
from fedlab.protocol.entry import EntryId

routes = web.RouteTableDef()

Cell = str | int | Decimal
Row = Sequence[Cell]


@routes.get("/purchase/{purchase}/order")
async def order(request: web.Request) -> web.StreamResponse:
    """The order as it goes to the supplier: what is ordered, or what it would be."""
    node, language = node_of(request), language_of(request)
    book, view = await node.read(_read, node.service.opened, request)
    lines = order_lines(book, view)
    return render(
        request,
        "purchase_order.html",
        page="purchases",
        book=book,
        state=book.state,
        lines=lines,
        total=sum(line["net"] for line in lines),
        **words_of(language, book),
    )


@routes.get("/purchase/{purchase}/call/{party}")
async def call(request: web.Request) -> web.StreamResponse:
    """A call for funds, to print and send: how much, until when, under which reference."""
    node, language = node_of(request), language_of(request)
    book, view = await node.read(_read, node.service.opened, request)
    party = view.party(request.match_info["party"])
    if party is None or party.party == book.state.organiser:
        raise NotFoundError("nobody of that name has part in this purchase", "go back to its page")
    return render(
        request,
        "purchase_call.html",
        page="purchases",
        state=book.state,
        party=party,
        reference=spaced(reference_of(book.state.purchase, party.party)),
        **words_of(language, book),
    )


@routes.get("/purchase/{purchase}/order.csv")
async def order_csv(request: web.Request) -> web.StreamResponse:
    node, language = node_of(request), language_of(request)
    book, view = await node.read(_read, node.service.opened, request)
    return _csv(language, "order", book, order_rows(language, book, view))


@routes.get("/purchase/{purchase}/shares.csv")
async def shares_csv(request: web.Request) -> web.StreamResponse:
    node, language = node_of(request), language_of(request)
    book, view = await node.read(_read, node.service.opened, request)
    rows = await node.read(share_rows, language, book, view)
    return _csv(language, "shares", book, rows)


def _read(opened: Any, request: web.Request) -> tuple[Book, PurchaseView]:
    book, view = read(opened, request.match_info["purchase"])
    if view is None:
        raise NotFoundError(
            "this purchase is computed by rules that this fedlab does not have", "update fedlab"
        )
    return book, view


# --- the order ---


def order_lines(book: Book, view: PurchaseView) -> list[dict[str, Any]]:
    """Return what is ordered, line by line; before that, what the pledges come to."""
    lines = []
    for article in view.articles:
        packs = article.ordered if book.state.ordered else article.packs
        if packs:
            net = price_of(article.ladder, packs)
            lines.append(
                {"article": article, "packs": packs, "net": net, "price": net // packs}
                | {"reference": book.names.references.get(article.number, "")}
            )
    return lines


def order_rows(language: Language, book: Book, view: PurchaseView) -> list[Row]:
    """Return the order as a table."""
    _ = language.gettext
    rows: list[Row] = [
        (_("The supplier’s reference"), _("Article"), _("Packs"), _("In a pack"), _("Unit"),
         _("Price of a pack, net"), _("Net")),
    ]  # fmt: skip
    for line in order_lines(book, view):
        article = line["article"]
        rows.append(
            (
                line["reference"],
                book.names.article(article.number),
                line["packs"],
                Decimal(article.pack) / 1000,
                article.unit,
                _euros(line["price"]),
                _euros(line["net"]),
            )
        )
    return rows


# --- every share ---


def share_rows(language: Language, book: Book, view: PurchaseView) -> list[Row]:
    """Return every part of every share with its weights, and what was paid of it."""
    _ = language.gettext
    rows: list[Row] = [
        (_("Lab"), _("What"), _("Amount"), _("Split in all"), _("Weight"), _("All weights"),
         _("Place for a cent left over")),
    ]  # fmt: skip
    for party in view.parties:
        name = party_name(language, book.names, party.party)
        for one in why(book.state, view, party.party):
            title, share = why_title(language, book.names, one), one.share
            split: Row = ("", "", "", "")
            if share is not None:
                split = (_euros(share.total), share.weight, share.weights, share.rank + 1)
            rows.append((name, title, _euros(one.cents), *split))
        rows.append((name, _("Still to pay"), _euros(party.owes), "", "", "", ""))
    return rows


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def write_csv(language: Language, rows: Iterable[Row]) -> bytes:
    """Return a table as spreadsheets of that language open it; no text becomes a formula."""
    text = io.StringIO()
    french = language.code == "fr"
    writer = csv.writer(text, delimiter=";" if french else ",")
    for row in rows:
        cells = [safe_cell(cell) if isinstance(cell, str) else str(cell) for cell in row]
        if french:
            cells = [
                written.replace(".", ",") if isinstance(cell, Decimal) else written
                for written, cell in zip(cells, row, strict=True)
            ]
        writer.writerow(cells)
    return text.getvalue().encode("utf-8-sig")  # without the mark Excel takes it for Latin-1


def _csv(language: Language, kind: str, book: Book, rows: Iterable[Row]) -> web.Response:
    name = f"{kind}-{book.state.purchase[:8]}.csv"
    return web.Response(
        body=write_csv(language, rows),
        content_type="text/csv",
        charset="utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


# --- references ---


def reference_of(purchase: EntryId, party: str) -> str:
    """Return the ISO 11649 reference under which a party pays: of both ids, so always the same."""
    body = f"{purchase[:8]}{party[:8]}".upper()
    digits = "".join(str(int(sign, 36)) for sign in f"{body}RF00")
    return f"RF{98 - int(digits) % 97:02}{body}"


def spaced(reference: str) -> str:
    """Return a reference in groups of four, as it is read out."""
    return " ".join(reference[at : at + 4] for at in range(0, len(reference), 4))
