"""The slip of a loan: printed, it goes with the thing; its code opens the loan at the borrower's.

So the borrower's word on the handover is one scan away, hours or days later. What the law asks to
be told stands on it, in the words of `loanlaw.toml`.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from aiohttp import web

from fedlab.formats.labels import qr_path
from fedlab.node.service import Service
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.loanwords import (
    carrying_names,
    caution_names,
    condition_names,
    risk_names,
    slot_text,
)
from fedlab.node.web.pages import language_of, render

routes = web.RouteTableDef()

_LAW: Final = Path(__file__).with_name("loanlaw.toml")


class Clause(msgspec.Struct, frozen=True):
    """One sentence of the law, in each language, and when it holds."""

    when: str
    article: str
    fr: str
    en: str


@cache
def clauses() -> tuple[Clause, ...]:
    """Return what the law asks to be told."""
    return msgspec.convert(tomllib.loads(_LAW.read_text("utf-8"))["clause"], tuple[Clause, ...])


@routes.get("/loan/{loan}/slip")
async def slip(request: web.Request) -> web.StreamResponse:
    node, language = node_of(request), language_of(request)
    found = await node.call("loan_show", {"loan": request.match_info["loan"]})
    address = await node.read(_address, node.service, node.url, found["borrower"])
    url = f"{address.rstrip('/')}/loan/{found['loan']}" if address else ""
    return render(
        request,
        "loan_slip.html",
        page="loans",
        loan=found,
        lab_name={
            found[side]: found[f"{side}_name"] or found[side][:8] for side in ("borrower", "lender")
        },
        url=url,
        qr=qr_path(url) if url else None,
        terms_told=told_of(found),
        law=[(_in(language, clause), clause.article) for clause in _holding(found)],
        slot=lambda line: slot_text(language, line),
        risks=risk_names(language),
        carryings=carrying_names(language),
        cautions=caution_names(language),
        conditions=condition_names(language),
    )


def _address(service: Service, here: str, borrower: str) -> str:
    """Return where the borrower's node is reached; empty where nobody here knows."""
    if borrower == service.opened.lab:
        return service.labels.address().address or here
    peers = service.store.peers.list()
    return next((url for peer in peers if peer.lab == borrower for url in peer.urls), "")


def told_of(loan: dict[str, Any]) -> dict[str, str]:
    """Return the faults and the use that the offer which stands told of."""
    offers = [
        entry["detail"]
        for entry in loan["entries"]
        if entry["what"] == "loan.offer" and entry["status"] == "counted" and entry["detail"]
    ]
    return {
        name: text
        for name in ("faults", "use")
        if offers and isinstance(text := offers[-1].get(name), str)
    }


def _holding(loan: dict[str, Any]) -> list[Clause]:
    """Return the clauses that hold for a loan; what is given, sold or used on site is none."""
    if all(line["term"] != "lend" for line in loan["lines"]):
        return []
    cases = {"always", "paid" if loan["fee"] else "free"}
    if not loan["fee"] and any(line["value"] for line in loan["lines"]):
        cases.add("value")
    if loan["caution"]:
        cases.add("caution")
    return [clause for clause in clauses() if clause.when in cases]


def _in(language: Language, clause: Clause) -> str:
    return clause.fr if language.code == "fr" else clause.en
