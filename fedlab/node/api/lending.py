"""`/api/v1/loans`: loans with other labs for programs: each word of a loan by its name."""

from http import HTTPStatus
from typing import Any, Final

import msgspec
from aiohttp import web

from fedlab.node.api.asking import KEY, PREFIX, WRITE_ERRORS, json_of, query_of, write
from fedlab.node.api.openapi import Endpoint, Param
from fedlab.node.errors import NotFoundError
from fedlab.node.service.discrepancies import DiscrepanciesAnswer
from fedlab.node.service.lendinganswers import LabLoanAnswer, LabLoansAnswer, LoanDone
from fedlab.node.service.lendingasked import EndedLine, MovedLine, OfferTerms, Text, WantedLine
from fedlab.node.web.keys import node_of
from fedlab.node.web.loansteps import COUNTER, TERMS


class NewRequest(msgspec.Struct, forbid_unknown_fields=True, omit_defaults=True):
    """What this lab asks another for; days as YYYY-MM-DD, quantities in thousandths."""

    lines: list[WantedLine]
    day_from: str
    day_to: str | None = None
    note: Text = ""


class LoanTerms(msgspec.Struct, forbid_unknown_fields=True):
    """What a word that binds the lab says beside its name; each takes what the reference names."""

    note: Text | None = None
    reason: str | None = None
    day_to: str | None = None
    terms: OfferTerms | None = None
    about: str | None = None
    lines: list[EndedLine] | None = None
    fee: int | None = None
    caution_kept: int | None = None


class LoanMove(msgspec.Struct, forbid_unknown_fields=True):
    """What changes hands, all that can where no lines are named; or what happened to it."""

    note: Text | None = None
    lines: list[MovedLine] | None = None
    kind: str | None = None
    line: int | None = None


async def lab_loans(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("loan_list", query_of(request, LOANS_PARAMS)))


async def lab_loan(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("loan_show", _loan_of(request)))


async def loan_differences(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("loan_differences", {}))


async def request_loan(request: web.Request) -> web.Response:
    return await write(request, "loan_request", {}, HTTPStatus.CREATED)


async def say_terms(request: web.Request) -> web.Response:
    return await _say(request, TERMS)


async def say_at_the_counter(request: web.Request) -> web.Response:
    return await _say(request, COUNTER)


async def _say(request: web.Request, words: tuple[str, ...]) -> web.Response:
    word = request.match_info["word"]
    if word not in words:
        raise NotFoundError(f"nothing is said as {word!r}", f"say one of: {', '.join(words)}")
    call = f"loan_{word.replace('-', '_')}"
    return await write(request, call, _loan_of(request), HTTPStatus.OK)


def _loan_of(request: web.Request) -> dict[str, Any]:
    return {"loan": request.match_info["loan"]}


LOANS_PARAMS: Final = (
    Param("ended", "those that are over instead", kind=bool),
    Param("lab", "only with this lab"),
)
_LOAN: Final = (Param("loan", "the loan's id, or at least 8 digits of it", "path"),)
_READ_ERRORS: Final = (400, 401, 403, 404)

ENDPOINTS: Final = (
    Endpoint(
        "GET", f"{PREFIX}/loans", "Loans with other labs that are not over", lab_loans,
        LabLoansAnswer, LOANS_PARAMS, errors=_READ_ERRORS, private=True,
    ),
    Endpoint(
        "GET", f"{PREFIX}/loans/differences", "Where two labs' words differ", loan_differences,
        DiscrepanciesAnswer, errors=(401, 403), private=True,
    ),
    Endpoint(
        "GET", f"{PREFIX}/loans/{{loan}}", "One loan, and what was said of it", lab_loan,
        LabLoanAnswer, _LOAN, errors=_READ_ERRORS, private=True,
    ),
    Endpoint(
        "POST", f"{PREFIX}/loans", "Ask another lab", request_loan, LoanDone, KEY,
        body=NewRequest, errors=WRITE_ERRORS, status=201,
    ),
    Endpoint(
        "POST", f"{PREFIX}/loans/{{loan}}/terms/{{word}}", "Say what binds this lab", say_terms,
        LoanDone, (*_LOAN, Param("word", f"one of: {', '.join(TERMS)}", "path"), *KEY),
        body=LoanTerms, errors=WRITE_ERRORS,
    ),
    Endpoint(
        "POST", f"{PREFIX}/loans/{{loan}}/counter/{{word}}", "Say what happened at the counter",
        say_at_the_counter, LoanDone,
        (*_LOAN, Param("word", f"one of: {', '.join(COUNTER)}", "path"), *KEY),
        body=LoanMove, errors=WRITE_ERRORS,
    ),
)  # fmt: skip
