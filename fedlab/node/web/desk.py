"""The inventory desk: the list, the form of one item, what holds it, and the walk by labels."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec
from aiohttp import web

from fedlab.inventory.facts import HOLD_REASONS, KINDS, TERMS, UNITS
from fedlab.node.days import seconds_since, today
from fedlab.node.errors import BadRequestError, ConflictError, ServiceError
from fedlab.node.service.answers import ItemAnswer
from fedlab.node.service.desk import STATES, DeskRow
from fedlab.node.service.items import ItemChange
from fedlab.node.web import itemform, pages
from fedlab.node.web.codes import typed_item
from fedlab.node.web.i18n import LANGUAGES, Language
from fedlab.node.web.itemform import ItemForm, text_of
from fedlab.node.web.keys import node_of

routes = web.RouteTableDef()


def say_done(language: Language, query: Mapping[str, str]) -> str:
    """Return what the page before has done, in a sentence."""
    _ = language.gettext
    code = query.get("code", "")[:40]
    return {
        "added": _("%(code)s was added.", code=code),
        "changed": _("%(code)s was changed.", code=code),
        "same": _("Nothing of %(code)s was changed.", code=code),
        "retired": _("%(code)s is no longer offered.", code=code),
        "held": _("%(code)s is out of the calendar for that time.", code=code),
        "released": _("%(code)s is free again.", code=code),
        "seen": _("%(code)s is still here: noted.", code=code),
        "begun": _("The walk begins."),
        "ended": _("The walk is over."),
    }.get(query.get("done", ""), "")


def leads_to(path: str, done: str, code: str = "", anchor: str = "") -> web.HTTPSeeOther:
    """Return the way to a page that says what was done, see `say_done`; to be raised."""
    query = urlencode({"done": done, "code": code} if code else {"done": done})
    return web.HTTPSeeOther(f"{path}{'&' if '?' in path else '?'}{query}{anchor}")


def words_of(language: Language) -> dict[str, Any]:
    """What the templates of the desk need beside the usual."""
    return {
        "page": "desk",
        "kinds": KINDS,
        "all_terms": TERMS,
        "units": [(unit, itemform.unit_name(language, unit)) for unit in UNITS],
        "reasons": [(why, itemform.reason_name(language, why)) for why in HOLD_REASONS],
        "reason_name": lambda why: itemform.reason_name(language, why),
        "form_of": lambda item: itemform.form_of(item, language),
        "languages": LANGUAGES,
        "today": today(),
    }


# --- The list -----------------------------------------------------------------------------------


class Filter(msgspec.Struct):
    """What the list shows."""

    q: str = ""
    kind: str = ""
    state: str = "offered"
    after: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        state = query.get("state", "")
        return cls(
            query.get("q", "").strip()[:200],
            query.get("kind", "") if query.get("kind") in KINDS else "",
            state if state in STATES else "offered",
            query.get("after", "")[:40],
        )

    def url(self, after: str = "") -> str:
        """The address of the list so filtered."""
        named = {"q": self.q, "kind": self.kind, "after": after}
        given = {name: value for name, value in named.items() if value}
        if self.state != "offered":
            given["state"] = self.state
        return "/desk" + (f"?{urlencode(given)}" if given else "")


@routes.get("/desk")
async def show_list(request: web.Request) -> web.StreamResponse:
    return await _list_page(request, Filter.of(request.query))


async def _list_page(
    request: web.Request, wanted: Filter, code: str = "", form: ItemForm | None = None
) -> web.StreamResponse:
    """Show the list; where a short form had mistakes, with it as it was typed."""
    node, language = node_of(request), pages.language_of(request)
    find = node.service.desk.find
    found = await node.read(lambda: find(wanted.q, wanted.kind, wanted.state, wanted.after))
    states = {
        "offered": language.gettext("offered"),
        "held": language.gettext("held now or later"),
        "unseen": language.gettext("not seen for a year"),
        "retired": language.gettext("no longer offered"),
    }
    return pages.render(
        request,
        "desk.html",
        422 if form else 200,
        **words_of(language),
        wrong_code=code,
        wrong_form=form,
        wanted=wanted,
        states=states,
        rows=found.rows,
        more=wanted.url(found.next) if found.next else "",
        here=wanted.url(wanted.after),
        said=say_done(language, request.query),
    )


# --- One item -----------------------------------------------------------------------------------


def as_said(change: ItemChange) -> dict[str, Any]:
    """The change as the table of calls takes it."""
    said: dict[str, Any] = msgspec.to_builtins(change)
    return said


def _code(request: web.Request) -> str:
    return request.match_info["code"].upper()


@routes.get("/desk/item/{code}")
async def edit(request: web.Request) -> web.StreamResponse:
    row = await node_of(request).read(node_of(request).service.desk.show, _code(request))
    form = itemform.form_of(row.item, pages.language_of(request))
    return _show_item(request, row, form)


@routes.post("/desk/item/{code}")
async def change(request: web.Request) -> web.StreamResponse:
    """Change what was typed; `back` is the list that the short form stands in."""
    node, language, posted = node_of(request), pages.language_of(request), await request.post()
    row = await node.read(node.service.desk.show, _code(request))
    before = itemform.form_of(row.item, language)
    form = itemform.read_form(posted, before, language)
    code = row.item.code
    back = urlsplit(_back(posted))
    if form.errors and back.path == "/desk":
        return await _list_page(request, Filter.of(dict(parse_qsl(back.query))), code, form)
    if form.errors:
        return _show_item(request, row, form, status=422)
    if form.changes or row.item.retired:
        await node.call("item_set", {"item": code, "change": as_said(form.change)})
    done = "changed" if form.changes or row.item.retired else "same"
    raise leads_to(_back(posted) or f"/desk/item/{quote(code)}", done, code)


def _back(posted: Mapping[str, Any]) -> str:
    """Return the page to go back to, of the desk's own only."""
    back = text_of(posted, "back")
    plain = back.isascii() and back.isprintable() and "\\" not in back
    return (
        back if plain and (back == "/desk" or back.startswith(("/desk?", "/desk/", "/I/"))) else ""
    )


