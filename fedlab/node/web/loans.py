"""Loans between labs: what is asked, held, out and due; one loan, and what this lab may say now."""

from collections.abc import Callable
from typing import Any, Final

from aiohttp import web

from fedlab.node.days import is_day, today
from fedlab.node.errors import ServiceError
from fedlab.node.members.roles import Right
from fedlab.node.numbers import decimal
from fedlab.node.web.access import person_of
from fedlab.node.web.i18n import Language
from fedlab.node.web.itemform import text_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.loanwords import (
    condition_names,
    flag_names,
    reason_names,
    risk_names,
    said_names,
    state_names,
    word_names,
)
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.sentences import told

routes = web.RouteTableDef()

# What the pages say for this lab so far: what binds it, and what is said at its counter.
TERMS: Final = (
    *("offer", "agree", "extend-ask", "extend", "recall"),
    *("decline", "cancel", "lapse"),
)
COUNTER: Final = ("hand-over", "receive", "give-back", "take-back")
_MONEY: Final = ("fee", "caution")
_TEXTS: Final = ("faults", "use")


@routes.get("/loans")
async def loans(request: web.Request) -> web.StreamResponse:
    """Loans with other labs that are not over, by what is to be done; or those that are."""
    node, ended = node_of(request), "ended" in request.query
    found = await node.call("loan_list", {"ended": ended})
    language = language_of(request)
    return render(
        request,
        "loans.html",
        page="loans",
        groups=_grouped(language, node.service.opened.lab, found["loans"], ended),
        ended=ended,
        state_name=state_names(language),
        flag_name=flag_names(language),
    )


@routes.get("/loans/ask/{lab}/{code}")
async def ask(request: web.Request) -> web.StreamResponse:
    day = today()
    return await _ask_form(request, 200, {"from": day, "to": day, "quantity": "1"})


@routes.post("/loans/ask/{lab}/{code}")
async def request_loan(request: web.Request) -> web.StreamResponse:
    """Ask the lab that has it; that holds nothing before the lab has offered it."""
    node, language, posted = node_of(request), language_of(request), await request.post()
    _ = language.gettext
    typed = {name: text_of(posted, name).strip() for name in ("from", "to", "quantity")}
    lab, code = request.match_info["lab"], request.match_info["code"]
    if not (is_day(typed["from"]) and is_day(typed["to"])):
        problem = _("This is not a day. Write it as 2026-03-31.")
        return await _ask_form(request, 422, typed, problem)
    quantity = decimal(typed["quantity"], 3)
    if not quantity or quantity < 1:
        return await _ask_form(request, 422, typed, _("Write a number above 0."))
    line = {"item": f"{lab.lower()}/{code.upper()}", "quantity": quantity}
    params = {"lines": [line], "day_from": typed["from"], "day_to": typed["to"]}
    try:
        done = await node.call("loan_request", params)
    except ServiceError as exc:
        return await _ask_form(request, 422, typed, told(language, exc.message, exc.hint))
    raise web.HTTPSeeOther(f"/loan/{done['loan']}")


@routes.get("/loan/{loan}")
async def loan(request: web.Request) -> web.StreamResponse:
    return await _show(request)


@routes.post("/loan/{loan}/terms/{word}")
async def say_terms(request: web.Request) -> web.StreamResponse:
    return await _say(request, TERMS)


@routes.post("/loan/{loan}/counter/{word}")
async def say_at_the_counter(request: web.Request) -> web.StreamResponse:
    return await _say(request, COUNTER)


async def _say(request: web.Request, words: tuple[str, ...]) -> web.StreamResponse:
    """Say one word of this lab's about a loan; it is folded before it is signed."""
    node, language, posted = node_of(request), language_of(request), await request.post()
    name, word = request.match_info["loan"], request.match_info["word"]
    if word not in words:
        raise web.HTTPNotFound
    found = await node.call("loan_show", {"loan": name})
    try:
        more = _READERS.get(word, _nothing)(language, posted, found)
        await node.call(f"loan_{word.replace('-', '_')}", {"loan": name, **more})
    except ServiceError as exc:
        return await _show(request, 409, told(language, exc.message, exc.hint))
    except ValueError as exc:
        return await _show(request, 422, str(exc))
    raise web.HTTPSeeOther(f"/loan/{name}")


