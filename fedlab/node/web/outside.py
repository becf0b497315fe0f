"""Files that maps and directories fetch: read-only, and the same for everybody."""

from aiohttp import web

from fedlab.node.errors import BadRequestError
from fedlab.node.service.outside import Form
from fedlab.node.web.keys import node_of

routes = web.RouteTableDef()


@routes.get("/okw.json")
async def okw(request: web.Request) -> web.Response:
    """This lab as an Open Know-Where facility."""
    return await _published(request, "okw")


@routes.get("/spaceapi.json")
async def spaceapi(request: web.Request) -> web.Response:
    """This lab as SpaceAPI 15."""
    return await _published(request, "spaceapi")


@routes.get("/lamednum.csv")
async def lamednum(request: web.Request) -> web.Response:
    """This lab, or with `labs=all` every lab shown here, as LaMednum's standard."""
    return await _published(request, "lamednum")


async def _published(request: web.Request, form: Form) -> web.Response:
    node = node_of(request)
    labs = request.query.get("labs", "own")
    if labs not in ("own", "all"):
        raise BadRequestError(f"labs={labs!r} is neither own nor all", "leave it out for own")
    export = node.service.outside.export
    published = await node.read(lambda: export(form, "all" if labs == "all" else "own"))
    return web.Response(
        text=published.text,
        content_type=published.media_type,
        charset="utf-8",
        headers={
            # SpaceAPI asks for it: directories read it from a page of theirs, without cookies.
            "Access-Control-Allow-Origin": "*",
            "Cache-Control": "no-cache",
            "Content-Disposition": f'inline; filename="{published.filename}"',
        },
    )
