"""Calendars to subscribe to: an item's for everybody, the lab's and one's own by a secret address.

A calendar program signs in nowhere, so that whoever has the address reads: it names things and
labs, never people, and a new one makes the old one worthless.
"""

from typing import Any, Final

from aiohttp import web

from fedlab.formats.ical import Event, calendar
from fedlab.node.days import day_after, today
from fedlab.node.errors import NotFoundError
from fedlab.node.members.people import Member
from fedlab.node.members.roles import RIGHTS, Right
from fedlab.node.service.base import now
from fedlab.node.web.access import person_of
from fedlab.node.web.account import account_page
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.loansteps import step_text
from fedlab.node.web.pages import language_of
from fedlab.node.web.wishes import wish_text
from fedlab.node.web.words import quantity_text

routes = web.RouteTableDef()

# What is planned further ahead is planned by telephone.
ITEM_DAYS: Final = 365


@routes.get("/I/{lab}/{code}/calendar.ics")
async def item_calendar(request: web.Request) -> web.StreamResponse:
    """When an item is taken, in part or whole; the reasons stay with its lab."""
    node, language = node_of(request), language_of(request)
    name = f"{request.match_info['lab'].lower()}/{request.match_info['code'].upper()}"
    first = today()
    last = day_after(first, ITEM_DAYS - 1)
    found = await node.read(node.service.items.show, name, first, last)
    _, events = language.gettext, []
    for span in found.free:
        if span.quantity is None or (
            found.quantity is not None and span.quantity >= found.quantity
        ):
            continue
        if found.quantity is None and span.quantity:
            continue
        many = quantity_text(language, span.quantity, found.unit)
        said = _("%(many)s available", many=many) if span.quantity else _("taken")
        events.append(
            Event(
                uid=f"{span.day_from}.{found.code}.{found.lab}@fedlab",
                day_from=span.day_from,
                day_to=span.day_to,
                summary=f"{found.name}{_(':')} {said}",
                location=found.lab_name,
                url=f"{node.url}/I/{found.lab}/{found.code}",
                at=found.updated_at,
            )
        )
    return _answer(found.name, events)


@routes.get("/calendar/{secret}/loans.ics")
async def lab_calendar(request: web.Request) -> web.StreamResponse:
    """The lab's loans with other labs, for whoever works at its counter."""
    member = await _reader(request)
    if Right.LEND not in RIGHTS[member.role]:
        raise NotFoundError("there is no calendar here", "make a new address in your account")
    node, language = node_of(request), language_of(request)
    here = node.service.opened.lab
    loans = (await node.call("loan_list", {}))["loans"]
    events = [_of_loan(language, loan, here, node.url) for loan in loans if loan["lines"]]
    return _answer(node.service.own().name, events)


@routes.get("/calendar/{secret}/mine.ics")
async def own_calendar(request: web.Request) -> web.StreamResponse:
    """What a member has from the counter, and what other labs are asked for."""
    member = await _reader(request)
    node, language = node_of(request), language_of(request)
    _ = language.gettext
    counter = (await node.call("counter_of", {"member": member.id}))["loans"]
    wishes = (await node.call("wish_list", {"member": member.id}))["wishes"]
    events = [
        Event(
            uid=f"counter.{loan['loan']}.{node.service.opened.lab}@fedlab",
            day_from=loan["due"],
            day_to=loan["due"],
            summary=_("To be brought back: %(item)s", item=loan["item_name"]),
            location=node.service.own().name,
            url=f"{node.url}/mine",
            at=loan["lent_at"],
        )
        for loan in counter
        if loan["back_at"] is None
    ]
    events += [
        Event(
            uid=f"wish.{wish['wish']}.{node.service.opened.lab}@fedlab",
            day_from=(wish["loan"] or wish)["day_from"],
            day_to=(wish["loan"] or wish)["day_to"] or wish["day_to"],
            summary=wish["item_name"],
            description=wish_text(language, wish),
            location=wish["lab_name"],
            url=f"{node.url}/mine",
            tentative=not wish["loan"] or wish["loan"]["state"] in ("requested", "offered"),
            at=wish["made_at"],
        )
        for wish in wishes
        if wish["state"] in ("open", "passed")
        and (not wish["loan"] or wish["loan"]["state"] not in _NOTHING)
    ]
    return _answer(_("My loans"), events)


@routes.post("/account/calendar")
async def new_address(request: web.Request) -> web.StreamResponse:
    """Make the secret of one's calendars; the one before is worthless from then on."""
    node, person = node_of(request), person_of(request)
    assert person.id is not None
    secret = await node.write(node.service.members.make_calendar, person.id)
    return await account_page(request, calendar=f"{node.url}/calendar/{secret}")


_NOTHING: Final = ("declined", "cancelled", "lapsed")


async def _reader(request: web.Request) -> Member:
    """Return whose secret it is; raises NotFoundError for one that does not count."""
    node = node_of(request)
    secret = request.match_info["secret"]
    if (member := await node.read(node.service.members.by_calendar, secret)) is None:
        raise NotFoundError("there is no calendar here", "make a new address in your account")
    return member


def _of_loan(language: Language, loan: dict[str, Any], here: str, url: str) -> Event:
    _, ours = language.gettext, loan["lender"] == here
    other = loan["borrower_name" if ours else "lender_name"]
    lab = _("we lend to %(lab)s", lab=other) if ours else _("we borrow from %(lab)s", lab=other)
    items = ", ".join(line["name"] for line in loan["lines"] if line["of"] is None)
    return Event(
        uid=f"{loan['loan']}@fedlab",
        day_from=loan["day_from"],
        day_to=loan["day_to"] or loan["day_from"],
        summary=f"{items}{_(':')} {lab}",
        description=step_text(language, loan, here),
        url=f"{url}/loan/{loan['loan']}",
        tentative=loan["state"] in ("requested", "offered"),
        at=now(),
    )


def _answer(name: str, events: list[Event]) -> web.Response:
    return web.Response(
        body=calendar(name, events),
        content_type="text/calendar",
        charset="utf-8",
        headers={"Cache-Control": "private, max-age=300"},
    )
