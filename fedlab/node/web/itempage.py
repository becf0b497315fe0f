"""An item's page: what it is, where, on what terms, when it is free, and how to borrow it."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from aiohttp import web

from fedlab.inventory.catalogue import LabView
from fedlab.node.days import day_after, seconds_since, today
from fedlab.node.numbers import spelled
from fedlab.node.service import Service
from fedlab.node.service.answers import ItemAnswer
from fedlab.node.service.wishes import WISHED
from fedlab.node.web import words
from fedlab.node.web.hours import hours_in_words
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.lent import between_of, loans_of
from fedlab.node.web.loanwords import word_names
from fedlab.node.web.pages import language_of, render

routes = web.RouteTableDef()

# How many days the page shows of the calendar: a month and a half, as loans are planned.
CALENDAR_DAYS: Final = 45


class Row(NamedTuple):
    """Something known of an item; `written` by its lab, in the lab's language."""

    label: str
    text: str
    written: bool = False


class Named(NamedTuple):
    """Another item of the same lab, by its name where it is known here."""

    code: str
    name: str
    many: int | None = None


@routes.get("/I/{lab}/{code}")
async def item(request: web.Request) -> web.StreamResponse:
    """What a QR label points to; letters' case does not matter, as labels carry capitals."""
    return await show_item(request, request.match_info["lab"], request.match_info["code"])


async def show_item(
    request: web.Request, lab: str, code: str, status: int = 200, photo_problem: str = ""
) -> web.StreamResponse:
    """Show an item's page, also with what was wrong with a form on it."""
    node, language = node_of(request), language_of(request)
    name = f"{lab.lower()}/{code.upper()}"
    first = today()
    last = day_after(first, CALENDAR_DAYS - 1)
    found = await node.read(node.service.items.show, name, first, last)
    other = await node.read(node.service.desk.in_other_language, found)
    to_be_seen = await node.read(node.service.desk.is_to_be_seen, found)
    named = await node.read(_named, node.service, found)
    owner = await node.read(node.service.projector.lab, found.lab)
    return render(
        request,
        "item.html",
        status,
        item=found,
        rows=_item_rows(language, found, other),
        training=[named[code] for code in found.training],
        made_of=[named[code]._replace(many=many) for code, many in found.parts.items()],
        owner=owner,
        ask=_ask_rows(language, owner),
        calendar=calendar(language, found),
        changed=language.ago(seconds_since(found.updated_at)),
        seen=language.day_of(found.seen_at) if found.seen_at != found.updated_at else "",
        to_be_seen=to_be_seen,
        photo_problem=photo_problem,
        counter=await loans_of(request, found),
        between=await between_of(request, found),
        word_name=word_names(language, "agreed"),
        spelled=spelled,
        wishable=lambda item: any(term in WISHED for term in item.terms),
    )


def _named(service: Service, found: ItemAnswer) -> dict[str, Named]:
    """Return the items that an item speaks of, read together, by code."""
    codes = [*found.training, *found.parts]
    views = service.projector.views_of([f"{found.lab}/{code}" for code in codes])
    names = {view.code: view.name for view in views.values()}
    return {code: Named(code, names.get(code, code)) for code in codes}


def calendar(language: Language, found: ItemAnswer) -> list[tuple[str, str]]:
    """Return when how much is free, in as few lines as say it; nothing where nobody knows.

    Of a single thing it is enough to say when it is taken.
    """
    _, spans = language.gettext, found.free
    if found.kind == "skill" or not spans or all(span.quantity is None for span in spans):
        return []
    single = found.unit == "piece" and found.quantity in (None, 1000)
    if len(spans) == 1 and spans[0].quantity != 0:
        return [("", _free_throughout(language, found, single))]
    lines = []
    for span in spans:
        if span.quantity == 0:
            said = _("taken")
        elif single:
            said = _("available")
        elif span.quantity is None:
            said = _("availability to be asked")
        else:
            many = words.quantity_text(language, span.quantity, found.unit)
            said = _("%(many)s available", many=many)
        lines.append((language.days(span.day_from, span.day_to), said))
    return lines


def _free_throughout(language: Language, found: ItemAnswer, single: bool) -> str:
    """Say that nothing is in the calendar, for as long as it is looked at."""
    weeks = CALENDAR_DAYS // 7
    _, many = language.gettext, found.free[0].quantity
    if single or many is None:
        return _("Free for the next %(weeks)s weeks.", weeks=weeks)
    if many == found.quantity:
        return _("All free for the next %(weeks)s weeks.", weeks=weeks)
    counted = words.quantity_text(language, many, found.unit)
    return _("%(many)s free for the next %(weeks)s weeks.", many=counted, weeks=weeks)


def _item_rows(language: Language, found: ItemAnswer, other: Mapping[str, str]) -> list[Row]:
    """What is known of an item, as label and text, in the order a borrower asks."""
    _ = language.gettext
    condition = words.condition_text(language, found.condition)
    rows = [
        Row(_("In French"), other.get("fr", "")),
        Row(_("In English"), other.get("en", "")),
        Row(_("Quantity"), words.quantity_text(language, found.quantity, found.unit)),
        Row(_("Place in the lab"), found.place, True),
        Row(_("Price"), language.money(found.price) if found.price else ""),
        Row(_("Price per hour"), language.money(found.hourly) if found.hourly else ""),
        Row(_("Caution"), language.money(found.deposit) if found.deposit else ""),
        Row(_("Replacement value"), language.money(found.value) if found.value else ""),
        Row(_("Brand"), found.brand),
        Row(_("Model"), found.model),
        Row(_("Serial number"), found.serial),
        Row(_("Condition"), condition, condition == found.condition),
        Row(_("Care"), found.care, True),
        Row(_("Safety"), found.safety, True),
        Row(_("Tags"), ", ".join(found.tags), True),
        Row(_("The lab's own reference"), found.ref),
    ]
    return [row for row in rows if row.text]


def _ask_rows(language: Language, owner: LabView) -> list[tuple[str, Sequence[str]]]:
    """Return whom to ask and when, as far as the lab says."""
    _ = language.gettext
    rows = [
        (_("Contact"), [owner.contact]),
        (_("Opening hours"), hours_in_words(language, owner.hours)),
        (_("Address"), [owner.address]),
    ]
    return [(label, lines) for label, lines in rows if any(lines)]
