"""Needs: what labs seek and nobody's inventory answers; publish one, answer one, close one."""

from typing import Any, Final

from aiohttp import web

from fedlab.inventory.facts import KINDS, TERMS, UNITS
from fedlab.node.days import is_day, today
from fedlab.node.errors import ServiceError
from fedlab.node.members.roles import Right
from fedlab.node.numbers import decimal
from fedlab.node.service.needs import NeedAnswer
from fedlab.node.web.access import person_of
from fedlab.node.web.i18n import Language
from fedlab.node.web.itemform import text_of, unit_name
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.sentences import told
from fedlab.protocol.limits import (
    NEED_TEXT_CHARS_MAX,
    NEED_TITLE_CHARS_MAX,
    QUANTITY_MAX,
    QUERY_CHARS_MAX,
)

routes = web.RouteTableDef()

# Own items that may be what is sought; more would be a search of its own.
MATCHES: Final = 5
_FIELDS: Final = ("title", "description", "kind", "quantity", "unit", "until")


@routes.get("/needs")
async def needs(request: web.Request) -> web.StreamResponse:
    node, closed = node_of(request), "closed" in request.query
    found = await node.read(lambda: node.service.needs.list(closed=closed))
    here = node.service.opened.lab
    mine = [need for need in found.needs if need.own]
    joined = {word.lab for need in found.needs for word in need.joined}
    return render(
        request,
        "needs.html",
        page="needs",
        mine=mine,
        others=[need for need in found.needs if not need.own],
        joined=here in joined,
        closed=closed,
    )


@routes.get("/needs/new")
async def new(request: web.Request) -> web.StreamResponse:
    """Ask for what is sought; an empty search fills in what it was about."""
    query = request.query
    kind = query.get("kind", "")
    typed = dict.fromkeys(_FIELDS, "") | {
        "title": query.get("title", "")[:NEED_TITLE_CHARS_MAX],
        "kind": kind if kind in KINDS else "tool",
        "unit": "piece",
    }
    terms = [term for term in query.getall("terms", []) if term in TERMS]
    return _form(request, 200, typed, terms, {})


@routes.post("/needs")
async def publish(request: web.Request) -> web.StreamResponse:
    node, language, posted = node_of(request), language_of(request), await request.post()
    typed = {name: text_of(posted, name) for name in _FIELDS}
    terms = [str(term) for term in posted.getall("terms", []) if term in TERMS]
    problems, need = _read(language, typed)
    if problems:
        return _form(request, 422, typed, terms, problems)
    try:
        done = await node.call("need_publish", {"need": {**need, "terms": terms}})
    except ServiceError as exc:
        return _form(request, 422, typed, terms, {"": told(language, exc.message, exc.hint)})
    raise web.HTTPSeeOther(f"/need/{done['need']}?said=published")


@routes.get("/need/{need}")
async def need(request: web.Request) -> web.StreamResponse:
    return await _show(request)


@routes.post("/need/{need}/join")
async def join(request: web.Request) -> web.StreamResponse:
    posted = await request.post()
    code = text_of(posted, "code") or None
    return await _say(request, "need_join", {"code": code}, "have" if code else "too")


@routes.post("/need/{need}/close")
async def close(request: web.Request) -> web.StreamResponse:
    ending = text_of(await request.post(), "ending") or "other"
    return await _say(request, "need_close", {"ending": ending}, "closed")


async def _say(
    request: web.Request, call: str, params: dict[str, Any], said: str
) -> web.StreamResponse:
    need = request.match_info["need"]
    try:
        await node_of(request).call(call, {"need": need, **params})
    except ServiceError as exc:
        if exc.http_status == 404 and params.get("code") is None:
            raise
        problem = told(language_of(request), exc.message, exc.hint)
        return await _show(request, status=409, problem=problem)
    raise web.HTTPSeeOther(f"/need/{need}?said={said}")


async def _show(request: web.Request, status: int = 200, problem: str = "") -> web.StreamResponse:
    node, language = node_of(request), language_of(request)
    found = await node.read(node.service.needs.show, request.match_info["need"])
    here = node.service.opened.lab
    said = next((word for word in found.joined if word.lab == here), None)
    matches = []
    if person_of(request).may(Right.NEED) and found.open and not found.own and said is None:
        search = node.service.search
        asked = found.title[:QUERY_CHARS_MAX]
        answer = await node.read(lambda: search(asked, kind=found.kind, lab=here, limit=MATCHES))
        matches = answer.hits
    return render(
        request,
        "need.html",
        status,
        page="needs",
        need=found,
        past=_is_past(found),
        said=said,
        matches=matches,
        problem=problem,
        done=_done(language, request.query.get("said", "")),
        ending_name=_endings(language).get,
        endings=_endings(language),
    )


def _is_past(need: NeedAnswer) -> bool:
    """Say whether a need has come to the last day on which it was of use."""
    return need.until is not None and need.until < today()


def _done(language: Language, said: str) -> str:
    _ = language.gettext
    return {
        "published": _("It is published: every lab around sees it from now on."),
        "have": _("The other lab now sees that you have it. Get in touch to agree."),
        "too": _("The other lab now sees that you need it too."),
        "closed": _("Done."),
    }.get(said, "")


def _endings(language: Language) -> dict[str, str]:
    _ = language.gettext
    return {
        "found": _("found"),
        "bought": _("bought"),
        "dropped": _("no longer sought"),
        "other": _("for another reason"),
    }


def _form(
    request: web.Request,
    status: int,
    typed: dict[str, str],
    terms: list[str],
    problems: dict[str, str],
) -> web.StreamResponse:
    language = language_of(request)
    return render(
        request,
        "need_new.html",
        status,
        page="needs",
        typed=typed,
        chosen=terms,
        problems={name: problems.get(name, "") for name in (*_FIELDS, "")},
        kinds=KINDS,
        all_terms=TERMS,
        units={unit: unit_name(language, unit) for unit in UNITS},
        text_max=NEED_TEXT_CHARS_MAX,
        title_max=NEED_TITLE_CHARS_MAX,
    )


def _read(language: Language, typed: dict[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what is wrong with the form, by field, and the need as the service takes it."""
    _ = language.gettext
    problems: dict[str, str] = {}
    need: dict[str, Any] = {
        name: typed[name] for name in ("title", "description") if typed[name].strip()
    }
    if "title" not in need:
        problems["title"] = _("Say what you are looking for.")
    elif len(need["title"]) > NEED_TITLE_CHARS_MAX:
        problems["title"] = _("A few words; the rest goes below.")
    if len(typed["description"]) > NEED_TEXT_CHARS_MAX:
        problems["description"] = _("This is too long.")
    need["kind"] = typed["kind"] if typed["kind"] in KINDS else "tool"
    need["unit"] = typed["unit"] if typed["unit"] in UNITS else "piece"
    if typed["quantity"]:
        need["quantity"] = many = decimal(typed["quantity"], 3) or 0
        if not 0 < many <= QUANTITY_MAX:
            problems["quantity"] = _("Write a number above 0, or leave it empty.")
    if until := typed["until"].strip():
        need["until"] = until
        if not is_day(until):
            problems["until"] = _("This is not a day. Write it as 2026-03-31.")
    return problems, need
