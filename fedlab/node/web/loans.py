"""One loan between two labs: where it stands, what was said, and what this lab may say now."""

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from fedlab.node.errors import ServiceError
from fedlab.node.members.roles import Right
from fedlab.node.numbers import spelled
from fedlab.node.service import Service
from fedlab.node.web.access import person_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.loanforms import read_form
from fedlab.node.web.loanslip import told_of
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
    slot_text,
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
        return await _show(request, 409, told(language, exc.message, exc.hint), posted)
    except ValueError as exc:
        return await _show(request, 422, str(exc), posted)
    raise web.HTTPSeeOther(f"/loan/{name}?said={word}")


async def _show(
    request: web.Request, status: int = 200, problem: str = "", typed: Mapping[str, Any] = {}
) -> web.StreamResponse:
    node, language, person = node_of(request), language_of(request), person_of(request)
    found = await node.call("loan_show", {"loan": request.match_info["loan"]})
    here = node.service.opened.lab
    names = {found["borrower"]: found["borrower_name"], found["lender"]: found["lender_name"]}
    values = await node.read(_values, node.service, found)
    wishes = await node.call("wish_of_loan", {"loan": found["loan"]})
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
        wished_by=[wish["member_name"] for wish in wishes["wishes"]],
        problem=problem,
        typed=typed,
        typed_word=request.match_info.get("word", ""),
        terms_told={"faults": "", "use": ""} | told_of(found),
        noted=request.method == "GET" and "said" in request.query,
        moves=MOVES,
        spelled=spelled,
        slot=lambda line: slot_text(language, line),
        said_more=lambda entry: said_more(language, entry, found),
        state_name=state_names(language),
        flag_name=flag_names(language),
        said_name=said_names(language),
        word_name=word_names(language, found["state"]),
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
