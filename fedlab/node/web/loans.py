"""Loans between labs: what is asked, held, out and due; one loan, and what this lab may say now."""

from typing import Any, Final

from aiohttp import web

from fedlab.node.days import is_day, today
from fedlab.node.errors import ServiceError
from fedlab.node.members.roles import Right
from fedlab.node.numbers import decimal, spelled
from fedlab.node.service import Service
from fedlab.node.web.access import person_of
from fedlab.node.web.i18n import Language
from fedlab.node.web.itemform import text_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.loanforms import read_form
from fedlab.node.web.loansteps import COUNTER, MOVES, TERMS, next_word, step_text, words_of
from fedlab.node.web.loanwords import (
    carrying_names,
    caution_names,
    condition_names,
    dispute_names,
    flag_names,
    reason_names,
    report_names,
    risk_names,
    said_more,
    said_names,
    state_names,
    word_names,
)
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.sentences import told

routes = web.RouteTableDef()

# What of the other lab's words may be said to be not so.
DISPUTABLE: Final = frozenset(
    f"loan.{word}"
    for word in ("hand_over", "receive", "give_back", "take_back", "settle", "report", "extend")
)


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
        said = read_form(language, word, posted, found)
        await node.call(f"loan_{word.replace('-', '_')}", {"loan": name, **said})
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
    node, language, person = node_of(request), language_of(request), person_of(request)
    found = await node.call("loan_show", {"loan": request.match_info["loan"]})
    here = node.service.opened.lab
    names = {found["borrower"]: found["borrower_name"], found["lender"]: found["lender_name"]}
    values = await node.read(_values, node.service, found)
    return render(
        request,
        "loan.html",
        status,
        page="loans",
        loan=found,
        lab_name=names,
        step=step_text(language, found, here),
        next=next_word(found, here),
        can=words_of(found, here, person),
        may_dispute=person.may(Right.EDIT_ITEMS) and "dispute" in found["can"],
        disputed={one["about"] for one in found["disputes"]},
        standing={one["entry"] for one in found["disputes"]},
        disputable=DISPUTABLE,
        values=values,
        problem=problem,
        moves=MOVES,
        spelled=spelled,
        said_more=lambda entry: said_more(language, entry, found),
        state_name=state_names(language),
        flag_name=flag_names(language),
        said_name=said_names(language),
        word_name=word_names(language),
        reasons=reason_names(language),
        risks=risk_names(language),
        conditions=condition_names(language),
        reports=report_names(language),
        disputes=dispute_names(language),
        carryings=carrying_names(language),
        cautions=caution_names(language),
    )


def _values(service: Service, loan: dict[str, Any]) -> dict[int, str]:
    """Return what replacing each line costs by what its item says, to fill in an offer."""
    found = {}
    for line in loan["lines"]:
        cents = line["value"]
        if cents is None and line["item"]:
            view = service.projector.item(*line["item"].split("/"))
            cents = view.value * line["quantity"] // 1000 if view and view.value else None
        found[line["line"]] = "" if cents is None else spelled(cents, 2)
    return found


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
