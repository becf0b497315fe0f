"""A new item: its fields and a photo of it in one form, as one stands before it with a phone."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from aiohttp.web_exceptions import HTTPRequestEntityTooLarge

from fedlab.node.errors import BadRequestError, ConflictError, ServiceError
from fedlab.node.web import itemform, pages
from fedlab.node.web.desk import as_said, leads_to, say_done, words_of
from fedlab.node.web.itemform import ItemForm, text_of
from fedlab.node.web.keys import node_of
from fedlab.protocol.limits import PHOTO_UPLOAD_BYTES_MAX

routes = web.RouteTableDef()

# What the other fields of the form take beside the photo.
_FORM_BYTES: Final = 256 * 1024


@routes.get("/desk/new")
async def new(request: web.Request) -> web.StreamResponse:
    form = itemform.blank_form(node_of(request).service.own().lang)
    form.typed["name"] = request.query.get("name", "")[:200]
    form.typed["place"] = request.query.get("place", "")[:200]
    return _show(request, form)


@routes.post("/desk/new")
async def add(request: web.Request) -> web.StreamResponse:
    node, language = node_of(request), pages.language_of(request)
    blank = itemform.blank_form(node.service.own().lang)
    try:
        posted = await request.clone(client_max_size=PHOTO_UPLOAD_BYTES_MAX + _FORM_BYTES).post()
    except HTTPRequestEntityTooLarge:
        return _show(request, blank, photo_problem="too_large", status=422)
    form = _read(posted, request)
    photo, problem = await _photo(request, posted)
    if form.errors or problem:
        return _show(request, form, photo, problem, 422)
    params = {"change": as_said(form.change), "code": form.typed["code"] or None}
    try:
        done = await node.call("item_add", params)
    except ConflictError:
        form.errors["code"] = language.gettext("There is an item with this code already.")
        return _show(request, form, photo, status=422)
    code = done["item"].rpartition("/")[2]
    if photo:
        await node.write(node.service.photos.attach, code, photo)
    if "again" in posted:
        # Who goes along a shelf adds one thing after the other in the same place.
        place = f"?place={quote(form.typed['place'])}" if form.typed["place"] else ""
        raise leads_to(f"/desk/new{place}", "added", code)
    raise leads_to(f"/desk/item/{quote(code)}", "added", code)


def _read(posted: Mapping[str, Any], request: web.Request) -> ItemForm:
    language = pages.language_of(request)
    form = itemform.read_form(posted, itemform.blank_form(""), language)
    form.typed["code"], wrong = itemform.read_code(posted, language)
    if not form.typed["name"]:
        form.errors["name"] = language.gettext("Write a name: what people call it.")
    if wrong:
        form.errors["code"] = wrong
    return form


async def _photo(request: web.Request, posted: Mapping[str, Any]) -> tuple[str, str]:
    """Return the name of the photo made of what was sent, or of the one before; or its problem."""
    photos, sent = node_of(request).service.photos, posted.get("photo")
    if isinstance(sent, web.FileField) and sent.filename:
        with sent.file:
            data = sent.file.read(PHOTO_UPLOAD_BYTES_MAX + 1)
        try:
            if len(data) > PHOTO_UPLOAD_BYTES_MAX:
                raise BadRequestError("this photo is too large", code="too_large")
            return await node_of(request).read(photos.prepare, data), ""
        except ServiceError as exc:
            return "", exc.code
    kept = text_of(posted, "photo_kept")
    return (kept, "") if kept and photos.find(kept) is not None else ("", "")


def _show(
    request: web.Request,
    form: ItemForm,
    photo: str = "",
    photo_problem: str = "",
    status: int = 200,
) -> web.StreamResponse:
    language = pages.language_of(request)
    return pages.render(
        request,
        "desk_new.html",
        status,
        **words_of(language),
        form=form,
        said=say_done(language, request.query),
        photo=photo,
        photo_problem=photo_problem,
    )
