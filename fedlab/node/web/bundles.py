"""The network on a USB stick: everything that peers are told of, as a file down and up."""

import os
import tempfile
from pathlib import Path
from typing import IO, Final

from aiohttp import BodyPartReader, web

from fedlab.node.errors import BadRequestError, ServiceError, explain
from fedlab.node.web.guard import more_time
from fedlab.node.web.keys import node_of
from fedlab.node.web.network import network_page
from fedlab.node.web.pages import language_of
from fedlab.protocol.errors import ProtocolError
from fedlab.protocol.limits import BUNDLE_UPLOAD_BYTES_MAX

routes = web.RouteTableDef()

CHUNK_BYTES: Final = 256 * 1024
FILE_NAME: Final = "network.fedlab"


@routes.get("/network/bundle")
async def download(request: web.Request) -> web.StreamResponse:
    """Write the file whole, then send it: a head in it never promises what does not follow."""
    node = node_of(request)
    with tempfile.TemporaryDirectory(dir=node.service.folder.path, prefix="bundle-") as folder:
        path = Path(folder) / FILE_NAME
        more_time(request, None)
        await node.call("bundle_write", {"path": str(path)})
        file: IO[bytes] = await node.read(open, path, "rb")
    # Its name is gone already, and its bytes go when it is closed, however this ends.
    with file:
        response = web.StreamResponse(
            headers={
                "Content-Type": "application/octet-stream",
                "Content-Disposition": f'attachment; filename="{FILE_NAME}"',
                "Cache-Control": "no-store",
            }
        )
        response.content_length = os.fstat(file.fileno()).st_size
        more_time(request)
        await response.prepare(request)
        while chunk := await node.read(file.read, CHUNK_BYTES):
            await response.write(chunk)
            more_time(request)
        await response.write_eof()
    return response


@routes.post("/network/bundle")
async def upload(request: web.Request) -> web.StreamResponse:
    """Take from a file what is not held; what it held that could not be taken is said."""
    node, _ = node_of(request), language_of(request).gettext
    try:
        with tempfile.NamedTemporaryFile(dir=node.service.folder.path, prefix="bundle-") as file:
            await _receive(request, file.file)
            more_time(request, None)
            answer = await node.call("bundle_read", {"path": file.name})
    except (ServiceError, ProtocolError, OSError) as exc:
        error = explain(exc)
        problem = {
            "no_file": _("Choose a file first."),
            "too_large": _("This file is larger than any that fedlab writes."),
            "disk_full": _("The disk is full. Free some space, then try again."),
        }.get(error.code, _("This is not a sound file of this network."))
        return await network_page(request, 422, problem=problem, problems=[error.message])
    finally:
        more_time(request)
    if answer["problems"]:
        problem = _("Not everything in this file could be taken.")
        return await network_page(request, 422, problem=problem, problems=answer["problems"])
    done = f"done=bundle&entries={answer['entries']}&labs={answer['labs']}"
    raise web.HTTPSeeOther(f"/network?{done}")


async def _receive(request: web.Request, file: IO[bytes]) -> None:
    """Write the form's one file to the disk as it comes; raise BadRequestError if it is none."""
    nothing = BadRequestError("no file came with the form", "choose one", code="no_file")
    if not request.content_type.startswith("multipart/"):
        raise nothing
    node, size = node_of(request), 0
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name != "bundle":
            raise nothing
        while chunk := await part.read_chunk(CHUNK_BYTES):
            size += len(chunk)
            if size > BUNDLE_UPLOAD_BYTES_MAX:
                raise BadRequestError("this file is too large", code="too_large")
            await node.read(file.write, chunk)
            more_time(request)
        break
    if not size:
        raise nothing
    file.flush()
