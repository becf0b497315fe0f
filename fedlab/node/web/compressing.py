"""Answers of text are compressed on their way: a phone's first visit must stay light."""

import mimetypes
from typing import Final

from aiohttp import web
from aiohttp.typedefs import Handler
from aiohttp.web_response import ContentCoding

# Photos and PDF are compressed already; a peer's WebSocket has no body.
_TEXTS: Final = frozenset(
    {
        "application/javascript",
        "application/json",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
    }
)


@web.middleware
async def compress(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Compress a text for whoever takes gzip, which every browser does."""
    response = await handler(request)
    if response.prepared or response.status == 304 or _kind(request, response) not in _TEXTS:
        return response
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    # A part of a file is a part of its bytes as they are.
    if "gzip" in request.headers.get("Accept-Encoding", "") and "Range" not in request.headers:
        response.enable_compression(ContentCoding.gzip)
    return response


def _kind(request: web.Request, response: web.StreamResponse) -> str:
    """Return the media type, which a file has only once it is sent: its name tells before."""
    if isinstance(response, web.FileResponse):
        return mimetypes.guess_type(request.path)[0] or ""
    return response.content_type
