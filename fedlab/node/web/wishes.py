"""Asking for another lab's item: a manager for the lab, a member through a manager."""

from typing import Any, Final

from aiohttp import web

from fedlab.node.days import is_day, today
from fedlab.node.errors import NotFoundError, ServiceError
from fedlab.node.numbers import decimal, whole
from fedlab.node.web.access import person_of
from fedlab.node.web.i18n import Language
from fedlab.node.web.itemform import text_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.sentences import told
from fedlab.node.web.words import term_name

routes = web.RouteTableDef()

_FIELDS = ("from", "to", "quantity", "note", "term", "starts", "ends")
# What has a slot on a day, and what is asked for without a day to bring it back.
_SLOTTED: Final = ("use", "help")
_KEPT: Final = ("give", "sell")


@routes.get("/loans/ask/{lab}/{code}")
async def ask(request: web.Request) -> web.StreamResponse:
    return await _form(request, 200, _usual(request), mine=False)


@routes.post("/loans/ask/{lab}/{code}")
async def request_loan(request: web.Request) -> web.StreamResponse:
    """Ask the lab that has it; that holds nothing before the lab has offered it."""
    node, language = node_of(request), language_of(request)
    posted = await request.post()
    typed = {name: text_of(posted, name).strip() for name in _FIELDS}
    try:
        day_from, day_to, quantity = _asked(language, typed)
        line = {"item": _item(request), "quantity": quantity} | _on_terms(language, typed)
        params = {"lines": [line], "day_from": day_from, "note": typed["note"]}
        if typed["term"] not in _KEPT:
            params["day_to"] = day_from if "day" in line else day_to
        done = await node.call("loan_request", params)
    except ServiceError as exc:
        return await _form(request, 422, typed, told(language, exc.message, exc.hint), mine=False)
    except ValueError as exc:
        return await _form(request, 422, typed, str(exc), mine=False)
    raise web.HTTPSeeOther(f"/loan/{done['loan']}")


@routes.get("/loans/wish/{lab}/{code}")
async def wish(request: web.Request) -> web.StreamResponse:
    return await _form(request, 200, _usual(request), mine=True)


@routes.post("/loans/wish/{lab}/{code}")
async def ask_wish(request: web.Request) -> web.StreamResponse:
    """Keep a member's wish, until a manager passes it on."""
    node, language, person = node_of(request), language_of(request), person_of(request)
    posted = await request.post()
    typed = {name: text_of(posted, name).strip() for name in _FIELDS}
    try:
        day_from, day_to, quantity = _asked(language, typed)
        params = {"item": _item(request), "quantity": quantity, "note": typed["note"]}
        days = {"day_from": day_from, "day_to": day_to}
        await node.call("wish_ask", {"member": _number_of(person.id), **params, **days})
    except ServiceError as exc:
        return await _form(request, 422, typed, told(language, exc.message, exc.hint), mine=True)
    except ValueError as exc:
        return await _form(request, 422, typed, str(exc), mine=True)
    raise web.HTTPSeeOther("/mine")


@routes.post("/wishes/{number}/pass")
async def pass_on(request: web.Request) -> web.StreamResponse:
    """Ask the other lab for what a member wishes; the note is the manager's."""
    note = text_of(await request.post(), "note").strip()
    done = await node_of(request).call("wish_pass_on", {"wish": _wish(request), "note": note})
    raise web.HTTPSeeOther(f"/loan/{done['loan']}")


@routes.post("/wishes/{number}/decline")
async def decline(request: web.Request) -> web.StreamResponse:
    answer = text_of(await request.post(), "answer").strip()
    await node_of(request).call("wish_decline", {"wish": _wish(request), "answer": answer})
    raise web.HTTPSeeOther("/loans")


@routes.post("/wishes/{number}/withdraw")
async def withdraw(request: web.Request) -> web.StreamResponse:
    member = _number_of(person_of(request).id)
    await node_of(request).call("wish_withdraw", {"wish": _wish(request), "member": member})
    raise web.HTTPSeeOther("/mine")


