"""Labels to print: which, on which sheet, under which address; as a page, and as PDF."""

from typing import Final
from urllib.parse import urlencode

from aiohttp import web

from fedlab.formats.labels import MARGIN, SHEETS, TYPE_SIZES, Sheet, fit_name, qr_path
from fedlab.inventory.facts import KINDS
from fedlab.node.app import Node
from fedlab.node.errors import BadRequestError, NotFoundError, ServiceError
from fedlab.node.numbers import whole
from fedlab.node.service.labels import can_typeset, sheet_of
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import render

routes = web.RouteTableDef()

DEFAULT_SHEET: Final = "L7160"
_FIELDS: Final = ("sheet", "start", "codes", "kind", "place")


def _asked(request: web.Request) -> dict[str, str]:
    """Return what the form says, with what it leaves out."""
    said = {name: request.query.get(name, "").strip() for name in _FIELDS}
    return {**said, "sheet": said["sheet"] or DEFAULT_SHEET, "start": said["start"] or "1"}


def _start(asked: dict[str, str], sheet: Sheet) -> int:
    start = whole(asked["start"])
    if start is None or not 1 <= start <= sheet.labels:
        raise BadRequestError(
            f"a sheet has the places 1 to {sheet.labels}", "give one of these", code="start"
        )
    return start


async def _form(
    request: web.Request, status: int = 200, *, address: str | None = None, problem: str = ""
) -> web.StreamResponse:
    """Show the form as it was filled in, with the problem beside its field."""
    node = node_of(request)
    chosen = (await node.read(node.service.labels.address)).address
    return render(
        request,
        "labels.html",
        status,
        page="labels-print",
        asked=_asked(request),
        chosen=chosen,
        address=(chosen or node.url) if address is None else address,
        offered=node.urls,
        changing=not chosen or address is not None or "address" in request.query,
        problem=problem,
        sheets=SHEETS.values(),
        kinds=KINDS,
        places=await node.read(node.service.labels.places),
        can_typeset=can_typeset(),
        here=f"/labels/address?{urlencode(_asked(request))}",
    )


@routes.get("/labels")
async def choose(request: web.Request) -> web.StreamResponse:
    return await _form(request)


@routes.post("/labels/address")
async def set_address(request: web.Request) -> web.StreamResponse:
    """Take the address that labels carry; before the first print there is none."""
    node = node_of(request)
    typed = str((await request.post()).get("address", ""))
    try:
        await node.write(node.service.labels.set_address, typed)
    except (ServiceError, ValueError):  # urlsplit's own word for a half-open bracket
        return await _form(request, 422, address=typed, problem="address")
    raise web.HTTPSeeOther(f"/labels?{urlencode(_asked(request))}")


@routes.get("/labels/print")
async def print_page(request: web.Request) -> web.StreamResponse:
    """Show the sheets as they are printed from the browser, or go back to the form."""
    node, asked = node_of(request), _asked(request)
    try:
        sheet = sheet_of(asked["sheet"])
        start = _start(asked, sheet)
        labels = await node.read(
            node.service.labels.choose, asked["codes"], asked["kind"], asked["place"]
        )
    except ServiceError as exc:
        return await _form(request, 422, problem=_field(exc))
    if not labels:
        return await _form(request, 422, problem="none")
    drawn = [(one, *qr_path(one.url), *fit_name(one.name, sheet)) for one in labels]
    places = [None] * (start - 1) + drawn
    sheets = [places[at : at + sheet.labels] for at in range(0, len(places), sheet.labels)]
    back = f"/labels?{urlencode(asked)}"
    return render(request, "labels_print.html", sheet=sheet, sheets=sheets, back=back)


@routes.get("/labels/print.pdf")
async def print_pdf(request: web.Request) -> web.StreamResponse:
    node, asked = node_of(request), _asked(request)
    try:
        sheet = sheet_of(asked["sheet"])
        pdf = await _pdf(node, asked, _start(asked, sheet))
    except ServiceError as exc:
        return await _form(request, 422, problem=_field(exc))
    if pdf is None:
        return await _form(request, 422, problem="none")
    name = f"labels-{sheet.key}.pdf"
    return web.Response(
        body=pdf,
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"},
    )


async def _pdf(node: Node, asked: dict[str, str], start: int) -> bytes | None:
    chosen = (asked["codes"], asked["kind"], asked["place"])
    if not await node.read(node.service.labels.choose, *chosen):
        return None
    return await node.read(node.service.labels.pdf, asked["sheet"], start, *chosen)


def _field(exc: ServiceError) -> str:
    """Return which field of the form an error is about; raise those that are about none."""
    known = {
        "no_label_address": "address",
        "no_such_code": "codes",
        "too_many_labels": "many",
        "start": "start",
        "usage": "codes",
        "missing": "pdf",
    }
    if exc.code not in known:
        raise exc
    return known[exc.code]


@routes.get("/labels/sheet/{key}.css")
async def style(request: web.Request) -> web.StreamResponse:
    """The measures of one sheet: pages carry no style of their own, so each sheet has a file."""
    sheet = SHEETS.get(request.match_info["key"])
    if sheet is None:
        raise NotFoundError("no sheet is known by this name", "see the list of sheets")
    return web.Response(text=_css(sheet), content_type="text/css")


def _css(sheet: Sheet) -> str:
    (page, height), (wide, high) = sheet.page, sheet.label
    left, top = sheet.corner
    sizes = "\n".join(f".size-{size} {{ font-size: {size}pt }}" for size in TYPE_SIZES)
    return f"""@page {{ size: {_mm(page)} {_mm(height)}; margin: 0 }}
.sheet {{ width: {_mm(page)}; height: {_mm(height)}; padding: {_mm(top)} 0 0 {_mm(left)};
  grid-template-columns: repeat({sheet.columns}, {_mm(wide)}); grid-auto-rows: {_mm(high)};
  column-gap: {_mm(sheet.gap)} }}
.label svg {{ width: {_mm(sheet.qr)}; height: {_mm(sheet.qr)} }}
.label div {{ padding: {_mm(MARGIN)} {_mm(MARGIN)} {_mm(MARGIN)} 0 }}
{sizes}
"""


def _mm(hundredths: int) -> str:
    return f"{hundredths / 100:g}mm"
