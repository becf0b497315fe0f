"""The counter's pages: lend from the label in two taps, take back in one, and who has what.

Plain forms; every answer to one is a page of its own, or the same form with what is wrong in it.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from aiohttp import web

from fedlab.node import counter as rules
from fedlab.node.days import day_after, today
from fedlab.node.errors import BadRequestError, NotFoundError, ServiceError
from fedlab.node.numbers import decimal, spelled, whole
from fedlab.node.service.answers import ItemAnswer
from fedlab.node.web.access import person_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.lent import out_of
from fedlab.node.web.pages import language_of, render
from fedlab.node.web.wishes import wish_text

routes = web.RouteTableDef()

_BORROWER: Final = re.compile(r"([mb])([0-9]{1,15})")
SHOWS: Final = ("out", "overdue", "back")


class LendForm(msgspec.Struct):
    """What the lending form sent, as typed."""

    q: str = ""
    borrower: str = ""
    to: str = ""
    email: str = ""
    phone: str = ""
    due: str = ""
    quantity: str = ""
    caution: str = ""
    note: str = ""
    anyway: bool = False

    @classmethod
    def of(cls, sent: Mapping[str, Any], item: ItemAnswer) -> "LendForm":
        """Return the form as it was sent; what was not, as it is usually lent."""
        due = day_after(today(), rules.LOAN_DAYS)
        usual = {"due": due, "caution": _decimal_text(item.deposit or 0, 2)}
        if item.quantity is not None and item.quantity > 1000:
            usual["quantity"] = "1"
        named = (name for name in cls.__struct_fields__ if name != "anyway")
        texts = {name: str(sent.get(name, usual.get(name, ""))).strip() for name in named}
        return cls(**texts, anyway=bool(sent.get("anyway")))

    def asked(self) -> dict[str, Any]:
        """Return it as the service takes it; raise BadRequestError with the field as its code."""
        asked: dict[str, Any] = {"due": self.due, "note": self.note, "anyway": self.anyway}
        if self.quantity:
            asked["quantity"] = _quantity(self.quantity)
        asked["caution"] = _decimal(self.caution, 2, "caution") if self.caution else 0
        if known := _BORROWER.fullmatch(self.borrower):
            asked["member" if known[1] == "m" else "body"] = int(known[2])
        else:
            asked |= {"to": self.to, "email": self.email, "phone": self.phone}
        return asked


@routes.get("/counter")
async def counter(request: web.Request) -> web.StreamResponse:
    """What is out, the most urgent first; a code typed here leads to lending or taking back."""
    node, code = node_of(request), request.query.get("code", "").strip()[:64]
    if code:
        item = f"{node.service.opened.lab}/{code.upper()}"
        if await node.read(node.service.projector.views_of, [item]):
            raise web.HTTPSeeOther(f"/I/{item}")
    show = request.query.get("show", "out")
    show = show if show in SHOWS else "out"
    text = request.query.get("q", "").strip()
    asked = {"text": text, "overdue": show == "overdue", "returned": show == "back"}
    found = await node.call("counter_list", asked)
    late = await node.read(node.service.counter.overdue)
    return render(
        request,
        "counter.html",
        404 if code else 200,
        page="counter",
        loans=found["loans"],
        late=len(late),
        show=show,
        q=text,
        code=code,
    )


@routes.get("/counter/lend/{code}")
async def lend(request: web.Request) -> web.StreamResponse:
    item = await _own_item(request)
    return await _lend_page(request, item, LendForm.of(request.query, item))


@routes.post("/counter/lend/{code}")
async def lend_it(request: web.Request) -> web.StreamResponse:
    item = await _own_item(request)
    form = LendForm.of(await request.post(), item)
    try:
        asked = {**form.asked(), "item": item.code, "by": person_of(request).id}
        loan = await node_of(request).call("counter_lend", asked)
    except ServiceError as exc:
        return await _lend_page(request, item, form, _expected(exc))
    raise web.HTTPSeeOther(f"/counter/loans/{loan['loan']}")


async def _lend_page(
    request: web.Request, item: ItemAnswer, form: LendForm, problem: str = ""
) -> web.StreamResponse:
    people = await node_of(request).call("counter_borrowers", {"text": form.q})
    return render(
        request,
        "counter_lend.html",
        422 if problem else 200,
        page="counter",
        item=item,
        form=form,
        people=people["borrowers"],
        problem=problem,
        out=(await out_of(request, item)),
        today=today(),
        last=day_after(today(), rules.LOAN_DAYS_MAX),
    )


@routes.get("/counter/loans/{loan}")
async def loan(request: web.Request) -> web.StreamResponse:
    return await _loan_page(request, {})


@routes.post("/counter/loans/{loan}/return")
async def take_back(request: web.Request) -> web.StreamResponse:
    sent = await request.post()
    quantity, caution = str(sent.get("quantity", "")), str(sent.get("caution_back", ""))
    try:
        asked: dict[str, Any] = {"loan": _number(request), "by": person_of(request).id}
        asked["note"] = str(sent.get("note", ""))
        if quantity:
            asked["quantity"] = _quantity(quantity)
        if caution:
            asked["caution_back"] = _decimal(caution, 2, "caution_back")
        done = await node_of(request).call("counter_return", asked)
    except NotFoundError:
        raise
    except ServiceError as exc:
        if exc.code == "is_back":  # tapped twice, or on two phones: it is back, as was wanted
            raise web.HTTPSeeOther(f"/counter/loans/{_number(request)}") from None
        return await _loan_page(request, sent, _expected(exc))
    raise web.HTTPSeeOther(f"/counter/loans/{done['loan']}")


@routes.post("/counter/loans/{loan}/extend")
async def extend(request: web.Request) -> web.StreamResponse:
    sent = await request.post()
    asked = {"loan": _number(request), "due": str(sent.get("due", ""))}
    try:
        await node_of(request).call("counter_extend", {**asked, "anyway": bool(sent.get("anyway"))})
    except NotFoundError:
        raise
    except ServiceError as exc:
        return await _loan_page(request, sent, _expected(exc))
    raise web.HTTPSeeOther(f"/counter/loans/{asked['loan']}")


async def _loan_page(
    request: web.Request, sent: Mapping[str, Any], problem: str = ""
) -> web.StreamResponse:
    found = await node_of(request).call("counter_show", {"loan": _number(request)})
    return render(
        request,
        "counter_loan.html",
        422 if problem else 200,
        page="counter",
        loan=found,
        typed={
            "quantity": _decimal_text(found["quantity"] or 0, 3),
            "caution_back": _decimal_text(found["caution"], 2),
            "due": found["due"],
            "note": "",
        }
        | {name: str(value) for name, value in sent.items()},
        problem=problem,
        today=today(),
        last=day_after(today(), rules.LOAN_DAYS_MAX),
    )


@routes.get("/mine")
async def mine(request: web.Request) -> web.StreamResponse:
    """What the person who is signed in has, and had."""
    person = person_of(request)
    found: dict[str, Any] = {"loans": []}
    if person.id is not None:
        found = await node_of(request).call("counter_of", {"member": person.id})
        found |= await node_of(request).call("wish_list", {"member": person.id})
    return render(
        request,
        "counter_mine.html",
        page="mine",
        loans=found["loans"],
        wishes=found.get("wishes", []),
        wish_text=lambda wish: wish_text(language_of(request), wish),
    )


async def _own_item(request: web.Request) -> ItemAnswer:
    node = node_of(request)
    item = await node.read(node.service.items.show, request.match_info["code"])
    if item.retired:
        raise NotFoundError(f"{item.code} is no longer offered", "see the item's page")
    return item


def _number(request: web.Request) -> int:
    text = request.match_info["loan"]
    if (number := whole(text)) is None:
        raise NotFoundError(f"there is no loan {text!r}", "see the counter")
    return number


def _expected(exc: ServiceError) -> str:
    """Return the code by which a form says what is wrong; raise what is not the person's doing."""
    if exc.http_status >= 500:
        raise exc
    return exc.code


def _quantity(text: str) -> int:
    return _decimal(text, 3, "quantity") or _wrong("quantity")


def _decimal(text: str, digits: int, field: str) -> int:
    """Read a number as people type it; raise BadRequestError with the field as its code."""
    number = decimal(text, digits)
    return _wrong(field) if number is None else number


def _wrong(field: str) -> int:
    raise BadRequestError(f"{field} cannot be this", "correct it", code=field)


def _decimal_text(value: int, digits: int) -> str:
    """Write a number into a field, without what says nothing; nothing for none."""
    if not value:
        return ""
    cents = digits == 2 and value % 100
    return f"{value // 100}.{cents:02}" if cents else spelled(value, digits)
