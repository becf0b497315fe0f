"""`/api/v1/counter/loans`: the counter for programs: what is out, lend, take back, extend."""

from http import HTTPStatus
from typing import Annotated, Final

import msgspec
from aiohttp import web
from msgspec import Meta

from fedlab.node.api.asking import KEY, PREFIX, WRITE_ERRORS, json_of, query_of, write
from fedlab.node.api.openapi import Endpoint, Param
from fedlab.node.errors import NotFoundError
from fedlab.node.numbers import whole
from fedlab.node.service.counter import Cents, Note, Quantity
from fedlab.node.service.counteranswers import LoanAnswer, LoansAnswer
from fedlab.node.web.access import person_of
from fedlab.node.web.keys import node_of

Day = Annotated[str, Meta(description="YYYY-MM-DD")]


class NewLoan(msgspec.Struct, forbid_unknown_fields=True):
    """What is lent, to a `member`, to a `body` that is known, or to whoever `to` names.

    Quantities are thousandths, cautions cents. `anyway` lends though it is promised to others.
    """

    item: str
    to: str = ""
    member: int | None = None
    body: int | None = None
    email: str = ""
    phone: str = ""
    quantity: Quantity | None = None
    due: Day | None = None
    caution: Cents = 0
    note: Note = ""
    anyway: bool = False


class LoanBack(msgspec.Struct, forbid_unknown_fields=True):
    """What came back: all of it, and the whole caution with it, where nothing is said."""

    quantity: Quantity | None = None
    caution_back: Cents | None = None
    note: Note = ""


class LoanLonger(msgspec.Struct, forbid_unknown_fields=True):
    """The new day by which it is due."""

    due: Day
    anyway: bool = False


async def loans(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("counter_list", query_of(request, LOANS_PARAMS)))


async def loan(request: web.Request) -> web.Response:
    return json_of(await node_of(request).call("counter_show", {"loan": _loan_of(request)}))


async def lend(request: web.Request) -> web.Response:
    asked = {"by": person_of(request).id}
    return await write(request, "counter_lend", asked, HTTPStatus.CREATED)


async def take_back(request: web.Request) -> web.Response:
    asked = {"loan": _loan_of(request), "by": person_of(request).id}
    return await write(request, "counter_return", asked, HTTPStatus.OK)


async def extend(request: web.Request) -> web.Response:
    return await write(request, "counter_extend", {"loan": _loan_of(request)}, HTTPStatus.OK)


def _loan_of(request: web.Request) -> int:
    text = request.match_info["loan"]
    if (number := whole(text)) is None:
        raise NotFoundError(f"there is no loan {text!r}", "see the list of loans")
    return number


LOANS_PARAMS: Final = (
    Param("text", "only what this names: a borrower, an item, a code"),
    Param("item", "only this item's"),
    Param("overdue", "only what should have come back", kind=bool),
    Param("returned", "what has come back instead, the latest first", kind=bool),
)
_LOAN: Final = (Param("loan", "the loan's number", "path"),)
_READ_ERRORS: Final = (400, 401, 403, 404)

ENDPOINTS: Final = (
    Endpoint(
        "GET", f"{PREFIX}/counter/loans", "What is lent at the counter", loans, LoansAnswer,
        LOANS_PARAMS, errors=_READ_ERRORS, private=True,
    ),
    Endpoint(
        "POST", f"{PREFIX}/counter/loans", "Lend an item of this lab", lend, LoanAnswer, KEY,
        body=NewLoan, errors=WRITE_ERRORS, status=201,
    ),
    Endpoint(
        "GET", f"{PREFIX}/counter/loans/{{loan}}", "One loan", loan, LoanAnswer, _LOAN,
        errors=_READ_ERRORS, private=True,
    ),
    Endpoint(
        "POST", f"{PREFIX}/counter/loans/{{loan}}/return", "Take back what was lent, or a part",
        take_back, LoanAnswer, _LOAN + KEY, body=LoanBack, errors=WRITE_ERRORS,
    ),
    Endpoint(
        "POST", f"{PREFIX}/counter/loans/{{loan}}/extend", "Give a borrower another day",
        extend, LoanAnswer, _LOAN + KEY, body=LoanLonger, errors=WRITE_ERRORS,
    ),
)  # fmt: skip
