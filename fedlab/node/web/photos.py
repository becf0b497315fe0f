"""Photos: served by their hash for ever, added from a phone's camera, taken away."""

from typing import Final

from aiohttp import BodyPartReader, web
from aiohttp.client_exceptions import ClientPayloadError as PayloadError
from aiohttp.http_exceptions import HttpProcessingError

from fedlab.node.errors import BadRequestError, NotFoundError, ServiceError
from fedlab.node.web.itempage import show_item
from fedlab.node.web.keys import node_of
from fedlab.protocol.limits import PHOTO_UPLOAD_BYTES_MAX

routes = web.RouteTableDef()

HEADERS: Final = {
    "Content-Type": "image/jpeg",
    "Cache-Control": "public, max-age=31536000, immutable",
    # Nothing in it may ever act, should a browser take it for something else.
    "Content-Security-Policy": "default-src 'none'; sandbox",
}


@routes.get("/photo/{name}")
async def full(request: web.Request) -> web.StreamResponse:
    return await _photo(request, small=False)


@routes.get("/photo/{name}/thumb")
async def thumb(request: web.Request) -> web.StreamResponse:
    return await _photo(request, small=True)


async def _photo(request: web.Request, *, small: bool) -> web.StreamResponse:
    node, name = node_of(request), request.match_info["name"]
    path = await node.read(node.service.photos.find, name, small=small)
    if path is None and await _fetched(request, name):
        path = await node.read(node.service.photos.find, name, small=small)
    if path is None:
        raise NotFoundError("this photo is not here", "its lab may be away: try again later")
    return web.FileResponse(path, headers=HEADERS)


async def _fetched(request: web.Request, name: str) -> bool:
    """Say whether peers had a photo of the item named; nobody makes us ask for anything else."""
    node, item = node_of(request), request.query.get("of", "")
    if not item or node.driver is None:
        return False
    shown = await node.read(node.service.items.show, item)
    if name not in shown.photos or shown.lab == node.service.own().lab:
        return False
    return await node.driver.photos.fetch(name, shown.lab)


@routes.post("/item/{code}/photos")
async def add(request: web.Request) -> web.StreamResponse:
    """Take a photo of one of this lab's items; the name of its file is not even looked at."""
    node, code = node_of(request), request.match_info["code"]
    photos = node.service.photos
    try:
        upload = await _upload(request)
        await node.read(photos.check_own, code)
        name = await node.read(photos.prepare, upload)
        await node.write(photos.attach, code, name)
    except NotFoundError:
        raise
    except ServiceError as exc:
        return await show_item(request, node.service.own().lab, code, 422, photo_problem=exc.code)
    return await _done(request, code)


@routes.post("/item/{code}/photos/{name}/remove")
async def remove(request: web.Request) -> web.StreamResponse:
    node, code = node_of(request), request.match_info["code"]
    await node.write(node.service.photos.take_away, code, request.match_info["name"])
    return await _done(request, code)


async def _done(request: web.Request, code: str) -> web.StreamResponse:
    node = node_of(request)
    if node.driver is not None:
        node.driver.published()
    raise web.HTTPSeeOther(f"/I/{node.service.own().lab}/{code.upper()}")


async def _upload(request: web.Request) -> bytes:
    """Return the bytes of the field `photo`; raise BadRequestError if it is missing or too long."""
    if not request.content_type.startswith("multipart/"):
        raise BadRequestError("no photo was sent", "choose one first", code="no_photo")
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if isinstance(part, BodyPartReader) and part.name == "photo":
                return await _whole(part)
    except (ValueError, PayloadError, HttpProcessingError):  # it breaks off, or has no border
        pass
    raise BadRequestError("no photo was sent", "choose one first", code="no_photo")


async def _whole(part: BodyPartReader) -> bytes:
    data = bytearray()
    while chunk := await part.read_chunk(65_536):
        data += chunk
        if len(data) > PHOTO_UPLOAD_BYTES_MAX:
            raise BadRequestError("this photo is too large", "send a smaller one", code="too_large")
    if not data:
        raise BadRequestError("no photo was sent", "choose one first", code="no_photo")
    return bytes(data)
