"""Group purchases: which there are, how far one is, and why everybody pays what it pays."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from fedlab.inventory.facts import UNITS
from fedlab.ledger.purchasestate import PurchaseState, Stage
from fedlab.node.days import today
from fedlab.node.errors import NotFoundError, ServiceError
from fedlab.node.numbers import spelled
from fedlab.node.service.base import Opened
from fedlab.node.service.purchaseshown import Book, Listed, ShownPurchases
from fedlab.node.web.access import person_of
from fedlab.node.web.i18n import Language
from fedlab.node.web.itemform import text_of, unit_name
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.purchaseforms import Form, pledged, read_form, read_new
from fedlab.node.web.purchasesteps import WORDS
from fedlab.node.web.purchasesteps import words_of as words_for
from fedlab.node.web.purchaseviews import PartyView, PurchaseView, view_of, why, with_pledge
from fedlab.node.web.purchasewords import (
    basis_names,
    cents_text,
    charge_name,
    differing_text,
    method_names,
    mismatch_text,
    mode_names,
    party_name,
    power_names,
    reason_names,
    said_names,
    stage_names,
    step_text,
    weight_text,
    why_title,
    word_names,
)
from fedlab.node.web.sentences import told

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


@routes.get("/purchases/new")
async def new(request: web.Request) -> web.StreamResponse:
    """Ask for the terms of a purchase; a need fills in what it was about."""
    node, query = node_of(request), request.query
    typed = {"need": query.get("need", ""), "name": query.get("name", "")[:200]}
    if typed["need"]:
        need = await node.read(node.service.needs.show, typed["need"])
        typed = {"need": need.need, "name": need.title}
    return _new_form(request, 200, typed)


@routes.post("/purchases")
async def propose(request: web.Request) -> web.StreamResponse:
    node, language, posted = node_of(request), language_of(request), await request.post()
    typed = {name: text_of(posted, name) for name in posted}
    try:
        done = await node.call("purchase_open", {"terms": read_new(language, posted)})
    except ServiceError as exc:
        return _new_form(request, 422, typed, told(language, exc.message, exc.hint))
    except ValueError as exc:
        return _new_form(request, 422, typed, str(exc))
    raise web.HTTPSeeOther(f"/purchase/{done['purchase']}")


def _new_form(
    request: web.Request, status: int, typed: dict[str, str], problem: str = ""
) -> web.StreamResponse:
    language = language_of(request)
    return render(
        request,
        "purchase_new.html",
        status,
        page="purchases",
        typed=defaultdict(str, typed),
        problem=problem,
        modes=mode_names(language),
        bases={key: name for key, name in basis_names(language).items() if key != "fixed"},
    )


@routes.get("/purchase/{purchase}")
async def purchase(request: web.Request) -> web.StreamResponse:
    """One purchase; a pledge in the query is shown with what it would cost as things stand."""
    if "preview" in request.query:
        return await show(request, word="pledge", typed=dict(request.query))
    return await show(request)


@routes.post("/purchase/{purchase}/terms/{word}")
async def say_terms(request: web.Request) -> web.StreamResponse:
    return await _say(request, "terms")


@routes.post("/purchase/{purchase}/goods/{word}")
async def say_goods(request: web.Request) -> web.StreamResponse:
    return await _say(request, "goods")


@routes.post("/purchase/{purchase}/money/{word}")
async def say_money(request: web.Request) -> web.StreamResponse:
    return await _say(request, "money")


async def _say(request: web.Request, way: str) -> web.StreamResponse:
    """Say one word of this lab's about a purchase; it is folded before it is signed."""
    node, language, posted = node_of(request), language_of(request), await request.post()
    name, word = request.match_info["purchase"], request.match_info["word"]
    if word not in WORDS or WORDS[word].way != way:
        raise web.HTTPNotFound
    typed = {field: text_of(posted, field) for field in posted}
    book, view = await node.read(read, node.service.opened, name)
    if view is None:
        return await show(request, 409)
    try:
        said = read_form(language, word, posted, book, view)
        await node.call(WORDS[word].call, {"purchase": book.state.purchase, **said})
    except ServiceError as exc:
        problem = told(language, exc.message, exc.hint)
        return await show(request, 409, problem, word, typed)
    except ValueError as exc:
        return await show(request, 422, str(exc), word, typed)
    raise web.HTTPSeeOther(f"/purchase/{book.state.purchase}")


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
    request: web.Request,
    status: int = 200,
    problem: str = "",
    word: str = "",
    typed: Mapping[str, str] | None = None,
) -> web.StreamResponse:
    """Answer with the page of a purchase; `word` is the form that was `typed` into."""
    node, language = node_of(request), language_of(request)
    book, view = await node.read(read, node.service.opened, request.match_info["purchase"])
    state, here = book.state, node.service.opened.lab
    parties = _in_order(view, state, here) if view else []
    preview = None
    if word == "pledge" and typed is not None and view is not None and not problem:
        try:
            preview = await node.read(_preview, Form(language, typed, book, view), here)
        except ValueError as exc:
            problem = str(exc)
    can = words_for(state, view, here, person_of(request)) if view else []
    can.sort(key=lambda each: each != word)  # what was typed into stands first
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
        can=can,
        ways={name: one.way for name, one in WORDS.items()},
        word_name=word_names(language),
        said_in=lambda name, field, value="": (
            (typed or {}).get(field, value) if name == word else value
        ),
        open_word=word,
        preview=preview,
        spelled=spelled,
        methods=method_names(language),
        reasons=reason_names(language),
        units={unit: unit_name(language, unit) for unit in UNITS},
        percent=language.percent,
        today=today(),
        **words_of(language, book),
    )


def _preview(form: Form, here: str) -> PurchaseView | None:
    """Return what the purchase would come to with the pledge that is being typed."""
    assert form.book is not None
    wanted = pledged(form)
    return view_of(with_pledge(form.book.state, here, wanted["lines"], wanted.get("cap")))


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