async def _ask_form(
    request: web.Request, status: int, typed: dict[str, str], problem: str = ""
) -> web.StreamResponse:
    node = node_of(request)
    name = f"{request.match_info['lab'].lower()}/{request.match_info['code'].upper()}"
    item = await node.read(node.service.items.show, name)
    return render(
        request, "loan_ask.html", status, page="loans", item=item, typed=typed, problem=problem
    )


async def _show(request: web.Request, status: int = 200, problem: str = "") -> web.StreamResponse:
    node, language = node_of(request), language_of(request)
    found = await node.call("loan_show", {"loan": request.match_info["loan"]})
    names = {found["borrower"]: found["borrower_name"], found["lender"]: found["lender_name"]}
    return render(
        request,
        "loan.html",
        status,
        page="loans",
        loan=found,
        lab_name=names,
        can=[
            (way, word)
            for way, words, right in (
                ("counter", COUNTER, Right.LEND),
                ("terms", TERMS, Right.EDIT_ITEMS),
            )
            if person_of(request).may(right)
            for word in words
            if word in found["can"]
        ],
        problem=problem,
        state_name=state_names(language),
        flag_name=flag_names(language),
        said_name=said_names(language),
        word_name=word_names(language),
        reasons=reason_names(language),
        risks=risk_names(language),
        conditions=condition_names(language),
    )


def _grouped(
    language: Language, here: str, found: list[dict[str, Any]], ended: bool
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Return the loans by what is to be done; each stands once, where it is most pressing."""
    _ = language.gettext
    if ended:
        return [(_("Over"), found)] if found else []
    titles = {
        "contested": _("The two labs do not say the same"),
        "overdue": _("Overdue"),
        "requested": _("Asked"),
        "offered": _("Offered"),
        "agreed": _("To hand over"),
        "out": _("Out"),
        "back": _("Coming back"),
        "": _("Others"),
    }
    groups: dict[str, list[dict[str, Any]]] = {key: [] for key in titles}
    for each in found:
        pressing = next((key for key in ("contested", "overdue") if key in each["flags"]), "")
        if "differs" in each["flags"]:
            pressing = "contested"
        groups[pressing or (each["state"] if each["state"] in titles else "")].append(
            each | {"ours": each["lender"] == here}
        )
    return [(titles[key], group) for key, group in groups.items() if group]


def _nothing(language: Language, posted: Any, loan: dict[str, Any]) -> dict[str, Any]:
    return {}


def _reason(language: Language, posted: Any, loan: dict[str, Any]) -> dict[str, Any]:
    return {"reason": text_of(posted, "reason") or "other"}


def _terms(language: Language, posted: Any, loan: dict[str, Any]) -> dict[str, Any]:
    """Read the terms of an offer. Raises ValueError with what was wrong."""
    _ = language.gettext
    terms: dict[str, Any] = {
        name: text for name in _TEXTS if (text := text_of(posted, name).strip())
    }
    for name in _MONEY:
        if typed := text_of(posted, name).strip():
            terms[name] = decimal(typed, 2)
            if terms[name] is None or terms[name] < 0:
                raise ValueError(_("Write an amount such as 12.50."))
    if risk := text_of(posted, "risk"):
        terms["risk"] = risk
    if until := text_of(posted, "until").strip():
        terms["until"] = until
        if not is_day(until):
            raise ValueError(_("This is not a day. Write it as 2026-03-31."))
    return {"terms": terms}


def _until(language: Language, posted: Any, loan: dict[str, Any]) -> dict[str, Any]:
    """Read the new last day. Raises ValueError with what was wrong."""
    day = text_of(posted, "day").strip()
    if not is_day(day):
        _ = language.gettext
        raise ValueError(_("This is not a day. Write it as 2026-03-31."))
    return {"day_to": day}


def _recall(language: Language, posted: Any, loan: dict[str, Any]) -> dict[str, Any]:
    return _until(language, posted, loan) | _reason(language, posted, loan)


def _taken_back(language: Language, posted: Any, loan: dict[str, Any]) -> dict[str, Any]:
    condition = text_of(posted, "condition")
    lines = [
        {"line": line["line"], "condition": condition}
        for line in loan["lines"]
        if line["state"] in ("out", "back") and condition
    ]
    return {"lines": lines} if lines else {}


_READERS: Final[dict[str, Callable[[Language, Any, dict[str, Any]], dict[str, Any]]]] = {
    "offer": _terms,
    "decline": _reason,
    "cancel": _reason,
    "extend-ask": _until,
    "extend": _until,
    "recall": _recall,
    "take-back": _taken_back,
}
