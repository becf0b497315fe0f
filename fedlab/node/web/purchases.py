"""Group purchases: which there are, how far one is, and why everybody pays what it pays."""

from typing import Any

from aiohttp import web

from fedlab.ledger.purchasestate import PurchaseState, Stage
from fedlab.node.errors import NotFoundError
from fedlab.node.service.base import Opened
from fedlab.node.service.purchaseshown import Book, Listed, ShownPurchases
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.purchaseviews import PartyView, PurchaseView, view_of, why
from fedlab.node.web.purchasewords import (
    basis_names,
    cents_text,
    charge_name,
    differing_text,
    mismatch_text,
    mode_names,
    party_name,
    power_names,
    said_names,
    stage_names,
    step_text,
    weight_text,
    why_title,
)

routes = web.RouteTableDef()

# A table longer than this is for the spreadsheet; `all` shows it nevertheless.
PARTIES_SHOWN = 60
SAID_SHOWN = 40


@routes.get("/purchases")
async def purchases(request: web.Request) -> web.StreamResponse:
    """Purchases that this lab has part in, and those that it may join."""
    node, language, ended = node_of(request), language_of(request), "ended" in request.query
    shown = ShownPurchases(node.service.opened)
    here = node.service.opened.lab
    found = await node.read(lambda: _grouped(language, shown.list(), here, ended))
    names = await node.read(node.service.opened.lab_names)
    return render(
        request,
        "purchases.html",
        page="purchases",
        groups=found,
        ended=ended,
        names=names,
        stage_name=stage_names(language),
    )


@routes.get("/purchase/{purchase}")
async def purchase(request: web.Request) -> web.StreamResponse:
    return await show(request)


@routes.get("/purchase/{purchase}/share/{party}")
async def share(request: web.Request) -> web.StreamResponse:
    """Why a party pays what it pays, down to weights, odd cent and tie."""
    node, language = node_of(request), language_of(request)
    book, view = await node.read(read, node.service.opened, request.match_info["purchase"])
    party = view and view.party(request.match_info["party"])
    if view is None or party is None:
        raise NotFoundError("nobody of that name has part in this purchase", "go back to its page")
    return render(
        request,
        "purchase_share.html",
        page="purchases",
        book=book,
        state=book.state,
        view=view,
        party=party,
        reasons=await node.read(why, book.state, view, party.party),
        title_of=lambda one: why_title(language, book.names, one),
        weight_of=lambda one, weight: weight_text(language, book.state, one, weight),
        cents_of=lambda part: cents_text(language, part),
        **words_of(language, book),
    )


def read(opened: Opened, name: str) -> tuple[Book, PurchaseView | None]:
    """Return a purchase and what it comes to."""
    book = ShownPurchases(opened).show(name)
    return book, view_of(book.state)


async def show(
    request: web.Request, status: int = 200, problem: str = "", **more: Any
) -> web.StreamResponse:
    """Answer with the page of a purchase."""
    node, language = node_of(request), language_of(request)
    book, view = await node.read(read, node.service.opened, request.match_info["purchase"])
    state, here = book.state, node.service.opened.lab
    parties = _in_order(view, state, here) if view else []
    whole = "all" in request.query
    return render(
        request,
        "purchase.html",
        status,
        page="purchases",
        book=book,
        state=state,
        view=view,
        here=here,
        mine=view.party(here) if view else None,
        parties=parties if whole else parties[:PARTIES_SHOWN],
        hidden=0 if whole else max(0, len(parties) - PARTIES_SHOWN),
        said=book.entries if whole else book.entries[-SAID_SHOWN:],
        unsaid=0 if whole else max(0, len(book.entries) - SAID_SHOWN),
        step=step_text(language, state, view, here) if view else "",
        differing=[differing_text(language, state, book.names, row) for row in view.differing]
        if view
        else [],
        mismatches=[mismatch_text(language, state, book.names, row) for row in view.mismatches]
        if view
        else [],
        problem=problem,
        said_name=said_names(language),
        **words_of(language, book),
        **more,
    )


def words_of(language: Language, book: Book) -> dict[str, Any]:
    """Return what every page of a purchase needs to name its parts."""
    return {
        "stage_name": stage_names(language),
        "mode_name": mode_names(language),
        "basis_name": basis_names(language),
        "power_name": power_names(language),
        "party_name": lambda party: party_name(language, book.names, party),
        "charge_name": lambda number: charge_name(language, book.names, number),
        "money": lambda cents: language.money(cents, book.state.currency),
        "title": book.names.purchase.get("name") or book.state.purchase[:8],
    }


def _in_order(view: PurchaseView, state: PurchaseState, here: str) -> list[PartyView]:
    """Return the parties, this lab first, then the organiser, then whoever owes most."""
    order = {here: 0, state.organiser: 1}
    return sorted(view.parties, key=lambda p: (order.get(p.party, 2), -p.owes, p.party))


def _grouped(
    language: Language, found: list[Listed], here: str, ended: bool
) -> list[tuple[str, list[Listed]]]:
    """Return purchases by what is to be done."""
    _ = language.gettext
    titles = {
        "ours": _("Organised by us"),
        "in": _("We take part"),
        "open": _("Open to your pledge"),
        "others": _("Between other labs"),
    }
    groups: dict[str, list[Listed]] = {key: [] for key in titles}
    for one in found:
        state = one.state
        if (state.stage in (Stage.CLOSED, Stage.CANCELLED)) != ended:
            continue
        if state.organiser == here:
            key = "ours"
        elif here in state.pledges or here in state.suspended:
            key = "in"
        else:
            key = "open" if state.stage is Stage.OPEN else "others"
        groups[key].append(one)
    return [(titles[key], group) for key, group in groups.items() if group]