def wish_text(language: Language, wish: dict[str, Any]) -> str:
    """Say to a member where a wish stands, and what is next."""
    _, lab, loan = (
        language.gettext,
        wish["lab_name"] or language.gettext("the other lab"),
        wish["loan"],
    )
    if loan is None:
        return {
            "declined": _("Your lab does not ask for it."),
            "withdrawn": _("You took this back."),
        }.get(wish["state"], _("Your lab has yet to pass it on."))
    day_from = language.days(loan["day_from"], loan["day_from"])
    day_to = language.days(*(2 * [loan["day_to"] or loan["day_from"]]))
    if "overdue" in loan["flags"]:
        return _("It was due back on %(day)s: bring it back now.", day=day_to)
    return {
        "requested": _("Asked of %(lab)s, which has yet to answer.", lab=lab),
        "offered": _("%(lab)s offers it; your lab has yet to agree.", lab=lab),
        "agreed": _("Agreed: it can be fetched from %(day)s on.", day=day_from),
        "out": _("It is out for you: to be brought back by %(day)s.", day=day_to),
        "back": _("Given back; %(lab)s has yet to say so.", lab=lab),
        "settling": _("Given back; the two labs settle what is left."),
        "closed": _("Over."),
        "declined": _("%(lab)s cannot lend it.", lab=lab),
        "cancelled": _("It was called off."),
        "lapsed": _("It came to nothing."),
    }.get(loan["state"], _("Not known here yet."))


def _usual(request: web.Request) -> dict[str, str]:
    day = today()
    usual = dict.fromkeys(_FIELDS, "") | {"from": day, "to": day, "quantity": "1"}
    return {name: request.query.get(name, text)[:20] for name, text in usual.items()}


def _asked(language: Language, typed: dict[str, str]) -> tuple[str, str, int]:
    """Return first and last day and how many. Raises ValueError with what was wrong."""
    _ = language.gettext
    if not (is_day(typed["from"]) and is_day(typed["to"])):
        raise ValueError(_("This is not a day. Write it as 2026-03-31."))
    quantity = decimal(typed["quantity"], 3)
    if not quantity:
        raise ValueError(_("Write a number above 0."))
    return typed["from"], typed["to"], quantity


def _on_terms(language: Language, typed: dict[str, str]) -> dict[str, Any]:
    """Return on which terms it is asked for, with its slot. Raises ValueError."""
    term = typed["term"] or "lend"
    starts, ends = (_minute(typed[name]) for name in ("starts", "ends"))
    if term not in _SLOTTED or (term == "help" and starts is None and ends is None):
        return {"term": term}
    if starts is None or ends is None or ends <= starts:
        raise ValueError(language.gettext("For use on site, say from when to when on that day."))
    return {"term": term, "day": typed["from"], "starts": starts, "ends": ends}


def _minute(text: str) -> int | None:
    """Return the minute of the day that a field of time holds; None for none."""
    hours, _, minutes = text.partition(":")
    hour, minute = whole(hours), whole(minutes[:2])
    if hour is None or minute is None or hour > 23 or minute > 59:
        return None
    return 60 * hour + minute


def _item(request: web.Request) -> str:
    return f"{request.match_info['lab'].lower()}/{request.match_info['code'].upper()}"


def _wish(request: web.Request) -> int:
    if (number := whole(request.match_info["number"])) is None:
        raise NotFoundError("there is no such wish", "see the loans between labs")
    return number


def _number_of(member: int | None) -> int:
    """Return a member's number; the command line's own token is nobody's."""
    if member is None:
        raise NotFoundError("only a member has wishes", "sign in with an account")
    return member


async def _form(
    request: web.Request, status: int, typed: dict[str, str], problem: str = "", *, mine: bool
) -> web.StreamResponse:
    node = node_of(request)
    item = await node.read(node.service.items.show, _item(request))
    return render(
        request,
        "loan_ask.html",
        status,
        page="mine" if mine else "loans",
        item=item,
        typed=typed,
        problem=problem,
        mine=mine,
        terms={term: term_name(language_of(request), term) for term in item.terms or ["lend"]},
        slotted=any(term in _SLOTTED for term in item.terms),
    )