def _show_item(
    request: web.Request,
    row: DeskRow,
    form: ItemForm,
    *,
    hold: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.StreamResponse:
    language = pages.language_of(request)
    return pages.render(
        request,
        "desk_item.html",
        status,
        **words_of(language),
        item=row.item,
        holds=row.holds,
        form=form,
        hold={
            "from": today(),
            "to": "",
            "quantity": "",
            "reason": "other",
            "problem": "",
            **(hold or {}),
        },
        said=say_done(language, request.query),
    )


@routes.post("/desk/item/{code}/retire")
async def retire(request: web.Request) -> web.StreamResponse:
    posted = await request.post()
    await node_of(request).call("item_retire", {"item": _code(request)})
    raise leads_to(_back(posted) or "/desk", "retired", _code(request))


@routes.post("/desk/item/{code}/seen")
async def seen(request: web.Request) -> web.StreamResponse:
    posted = await request.post()
    await node_of(request).call("item_seen", {"item": _code(request)})
    raise leads_to(_back(posted) or f"/desk/item/{quote(_code(request))}", "seen", _code(request))


@routes.post("/desk/item/{code}/hold")
async def hold(request: web.Request) -> web.StreamResponse:
    node, language, posted = node_of(request), pages.language_of(request), await request.post()
    row = await node.read(node.service.desk.show, _code(request))
    form = itemform.form_of(row.item, language)
    asked = {name: text_of(posted, name) for name in ("from", "to", "quantity", "reason")}
    try:
        await node.call("item_hold", _hold_of(row.item, asked, language))
    except ServiceError as exc:
        asked["problem"] = _hold_problem(language, row.item, exc)
        return _show_item(request, row, form, hold=asked, status=422)
    raise leads_to(_back(posted) or f"/desk/item/{quote(row.item.code)}", "held", row.item.code)


def _hold_of(item: ItemAnswer, asked: Mapping[str, str], language: Language) -> dict[str, Any]:
    read = itemform.read_form({"quantity": asked["quantity"]}, itemform.blank_form(""), language)
    if read.errors:
        raise BadRequestError(read.errors["quantity"])
    params: dict[str, Any] = {"item": item.code, "day_from": asked["from"]}
    if asked["to"]:
        params["day_to"] = asked["to"]
    if asked["quantity"]:
        params["quantity"] = read.change.quantity
    return {**params, "reason": asked["reason"] or "other"}


def _hold_problem(language: Language, item: ItemAnswer, exc: ServiceError) -> str:
    _ = language.gettext
    if isinstance(exc, ConflictError):
        there = itemform.form_of(item, language).typed["quantity"]
        return _("There are only %(many)s of it.", many=there)
    return _("Give a first day, a last day that is not before it, and a number or nothing.")


@routes.post("/desk/item/{code}/release")
async def release(request: web.Request) -> web.StreamResponse:
    posted = await request.post()
    await node_of(request).call("item_release", {"hold": text_of(posted, "hold")})
    code = _code(request)
    raise leads_to(_back(posted) or f"/desk/item/{quote(code)}", "released", code)


# --- The walk -----------------------------------------------------------------------------------

WALK: Final = "/desk/walk"


@routes.get(WALK)
async def walk(request: web.Request) -> web.StreamResponse:
    return await _show_walk(request)


async def _show_walk(
    request: web.Request, *, typed: str = "", problem: str = "", status: int = 200
) -> web.StreamResponse:
    node, language = node_of(request), pages.language_of(request)
    under_way = await node.read(node.service.desk.walk)
    ended = await node.read(node.service.desk.walked_at)
    return pages.render(
        request,
        "walk.html",
        status,
        **words_of(language),
        walk=under_way,
        walked_s=seconds_since(ended) if ended else None,
        typed=typed,
        problem=problem,
        said=say_done(language, request.query),
    )


@routes.post(WALK)
async def begin_or_end_walk(request: web.Request) -> web.StreamResponse:
    node, posted = node_of(request), await request.post()
    if text_of(posted, "do") == "end":
        await node.write(node.service.desk.end_walk)
        raise leads_to(WALK, "ended")
    if await node.read(node.service.desk.walk, 0) is None:
        await node.write(node.service.desk.begin_walk)
    raise leads_to(WALK, "begun")


@routes.post("/desk/walk/seen")
async def seen_on_walk(request: web.Request) -> web.StreamResponse:
    """Take a code as typed, or as a scanner types it, which is the whole address of the label."""
    node, language, posted = node_of(request), pages.language_of(request), await request.post()
    typed = text_of(posted, "code")
    found = await node.read(typed_item, node.service, typed)
    if found is None or found.lab != node.service.own().lab:
        said = language.gettext("No item of this lab has the code “%(code)s”.", code=typed[:60])
        return await _show_walk(request, typed=typed, problem=said, status=422)
    try:
        await node.call("item_seen", {"item": found.code})
    except ServiceError:
        said = language.gettext("%(code)s is no longer offered.", code=found.code)
        return await _show_walk(request, typed=typed, problem=said, status=422)
    raise leads_to(WALK, "seen", found.code)
